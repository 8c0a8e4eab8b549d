"""Class scores of IFCB bins, read as pyifcb, the dashboard and iRfcb read them: by h5py alone."""

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from seston import store
from seston.errors import SestonError
from seston.export.ifcb_scores.asked import require_ifcb_classes
from seston.export.ifcb_scores.stage import export_ifcb_scores
from seston.schemas import IMAGES, PREDICTIONS

NEW, OLD = "D20130526T095207_IFCB013", "IFCB5_2012_028_081515"
CLASSES = ["Dinobryon", "NA", "detritus <small>"]
PATH = f"D2013/D2013_146/{NEW}_class.h5"  # 26 May is day 146 of 2013
#: Sample, its bin, numbers of its images; `lake` is of another instrument.
RUN = {"late": (NEW, [2, 3, 17]), "lake": ("a.png", [1, 2]), "old": (OLD, [1, 65000])}
THRESHOLD = 0.7


def write_tables(folder: Path, samples=RUN, threshold=THRESHOLD, classes=CLASSES):
    """Tables as `tables`, `quantify` and `judge` write them; return the scores by image."""
    rng = np.random.default_rng(4)
    rows = [
        (name, frame, f"{name}/{number:05d}")
        for name, (frame, numbers) in sorted(samples.items())
        for number in numbers
    ]
    scores = rng.dirichlet(np.full(len(classes), 0.3), len(rows)).astype(np.float32)
    if len(rows):
        scores[0, 0] = np.float32(THRESHOLD)  # just enough
        scores[0, 1:] = np.float32(0.3) / (len(classes) - 1)
    least = np.float32(np.inf if threshold is None else threshold)
    best = scores.argmax(axis=1)
    columns = {field.name: pa.nulls(len(rows), field.type) for field in PREDICTIONS}
    columns |= {
        "image_id": [image for *_, image in rows],
        "prediction": pa.array([classes[place] for place in best], pa.string()),
        "rejected": scores.max(axis=1) < least,
        **{f"p_{name}": scores[:, place] for place, name in enumerate(classes)},
    }
    store.write_table(
        pa.table(columns),
        folder / "predictions.parquet",
        PREDICTIONS,
        "class_predictions",
        "m" * 64,
    )
    columns = {field.name: pa.nulls(len(rows), field.type) for field in IMAGES}
    columns |= {"image_id": [image for *_, image in rows]}
    columns |= {"frame": [frame if frame == "a.png" else f"{frame}.roi" for _, frame, _ in rows]}
    store.write_table(pa.table(columns), folder / "images.parquet", IMAGES, "images", "made")
    sheet = pd.DataFrame({"sample": sorted(samples)})
    sheet["instrument"] = ["images" if name == "lake" else "ifcb" for name in sheet["sample"]]
    sheet.to_csv(folder / "samples.tsv", sep="\t", index=False)
    told = {"head": "linear", "fingerprint": "m" * 64, "reject": {"threshold": threshold}}
    (folder / "judge.json").write_text(json.dumps(told))
    return dict(zip((image for *_, image in rows), scores, strict=True))


def export(of: Path, **more: object) -> Path:
    given = {name: of / f"{name}.parquet" for name in ("predictions", "images")}
    given |= {
        "samples": of / "samples.tsv",
        "judge": of / "judge.json",
        "folder": of / "out",
    } | more
    export_ifcb_scores(**given)
    return given["folder"]


def files(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())


def test_each_bin_has_a_file_where_the_dashboard_looks_for_it(tmp_path):
    scores = write_tables(tmp_path)
    out = export(tmp_path)
    # 28 January is day 28.
    paths = {
        "late": PATH,
        "old": f"D2012/D2012_028/{OLD}_class.h5",
    }
    assert files(out) == sorted(paths.values())
    for name, path in paths.items():
        with h5py.File(out / path) as file:
            assert sorted(file) == [
                "class_labels", "class_name", "class_name_auto", "classifier_name", "metadata",
                "output_scores", "roi_numbers", "thresholds",
            ]  # fmt: skip
            # As pyifcb reads it.
            labels = [label.decode("ascii") for label in file["class_labels"][:]]
            frame = pd.DataFrame(file["output_scores"][:], file["roi_numbers"][:], labels)
            auto, kept = (
                file[one].asstr()[:].tolist() for one in ("class_name_auto", "class_name")
            )
            thresholds, about = file["thresholds"][:], dict(file["metadata"].attrs)
            model = file["classifier_name"].asstr()[:].tolist()
        assert labels == CLASSES and frame.index.tolist() == RUN[name][1]
        for number in RUN[name][1]:
            expected = scores[f"{name}/{number:05d}"]
            assert frame.loc[number].to_numpy().tolist() == expected.tolist()
        # As iRfcb and SMHI decide.
        best = frame.to_numpy(np.float64).argmax(axis=1)
        assert auto == [CLASSES[place] for place in best]
        enough = frame.to_numpy(np.float64).max(axis=1) >= thresholds[best]
        assert kept == [
            name if ok else "unclassified" for name, ok in zip(auto, enough, strict=True)
        ]
        assert len(thresholds) == 3 and np.allclose(thresholds, THRESHOLD)
        assert about.pop("bin_id") == (NEW if name == "late" else OLD)
        assert about == {
            "version": "v3", "model_id": f"seston-linear-{'m' * 12}",
            "timestamp": "2013-05-26T09:52:07Z" if name == "late" else "2012-01-28T08:15:15Z",
        }  # fmt: skip
        assert model == [about["model_id"]]


