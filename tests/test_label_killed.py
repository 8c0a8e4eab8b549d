"""Fault case 57: the labelling server under 1,000 posts, and killed in the midst of them."""

import http.client
import json
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from naming_run import CLUSTERING, SIZES, write_run
from seston.label.api import Api
from seston.label.book import Book
from seston.label.server import open_gallery
from seston.label.site import Site

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    results = tmp_path_factory.mktemp("run") / "results"
    write_run(results)
    return results


def named(number: int) -> str:
    action = {"verb": "name", "cluster": number % 3, "name": f"taxon {number}"}
    return json.dumps(action | {"aphia_id": None, "status": "validated"})


def post(port: int, token: str, number: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", f"/{token}/api/actions", named(number), JSON)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def names_of(journal: Path) -> list[str]:
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    return [line["name"] for line in lines if line.get("verb") == "name"]


def open_book(run: Path, folder: Path) -> Book:
    tables = folder / "cluster_names.tsv", folder / "labels.tsv"
    return Book(CLUSTERING, len(SIZES), open_gallery(run).unknown, *tables, "AB")


def test_a_thousand_posts_at_once_are_all_saved(run, tmp_path):
    with open_book(run, tmp_path) as book:
        site = Site(Api(book, open_gallery(run)), run / "report")
        thread = threading.Thread(target=site.serve_forever, args=(0.01,))
        thread.start()
        try:
            with ThreadPoolExecutor(200) as people:
                answers = people.map(lambda n: post(site.port, site.token, n), range(1000))
                assert set(answers) == {200}
        finally:
            site.shutdown()
            thread.join()
            site.server_close()
        last = {row.name for row in book.state.names.values()}
    saved = names_of(tmp_path / "cluster_names.journal.jsonl")
    assert sorted(saved) == sorted(f"taxon {number}" for number in range(1000))
    # Of each cluster the last word holds, in the table as well.
    table = (tmp_path / "cluster_names.tsv").read_text()
    assert len(last) == 3 and all(f"\t{name}\t" in table for name in last)
    assert last == {[name for name in saved if int(name[6:]) % 3 == c][-1] for c in range(3)}


def test_what_was_answered_before_a_kill_is_there_after_it(run, tmp_path):
    """Five servers, each killed by -9 while two people name clusters without a pause."""
    answered: list[int] = []
    chance = np.random.default_rng(57)
    for start in range(0, 50_000, 10_000):
        process = subprocess.Popen(
            [sys.executable, "-m", "seston", "label", run],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        line = process.stdout.readline()
        port, token = re.search(r"127\.0\.0\.1:(\d+)/([0-9a-f]{32})/$", line).groups()

        def work(first: int, port: int = int(port), token: str = token) -> None:
            with suppress(OSError, http.client.HTTPException):  # until it is gone
                for number in range(first, first + 4000):
                    if post(port, token, number) == 200:
                        answered.append(number)

        before = len(answered)
        people = [threading.Thread(target=work, args=(start + 5000 * who,)) for who in range(2)]
        for one in people:
            one.start()
        while len(answered) < before + 2:
            assert process.poll() is None
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.2))
        process.kill()
        process.wait()
        process.stdout.close()
        for one in people:
            one.join()
        # All that was answered, and at most what was under way.
        with open_book(run, tmp_path) as book:
            saved = names_of(book.names.with_suffix(".journal.jsonl"))
            assert {f"taxon {number}" for number in answered} <= set(saved)
            assert len(saved) <= len(answered) + 2 * (start // 10_000 + 1)
            table = book.names.read_text()
            assert all(f"\t{row.name}\t" in table for row in book.state.names.values())
    assert list(tmp_path.glob(".*.tmp")) == []
