"""The journal and the two tables: whatever happens between them, nothing is lost."""

import errno
import fcntl
import json
import signal
import subprocess
import sys

import pytest

from naming_run import CLUSTERING, write_names
from seston.errors import SestonError
from seston.label import book as book_module
from seston.label.actions import Refused
from seston.label.book import Book
from seston.labels.table import read_labels
from seston.naming.names import read_names

K = 3
KNOWN = {f"s/{number}" for number in range(9)}
DINO = {"verb": "name", "cluster": 1, "name": "Dinobryon", "aphia_id": None, "status": "validated"}
LABEL = {"verb": "label", "images": ["s/1", "s/0"], "label": "Ceratium", "status": "validated"}


def unknown(images):
    return [image for image in images if image not in KNOWN]


def open_book(folder, annotator="AB", clustering=CLUSTERING, names="names.tsv", **more):
    given = {"labels": folder / "labels.tsv"} | more
    return Book(clustering, K, unknown, folder / names, annotator=annotator, **given)


def named(folder):
    return {row.cluster: row.name for row in read_names(folder / "names.tsv").rows}


def cells(path):
    return [line.split("\t") for line in path.read_text().splitlines()[1:]]


def test_both_tables_and_the_journal_say_what_was_done(tmp_path):
    with open_book(tmp_path) as book:
        (first,) = book.save([DINO])
        book.save([LABEL, DINO | {"cluster": 0, "name": "  junk\u200b "}])
    assert first.keys() == {"id", "utc", "annotator", *DINO} and len(first["id"]) == 12
    utc = first["utc"]
    assert cells(tmp_path / "names.tsv") == [
        [CLUSTERING, "0", "junk", "", "validated", "AB", book.actions[2]["utc"]],
        [CLUSTERING, "1", "Dinobryon", "", "validated", "AB", utc],
    ]
    assert read_labels(tmp_path / "labels.tsv") == {"s/0": "Ceratium", "s/1": "Ceratium"}
    header, one, two, closed = (tmp_path / "names.journal.jsonl").read_text().splitlines()
    assert json.loads(header) == {"kind": "journal", "format": 1, "clustering": CLUSTERING}
    assert [json.loads(one), *json.loads(two)] == book.actions
    assert json.loads(closed).keys() == {"closed"}


