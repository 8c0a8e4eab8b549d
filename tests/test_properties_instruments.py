"""Readers of instruments' files, for all values at once: what is written is read, and any bytes
are refused, rejected or accounted for; never another exception, never more than there was.

Values are written by the synthetic instruments; what must hold of any bytes stands in `fuzz`.
"""

import importlib
import tempfile
import tracemalloc
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz import TARGETS
from seston import schemas
from seston.cut import cut_sample
from seston.errors import SestonError
from seston.instruments.contract import Reading, Roi
from seston.instruments.date_patterns import check_pattern, clock_by, date_by
from seston.instruments.dates import (
    BadClock,
    clock_in_name,
    date_in_name,
    is_no_day,
    parse_datetime,
    parse_exif,
)
from seston.instruments.flowcam.classes import read_classes
from seston.instruments.flowcam.ctx import read_context
from seston.instruments.flowcam.lst import read_list
from seston.instruments.flowcam.outlines import enclosed, length, read_outlines
from seston.instruments.ifcb import read as read_bin
from seston.instruments.ifcb.adc import parse_targets
from seston.instruments.ifcb.bin import date_of_name, instrument_of_name, is_bin_name
from seston.instruments.ifcb.hdr import read_header
from seston.instruments.ifcb.volume import analysed
from seston.instruments.names import is_archive, is_image, kind_of, require_inside, shown
from seston.instruments.unusable import Unusable
from seston.sheet import read_sheet
from synthetic.flowcam import Run
from synthetic.flowcam_particles import Particle, outlines_of
from synthetic.flowcam_run import complete_run
from synthetic.ifcb import V1_NAME, V2_NAME, shapes, write_bin

FEW = settings(
    derandomize=True,
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MANY = settings(FEW, max_examples=100)

#: No end of line, no end of a cell; neither blanks at its ends, which instruments do not write.
WORD = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="|,:=\x85"),
    max_size=12,
).map(str.strip)
SIZE = st.floats(0, 1e6).map(lambda value: round(value, 4))
WHOLE = st.integers(0, 10**8)
TIME = st.datetimes(datetime(1980, 1, 1), datetime(2100, 12, 31))


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@st.composite
def mutated(draw, seeds: list[bytes]) -> bytes:
    """Change a real-like file: bytes changed, put in, taken out, doubled, cut off."""
    data = bytearray(draw(st.sampled_from(seeds)))
    telling = [b"9" * 400, b"1e308", b"-1", b"nan", b"inf", b"0,5", b"\r", b"\0", b'"', b"|", b":"]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 12)))
        if draw(st.integers(0, 3)):
            data[at:end] = draw(st.one_of(st.sampled_from(telling), st.binary(max_size=6)))
        elif draw(st.booleans()):
            data[at:at] = data[: draw(st.integers(0, 200))]
        else:
            del data[at:]
    return bytes(data)


@cache
def seeds_of(target: str) -> list[bytes]:
    with tempfile.TemporaryDirectory() as name:
        return list(importlib.import_module(f"fuzz.{target}").seeds(Path(name)))


READERS = [target for target in TARGETS if target != "label"]


@pytest.mark.parametrize("target", READERS)
@MANY
@given(data=st.data())
def test_a_file_that_was_damaged_is_accounted_for(target, folder, data):
    changed = data.draw(mutated(seeds_of(target)))
    importlib.import_module(f"fuzz.{target}").check(changed, folder)


