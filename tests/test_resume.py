import multiprocessing
import os
import re
import signal
import time
from multiprocessing.context import SpawnProcess
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from seston.errors import SestonError
from seston.training import Trainer
from small_training import make_run, train


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path)


class Stopped(Exception):
    pass


def stop_before(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    advance = Trainer.advance

    def until(self: Trainer, positions: np.ndarray, loaded: Tensor | None = None) -> None:
        if self.step == step:
            raise Stopped
        advance(self, positions, loaded)

    monkeypatch.setattr(Trainer, "advance", until)


@pytest.mark.parametrize("method", ["dino", "simclr"])
def test_goes_on_from_the_last_save_to_the_same_bytes(
    run: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    caplog.set_level("INFO", "seston")
    options = {"method": method, "epochs": 3, "save_every": 2}
    expected = train(run, "whole", **options)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_before(5, patch)
        train(run, "cut", **options)
    assert not (run / "cut.safetensors").exists()
    assert train(run, "cut", **options).read_bytes() == expected.read_bytes()
    assert "going on after step 4 of 12" in caplog.text
    # Once for the whole training and once for the cut one, not again where that goes on.
    starts = caplog.text.count("the head starts from the features of 32 images")
    assert starts == (2 if method == "dino" else 0)
    assert (run / "cut.tsv").read_bytes() == (run / "whole.tsv").read_bytes()


def start(run: Path, name: str, **options: object) -> SpawnProcess:
    """Train in a process of its own and return once it has saved for the first time.

    No fork: it has no threads of its parent's pools, and native code that counts on them crashes.
    """
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=train, args=(run, name), kwargs=options)
    process.start()
    while not (run / f"{name}.resume").is_file():
        time.sleep(0.01)
        assert process.is_alive()
    return process


def test_killed_and_run_again_gives_the_same_bytes(
    run: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Fault case 37: kill -9, wherever the process stands.
    caplog.set_level("INFO", "seston")
    options = {"epochs": 8, "save_every": 8, "batch_size": 4, "accumulate": 2}
    process = start(run, "cut", **options)
    process.kill()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert (run / "cut.resume").is_file() and not (run / "cut.safetensors").exists()
    found = train(run, "cut", **options)
    assert re.search(r"going on after step (8|16|24|32|40|48|56) of 64", caplog.text)
    assert found.read_bytes() == train(run, "whole", **options).read_bytes()
    assert (run / "cut.tsv").read_bytes() == (run / "whole.tsv").read_bytes()


def test_sigterm_saves_and_a_second_run_ends_it(run: Path) -> None:
    options = {"epochs": 12, "save_every": 7}
    process = start(run, "cut", **options)
    process.terminate()
    process.join(60)
    assert process.exitcode == 143
    assert not (run / "cut.safetensors").exists()
    found = train(run, "cut", **options).read_bytes()
    assert found == train(run, "whole", **options).read_bytes()


def test_other_settings_do_not_take_up_a_resume_file(
    run: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    expected = train(run, "plain", learning_rate=5e-4)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_before(2, patch)
        train(run, "out", save_every=1)
    found = train(run, "out", learning_rate=5e-4)
    assert "of other settings or images" in caplog.text
    assert found.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("content", [b"half a file", b""])
def test_damaged_resume_file_is_told_and_ignored(
    run: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (run / "out.resume").write_bytes(content)
    train(run, epochs=1)
    assert "not readable" in caplog.text


def test_too_little_memory_tells_what_to_raise(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def advance(self: Trainer, positions: np.ndarray, loaded: Tensor) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Trainer, "advance", advance)
    with pytest.raises(SestonError, match=r"raise finetune.accumulate \(now 1\)"):
        train(run)


def test_stops_and_saves_when_the_launcher_is_gone(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from seston import finetune as stage
    from seston.distributed import Ranks

    class Orphan:
        def __enter__(self) -> Ranks:
            return Ranks(parent=os.getppid() + 1)

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(stage, "joined", lambda device: Orphan())
    with pytest.raises(SystemExit) as ended:
        train(run)
    assert ended.value.code == 143 and (run / "out.resume").is_file()
