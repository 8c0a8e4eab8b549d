"""Tables of cluster names as people write them: everything told at once, nothing lost."""

import pytest

from seston.errors import SestonError
from seston.naming.names import read_names, require_clusters

A, B = "a1" * 32, "b2" * 32
HEADER = "clustering\tcluster\tname\taphia_id\tstatus\tannotator\ttime"


def write(tmp_path, *lines, header=HEADER):
    path = tmp_path / "names.tsv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def told(path):
    with pytest.raises(SestonError) as error:
        read_names(path)
    return str(error.value)


def test_names_taxa_and_further_columns_are_kept(tmp_path):
    path = write(
        tmp_path,
        f"{A[:12]}\t3\tCyclotella\t148905\t\tAnna\t2026-05-22\tseen in May",
        f"{A}\t0\tNA\t\tdubious\t\t\t",
        f"{A}\t1\t\t\t\t\t\t",
        header=HEADER + "\tremark",
    )
    names = read_names(path)
    assert names.is_of(A) and not names.is_of(B)
    assert names.more == ("remark",)
    zero, three = names.rows
    assert (zero.cluster, zero.name, zero.aphia_id, zero.status) == (0, "NA", None, "dubious")
    assert (three.name, three.aphia_id, three.status) == ("Cyclotella", 148905, "validated")
    assert (three.annotator, three.time, three.more) == (
        "Anna", "2026-05-22", {"remark": "seen in May"}
    )  # fmt: skip


def test_three_columns_are_enough(tmp_path):
    path = write(tmp_path, f"{A[:8].upper()}\t0\tDinobryon", header="clustering\tcluster\tname")
    (row,) = read_names(path).rows
    assert (row.name, row.status, row.aphia_id) == ("Dinobryon", "validated", None)


def test_spaces_and_unicode_have_one_form(tmp_path):
    # A no-break space, a zero-width space, and an i with its diaeresis as a second character.
    lines = f"{A}\t0\t\u00a0Aulacoseira  \u200bgranulata", f"{A}\t1\tNai\u0308da"
    path = write(tmp_path, *lines, header="clustering\tcluster\tname")
    assert [row.name for row in read_names(path).rows] == ["Aulacoseira granulata", "Na\u00efda"]


def test_all_mistakes_are_told_with_their_lines(tmp_path):
    path = write(
        tmp_path,
        f"{A}\t0\tCeratium\tX12",
        "xyz\t1\tCeratium\t\t\t\t",
        f"{A}\t-1\tCeratium\t0\tsure\t\tMay",
        f"{A}\t2\tCeratium\tabc\t\t\t",
        f"{A}\t3\tceratium\t\t\t\t",
        f"{B}\t4\tCeratium\t\t\t\t",
        f"{A}\t5\tcluster 6\t\t\t\t",
        f"{A}\t7\t\t12\t\t\t",
    )
    text = told(path)
    assert "11 mistakes in the cluster names" in text
    assert "line 2: found 4 cells, expected 7" in text
    assert "line 3: clustering 'xyz': expected the fingerprint" in text
    for about in ("cluster '-1'", "aphia_id '0'", "status 'sure'", "time 'May'"):
        assert f"line 4: {about}: expected" in text
    assert "line 5: aphia_id 'abc'" in text
    assert "line 7: clustering b2b2b2b2b2b2, but a1a1a1a1a1a1 in line 4" in text
    assert "line 6: name 'ceratium', but 'Ceratium' in line 3; write it in one way" in text
    assert "line 8: name 'cluster 6': clusters without a name are called so" in text
    assert "line 9: aphia_id '12', but no name" in text


def test_one_name_is_one_taxon_in_all_rows(tmp_path):
    path = write(
        tmp_path, f"{A}\t0\tCeratium\t\t\t\t", f"{A}\t1\tCeratium\t109506.0\t\t\t",
        f"{A}\t2\tnauplius\t109506\t\t\t",
    )  # fmt: skip
    assert [row.aphia_id for row in read_names(path).rows] == [109506, 109506, 109506]
    path = write(tmp_path, f"{A}\t0\tCeratium\t1\t\t\t", f"{A}\t1\tCeratium\t2\t\t\t")
    assert "line 3: 'Ceratium' has aphia_id 2, but 1 in line 2" in told(path)


def test_the_latest_of_several_annotators_holds(tmp_path):
    path = write(
        tmp_path,
        f"{A}\t0\tSynedra\t\t\tBen\t2026-05-03T12:00+02:00",
        f"{A}\t0\tFragilaria\t\tdubious\tAnna\t2026-05-03T11:00",
        f"{A}\t0\tAsterionella\t\t\tCleo\t2025-01-01",
    )
    (row,) = read_names(path).rows  # 12:00 two hours east is 10:00 in UTC
    assert (row.name, row.annotator, row.status) == ("Fragilaria", "Anna", "dubious")


