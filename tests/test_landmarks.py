import numpy as np
import pytest

from seston.cluster.landmarks import Landmarks, _reach, fit_components, fit_landmarks, place
from seston.cluster.layout import epochs, lay_out
from seston.cluster.neighbors import neighbor_index


def on_a_line(*at, places, reach):
    features = np.array(at, np.float32)[:, None]
    return Landmarks(neighbor_index(features, 1), np.array(places, np.float32), reach)


def test_an_image_is_placed_by_inverse_distance():
    # Landmarks at 0 and 3 on a line: an image at 1 has weights 1 and 1/2.
    landmarks = on_a_line(0, 3, places=[[0, 0], [6, 3]], reach=2.0)
    images = np.array([[1.0], [2.9], [3.0]], np.float32)
    places, labels = place(images, landmarks, np.array([4, 7], np.int32))
    assert np.allclose(places[0], [2, 1], atol=1e-5)
    assert np.allclose(places[2], [6, 3], atol=1e-4)  # on a landmark: its place
    assert labels.tolist() == [4, 7, 7]


def test_beyond_the_reach_of_its_landmark_an_image_is_noise():
    landmarks = on_a_line(0, 3, places=[[0, 0], [6, 3]], reach=2.0)
    images = np.array([[-2.0], [-2.1], [4.9], [5.1]], np.float32)
    labels = place(images, landmarks, np.array([4, -1], np.int32))[1]
    assert labels.tolist() == [4, -1, -1, -1]
    near = place(images, landmarks, np.array([4, 7], np.int32))[1]
    assert near.tolist() == [4, -1, 7, -1]


def test_the_reach_leaves_out_one_landmark_in_a_thousand():
    # Of distances 1 … 2000 to the nearest other, 0.999 of the way up is 1998.001.
    distances = np.stack([np.zeros(2000), np.arange(1, 2001), np.full(2000, 9999)], axis=1)
    assert _reach(distances.astype(np.float32)) == 1999
    assert _reach(distances[:10].astype(np.float32)) == 10
    assert _reach(np.zeros((1, 1), np.float32)) == 0


def test_ordinary_images_are_beyond_the_reach_as_seldom_as_landmarks():
    generator = np.random.default_rng(1)
    landmarks, images = generator.normal(size=(2, 4000, 3)).astype(np.float32)
    index = neighbor_index(landmarks, 1)
    squares = index.search(landmarks, 2)[0]
    reach = _reach(np.sqrt(np.maximum(squares, 0)))
    labels = place(images, Landmarks(index, images[:, :2], reach), np.zeros(4000, np.int32))[1]
    assert 0 < np.mean(labels == -1) < 0.004


def test_few_images_lie_by_their_principal_components():
    features = np.array([[3, 1, 5], [-3, 2, 5]], np.float32)
    assert fit_landmarks(features, 15, 0.0, 1).places.tolist() == [[3, 1], [-3, 2]]
    assert fit_landmarks(features[:, :1], 15, 0.0, 1).places.tolist() == [[3, 0], [-3, 0]]


def test_components_are_never_more_than_there_can_be():
    rows = np.random.default_rng(1).normal(size=(4, 6)).astype(np.float32)
    assert fit_components(rows, 50).n_components_ == 4
    assert fit_components(np.repeat(rows, 3, axis=0), 50).n_components_ == 6


@pytest.mark.parametrize(("points", "passes"), [(10, 200), (50_000, 200), (80_000, 125),
                                                (100_000, 100), (1_000_000, 100)])  # fmt: skip
def test_many_points_take_fewer_passes(points, passes):
    assert epochs(points) == passes


def test_the_layout_keeps_neighbours_together():
    generator = np.random.default_rng(1)
    features = np.concatenate([generator.normal(at, 1, (100, 5)) for at in (0, 20)])
    features = features.astype(np.float32)
    index = neighbor_index(features, 1)
    squares, rows = index.search(features, 10)
    places = lay_out(features, rows, np.sqrt(np.maximum(squares, 0)), 0.0, 1)
    centres = places[:100].mean(axis=0), places[100:].mean(axis=0)
    spread = max(places[:100].std(axis=0).max(), places[100:].std(axis=0).max())
    assert np.linalg.norm(centres[0] - centres[1]) > 3 * spread
