"""Whole runs: the contract of the files, the same twice, and the user's mistakes."""

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image
from safetensors import safe_open

from seston.arrays import ArrayFile
from seston.config import complete

TABLES = ["tables/images.parquet", "tables/samples.tsv", "tables/abundance.tsv"]
OF_CLUSTERS = ("clusters", "strangest", "cluster_names", "circumstances", "kmeans_density")
CLUSTERS = [
    *(f"tables/{name}.tsv" for name in (*OF_CLUSTERS, "abundance_coarse", "abundance_name")),
    *(f"finetuned/tree/{name}" for name in ("tree.tsv", "coarse.tsv", "tree.nwk", "tree.json")),
    *(
        "tables/clusters.json",
        "finetuned/kmeans/space.npz",
        "index/index.faiss",
        "index/index.json",
    ),
]
KMEANS = [
    f"{model}/kmeans/{name}"
    for model in ("pretrained", "finetuned")
    for name in ("centroids.npy", "space.npz")
]


def digests(project) -> dict[str, str]:
    results = project.folder / "results"
    files = [*TABLES, *CLUSTERS, *KMEANS, "finetuned/kmeans/kmeans.json", "report/index.html"]
    files += ["finetuned/evidence.tsv", "verdict.json", "map.parquet", "attention.npz"]
    return {name: hashlib.sha256((results / name).read_bytes()).hexdigest() for name in files}


def test_two_runs_from_scratch_are_byte_identical(finished, new_project):
    again = new_project()
    again.run()
    assert digests(again) == digests(finished)


def test_counts_agree_from_stage_to_stage(finished):
    results = finished.folder / "results"
    for shard in ("2018-05", "2018-06"):
        ids = pq.read_table(results / f"segment/{shard}/crops.parquet")["image_id"].to_pylist()
        assert ids == sorted(ids) and len(ids) == {"2018-05": 24, "2018-06": 36}[shard]
        assert ArrayFile(results / f"tiles/{shard}.arrow", "tiles").ids.to_pylist() == ids
        for model in ("pretrained", "finetuned"):
            embeddings = ArrayFile(results / f"{model}/embeddings/{shard}.arrow", "embeddings")
            assert embeddings.ids.to_pylist() == ids
            clusters = pq.read_table(results / f"{model}/clusters/{shard}.parquet")
            assert clusters["image_id"].to_pylist() == ids
    samples = pd.read_csv(results / "tables/samples.tsv", sep="\t")
    assert (samples.listed == samples.used + samples.rejected).all()
    assert samples.used.sum() == 60 == pq.read_metadata(results / TABLES[0]).num_rows


def test_abundance_counts_every_image_once(finished):
    results = finished.folder / "results"
    images = pd.read_parquet(results / "tables/images.parquet")
    abundance = pd.read_csv(results / "tables/abundance.tsv", sep="\t", dtype={"period": str})
    expected = images.groupby([images.datetime.dt.strftime("%Y-%m-%d"), "cluster"]).size()
    found = abundance.set_index(["period", "cluster"])["count"]
    assert found[found > 0].sort_index().to_dict() == expected.sort_index().to_dict()
    # Every cluster has a row on every sampled day, zeros included.
    assert len(abundance) == 5 * abundance.cluster.nunique()
    inside = abundance.share.between(abundance.share_low, abundance.share_high)
    assert inside.all()


