"""Several processes train what one does; whatever happens to one of them ends all."""

import multiprocessing
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.context import SpawnProcess
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
from safetensors.torch import load_file
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.launcher.api import LaunchConfig

from seston.collection import Tiles
from seston.distributed import Ranks, command_line, joined, launch, shares, usable_processes
from seston.errors import SestonError
from seston.models.model_file import read_model
from seston.training import Trainer
from small_training import SETTINGS, SHARDS, command, environment, make_run, train


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return int(one.getsockname()[1])


def _one_of(
    rank: int, processes: int, port: int, run: Path, do: Callable[..., object], options: dict
) -> None:
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE=str(processes),
        MASTER_ADDR="localhost",
        MASTER_PORT=str(port),
        TORCHELASTIC_RUN_ID="test",  # as torchrun sets it
    )
    do(run, "several", **options)


def start_ranks(
    processes: int, run: Path, do: Callable[..., object] = train, **options: object
) -> list[SpawnProcess]:
    """Start what torchrun would.

    No forks: they have no threads of their parent's pools, and native code may count on them.
    """
    context, port = multiprocessing.get_context("spawn"), free_port()
    members = [
        context.Process(target=_one_of, args=(rank, processes, port, run, do, options))
        for rank in range(processes)
    ]
    for one in members:
        one.start()
    return members


def wait_for_save(run: Path, members: list[SpawnProcess]) -> None:
    while not (run / "several.resume").is_file():
        time.sleep(0.01)
        assert all(one.is_alive() for one in members)


def exit_codes(members: list[SpawnProcess]) -> list[int | None]:
    for one in members:
        one.join(120)
    return [one.exitcode for one in members]


def flat(path: Path) -> torch.Tensor:
    state = load_file(path)
    return torch.cat([state[key].flatten().double() for key in sorted(state)])


@pytest.mark.parametrize("method", ["dino", "simclr"])
def test_two_processes_train_the_model_of_one(run: Path, method: str) -> None:
    # Batches of 8, 8, 8 and 8 images, then 11, 11 and 10: also shares of unequal size.
    for batch_size in (8, 11):
        options = {"method": method, "batch_size": batch_size, "epochs": 1, "frozen": 0.0}
        one = train(run, "one", **options)
        assert exit_codes(start_ranks(2, run, **options, accumulate=2)) == [0, 0]
        expected, found = (pd.read_csv(run / f"{n}.tsv", sep="\t") for n in ("one", "several"))
        assert expected["images"].tolist() == found["images"].tolist()
        np.testing.assert_allclose(found["loss"], expected["loss"], rtol=2e-4)
        np.testing.assert_allclose(found["feature_std"], expected["feature_std"], rtol=2e-3)
        start, one_end, end = (flat(run / f"{n}.safetensors") for n in ("start", "one", "several"))
        # AdamW's first steps go by the sign of a gradient, also where it is all rounding.
        assert (end - one_end).norm() < 0.05 * (one_end - start).norm()
        assert one.is_file() and not (run / "several.resume").exists()


def one_step(run: Path, name: str, **options: object) -> None:
    """Write the gradient of the first step, and what it does to the center."""
    settings = replace(SETTINGS, clip=1e9, frozen=0.0, **options)
    start, device = read_model(run / "start.safetensors")[0], torch.device("cpu")
    with joined(device) as ranks:
        trainer = Trainer(start, settings, Tiles(run / "tiles", SHARDS), device, ranks)
        trainer.advance(next(iter(trainer.batches())))
        found = {str(i): p.grad for i, p in enumerate(trainer.method.trained())}
        found |= {key: value for key, value in trainer.method.named_buffers() if key == "center"}
        torch.save(found, run / f"{name}.{ranks.rank}.pt")


