"""Archives of crops: read as a folder is, and refused where they are not to be trusted."""

import gzip
import io
import random
import resource
import stat
import tarfile
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from seston.errors import SestonError
from seston.instruments import archives
from seston.instruments.unusable import Unusable
from synthetic.images import encoded, patch_zip, picture, write_archive

KINDS = ("zip", "tar", "tar.gz", "tgz")
GOOD = {"good.png": encoded(picture(), "png"), "a/é ü.png": encoded(picture(seed=1), "png")}


def contents(path, most_bytes=10**7):
    """Name and content, or the reason why not, of everything in an archive."""
    found = []
    for name, content in archives.members(path, most_bytes):
        try:
            found.append((name, content()))
        except Unusable as error:
            found.append((name, error.reason))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_members_are_read_in_place(tmp_path, kind):
    path = write_archive(tmp_path / f"crops.{kind}", GOOD)
    archives.check(path)
    assert contents(path) == [*GOOD.items()]
    assert [name for name, _ in archives.members(path)] == [*GOOD]  # content not asked for
    assert [*tmp_path.iterdir()] == [path]


def test_what_an_archive_is_its_content_says(tmp_path):
    for kind, other in (("zip", "tgz"), ("tgz", "zip"), ("tar", "tgz")):
        write_archive(tmp_path / f"x.{kind}", GOOD).rename(tmp_path / f"y.{other}")
        assert contents(tmp_path / f"y.{other}") == [*GOOD.items()]


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_names_that_lead_out_are_refused(tmp_path, kind):
    evil = ["../evil.png", "/tmp/evil.png", "a/../../evil.png", "C:/evil.png", "a/.."]
    evil += [r"..\evil.png", r"C:\evil.png"] if kind == "zip" else []
    path = write_archive(tmp_path / f"x.{kind}", {name: b"x" for name in evil} | GOOD)
    *refused, first, second = contents(path)
    assert [name for name, _ in refused] == [name.replace("\\", "/") for name in evil]
    assert {reason for _, reason in refused} == {"outside_root"}
    assert [first, second] == [*GOOD.items()]
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_of_two_members_of_one_name_the_first_is_used(tmp_path, kind):
    path = write_archive(
        tmp_path / f"x.{kind}", [("a.png", b"1"), ("./a.png", b"2"), ("b//c", b"3")]
    )
    assert contents(path) == [("a.png", b"1"), ("a.png", "duplicate_name"), ("b/c", b"3")]


def test_windows_parts_folders_of_a_zip_by_backslashes(tmp_path):
    assert contents(write_archive(tmp_path / "x.zip", {"a\\b.png": b"1"})) == [("a/b.png", b"1")]


def test_a_name_that_is_not_utf8(tmp_path):
    path = write_archive(tmp_path / "x.tar", {"caf\udce9.png": b"1"})
    assert contents(path) == [("caf\\xe9.png", "bad_name")]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_links_and_devices_in_a_tar_are_no_crops(tmp_path, mode):
    path = tmp_path / "x.tar"
    kinds = {"sym": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "fifo": tarfile.FIFOTYPE,
             "char": tarfile.CHRTYPE, "block": tarfile.BLKTYPE}  # fmt: skip
    with tarfile.open(path, mode) as archive:
        for name, kind in kinds.items():
            info = tarfile.TarInfo(f"{name}.png")
            info.type, info.linkname = kind, "/etc/passwd" if name == "sym" else "good.png"
            archive.addfile(info)
        folder = tarfile.TarInfo("folder.png")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        info = tarfile.TarInfo("good.png")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"good"))
    *refused, last = contents(path)
    assert refused == [(f"{name}.png", "unreadable") for name in kinds]
    assert last == ("good.png", b"good")


