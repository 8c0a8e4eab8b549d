"""Measurements beside the embedding: which, what stands for missing ones, what they are worth."""

import json
import logging
from pathlib import Path

import numpy as np
import openvino
import pyarrow as pa
import pytest
from scipy.special import softmax

from labelled_discs import make_labelled
from seston import store
from seston.arrays import ArrayWriter
from seston.classify.efficiency import efficiency
from seston.classify.export import export_classifier
from seston.classify.learn import classifier
from seston.classify.linear import fit_linear
from seston.classify.measured import AUTO, Measured, gains, measured_of
from seston.classify.predict import predict
from seston.classify.saved import read_classifier
from seston.cluster.shards import EmbeddingShards
from seston.errors import SestonError
from seston.labels.manifest import write_labelled
from seston.schemas import CROPS

PARTS = {"one": slice(0, 100), "two": slice(100, 240)}
WIDTH = 64


def write_crops(folder: Path, known_um: np.ndarray) -> dict[str, np.ndarray]:
    """Write crops whose sizes tell the three classes apart; return the sizes in pixels."""
    labelled, rng = make_labelled(), np.random.default_rng(5)
    ids = np.array(labelled.ids.to_pylist())
    esd = np.exp(np.array([3.0, 2.0, 1.0])[labelled.codes] + rng.normal(0, 0.2, len(ids)))
    numbers = {"esd": esd, "feret_max": 1.2 * esd, "feret_min": 0.9 * esd}
    for shard, part in PARTS.items():
        columns = {field.name: pa.nulls(len(ids[part]), field.type) for field in CROPS}
        columns["image_id"] = pa.array(ids[part])
        for name, values in numbers.items():
            columns[f"{name}_px"] = pa.array(values[part])
            columns[f"{name}_um"] = pa.array(2 * values[part], mask=~known_um[part])
        for name in ("eccentricity", "solidity", "mean_grey", "sd_grey"):
            columns[name] = pa.array(rng.uniform(0.2, 0.9, len(ids[part])))
        path = folder / "segment" / shard / "crops.parquet"
        store.write_table(pa.table(columns), path, CROPS, "crops", "test")
    return numbers


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Embeddings that tell nothing of the classes, and crops that do."""
    folder, labelled = tmp_path_factory.mktemp("measured"), make_labelled()
    write_labelled(labelled, folder / "labelled.parquet")
    rows = np.random.default_rng(1).normal(0, 1, (len(labelled), WIDTH)).astype(np.float16)
    ids = np.array(labelled.ids.to_pylist())
    for shard, part in PARTS.items():
        path = folder / "embeddings" / f"{shard}.arrow"
        with ArrayWriter(path, "embeddings", "embedding", (WIDTH,), np.float16, "m") as writer:
            writer.write(ids[part].tolist(), rows[part])
    write_crops(folder, np.ones(len(labelled), bool))
    return folder


def learn(run: Path, out: Path, columns: list[str]) -> Path:
    classifier(
        labelled=run / "labelled.parquet", embeddings_dir=run / "embeddings", shards=list(PARTS),
        head="linear", sampling="balanced", calibration="temperature", seed=1,
        columns=columns, segment_dir=run / "segment",
        saved=out / "c.safetensors", held_out=out / "h.parquet", search=out / "s.tsv",
    )  # fmt: skip
    return out / "c.safetensors"


def right(path: Path) -> float:
    held = read_classifier(path).held_out
    return float((held.logits.argmax(axis=1) == held.votes.argmax(axis=1)).mean())


def test_what_the_tile_does_not_tell_is_learned_from_measurements(run, tmp_path):
    assert right(learn(run, tmp_path / "alone", [])) < 0.6  # three in five are of one class
    assert right(learn(run, tmp_path / "beside", [AUTO])) > 0.9
    assert right(learn(run, tmp_path / "named", ["log_esd_um"])) > 0.9


def test_predictions_take_the_same_measurements_with_the_mean_for_missing_ones(
    run, tmp_path, caplog
):
    path = learn(run, tmp_path, [AUTO])
    known = np.ones(240, bool)
    known[:7] = False
    elsewhere = tmp_path / "new"
    sizes = write_crops(elsewhere, known)
    with caplog.at_level(logging.INFO, "seston"):
        predict(
            embeddings=run / "embeddings" / "one.arrow", classifier=path,
            predictions=tmp_path / "p.parquet", segment_dir=elsewhere / "segment",
        )  # fmt: skip
    assert "7 of 100 organisms lack a measurement" in caplog.text
    table = store.read_table(tmp_path / "p.parquet", "predictions")
    assert np.flatnonzero(table["lacking"]).tolist() == list(range(7))
    found = np.stack(table["raw"].to_numpy())
    learned = read_classifier(path)
    assert learned.card.columns[0] == "log_esd_um" and learned.card.dim == WIDTH
    shard = EmbeddingShards(run / "embeddings", ["one"])
    rows = shard.take(shard.order)
    crops = store.read_table(elsewhere / "segment" / "one" / "crops.parquet", "crops")
    beside = [
        *(np.log(2 * sizes[name][:100]) for name in ("esd", "feret_max", "feret_min")),
        *(crops[name].to_numpy() for name in ("eccentricity", "solidity", "mean_grey", "sd_grey")),
    ]
    beside = np.stack(beside, axis=1)
    beside[:7, :3] = learned.card.centre[:3]
    logits = np.hstack([rows, beside]) @ learned.head.w.T + learned.head.b
    np.testing.assert_allclose(found, softmax(logits, axis=1), atol=1e-4)
    with pytest.raises(SestonError, match=r"learned from log_esd_um.*--segment-dir"):
        predict(
            embeddings=run / "embeddings" / "one.arrow", classifier=path,
            predictions=tmp_path / "q.parquet",
        )  # fmt: skip
    assert not (tmp_path / "q.parquet").exists()


def test_the_exported_file_takes_them_too_and_says_which(run, tmp_path):
    path = learn(run, tmp_path, [AUTO])
    export_classifier(path, onnx=tmp_path / "c.onnx")
    model = openvino.Core().read_model(tmp_path / "c.onnx")
    assert model.input().partial_shape[1].get_length() == WIDTH + 7
    columns = json.loads(model.get_rt_info(["framework", "columns"]).astype(str))
    assert columns == list(read_classifier(path).card.columns)


def test_sizes_are_in_pixels_where_the_size_of_a_pixel_is_not_known_of_all(run, tmp_path, caplog):
    known = np.ones(240, bool)
    known[3] = False
    write_crops(tmp_path, known)
    embeddings = EmbeddingShards(run / "embeddings", list(PARTS))
    with caplog.at_level(logging.INFO, "seston"):
        found, values = measured_of([AUTO], embeddings, tmp_path / "segment", embeddings.order)
    assert found.columns[:3] == ("log_esd_px", "log_feret_max_px", "log_feret_min_px")
    assert "not known of 1 of 240" in caplog.text and np.isfinite(values).all()


def test_an_organism_without_a_mask_is_no_reason_for_pixels(run, tmp_path):
    write_crops(tmp_path, np.ones(240, bool))
    path = tmp_path / "segment" / "one" / "crops.parquet"
    table = store.read_table(path, "crops")
    for name in ("esd_px", "esd_um"):
        values = table[name].to_pylist()
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(name), pa.array([None, *values[1:]]))
    store.write_table(table, path, CROPS, "crops", "test")
    embeddings = EmbeddingShards(run / "embeddings", list(PARTS))
    found, values = measured_of([AUTO], embeddings, tmp_path / "segment", embeddings.order)
    assert found.columns[0] == "log_esd_um" and len(found.columns) == values.shape[1] == 7
    assert np.isnan(values[:, 0]).sum() == 1
    assert found.centre[0] == pytest.approx(np.nanmean(values[:, 0]))


def test_mistakes_are_told(run, tmp_path):
    embeddings = EmbeddingShards(run / "embeddings", list(PARTS))
    for asked, told in {
        (AUTO, "mean_grey"): "'auto' alone",
        ("esd",): r"classify\.columns: found 'esd', expected a measurement",
        ("focus",): r"classify\.columns: focus is known of none of 240",
    }.items():
        with pytest.raises(SestonError, match=told):
            measured_of(asked, embeddings, run / "segment", embeddings.order)


def test_a_few_measurements_vary_as_much_as_their_share_says():
    gain = gains(100, Measured(("a", "b", "c", "d"), (0.0,) * 4), together=3.0)
    assert np.sqrt((gain[100:] ** 2).sum() / (gain[:100] ** 2).sum()) == pytest.approx(3)
    assert (gains(5, Measured()) == 1).all()


def test_a_gain_is_as_if_a_number_stood_there_more_often():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 3, 90)
    x = rng.normal(size=(90, 3)).astype(np.float32)
    x[:, 2] += codes
    votes, ones = np.eye(3)[codes], np.ones(90)
    heavy = fit_linear(x, votes, ones, 10.0, gains=np.array([1, 1, 2.0]))
    often = x[:, [0, 1, 2, 2, 2, 2]]  # four numbers alike share a weight: a quarter of the penalty
    np.testing.assert_allclose(heavy(x), fit_linear(often, votes, ones, 10.0)(often), atol=2e-3)


def test_label_efficiency_has_it_as_a_variant(run, tmp_path):
    variants = ("linear", "linear_measured", "linear_refitted")
    for variant in variants:
        efficiency(
            labelled=run / "labelled.parquet", tiles_dir=tmp_path,
            embeddings_dir=run / "embeddings", shards=list(PARTS), model=tmp_path,
            segment_dir=run / "segment", variant=variant, fraction=1.0, seed=0, most_steps=5,
            logits=tmp_path / f"{variant}.parquet", record=tmp_path / f"{variant}.json",
        )  # fmt: skip
    truth = make_labelled().codes
    score, answers = {}, {}
    for variant in variants:
        table = store.read_table(tmp_path / f"{variant}.parquet", "efficiency")
        test = np.array(table["part"].to_pylist()) == "test"
        ids = {name: at for at, name in enumerate(make_labelled().ids.to_pylist())}
        rows = [ids[name] for name in table["image_id"].to_pylist()]
        answers[variant] = np.stack(table["logits"].to_numpy())
        said = answers[variant].argmax(axis=1)
        score[variant] = (said == truth[rows])[test].mean()
    assert score["linear"] < 0.6 and score["linear_measured"] > 0.9
    assert score["linear_refitted"] > 0.9
    # Learned anew from validation labels, it answers others about these as it did before.
    changed = (answers["linear_refitted"] != answers["linear_measured"]).any(axis=1)
    np.testing.assert_array_equal(changed, test)