def test_the_next_server_goes_on_and_undoes(tmp_path):
    with open_book(tmp_path) as book:
        (first,) = book.save([DINO])
        (second,) = book.save([LABEL])
    with open_book(tmp_path, "CD") as book:
        assert book.actions == [first, second]
        book.save([{"verb": "undo", "of": first["id"]}, LABEL | {"label": "Daphnia"}])
        with pytest.raises(Refused, match="undone already"):
            book.save([{"verb": "undo", "of": first["id"]}])
    assert named(tmp_path) == {}
    rows = [row[:4] for row in cells(tmp_path / "labels.tsv")]
    assert rows == [
        [image, label, "validated", who]
        for image in ("s/0", "s/1")
        for label, who in (("Ceratium", "AB"), ("Daphnia", "CD"))
    ]
    with pytest.raises(SestonError, match="2 images on which annotators disagree"):
        read_labels(tmp_path / "labels.tsv")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (DINO | {"cluster": 3}, "from 0 to 2"),
        (DINO | {"cluster": True}, "from 0 to 2"),
        (DINO | {"name": " \u200b\n"}, "is empty"),
        (DINO | {"name": "cluster 2"}, "clusters without a name are called so"),
        (DINO | {"name": "a\0b"}, "control character"),
        (DINO | {"name": "a\ud800b"}, "control character"),
        (DINO | {"name": "x" * 201}, "200 at most"),
        (DINO | {"aphia_id": "5"}, "the number of the taxon"),
        (DINO | {"status": "sure"}, "expected one of predicted, validated, dubious"),
        (DINO | {"status": ["validated"]}, "expected one of predicted"),
        (LABEL | {"images": ["s/1", "t/1"]}, "1 images are not of this run, such as 't/1'"),
        (LABEL | {"images": []}, "at least one"),
        (LABEL | {"label": 5}, "expected text"),
        ({"verb": "seen", "cluster": 0, "page": -1}, "page '-1'"),
        ({"verb": "undo", "of": "0" * 12}, "is not there"),
        ({"verb": "undo", "of": "1"}, "12 hex digits"),
        ({"verb": "drop"}, "expected one of name"),
        ({"verb": ["name"]}, "expected one of name"),
        ("name", "expected an action"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_of_its_list_is_saved(tmp_path, wrong, told):
    with open_book(tmp_path) as book:
        with pytest.raises(Refused, match=told):
            book.save([DINO, wrong])
        assert book.actions == [] and not book.state.names
    assert not (tmp_path / "names.tsv").exists() and not (tmp_path / "labels.tsv").exists()


def test_names_that_the_workflow_would_refuse_are_refused_at_once(tmp_path):
    with open_book(tmp_path) as book:
        book.save([DINO | {"aphia_id": 5}])
        with pytest.raises(Refused, match="write a name in one way"):
            book.save([DINO | {"cluster": 2, "name": "dinobryon"}])
        with pytest.raises(Refused, match="one name is one taxon"):
            book.save([DINO | {"cluster": 2, "aphia_id": 6}])
        book.save([DINO | {"aphia_id": 6}, DINO | {"cluster": 2, "aphia_id": 6}])
        book.save([DINO | {"cluster": 0}])
    assert [row.aphia_id for row in read_names(tmp_path / "names.tsv").rows] == [6, 6, 6]


def test_tables_that_are_there_are_gone_on_with(tmp_path):
    (tmp_path / "names.tsv").write_text(
        f"clustering\tcluster\tname\tremark\n{CLUSTERING[:8]}\t2\tKeratella\tspiny\n"
        f"{CLUSTERING[:8]}\t0\t\tlook again\n"
    )
    (tmp_path / "labels.tsv").write_text("image_id\tlabel\tday\ns/1\tNA\t3\nother/1\tx\t\n")
    was = (tmp_path / "names.tsv").read_bytes()
    with open_book(tmp_path) as book:
        book.save([DINO])
    assert [row[1:] for row in cells(tmp_path / "names.tsv")] == [
        ["0", "", "", "", "", "", "look again"],
        ["1", "Dinobryon", "", "validated", "AB", book.actions[-1]["utc"], ""],
        ["2", "Keratella", "", "validated", "", "", "spiny"],
    ]
    assert (tmp_path / "names.before-1.tsv").read_bytes() == was
    with open_book(tmp_path) as book:
        assert len(book.actions) == 4
    assert not (tmp_path / "names.before-2.tsv").exists()


def test_labels_that_are_there_change_by_no_byte_before_one_is_given(tmp_path):
    """The workflow goes by their digest: naming alone must not make it evaluate anew."""
    was = b"image_id\tlabel\tday\ns/1\tNA\t3\nother/1\tx\t\n"
    (tmp_path / "labels.tsv").write_bytes(was)
    for _ in range(2):  # as somebody else's, then with a journal that knows them
        with open_book(tmp_path) as book:
            book.save([DINO])
        assert (tmp_path / "labels.tsv").read_bytes() == was
    assert not (tmp_path / "labels.before-1.tsv").exists()
    with open_book(tmp_path) as book:
        book.save([LABEL | {"images": ["s/1"]}])
    assert cells(tmp_path / "labels.tsv") == [
        ["other/1", "x", "validated", "", "", ""],
        ["s/1", "NA", "validated", "", "", "3"],
        ["s/1", "Ceratium", "validated", "AB", book.actions[-1]["utc"], ""],
    ]
    assert (tmp_path / "labels.before-1.tsv").read_bytes() == was


def test_without_names_of_its_own_it_begins_with_those_of_the_run(tmp_path):
    first = write_names(tmp_path / "run.tsv", {2: "Keratella"})
    with open_book(tmp_path, first=first) as book:
        assert [row[:3] for row in cells(tmp_path / "names.tsv")] == [
            [CLUSTERING, "2", "Keratella"]
        ]
        assert book.actions[0]["annotator"] == "AB" and book.actions[0]["utc"] == "2026-05-22"
        book.save([{"verb": "unname", "cluster": 2}])
    with open_book(tmp_path, first=first):
        assert named(tmp_path) == {}


@pytest.mark.parametrize("live", [True, False], ids=["while it runs", "between two runs"])
def test_what_people_write_into_the_tables_is_taken_over(tmp_path, live):
    book = open_book(tmp_path)
    book.save([DINO, DINO | {"cluster": 0, "name": "junk"}])
    book.save([LABEL])
    if not live:
        book.__exit__(None, None, None)
    names = tmp_path / "names.tsv"
    kept = [line for line in names.read_text().splitlines() if "\tjunk\t" not in line]
    names.write_text("\r\n".join([*kept, f"{CLUSTERING}\t2\tNauplius\t\t\tCD\t2026-05-22"]))
    labels = tmp_path / "labels.tsv"
    labels.write_text(labels.read_text().replace("s/1\tCeratium", "s/1\tDaphnia"))
    if not live:
        book = open_book(tmp_path)
    with book:
        book.save([{"verb": "seen", "cluster": 0}])
        assert named(tmp_path) == {1: "Dinobryon", 2: "Nauplius"}
        assert [row[1] for row in cells(labels)] == ["Ceratium", "Daphnia"]
        verbs = [action["verb"] for action in book.actions]
        assert verbs == ["name", "name", "label", "unname", "name", "label", "seen"]
        assert book.actions[4]["annotator"] == "CD"


def test_what_was_done_last_can_be_taken_out_of_a_table_by_hand(tmp_path):
    with open_book(tmp_path) as book:
        book.save([DINO | {"cluster": 0}])
        book.save([DINO])
    names = tmp_path / "names.tsv"
    names.write_text("".join(names.read_text().splitlines(keepends=True)[:2]))
    with open_book(tmp_path):
        assert named(tmp_path) == {0: "Dinobryon"}


def test_a_table_that_became_unreadable_is_not_written_over(tmp_path):
    with open_book(tmp_path) as book:
        book.save([DINO])
        broken = (tmp_path / "names.tsv").read_text().replace("validated", "sure")
        (tmp_path / "names.tsv").write_text(broken)
        for _ in range(2):
            with pytest.raises(SestonError, match="line 2: status 'sure'"):
                book.save([DINO | {"name": "junk"}])
        assert (tmp_path / "names.tsv").read_text() == broken
        (tmp_path / "names.tsv").write_text(broken.replace("sure", "dubious"))
        book.save([LABEL])
        assert [row[4] for row in cells(tmp_path / "names.tsv")] == ["dubious"]


def test_what_one_table_says_waits_until_the_other_is_readable(tmp_path):
    names, labels = tmp_path / "names.tsv", tmp_path / "labels.tsv"
    with open_book(tmp_path) as book:
        book.save([DINO, LABEL])
        names.write_text(names.read_text().replace("Dinobryon", "Keratella"))
        whole = labels.read_text()
        labels.write_text(whole.replace("validated", "sure"))
        for act in (book.current, lambda: book.save([{"verb": "seen", "cluster": 0}])):
            with pytest.raises(SestonError, match="status 'sure'"):
                act()
        labels.write_text(whole)
        assert [action["verb"] for action in book.current()] == ["name", "label", "name"]
        book.save([{"verb": "seen", "cluster": 0}])
        assert named(tmp_path) == {1: "Keratella"}


def test_tables_that_were_deleted_are_made_again(tmp_path):
    with open_book(tmp_path) as book:
        book.save([DINO, LABEL])
        (tmp_path / "labels.tsv").unlink()
        book.save([{"verb": "seen", "cluster": 0}])
        assert len(cells(tmp_path / "labels.tsv")) == 2
    (tmp_path / "names.tsv").unlink()
    with open_book(tmp_path):
        assert named(tmp_path) == {1: "Dinobryon"}


KILLED = """
import os, signal, sys
from pathlib import Path
from seston.label import book
from test_label_book import DINO, LABEL, open_book

folder = Path(sys.argv[1])
with open_book(folder) as one:
    one.save([DINO, LABEL])
    def killed(texts):
        os.kill(os.getpid(), signal.SIGKILL)
    book.write_all = killed
    one.save([DINO | {"name": "Keratella"}, LABEL | {"images": ["s/2"]}])
"""


def test_killed_between_journal_and_tables_the_next_start_repairs_them(tmp_path):
    code = subprocess.run([sys.executable, "-c", KILLED, tmp_path], cwd=__file__.rpartition("/")[0])
    assert code.returncode == -signal.SIGKILL
    assert named(tmp_path) == {1: "Dinobryon"} and len(cells(tmp_path / "labels.tsv")) == 2
    with open_book(tmp_path) as book:
        assert len(book.actions) == 4
        assert named(tmp_path) == {1: "Keratella"} and len(cells(tmp_path / "labels.tsv")) == 3


def test_a_line_that_was_not_saved_whole_is_left_out(tmp_path):
    with open_book(tmp_path) as book:
        book.save([DINO])
    journal = tmp_path / "names.journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"id":"0000')
    with open_book(tmp_path) as book:
        assert len(book.actions) == 1
        assert journal.read_bytes() == whole


@pytest.mark.parametrize(
    ("line", "bad"),
    [(1, b"{}"), (1, b'{"kind":"journal","format":9}'), (2, b"?"), (2, b'{"verb":"name"}'),
     (2, b"[1]"), (2, b'{"verb":[]}')],
)  # fmt: skip
def test_a_damaged_journal_is_told_with_its_line(tmp_path, line, bad):
    with open_book(tmp_path) as book:
        book.save([DINO])
    journal = tmp_path / "names.journal.jsonl"
    lines = journal.read_bytes().splitlines()
    lines[line - 1] = bad
    journal.write_bytes(b"\n".join(lines) + b"\n")
    told = "format 9" if b"9" in bad else f"line {line}: no action"
    with pytest.raises(SestonError, match=told):
        open_book(tmp_path)


def test_names_or_a_journal_of_another_clustering_are_refused(tmp_path):
    write_names(tmp_path / "names.tsv", {0: "junk"})
    with pytest.raises(SestonError, match=r"found names of clustering c1c1(?s:.*)seston rename"):
        open_book(tmp_path, clustering="d2" * 32)
    assert [one.name for one in tmp_path.iterdir()] == ["names.tsv"]  # no journal of that one
    with open_book(tmp_path):
        pass
    with pytest.raises(
        SestonError, match=r"journal\.jsonl is of clustering c1(?s:.*)another place"
    ):
        open_book(tmp_path, clustering="d2" * 32)


def test_a_name_of_a_cluster_that_is_not_there_is_refused(tmp_path):
    text = f"clustering\tcluster\tname\n{CLUSTERING}\t3\tx\n"
    (tmp_path / "names.tsv").write_text(text)
    with pytest.raises(SestonError, match="cluster 3, expected 0 to 2"):
        open_book(tmp_path)


def test_where_nothing_was_said_nothing_is_left(tmp_path):
    with open_book(tmp_path) as book:
        assert (tmp_path / "names.journal.jsonl").exists()  # others are to see that it is in use
        with pytest.raises(Refused):
            book.save([DINO | {"cluster": K}])
    assert list(tmp_path.iterdir()) == []
    with open_book(tmp_path) as book:
        book.save([DINO])
    assert {one.name for one in tmp_path.iterdir()} == {"names.tsv", "names.journal.jsonl"}


def test_a_file_that_another_server_removes_at_its_end_is_not_taken_for_locked(
    tmp_path, monkeypatch
):
    path, flock, ended = tmp_path / "names.journal.jsonl", fcntl.flock, []

    def after_the_other_one_ended(file, how):
        if not ended:
            ended.append(file)
            path.unlink()
        flock(file, how)

    monkeypatch.setattr("seston.label.locks.fcntl.flock", after_the_other_one_ended)
    with open_book(tmp_path) as book:
        book.save([DINO])
        assert len(path.read_text().splitlines()) == 2
        with pytest.raises(SestonError, match="is in use by another"):
            open_book(tmp_path)


def test_two_servers_never_share_a_table(tmp_path):
    with open_book(tmp_path):
        with pytest.raises(SestonError, match=r"names\.journal\.jsonl is in use by another"):
            open_book(tmp_path)
        with pytest.raises(SestonError, match=r"\.labels\.tsv\.lock is in use by another"):
            open_book(tmp_path, names="mine.tsv")
        with open_book(tmp_path, names="mine.tsv", labels=tmp_path / "mine_labels.tsv"):
            pass
    with open_book(tmp_path):
        pass


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch, caplog):
    def refuse(why):
        def flock(file, how):
            raise OSError(why, "no")

        monkeypatch.setattr("seston.label.locks.fcntl.flock", flock)

    refuse(errno.ENOLCK)
    with open_book(tmp_path) as book:
        book.save([DINO])
    assert "names.journal.jsonl: no locks on this file system" in caplog.text
    refuse(errno.EIO)
    with pytest.raises(SestonError, match=r"names\.journal\.jsonl: cannot be locked"):
        open_book(tmp_path)


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "names.journal.jsonl").mkdir()
    with pytest.raises(SestonError, match=r"journal\.jsonl: cannot be written \(Is a directory\)"):
        open_book(tmp_path)


