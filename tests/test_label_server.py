"""`seston label`: it serves its own pages to those who know its secret, and saves what they do."""

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from naming_run import CLUSTERING, SIZES, write_run
from seston.errors import SestonError
from seston.label.api import Api
from seston.label.book import Book
from seston.label.server import label, open_gallery, other_tables
from seston.label.site import MOST_BODY, Site

DINO = {"verb": "name", "cluster": 1, "name": "Dinobryon", "aphia_id": None, "status": "validated"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    results = tmp_path_factory.mktemp("run") / "results"
    write_run(results)
    return results


@pytest.fixture
def served(run, tmp_path):
    """A server, and `ask` to ask it anything: (status, headers, body)."""
    gallery = open_gallery(run)
    names, labels = tmp_path / "names.tsv", tmp_path / "labels.tsv"
    with Book(CLUSTERING, len(SIZES), gallery.unknown, names, labels, "AB") as book:
        site = Site(Api(book, gallery), run / "report")
        thread = threading.Thread(target=site.serve_forever, args=(0.01,))
        thread.start()

        def ask(path, method="GET", body=None, token=site.token, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
            try:
                address = f"/{token}/{path}" if token is not None else path
                named = {key.replace("_", "-"): value for key, value in headers.items()}
                connection.request(method, address, body, named)
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()
            finally:
                connection.close()

        def post(actions, **headers):
            body = actions if isinstance(actions, bytes) else json.dumps(actions).encode()
            return ask(
                "api/actions", "POST", body, **({"Content_Type": JSON["Content-Type"]} | headers)
            )

        yield SimpleNamespace(site=site, book=book, ask=ask, post=post, folder=tmp_path)
        site.shutdown()
        thread.join()
        site.server_close()


def said(answer):
    return answer[0], json.loads(answer[2])


def test_the_page_and_its_files(served):
    status, headers, body = served.ask("")
    assert (status, body) == (200, b"<title>label</title>\n")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    status, headers, body = served.ask("data/a.csv?x=1")
    assert (status, body) == (200, b"a\n1\n") and headers["Content-Type"].startswith("text/csv")


def test_an_action_is_on_disk_when_it_is_answered(served):
    status, told = said(served.post(DINO))
    assert status == 200
    (action,) = told["actions"]
    assert action == DINO | {key: action[key] for key in ("id", "utc", "annotator")}
    assert action["annotator"] == "AB"
    journal = (served.folder / "names.journal.jsonl").read_text().splitlines()
    assert json.loads(journal[-1]) == action
    assert "\tDinobryon\t" in (served.folder / "names.tsv").read_text()
    status, journal = said(served.ask("api/journal"))
    assert journal == {
        "clustering": CLUSTERING,
        "annotator": "AB",
        "actions": [action],
        "names_file": str(served.folder / "names.tsv"),
        "labels_file": str(served.folder / "labels.tsv"),
    }


def test_what_the_page_sends_beside_an_action_is_not_believed(served):
    forged = DINO | {"id": "f" * 12, "utc": "1999-01-01T00:00:00Z", "annotator": "root", "x": 1}
    (action,) = said(served.post([forged]))[1]["actions"]
    assert action.keys() == DINO.keys() | {"id", "utc", "annotator"}
    assert action["annotator"] == "AB" and action["utc"] > "2026" and action["id"] != "f" * 12


def test_pages_of_images(served):
    status, page = said(served.ask("api/members?cluster=2&order=random&page=1"))
    assert (status, page["of"], len(page["images"]), page["size"]) == (200, 130, 64, 64)
    status, near = said(served.ask("api/near?cluster=1"))
    assert (status, near["of"]) == (200, 135)
    first = near["images"][0]
    served.post({"verb": "label", "images": [first["id"]], "label": "x", "status": "validated"})
    served.post([DINO, DINO | {"cluster": 2 - first["cluster"]}])
    status, left = said(served.ask("api/near?cluster=1"))
    assert first["id"] not in [image["id"] for image in left["images"]]
    assert {image["cluster"] for image in left["images"]} == {first["cluster"]}


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("api/members?cluster=3", 404, "cluster 3: expected 0 to 2"),
        ("api/members?cluster=-1", 400, "expected a whole number"),
        ("api/members?cluster=1&page=x", 400, "page 'x'"),
        ("api/members?cluster=1&order=best", 400, "order 'best'"),
        ("api/near", 400, "cluster ''"),
        ("api/other", 404, "no such question"),
        ("api/actions", 404, "no such question"),
    ],
)
def test_questions_that_make_no_sense(served, path, status, told):
    found, answer = said(served.ask(path))
    assert found == status and told in answer["error"]


