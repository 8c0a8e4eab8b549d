"""The stage as a whole, on a small run made by hand."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image

from seston import store
from seston.arrays import ArrayFile, ArrayWriter
from seston.errors import SestonError
from seston.evaluate.evidence import read_counts, read_evidence
from seston.evaluate.stage import evaluate
from seston.models.backbones import images_of
from seston.models.model_file import read_model
from seston.models.weights import backbone
from seston.schemas import CROPS
from synthetic_tiles import write_tiles

SHARDS = {"2020-05": {"a": 40, "b": 30}, "2020-06": {"c": 50}, "2020-07": {}}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Three samples of ready crops on three days, in three shards, one of them empty."""
    root = tmp_path_factory.mktemp("run")
    lines = ["sample\tpath\tinstrument\tdatetime\tgroup"]
    for day, name in enumerate("abc", start=1):
        (root / "raw" / name).mkdir(parents=True)
        Image.new("L", (20, 20), 9).save(root / "raw" / name / "1.png")
        lines.append(f"{name}\traw/{name}\timages\t2020-0{5 + day // 3}-0{day}\t{'xyx'[day - 1]}")
    (root / "samples.tsv").write_text("\n".join(lines) + "\n")
    model = root / "model.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=1, model=model)
    labels = ["image_id\tlabel", "gone/1\tx"]
    for number, (shard, samples) in enumerate(SHARDS.items()):
        tiles = write_tiles(root / "tiles" / f"{shard}.arrow", samples, seed=number)
        made = ArrayFile(tiles, "tiles")
        write_embeddings(root / "embeddings" / f"{shard}.arrow", made, model)
        large = (made.array()[..., 0] > 120).sum(axis=(1, 2)) > 80
        ids = made.ids.to_pylist()
        write_crops(root / "segment" / shard / "crops.parquet", ids, made.array())
        kinds = ["large" if one else "NA" for one in large]
        labels += [f"{name}\t{kind}" for name, kind in zip(ids, kinds, strict=True)]
    (root / "experts.tsv").write_text("\n".join(labels) + "\n")
    return root


def write_embeddings(path, tiles, model):
    network, _, origin = read_model(model)
    with torch.inference_mode():
        rows = network(images_of(torch.from_numpy(tiles.array()))).half().numpy()
    with ArrayWriter(
        path, "embeddings", "embedding", rows.shape[1:], np.float16, "e", model=origin
    ) as writer:
        writer.write(tiles.ids.to_pylist(), rows)


def write_crops(path, ids, pictures):
    known = {
        "image_id": ids,
        "sample": [name.partition("/")[0] for name in ids],
        "roi": [name.partition("/")[2] for name in ids],
        "esd_px": np.sqrt((pictures[..., 0] > 120).sum(axis=(1, 2)).astype(float)),
        "mean_grey": pictures.reshape(len(ids), -1).mean(axis=1) if ids else [],
    }
    arrays = [
        pa.array(known[field.name], field.type)
        if field.name in known
        else pa.nulls(len(ids), field.type)
        for field in CROPS
    ]
    store.write_table(pa.table(arrays, schema=CROPS), path, CROPS, "crops", "c")


def evidence(run, tmp_path, **changes):
    given = {
        "tiles_dir": run / "tiles",
        "segment_dir": run / "segment",
        "embeddings_dir": run / "embeddings",
        "shards": list(SHARDS),
        "sheet": run / "samples.tsv",
        "model": run / "model.safetensors",
        "images": 0,
        "folds": 3,
        "seed": 1,
        "evidence": tmp_path / "evidence.tsv",
        "counts": tmp_path / "counts.tsv",
        "device": "cpu",
        "precision": "fp32",
    }
    evaluate(**given | changes)
    rows = read_evidence(tmp_path / "evidence.tsv")
    return {(row.about, row.measure, row.set): row for row in rows}


def test_all_figures_with_labels(run, tmp_path):
    found = evidence(run, tmp_path, labels=(run / "experts.tsv",))
    assert [(about, measure) for about, measure, _ in found] == [
        *(("labels", name) for name in ("knn_5", "knn_20", "linear_probe")),
        *(("labels", name) for name in ("nmi", "ami", "ari", "purity")),
        *(("collapse", name) for name in ("feature_std", "effective_rank")),
        *(("confounding", name) for name in ("sample", "day", "instrument", "group")),
        *(("confounding", name) for name in ("brightness", "size")),
        ("views", "neighbour_agreement"),
        *(("collapse", name) for name in ("uniformity", "alignment")),
    ]
    knn = found["labels", "knn_5", "experts"]
    # three days, as many as folds: kept apart by day
    assert knn.images == 120 and knn.groups == 3 and "of the same day" in knn.note
    assert "1 of 121 labelled ids are not of this run" in knn.note
    # discs of two sizes: even a random network tells them
    assert knn.value > 0.9 and found["confounding", "size", ""].value > 0.8
    assert found["confounding", "instrument", ""].note == "one instrument only"
    assert found["confounding", "sample", ""].value < 0.6
    counts = read_counts(tmp_path / "counts.tsv")
    assert counts["labels", "knn_5", "experts"].classes == ("NA", "large")
    assert counts["labels", "knn_5", "experts"].balanced == pytest.approx(knn.value, abs=1e-6)


def test_two_runs_give_the_same_bytes_and_draws_are_even(run, tmp_path):
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found = evidence(run, tmp_path / name, images=60, labels=(run / "experts.tsv",))
        texts.append(
            [(tmp_path / name / file).read_bytes() for file in ("evidence.tsv", "counts.tsv")]
        )
    assert texts[0] == texts[1]
    assert found["labels", "knn_5", "experts"].images == 60
    assert "sampled 60 of 120" in found["labels", "nmi", "experts"].note
    asked = read_counts(tmp_path / "one" / "counts.tsv")["confounding", "sample", ""]
    assert asked.asked.sum(axis=1).tolist() == [20, 20, 20]


def test_without_labels_it_says_so(run, tmp_path):
    found = evidence(run, tmp_path)
    assert found["labels", "", ""].note == "no labels"
    assert found["collapse", "effective_rank", ""].value > 1


def test_samples_are_kept_apart_where_there_are_few_days(run, tmp_path):
    found = evidence(run, tmp_path, folds=4, labels=(run / "experts.tsv",))
    assert "of the same sample" in found["labels", "knn_5", "experts"].note


def test_a_run_of_hardly_anything_says_so(run, tmp_path):
    found = evidence(run, tmp_path, shards=["2020-07"])
    assert found["collapse", "", ""].note == "too few organisms"
    assert read_counts(tmp_path / "counts.tsv") == {}


def test_what_does_not_fit_is_refused(run, tmp_path):
    other = tmp_path / "other.safetensors"
    backbone(name="vit_test_patch8", weights="random", size=32, seed=2, model=other)
    with pytest.raises(SestonError, match="made by the model"):
        evidence(run, tmp_path, model=other)
    sheet = tmp_path / "samples.tsv"
    lines = (run / "samples.tsv").read_text().replace("raw/", f"{run}/raw/").splitlines()
    sheet.write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(SestonError, match="no sample c, of which there are organisms"):
        evidence(run, tmp_path, sheet=sheet)
    folder = tmp_path / "segment"
    for shard in SHARDS:
        ids = ["a/00000"] if shard == "2020-05" else []
        write_crops(folder / shard / "crops.parquet", ids, np.zeros((len(ids), 8, 8, 3)))
    with pytest.raises(SestonError, match="do not hold the same images"):
        evidence(run, tmp_path, segment_dir=folder)