def test_a_link_in_a_zip_is_no_crop(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("link.png")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
        archive.writestr("folder/", "")
    assert contents(path) == [("link.png", "unreadable")]


def test_an_encrypted_member(tmp_path):
    path = write_archive(tmp_path / "x.zip", GOOD)
    patch_zip(path, "good.png", flags=1)
    (_, reason), second = contents(path)
    assert reason == "encrypted" and second == ("a/é ü.png", GOOD["a/é ü.png"])


def test_a_method_that_cannot_be_bounded(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.png", bytes(100))
    assert contents(tmp_path / "x.zip") == [("a.png", "unreadable")]


def test_a_member_that_swells_is_not_unpacked(tmp_path):
    path = write_archive(tmp_path / "x.zip", {"bomb.png": bytes(50_000_000)} | GOOD)
    tracemalloc.start()
    found = contents(path, most_bytes=10**9)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert found == [("bomb.png", "bomb"), *GOOD.items()]
    small = write_archive(tmp_path / "small.zip", {"mask.tif": bytes(900_000)})
    assert contents(small) == [("mask.tif", bytes(900_000))]  # 0.9 MB harm nobody


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_a_member_larger_than_any_image(tmp_path, kind):
    big = random.Random(0).randbytes(3_000_000)
    path = write_archive(tmp_path / f"x.{kind}", {"big.png": big} | GOOD)
    assert contents(path, most_bytes=len(big) - 1) == [("big.png", "too_large"), *GOOD.items()]
    assert contents(path, most_bytes=len(big))[0] == ("big.png", big)


def test_a_header_that_lies_about_the_size(tmp_path):
    path = write_archive(tmp_path / "x.zip", {"liar.png": bytes(50_000_000)} | GOOD)
    patch_zip(path, "liar.png", size=1000)
    tracemalloc.start()
    found = contents(path)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert found == [("liar.png", "corrupt"), *GOOD.items()]


def test_members_that_share_their_bytes(tmp_path):
    path = write_archive(tmp_path / "x.zip", GOOD)
    with zipfile.ZipFile(path, "a") as archive:
        archive.filelist += archive.filelist[:1] * 50
        archive.comment = b"so that the index is written again"
    with pytest.raises(SestonError, match=r"x\.zip: files in the zip archive overlap"):
        contents(path)


def test_a_gzipped_tar_that_swells_is_refused_as_a_whole(tmp_path):
    path = write_archive(tmp_path / "x.tgz", {"a.png": bytes(300_000_000)} | GOOD)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SestonError, match=r"x\.tgz: .*unpacks to more than 100 times its size"):
        contents(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KiB


def test_headers_of_a_tar_are_bounded_too(tmp_path):
    """A pax header of 20 MB; one with a size below 0, which sends readers in circles."""
    name = tarfile.TarInfo("a.png")
    name.pax_headers = {"comment": "x" * 20_000_000}
    (tmp_path / "pax.tar").write_bytes(name.tobuf(tarfile.PAX_FORMAT) + bytes(1024))
    with pytest.raises(SestonError, match="a header of 20,"):
        contents(tmp_path / "pax.tar")
    info = tarfile.TarInfo("a.png")
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + b"\xfe\x00"  # -512, base 256
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "back.tar").write_bytes(info.tobuf() + bytes(header) + bytes(1024))
    with pytest.raises(SestonError, match="point backwards"):
        contents(tmp_path / "back.tar")


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
@pytest.mark.parametrize("left", [0.1, 0.5, 0.8, "last blocks"])
def test_a_truncated_archive_is_refused(tmp_path, kind, left):
    files = {f"{number}.png": encoded(picture(seed=number), "png") for number in range(30)}
    path = write_archive(tmp_path / f"x.{kind}", files)
    data = path.read_bytes()
    if left == "last blocks":
        if kind == "tgz":  # cut the tar, then zip what is left
            data = gzip.compress(gzip.decompress(data).rstrip(b"\0"))
        else:
            data = data.rstrip(b"\0") if kind == "tar" else data[:-10]
    else:
        data = data[: int(len(data) * left)]
    path.write_bytes(data)
    with pytest.raises(SestonError, match=rf"x\.{kind}: .*copy it again"):
        archives.check(path)
        contents(path)


def test_a_damaged_member_of_a_zip_is_one_bad_crop(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, data in GOOD.items():
            archive.writestr(name, data)
    data = (tmp_path / "x.zip").read_bytes().replace(GOOD["good.png"], b"?" * len(GOOD["good.png"]))
    (tmp_path / "x.zip").write_bytes(data)
    assert [reason for _, reason in contents(tmp_path / "x.zip")] == ["corrupt", GOOD["a/é ü.png"]]


def test_a_damaged_gzip_is_refused(tmp_path):
    path = write_archive(tmp_path / "x.tgz", GOOD)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(SestonError, match="cannot be used as a tar archive"):
        contents(path)


@pytest.mark.parametrize("data", [b"", b"no archive at all" * 99, zlib.compress(b"x"), b"PK\3\4"])
@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_what_is_no_archive(tmp_path, kind, data):
    path = tmp_path / f"x.{kind}"
    path.write_bytes(data)
    with pytest.raises(SestonError, match=rf"x\.{kind}"):
        archives.check(path)


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_damage_anywhere_is_told(tmp_path, kind):
    """Whatever bytes are changed: an error of ours, a reason, or another name; never a crash."""
    whole = write_archive(tmp_path / f"x.{kind}", GOOD).read_bytes()
    chance = random.Random(kind)
    told = 0
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.choice((0, 0xFF, chance.randrange(256)))
        (tmp_path / "y").write_bytes(data)
        try:
            archives.check(tmp_path / "y")
            told += contents(tmp_path / "y") != [*GOOD.items()]
        except SestonError:
            told += 1
    assert told > 100


def test_too_many_members(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    path = write_archive(tmp_path / "x.zip", {f"{number}.png": b"" for number in range(4)})
    with pytest.raises(SestonError, match="more than 3 files in it; part it"):
        contents(path)


@pytest.mark.parametrize("kind", ["zip", "tar", "tgz"])
def test_an_empty_archive(tmp_path, kind):
    assert contents(write_archive(tmp_path / f"x.{kind}", {})) == []


def test_a_picture_that_is_nearly_all_black_is_no_bomb(tmp_path):
    black = io.BytesIO()
    Image.fromarray(np.pad(np.full((20, 20), 200, np.uint8), 700)).save(black, "tiff")
    for name in ("x.zip", "x.tgz"):
        path = write_archive(tmp_path / name, {"a.tif": black.getvalue()})
        assert path.stat().st_size * 100 < len(black.getvalue())
        assert [name for name, _ in archives.members(path)] == ["a.tif"]
