"""The digest of the code behind a stage."""

import shutil

import pytest

from seston import lineage


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A small package: a imports b, b imports c in a function; d stands alone."""
    root = tmp_path / "seston"
    (root / "room").mkdir(parents=True)
    (root / "__init__.py").write_text("")
    (root / "threads.py").write_text("")
    (root / "room" / "__init__.py").write_text("")
    (root / "a.py").write_text("import os\nfrom seston.b import value\n")
    (root / "b.py").write_text("def value():\n    from seston.room import c\n    return c\n")
    (root / "room" / "c.py").write_text("X = 1\n")
    (root / "d.py").write_text("X = 1\n")
    use(root, monkeypatch)
    yield root
    forget()  # other tests ask about the real package


def use(root, monkeypatch):
    monkeypatch.setattr(lineage, "PACKAGE", root)
    forget()


def forget():
    for cached in (lineage.code_digest, lineage._content_digest, lineage._file, lineage._needs):
        cached.cache_clear()


def digest_after(root, monkeypatch, stage):
    use(root, monkeypatch)
    return lineage.code_digest(stage)


def test_an_edit_changes_what_imports_it_however_deep_and_nothing_else(package, monkeypatch):
    before = {stage: lineage.code_digest(stage) for stage in ("a", "b", "room.c", "d")}
    (package / "room" / "c.py").write_text("X = 2\n")
    after = {stage: digest_after(package, monkeypatch, stage) for stage in before}
    assert {stage for stage in before if before[stage] != after[stage]} == {"a", "b", "room.c"}


def test_time_place_and_line_ends_do_not_matter(package, tmp_path, monkeypatch):
    before = lineage.code_digest("a")
    (package / "a.py").touch()
    (package / "b.py").write_bytes((package / "b.py").read_bytes().replace(b"\n", b"\r\n"))
    assert digest_after(package, monkeypatch, "a") == before
    shutil.copytree(package, tmp_path / "elsewhere" / "seston")
    assert digest_after(tmp_path / "elsewhere" / "seston", monkeypatch, "a") == before


def test_statements_are_found_as_by_parsing_whole_modules():
    import ast

    for path in sorted(lineage.PACKAGE.rglob("*.py")):
        parsed = {
            lineage._file(module)
            for node in ast.walk(ast.parse(path.read_bytes()))
            for module in lineage._modules(node)
        }
        assert {one for one in lineage._needs(path) if one.suffix == ".py"} == parsed, path


def test_weights_and_templates_beside_a_module_count(package, monkeypatch):
    before = {stage: lineage.code_digest(stage) for stage in ("a", "d")}
    (package / "room" / "templates").mkdir()
    (package / "room" / "templates" / "page.html").write_text("<p>")
    after = {stage: digest_after(package, monkeypatch, stage) for stage in before}
    assert after["a"] != before["a"] and after["d"] == before["d"]


def test_a_stage_that_does_not_exist_is_an_error():
    with pytest.raises(ModuleNotFoundError, match=r"seston\.nothing"):
        lineage.code_digest("nothing")


def test_stages_on_the_cpu_never_import_torch():
    # Starting torch costs each job seconds; this follows the imports of the real package.
    import ast

    from seston.cli import STAGES

    heavy = {"torch", "torchvision", "timm"}  # safetensors of numpy is light
    gpu = {"backbone", "finetune", "runtime", "embed", "evaluate", "attention"}
    # These start it only when asked: for clusters on a GPU, for a picture that is to be embedded,
    # for a head of two layers, for networks that learn from labels.
    gpu |= {"kmeans", "similar", "classifier", "efficiency"}
    for stage, target in STAGES.items():
        module = target.split(":")[0].removeprefix("seston.")
        files = lineage._closure(lineage._file(module))
        names = {
            name.split(".")[0]
            for path in files
            if path.suffix == ".py"
            for node in ast.walk(ast.parse(path.read_bytes()))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert bool(names & heavy) == (stage in gpu), stage
