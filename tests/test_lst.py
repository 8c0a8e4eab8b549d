"""FlowCam's lists in every dialect, told apart by what they contain."""

import os
from datetime import datetime, timedelta

import pytest

from seston.errors import SestonError
from seston.instruments.flowcam import lst
from seston.instruments.flowcam.lst import check_head, is_list, read_list
from synthetic.flowcam_run import complete_run

# The fields of a list of 44 values in their order, by the names that later lists give them.
_NAMES = (
    "id cal_const raw_area raw_feret_max raw_feret_min raw_feret_mean raw_perimeter"
    " raw_convex_perimeter abd_area abd_diameter length width esd_diameter perimeter"
    " convex_perimeter intensity sigma_intensity compactness elongation sum_intensity roughness"
    " feret_max_angle avg_red avg_green avg_blue ppc ch1_peak ch1_width ch2_peak ch2_width ch3_peak"
    " ch3_width ch4_peak ch4_width collage_file image_x image_y image_w image_h src_x src_y"
    " high_u32 low_u32 total"
)
NAMED_44 = _NAMES.split()


def written(tmp_path, text, encoding="utf-8", name="run.lst"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def numbered(count, changes=()):
    values = [str(number) for number in range(count)]
    for place, value in dict(changes).items():
        values[place] = value
    return ":".join(values)


def test_44_values_get_their_names_and_the_windows_clock(tmp_path):
    clock = {34: "run_000001.tif", 41: "29918088l", 42: "2690079952l"}
    path = written(tmp_path, f"013\n1           \n{numbered(44, clock)}\n")
    assert is_list(path)
    listing = read_list(path)
    (row,) = listing.rows
    assert listing.stated == 1
    for place, name in enumerate(NAMED_44):
        expected = clock.get(place, place)
        assert row.recorded()[name] == expected
    # 29918088 · 2³² + 2690079952 tenths of a microsecond since 1601
    since = timedelta(microseconds=(29918088 * 2**32 + 2690079952) // 10)
    assert row.time == datetime(1601, 1, 1) + since
    assert row.time.isoformat(timespec="seconds") == "2008-03-11T15:00:20"
    assert set(row.recorded()) == {*NAMED_44, "timestamp"}


@pytest.mark.parametrize(
    ("time", "parsed"),
    [
        ("2010-05-06", datetime(2010, 5, 6)),
        ("2010-05-06 07:08", datetime(2010, 5, 6, 7, 8)),
        ("2010-05-06 07:08:09.250", datetime(2010, 5, 6, 7, 8, 9, 250000)),
        ("07:08", None),
    ],
)
def test_47_values_with_a_time_that_is_parted_itself(tmp_path, time, parsed):
    before = numbered(43, {35: "run_000001.tif"})
    path = written(tmp_path, f"014\n2\n{before}:{time}:45:46\n{before}:{time}:145:146\n")
    assert is_list(path)
    first, second = read_list(path).rows
    assert (first.text("timestamp"), first.time) == (time, parsed)
    named = ("feret_max_angle", "feret_min_angle", "avg_red", "collage_file", "image_x", "src_y")
    assert [first.text(name) for name in named] == ["21", "22", "23", "run_000001.tif", "36", "41"]
    images = ("edge_gradient", "src_image", "cal_image")
    assert [second.text(name) for name in images] == ["42", "145", "146"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_rows_of_another_width_are_kept_with_their_line(tmp_path, newline, encoding):
    whole = numbered(44, {34: "Küste_000001.tif"})
    lines = ["013", "3", "cut:short", whole, "", whole + ":44", whole.replace("0:1", "1:1", 1)]
    path = written(tmp_path, newline.join(lines) + newline, encoding)
    assert is_list(path)
    listing = read_list(path)
    assert [(row.line, row.found, bool(row.values)) for row in listing.rows] == [
        (3, 2, False), (4, 44, True), (6, 45, False), (7, 44, True)
    ]  # fmt: skip


def test_an_old_list_without_particles(tmp_path):
    path = written(tmp_path, "013\n0           \n")
    assert is_list(path)
    assert list(read_list(path).rows) == []


def test_types_are_those_of_the_head(tmp_path):
    run = complete_run(tmp_path / "run", 3)
    listing = read_list(run.list)
    for row, values in zip(listing.rows, run.values.values(), strict=True):
        recorded = row.recorded()
        assert list(recorded) == list(values)
        assert {name: type(value) for name, value in recorded.items()} == {
            name: type(value) if isinstance(value, str | int) else float
            for name, value in values.items()
        }
        assert recorded == {
            name: pytest.approx(value, abs=1e-4) if isinstance(value, float) else value
            for name, value in values.items()
        }


@pytest.mark.parametrize(
    ("count", "message"),
    [("9" * 9, "line 4: found nothing, expected a field"), ("9" * 5000, "expected num-fields")],
)
def test_a_head_that_promises_more_fields_than_there_are(tmp_path, count, message):
    path = written(tmp_path, f"017\nnum-fields|{count}\nid|int32\n")
    with pytest.raises(SestonError, match=message):
        read_list(path)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_head_with_a_field_less_or_more_is_told_at_once(tmp_path, newline):
    run = complete_run(tmp_path / "run", 3)
    lines = run.list.read_text().splitlines()
    fields = int(lines[1].split("|")[1])
    first = lines[fields + 2]

    def refused(changed):
        path = written(tmp_path, newline.join(changed) + newline)
        for look in (read_list, check_head):
            with pytest.raises(SestonError) as error:
                look(path)
        return str(error.value)

    told = refused([*lines[:8], *lines[9:]])
    assert f"run.lst, line {fields + 2}: found {first[:40]!r}, expected a field NAME|TYPE" in told
    assert f"announces {fields} fields, and {fields - 1} come before this line" in told
    told = refused([*lines[:8], "depth|double", *lines[8:]])
    assert f"line {fields + 3}: found {lines[fields + 1]!r}, expected a particle" in told
    told = refused([*lines[:8], "no field", *lines[9:]])
    assert "line 9: found 'no field', expected a field NAME|TYPE" in told


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_list_that_an_editor_saved_as_utf_16(tmp_path, encoding):
    run = complete_run(tmp_path / "run", 3)
    text = run.list.read_text()
    mark = "" if encoding == "utf-16" else "\ufeff"
    path = written(tmp_path, mark + text, encoding)
    assert is_list(path)
    check_head(path)
    plain, saved = (read_list(one) for one in (run.list, path))
    assert plain.fields == saved.fields
    assert [row.values for row in plain.rows] == [row.values for row in saved.rows]
    path.write_bytes(path.read_bytes()[:-1])  # half a letter
    assert len(list(read_list(path).rows)) == 3


def test_the_head_is_known_without_reading_the_whole_list(tmp_path, monkeypatch):
    run = complete_run(tmp_path / "run", 3)
    whole = run.list.read_text()
    path = written(tmp_path, whole + whole.splitlines()[-1] * 2000)
    most = []
    real = lst.read_lines
    monkeypatch.setattr(
        lst, "read_lines", lambda *given, **named: most.append(named) or real(*given, **named)
    )
    assert is_list(path)
    check_head(path)
    assert [0 < named["most"] < path.stat().st_size / 2 for named in most] == [True, True]


def test_values_that_should_be_numbers(tmp_path):
    text = "017\nnum-fields|8\nid|int32\nimage_x|int32\nimage_y|int32\nimage_w|int32\n"
    text += "image_h|int32\ncollage_file|string\ncal_const|double\nwidth|double\n"
    path = written(
        tmp_path, text + "1|2|3|4|5|a.tif|0,5|nan\n1|2|3|4|5|6,5|-1|7\n1|2\n1|2|3|4|5|a|.5|6"
    )
    first, second, damaged, good = read_list(path).rows
    assert (first.bad_numbers, first.pixel_um) == ([("cal_const", "0,5")], None)
    assert (second.bad_numbers, second.pixel_um) == ([], None)
    assert (damaged.bad_numbers, damaged.pixel_um) == ([], None)
    assert (good.bad_numbers, good.pixel_um) == ([], 0.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "013\n",
        "a list\nnum-fields|1\n",
        "017\n44\n" + numbered(44),
        "013\nmany\n" + numbered(44),
        "013\n1\n" + numbered(43),
        "<html>\n",
        "²\n2\n" + numbered(44),
        "9" * 5000 + "\n",
        "013\n" + "9" * 5000 + "\n" + numbered(44),
    ],
)
def test_what_is_no_list(tmp_path, text):
    path = written(tmp_path, text)
    assert not is_list(path)
    with pytest.raises(SestonError, match=r"run\.lst"):
        read_list(path)


def test_a_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "run.lst")
    assert not is_list(tmp_path / "run.lst")
    assert not is_list(tmp_path / "gone.lst")