@pytest.mark.parametrize("target", READERS)
@FEW
@given(anything=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
def test_any_bytes_are_accounted_for(target, folder, anything):
    importlib.import_module(f"fuzz.{target}").check(anything, folder)


MEGABYTE = 2**20
LARGE = {
    "a list of a billion fields": ("lst", b"017\nnum-fields|999999999\n" + b"a|b\n" * 99),
    "an old list of one endless row": ("lst", b"013\n999999999\n" + b"1:" * (MEGABYTE // 2)),
    "classes without end": ("cla", b"v3\n999999999\n" + b"a\n999999999\n" * 9),
    "an outline around everything": ("edg", b"1,%d,0,0," % MEGABYTE + b"1" * MEGABYTE),
    "a row of nothing but commas": ("adc", b"\n" + b"," * 10_000 + b"1\n"),
    "a header of one endless cell": ("hdr", b'"' + b"a" * MEGABYTE),
    "a context of one endless line": ("ctx", b"[a]\n" + b"=" * MEGABYTE),
    "a run summary without line ends": ("ctx", b"\0Mode:" + b"1" * MEGABYTE),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_what_a_file_announces_takes_no_memory(folder, name):
    target, data = LARGE[name]
    check = importlib.import_module(f"fuzz.{target}").check
    tracemalloc.start()
    try:
        check(data, folder)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 150 * MEGABYTE, f"{peak / MEGABYTE:.0f} MB"


@pytest.fixture(scope="module")
def samples(folder):
    """A run and a bin as rows of a sheet."""
    complete_run(folder / "run", 6, side=256)
    write_bin(folder / "bins", shapes(4, height=12, width=10))
    write_bin(folder / "bins", shapes(4, height=12, width=10), dialect="a")
    lines = ["sample\tpath\tinstrument\tdatetime", "run\trun\tflowcam\t2024-05-06"]
    lines += [f"{name}\tbins/{name}.adc\tifcb\t2024-05-06" for name in (V1_NAME, V2_NAME)]
    (folder / "samples.tsv").write_text("\n".join(lines) + "\n")
    return read_sheet(folder / "samples.tsv")


@settings(MANY, max_examples=100)
@given(data=st.data())
def test_a_sample_with_a_damaged_file_is_cut_or_refused(samples, data):
    sample = data.draw(st.sampled_from(samples))
    beside = sample.path if sample.path.is_dir() else sample.path.parent
    files = [path for path in sorted(beside.iterdir()) if path.suffix != ".tif"]
    files = [path for path in files if sample.path.is_dir() or path.stem == sample.path.stem]
    path = data.draw(st.sampled_from(files))
    whole = path.read_bytes()
    try:
        path.write_bytes(data.draw(mutated([whole])))
        cut = cut_sample(sample, Reading(max_pixels=10**6))
    except SestonError as error:
        assert str(beside) in str(error)
        return
    finally:
        path.write_bytes(whole)
    effort = cut.effort
    assert effort["listed"] == effort["used"] + effort["rejected"]
    assert (len(cut.crops), len(cut.rejected)) == (effort["used"], effort["rejected"])
    ids = cut.crops["image_id"].to_pylist()
    assert ids == sorted(set(ids)) == cut.recorded["image_id"].to_pylist()
    assert all(row["reason"] and row["detail"] for row in cut.rejected.to_pylist())
    table = pa.Table.from_pylist([effort], schema=schemas.EFFORT)
    for name in ("volume_ml", "dilution", "pixel_um"):
        (value,) = table[name].to_pylist()
        assert value is None or 0 < value < float("inf")
    for name in cut.crops.column_names:
        if pa.types.is_floating(cut.crops.schema.field(name).type):
            values = cut.crops[name].drop_null().to_numpy()
            assert np.isfinite(values).all(), name
            assert (values >= 0).all() or name == "vs_convex_perimeter_um", name


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "image_x": WHOLE, "image_y": WHOLE, "image_w": WHOLE, "image_h": WHOLE,
            "raw_area": SIZE, "abd_diameter": SIZE, "esd_diameter": SIZE, "timestamp": TIME,
            "collage_file": WORD, "image_id": WORD, "cal_const": st.sampled_from([0.5, 1.7076]),
        }
    ),
    max_size=5,
)  # fmt: skip


@MANY
@given(rows=ROWS, newline=st.sampled_from(["\n", "\r\n"]), order=st.randoms(use_true_random=False))
def test_a_list_comes_back(folder, rows, newline, order):
    written = [
        {name: value.isoformat() if isinstance(value, datetime) else str(value)
         for name, value in {"id": identity, **row}.items()}
        for identity, row in enumerate(rows, start=1)
    ]  # fmt: skip
    fields = ["id", "image_x", "image_y", "image_w", "image_h", "collage_file", "cal_const",
              "raw_area", "abd_diameter", "esd_diameter", "timestamp", "image_id"]  # fmt: skip
    order.shuffle(fields)
    path = folder / "list.lst"
    head = ["017", f"num-fields|{len(fields)}", *(f"{name}|{KINDS[name]}" for name in fields)]
    lines = ["|".join(row[name] for name in fields) for row in written]
    path.write_bytes((newline.join([*head, *lines]) + newline).encode())
    found = list(read_list(path).rows)
    assert len(found) == len(rows)
    for identity, (read, row) in enumerate(zip(found, rows, strict=True), start=1):
        recorded = read.recorded()
        assert recorded.pop("timestamp") == row["timestamp"].isoformat()
        assert recorded == {"id": identity, **{k: row[k] for k in recorded if k != "id"}}
        assert read.time == row["timestamp"] and read.pixel_um == row["cal_const"]


KINDS = {
    **dict.fromkeys(("id", "image_x", "image_y", "image_w", "image_h"), "int32"),
    **dict.fromkeys(("cal_const", "raw_area", "abd_diameter", "esd_diameter"), "double"),
    "timestamp": "timestamp", "collage_file": "string", "image_id": "guid",
}  # fmt: skip


@MANY
@given(
    left=st.integers(0, 500), wide=st.integers(1, 4000), top=st.integers(0, 500),
    high=st.integers(1, 4000), scale=st.floats(0.01, 50), depth=st.integers(10, 3000),
    frames=st.integers(0, 10**6), factor=st.floats(0.01, 2), start=TIME,
    dilution=st.one_of(st.none(), st.floats(0.01, 1000)),
)  # fmt: skip
def test_a_context_comes_back_and_the_volume_follows(
    folder, left, wide, top, high, scale, depth, frames, factor, start, dilution
):
    run = Run(folder / "context", [], {}, {})
    run.folder.mkdir(exist_ok=True)
    run.write_context(
        {
            "General": {"RunStartTime": start.isoformat(" ")},
            "Fluid": {
                "FlowCellDepth": str(depth), "CalibrationConstant": repr(scale),
                "UseDilutionCalculation": str(int(dilution is not None)),
                "SampleDilution": repr(dilution),
            },
            "CaptureRegion": {
                "AcceptableLeft": str(left), "AcceptableRight": str(left + wide - 1),
                "AcceptableTop": str(top), "AcceptableBottom": str(top + high - 1),
            },
            "CaptureStats": {"RawImageTotal": str(frames), "VolumeCF": repr(factor)},
        }
    )  # fmt: skip
    found = read_context(run.list.with_suffix(".ctx"), None)
    assert (found.start, found.pixel_um, found.dilution) == (start, scale, dilution)
    assert found.frames == frames and found.problems == ()
    # px² · µm²/px² · µm in µm³ a frame; 10¹² µm³ are 1 mL
    expected = wide * high * scale**2 * depth * frames * factor / 1e12
    assert (found.volume_ml or 0) == pytest.approx(expected, rel=1e-9)


@st.composite
def bodies(draw) -> Particle:
    """Draw a particle of one part or more, off the edge of its box, anywhere in the frame."""
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    bits = draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.zeros((height + 2, width + 2), bool)
    mask[1:-1, 1:-1] = np.array(bits).reshape(height, width)
    x, y = draw(st.integers(0, 3000)), draw(st.integers(0, 3000))
    return Particle(np.zeros(mask.shape, np.uint8), mask, x, y)


@MANY
@given(body=bodies())
def test_outlines_come_back_as_the_mask_they_were_drawn_around(folder, body):
    from skimage.measure import label

    lines = outlines_of(body)
    path = folder / "run.edg"
    path.write_text("".join(f"7,{len(chain)},{x},{y},{chain}\r\n" for x, y, chain in lines))
    found = read_outlines(path)
    assert not found.unreadable
    assert [(one.x, one.y, one.chain) for one in found.of.get(7, [])] == lines
    mask = enclosed(found.of.get(7, []), body.x, body.y, body.mask.shape)
    if not body.mask.any():
        assert mask is None
        return
    # By another library: the parts with their holes filled. What lies in a hole is inside.
    outside = label(~body.mask, connectivity=1)
    filled = outside != outside[0, 0]
    assert mask is not None and np.array_equal(mask, filled)
    for one, (_, _, chain) in zip(found.of[7], lines, strict=True):
        straight = sum(digit in "1357" for digit in chain)
        assert length(one) == pytest.approx(straight + (len(chain) - straight) * 2**0.5)


CLASSES = st.lists(
    st.tuples(WORD, st.lists(st.tuples(WORD, st.lists(WORD, max_size=2),
                                       st.lists(st.integers(0, 999_999_999), max_size=5)),
                             max_size=3)),
    max_size=3,
)  # fmt: skip


@MANY
@given(classifications=CLASSES)
def test_classifications_come_back(folder, classifications):
    lines = ["v3", str(len(classifications))]
    expected: dict[int, list[tuple[str, str]]] = {}
    for title, classes in classifications:
        lines += [title, str(len(classes))]
        for name, filters, ids in classes:
            lines += [name, "OR", str(len(filters)), *filters, str(len(ids)), *map(str, ids)]
            for identity in ids:
                expected.setdefault(identity, []).append((title, name))
    path = folder / "run.cla"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    assert read_classes(path) == expected


@st.composite
def bins(draw):
    """Draw the rows of a bin: images of any pixels, or triggers without one, and their places."""
    images, places = [], []
    for _ in range(draw(st.integers(0, 6))):
        width, height = draw(st.integers(1, 9)), draw(st.integers(1, 9))
        pixels = draw(st.binary(min_size=width * height, max_size=width * height))
        image = np.frombuffer(pixels, np.uint8).reshape(height, width)
        images.append(None if draw(st.integers(0, 4)) == 0 else image)
        # Far enough apart that no two boxes of the first instruments are one organism.
        places.append((draw(st.integers(0, 9)) + 20 * len(images), draw(st.integers(0, 1000))))
    return images, places


@FEW
@given(drawn=bins(), dialect=st.sampled_from("abc"), extra=st.integers(0, 2))
def test_a_bin_comes_back(folder, drawn, dialect, extra):
    images, places = drawn
    extra = 0 if dialect == "a" else extra
    written = write_bin(
        folder / f"bin-{dialect}", images, dialect=dialect, places=places, extra=extra
    )
    effort, found = read_bin(written.path, Reading())
    found = list(found)
    assert effort.listed == len(found) == len(written.images)
    assert all(isinstance(one, Roi) for one in found)
    assert [one.roi for one in found] == [f"{number:05d}" for number in written.images]
    for one, (number, image) in zip(found, written.images.items(), strict=True):
        assert np.array_equal(one.pixels, image)
        assert (one.x, one.y) == places[number - 1]
    starts = list(accumulate((image.size for image in written.images.values()), initial=0))
    if dialect != "a":
        assert [one.recorded["startByte"] for one in found] == starts[:-1]
    if images and dialect == "b":
        assert effort.volume_ml == pytest.approx(written.volume_ml)


@MANY
@given(
    values=st.dictionaries(WORD.filter(bool).filter(lambda word: word[0] != '"'), WORD, max_size=6),
    run=st.floats(1, 1200), blind=st.floats(0, 0.9),
)  # fmt: skip
def test_a_header_comes_back_and_the_volume_follows(folder, values, run, blind):
    said = {key.lower().strip(): value for key, value in values.items()}
    lines = [f"{key}: {value}" for key, value in values.items()]
    lines += [f"runTime: {run!r}", f"inhibitTime: {run * blind!r}"]
    path = folder / "bin.hdr"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    found = read_header(path)
    told = {key: found.values[key] for key in said if key not in ("runtime", "inhibittime")}
    assert told == {key: said[key] for key in told}
    # 0.25 mL a minute
    assert analysed(found, []).ml == pytest.approx(0.25 / 60 * (run - run * blind))


@MANY
@given(lines=st.lists(st.lists(st.integers(-5, 300).map(str), max_size=26).map(",".join)))
def test_rows_of_targets_are_numbered_and_none_is_lost(lines):
    found = parse_targets(lines).rows
    assert [row.number for row in found] == [*range(1, 1 + sum(bool(line) for line in lines))]
    assert all(row.width >= 0 and row.height >= 0 and row.end >= row.start >= 0 for row in found)
    assert all(not row.has_image for row in found if row.problem)


@MANY
@given(time=TIME, before=st.sampled_from(["", "img_", "a.b-"]), after=st.sampled_from(["", "_x"]))
def test_a_date_in_a_name_is_found(time, before, after):
    whole = time.replace(microsecond=0)
    for form in ("%Y%m%d_%H%M%S", "%Y%m%dT%H%M%S", "%Y-%m-%d_%H%M%S", "%Y-%m-%d %H:%M:%S"):
        assert date_in_name(f"{before}{whole:{form}}{after}") == whole, form
    for form in ("%Y%m%d", "%Y-%m-%d"):
        assert date_in_name(f"{before}{whole:{form}}{after}") == datetime(*whole.timetuple()[:3])
    since = whole - datetime(1970, 1, 1)
    if since >= timedelta(days=12_000):  # 13 and 16 digits
        assert date_in_name(f"{before}{since // timedelta(milliseconds=1)}{after}") == whole
        assert date_in_name(f"{before}{since // timedelta(microseconds=1)}{after}") == whole
    assert date_of_name(f"D{whole:%Y%m%dT%H%M%S}_IFCB013") == whole
    assert date_of_name(f"IFCB5_{whole:%Y_%j_%H%M%S}") == whole
    assert parse_datetime(whole.isoformat()) == whole
    assert parse_exif(f"{whole:%Y:%m:%d %H:%M:%S}") == whole


NAMES = st.one_of(st.text(max_size=60), st.from_regex(r"[\w/.-]{0,9}\d{4,16}[-_T:]?\d{0,6}\.?\w*"))


@MANY
@given(name=NAMES)
def test_any_name_tells_a_date_or_none(name):
    for look in (date_in_name, date_of_name):
        date = look(name)
        assert date is None or isinstance(date, datetime)
    for look in (clock_in_name, parse_exif, parse_datetime):
        try:
            date = look(name)
        except ValueError:  # BadClock too
            continue
        assert date is None or 1980 <= date.year <= 2100
    assert isinstance(is_no_day(name), bool)
    assert isinstance(instrument_of_name(name), int | None) and isinstance(is_bin_name(name), bool)
    assert is_image(name) <= (not is_archive(name))
    assert kind_of(name) in (None, "PNG", "JPEG", "TIFF")
    assert (kind_of(name) is not None) == is_image(name) or name.endswith("/")
    assert shown(name) == name
    try:
        require_inside(name)
    except Unusable as error:
        assert error.reason == "outside_root"
    else:
        assert not name.startswith("/") and ".." not in name.split("/")


PATTERNS = st.one_of(
    st.sampled_from(
        [
            r"(?P<year>\d{4})(?P<month>\w+)(?P<day>\d\d)?", r"(?P<epoch_s>\d+)?", r"img(\d+)?",
            r"(?P<year>\d*)(?P<month>\D*)(?P<day>.)", r"(.*)", r"(?P<epoch_us>-?\w*)",
        ]
    ),
    st.text("()[]{}?*+|^$\\dwP<>year,monthday0-9.", max_size=25),
)  # fmt: skip


@MANY
@given(pattern=PATTERNS, name=NAMES)
def test_any_pattern_is_refused_or_finds_a_date_or_none(pattern, name):
    try:
        check_pattern(pattern)
    except ValueError:
        return
    date = date_by(pattern, name)
    assert date is None or 1980 <= date.year <= 2100
    try:
        assert clock_by(pattern, name) == date
    except BadClock:
        assert date is None
