"""The example with the shipped settings, as the README's first command runs it."""

import csv
import io
import json
from functools import cache

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image
from scipy.ndimage import binary_dilation

from browser import asked, needs_browser, open_page
from conftest import REPOSITORY
from seston import store

RUNS = {
    "pygsuia-nitrate-3": "culture/7-Pygsuia-SF-SW-NITRATE-day5-sample3-replicate3-08April2024",
    "pygsuia-sulfate-2": "culture/7-Pygsuia-SF-SW-sulfate-day5-sample2-replicate3-08April2024",
    "pygsuia-sulfate-3A": "culture/7-Pygsuia-SF-SW-sulfate-day5-sample3-replicate3A-08April2024",
    "comics-MSC019-t0": "ocean/flowcam_COMICS_DY086_20171118_MSC019_t0_4x",
}


def crops(demo, shard: str) -> pd.DataFrame:
    return pq.read_table(demo.folder / f"results/segment/{shard}/crops.parquet").to_pandas()


def particles(sample: str) -> list[dict[str, str]]:
    """Read a FlowCam list by the positions of its header, apart from the package."""
    folder = REPOSITORY / "example" / RUNS[sample]
    (path,) = folder.glob("*.lst")
    lines = path.read_text(encoding="latin-1").split("\n")
    fields = int(lines[1].split("|")[1])
    names = [line.split("|")[0] for line in lines[2 : 2 + fields]]
    rows = csv.DictReader(lines[2 + fields :], fieldnames=names, delimiter="|")
    return [row for row in rows if row["id"]]


@cache
def collage_mask(folder, collage: str) -> np.ndarray:
    return np.asarray(Image.open(folder / collage.replace(".tif", "_bin.tif")))


@pytest.mark.parametrize("sample", RUNS)
def test_every_particle_is_cut_out_of_its_collage_pixel_for_pixel(demo, sample):
    table = crops(demo, "2017-11" if sample.startswith("comics") else "2024-04")
    found = {row.roi: row for row in table[table["sample"] == sample].itertuples()}
    listed = particles(sample)
    assert len(found) == len(listed) == (506 if sample.startswith("comics") else 1000)
    folder = REPOSITORY / "example" / RUNS[sample]
    collages = {
        name: np.asarray(Image.open(folder / name)) for name in {r.frame for r in found.values()}
    }
    for row in listed:
        crop = found[f"{int(row['id']):06d}"]
        x, y, w, h = (int(row[f"image_{key}"]) for key in "xywh")
        assert (crop.frame, crop.x, crop.y, crop.w, crop.h) == (row["collage_file"], x, y, w, h)
        pixels = np.asarray(Image.open(io.BytesIO(crop.crop)))
        original = collages[crop.frame][y : y + h, x : x + w]
        changed = (pixels != original).any(axis=2)
        assert changed.any() == ("neighbours_removed" in crop.notes)
        mask = collage_mask(folder, crop.frame)[y : y + h, x : x + w] > 0
        assert not changed[binary_dilation(mask, iterations=2)].any(), "nothing near the organism"
        assert (crop.mask, crop.area_px) == ("bin", float(row["raw_area"]))
    cleaned = table[table["sample"] == sample].notes.str.contains("neighbours_removed")
    assert 0 < cleaned.sum() < 0.05 * len(listed)


def test_the_organisms_of_an_ifcb_are_the_bytes_of_its_file(demo):
    table = crops(demo, "2022-05")
    assert table["sample"].value_counts().to_dict() == {
        "D20220519T124533_IFCB134": 17,
        "D20220522T000439_IFCB134": 7,
        "D20220522T003051_IFCB134": 2,
    }
    for sample, rows in table.groupby("sample"):
        stem = REPOSITORY / "example/ifcb/D2022" / sample[:9] / sample
        lines = stem.with_suffix(".adc").read_text().splitlines()
        data = stem.with_suffix(".roi").read_bytes()
        for row in rows.itertuples():
            # columns of the format: 15 width, 16 height, 17 first byte
            width, height, start = (int(text) for text in lines[int(row.roi) - 1].split(",")[15:18])
            pixels = np.asarray(Image.open(io.BytesIO(row.crop)))
            assert pixels.shape == (height, width)
            assert pixels.tobytes() == data[start : start + width * height]


