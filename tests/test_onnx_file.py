"""A head as ONNX answers as the head does, in another program."""

import numpy as np
import pytest
from scipy.special import softmax

from seston.classify.calibration import Calibrator
from seston.classify.export import export_classifier
from seston.classify.heads import Head
from seston.classify.onnx_file import onnx_model
from seston.errors import SestonError
from small_classifier import CLASSES, DIM, classifier

openvino = pytest.importorskip("openvino")


def run(data, rows):
    core = openvino.Core()
    # Some processors would compute in bfloat16.
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    found = core.compile_model(core.read_model(data), "CPU", exact)({"embeddings": rows})
    return found["raw"], found["calibrated"]


@pytest.mark.parametrize("images", [1, 2, 65])
@pytest.mark.parametrize("hidden", [False, True])
def test_probabilities_agree(hidden, images):
    rng = np.random.default_rng(images)

    def some(*shape):
        return rng.normal(size=shape).astype(np.float32)

    head = Head(
        some(300, 5 if hidden else DIM), some(300), (some(5, DIM), some(5)) if hidden else None
    )
    calibrator = Calibrator("vector", np.exp(rng.normal(size=300) / 3), rng.normal(size=300))
    rows = some(images, DIM)
    raw, calibrated = run(onnx_model(head, calibrator, {}), rows)
    logits = head(rows)
    np.testing.assert_allclose(raw, softmax(logits, axis=1), atol=1e-5)
    np.testing.assert_allclose(calibrated, softmax(calibrator(logits), axis=1), atol=1e-5)


def test_the_command_writes_and_checks(tmp_path, caplog):
    learned = classifier(organisms=60)
    learned.write(tmp_path / "c.safetensors")
    with caplog.at_level("INFO", "seston"):
        export_classifier(tmp_path / "c.safetensors", onnx=tmp_path / "c.onnx")
    assert "agree within" in caplog.text
    x = learned.references.rows[:7].astype(np.float32)
    np.testing.assert_allclose(
        run((tmp_path / "c.onnx").read_bytes(), x)[0], softmax(learned.head(x), axis=1), atol=1e-5
    )
    model = openvino.Core().read_model(tmp_path / "c.onnx")
    assert f'"{CLASSES[1]}"' in model.get_rt_info(["framework", "classes"]).astype(str)


def test_a_file_that_answers_otherwise_is_not_written(tmp_path, monkeypatch):
    learned = classifier(organisms=60)
    learned.write(tmp_path / "c.safetensors")
    wrong = onnx_model(learned.head, Calibrator("none", np.ones(3), np.array([0, 0.1, 0])), {})
    monkeypatch.setattr("seston.classify.export.onnx_model", lambda *_: wrong)
    with pytest.raises(SestonError, match="would differ"):
        export_classifier(tmp_path / "c.safetensors", onnx=tmp_path / "c.onnx")
    assert not (tmp_path / "c.onnx").exists()
