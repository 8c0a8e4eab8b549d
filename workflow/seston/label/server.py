"""Stage `label`: name the clusters of a run in the browser, every action saved at once."""

import getpass
import json
import logging
import signal
import socket
from pathlib import Path
from types import FrameType
from typing import NoReturn

import yaml

from seston.errors import SestonError
from seston.label.api import Api
from seston.label.book import Book
from seston.label.gallery import Gallery
from seston.label.site import LOOPBACK, Site
from seston.naming.rows import tidy
from seston.naming.table import read_called

log = logging.getLogger("seston")


def label(
    results: Path,
    /,
    *,
    names: Path = Path("cluster_names.tsv"),
    labels: Path = Path("labels.tsv"),
    annotator: str = "",
    port: int = 0,
) -> None:
    """Name the clusters of a run in the browser, and check its images.

    Serves the pages of the run to this machine alone, until Ctrl-C. What is said there is saved
    at once: in a journal beside the names, and in two tables that the workflow reads
    (`cluster.names` and `labels.file`). Tables that are there already are gone on with.

    Parameters
    ----------
    results : Path
        Results folder of a finished run.
    names : Path
        The table of names; outside of the results, which the workflow writes anew.
    labels : Path
        The table of labels of single images.
    annotator : str
        Who works; by default the name you are logged in by.
    port : int
        To listen on; by default any that is free.
    """
    names, labels = names.resolve(), labels.resolve()
    for path in (names, labels):
        if path.is_relative_to(results.resolve()):
            raise SestonError(
                f"{path} is in the results, which the workflow writes anew; give a place outside of"
                " them (--names, --labels)"
            )
    if names == labels:
        raise SestonError(f"{names}: names and labels are two tables; give two places")
    table = results / "tables" / "cluster_names.tsv"
    page = results / "report" / "label.html"
    if not page.is_file():
        raise SestonError(
            f"{page}: file not found; give the results folder of a finished run, or run the"
            " workflow again"
        )
    called = read_called(table)
    gallery = open_gallery(results)
    who = tidy(annotator) or tidy(_login())
    with Book(
        called.clustering, len(called.names), gallery.unknown, names, labels, who, table
    ) as book:
        log.info("annotator: %s%s", who, "" if annotator else " (--annotator gives another name)")
        for told in other_tables(results / "settings.yaml", names, labels):
            log.warning("%s", told)
        _serve(book, gallery, page.parent, port)
        named, labelled = book.names_and_labelled()
        log.info("%d of %d clusters have a name, %d images a label", len(named), book.k,
                 len(labelled))  # fmt: skip
        for key, path in (("cluster.names", names), ("labels.file", labels)):
            if path.exists():
                log.info("to use it, set %s to %s and run the workflow again", key, path)


def open_gallery(results: Path) -> Gallery:
    """Return the images of a finished run.

    Raises
    ------
    SestonError
        If the folder does not hold one.
    """
    index = results / "index"
    try:
        model = (results / "chosen_model.txt").read_text(encoding="utf-8").strip()
        shards = list(json.loads((index / "index.json").read_text(encoding="utf-8"))["shards"])
        seed = int(yaml.safe_load((results / "settings.yaml").read_text(encoding="utf-8"))["seed"])
    except OSError as error:
        raise SestonError(
            f"{error.filename}: {error.strerror}; give the results folder of a finished run"
        ) from error
    except (ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise SestonError(
            f"{results}: index.json or settings.yaml is not readable ({error!r}); run the workflow"
            " again"
        ) from error
    return Gallery(
        results / "tables" / "images.parquet",
        results / "tiles",
        shards,
        results / model / "embeddings",
        index,
        seed,
    )


def other_tables(settings: Path, names: Path, labels: Path) -> list[str]:
    """Return what to tell of tables that the run read, and that are not those that are written."""
    told = yaml.safe_load(settings.read_text(encoding="utf-8"))
    files = told.get("labels", {}).get("file") or []
    files = [files] if isinstance(files, str) else files
    if any(Path(file).resolve() == labels for file in files):
        files = []  # others may stand beside it
    read = [("--names", told.get("cluster", {}).get("names"), names)]
    read += [("--labels", file, labels) for file in files]
    return [
        f"the run read {path}, and what is said here goes into {written}, to be set in its place;"
        f" to go on with that table instead, start with {option} {path}"
        for option, path, written in read
        if path and Path(path).resolve() != written
    ]


def ssh_line(port: int) -> str:
    """Return what to type on one's own computer to open the page of this machine there."""
    return f"ssh -N -L {port}:{LOOPBACK}:{port} {_login()}@{socket.gethostname()}"


def _serve(book: Book, gallery: Gallery, folder: Path, port: int) -> None:
    """Serve until Ctrl-C, or until the process is told to end."""
    try:
        site = Site(Api(book, gallery), folder, port)
    except (OSError, OverflowError) as error:
        raise SestonError(
            f"port {port} of this machine cannot be used ({error}); give another (--port), or none"
            " for any that is free"
        ) from error
    before = signal.signal(signal.SIGTERM, _end)
    try:
        print(f"open in a browser:  {site.url}", flush=True)
        print(
            "if that browser runs on another computer, type there first, and leave it open:\n "
            f" {ssh_line(site.port)}\nto end: Ctrl-C; everything is saved at once",
            flush=True,
        )
        site.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        signal.signal(signal.SIGTERM, before)
        site.server_close()


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return "user"
