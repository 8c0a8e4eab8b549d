"""The manifest of a run: what stands in it, held against what is there."""

import json
import platform
import re
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import whole_run
from conftest import REPOSITORY
from seston import __version__, store
from seston.cli import main
from seston.errors import SestonError
from seston.provenance import hardware, origin
from seston.provenance.checksums import Checksum, checksums
from seston.provenance.listing import BESIDE, made_files, other_files
from seston.provenance.manifest import read_manifest
from seston.provenance.marks import marks, rows
from seston.provenance.tensors import content_fingerprint
from whole_run import MODELS, SHARDS

MANIFEST = Path("report") / "manifest.json"


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return whole_run.write_whole_run(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def results(whole, tmp_path) -> Path:
    return whole_run.copy(whole, tmp_path)


def test_every_file_has_its_size_and_sha256(whole):
    told = read_manifest(whole / MANIFEST)
    there = {path.relative_to(whole).as_posix() for path in whole.rglob("*") if path.is_file()}
    assert told["files"].keys() == {name for name in there if not name.startswith(BESIDE)}
    for name, file in told["files"].items():
        data = (whole / name).read_bytes()
        assert (file["size"], file["sha256"]) == (len(data), sha256(data).hexdigest())


def test_rows_kinds_and_fingerprints_are_those_of_the_files(whole):
    files = read_manifest(whole / MANIFEST)["files"]
    images = files["tables/images.parquet"]
    assert (images["rows"], images["kind"], images["version"]) == (15, "images", __version__)
    first, last = SHARDS
    of = {name: files[name].get("rows") for name in files}
    assert of[f"finetuned/embeddings/{first}.arrow"] == of[f"tiles/{first}.arrow"] == 9
    assert of[f"segment/{last}/recorded.parquet"] == 6
    assert of["tables/samples.tsv"] == 3
    assert of["report/index.html"] is None and of["map.json"] is None


def test_samples_add_up_to_the_totals(whole):
    told = read_manifest(whole / MANIFEST)
    assert told["samples"] == {
        "b": {"listed": 6, "used": 5, "rejected": 1},
        "b-1": {"listed": 4, "used": 4, "rejected": 0},
        "c": {"listed": 6, "used": 6, "rejected": 0},
    }
    assert told["totals"] == {"listed": 16, "used": 15, "rejected": 1}


def test_models_clusterings_settings_and_seed_are_told(whole):
    told = read_manifest(whole / MANIFEST)
    named = told["fingerprints"]
    for model in MODELS:
        header = whole_run.marks(whole / model / "model.safetensors")
        report = json.loads((whole / model / "kmeans" / "kmeans.json").read_text())
        assert named[f"{model} model"] == header["fingerprint"]
        assert named[f"{model} clustering"] == report["fingerprint"]
        assert named[f"{model} embeddings"] == report["embeddings"]
    assert len(set(named.values())) == len(named)
    assert (told["chosen"], told["models"], told["shards"]) == (MODELS[1], MODELS, SHARDS)
    assert told["configuration"] == {"seed": 7, "trends": {"period": "day"}}
    assert told["seed"] == 7


def test_two_manifests_of_the_same_files_differ_in_the_facts_of_the_run_alone(results):
    one = json.loads((results / MANIFEST).read_text())
    (results / MANIFEST).unlink()
    whole_run.describe(results)
    other = json.loads((results / MANIFEST).read_text())
    for told in (one, other):
        told.pop("run")
        told.pop("digest")
    assert one == other


def test_libraries_and_machine_are_told_and_no_name_of_host_or_user(whole):
    told = read_manifest(whole / MANIFEST)
    run = told["run"]
    assert run["libraries"]["numpy"] == np.__version__
    assert run["libraries"]["pyarrow"] == version("pyarrow")
    assert run["libraries"]["python"] == sys.version.split()[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", run["written"])
    assert run["hardware"].keys() == {"system", "cpu", "cores", "memory_gb", "gpus", "blas"}
    assert run["hardware"]["memory_gb"] > 0
    assert run["embedded_on"]["finetuned"]["machine"] == "a processor"
    assert platform.node() not in json.dumps([run["hardware"], run["embedded_on"]])


def test_names_come_through_a_pipe(results):
    (results / MANIFEST).unlink()
    names = "".join(f"{results / name}\n" for name in other_files(results, []))
    command = [sys.executable, "-m", "seston", "manifest", "--results", results]
    command += ["--made", "/dev/stdin", "--shards", *SHARDS, "--models", *MODELS]
    done = subprocess.run(
        [*map(str, command), "--manifest", str(results / MANIFEST)],
        input=names, text=True, capture_output=True, cwd=REPOSITORY / "workflow",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert main(["verify", str(results)]) == 0


def test_what_is_missing_or_damaged_stops_the_manifest(results, tmp_path):
    with pytest.raises(SestonError, match=r"none\.tsv: file not found"):
        made_files(results, [results / "tables" / "none.tsv"])
    with pytest.raises(SestonError, match="expected a file below"):
        made_files(results, [tmp_path])
    (results / MANIFEST).unlink()
    damaged = results / "tables" / "images.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-9])
    with pytest.raises(SestonError, match=r"images\.parquet: not readable"):
        whole_run.describe(results)
    assert not (results / MANIFEST).exists()


def test_a_folder_counts_as_the_files_in_it_but_hidden_ones(tmp_path):
    for name in ("a/x.csv", "a/.snakemake_timestamp", "a/b/y.csv", "c.csv"):
        store.write_text("", tmp_path / name)
    assert made_files(tmp_path, [tmp_path / "a", tmp_path / "c.csv"]) == [
        "a/b/y.csv", "a/x.csv", "c.csv",
    ]  # fmt: skip


@pytest.mark.parametrize("threads", [1, 3])
def test_checksums_are_those_of_hashlib_in_the_order_asked(tmp_path, threads):
    data = {name: bytes(range(256)) * n for name, n in (("b", 5000), ("a", 0), ("c", 1))}
    for name, content in data.items():
        (tmp_path / name).write_bytes(content)
    found = list(checksums(tmp_path, ["b", "none", "a", "c"], threads))
    assert [name for name, _ in found] == ["b", "none", "a", "c"]
    for name, file in found:
        if name == "none":
            assert file is None
        else:
            assert file == Checksum(len(data[name]), sha256(data[name]).hexdigest())


def test_tables_are_counted_by_rows_not_by_lines(tmp_path):
    text = 'a\tb\n1\t"two\nlines"\n2\tx\n'
    store.write_text(text, tmp_path / "t.tsv")
    store.write_text("", tmp_path / "empty.tsv")
    assert (rows(tmp_path / "t.tsv"), rows(tmp_path / "empty.tsv")) == (2, 0)


def test_nested_texts_are_marks_by_their_path(tmp_path):
    store.write_text('{"a": "x", "b": {"c": "y", "d": 3}, "e": ["z"]}', tmp_path / "m.json")
    assert marks(tmp_path / "m.json") == {"a": "x", "b.c": "y"}


def test_the_content_of_a_model_is_fingerprinted_as_torch_does(tmp_path):
    import torch
    from safetensors.torch import save_file as save_torch

    from seston.models.weights_file import content_fingerprint as by_torch

    weights = {
        "b": torch.arange(6, dtype=torch.bfloat16).reshape(2, 3),
        "a": torch.tensor(1.5, dtype=torch.float64),
        "c": torch.tensor([True, False]),
    }
    path = tmp_path / "model.safetensors"
    save_torch(weights, path, store.tags("model", "", {"backbone": "card"}))
    assert content_fingerprint(path) == by_torch("card", weights)


def test_the_content_of_a_classifier_is_fingerprinted_as_it_is_written(tmp_path):
    from seston.classify.heads import Head
    from seston.classify.references import References
    from seston.classify.saved import Card, Classifier, HeldOut

    values = dict.fromkeys(Card.__annotations__, "x")
    card = Card(**values | {"classes": ("a", "b"), "dim": 3, "scale": (1.0,)})
    numbers = np.arange(6, dtype=np.float32).reshape(2, 3)
    head = Head(numbers, np.zeros(2, np.float32))
    held = HeldOut(**dict.fromkeys(HeldOut.__annotations__, np.arange(4)))
    others = References(**dict.fromkeys(References.__annotations__, np.arange(5.0)))
    learned = Classifier(card, head, held, others)
    learned.write(tmp_path / "classifier.safetensors")
    path = tmp_path / "classifier.safetensors"
    assert content_fingerprint(path) == learned.fingerprint
    assert marks(path)["card.embeddings"] == "x"


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@b.c", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A repository that holds a workflow."""
    folder = tmp_path / "checkout"
    for name in ("Snakefile", "workflow/a.py", "docs/a.md"):
        store.write_text("x\n", folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "One")
    return folder


def test_the_commit_is_told_with_what_was_changed_since(checkout):
    commit = git(checkout, "rev-parse", "HEAD")
    assert origin.git_facts(checkout) == {"commit": commit, "changed": []}
    store.write_text("y\n", checkout / "docs" / "a.md")  # decides no result
    assert origin.git_facts(checkout)["changed"] == []
    store.write_text("y\n", checkout / "workflow" / "a.py")
    store.write_text("y\n", checkout / "workflow" / "new é.py")
    found = origin.git_facts(checkout)
    assert found == {"commit": commit, "changed": ["workflow/a.py", "workflow/new é.py"]}


def test_a_copy_in_someone_else_s_repository_has_no_commit(checkout):
    store.write_text("x\n", checkout / "copies" / "Snakefile")
    assert origin.git_facts(checkout / "copies") == {"commit": None, "changed": None}


def test_without_git_the_sources_still_tell(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    told = origin.workflow_facts(checkout)
    assert (told["commit"], told["changed"], told["lock"]) == (None, None, None)
    before = told["sources"]
    (checkout / "workflow" / "a.py").touch()
    store.write_text("x", checkout / "workflow" / "__pycache__" / "a.pyc")
    store.write_text("x", checkout / "docs" / "b.md")
    assert origin.sources_digest(checkout) == before
    store.write_text("x\n\n", checkout / "workflow" / "a.py")
    assert origin.sources_digest(checkout) != before


def test_processor_and_gpus_are_read_from_what_the_kernel_says(tmp_path):
    store.write_text("processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n", tmp_path / "cpuinfo")
    assert hardware.processor(tmp_path / "cpuinfo") == "Some CPU @ 2 GHz"
    assert hardware.processor(tmp_path / "none") != ""
    for number, name in (("1", "NVIDIA H200"), ("0", "NVIDIA A100")):
        about = f"Model: \t\t {name}\nIRQ:   \t\t 1\n"
        store.write_text(about, tmp_path / "gpus" / number / "information")
    assert hardware.gpus(tmp_path / "gpus") == ["NVIDIA A100", "NVIDIA H200"]
    assert hardware.gpus(tmp_path / "none") == []
