"""The server of the naming page: bytes of a connection are answered, and strangers change nothing.

No network: the bytes are given to the handler as the socket would. The secret is `TOKEN`, the
port `PORT`, which the seeds know. Each input meets a server whose journal is still empty.
"""

import io
import json
import re
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from naming_run import CLUSTERING, SIZES, write_run
from seston.label.api import Api
from seston.label.book import Book
from seston.label.gallery import Gallery
from seston.label.server import open_gallery
from seston.label.site import Visit
from seston.label.state import conflict, fold
from seston.label.tables import read_labels_table, read_names_table

TOKEN, PORT = "5d41c0e7b2a98f6314eac97083bd52f6", 8765
#: Whatever is asked, it is answered by one of these; 500 and 507 are faults of the machine.
ANSWERS = {200, 400, 403, 404, 408, 411, 413, 414, 415, 422, 431, 501, 505}
SECRET = b"what lies beside the pages is not theirs to show"
_HOST = f"Host: 127.0.0.1:{PORT}\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")


def seeds(folder: Path) -> Iterator[bytes]:
    """Yield requests as the page sends them, and some that it does not."""
    name = {"verb": "name", "cluster": 1, "name": "Dinobryon", "status": "validated"}
    label = {"verb": "label", "images": ["s1/0001"], "label": "x", "status": "dubious"}
    for actions in (name, [name | {"merged_into": 2, "aphia_id": 149619}, label],
                    {"verb": "seen", "cluster": 0, "page": 3}, {"verb": "unname", "cluster": 1},
                    {"verb": "undo", "of": "0" * 12}, [label | {"label": ""}, name]):  # fmt: skip
        yield _post(json.dumps(actions).encode())
    for path in ("", "data/a.csv", "api/journal", "api/members?cluster=2&order=random&page=1",
                 "api/near?cluster=1", "..%2fsettings.yaml", "/etc/hosts"):  # fmt: skip
        yield f"GET /{TOKEN}/{path} HTTP/1.1\r\n{_HOST}\r\n".encode()
    yield _post(b"[]") + f"GET /{TOKEN}/ HTTP/1.0\r\n{_HOST}\r\n".encode()
    yield f"POST /x/api/actions HTTP/1.1\r\n{_HOST}Content-Length: 2\r\n\r\n[]".encode()
    yield f"GET /{TOKEN}/ HTTP/1.1\r\nHost: evil.example\r\nOrigin: null\r\n\r\n".encode()


def _post(body: bytes) -> bytes:
    head = f"POST /{TOKEN}/api/actions HTTP/1.1\r\n{_HOST}Content-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def check(data: bytes, folder: Path) -> None:
    """Raise where the handler fails, shows what is not its own, or saves what it should not."""
    results, gallery = Path(_run()[0].name) / "results", _run()[1]
    names, labels = folder / "names.tsv", folder / "labels.tsv"
    with Book(CLUSTERING, len(SIZES), gallery.unknown, names, labels, "AB") as book:
        answered = _answered(data, Api(book, gallery), results / "report")
        statuses = _statuses(answered, b"HTTP/0" in data)
        assert statuses <= ANSWERS, f"answered {statuses - ANSWERS}"
        assert SECRET not in answered, "a file beside the pages was shown"
        if TOKEN[8:24].encode() not in data:
            assert 200 not in statuses and not book.actions, "a stranger was answered"
            assert TOKEN[8:24].encode() not in answered, "the secret was told"
        state = book.state
        assert not conflict(state) and fold(book.actions) == state
        if names.exists():
            found, clustering = read_names_table(names)
            assert clustering == CLUSTERING and len(found.rows) == len(state.names)
        if labels.exists():
            assert len(read_labels_table(labels).rows) == len(state.labels)
    _emptied(folder)


@cache
def _run() -> tuple[tempfile.TemporaryDirectory[str], Gallery]:
    folder = tempfile.TemporaryDirectory(prefix="seston-fuzz-")  # goes with the process
    results = Path(folder.name) / "results"
    write_run(results)
    (results / "settings.yaml").write_bytes(b'{"seed": 3} # ' + SECRET)
    (results / "report" / "label.py").write_bytes(SECRET)
    (results / "report" / "link.html").symlink_to(results / "settings.yaml")
    return folder, open_gallery(results)


def _answered(data: bytes, api: Api, folder: Path) -> bytes:
    """Return what the handler sends on a connection on which it hears these bytes."""
    sent = io.BytesIO()
    given = io.BytesIO(data)
    connection = SimpleNamespace(
        makefile=lambda *_: given,
        sendall=sent.write,
        settimeout=lambda _: None,
    )
    server = SimpleNamespace(api=api, folder=folder.resolve(), token=TOKEN, port=PORT)
    Visit(connection, ("127.0.0.1", 1), server)  # type: ignore[arg-type]
    return sent.getvalue()


def _statuses(answered: bytes, is_old: bool) -> set[int]:
    """Return the status of each answer; raise where they are not whole, one after the other."""
    found: set[int] = set()
    at = 0
    while at < len(answered):
        head = _STATUS.match(answered, at)
        if head is None and is_old:  # of HTTP/0.9, which knows none: the last on its connection
            return found
        assert head, "an answer without a head"
        if head[1] == b"100":  # go on: the answer is still to come
            at = head.end()
            continue
        found.add(int(head[1]))
        length = re.search(rb"\r\nContent-Length: (\d+)\r\n", b"\r\n" + head[2])
        assert length, "an answer of unknown length"
        at = head.end() + int(length[1])
    assert at == len(answered), "an answer that is cut off"
    return found


def _emptied(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