def test_a_file_is_made_as_one_that_irfcb_wrote(tmp_path, shared):
    theirs = shared / "ifcb/class-scores-example/D20220522T003051_IFCB134_class.h5"
    write_tables(tmp_path)
    with h5py.File(theirs) as real, h5py.File(export(tmp_path) / PATH) as ours:
        assert {*ours} - {*real} == {"metadata"} and {*real} <= {*ours}
        for name in real:
            assert ours[name].dtype.kind == real[name].dtype.kind, name
            assert len(ours[name].shape) == len(real[name].shape), name
        assert ours["roi_numbers"].dtype == real["roi_numbers"].dtype
        assert ours["classifier_name"].shape == real["classifier_name"].shape


def test_a_score_that_meets_the_threshold_is_enough(tmp_path):
    """The predictions were held against it as float32, readers do so as float64."""
    scores = write_tables(tmp_path, {"late": RUN["late"]})
    assert scores["late/00002"].max() == np.float32(0.7) and float(np.float32(0.7)) < 0.7
    with h5py.File(export(tmp_path) / PATH) as file:
        assert file["class_name"].asstr()[0] == CLASSES[0]
        assert file["output_scores"][0].astype(float).max() >= file["thresholds"][0]


def test_where_nothing_is_sure_enough_all_is_unclassified(tmp_path):
    write_tables(tmp_path, threshold=None)
    with h5py.File(export(tmp_path) / PATH) as file:
        assert {*file["class_name"].asstr()[:]} == {"unclassified"}
        assert "unclassified" not in file["class_name_auto"].asstr()[:]
        assert np.isinf(file["thresholds"][:]).all()


def test_two_exports_are_the_same_bytes(tmp_path):
    write_tables(tmp_path)
    one = export(tmp_path, folder=tmp_path / "one")
    two = export(tmp_path, folder=tmp_path / "two")
    assert files(one) == files(two)
    assert [(one / name).read_bytes() for name in files(one)] == [
        (two / name).read_bytes() for name in files(two)
    ]


def test_bins_without_organisms_have_no_file_and_are_counted(tmp_path, caplog):
    write_tables(tmp_path, RUN | {"none": (NEW, [])})
    with caplog.at_level("INFO", "seston"):
        assert len(files(export(tmp_path))) == 2
    assert "1 bins without organisms have no file" in caplog.text


def test_classes_that_the_dashboard_cannot_read_are_told(tmp_path, caplog):
    write_tables(tmp_path, classes=["Größe", "NA", "x"])
    with caplog.at_level("WARNING", "seston"):
        out = export(tmp_path)
    assert "reads names of classes as ASCII and refuses 'Größe'" in caplog.text
    with h5py.File(out / PATH) as file:
        assert file["class_labels"].asstr()[0] == "Größe"


def test_bins_that_cannot_be_found_again_are_refused(tmp_path):
    write_tables(tmp_path, RUN | {"mine": ("my bin", [1]), "wrong": ("IFCB5_2013_366_081515", [1])})
    with pytest.raises(SestonError, match=r"mine \(my bin\), wrong \(IFCB5_2013_366_081515\)"):
        export(tmp_path)
    write_tables(tmp_path, RUN | {"copy": (NEW, [1])})
    with pytest.raises(SestonError, match=f"copy and late are both the bin {NEW}"):
        export(tmp_path)
    assert not (tmp_path / "out").exists()


def test_runs_without_bins_and_tables_that_do_not_fit_are_refused(tmp_path):
    write_tables(tmp_path, {"lake": RUN["lake"]})
    with pytest.raises(SestonError, match=r"samples.tsv: no sample is of an IFCB"):
        export(tmp_path)
    write_tables(tmp_path)
    told = json.loads((tmp_path / "judge.json").read_text())
    (tmp_path / "judge.json").write_text(json.dumps(told | {"fingerprint": "n" * 64}))
    with pytest.raises(SestonError, match="about the classifier nnnnnnnnnnnn, but the predictions"):
        export(tmp_path)
    other = tmp_path / "other"
    write_tables(other, {"late": (NEW, [2, 3, 18]), "old": RUN["old"], "lake": RUN["lake"]})
    write_tables(tmp_path)
    with pytest.raises(SestonError, match="do not hold the same images"):
        export(tmp_path, images=other / "images.parquet")
    for name in ("samples.tsv", "judge.json", "images.parquet"):
        write_tables(tmp_path)
        (tmp_path / name).unlink()
        with pytest.raises(SestonError, match=f"{name}: file not found"):
            export(tmp_path)
        write_tables(tmp_path)
        (tmp_path / name).write_text("nonsense")
        with pytest.raises(SestonError, match=f"{name}.* not readable|{name}: not a readable"):
            export(tmp_path)


def test_what_a_run_needs_is_told_before_it_starts():
    with pytest.raises(SestonError, match=r"classify.head is 'none'; set classify.head"):
        require_ifcb_classes({"classify": {"head": "none"}}, ["ifcb"])
    with pytest.raises(SestonError, match="all samples of the sheet are of flowcam and images"):
        require_ifcb_classes({"classify": {"head": "linear"}}, ["images", "flowcam", "images"])
    require_ifcb_classes({"classify": {"head": "mlp"}}, ["images", "ifcb"])


def test_the_document_tells_all_that_is_in_a_file(tmp_path, repository):
    write_tables(tmp_path)
    text = (repository / "docs" / "exports-ifcb-scores.md").read_text(encoding="utf-8")
    with h5py.File(export(tmp_path) / PATH) as file:
        told = [*file, *file["metadata"].attrs]
    assert len(told) == 12 and [name for name in told if f"`{name}`" not in text] == []
