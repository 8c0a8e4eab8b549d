"""Label efficiency as the user asks for it: a target of its own, grown by what is added."""

import csv

SETTINGS = {"fractions": [0.5, 1], "seeds": 2, "steps": 20, "test": 0.3, "validation": 0.3}


def test_label_efficiency_runs_and_grows(project) -> None:
    project.set("labels", few=2)
    project.set("classify", efficiency=SETTINGS | {"variants": ["linear", "supervised_same"]})
    assert not {"efficiency", "efficiency_table"} & project.planned().keys()
    project.run("label_efficiency")
    with (project.folder / "results/tables/label_efficiency.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 2 * 2 * 2 * 4
    assert {row["correction"] for row in rows} == {"none", "one_versus_rest", "multiclass", "em"}
    assert all(0 <= float(row["macro"]) <= 1 for row in rows)
    with (project.folder / "results/tables/label_efficiency_ratio.tsv").open() as file:
        ratios = list(csv.DictReader(file, delimiter="\t"))
    assert {(row["variant"], row["against"]) for row in ratios} == {("linear", "supervised_same")}
    assert project.planned("label_efficiency") == {}
    # One more variant: its runs, table and figures, nothing else.
    added = ["linear", "supervised_same", "linear_sqrt"]
    project.set("classify", efficiency=SETTINGS | {"variants": added})
    assert project.planned("label_efficiency") == {
        "efficiency": 4, "efficiency_table": 1, "efficiency_figures": 1, "label_efficiency": 1,
    }  # fmt: skip
