"""Atlas, boxes and crate as users get them: asked for by name, and again when they would differ."""

import pandas as pd
from pycocotools.coco import COCO

from conftest import Project
from crate_validator import issues
from seston.cli import main


def test_atlas_boxes_and_crate_are_made_when_asked_for(project: Project, tmp_path, capsys):
    assert project.planned() == {}  # no part of a plain run
    project.run("atlas", "boxes", "crate")
    results = project.folder / "results"
    images = pd.read_parquet(results / "tables" / "images.parquet")
    atlas = pd.read_parquet(results / "export" / "atlas.parquet")
    assert atlas["image_id"].tolist() == images["image_id"].tolist()
    assert atlas["x"].tolist() == images["map_x"].tolist()
    assert {len(near["ids"]) for near in atlas["neighbors"]} == {10}
    coco = COCO(str(results / "export" / "boxes" / "coco.json"))
    assert len(coco.anns) == 0 and len(coco.cats) == 4  # ready crops lie in no picture
    told = pd.read_csv(results / "export" / "boxes" / "samples.tsv", sep="\t")
    assert told["organisms"].sum() == len(images) == 60
    assert issues(results, "workflow-run-crate-0.5", tmp_path / "cache") == []
    assert main(["verify", str(results)]) == 0, capsys.readouterr().out
    assert project.planned("atlas", "boxes", "crate") == {}
    project.set("export", atlas={"neighbors": 0}, crate={"agent": "Ada Algae"})
    planned = project.planned("atlas", "boxes", "crate")
    # The settings are among what the crate describes; no box depends on these two.
    assert {"atlas", "crate", "manifest"} <= planned.keys() and "boxes" not in planned