def test_settings_left_out_are_the_defaults_not_those_of_the_example(new_project):
    project = new_project()
    mine = project.folder / "mine.yaml"
    mine.write_text("samples: samples.tsv\ncluster: {k: 7}\n")
    result = subprocess.run(
        [*project.command("--cores", "1", "results/settings.yaml"), "--configfile", str(mine)],
        cwd=project.folder,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    found = json.loads((project.folder / "results/settings.yaml").read_text())
    assert found == complete({"samples": "samples.tsv", "cluster": {"k": 7}})


def test_fine_tuning_changed_the_model(finished):
    results = finished.folder / "results"
    before, after = (
        ArrayFile(results / f"{model}/embeddings/2018-05.arrow", "embeddings").array()
        for model in ("pretrained", "finetuned")
    )
    assert before.shape == after.shape and np.isfinite(after).all()
    assert not np.array_equal(before, after)


def test_both_models_are_measured_and_the_verdict_is_about_them(finished):
    results = finished.folder / "results"
    verdict = json.loads((results / "verdict.json").read_text())
    assert (results / "chosen_model.txt").read_text() == verdict["chosen"] + "\n"
    assert (verdict["criterion"], verdict["decided_by"]) == ("labels:knn_5:labels", "evidence")
    for model in ("pretrained", "finetuned"):
        evidence = pd.read_csv(results / model / "evidence.tsv", sep="\t")
        assert {"labels", "collapse", "views", "confounding"} == {*evidence.about}
        counts = pd.read_csv(results / model / "evidence_counts.tsv", sep="\t")
        knn = counts[(counts.about == "labels") & (counts.measure == "knn_5")]
        assert (knn.right <= knn.images).all() and 0 < knn.images.sum() <= 60
        with safe_open(results / model / "model.safetensors", "np") as file:
            assert verdict["fingerprints"][model] == file.metadata()["seston.fingerprint"]


def test_a_fine_tuned_model_that_got_worse_is_not_used_and_the_report_says_so(project):
    results = project.folder / "results"
    path = results / "finetuned" / "evidence.tsv"
    evidence = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    # Of the project's few samples labels cannot prove anything, but a collapse can be seen.
    evidence.loc[evidence.measure == "effective_rank", "value"] = "1.01"
    evidence.to_csv(path, sep="\t", index=False)
    project.run()
    verdict = json.loads((results / "verdict.json").read_text())
    assert verdict["worse"] and verdict["decided_by"] == "evidence"
    assert any("effective rank fell" in reason for reason in verdict["reasons"])
    assert (results / "chosen_model.txt").read_text() == "pretrained\n"
    assert clusters_of_the_table(results) == clusters_of(results, "pretrained")
    page = (results / "report/index.html").read_text()
    assert "Training on these images made the model worse." in page
    # Who asks for the fine-tuned model gets it, and is told all the same.
    project.set("cluster", model="finetuned")
    project.run("results/tables/images.parquet")
    verdict = json.loads((results / "verdict.json").read_text())
    assert verdict["worse"] and verdict["decided_by"] == "settings"
    assert clusters_of_the_table(results) == clusters_of(results, "finetuned")


def clusters_of_the_table(results) -> dict[str, int]:
    table = pd.read_parquet(results / "tables/images.parquet")
    return dict(zip(table.image_id, table.cluster, strict=True))


def clusters_of(results, model: str) -> dict[str, int]:
    shards = [pd.read_parquet(path) for path in results.glob(f"{model}/clusters/*.parquet")]
    table = pd.concat(shards)
    return dict(zip(table.image_id, table.cluster, strict=True))


def test_a_choice_that_stays_as_it_was_makes_no_map_and_no_table_again(project):
    results = project.folder / "results"
    kept = [results / "map.parquet", results / "examples.parquet", results / TABLES[0]]
    before = [path.stat().st_mtime_ns for path in kept]
    chosen = (results / "chosen_model.txt").read_text()
    project.set("evaluate", criterion="linear_probe")
    project.run("results/tables/images.parquet", "results/examples.parquet")
    verdict = json.loads((results / "verdict.json").read_text())
    assert verdict["criterion"] == "labels:linear_probe:labels"
    if verdict["chosen"] + "\n" == chosen:
        assert [path.stat().st_mtime_ns for path in kept] == before
    assert project.planned("results/tables/images.parquet", "results/examples.parquet") == {}


def test_nothing_temporary_is_left(finished):
    assert not list((finished.folder / "results").rglob("*.tmp"))


def test_bad_images_are_counted_and_the_good_ones_used(project):
    sound = sorted(project.folder.glob("raw/2018-05-*/*.jpeg"))
    day = sound[0].parent
    (day / "cut.png").write_bytes(cut_png())
    (day / "empty.png").touch()
    (day / "page.png").write_text("<html></html>")
    project.run()
    results = project.folder / "results"
    rejected = pq.read_table(results / "segment/2018-05/rejected.parquet").to_pandas()
    assert dict(zip(rejected.roi, rejected.reason, strict=True)) == {
        "cut.png": "truncated",
        "empty.png": "empty_file",
        "page.png": "not_an_image",
    }
    samples = pd.read_csv(results / "tables/samples.tsv", sep="\t").set_index("sample")
    assert tuple(samples.loc[day.name, ["listed", "used", "rejected"]]) == (15, 12, 3)
    page = (results / "report/index.html").read_text()
    assert "truncated" in page and "empty_file" in page


def cut_png() -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8)
    whole = io.BytesIO()
    Image.fromarray(noise).save(whole, "PNG")
    return whole.getvalue()[: len(whole.getvalue()) // 2]


def test_a_shard_with_too_many_rejects_fails_and_says_why(new_project):
    project = new_project()
    for image in project.folder.glob("raw/2018-05-*/*.jpeg"):
        image.write_bytes(b"")
    result = project.snakemake("--cores", "2", "--keep-going", "segment_all")
    printed = result.stdout + result.stderr
    assert result.returncode != 0
    assert "empty_file" in printed and "max_rejected" in printed
    assert "Traceback" not in printed
    assert not list((project.folder / "results/segment/2018-05").glob("*.parquet"))


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (("config.yaml", "seed", "sede"), "did you mean 'seed'"),
        (("config.yaml", "samples.tsv", "nothing.tsv"), "nothing.tsv"),
        (("samples.tsv", "raw/2018", "row/2018"), "row/2018"),
        (("samples.tsv", "images", "imagse"), "images"),
        (("samples.tsv", "T12:00", "T25:00"), "T25:00"),
    ],
)
def test_a_mistake_stops_the_run_before_it_starts(new_project, edit, told):
    project = new_project()
    project.set("report", title="x")
    (project.folder / "config.yaml").open("a").write("seed: 1\n")
    name, old, new = edit
    path = project.folder / name
    path.write_text(path.read_text().replace(old, new))
    result = project.snakemake("--cores", "2")
    printed = result.stdout + result.stderr
    assert result.returncode != 0
    assert told in printed, printed
    assert "Traceback" not in printed
    assert not (project.folder / "results").exists()


