import json

import numpy as np
import pytest

from seston.cluster.sweep import sweep
from seston.cluster.trials import Trials
from seston.errors import SestonError
from shards_by_hand import blobs, three_shards, write_shard


def run(folder, shards, out="sweep", **changes):
    settings = {
        "images": 1000, "seeds": 3, "bootstraps": 3, "iterations": 10, "spherical": False,
        "seed": 4,
    }  # fmt: skip
    paths = {"table": folder / out / "sweep.tsv", "report": folder / out / "sweep.json"}
    sweep(embeddings_dir=folder, shards=shards, **paths, **(settings | changes))
    head, *rows = (line.split("\t") for line in paths["table"].read_text().splitlines())
    table = [{n: float(x) if x else None for n, x in zip(head, row, strict=True)} for row in rows]
    return table, json.loads(paths["report"].read_text())


@pytest.mark.parametrize("groups", [7, 14])
def test_the_groups_that_were_planted_are_counted(tmp_path, groups):
    rows, _ = blobs(900, groups, 16, seed=1)
    table, report = run(tmp_path, three_shards(tmp_path, rows))
    assert report["k"] == groups
    assert report["tried"] == [row["k"] for row in table] == [5, 7, 10, 14, 20, 28, 40]
    assert report["images"] == report["of"] == 900
    right = next(row for row in table if row["k"] == groups)
    assert min(right["ari_seeds"], right["ari_bootstrap"]) > 0.9
    assert right["silhouette_low"] < right["silhouette"] < right["silhouette_high"]
    assert "highest product" in report["why"]


def test_the_figures_of_one_number_are_those_of_its_clusters(tmp_path):
    rows, blob = blobs(600, 5, 8, seed=2)
    rows = rows.astype(np.float32)
    [row], report = run(tmp_path, three_shards(tmp_path, rows), k=[5])
    within = sum(((rows[blob == b] - rows[blob == b].mean(axis=0)) ** 2).sum() for b in range(5))
    total = ((rows - rows.mean(axis=0)) ** 2).sum()
    assert row["objective"] == pytest.approx(within / 600, rel=1e-4)
    assert row["explained"] == pytest.approx(1 - within / total, rel=1e-4)
    assert row["smallest"] == np.bincount(blob).min()
    assert row["empty"] == 0
    assert report["k"] == 5
    assert len(report["cautions"]) == 1  # both the smallest and the largest number tried


def test_images_without_groups_are_told_to_have_none(tmp_path):
    rows = np.random.default_rng(3).normal(size=(800, 32))
    _, report = run(tmp_path, three_shards(tmp_path, rows), k=[20, 40])
    assert any("form no clear clusters" in caution for caution in report["cautions"])


def test_a_bloom_does_not_own_what_is_told_where_images_are_balanced(tmp_path):
    rng = np.random.default_rng(8)
    kind = np.r_[np.zeros(900, int), rng.integers(1, 10, 100)]
    centres = rng.normal(0, 1, (10, 12))
    rows = (centres[kind] * 3 + rng.normal(0, 1, (1000, 12))).astype(np.float32)
    names = [f"{'bloom' if one == 0 else 'rest'}/{i:04d}" for i, one in enumerate(kind)]
    write_shard(tmp_path, "a", names, rows)
    found = {}
    for balance in ("none", "sample"):
        [row], report = run(tmp_path, ["a"], k=[10], balance=balance)
        assert report["balance"] == balance
        found[balance] = row["explained"]
    # Half of all that counts are the nine rare kinds: the spread between kinds is larger.
    weights = np.where(kind == 0, 0.5 / 900, 0.5 / 100)
    mean = np.average(rows, axis=0, weights=weights)
    total = np.average(((rows - mean) ** 2).sum(axis=1), weights=weights)
    assert found["sample"] == pytest.approx(1 - 12 / total, abs=0.06)
    assert found["sample"] > found["none"] + 0.1


def test_the_asked_number_is_tried_too_and_too_large_ones_are_left_out(tmp_path):
    rows, _ = blobs(120, 4, 6, seed=4)
    names = three_shards(tmp_path, rows)
    _, report = run(tmp_path, names, asked=33)
    assert report["tried"] == [5, 33]
    _, report = run(tmp_path, names, k=[4, 500], asked=121)
    assert report["tried"] == [4]
    assert report["left_out"] == [121, 500]
    with pytest.raises(SestonError, match=r"sweep\.k: found \[500\], but there are 120 images"):
        run(tmp_path, names, k=[500])


def test_what_is_drawn_for_a_number_does_not_depend_on_the_others(tmp_path):
    rows, _ = blobs(400, 12, 6, seed=5, spread=2.0)
    sample = rows.astype(np.float32)
    alone, again = (Trials(sample, 2, 2, 5, False, 1) for _ in range(2))
    again.run(3)
    assert alone.run(6) == again.run(6)


def test_other_shards_give_the_same_bytes_and_another_seed_does_not(tmp_path):
    rows, _ = blobs(500, 9, 6, seed=6, spread=2.0)
    names = three_shards(tmp_path, rows)
    whole = tmp_path / "whole"
    write_shard(whole, "all", [f"s/{i:06d}" for i in range(500)], rows)
    run(tmp_path, names, images=300)
    run(whole, ["all"], images=300)
    run(tmp_path, names, "other", images=300, seed=5)
    for name in ("sweep.tsv", "sweep.json"):
        one, two, other = (
            (folder / name).read_bytes()
            for folder in (tmp_path / "sweep", whole / "sweep", tmp_path / "other")
        )
        assert one == two != other


@pytest.mark.parametrize("images", [1, 2, 3, 12])
def test_few_or_equal_images_still_give_a_table(tmp_path, images):
    for name, rows in (("ones", np.ones((images, 4))), ("some", np.eye(images, 12) + 1)):
        table, report = run(tmp_path / name, three_shards(tmp_path / name, rows))
        assert 1 <= report["k"] <= images
        assert len(table) == len(report["tried"])
    assert table[0]["silhouette"] is None or table[0]["k"] > 1


def test_no_image_at_all_is_an_error(tmp_path):
    write_shard(tmp_path, "none", [], np.empty((0, 4)))
    with pytest.raises(SestonError, match="no images to cluster"):
        run(tmp_path, ["none"])


def test_spherical_trials_do_not_know_lengths(tmp_path):
    rows, _ = blobs(700, 7, 16, seed=7)
    stretched = rows * np.random.default_rng(1).uniform(0.2, 5, (700, 1))
    _, report = run(tmp_path, three_shards(tmp_path, stretched), spherical=True)
    assert report["k"] == 7
