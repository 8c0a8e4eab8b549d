"""The Containerfile says what the lock, the Makefile and the conda environments say.

No registry of images is reached by the tests, so its text is checked, not what it builds.
"""

import re
import shlex
import subprocess
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from conftest import REPOSITORY


def instructions() -> dict[str, list[str]]:
    """Return the arguments of each instruction, continued lines joined, comments left out."""
    text = (REPOSITORY / "Containerfile").read_text()
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    found: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        word, rest = line.split(maxsplit=1)
        found.setdefault(word, []).append(rest)
    return found


@pytest.fixture(scope="module")
def pins() -> dict[str, Requirement]:
    """What the lock pins for the image: Linux and its Python, by name."""
    text = (REPOSITORY / "requirements.lock").read_text()
    image = {"python_full_version": "3.11.9", "python_version": "3.11", "sys_platform": "linux"}
    found = {}
    for entry in re.split(r"\n(?=[\w.-]+==)", text):
        one = Requirement(entry.split("\\")[0])
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), one
        if not one.marker or one.marker.evaluate(image):
            found[one.name] = one
    return found


def project() -> dict:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def test_image_has_the_python_of_the_environments():
    [base] = instructions()["FROM"]
    version = re.fullmatch(r"docker\.io/library/python:(\d+\.\d+)-slim-\w+", base)
    assert version, base
    assert version[1] in SpecifierSet(project()["requires-python"])
    for path in (REPOSITORY / "envs").glob("*.yaml"):
        python = yaml.safe_load(path.read_text())["dependencies"][0]
        assert python == f"python ={version[1]}"


def test_image_installs_what_the_project_asks_for_as_locked():
    [run] = instructions()["RUN"]
    commands = [shlex.split(command) for command in run.split("&&")]
    install = next(words for words in commands if words[:3] == ["uv", "pip", "install"])
    folder = "/opt/seston"
    assert install[install.index("--constraints") + 1] == f"{folder}/requirements.lock"
    assert install[install.index("--requirements") + 1] == f"{folder}/pyproject.toml"
    # Nothing that would let other versions, or files of another hash, in.
    assert not {"--upgrade", "--no-verify-hashes", "--prerelease"} & set(install)
    *copied, target = shlex.split(instructions()["COPY"][0])
    assert (set(copied), target.rstrip("/")) == ({"pyproject.toml", "requirements.lock"}, folder)


def test_uv_is_the_one_of_the_makefile():
    [run] = instructions()["RUN"]
    expected = re.search(r"uv==[\d.]+", (REPOSITORY / "Makefile").read_text())
    assert expected
    assert re.findall(r"uv==[\d.]+", run) == [expected[0]]


def test_every_dependency_is_pinned_within_its_bounds(pins):
    for one in map(Requirement, project()["dependencies"]):
        if one.marker and not one.marker.evaluate({"python_version": "3.11"}):
            continue
        [pin] = pins[one.name].specifier
        assert pin.operator == "==" and one.specifier.contains(pin.version), one


def test_the_one_image_holds_what_all_environments_hold():
    asked = {Requirement(one).name for one in project()["dependencies"]}
    for path in (REPOSITORY / "envs").glob("*.yaml"):
        *_, packages = yaml.safe_load(path.read_text())["dependencies"]
        assert {Requirement(one).name for one in packages["pip"]} <= asked, path.name


def test_commands_are_shell_and_their_files_reach_the_builder():
    for run in instructions()["RUN"]:
        subprocess.run(["bash", "-n", "-c", run], check=True)
    ignored = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    for path in shlex.split(instructions()["COPY"][0])[:-1]:
        assert f"!{path}" in ignored and (REPOSITORY / path).is_file()