FULL = """
import json, resource, sys
from pathlib import Path
from test_label_book import DINO, LABEL, open_book

with open_book(Path(sys.argv[1])) as book:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    for number in range(99):
        try:
            book.save([DINO | {"name": f"taxon {number}"}])
        except OSError as error:
            print(error.errno)
            break
    print(len(book.actions), [row.name for row in book.state.names.values()])
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    book.save([LABEL])
"""


@pytest.mark.parametrize("most", [600, 777])
def test_a_file_that_can_grow_no_more_leaves_all_as_it_was(tmp_path, most):
    command = [sys.executable, "-c", FULL, tmp_path, str(most)]
    run = subprocess.run(command, cwd=__file__.rpartition("/")[0], capture_output=True, text=True)
    why, state = run.stdout.splitlines()
    count = int(state.split()[0])
    assert int(why) == errno.EFBIG and state == f"{count} ['taxon {count - 1}']" and count > 1
    with open_book(tmp_path) as book:
        assert len(book.actions) == count + 1
    assert named(tmp_path) == {1: f"taxon {count - 1}"}


def test_a_table_that_cannot_be_written_takes_the_action_back(tmp_path, monkeypatch):
    def full(texts):
        raise OSError(errno.ENOSPC, "No space left on device")

    with open_book(tmp_path) as book:
        book.save([DINO])
        before = (tmp_path / "names.journal.jsonl").read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(book_module, "write_all", full)
            with pytest.raises(OSError, match="No space"):
                book.save([DINO | {"name": "junk"}, LABEL])
        assert (tmp_path / "names.journal.jsonl").read_bytes() == before
        assert book.state.names[1].name == "Dinobryon" and len(book.actions) == 1
        book.save([LABEL])
    assert named(tmp_path) == {1: "Dinobryon"}
