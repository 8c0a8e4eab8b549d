"""docs/files.md has every file that a rule writes, beside that rule; and its examples run."""

import re

from conftest import REPOSITORY
from whole_run import write_whole_run

TEXT = (REPOSITORY / "docs" / "files.md").read_text(encoding="utf-8")
#: Each has a page of its own.
ELSEWHERE = ("tables/", "export/")
RULE = re.compile(r"^( *)(?:rule|checkpoint) (\w+):\n((?:\1 +.*\n|\n)*)", re.MULTILINE)


def told() -> dict[str, set[str]]:
    """Return the paths below results/ that the page names, each with its rules."""
    rows = re.findall(r"^\| (`.*?) \| (.*?) \| .* \|$", TEXT, re.MULTILINE)
    return {
        path: set(re.findall("`([a-z_]+)`", rules))
        for paths, rules in rows
        for path in re.findall("`([^`]+)`", paths)
    }


def written() -> set[tuple[str, str]]:
    """Return every output of a rule, below results/, with the rule."""
    found = set()
    for file in REPOSITORY.glob("workflow/rules/*.smk"):
        for _, rule, body in RULE.findall(file.read_text(encoding="utf-8")):
            output = re.search(r"^( *)output:\n((?:\1 +.*\n)*)", body, re.MULTILINE)
            for path in re.findall(r'"results/([^"]+)"', output[2] if output else ""):
                found.add((re.sub(r"\{(\w+)\}", r"<\1>", path), rule))
    return found


def test_every_file_is_told_beside_its_rule():
    pages = told()
    assert len(written()) > 50
    for path, rule in written():
        # With cluster.frozen, files of the one model are those of `adopt`.
        path = path.replace("pretrained/", "<model>/") if rule in ("adopt", "backbone") else path
        path = path.replace("finetuned/model", "<model>/model")
        if path.startswith(ELSEWHERE):
            continue
        fitting = [one for one in pages if path == one or (one[-1] == "/" and path.startswith(one))]
        fitting = fitting or [one for one in pages if one == f"{path}/"]
        assert fitting, f"{rule}: {path}"
        assert rule == "adopt" or any(rule in pages[one] or not pages[one] for one in fitting), (
            f"{rule}: {path}"
        )


def test_examples_of_python_run(tmp_path, monkeypatch):
    results = write_whole_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    [shard, *_] = sorted(path.name for path in (results / "segment").iterdir())
    for block in blocks:
        block = block.replace("2018-06", shard).replace('["cluster"] == 3', '["cluster"] >= 0')
        names: dict = {}
        exec(block, names)
    assert names["embeddings"].shape[0] == len(names["ids"]) > 0
    assert names["embeddings"].dtype == "float16"
    assert (tmp_path / "organism.png").stat().st_size > 0
