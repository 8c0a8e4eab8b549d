"""Labels of every source become one manifest, or stand in a list with the reason why not."""

import csv
import json

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from seston import store
from seston.errors import SestonError
from seston.labels.manifest import TEST, TRAIN, read_labelled
from seston.labels.stage import labelled
from seston.schemas import CROPS

#: sample -> day, site, group; each has eight images.
SAMPLES = {
    "a": ("2018-05-01", "lake", "x"),
    "b": ("2018-05-01", "lake", "y"),
    "c": ("2018-05-02", "lake", "x"),
    "d": ("2018-05-03", "pond", "y"),
    "e": ("2018-05-04", "pond", "x"),
    "f": ("2018-05-05", "pond", "y"),
}
#: Not in the order of ids.
SHARDS = {"z": ["a", "b"], "m": ["c", "d", "e"], "k": ["f"]}
KINDS = ("NA", "cyclops", "daphnia")


def images(sample):
    return [f"{sample}/{KINDS[number % 3]}/{number}.png" for number in range(8)]


@pytest.fixture
def run(tmp_path):
    """Ready crops in folders named as classes; a FlowCam's classes in the table of crops."""
    lines = ["sample\tpath\tinstrument\tdatetime\tsite\tgroup"]
    for name, (day, site, group) in SAMPLES.items():
        (tmp_path / "raw" / name).mkdir(parents=True)
        Image.new("L", (20, 20), 9).save(tmp_path / "raw" / name / "1.png")
        lines.append(f"{name}\traw/{name}\timages\t{day}\t{site}\t{group}")
    (tmp_path / "samples.tsv").write_text("\n".join(lines) + "\n")
    for shard, samples in SHARDS.items():
        ids = [name for sample in samples for name in sorted(images(sample))]
        known = {
            "image_id": ids,
            "sample": [name[0] for name in ids],
            "roi": [name[2:] for name in ids],
            "label": ["None" if name.endswith("5.png") else None for name in ids],
        }
        arrays = [
            pa.array(known[field.name], field.type)
            if field.name in known
            else pa.nulls(len(ids), field.type)
            for field in CROPS
        ]
        path = tmp_path / "segment" / shard / "crops.parquet"
        path.parent.mkdir(parents=True)
        store.write_table(pa.table(arrays, schema=CROPS), path, CROPS, "crops", "c")
    return tmp_path


def made(run, **changes):
    """Run the stage; return the manifest, the summary and the labels that were left out."""
    given = {
        "segment_dir": run / "segment",
        "shards": list(SHARDS),
        "sheet": run / "samples.tsv",
        "use": "auto",
        "merge": "{}",
        "few": 2,
        "annotators": "votes",
        "split_by": "auto",
        "folds": 5,
        "seeds": 3,
        "test": 0.25,
        "validation": 0.15,
        "seed": 1,
        "manifest": run / "labelled.parquet",
        "summary": run / "labels.json",
        "left_out": run / "left_out.tsv",
    }
    labelled(**given | changes)
    with (run / "left_out.tsv").open() as file:
        out = list(csv.DictReader(file, delimiter="\t"))
    return (
        read_labelled(run / "labelled.parquet"),
        json.loads((run / "labels.json").read_text()),
        out,
    )


def write(run, rows, name="labels.tsv", header="image_id\tlabel\tannotator\tstatus"):
    path = run / name
    path.write_text("\n".join([header, *("\t".join(row) for row in rows)]) + "\n")
    return path


def names(found):
    kinds = (*found.classes, None)
    return {one: kinds[code] for one, code in zip(found.ids.to_pylist(), found.codes, strict=True)}


def everything():
    return [(name, name.split("/")[1], "", "") for sample in SAMPLES for name in images(sample)]


def test_folders_tell_classes_where_nothing_else_does(run):
    found, facts, out = made(run, use="folders")
    assert names(found) == {name: kind for name, kind, *_ in everything()}
    assert found.classes == KINDS and found.annotators == ("",) and out == []
    assert found.ids.to_pylist() == sorted(found.ids.to_pylist())
    assert (facts["source"], facts["organisms"], facts["images"]) == ("folders", 48, 48)
    assert facts["classes"]["NA"] == {"images": 18, "units": 5}
    assert (found.kind, facts["units"], facts["folds"]) == ("day", 5, 5)