@pytest.mark.parametrize("times", [("", ""), ("2026-05-03", ""), ("2026-05-03", "2026-05-03")])
def test_names_that_contradict_without_a_later_time_are_told(tmp_path, times):
    first, second = times
    path = write(
        tmp_path, f"{A}\t0\tSynedra\t\t\tBen\t{first}", f"{A}\t0\tFragilaria\t\t\tAnna\t{second}"
    )
    text = told(path)
    assert "cluster 0 is" in text and "'Synedra'" in text and "'Fragilaria'" in text
    assert "in line 2" in text or "in line 3" in text


def test_annotators_who_agree_need_no_time(tmp_path):
    path = write(tmp_path, f"{A}\t0\tSynedra\t\t\tBen\t", f"{A}\t0\tSynedra\t5\t\tAnna\t")
    (row,) = read_names(path).rows
    assert (row.name, row.aphia_id) == ("Synedra", 5)


def test_mistakes_of_all_kinds_are_told_in_one_list(tmp_path):
    path = write(
        tmp_path,
        f"{A}\t0\tSynedra\tabc\t\t\t",  # of which the cluster is named twice all the same
        f"{A}\t0\tFragilaria\t\t\t\t",
        f"{A}\t4\tNitzschia\t\tsure\t\t",
        f"{A}\t9\tDinobryon\t\t\t\t",
    )
    with pytest.raises(SestonError) as error:
        read_names(path, {B: 100, A: 4})
    text = str(error.value)
    assert "5 mistakes" in text
    assert "line 2: aphia_id 'abc'" in text and "line 2: cluster 0 is 'Synedra'" in text
    assert "line 4: status 'sure'" in text
    assert "line 4: cluster 4 (Nitzschia): expected 0 to 3" in text
    assert "line 5: cluster 9 (Dinobryon): expected 0 to 3" in text
    fine = write(tmp_path, f"{A[:8]}\t4\tNitzschia\t\t\t\t")
    assert len(read_names(fine, {B: 4}).rows) == 1  # of no clustering that is known


def test_clusters_that_do_not_exist_are_told(tmp_path):
    names = read_names(write(tmp_path, f"{A}\t9\tSynedra\t\t\t\t", f"{A}\t10\tNitzschia\t\t\t\t"))
    require_clusters(names, 11)
    with pytest.raises(SestonError, match=r"line 3: cluster 10 \(Nitzschia\): expected 0 to 9"):
        require_clusters(names, 10)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("cluster\tname", "no column clustering"),
        ("clustering,cluster,name", "no column clustering and cluster and name"),
        ("clustering\tcluster\tname\tname", "column 'name' twice"),
    ],
)
def test_a_wrong_header_is_told(tmp_path, header, expected):
    assert expected in told(write(tmp_path, header=header))


def test_a_missing_or_empty_file_is_told(tmp_path):
    path = tmp_path / "names.tsv"
    assert "cannot be read" in told(path)
    path.write_text("")
    assert "found nothing, expected tabs" in told(path)


def test_a_table_without_rows_fits_any_clustering(tmp_path):
    names = read_names(write(tmp_path))
    assert names.rows == () and names.is_of(A) and names.is_of(B)


def test_a_quote_that_is_not_closed_is_told_and_takes_no_line_with_it(tmp_path):
    path = write(
        tmp_path,
        f'{A}\t0\t"Dinobryon',
        f"{A}\t1\tCeratium",
        f"{A}\tx\tCyclotella",
        f'{A}\t3\t"Synedra" acus',
        f'{A}\t4\tAsterionella"',
        header="clustering\tcluster\tname",
    )
    text = told(path)
    assert "3 mistakes" in text
    assert "line 2: a quote is not closed" in text
    assert "line 4: cluster 'x': expected a whole number" in text
    assert "line 5: text after a quote that ends; write a quote inside of quotes twice" in text


def test_quotes_on_one_line_are_those_of_spreadsheets(tmp_path):
    path = write(
        tmp_path, f'{A}\t0\t"the ""large"" one, round"\r', f'"{A}"\t1\t5" net\r',
        header="clustering\tcluster\tname\r",
    )  # fmt: skip
    assert [row.name for row in read_names(path).rows] == ['the "large" one, round', '5" net']


def test_a_quote_in_the_header_is_told(tmp_path):
    path = write(tmp_path, f"{A}\t0\tDinobryon", header='clustering\tcluster\t"name')
    assert "line 1: a quote is not closed" in told(path)
