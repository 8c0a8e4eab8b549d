"""Tables and settings that people write, for all values at once: what is written is read, and
whatever else stands there is refused in words; never another exception."""

import csv
import io
import math
import tempfile
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from naming_run import CLUSTERING
from seston import config as settings_of_a_run
from seston.cells import read_cells
from seston.errors import SestonError
from seston.label.state import State
from seston.label.tables import read_labels_table, read_names_table
from seston.labels.ecotaxa import CATEGORY, FILE, ID, PERSON, SAMPLE, WORDS
from seston.labels.ecotaxa import STATUS as SAID
from seston.labels.files import read_rows, told_of
from seston.labels.rows import STATUS
from seston.labels.table import COLUMNS, read_label_rows
from seston.sheet import read_sheet
from seston.tsv import as_tsv
from seston.yaml_file import require_readable

MANY = settings(
    derandomize=True,
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
REPOSITORY = Path(__file__).parents[1]
#: Whatever people call things: quotes, tabs, ends of lines, letters of all alphabets; no blanks at
#: the ends, which readers take away.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=15).map(
    str.strip
)
SOME = TEXT.filter(bool)


@pytest.fixture(scope="module")
def path():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "table.tsv"


@st.composite
def damaged(draw, text: str) -> bytes:
    """Change a table or file of settings: signs put in, taken out, lines doubled, cut off."""
    data = text.encode()
    telling = [b"\t", b'"', b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"9" * 400, b".nan",
               b"-.inf", b"&a [*a]", b"{", b"- ", b": ", b"!!int ", b"!!timestamp ", b"1e999",
               b"1e300", b"2024-13-01", b"null", b'"\\U00110000"', b"5.0", b"*",
               b"\xff\xfe"]  # fmt: skip
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        put = draw(st.one_of(st.sampled_from(telling), st.binary(max_size=4)))
        kept = data[at + draw(st.integers(0, 8)) :] if draw(st.integers(0, 9)) else b""
        data = data[:at] + put + kept
    return data


ROWS = st.lists(
    st.tuples(SOME, SOME, st.sampled_from(STATUS), TEXT, TEXT),
    max_size=6,
    unique_by=lambda row: (row[0], row[3]),
)


@MANY
@given(rows=ROWS)
@example(
    rows=[("s/a\rb.png", "x", "validated", "", "")]
)  # a line end of old Macs, in a file's name
@example(rows=[("s/a\nb.png", '"', "validated", "", "'")])
def test_a_table_of_labels_comes_back(path, rows):
    path.write_text(as_tsv(COLUMNS, rows), encoding="utf-8", newline="")
    found = read_label_rows(path)
    assert [(row.image_id, row.label, row.status, row.annotator, row.utc) for row in found] == rows
    assert read_rows(path) == found
    kept = read_labels_table(path).rows
    assert {(image, who): row.label for (image, who), row in kept.items()} == {
        (image, who): label for image, label, _, who, _ in rows
    }


@MANY
@given(
    rows=st.lists(
        st.tuples(SOME, SOME, st.sampled_from(WORDS), TEXT, TEXT, TEXT),
        max_size=6,
        unique_by=lambda row: row[0],
    ),
    types=st.booleans(),
)
def test_a_table_of_ecotaxa_comes_back(path, rows, types):
    if any({*row} <= {"[t]", "[f]"} for row in rows):
        return
    file = io.StringIO()
    writer = csv.writer(file, delimiter="\t", lineterminator="\r\n")
    writer.writerow([ID, CATEGORY, SAID, PERSON, FILE, SAMPLE])
    writer.writerows([["[t]"] * 6] * types)
    writer.writerows(rows)
    path.write_bytes(file.getvalue().encode("utf-8-sig"))
    # One row an object: who said so only parts objects of one id.
    found = read_rows(path)
    assert [(row.image_id, row.label, row.status, row.annotator) for row in found] == [
        row[:4] for row in rows
    ]
    for row, (identity, *_, file_name, sample) in zip(found, rows, strict=True):
        assert identity.replace("\\", "/").strip("/.") == "" or row.also
        assert len(set(row.also)) == len(row.also)
        assert not sample or not row.also[0].startswith("/") or sample.startswith(("/", "\\"))
        assert len(row.also) >= bool(file_name.strip("/\\."))


