"""The manifest as the workflow writes it: nothing is left out, and nothing runs again for it."""

import json

from seston.cli import main


def test_every_file_of_a_run_is_in_its_manifest_and_fits_the_others(finished, capsys):
    assert main(["verify", str(finished.folder / "results")]) == 0, capsys.readouterr().out
    told = json.loads((finished.folder / "results" / "report" / "manifest.json").read_text())
    files = told["files"]
    assert {"settings.yaml", "chosen_model.txt", "tables/images.parquet"} < files.keys()
    assert files["tables/images.parquet"]["rows"] == told["totals"]["used"] == 60
    assert any(name.startswith("report/figures/") for name in files)
    assert told["configuration"]["cluster"]["k"] == 4
    assert told["workflow"]["lock"] is not None


def test_a_file_of_another_state_of_the_run_is_found(project, capsys):
    results = project.folder / "results"
    kept = (results / "finetuned/clusters/2018-05.parquet").read_bytes()
    (results / "finetuned/clusters/2018-06.parquet").write_bytes(kept)
    assert main(["verify", str(results)]) == 1
    named = {line.partition(": ")[0] for line in capsys.readouterr().out.splitlines()[:-2]}
    assert named == {"finetuned/clusters/2018-06.parquet"}
