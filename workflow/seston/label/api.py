"""What the page may ask, and what it is answered: JSON, or why not."""

import errno
import json
import logging
from typing import Any
from urllib.parse import parse_qs

from seston.errors import SestonError
from seston.label.actions import Refused
from seston.label.book import Book
from seston.label.gallery import Gallery

log = logging.getLogger("seston")

#: The disk, the quota or the largest size of a file is reached.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Fault(Exception):
    """A question that is not answered.

    Attributes
    ----------
    status : int
        Of HTTP.
    text : str
        For the person before the page.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class Api:
    """Answers about one run.

    Parameters
    ----------
    book : Book
    gallery : Gallery
    """

    def __init__(self, book: Book, gallery: Gallery) -> None:
        self._book, self._gallery = book, gallery

    def get(self, what: str, query: str) -> dict[str, Any]:
        """Answer a question.

        Parameters
        ----------
        what : str
            ``"journal"``, ``"members"`` or ``"near"``.
        query : str
            ``cluster``, ``order`` and ``page``, as in an address.

        Raises
        ------
        Fault
        """
        asked = {key: values[-1] for key, values in parse_qs(query).items()}
        if what not in ("journal", "members", "near"):
            raise Fault(404, f"api/{what[:40]}: there is no such question")
        try:
            if what == "journal":
                return self._journal()
            cluster, page = _whole(asked, "cluster"), _whole(asked, "page", "0")
            if cluster >= self._book.k:
                raise Fault(404, f"cluster {cluster}: expected 0 to {self._book.k - 1}")
            if what == "near":
                return self._near(cluster, page)
            return self._gallery.members(cluster, asked.get("order", "typical"), page)
        except ValueError as error:
            raise Fault(400, str(error)) from error
        except (SestonError, OSError) as error:
            log.error("%s", error)
            raise Fault(500, str(error)) from error

    def save(self, body: bytes) -> dict[str, Any]:
        """Save what a body says: an action, or a list of actions.

        Raises
        ------
        Fault
            Nothing was saved then.
        """
        try:
            given = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Fault(400, f"not readable as JSON ({type(error).__name__})") from error
        try:
            return {"actions": self._book.save(given if isinstance(given, list) else [given])}
        except Refused as error:
            raise Fault(422, str(error)) from error
        except SestonError as error:
            raise Fault(409, f"nothing was saved: {error}") from error
        except OSError as error:
            why = f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
            log.error("nothing was saved: %s", why)
            full = error.errno in _FULL
            raise Fault(507 if full else 500, f"nothing was saved: {why}") from error

    def _journal(self) -> dict[str, Any]:
        return {
            "clustering": self._book.clustering,
            "annotator": self._book.annotator,
            "actions": self._book.current(),
            "names_file": str(self._book.names),
            "labels_file": str(self._book.labels),
        }

    def _near(self, cluster: int, page: int) -> dict[str, Any]:
        names, labelled = self._book.names_and_labelled()
        mine = names.get(cluster)
        same = [other for other, name in names.items() if name == mine] if mine else []
        return self._gallery.near(cluster, page, same, labelled)


def _whole(asked: dict[str, str], key: str, default: str = "") -> int:
    text = asked.get(key, default)
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Fault(400, f"{key} {text[:20]!r}: expected a whole number from 0")
    return int(text)