@pytest.mark.parametrize(
    "path",
    ["../tables/cluster_names.tsv", "%2e%2e/tables/cluster_names.tsv", "..%2ftables/images.parquet",
     "data/../../settings.yaml", "/etc/hosts", "%2fetc%2fhosts", "data", "data/", "x\0.html",
     "secret.html", ".hidden.html/", "label.py", "other.html", "a" * 4000 + ".html"],
)  # fmt: skip
def test_nothing_but_the_files_of_the_pages_is_shown(served, run, tmp_path, path):
    link, target = run / "report" / "secret.html", tmp_path / "secret.html"
    target.write_text("secret")
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    (run / "report" / "label.py").write_text("secret")
    status, answer = said(served.ask(path.replace("\0", "%00")))
    assert status == 404 and "no such file" in answer["error"]


@pytest.mark.parametrize("token", ["", "0" * 32, "x", "%00"])
def test_strangers_without_the_secret_are_told_nothing(served, token):
    for path in ("", "api/journal", "data/a.csv"):
        assert served.ask(path, token=token)[0] == 403
    status, answer = said(served.ask("api/actions", "POST", b"[]", token=token))
    assert status == 403 and served.site.token not in answer["error"]
    assert served.ask("/", token=None)[0] == 403


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET /\xc3\xa9\xff/ HTTP/1.1", b" 403 Forbidden"),
        (b"GET * HTTP/1.1", b" 403 Forbidden"),
        (b"GET /\0/ HTTP/1.1", b" 403 Forbidden"),
        (b"GET http://[ HTTP/1.1", b" 400 Bad Request"),
    ],
)
def test_addresses_that_no_browser_sends(served, line, status):
    with socket.create_connection(("127.0.0.1", served.site.port), timeout=20) as connection:
        connection.sendall(line + b"\r\nHost: 127.0.0.1:%d\r\n\r\n" % served.site.port)
        assert status in connection.recv(100)


@pytest.mark.parametrize("line", [b"?", b"DELETE /", b"GET / HTTP/9", b"GET /" + b"a" * 70_000])
def test_what_is_no_request_is_answered_with_a_head(served, line):
    with socket.create_connection(("127.0.0.1", served.site.port), timeout=20) as connection:
        connection.sendall(line + b"\r\n\r\n")
        assert re.match(rb"HTTP/1\.1 (400|414|505) ", connection.recv(100))


@pytest.mark.parametrize(
    "body",
    [
        b'{"verb":"label","images":["\\ud800"],"label":"x"}',
        b'{"verb":"name","name":"\\udfff","cluster":1}',
    ],
)
def test_half_a_letter_is_refused(served, body):
    found, answer = said(served.post(body))
    assert found == 422 and served.book.actions == []
    assert "surrogate" in answer["error"] or "control character" in answer["error"]


def test_a_file_that_went_away_is_told(served, run, caplog):
    path = run / "index" / "index.faiss"
    path.rename(path.with_suffix(".away"))
    try:
        status, answer = said(served.ask("api/near?cluster=0"))
    finally:
        path.with_suffix(".away").rename(path)
    assert status == 500 and "index" in answer["error"]
    assert served.ask("api/near?cluster=0")[0] == 200


def test_the_secret_is_new_each_time_and_long(served):
    assert re.fullmatch("[0-9a-f]{32}", served.site.token)
    other = Site(served.site.api, served.folder)
    other.server_close()
    assert other.token != served.site.token and other.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", "", "[::1]"])
def test_no_other_name_points_here(served, host):
    assert served.ask("", Host=host)[0] == 403
    assert served.post(DINO, Host=host)[0] == 403
    assert served.book.actions == []


def test_its_own_names_are_answered(served):
    for name in ("localhost", "127.0.0.1"):
        assert served.ask("", Host=f"{name}:{served.site.port}")[0] == 200
        own = f"http://{name}:{served.site.port}"
        assert served.post({"verb": "seen", "cluster": 0}, Origin=own)[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost"])
def test_other_sites_cannot_act(served, origin):
    assert served.post(DINO, Origin=origin)[0] == 403
    assert served.post(DINO, Content_Type="text/plain")[0] == 415
    assert served.book.actions == []


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"{", 400, "not readable as JSON"),
        (b"[" * 100_000, 400, "not readable as JSON"),
        (b"\xff\xfe", 400, "not readable as JSON"),
        (b"3", 422, "expected an action"),
        (json.dumps(DINO | {"cluster": 7}).encode(), 422, "from 0 to 2"),
        (b"[[]]", 422, "expected an action"),
        (b" " * (MOST_BODY + 1), 413, f"expected {MOST_BODY} at most"),
    ],
)
def test_bodies_that_are_refused(served, body, status, told):
    found, answer = said(served.post(body))
    assert found == status and told in answer["error"]
    assert served.book.actions == []


