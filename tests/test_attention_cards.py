"""The strip of each cluster's card: the most typical organism, and where the model looks."""

from base64 import b64decode
from io import BytesIO
from types import SimpleNamespace

import matplotlib
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from seston.errors import SestonError
from seston.report.figures.attention_cards import GAP, attention_cards, squares, strip
from seston.report.given.attention_values import clusters_table, places_of_clusters

SIDE, GRID = 32, 4


def arrays_of(clusters: list[int], models: tuple[str, ...] = ("pretrained", "finetuned")) -> dict:
    """Return maps with one bright patch, that of the cluster's number; after, a quarter of it."""
    n = len(clusters)
    arrays = {
        "clustering": np.array("c" * 64),
        "clusters": np.array(clusters, np.int32),
        "clusters_ids": np.array([f"s/{one}" for one in clusters]),
        "clusters_pictures": np.stack(
            [np.full((SIDE, SIDE, 3), 40 + 10 * one, np.uint8) for one in clusters]
        ),
        "ids": np.array([], str), "chosen": np.array([], bool), "note": np.array(""),
    }  # fmt: skip
    for model in models:
        maps = np.zeros((n, GRID * GRID), np.float32)
        maps[np.arange(n), clusters] = 0.2 if model == "pretrained" else 0.05
        arrays[f"clusters_{model}"] = maps.reshape(n, GRID, GRID)
        arrays[model] = np.zeros((1, 2, GRID, GRID), np.float32)
    return arrays


def results_of(arrays: dict | None, clustering: str = "c" * 64) -> SimpleNamespace:
    return SimpleNamespace(attention=arrays, kmeans={"fingerprint": clustering})


def colour(share: float, grey: float) -> np.ndarray:
    """Return the colour of a value, by the square root, over a grey of the organism."""
    return 0.6 * np.array(matplotlib.colormaps["viridis"](share**0.5)[:3]) * 255 + 0.4 * grey


def test_organism_and_maps_share_a_scale():
    arrays = arrays_of([3, 5])
    found = strip(arrays, 1)
    assert (found.shape, found.dtype) == ((SIDE, 3 * SIDE + 2 * GAP, 4), np.uint8)
    organism, before, after = (found[:, i * (SIDE + GAP) :][:, :SIDE] for i in range(3))
    assert (organism[..., :3] == 90).all() and (organism[..., 3] == 255).all()
    assert (found[:, SIDE : SIDE + GAP, 3] == 0).all()
    y, x = 12, 12  # the middle of patch 5: row 1, column 1, of 8 px each
    np.testing.assert_allclose(before[y, x, :3], colour(1, 90), atol=12)
    np.testing.assert_allclose(after[y, x, :3], colour(0.25, 90), atol=12)
    np.testing.assert_allclose(before[-1, -1, :3], colour(0, 90), atol=1)
    np.testing.assert_allclose(after[-1, -1, :3], colour(0, 90), atol=1)


def test_cards_are_of_the_clusters_asked_for_that_have_a_map():
    found = attention_cards(results_of(arrays_of([0, 1, 2, 9])), [9, 2, 77])
    assert list(found) == [9, 2]
    for cluster, grey in ((9, 130), (2, 60)):
        picture = found[cluster]
        kind, data = picture.uri.split(",")
        assert kind == "data:image/webp;base64"
        with Image.open(BytesIO(b64decode(data))) as image:
            assert image.size == (picture.width, picture.height)
            pixels = np.asarray(image.convert("RGB"))
        np.testing.assert_allclose(pixels[:, : SIDE - 4].mean(), grey, atol=3)


def test_one_model_or_none():
    one = arrays_of([4], ("pretrained",))
    assert strip(one, 0).shape == (SIDE, 2 * SIDE + GAP, 4)
    assert squares(results_of(one)) == ["organism", "where the model looks"]
    assert squares(results_of(arrays_of([4]))) == ["organism", "before", "after"]
    without = arrays_of([4], ())  # a network without attention
    old = {"ids": one["ids"], "chosen": one["chosen"], "pretrained": one["pretrained"]}
    for nothing in (None, without, old):
        assert attention_cards(results_of(nothing), [4]) == {}


def test_maps_of_another_clustering_are_refused():
    with pytest.raises(SestonError, match=r"of the clustering cccccccccccc, but this is dddddddd"):
        attention_cards(results_of(arrays_of([0]), "d" * 64), [0])


def test_every_value_drawn_is_in_the_table():
    arrays = arrays_of([3, 7])
    table = clusters_table(arrays)
    assert len(table) == 2 * 2 * GRID * GRID
    expected = pd.DataFrame({
        "cluster": [3, 7, 3, 7], "image_id": ["s/3", "s/7"] * 2,
        "model": ["pretrained"] * 2 + ["finetuned"] * 2, "row": [0, 1, 0, 1], "column": [3, 3] * 2,
        "rollout": [0.2, 0.2, 0.05, 0.05],
    })  # fmt: skip
    bright = table[table["rollout"] > 0].reset_index(drop=True)
    pd.testing.assert_frame_equal(bright, expected, check_dtype=False)
    assert places_of_clusters(arrays, "c" * 64) == {3: 0, 7: 1}
