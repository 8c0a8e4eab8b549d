"""The list of faults is whole, its tests exist, and docs/faults.md says the same."""

import ast
from functools import cache

import pytest

from conftest import REPOSITORY
from fault_cases import FAULTS, PAGE, page


@cache
def names_in(file: str) -> dict[str, set[str]]:
    """Return the tests of a file, and with each all texts that may be its parameters."""
    tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"))
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    functions = [(node, "") for node in tree.body]
    functions += [
        (inner, f"{node.name}::")
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        for inner in node.body
    ]
    return {
        before + node.name: texts
        for node, before in functions
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_the_sixty_are_there_once_in_their_order():
    assert [fault.number for fault in FAULTS] == [*range(1, 61)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.number))
def test_every_fault_says_what_happens_and_names_tests_that_exist(fault):
    assert fault.title and fault.outcome, "not filled in"
    assert fault.tests or fault.remark, "without a test it must say why"
    assert len({*fault.tests}) == len(fault.tests)
    for test in fault.tests:
        file, _, name = test.partition("::")
        name, _, parameter = name.partition("[")
        assert (REPOSITORY / file).is_file(), test
        found = names_in(file)
        assert name in found, test
        assert not parameter or parameter.removesuffix("]") in found[name], test


def test_the_page_says_the_same():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/fault_cases.py"