def test_a_table_goes_before_the_instrument_and_that_before_folders(run):
    path = write(run, everything())
    assert made(run, labels=(path,))[1]["source"] == "file"
    _, facts, _ = made(run, labels=(path,), use="folders")
    assert facts["source"] == "folders" and facts["files"] == []
    with pytest.raises(SestonError, match=r"labels\.few \(2\) labelled images: 1.*\(.*None 6\)"):
        made(run)  # the instrument's: one class, called None
    with pytest.raises(SestonError, match=r"labels.use is 'file', but labels.file is ''"):
        made(run, use="file")


def test_every_label_is_learned_or_listed_with_its_reason(run):
    rows = everything()
    rows += [
        ("gone/1", "NA", "", ""),
        (images("a")[0], "cyclops", "model", "predicted"),
        (images("a")[0], "hydra", "Ben", "validated"),
        (images("b")[1], "daphnia", "Ben", "dubious"),
        (images("c")[1], "fish", "Ben", ""),
    ]
    path = write(run, rows)
    found, facts, out = made(run, labels=(path,), exclude=("daphnia",), merge='{"fish": ["hydra"]}')
    reasons = {(row["image_id"], row["label"], row["annotator"]): row["why"] for row in out}
    assert reasons[("gone/1", "NA", "")] == "not of this run"
    assert reasons[(images("a")[0], "cyclops", "model")] == "predicted"
    assert reasons[(images("b")[1], "daphnia", "Ben")] == "dubious"
    assert {row["why"] for row in out if row["label"] == "daphnia"} == {"dubious", "excluded"}
    # Two votes each, one beside another one: of two images, none is of most votes a fish.
    assert reasons[(images("a")[0], "hydra", "Ben")] == "class of fewer than 2 labelled images"
    assert found.classes == ("NA", "cyclops")
    assert len(out) + (found.said >= 0).sum() == len(rows)
    assert facts["labels"] == len(rows) and sum(facts["left_out"].values()) == len(out)
    assert {row["line"] for row in out} <= {str(line) for line in range(2, len(rows) + 2)}


def test_no_unit_is_in_two_parts_or_folds_and_all_classes_are_learned(run):
    found, *_ = made(run, use="folders")
    for unit in range(len(found.unit_names)):
        here = found.units == unit
        assert len(np.unique(found.folds[here])) == 1
        assert all(len(np.unique(found.parts[seed][here])) == 1 for seed in range(3))
    # a and b are samples of one day.
    both = [name[0] in "ab" for name in found.ids.to_pylist()]
    assert len(np.unique(found.folds[both])) == 1
    for seed in range(3):
        for part in (TRAIN, TEST):
            assert set(found.codes[found.parts[seed] == part]) == {0, 1, 2}


@pytest.mark.parametrize(
    ("split_by", "folds", "kind", "units"),
    [
        ("auto", 6, "sample", 6),
        ("auto", 9, "sample", 6),
        ("auto", 3, "day", 5),
        ("day", 9, "day", 5),
        ("site", 5, "site", 2),
        ("group", 5, "group", 2),
    ],
)
def test_what_is_never_divided(run, split_by, folds, kind, units):
    found, facts, _ = made(run, use="folders", split_by=split_by, folds=folds)
    assert (found.kind, len(found.unit_names)) == (kind, units)
    assert facts["folds"] == min(folds, units) == len(np.unique(found.folds))


def test_labels_of_one_day_only_are_refused(run):
    path = write(run, [row for row in everything() if row[0][0] in "ab"])
    assert made(run, labels=(path,))[0].kind == "sample"
    with pytest.raises(SestonError, match=r"of one day \(2018-05-01\).*split_by to 'sample'"):
        made(run, labels=(path,), split_by="day")
    path = write(run, [row for row in everything() if row[0][0] == "a"])
    with pytest.raises(SestonError, match=r"of one day \(2018-05-01\).*label images of others$"):
        made(run, labels=(path,))


def test_neither_the_order_of_files_nor_that_of_their_lines_matters(run):
    rows = [(*row[:2], "Anna", "") for row in everything()]
    rows += [(name, "cyclops", "Ben", "") for name in images("c")]
    one, two = write(run, rows[:30], "one.tsv"), write(run, rows[30:], "two.tsv")
    made(run, labels=(one, two), annotators="random")
    first = (run / "labelled.parquet").read_bytes()
    one, two = write(run, rows[:10:-1], "one.tsv"), write(run, rows[10::-1], "two.tsv")
    found, *_ = made(run, labels=(two, one), annotators="random", shards=["k", "z", "m"])
    assert (run / "labelled.parquet").read_bytes() == first
    made(run, labels=(two, one), annotators="random", seed=2)
    assert (run / "labelled.parquet").read_bytes() != first
    assert found.annotators == ("Anna", "Ben")