TABLES = [
    as_tsv(
        COLUMNS, [("s/1", "Ceratium", "validated", "AB", "2026-05-22"), ("s/2", "x", "", "", "")]
    ),
    as_tsv([ID, CATEGORY, SAID], [("[t]", "[t]", "[t]"), ("s_1", "a<b", "validated")]),
]
IDS = pa.chunked_array([["s/1", "s/2.png"], ["s/a/3.png", "t/1"]])


@pytest.mark.parametrize("table", TABLES, ids=["ours", "EcoTaxa"])
@MANY
@given(data=st.data())
def test_a_damaged_table_of_labels_is_refused_or_accounted_for(path, table, data):
    path.write_bytes(data.draw(st.one_of(damaged(table), st.binary(max_size=200))))
    try:
        rows = read_rows(path)
    except SestonError as error:
        assert path.name in str(error)
        return
    assert all(row.image_id and row.label and row.status for row in rows)
    assert len({(row.image_id, row.annotator) for row in rows}) == len(rows)
    assert [row.line for row in rows] == sorted(row.line for row in rows)
    try:
        told = told_of([path], IDS)
    except SestonError:
        return
    assert len(told.rows) == len(told.places) == len(told.why) == len(rows)
    for row, place, why in zip(told.rows, told.places.tolist(), told.why, strict=True):
        assert (place >= 0) == (not why)
        assert place < 0 or IDS[place].as_py() == row.image_id


@MANY
@given(data=st.data())
def test_a_damaged_table_of_names_is_refused_or_read(path, data):
    table = as_tsv(
        ["clustering", "cluster", "name", "aphia_id", "status", "annotator", "time", "mine"],
        [(CLUSTERING, 0, "Dinobryon", 149619, "validated", "AB", "2026-05-22", "x"),
         (CLUSTERING, 1, "Ceratium", "", "dubious", "", "", "")],
    )  # fmt: skip
    path.write_bytes(data.draw(damaged(table)))
    try:
        found, clustering = read_names_table(path)
    except SestonError as error:
        assert path.name in str(error)
        return
    assert isinstance(clustering, str)
    assert all(cluster >= 0 and row.name for cluster, row in found.rows.items())
    assert State(names=found.rows).names == found.rows


def test_a_cluster_of_thousands_of_digits_is_refused(path):
    path.write_text(f"clustering\tcluster\tname\n{CLUSTERING}\t{'9' * 5000}\tx\n")
    with pytest.raises(SestonError, match="expected a whole number"):
        read_names_table(path)


