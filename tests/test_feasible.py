"""Settings that a run cannot follow, found before it starts."""

import pytest

from seston.config import complete
from seston.errors import SestonError
from seston.feasible import require_feasible, require_labels
from seston.sheet import read_sheet
from synthetic.flowcam import write_run
from synthetic.images import write_folder

LABEL = {"trends": {"level": "label"}, "labels": {"file": ""}}


@pytest.fixture
def sheet(tmp_path):
    """Write a FlowCam run and a folder of crops, and return the rows of a sheet of some of them."""
    write_run(tmp_path / "run")
    write_folder(tmp_path / "crops")
    rows = {
        "flowcam": "run\trun\tflowcam\t2024-05-01T10:00",
        "images": "crops\tcrops\timages\t2024-05-01T10:00",
    }

    def read(*instruments: str):
        path = tmp_path / "samples.tsv"
        lines = ["sample\tpath\tinstrument\tdatetime", *(rows[name] for name in instruments)]
        path.write_text("\n".join(lines) + "\n")
        return read_sheet(path)

    return read


def test_labels_that_nobody_gave_cannot_be_followed(sheet):
    with pytest.raises(SestonError, match=r"labels\.file is '', and the files of images hold none"):
        require_labels(LABEL, sheet("images"))


def test_a_flowcam_run_with_classes_has_labels_and_without_has_none(sheet, tmp_path):
    for path in tmp_path.glob("run/*.cla"):
        path.unlink()
    with pytest.raises(SestonError, match=r"no FlowCam run of the sheet has .* \(\.cla\)"):
        require_labels(LABEL, sheet("flowcam", "images"))
    (tmp_path / "run" / "my run.CLA").write_text("v3\n0\n")
    require_labels(LABEL, sheet("flowcam", "images"))


def test_a_table_of_labels_or_another_level_is_enough(sheet):
    require_labels({**LABEL, "labels": {"file": "labels.tsv"}}, sheet("images"))
    require_labels({**LABEL, "trends": {"level": "name"}}, sheet("images"))


def classified(labels=None, **classify):
    labels = {"merge": {}, "use": "auto", "file": ""} | (labels or {})
    require_feasible(complete({"samples": "s.tsv", "labels": labels, "classify": classify}))


def test_a_classifier_is_learned_from_something_and_used():
    classified()
    classified(head="linear")
    classified(head="linear", model="x.safetensors", labels={"use": "file"})
    classified(head="linear", labels={"use": "file", "file": "labels.tsv"})
    with pytest.raises(SestonError, match=r"classify\.head is 'none', so no classifier is used"):
        classified(model="x.safetensors")
    with pytest.raises(SestonError, match=r"labels\.use is 'file', and labels\.file is ''"):
        classified(head="mlp", labels={"use": "file"})
