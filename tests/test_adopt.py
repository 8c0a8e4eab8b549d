"""An earlier run taken over: byte by byte, with a baseline, or not at all."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from frozen_runs import adopt_into, drift_of, earlier_run, new_images, photographs, types
from seston.errors import SestonError

COPIED = [
    "model.safetensors", "kmeans/centroids.npy", "kmeans/space.npz", "kmeans/kmeans.json",
    "tree/tree.tsv", "tree/coarse.tsv", "tree/tree.nwk", "tree/tree.json",
]  # fmt: skip
K = 4


@pytest.fixture
def old(tmp_path):
    rows, _, sample = photographs(types(K), 12, 60, seed=1)
    return earlier_run(tmp_path / "old", rows, sample, K)


def test_all_files_are_copied_as_they_are(old, tmp_path):
    adopt_into(tmp_path / "new", old.folder)
    for name in COPIED:
        copy, original = (f / "pretrained" / name for f in (tmp_path / "new", old.folder))
        assert copy.read_bytes() == original.read_bytes()
    called = (old.folder / "tables" / "cluster_names.tsv").read_bytes()
    assert (tmp_path / "new" / "frozen" / "cluster_names.tsv").read_bytes() == called
    assert b"Ceratium" in called
    told = json.loads((tmp_path / "new" / "frozen" / "adopted.json").read_text())
    assert (told["images"], told["samples"], told["k"]) == (720, 12, K)
    assert told["sample_names"] == old.samples
    assert (told["earliest"], told["latest"]) == ("2024-05-01", "2024-05-12")
    assert told["clustered_in"] == told["adopted_from"] == str(old.folder)
    table = pd.read_csv(tmp_path / "new" / "frozen" / "baseline.tsv", sep="\t")
    assert table["images"].sum() == 720 and table["share"].sum() == pytest.approx(1, abs=1e-5)


def test_the_model_that_was_chosen_is_taken(old, tmp_path):
    (old.folder / "pretrained").rename(old.folder / "finetuned")
    (old.folder / "chosen_model.txt").write_text("finetuned\n")
    adopt_into(tmp_path / "new", old.folder)
    assert json.loads((tmp_path / "new" / "frozen" / "adopted.json").read_text())["chosen"] == (
        "finetuned"
    )


def test_a_chain_keeps_the_first_baseline(old, tmp_path):
    second, third = tmp_path / "second", tmp_path / "third"
    adopt_into(second, old.folder)
    rows, _, sample = photographs(types(K + 1), 9, 60, seed=2)
    new_images(second, rows, sample)
    adopt_into(third, second)
    for name in ("baseline.tsv", "far.npz"):
        assert (third / "frozen" / name).read_bytes() == (second / "frozen" / name).read_bytes()
    called = [run / "cluster_names.tsv" for run in (second / "tables", third / "frozen")]
    assert called[0].read_bytes() == called[1].read_bytes()
    told = json.loads((third / "frozen" / "adopted.json").read_text())
    assert told["sample_names"] == old.samples  # those that the clusters were made from
    assert (told["clustered_in"], told["adopted_from"]) == (str(old.folder), str(second))
    assert told["latest"] == "2024-05-12"
    _, found, _ = drift_of(new_images(third, rows, sample))
    assert len(found) == 1  # what was new in the second run is new in the third


def test_two_runs_give_the_same_bytes(old, tmp_path):
    for name in ("one", "two"):
        adopt_into(tmp_path / name, old.folder)
    for name in ("baseline.tsv", "far.npz", "adopted.json"):
        one, two = (tmp_path / folder / "frozen" / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_everything_that_is_missing_is_told_at_once(old, tmp_path):
    (old.kmeans / "space.npz").unlink()
    shutil.rmtree(old.folder / "pretrained" / "tree")
    with pytest.raises(SestonError) as error:
        adopt_into(tmp_path / "new", old.folder)
    told = str(error.value)
    assert "lacks 5 files of a finished run" in told and "run it again with this one" in told
    assert all(name in told for name in ("space.npz", "tree.tsv", "coarse.tsv", "tree.nwk"))
    assert not (tmp_path / "new").exists()


def test_names_are_needed_and_of_the_clusters_that_are_taken_over(old, tmp_path):
    called = old.folder / "tables" / "cluster_names.tsv"
    called.write_text(called.read_text().replace(called.read_text().split()[5], "ab" * 32))
    with pytest.raises(SestonError, match=r"has the names of clustering abababababab, but"):
        adopt_into(tmp_path / "new", old.folder)
    called.unlink()
    with pytest.raises(SestonError, match=r"lacks 1 file of a(?s:.*)cluster_names\.tsv"):
        adopt_into(tmp_path / "new", old.folder)


def test_missing_embeddings_and_tables_are_told(old, tmp_path):
    (old.embeddings / "a.arrow").unlink()
    (old.folder / "tables" / "images.parquet").unlink()
    with pytest.raises(SestonError, match=r"lacks 2 files(?s:.*)a\.arrow(?s:.*)images\.parquet"):
        adopt_into(tmp_path / "new", old.folder)


def test_tiles_of_another_size_are_told(old, tmp_path):
    with pytest.raises(SestonError, match=r"tiles.size: found 70, but .* 64 px; set tiles.size to"):
        adopt_into(tmp_path / "new", old.folder, size=70)


def test_a_model_that_the_clusters_are_not_of_is_refused(old, tmp_path):
    path = old.folder / "pretrained" / "model.safetensors"
    path.write_bytes(path.read_bytes().replace(b"feed" * 16, b"beef" * 16))
    with pytest.raises(SestonError, match=r"clusters are of embeddings .* do not belong"):
        adopt_into(tmp_path / "new", old.folder)


def test_what_is_left_of_other_frozen_clusters_is_not_taken_for_these(old, tmp_path):
    left = old.folder / "frozen"
    left.mkdir()
    (left / "adopted.json").write_text(json.dumps({"clustering": "ab" * 32}))
    adopt_into(tmp_path / "new", old.folder)
    told = json.loads((tmp_path / "new" / "frozen" / "adopted.json").read_text())
    assert told["clustered_in"] == str(old.folder)


def test_centroids_of_another_clustering_are_refused(old, tmp_path):
    np.save(old.kmeans / "centroids.npy", np.load(old.kmeans / "centroids.npy") + 1)
    with pytest.raises(SestonError, match="does not hold the centroids"):
        adopt_into(tmp_path / "new", old.folder)


def test_tables_of_another_clustering_are_refused(old, tmp_path):
    rows, _, sample = photographs(types(K), 12, 60, seed=1)
    other = earlier_run(tmp_path / "other", rows, sample, K - 1)
    images = ("tables", "images.parquet")
    shutil.copy(other.folder.joinpath(*images), old.folder.joinpath(*images))
    with pytest.raises(SestonError, match=r"is of clustering .* run the earlier run again"):
        adopt_into(tmp_path / "new", old.folder)


def test_a_folder_that_is_no_run_is_told(tmp_path):
    with pytest.raises(SestonError, match=r"chosen_model.txt: No such file"):
        adopt_into(tmp_path / "new", tmp_path / "nothing")


def test_a_run_does_not_take_from_itself(old):
    with pytest.raises(SestonError, match=r"lies in .*old, which it is to be taken from"):
        adopt_into(old.folder, old.folder)


def test_a_few_images_in_one_sample_pass(tmp_path):
    rows, _, sample = photographs(types(2), 1, 5, seed=1)
    earlier_run(tmp_path / "old", rows, sample, 2)
    adopt_into(tmp_path / "new", tmp_path / "old")
    told = json.loads((tmp_path / "new" / "frozen" / "adopted.json").read_text())
    assert told["scatter"]["samples"]["rho"] is None
