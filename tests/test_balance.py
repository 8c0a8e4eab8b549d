import numpy as np
import pytest

from seston.cluster.balance import by_sample, draw_by_weight, image_weights
from seston.cluster.kmeans import kmeans
from seston.cluster.points import Points
from seston.cluster.shards import EmbeddingShards
from seston.cluster.space import embeddings_alone
from shards_by_hand import three_shards, write_shard

RARE = 9  # kinds, of 1 image in 90 each; the rest is a bloom


@pytest.fixture
def bloom(tmp_path):
    """4,500 images: 90 % of one broad kind, the rest of nine that lie close to one another."""
    generator = np.random.default_rng(1)
    centres = np.concatenate([np.zeros((1, 16)), 12 + 1.2 * generator.normal(size=(RARE, 16))])
    kind = generator.choice(RARE + 1, 4500, p=[0.9] + RARE * [0.1 / RARE])
    rows = centres[kind] + generator.normal(size=(4500, 16)) * 0.5
    return tmp_path, three_shards(tmp_path, rows), kind, rows


def centroids_of(folder, names, balance, refine):
    kmeans(
        embeddings_dir=folder, shards=names, k=10, iterations=25, sample_per_centroid=200,
        starts=3, refine=refine, balance=balance, spherical=False, seed=1,
        centroids=folder / "c.npy", space_file=folder / "s.npz", report=folder / "r.json",
    )  # fmt: skip
    return np.load(folder / "c.npy")


def in_bloom(centroids):
    return int((np.linalg.norm(centroids, axis=1) < 12).sum())


@pytest.mark.parametrize("refine", [0, 3])
def test_a_bloom_does_not_take_all_centroids(bloom, refine):
    folder, names, _, _ = bloom
    plain = in_bloom(centroids_of(folder, names, "none", refine))
    balanced = in_bloom(centroids_of(folder, names, "density", refine))
    assert plain >= 4
    assert balanced <= 2


def test_crowds_weigh_less_and_others_alike(bloom):
    folder, names, kind, _ = bloom
    embeddings = EmbeddingShards(folder, names)
    points = Points(embeddings, embeddings_alone(embeddings.dim))
    weights = image_weights(points, "density", 10, np.random.default_rng(1))
    assert weights.mean() == pytest.approx(1, rel=1e-5)
    assert weights[kind == 0].mean() < 0.5 * weights[kind > 0].mean()
    assert np.allclose(weights[kind > 0], weights.max())  # each kind is less than a tenth of all
    assert image_weights(points, "none", 10, np.random.default_rng(1)) is None


def test_each_sample_weighs_the_same(tmp_path):
    rows = np.random.default_rng(1).normal(size=(40, 4))
    ids = [f"a/{i:02d}" for i in range(30)] + [f"b/x/{i:02d}" for i in range(10)]
    write_shard(tmp_path, "x", ids[25:], rows[25:])
    write_shard(tmp_path, "y", ids[:25], rows[:25])
    embeddings = EmbeddingShards(tmp_path, ["x", "y"])
    points = Points(embeddings, embeddings_alone(4))
    weights = by_sample(points)  # in file order: x has five of a and all of b
    assert weights == pytest.approx([1 / 30] * 5 + [1 / 10] * 10 + [1 / 30] * 25)


def test_images_are_drawn_as_often_as_they_weigh(tmp_path):
    rows = np.random.default_rng(1).normal(size=(100, 4))
    points = Points(EmbeddingShards(tmp_path, three_shards(tmp_path, rows)), embeddings_alone(4))
    weights = np.repeat([0.5, 1.5], 50).astype(np.float32)
    drawn = draw_by_weight(points, 200, weights, np.random.default_rng(1))
    assert np.bincount(drawn, minlength=100).tolist() == [1] * 50 + [3] * 50
    few = draw_by_weight(points, 20, weights, np.random.default_rng(1))
    assert len(few) == 20
    assert (few >= 50).sum() == 15
