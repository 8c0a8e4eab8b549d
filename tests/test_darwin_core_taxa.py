"""The table of taxa: every mistake is told with its line, and nothing is guessed."""

import numpy as np
import pytest

from seston.errors import SestonError
from seston.export.found.taxa import read_taxa
from seston.export.found.taxon import Taxon

HEAD = "class\tscientific_name\taphia_id\tcarbon\n"


def read(tmp_path, text, **more):
    path = tmp_path / "taxa.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_taxa(path, **more)


def test_what_a_table_says(tmp_path):
    text = (
        "\ufeff"
        + HEAD
        + 'a  b\t Daphnia \t148372.0\tdiatom\n\n"q ""x"""\t"Keratella"\t\t\ndirt\t\t\t\n'
    )
    assert read(tmp_path, text) == {
        "a b": Taxon("Daphnia", 148372, carbon="diatom"), 'q "x"': Taxon("Keratella"),
    }  # fmt: skip
    found = read(tmp_path, "note\tscientific_name\tclass\tTaxon\nx\tDaphnia\ta\ty\n")
    assert found == {"a": Taxon("Daphnia")}  # further columns are left alone


def test_other_encodings_are_read(tmp_path):
    for code in ("utf-16", "latin-1"):
        found = read(tmp_path, "class\tscientific_name\nflöjt\tDaphnia\n".encode(code))
        assert [*found] == ["flöjt"]


def test_all_mistakes_are_told_with_their_lines(tmp_path):
    rows = [
        "a\tDaphnia_spp\t\t", "b\tDaphnia\t12x\t", "b\tDaphnia\t12\tplant", "\tDaphnia\t13\t",
        "c\t\t14\t", "d\tChaetoceros cf. affinis\t\t", "e\tDaphnia\t0\t",
    ]  # fmt: skip
    with pytest.raises(SestonError) as caught:
        read(tmp_path, HEAD + "\n".join(rows) + "\n")
    told = str(caught.value).splitlines()
    assert told[0].endswith("taxa.tsv: 9 mistakes in the table of taxa") and len(told) == 10
    text = "\n".join(told)
    for part in (
        "line 2: scientific_name 'Daphnia_spp': '_' is no part of a scientific name",
        "line 3: aphia_id '12x': expected the number of the taxon in WoRMS",
        "line 4: class 'b' stands in line 3 too",
        "line 4: carbon 'plant': expected protist or diatom",
        "line 5: no class;",
        "line 5: 'Daphnia' has aphia_id 13, but 12 in line 4",
        "line 6: aphia_id '14', but no scientific_name",
        "line 7: scientific_name 'Chaetoceros cf. affinis': 'cf.' is no part",
        "line 8: aphia_id '0': expected",
    ):
        assert part in text, part


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("class\taphia_id", "line 1: no column 'scientific_name'; expected tabs"),
        ("class\tscientific_name\tclass", "column 'class' twice"),
        ("class\tscientific name", "column 'scientific name': did you mean 'scientific_name'?"),
        ("class\tscientific_name\taphiaid", "column 'aphiaid': did you mean 'aphia_id'?"),
        ("class,scientific_name", "no column 'class'"),
        ("", "no column 'class'"),
    ],
)
def test_headers_that_would_lose_something_are_refused(tmp_path, header, told):
    with pytest.raises(SestonError) as caught:
        read(tmp_path, f"{header}\nx\ty\n" if header else "")
    assert told in str(caught.value)


def test_rows_of_another_length_and_open_quotes_are_refused(tmp_path):
    with pytest.raises(SestonError, match="line 3: 3 cells; expected 4 as in the header"):
        read(tmp_path, HEAD + "a\tDaphnia\t\t\nb\tDaphnia\t\n")
    with pytest.raises(SestonError, match=r"line 2: .*quotes"):
        read(tmp_path, HEAD + 'a\t"Daphnia\t\t\nb\tDaphnia\t\t\n')
    with pytest.raises(SestonError, match="the table of taxa cannot be read"):
        read_taxa(tmp_path / "none.tsv")


@pytest.mark.parametrize(
    "name",
    ["Chaetoceros sp.", "Chaetoceros spp", "Daphnia group", "Nitzschia-like", "unknown",
     "Bivalvia larvae", "Navicula?", "Thalassiosira 20"],
)  # fmt: skip
def test_remains_of_class_names_are_no_scientific_names(tmp_path, name):
    with pytest.raises(SestonError, match="no part of a scientific name"):
        read(tmp_path, f"class\tscientific_name\nx\t{name}\n")


@pytest.mark.parametrize(
    "name",
    ["Daphnia", "Ceratium hirundinella", "Pseudo-nitzschia", "Navicula (Navicula) radiosa",
     "Aphanizomenon flos-aquae", "Spirulina", "Cellulosimicrobium", "Likella", "Gröntvedia"],
)  # fmt: skip
def test_scientific_names_are_taken(tmp_path, name):
    assert read(tmp_path, f"class\tscientific_name\nx\t{name}\n")["x"].name == name


def test_one_taxon_lies_within_another_by_names_alone():
    genus, species = Taxon("Daphnia"), Taxon("Daphnia cucullata")
    other = Taxon("Bosmina", higher=("", "", "Branchiopoda", "", "Bosminidae", ""))
    inside = np.array(
        [[b.is_within(a) for b in (genus, species, other)] for a in (genus, species, other)]
    )
    assert inside.tolist() == [[True, True, False], [False, True, False], [False, False, True]]
    assert other.is_within(Taxon("Branchiopoda")) and not genus.is_within(Taxon("Branchiopoda"))
    assert not Taxon("Daphniopsis").is_within(genus)
