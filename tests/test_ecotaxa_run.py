"""Archives for EcoTaxa as users get them: `snakemake ecotaxa`, after a run or instead of one."""

import pyarrow.parquet as pq

from conftest import Project
from ecotaxa_run import read_archives
from seston.export.ecotaxa.check import check_ecotaxa


def test_archives_are_made_when_asked_for_and_again_when_they_would_differ(project: Project):
    assert project.planned() == {}  # no part of a plain run
    project.run("ecotaxa")
    out = project.folder / "results" / "export" / "ecotaxa"
    assert check_ecotaxa([out]) == 0
    _, (_, *lines), pictures = read_archives(out)
    images = pq.read_table(project.folder / "results" / "tables" / "images.parquet")
    assert [line["object_id"] for line in lines] == images["image_id"].to_pylist()
    assert [float(line["object_area_px"]) for line in lines] == images["area_px"].to_pylist()
    assert len(pictures) == len(images) > 50
    assert project.planned("ecotaxa") == {}
    project.set("export", ecotaxa={"category": "label"})
    assert project.planned("ecotaxa") == {"ecotaxa": 1}
    project.set("export", ecotaxa={"category": "prediction"})
    failed = project.snakemake("--cores", "2", "--dry-run", "ecotaxa")
    assert failed.returncode
    told = failed.stdout + failed.stderr
    assert "export.ecotaxa.category is 'prediction' but classify.head is 'none'" in told