@pytest.mark.parametrize("method", ["dino", "simclr"])
@pytest.mark.parametrize("processes", [2, 3])
def test_gradient_and_center_are_those_of_the_whole_batch(
    run: Path, method: str, processes: int
) -> None:
    options = {"method": method, "batch_size": 11}
    one_step(run, "one", **options)
    members = start_ranks(processes, run, one_step, **options, accumulate=2)
    assert exit_codes(members) == [0] * processes
    expected = torch.load(run / "one.0.pt", weights_only=True)
    largest = max(value.abs().max().item() for value in expected.values())
    for rank in range(processes):
        found = torch.load(run / f"several.{rank}.pt", weights_only=True)
        assert found.keys() == expected.keys() and ("center" in found) == (method == "dino")
        for key, value in expected.items():
            # A bias before a batch norm has no gradient but rounding.
            scale = max(value.abs().max().item(), 1e-2 * largest)
            torch.testing.assert_close(found[key], value, rtol=0, atol=2e-3 * scale)


def test_batch_norms_keep_the_statistics_of_all_processes(tmp_path: Path) -> None:
    run = make_run(tmp_path, "resnet18")
    options = {"method": "simclr", "batch_size": 32, "epochs": 1, "learning_rate": 1e-9}
    one = load_file(train(run, "one", **options))
    assert exit_codes(start_ranks(2, run, **options)) == [0, 0]
    found, start = (load_file(run / f"{n}.safetensors") for n in ("several", "start"))
    # One step: the mean of two halves is that of the whole batch.
    key = "bn1.running_mean"
    assert not torch.allclose(one[key], start[key], atol=1e-3)
    torch.testing.assert_close(found[key], one[key], rtol=1e-4, atol=1e-6)


def test_sigterm_to_the_launcher_saves_once_and_ends_all(run: Path, repository: Path) -> None:
    options = {"epochs": 400, "save_every": 10_000, "processes": 2, "device": "cpu"}
    process = subprocess.Popen(
        command(run, **options), stderr=subprocess.PIPE, text=True, env=environment(repository)
    )
    assert process.stderr is not None
    assert any("2 process(es)" in line for line in process.stderr)  # reads up to that line
    members = psutil.Process(process.pid).children()
    assert len(members) == 2
    process.terminate()
    rest = process.stderr.read()
    assert process.wait(60) == 143, rest
    assert rest.count("asked to end") == 1
    assert not any(one.is_running() for one in members)
    assert not (run / "out.safetensors").exists()
    state = torch.load(run / "out.resume", weights_only=True)
    assert 0 < state["step"] < 1600 and len(state["history"]) == state["step"]


def test_death_of_the_launcher_ends_all_and_a_second_run_goes_on(
    run: Path, repository: Path
) -> None:
    options = {"epochs": 400, "save_every": 10_000, "processes": 2, "device": "cpu"}
    process = subprocess.Popen(
        command(run, **options), stderr=subprocess.PIPE, text=True, env=environment(repository)
    )
    assert process.stderr is not None
    assert any("2 process(es)" in line for line in process.stderr)
    members = psutil.Process(process.pid).children()
    assert len(members) == 2
    process.kill()
    gone, left = psutil.wait_procs(members, timeout=60)
    assert len(gone) == 2 and not left
    # They say so where the launcher would have: the pipe is closed once all of them are gone.
    assert process.stderr.read().count("asked to end") == 1
    process.wait(60)
    assert not (run / "out.safetensors").exists()
    state = torch.load(run / "out.resume", weights_only=True)
    assert 0 < state["step"] < 1600 and len(state["history"]) == state["step"]


@pytest.mark.parametrize("whom", [0, 1])
def test_sigterm_to_one_process_ends_all_at_the_same_step(run: Path, whom: int) -> None:
    members = start_ranks(2, run, epochs=400, save_every=4)
    wait_for_save(run, members)
    members[whom].terminate()
    assert exit_codes(members) == [143, 143]
    assert not (run / "several.safetensors").exists()
    cut = torch.load(run / "several.resume", weights_only=True)
    assert 4 <= cut["step"] < 1600 and len(cut["history"]) == cut["step"]