def conflicting(run):
    rows = [(name, kind, "Anna", "") for name, kind, *_ in everything()]
    rows += [(name, "daphnia", "Ben", "") for name in images("d")]
    return (write(run, rows),)


def test_annotators_who_disagree(run):
    found, facts, out = made(run, labels=conflicting(run))
    assert (facts["several"], facts["disagree"], facts["undecided"]) == (8, 6, 6)
    # Ben's word for all of them: they agree on two of eight, less than by chance.
    assert -0.5 < facts["alpha"] < 0 and out == []
    shares = found.votes[found.ids.to_pylist().index(images("d")[1])]
    assert shares.tolist() == [0, 0.5, 0.5]
    found, _, out = made(run, labels=conflicting(run), annotators="agreed")
    assert len(found) == 42 and {row["why"] for row in out} == {"annotators disagree"}
    assert len(out) == 12  # both labels of each
    # After merging they say the same; what one of them calls an excluded class is still disputed.
    merge = '{"crustacean": ["cyclops", "daphnia"]}'
    assert len(made(run, labels=conflicting(run), annotators="agreed", merge=merge)[0]) == 45
    found, _, out = made(run, labels=conflicting(run), annotators="agreed", exclude=("NA",))
    assert images("d")[0] not in found.ids.to_pylist()


def test_one_annotator_alone_but_all_labels_of_the_same_images_are_kept(run):
    rows = [(name, kind, "Anna", "") for name, kind, *_ in everything() if name[0] != "d"]
    rows += [(name, "daphnia", "Ben", "") for name in [*images("d"), images("a")[0]]]
    found, _, out = made(run, labels=(write(run, rows),), annotators="Anna")
    assert names(found) == {name: kind for name, kind, *_ in rows[:40]}
    assert {(row["annotator"], row["why"]) for row in out} == {("Ben", "not labelled by Anna")}
    assert found.said[0].tolist() == [0, 2] and found.votes[0].tolist() == [1, 0, 0]
    # Nor are images learned by another's label where hers is left out.
    found, _, out = made(run, labels=(write(run, rows),), annotators="Anna", exclude=("NA",))
    assert images("a")[0] not in found.ids.to_pylist() and found.classes == KINDS[1:]
    assert len(found) + len(out) == len(rows)


def test_agreement_that_cannot_be_known_is_none(run):
    rows = everything()
    # Of NA alone: chance would agree as often.
    rows += [(*row[:2], "Ben", "") for row in rows if row[1] == "NA"]
    _, facts, _ = made(run, labels=(write(run, rows),))
    assert facts["several"] == 18 and facts["disagree"] == 0 and facts["alpha"] is None


def test_what_should_be_known_of_the_classes_is_told(run):
    rows = [row for row in everything() if row[0][0] != "f"]
    both = ["Sea hare", "Sea-hare"] * 4
    rows += [(name, kind, "", "") for name, kind in zip(images("f"), both, strict=True)]
    _, facts, _ = made(run, labels=(write(run, rows),))
    assert facts["notes"] == [
        "in one day only, so never judged by others: Sea hare, Sea-hare",
        "written in several ways: Sea hare, Sea-hare; labels.merge can make them one",
    ]


def test_guesses_alone_are_nothing_to_learn_from(run):
    path = write(run, [(*row[:3], "predicted") for row in everything()])
    with pytest.raises(SestonError, match=r"no labels to learn from \(48 predicted\)"):
        made(run, labels=(path,))
    rows = [row for row in everything() if row[1] == "NA"]
    with pytest.raises(SestonError, match=r"labels\.few \(2\) labelled images: 0.*\(.*none\)"):
        made(run, labels=(write(run, rows),), exclude=("NA",))


def test_without_any_labels(run):
    for shard in SHARDS:
        path = run / "segment" / shard / "crops.parquet"
        table = store.read_table(path, "crops")
        table = table.set_column(
            table.column_names.index("label"), "label", pa.nulls(len(table), pa.string())
        )
        store.write_table(table, path, CROPS, "crops", "c")
    with pytest.raises(SestonError, match=r"only a FlowCam's \.cla"):
        made(run, use="recorded")
    assert made(run)[1]["source"] == "folders"
