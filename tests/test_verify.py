"""`python -m seston verify`: each thing that can happen to results is found and named."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import whole_run
from seston import store
from seston.cli import main
from seston.provenance.manifest import digest_of
from whole_run import CHOSEN, SHARDS

FIRST, LAST = SHARDS
MANIFEST = "report/manifest.json"
KINDS = ".parquet .arrow .safetensors .npy .npz .json .tsv .nwk .faiss .html .png .txt .yaml"
IMAGES = "tables/images.parquet"


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return whole_run.write_whole_run(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def results(whole, tmp_path) -> Path:
    return whole_run.copy(whole, tmp_path)


@pytest.fixture
def named(results, capsys) -> Callable[[], dict[str, str]]:
    """Verify the results; return what is said of each file that is named."""

    def verify() -> dict[str, str]:
        capsys.readouterr()
        status = main(["verify", str(results)])
        *lines, _, last = capsys.readouterr().out.splitlines()
        found: dict[str, str] = {}
        for line in lines:
            path, _, what = line.partition(": ")
            found[path] = f"{found.get(path, '')}{what}\n"
        assert status == bool(found)
        assert last.endswith("do not match") == (len(lines) > 1)
        assert ("all as they were written" in last) == (not found)
        return found

    return verify


def flip(path: Path, place: float) -> None:
    """Change one bit."""
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 4
    path.write_bytes(data)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1))


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table], **about: str) -> None:
    """Write a table anew, whole and readable, with other rows or other metadata."""
    table = pq.read_table(path)
    told = dict(table.schema.metadata) | {
        f"seston.{key}".encode(): text.encode() for key, text in about.items()
    }
    pq.write_table(change(table).replace_schema_metadata(told), path, compression="zstd")


def column(name: str, row: int, value: object) -> Callable[[pa.Table], pa.Table]:
    """Set one cell."""

    def change(table: pa.Table) -> pa.Table:
        values = table[name].to_pylist()
        assert values[row] != value
        values[row] = value
        at = table.schema.get_field_index(name)
        return table.set_column(at, table.field(at), pa.array(values, table.field(at).type))

    return change


def without(row: int) -> Callable[[pa.Table], pa.Table]:
    return lambda table: pa.concat_tables([table[:row], table[row + 1 :]])


def swapped(table: pa.Table) -> pa.Table:
    return table.take([1, 0, *range(2, len(table))])


def same(table: pa.Table) -> pa.Table:
    return table


def swap(one: Path, other: Path) -> None:
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def set_json(path: Path, *keys: str, value: object) -> None:
    told = json.loads(path.read_text())
    inner = told
    for key in keys[:-1]:
        inner = inner[key]
    assert inner[keys[-1]] != value
    inner[keys[-1]] = value
    path.write_text(json.dumps(told))


def test_untouched_results_are_all_right_wherever_they_lie(results, named, whole):
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
    assert named() == {}
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*")} == before
    for path in results.rglob("*"):
        path.touch()
    assert named() == {}


def test_a_flipped_bit_is_found_in_every_file(results, named):
    files = json.loads((results / MANIFEST).read_text())["files"]
    assert {Path(name).suffix for name in files} >= set(KINDS.split())
    for number, name in enumerate(files):
        whole = (results / name).read_bytes()
        flip(results / name, (0.1, 0.5, 0.99)[number % 3])
        assert "changed: sha256" in named()[name]
        (results / name).write_bytes(whole)
    assert named() == {}


#: What happened to the files after the manifest was written.
AFTERWARDS = {
    "cut short": (
        lambda r: (r / IMAGES).write_bytes((r / IMAGES).read_bytes()[:-100]),
        {IMAGES: r"changed: \d+ bytes, but \d+ were written"},
    ),
    "emptied": (
        lambda r: (r / f"tiles/{LAST}.arrow").write_bytes(b""),
        {f"tiles/{LAST}.arrow": "changed: 0 bytes"},
    ),
    "missing": (
        lambda r: (r / f"segment/{FIRST}/rejected.parquet").unlink(),
        {f"segment/{FIRST}/rejected.parquet": "missing"},
    ),
    "a folder missing": (
        lambda r: shutil.rmtree(r / "report" / "figures"),
        {"report/figures/map.png": "missing"},
    ),
    "one more": (
        lambda r: shutil.copy(r / f"tiles/{LAST}.arrow", r / "tiles/2018-06-01.arrow"),
        {"tiles/2018-06-01.arrow": "not of this run"},
    ),
    "a cell edited": (
        lambda r: edit(r / "tables/abundance.tsv", "\t1\t", "\t2\t"),
        {"tables/abundance.tsv": "changed: sha256"},
    ),
    "a line dropped": (
        lambda r: edit(r / "tables/cluster_names.tsv", "\n", "\n\n"),
        {"tables/cluster_names.tsv": "changed: "},
    ),
    "settings edited": (
        lambda r: edit(r / "settings.yaml", "7", "8"),
        {"settings.yaml": "changed: sha256", MANIFEST: "configuration or seed"},
    ),
    "names kept elsewhere": (
        lambda r: (r / "tables/samples.tsv").rename(r / "tables/samples.bak"),
        {"tables/samples.tsv": "missing", "tables/samples.bak": "not of this run"},
    ),
    "shards swapped": (
        lambda r: swap(
            r / f"{CHOSEN}/embeddings/{FIRST}.arrow", r / f"{CHOSEN}/embeddings/{LAST}.arrow"
        ),
        {
            f"{CHOSEN}/embeddings/{FIRST}.arrow": "9 of them are missing here, 6 are not among",
            f"{CHOSEN}/embeddings/{LAST}.arrow": "6 of them are missing here, 9 are not among",
        },
    ),
    "manifest: a checksum": (
        lambda r: set_json(r / MANIFEST, "files", "map.json", "sha256", value="0" * 64),
        {MANIFEST: "was changed after it was written", "map.json": "but 000000000000 was written"},
    ),
    "manifest: a total": (
        lambda r: set_json(r / MANIFEST, "totals", "rejected", value=0),
        {MANIFEST: "totals are not the sums"},
    ),
    "manifest: a version": (
        lambda r: set_json(r / MANIFEST, "run", "libraries", "numpy", value="0"),
        {MANIFEST: "was changed after it was written"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", AFTERWARDS)
def test_what_happens_to_files_is_found_and_nothing_else_is_named(results, named, case):
    happens, expected = AFTERWARDS[case]
    happens(results)
    found = named()
    assert found.keys() == expected.keys()
    for path, what in expected.items():
        assert re.search(what, found[path]), found


def certified(results: Path) -> None:
    """Describe the files as they are now, as a run over them would: no checksum can help."""
    (results / MANIFEST).unlink()
    whole_run.describe(results)


def another_model(results: Path) -> None:
    whole_run.write_model(results / "pretrained/model.safetensors", seed=99)


def changed_weights(results: Path) -> None:
    flip(results / f"{CHOSEN}/model.safetensors", 0.999)


def stale_clusters(results: Path) -> None:
    """The last shard keeps the clusters of an earlier clustering."""
    path = results / f"{CHOSEN}/clusters/{LAST}.parquet"
    rewrite(path, same, fingerprint="e" * 64)


def embeddings_of_the_other_model(results: Path) -> None:
    name = f"embeddings/{LAST}.arrow"
    shutil.copy(results / "pretrained" / name, results / CHOSEN / name)


def clustered_anew(results: Path) -> None:
    """K-means ran with another seed; what stands behind it is of the clustering before."""
    whole_run.cluster(results, CHOSEN, seed=12)
    kept = json.loads((results / f"{CHOSEN}/kmeans/kmeans.json").read_text())["fingerprint"]
    assert store.read_metadata(results / IMAGES)["clusters"] != kept


def tiles_of_another_size(results: Path) -> None:
    from seston.tiles import tiles

    crops = results / f"segment/{LAST}/crops.parquet"
    tiles(crops=crops, tiles=results / f"tiles/{LAST}.arrow", size=8)


def other_centroids(results: Path) -> None:
    np.save(results / "pretrained/kmeans/centroids.npy", np.zeros((3, 6), np.float32))


EFFORT, CROPS = f"segment/{FIRST}/effort.parquet", f"segment/{FIRST}/crops.parquet"
REJECTED = f"segment/{FIRST}/rejected.parquet"
#: What no checksum tells, since the manifest was written afterwards.
INCONSISTENT = {
    "model replaced": (
        another_model,
        {
            "pretrained/runtime/runtime.json": "says model",
            f"pretrained/embeddings/{FIRST}.arrow": "says model",
            f"pretrained/embeddings/{LAST}.arrow": "says model",
            "verdict.json": "says fingerprints.pretrained",
        },
    ),
    "weights changed": (
        changed_weights,
        {
            f"{CHOSEN}/model.safetensors": "its content is",
            f"{CHOSEN}/runtime/runtime.json": "says sha256.model",
        },
    ),
    "clusters of an earlier clustering": (
        stale_clusters,
        {f"{CHOSEN}/clusters/{LAST}.parquet": "says fingerprint eeeeeeeeeeee"},
    ),
    "embeddings of the other model": (
        embeddings_of_the_other_model,
        {f"{CHOSEN}/embeddings/{LAST}.arrow": "says model"},
    ),
    "tiles of another size": (
        tiles_of_another_size,
        {
            f"tiles/{LAST}.arrow": "says fingerprint",
        },
    ),
    "centroids of another run": (
        other_centroids,
        {"pretrained/kmeans/kmeans.json": "does not hold the centroids"},
    ),
    "clustered anew": (
        clustered_anew,
        {
            name: "says cluster"
            for name in (IMAGES, "examples.parquet", "tables/cluster_names.tsv")
        },
    ),
    "another model chosen": (
        lambda r: (r / "chosen_model.txt").write_text("pretrained\n"),
        {
            IMAGES: "says clusters",
            "verdict.json": "says chosen",
            "map.json": "says embeddings",
            "map.parquet": "says embeddings",
            "index/index.json": "says embeddings",
            "examples.parquet": "says clusters",
            "tables/cluster_names.tsv": "says clustering",
            "classify/classifier.safetensors": "says card.embeddings",
            f"classify/predictions/{FIRST}.parquet": "says embeddings",
            f"classify/predictions/{LAST}.parquet": "says embeddings",
        },
    ),
    "an effort": (
        lambda r: rewrite(r / EFFORT, column("used", 1, 4)),
        {
            EFFORT: "sample b: 6 listed, 4 used, 1 rejected, but 5 crops and 1 rows of rejected",
            "tables/samples.tsv": "5 used, 1 rejected, but segment says 6 listed, 4 used",
        },
    ),
    "a rejected row dropped": (
        lambda r: rewrite(r / REJECTED, without(0)),
        {EFFORT: "sample b: 6 listed, 5 used, 1 rejected, but 5 crops and 0 rows of rejected"},
    ),
    "a sample without effort": (
        lambda r: rewrite(r / EFFORT, without(1)),
        {CROPS: "sample b has no effort", "tables/samples.tsv": "but segment says nothing"},
    ),
    "a recorded row dropped": (
        lambda r: rewrite(r / f"segment/{LAST}/recorded.parquet", without(3)),
        {f"segment/{LAST}/recorded.parquet": "5 organisms, but .* has 6: 1 of them are missing"},
    ),
    "ids reordered": (
        lambda r: rewrite(r / IMAGES, swapped),
        {IMAGES: "not strictly ascending"},
    ),
    "a row of the map dropped": (
        lambda r: rewrite(r / "map.parquet", without(0)),
        {"map.parquet": "14 organisms, but the crops of all shards have 15"},
    ),
    "an organism renamed": (
        lambda r: rewrite(r / f"{CHOSEN}/clusters/{LAST}.parquet", column("image_id", 5, "c/x")),
        {f"{CHOSEN}/clusters/{LAST}.parquet": "1 of them are missing here, 1 are not among them"},
    ),
    "another cluster": (
        lambda r: rewrite(
            r / f"{CHOSEN}/clusters/{LAST}.parquet",
            lambda table: column("cluster", 0, (table["cluster"][0].as_py() + 1) % 3)(table),
        ),
        {IMAGES: "1 organisms are in another cluster than in finetuned/clusters"},
    ),
    "a cell of the samples": (
        lambda r: edit(r / "tables/samples.tsv", "\t6\t5\t1\t", "\t6\t6\t0\t"),
        {"tables/samples.tsv": "sample b: 6 listed, 6 used, 0 rejected, but segment says"},
    ),
    "a sample dropped from the table": (
        lambda r: rewrite_lines(r / "tables/samples.tsv", lambda lines: lines[:-1]),
        {"tables/samples.tsv": "sample c: nothing, but segment says 6 listed"},
    ),
    "a cell of the clusters": (
        lambda r: rewrite_lines(r / "tables/clusters.tsv", lambda lines: [*lines[:-1], "2\t9"]),
        {"tables/clusters.tsv": "cluster 2: 9 images, but tables/images.parquet has"},
    ),
    "a line of the abundances": (
        lambda r: rewrite_lines(r / "tables/abundance.tsv", lambda lines: lines[:-1]),
        {"tables/abundance.tsv": r"lake 2018-05-23: \d images in all classes, but .* says \[6\]"},
    ),
    "names of another clustering": (
        lambda r: rewrite_lines(
            r / "tables/cluster_names.tsv",
            lambda lines: [lines[0], *("f" * 64 + line[64:] for line in lines[1:])],
        ),
        {"tables/cluster_names.tsv": "says clustering ffffffffffff"},
    ),
    "answers of another classifier": (
        lambda r: rewrite(
            r / f"classify/predictions/{LAST}.parquet", same, fingerprint="a" * 64
        ),
        {f"classify/predictions/{LAST}.parquet": "says fingerprint aaaaaaaaaaaa"},
    ),
    "a map of other embeddings": (
        lambda r: set_json(r / "map.json", "embeddings", value="b" * 64),
        {"map.json": "says embeddings bbbbbbbbbbbb"},
    ),
}  # fmt: skip


def rewrite_lines(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


@pytest.mark.parametrize("case", INCONSISTENT)
def test_files_that_do_not_fit_each_other_are_found_without_checksums(results, named, case):
    happens, expected = INCONSISTENT[case]
    happens(results)
    certified(results)
    found = named()
    assert found.keys() == expected.keys()
    for path, what in expected.items():
        assert re.search(what, found[path]), found


@pytest.mark.parametrize(
    ("keys", "value", "expected"),
    [
        (("files", IMAGES, "rows"), 14, f"rows of {IMAGES} is 15, but the manifest says 14"),
        (("files", IMAGES, "fingerprint"), "0", "fingerprint of tables/images.parquet is"),
        (("fingerprints", "tiles"), "0", "its fingerprint of tiles is not that of its files"),
        (("configuration", "seed"), 8, "configuration or seed is not that of settings.yaml"),
        (("seed",), 8, "configuration or seed is not that of settings.yaml"),
    ],
)
def test_a_manifest_that_was_edited_with_its_digest_does_not_fit(
    results, named, keys, value, expected
):
    set_json(results / MANIFEST, *keys, value=value)
    told = json.loads((results / MANIFEST).read_text())
    set_json(results / MANIFEST, "digest", value=digest_of(told))
    found = named()
    assert expected in found[MANIFEST] and "was changed" not in found[MANIFEST]


def test_a_file_taken_out_of_the_manifest_is_none_of_the_run(results, named):
    told = json.loads((results / MANIFEST).read_text())
    del told["files"]["map.json"]
    told["digest"] = digest_of(told)
    (results / MANIFEST).write_text(json.dumps(told))
    assert "not of this run" in named()["map.json"]


def test_a_manifest_in_which_things_are_missing_is_the_user_s_to_mend(results, capsys):
    told = json.loads((results / MANIFEST).read_text())
    del told["samples"]["b"]["used"]
    (results / MANIFEST).write_text(json.dumps(told))
    assert main(["verify", str(results)]) == 2
    assert "makes no sense any more (KeyError('used'))" in capsys.readouterr().err


def test_laying_out_a_manifest_anew_changes_nothing(results, named):
    told = json.loads((results / MANIFEST).read_text())
    (results / MANIFEST).write_text(json.dumps(dict(reversed(told.items())), indent=4))
    assert named() == {}


def test_what_is_kept_from_run_to_run_is_no_result(results, named):
    for name in ("logs/b.log", "resume/finetune.pt", "clusterings/x.parquet", "tables/.x.tmp"):
        store.write_text("x", results / name)
    store.write_text("x", results / "proposed_names.tsv")
    assert named() == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "file not found"),
        ("{", "not a readable manifest"),
        ("[]", "expected a manifest in format"),
        ('{"kind": "map", "format": "2"}', "expected a manifest in format"),
        ('{"kind": "manifest", "format": "2", "files": {}, "shards": []}', "too little of models"),
    ],
)
def test_without_a_manifest_nothing_can_be_said(results, capsys, text, expected):
    (results / MANIFEST).unlink()
    if text is not None:
        (results / MANIFEST).write_text(text)
    assert main(["verify", str(results)]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("seston verify: error: ") and expected in told.err
    assert not told.out
