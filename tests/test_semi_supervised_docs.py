"""docs/semi-supervised.md: settings, ways to learn and links are those that there are."""

import re

import yaml

from conftest import REPOSITORY
from seston.classify.variants import VARIANTS

DOCS = REPOSITORY / "docs"
TEXT = (DOCS / "semi-supervised.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> dict[str, str]:
    """Return the first cell, with the rest of the row, of the table with this heading."""
    table = TEXT.split(heading)[1].split("\n\n")[0]
    rows = re.findall(r"^\| (.*?) \| (.*) \|$", table, re.MULTILINE)
    return dict(rows)


def test_every_setting_is_told_with_its_default():
    schema = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text())
    known = schema["properties"]["classify"]["properties"]
    told = first_cells("| setting (`classify:`) |")
    assert set(told) == {f"`{name}`" for name in known if name != "efficiency"}
    for name, about in told.items():
        default = known[name.strip("`")]["default"]
        written = '""' if default == "" else str(default).replace("'", "")
        assert about.split(" | ")[0].strip("`") == written, name


def test_every_way_to_learn_is_told_and_no_other():
    told = " ".join(first_cells("| `classify.efficiency.variants` |"))
    assert set(re.findall("`([a-z_]+)`", told)) == set(VARIANTS)


def test_links_lead_to_sections():
    links = re.findall(r"\]\(([\w.-]+)(?:#([\w-]+))?\)", TEXT)
    assert len(links) > 8
    for page, anchor in links:
        heads = re.findall("^#+ (.*)$", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
        assert not anchor or anchor in anchors, f"{page}#{anchor}"


def test_places_for_measured_figures_stand_in_pairs():
    opened, closed = (re.findall(rf"<!-- {end}(\w+) -->", TEXT) for end in ("", "/"))
    assert opened == closed == ["E1", "E2", "E3", "E4", "E5", "YEARS"]