def test_the_counts_of_all_samples_add_up(demo):
    samples = pd.read_csv(demo.folder / "results/tables/samples.tsv", sep="\t")
    assert (samples.listed == samples.used + samples.rejected).all()
    assert samples.listed.sum() == 3 * 1000 + 506 + 26 + len(
        list((REPOSITORY / "example" / "lake").glob("*/*.jpeg"))
    )
    assert (samples.site == "lake").sum() >= 40
    # 0.25 mL per minute of run time less inhibited time in the header: 1003.4139 s, 1.46294 s
    assert samples.set_index("sample").volume_ml["D20220519T124533_IFCB134"] == pytest.approx(
        4.1748, abs=5e-5
    )
    # Run summary of the instrument: "Fluid Volume Imaged: 0.0290 ml".
    volume = samples.set_index("sample").volume_ml
    assert round(volume["pygsuia-nitrate-3"], 4) == 0.0290


def test_concentration_is_count_per_volume(demo):
    tables = demo.folder / "results/tables"
    samples = pd.read_csv(tables / "samples.tsv", sep="\t")
    abundance = pd.read_csv(tables / "abundance.tsv", sep="\t")
    for treatment in ("nitrate", "sulfate"):
        volume = samples[samples.group == treatment].volume_ml.sum()
        rows = abundance[abundance.group == treatment]
        assert rows["count"].sum() == samples[samples.group == treatment].used.sum()
        assert np.allclose(rows.concentration_per_ml, rows["count"] / volume, rtol=1e-5)
    assert abundance[abundance.site == "lake"].concentration_per_ml.isna().all()


def test_all_files_of_the_contract_are_there(demo):
    results = demo.folder / "results"
    for model in ("pretrained", "finetuned"):
        for name in (
            "model.safetensors",
            "runtime/runtime.json",
            "embeddings/2018-07.arrow",
            "evidence.tsv",
            "evidence_counts.tsv",
            "kmeans/centroids.npy",
            "kmeans/kmeans.json",
            "clusters/2018-07.parquet",
        ):
            assert (results / model / name).is_file()
    for name in ("chosen_model.txt", "verdict.json", "map.parquet", "examples.parquet"):
        assert (results / name).is_file()
    assert list((results / "report/figures").glob("*.png"))
    assert list((results / "report/data").glob("*.csv"))
    assert (results / "report/index.html").stat().st_size < 10_000_000


def test_the_embeddings_know_the_organisms_of_the_lake(demo):
    results = demo.folder / "results"
    verdict = json.loads((results / "verdict.json").read_text())
    assert (verdict["criterion"], verdict["decided_by"]) == (
        "labels:knn_5:labels,recorded",
        "evidence",
    )
    chosen = pd.read_csv(results / verdict["chosen"] / "evidence.tsv", sep="\t")
    labels = chosen[(chosen.about == "labels") & (chosen.set == "labels")].set_index("measure")
    for measure in ("knn_5", "linear_probe", "nmi"):
        assert labels.value[measure] > 3 * max(labels.chance[measure], 0.05), measure
    assert labels.images["knn_5"] > 1900
    # Every organism is embedded in one way, the one that was chosen.
    for model in ("pretrained", "finetuned"):
        runtime = json.loads((results / model / "runtime/runtime.json").read_text())
        for path in (results / model / "embeddings").glob("*.arrow"):
            assert store.read_metadata(path)["engine"] == runtime["engine"]


@needs_browser
def test_the_report_opens_from_its_file_without_a_network(demo, tmp_path):
    page = demo.folder / "results/report/index.html"
    browser = open_page(page, tmp_path / "profile")
    try:
        assert [entry["message"] for entry in browser.get_log("browser")] == []
        found = asked(browser.get_log("performance"), page)
        assert [url for url in found if not url.startswith((page.as_uri(), "data:"))] == []
        widths = browser.execute_script("return [...document.images].map(i => i.naturalWidth)")
        assert len(widths) > 30 and min(widths) > 0
    finally:
        browser.quit()
