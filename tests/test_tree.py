import json

import numpy as np
import pytest
from scipy.cluster.hierarchy import ClusterNode, to_tree

from seston import store
from seston.cluster.clustering import clustering_fingerprint
from seston.cluster.coarse import choose_groups
from seston.cluster.space import embeddings_alone
from seston.cluster.tree import as_newick, tree
from seston.cluster.ward import cut, ward
from seston.errors import SestonError


def folder_of(path, centroids, sizes, objective=0.1):
    """A folder as k-means writes it."""
    centroids = np.asarray(centroids, np.float32)
    space = embeddings_alone(centroids.shape[1])
    facts = {
        "embeddings": "e", "fingerprint": clustering_fingerprint("e", space, centroids),
        "sizes": [int(size) for size in sizes], "objective": objective,
    }  # fmt: skip
    path.mkdir(parents=True)
    np.save(path / "centroids.npy", centroids)
    space.save(path / "space.npz")
    store.write_text(json.dumps(facts), path / "kmeans.json")
    return path


def run(path, centroids, sizes, coarse=0, **more):
    kmeans = folder_of(path / "kmeans", centroids, sizes, **more)
    names = {
        "tree": "tree.tsv",
        "groups": "coarse.tsv",
        "newick": "tree.nwk",
        "report": "tree.json",
    }
    out = {key: path / "tree" / name for key, name in names.items()}
    tree(kmeans=kmeans, coarse=coarse, **out)
    return out


def read(path):
    head, *rows = (line.split("\t") for line in path.read_text().splitlines())
    return head, [[float(cell) for cell in row] for row in rows]


def grouped(groups: int, each: int, seed: int = 1, spread: float = 0.3):
    """Centroids in well separated groups, the group of each, and images."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(groups, 8)) * 4
    group = np.repeat(np.arange(groups), each)
    rows = centres[group] + spread * generator.normal(size=(len(group), 8))
    return rows, group, generator.integers(20, 200, len(group))


def test_the_files_of_a_tree_worked_out_by_hand(tmp_path):
    out = run(tmp_path, [[0.0], [2.0], [5.0]], [1, 1, 2], coarse=2)
    head, rows = read(out["tree"])
    assert head == ["step", "left", "right", "height", "images", "fine"]
    assert np.allclose(rows, [[0, 0, 1, 0.707107, 2, 2], [1, 2, 3, 2, 4, 3]])
    # two groups of two images each: the lower root first
    assert read(out["groups"]) == (["cluster", "coarse"], [[0, 1], [1, 1], [2, 0]])
    assert out["newick"].read_text() == "(2:2,(0:0.707107,1:0.707107):1.29289);\n"
    facts = json.loads(out["report"].read_text())
    assert (facts["coarse"], facts["chosen_by"], facts["images"]) == (2, "settings", [2, 2])
    kmeans = json.loads((tmp_path / "kmeans" / "kmeans.json").read_text())
    assert facts["kmeans"] == kmeans["fingerprint"]


def test_newick_says_what_scipy_reads_of_the_joins():
    rows, _, sizes = grouped(5, 8)
    merges = ward(rows, sizes)

    def write(node: ClusterNode, above: float) -> str:
        branch = f":{max(above - node.dist, 0):.6g}" if above >= 0 else ";"
        if node.is_leaf():
            return f"{node.id}{branch}"
        return f"({write(node.left, node.dist)},{write(node.right, node.dist)}){branch}"

    assert as_newick(merges) == write(to_tree(merges), -1)


def test_the_rule_finds_the_groups_that_were_planted(tmp_path):
    for groups, each in ((6, 6), (12, 4), (9, 12)):
        rows, group, sizes = grouped(groups, each)
        out = run(tmp_path / str(groups), rows, sizes, objective=0.5)
        found = np.array(read(out["groups"])[1])[:, 1]
        assert len(set(zip(group, found, strict=True))) == groups == len(set(found))
        facts = json.loads(out["report"].read_text())
        assert facts["chosen_by"] == "rule"
        images = np.bincount(group, sizes)
        assert facts["images"] == sorted(images.astype(int).tolist(), reverse=True)


def test_the_silhouette_from_centroids_is_that_of_images_on_them():
    from sklearn.metrics import silhouette_score

    rows, _, sizes = grouped(7, 4, spread=1.5)
    merges = ward(rows, sizes)
    groups, why = choose_groups(merges, rows, sizes, 0.0)
    images = np.repeat(np.arange(len(rows)), sizes)
    group = cut(merges, sizes, groups)[images]
    assert f"silhouette ({silhouette_score(rows[images], group):.3f}, " in why
    told = 1 - sum(
        ((rows[images][group == g] - rows[images][group == g].mean(axis=0)) ** 2).sum()
        for g in range(groups)
    ) / ((rows[images] - rows[images].mean(axis=0)) ** 2).sum()  # fmt: skip
    assert f"variance ({100 * told:.0f} %)" in why


@pytest.mark.parametrize("k", [1, 2, 3, 5, 9, 11])
def test_few_clusters_still_make_a_tree(tmp_path, k):
    rows, _, sizes = grouped(k, 1)
    out = run(tmp_path, rows, sizes)
    assert len(read(out["tree"])[1]) == k - 1
    assert json.loads(out["report"].read_text())["coarse"] == min(5, max(k // 2, 1))
    assert out["newick"].read_text().count("(") == k - 1


def test_empty_clusters_are_leaves_of_no_images(tmp_path):
    rows, _, sizes = grouped(6, 4)
    sizes[[5, 23]] = 0
    out = run(tmp_path, rows, sizes)
    assert read(out["tree"])[1][-1][4] == sizes.sum()
    found = np.array(read(out["groups"])[1])[:, 1]
    assert found[5] == found[4]
    assert found[23] == found[22]


def test_all_centroids_on_one_spot(tmp_path):
    out = run(tmp_path, np.ones((8, 3)), [5, 0, 0, 0, 0, 0, 0, 0], objective=0.0)
    assert json.loads(out["report"].read_text())["coarse"] == 4


def test_more_groups_than_clusters_is_an_error_that_says_what_to_set(tmp_path):
    with pytest.raises(
        SestonError, match=r"coarse is 4, but there are 3 clusters: expected 1 to 3"
    ):
        run(tmp_path, [[0.0], [2.0], [5.0]], [1, 1, 2], coarse=4)


def test_the_same_bytes_twice(tmp_path):
    rows, _, sizes = grouped(6, 5)
    one, two = (run(tmp_path / name, rows, sizes) for name in "ab")
    assert all(one[key].read_bytes() == two[key].read_bytes() for key in one)