def test_two_samples_of_one_name_are_told_with_both_lines(new_project):
    project = new_project()
    sheet = project.folder / "samples.tsv"
    lines = sheet.read_text().splitlines()
    sheet.write_text("\n".join([*lines, lines[1]]) + "\n")
    result = project.snakemake("--cores", "2")
    printed = result.stdout + result.stderr
    assert result.returncode != 0 and "Traceback" not in printed
    assert "line 7" in printed and "line 2" in printed


def test_a_run_that_was_killed_goes_on_and_ends_the_same(finished, new_project):
    project = new_project()
    running = subprocess.Popen(
        project.command("--cores", "2"),
        cwd=project.workflow,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    started = time.monotonic()
    while not list(project.folder.glob("results/tiles/*.arrow")):
        assert time.monotonic() - started < 120
        time.sleep(0.2)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert project.snakemake("--unlock").returncode == 0
    project.run()
    assert digests(project) == digests(finished)


def test_a_stage_by_hand_tells_a_mistake_in_one_line(tmp_path, repository):
    options = {
        "--crops": tmp_path / "none.parquet",
        "--size": "64",
        "--tiles": tmp_path / "t.arrow",
    }
    given = [str(word) for option in options.items() for word in option]
    result = subprocess.run(
        [sys.executable, "-m", "seston", "tiles", *given],
        env={"PYTHONPATH": str(repository / "workflow"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1 and "none.parquet" in result.stderr


def test_files_of_another_model_are_refused(project):
    results = project.folder / "results"
    shutil.copy(
        results / "pretrained/embeddings/2018-05.arrow",
        results / "finetuned/embeddings/2018-05.arrow",
    )
    kmeans = "results/finetuned/kmeans/kmeans.json"
    result = project.snakemake("--cores", "2", kmeans, "-R", "kmeans")
    printed = result.stdout + result.stderr
    assert result.returncode != 0
    assert "2018-05.arrow" in printed and "different models" in printed