def test_a_body_that_is_announced_too_large_is_not_waited_for(served):
    connection = http.client.HTTPConnection("127.0.0.1", served.site.port, timeout=20)
    for length, status in (("99999999999", 413), ("9" * 5000, 411), ("-1", 411), ("x", 411)):
        connection.putrequest("POST", f"/{served.site.token}/api/actions")
        connection.putheader("Content-Length", length)
        connection.endheaders()
        assert connection.getresponse().status == status
        connection.close()


def test_when_the_disk_is_full_the_page_is_told_that_nothing_was_saved(served, monkeypatch):
    def full(file, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("seston.label.journal.os.write", full)
        status, answer = said(served.post(DINO))
    assert (status, answer["error"]) == (507, "nothing was saved: No space left on device")
    assert served.book.actions == []
    assert served.post(DINO)[0] == 200


def test_many_at_once_are_all_saved(served):
    def work(cluster):
        for number in range(8):
            assert served.post(DINO | {"cluster": cluster, "name": f"taxon {number}"})[0] == 200

    threads = [threading.Thread(target=work, args=(cluster,)) for cluster in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = (served.folder / "names.journal.jsonl").read_text().splitlines()
    assert len(lines) == 25 and len({json.loads(line)["id"] for line in lines[1:]}) == 24


def start(run, folder, *more):
    command = [sys.executable, "-m", "seston", "label", run, *more]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_from_the_command_line(run, tmp_path):
    process = start(run, tmp_path, "--annotator", " Anna  B")
    try:
        line = process.stdout.readline()
        port, token = re.search(r"http://127\.0\.0\.1:(\d+)/([0-9a-f]{32})/$", line).groups()
        ssh = process.stdout.readline() + process.stdout.readline()
        assert re.search(rf"ssh -N -L {port}:127\.0\.0\.1:{port} \S+@\S+\n", ssh)
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
        connection.request("POST", f"/{token}/api/actions", json.dumps(DINO), JSON)
        answer = json.loads(connection.getresponse().read())
        assert answer["actions"][0]["annotator"] == "Anna B"
        connection.close()
        second = start(run, tmp_path)
        told = second.communicate(timeout=30)[1]
        assert second.returncode == 2 and "in use by another `seston label`" in told
    finally:
        process.send_signal(signal.SIGTERM)
        told = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert "1 of 3 clusters have a name, 0 images a label" in told
    assert f"set cluster.names to {tmp_path / 'cluster_names.tsv'}" in told
    assert token not in told and "labels.file" not in told
    assert (tmp_path / "cluster_names.journal.jsonl").read_text().endswith('Z"}\n')


def test_tables_stay_out_of_the_results(run, tmp_path):
    with pytest.raises(SestonError, match="give a place outside of them"):
        label(run, names=run / "tables" / "cluster_names.tsv")
    with pytest.raises(SestonError, match="give two places"):
        label(run, names=tmp_path / "a.tsv", labels=tmp_path / "a.tsv")


def test_a_folder_without_a_finished_run(run, tmp_path):
    with pytest.raises(SestonError, match=r"label\.html: file not found; give the results folder"):
        label(tmp_path, names=tmp_path.parent / "a.tsv", labels=tmp_path.parent / "b.tsv")
    part = shutil.copytree(run, tmp_path / "results", symlinks=True)
    for name, told in (("settings.yaml", "No such file"), ("chosen_model.txt", "No such file")):
        (part / name).unlink()
        with pytest.raises(SestonError, match=told):
            label(part, names=tmp_path / "a.tsv", labels=tmp_path / "b.tsv")


def test_tables_that_the_run_read_are_told_if_they_are_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = tmp_path / "settings.yaml"
    settings.write_text('{"cluster": {"names": "mine.tsv"}, "labels": {"file": "labels.tsv"}}')
    (told,) = other_tables(settings, tmp_path / "cluster_names.tsv", tmp_path / "labels.tsv")
    assert "the run read mine.tsv" in told and told.endswith("start with --names mine.tsv")
    settings.write_text('{"cluster": {"names": ""}, "seed": 3}')
    assert other_tables(settings, tmp_path / "a.tsv", tmp_path / "b.tsv") == []
    settings.write_text('{"labels": {"file": ["labels.tsv", "more.tsv"]}}')
    assert other_tables(settings, tmp_path / "a.tsv", tmp_path / "labels.tsv") == []
    told = other_tables(settings, tmp_path / "a.tsv", tmp_path / "b.tsv")
    assert [line.rpartition(" ")[2] for line in told] == ["labels.tsv", "more.tsv"]


def test_a_port_that_is_taken(served, run, tmp_path):
    given = {"names": tmp_path / "a.tsv", "labels": tmp_path / "b.tsv"}
    for port in (served.site.port, 70000):
        with pytest.raises(SestonError, match=rf"port {port} of this machine cannot be used"):
            label(run, port=port, **given)