@MANY
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "sample": st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,12}", fullmatch=True),
                "path": st.from_regex(r"[a-z]{1,8}", fullmatch=True),
                "instrument": st.sampled_from(["flowcam", "ifcb", "frames", "images"]),
                "datetime": st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)),
                "site": TEXT, "group": TEXT, "remark": TEXT,
                "volume_ml": st.one_of(st.none(), st.floats(1e-6, 1e6)),
                "latitude": st.one_of(st.none(), st.floats(-90, 90)),
            }
        ),
        min_size=1, max_size=4, unique_by=lambda row: row["sample"].casefold(),
    ),
    newline=st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_a_sheet_comes_back(path, rows, newline):
    file = io.StringIO()
    writer = csv.writer(file, delimiter="\t", lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerow(rows[0])
    for row in rows:
        values = [row[name] for name in rows[0]]
        writer.writerow([repr(one) if isinstance(one, float) else one for one in values])
    path.write_bytes(file.getvalue().encode())
    found = read_sheet(path, look=False)
    assert [one.sample for one in found] == [row["sample"] for row in rows]
    for one, row in zip(found, rows, strict=True):
        for name in ("instrument", "datetime", "site", "group", "volume_ml", "latitude"):
            assert getattr(one, name) == row[name], name
        assert one.place == row["path"] and one.metadata == {"remark": row["remark"]}


SHEET = as_tsv(
    ["sample", "path", "instrument", "datetime", "date_pattern", "site", "volume_ml", "pixel_um"],
    [("a", "raw/a", "images", "2018-05-22", r"(?P<epoch_s>\d+)", "lake", "1.5", "0.5"),
     ("b", "raw/b", "flowcam", "2018-05-22T10:00:00+02:00", "", "", "", "")],
)  # fmt: skip


@MANY
@given(data=st.data())
def test_a_damaged_sheet_is_refused_or_read(path, data):
    path.write_bytes(data.draw(st.one_of(damaged(SHEET), st.binary(max_size=200))))
    try:
        samples = read_sheet(path, look=False)
    except SestonError as error:
        assert path.name in str(error)
        return
    assert len({one.sample.casefold() for one in samples}) == len(samples) > 0
    assert len(read_cells(path)[1]) == len(samples)
    for one in samples:
        for value in (one.volume_ml, one.dilution, one.pixel_um):
            assert value is None or 0 < value < math.inf
        assert one.pixel_um is None or one.pixel_um**3 < math.inf


RULES = yaml.safe_load(settings_of_a_run.SCHEMA.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True, scope="module")
def schema_is_read_once():
    """Give the schema as it was read above: to read it anew takes longer than all the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings_of_a_run, "yaml", SimpleNamespace(safe_load=lambda _: RULES))
        yield


SECTIONS = {key: rule for key, rule in RULES["properties"].items() if "properties" in rule}
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(), st.text(max_size=8),
        st.dates(), st.sampled_from([0, 1, 0.5, 5.0, "none", "auto", "", "day"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)  # fmt: skip


@st.composite
def given_settings(draw) -> dict:
    """Draw settings: known sections and keys, with values of any kind."""
    found: dict = {"samples": "samples.tsv"}
    for section in draw(st.lists(st.sampled_from(sorted(SECTIONS)), max_size=3, unique=True)):
        keys = sorted(SECTIONS[section]["properties"])
        found[section] = draw(
            st.one_of(VALUES, st.dictionaries(st.sampled_from(keys), VALUES, max_size=3))
        )
    return found | draw(
        st.dictionaries(st.sampled_from(["seed", "x", "shard_by"]), VALUES, max_size=1)
    )


def finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(finite, value.values()))
    if isinstance(value, list):
        return all(map(finite, value))
    return not isinstance(value, float) or math.isfinite(value)


@MANY
@given(given=given_settings())
@example(given={"samples": "x", "segment": {"max_rejected": math.nan}})
@example(given={"samples": "x", "segment": {"frames": {"noise": math.inf}}})
def test_any_settings_are_refused_or_completed(given):
    try:
        full = settings_of_a_run.complete(given)
    except SestonError as error:
        assert str(error).startswith("config: ")
        return
    assert set(full) == set(RULES["properties"])
    assert settings_of_a_run.complete(full) == full
    assert finite(full)
    for section, values in given.items():
        if isinstance(values, dict):
            assert (
                full[section].items() >= {k: v for k, v in values.items() if k != "frames"}.items()
            )


EXAMPLE = (REPOSITORY / "config.yaml").read_text(encoding="utf-8")
SHORT = (
    "samples: a.tsv\nseed: 1\ncluster: {k: auto}\ntrends:\n  day_zero: 2024-05-01\nlabels:\n"
    "  file: [a, b]\n"
)


@settings(MANY, max_examples=50)
@given(
    text=st.one_of(
        damaged(SHORT), st.text("&*a: \n[]{},-!'\"\\#|>?%@<\t1.", max_size=60).map(str.encode)
    )
)
@example(text=b"a: &x [*x]")
@example(text=b"[" * 3000)
@example(text=b'a: "\\UFFFFFFFF"')
@example(text=b"a: !!int ''")
@example(text=b"a: !!timestamp x")
@example(
    text=b"a0: &a0 [x, x]\n"
    + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 40))
)
def test_any_file_of_settings_is_refused_or_readable(path, text):  # fmt: skip
    path.write_bytes(text)
    try:
        require_readable(path)
    except SestonError as error:
        assert path.name in str(error)
        return
    try:
        yaml.safe_load(text.decode("utf-8-sig"))
    except yaml.constructor.ConstructorError:
        return  # tags of other tools, and keys that no mapping takes: Snakemake refuses them
    except yaml.YAMLError:
        assert text.lstrip()[:1] in b'[{"0123456789tfn-'  # JSON with tabs


def test_the_settings_of_the_example_stay_readable(path):
    path.write_text(EXAMPLE, encoding="utf-8")
    require_readable(path)
