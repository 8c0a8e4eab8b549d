"""The command line: one subcommand per stage, mistakes told without a traceback."""

import inspect
import re
from importlib import import_module
from itertools import pairwise

import pytest

from conftest import REPOSITORY
from seston.cli import STAGES, main


def test_help_lists_every_stage_with_what_it_does(capsys):
    main(["--help"])
    printed = capsys.readouterr().out
    for name in STAGES:
        assert re.search(rf"│ {name} +\S+", printed), name


def test_help_runs_on_from_line_to_line(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    main(["label", "--help"])
    about = capsys.readouterr().out.split("\n\n")[2].split("\n")
    assert about[0].startswith("Serves the pages of the run")
    for line, after in pairwise(about):
        assert len(line.rstrip()) + len(f" {after.split()[0]}") > 70


def test_every_rule_calls_its_stage_with_options_that_exist_and_none_missing():
    rules = "".join(path.read_text() for path in REPOSITORY.glob("workflow/rules/*.smk"))
    calls = re.findall(r"python -m seston ([\w-]+) \\\n(.*?)&>", rules, re.DOTALL)
    for_people = {"samples", "check", "rename", "similar", "label", "suggest", "export-classifier"}
    for_people |= {"check-darwin-core", "check-ecotaxa", "import-morphocluster", "verify"}
    assert {stage for stage, _ in calls} == set(STAGES) - for_people
    for stage, text in calls:
        module, function = STAGES[stage].split(":")
        known = dict(inspect.signature(getattr(import_module(module), function)).parameters)
        if "course" in known:  # a group of options, each by its own name
            fields = inspect.signature(known.pop("course").annotation).parameters
            assert fields.keys() - {"reclusterings_json"} <= {
                word.replace("-", "_") for word in re.findall(r"--([\w-]+)", text)
            }
            known |= fields
        given = {word.replace("-", "_") for word in re.findall(r"--([\w-]+)", text)}
        assert given <= set(known), stage
        # Options that stand in a param (one per model, or a flag) are not seen in the text.
        needed = {name for name, p in known.items() if p.default is p.empty}
        assert needed - given <= {"spherical", "pretrained", "history", "k"}, stage


def test_the_user_s_mistake_is_one_line_and_status_2(capsys, tmp_path):
    missing = str(tmp_path / "none.parquet")
    status = main(["tiles", "--crops", missing, "--size", "64", "--tiles", str(tmp_path / "t")])
    told = capsys.readouterr().err
    assert status == 2
    assert told.startswith("seston tiles: error: ") and missing in told and told.count("\n") == 1


@pytest.mark.parametrize("arguments", [["nonsense"], ["tiles", "--size", "big"], ["tiles"]])
def test_unusable_options_exit_with_a_status(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code not in (0, None)
