"""Bins, labels, a classifier, and a file of scores per bin: `snakemake ifcb_scores`."""

import h5py
import numpy as np
import pyarrow.parquet as pq
import yaml

from conftest import SMALL, Project
from synthetic.ifcb import shapes, write_bin

DAYS = (26, 27, 28, 29)


def make_bins(folder) -> Project:
    """Four bins of four days: ten images each, small pale and large dark ones in turn."""
    rows = ["sample\tpath\tinstrument\tdatetime\tsite\tgroup"]
    labels = ["image_id\tlabel"]
    for day in DAYS:
        name = f"D201305{day}T095207_IFCB013"
        small = [image // 2 + 120 for image in shapes(5, seed=day, height=24, width=30)]
        large = shapes(5, seed=day + 50)
        images = [image for pair in zip(small, large, strict=True) for image in pair]
        images.insert(3, None)  # a trigger without an image: numbers are those of rows
        write_bin(folder / "raw", images, name=name)
        rows.append(f"bin-{day}\traw/{name}.adc\tifcb\t\tlake\t")
        kept = [number for number, image in enumerate(images, start=1) if image is not None]
        for place, number in enumerate(kept):
            labels.append(f"bin-{day}/{number:05d}\t{('small', 'large')[place % 2]}")
    (folder / "samples.tsv").write_text("\n".join(rows) + "\n")
    (folder / "labels.tsv").write_text("\n".join(labels) + "\n")
    settings = SMALL | {
        "finetune": {"method": "none"},
        "cluster": {"k": 3, "examples": 2},
        "labels": {"file": "labels.tsv", "few": 2},
        "classify": {"head": "linear", "folds": 2, "bootstraps": 20, "max_error": 0.3},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(settings))
    return Project(folder)


def test_every_bin_has_its_file_of_scores(tmp_path):
    project = make_bins(tmp_path)
    project.run("ifcb_scores")
    results = project.folder / "results"
    said = pq.read_table(results / "tables" / "predictions.parquet").to_pandas()
    out = results / "export" / "ifcb_scores"
    found = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.h5"))
    # 26 May 2013 is its day 146.
    assert found == [
        f"D2013/D2013_{day + 120}/D201305{day}T095207_IFCB013_class.h5" for day in DAYS
    ]
    total = 0
    for day, path in zip(DAYS, found, strict=True):
        mine = said[said["image_id"].str.startswith(f"bin-{day}/")]
        with h5py.File(out / path) as file:
            labels = [label.decode("ascii") for label in file["class_labels"][:]]
            scores, rois = file["output_scores"][:], file["roi_numbers"][:]
            kept = file["class_name"].asstr()[:].tolist()
            assert file["metadata"].attrs["bin_id"] == f"D201305{day}T095207_IFCB013"
        assert rois.tolist() == [1, 2, 3, *range(5, 12)]
        assert [f"bin-{day}/{roi:05d}" for roi in rois] == mine["image_id"].tolist()
        assert sorted(labels) == ["large", "small"]
        for place, label in enumerate(labels):
            assert np.array_equal(scores[:, place], mine[f"p_{label}"])
        expected = mine["prediction"].where(~mine["rejected"], "unclassified")
        assert kept == expected.tolist()
        total += len(rois)
    assert total == len(said) == 40
    assert project.planned("ifcb_scores") == {}


def test_scores_of_bins_are_refused_before_anything_runs(new_project):
    project = new_project()
    failed = project.snakemake("--cores", "2", "--dry-run", "ifcb_scores")
    told = failed.stdout + failed.stderr
    assert failed.returncode and "classify.head is 'none'; set classify.head to 'linear'" in told
    project.set("classify", head="linear")
    failed = project.snakemake("--cores", "2", "--dry-run", "ifcb_scores")
    told = failed.stdout + failed.stderr
    assert failed.returncode and "all samples of the sheet are of images" in told