@pytest.mark.parametrize("whom", [0, 1])
def test_death_of_one_process_ends_all_and_leaves_no_model(
    run: Path, whom: int, capfd: pytest.CaptureFixture[str]
) -> None:
    # Fault case 48.
    members = start_ranks(2, run, epochs=400, save_every=4)
    wait_for_save(run, members)
    members[whom].kill()
    codes = exit_codes(members)
    assert codes[whom] == -signal.SIGKILL and codes[1 - whom] == 1
    assert f"SestonError: process {1 - whom} of 2: lost the connection" in capfd.readouterr().err
    assert not (run / "several.safetensors").exists() and not (run / "several.tsv").exists()


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ({0: 2}, 2),  # a mistake of the user, told by the process itself
        ({0: 1, 1: 2}, 1),
        ({1: 143}, 143),
        ({0: -15, 1: 143}, 143),  # SIGTERM before it could be noted
        ({0: 2, 1: 143}, 2),
    ],
)
def test_status_of_the_processes_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, codes: dict[int, int], status: int
) -> None:
    fail_with(codes, monkeypatch)
    with pytest.raises(SystemExit) as ended:
        launch("finetune", {}, 2)
    assert ended.value.code == status


def test_a_killed_process_explains_those_that_lost_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with({0: 2, 1: -9, 2: 143}, monkeypatch)
    with pytest.raises(SestonError, match="process 1 of 3 was killed by signal 9"):
        launch("finetune", {}, 3)


def fail_with(codes: dict[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    def start(config: LaunchConfig, entrypoint: str) -> Callable[..., None]:
        def fail(*arguments: str) -> None:
            failures = {rank: ProcessFailure(rank, 1, code, "") for rank, code in codes.items()}
            raise ChildFailedError("finetune", failures)

        return fail

    monkeypatch.setattr("torch.distributed.launcher.api.elastic_launch", start)


def test_shares_cover_a_batch_in_order() -> None:
    assert shares(10, 1, 1) == [[slice(0, 10)]]
    assert shares(10, 2, 2) == [
        [slice(0, 2), slice(2, 5)],
        [slice(5, 7), slice(7, 10)],
    ]
    # fewer images than micro-batches: no empty ones
    assert shares(3, 2, 4) == [[slice(0, 1)], [slice(1, 2), slice(2, 3)]]
    for images, processes, parts in ((97, 4, 3), (8, 8, 2), (64, 3, 5)):
        cut = shares(images, processes, parts)
        places = [place for mine in cut for part in mine for place in range(images)[part]]
        sizes = [sum(part.stop - part.start for part in mine) for mine in cut]
        assert places == list(range(images)) and max(sizes) - min(sizes) <= 1


def test_more_processes_than_gpus(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert usable_processes(2, "auto") == 2
    assert usable_processes(4, "cpu") == 4
    assert not caplog.text
    assert usable_processes(4, "auto") == 2
    assert "4 processes asked for, but 2 GPUs found" in caplog.text
    with pytest.raises(SestonError, match="4 processes on cuda, but this machine has 2 GPUs"):
        usable_processes(4, "cuda")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert usable_processes(4, "auto") == 1


def test_alone_nothing_is_exchanged() -> None:
    alone, device = Ranks(), torch.device("cpu")
    assert alone.sum_(torch.tensor([3.0])).item() == 3.0
    assert alone.any(True, device) and not alone.any(False, device)
    assert not alone.orphaned() and Ranks(parent=os.getppid() + 1).orphaned()


def test_options_become_a_command_line() -> None:
    options = {"tiles_dir": Path("a b"), "shards": ["x", "y"], "seed": 3, "resume": None}
    expected = ["--tiles-dir", "a b", "--shards", "x", "y", "--seed", "3", "--area", "0.4", "1.0"]
    assert command_line(options | {"area": (0.4, 1.0)}) == expected
