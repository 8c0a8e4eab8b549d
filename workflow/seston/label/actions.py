"""What people do to clusters and images: one action each, as it stands in the journal.

An action is a JSON object: `verb` and what it is about, and, once it is saved, `id` (12 hex
digits), `utc` and `annotator`::

    {"verb": "name", "cluster": 3, "name": "Dinobryon", "aphia_id": null, "status": "validated"}
    {"verb": "unname", "cluster": 3}
    {"verb": "label", "images": ["s/1"], "label": "Ceratium", "status": "validated"}
    {"verb": "seen", "cluster": 3, "page": 0}
    {"verb": "undo", "of": "<id>"}

A merge is the name of another cluster, with `merged_into` beside; a label "" takes one away.
"""

import re
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from seston.naming.rows import STATUS, row_of, tidy

Action = dict[str, Any]

LONGEST = 200  # characters of a name or label


_SAVED = {"id", "utc", "annotator"}
_KEYS = {
    "name": {"cluster", "name", "aphia_id", "status"},
    "unname": {"cluster"},
    "label": {"images", "label", "status"},
    "seen": {"cluster"},
    "undo": {"of"},
}


class Refused(ValueError):
    """An action that cannot be; its text is for the person who did it."""


def checked(given: object, k: int, unknown: Callable[[list[str]], list[str]]) -> Action:
    """Return an action with what its verb knows alone, its texts tidied.

    Parameters
    ----------
    given : object
        From JSON.
    k : int
        Number of clusters.
    unknown : callable
        Returns those of some images that are not of the run.

    Raises
    ------
    Refused
        If it is no action, or of a cluster, status or image that does not exist.
    """
    if not isinstance(given, dict):
        raise Refused(f"found {type(given).__name__}, expected an action: an object with a verb")
    read = _READERS.get(given["verb"]) if isinstance(given.get("verb"), str) else None
    if read is None:
        found = str(given.get("verb"))[:40]
        raise Refused(f"verb {found!r}: expected one of {', '.join(_READERS)}")
    action = {"verb": given["verb"]} | read(given, k)
    if "images" in action and (lost := unknown(action["images"])):
        raise Refused(f"{len(lost)} images are not of this run, such as {lost[0][:80]!r}")
    return action


def stamped(action: Action, annotator: str, utc: str | None = None) -> Action:
    """Return an action as it is saved: with an id, the time and who did it."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": secrets.token_hex(6), "utc": now if utc is None else utc,
            "annotator": annotator} | action  # fmt: skip


def is_saved(value: object) -> bool:
    """Tell whether a value from a journal is an action that was saved."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("verb"), str)
        and value["verb"] in _KEYS
        and value.keys() >= _SAVED | _KEYS[value["verb"]]
    )


def require_undoable(actions: Iterable[Action], new: Iterable[Action]) -> None:
    """Raise `Refused` if one of `new` undoes what is not there, or what is undone already."""
    open_ids: set[str] = set()
    for action in actions:
        _follow(action, open_ids)
    for action in new:
        if action["verb"] == "undo" and action["of"] not in open_ids:
            raise Refused(f"action {action['of']} is not there, or was undone already")
        _follow(action, open_ids)


def _follow(action: Action, open_ids: set[str]) -> None:
    if action["verb"] == "undo":
        open_ids.discard(action["of"])
    else:
        open_ids.add(action["id"])


def _name(given: Action, k: int) -> Action:
    name, aphia_id = _text(given, "name"), given.get("aphia_id")
    if not name:
        raise Refused("a name is empty; take a name away by the verb unname")
    if aphia_id is not None and (type(aphia_id) is not int or not 0 < aphia_id < 10**9):
        raise Refused(
            f"aphia_id {str(aphia_id)[:40]!r}: expected the number of the taxon in WoRMS, as 149619"
        )
    cluster, status = _cluster(given, "cluster", k), _status(given)
    about: list[str] = []
    row_of({"cluster": str(cluster), "name": name}, 0, about)
    if about:
        raise Refused("; ".join(about))
    action = {"cluster": cluster, "name": name, "aphia_id": aphia_id, "status": status}
    if given.get("merged_into") is not None:
        action["merged_into"] = _cluster(given, "merged_into", k)
    return action


def _unname(given: Action, k: int) -> Action:
    return {"cluster": _cluster(given, "cluster", k)}


def _label(given: Action, k: int) -> Action:
    images = given.get("images")
    if not isinstance(images, list) or not images or not all(isinstance(i, str) for i in images):
        raise Refused("images: expected a list of ids, at least one")
    try:
        "".join(images).encode()
    except UnicodeEncodeError as error:
        raise Refused("images: half of a surrogate pair, which is in no id") from error
    return {
        "images": list(dict.fromkeys(images)),
        "label": _text(given, "label"),
        "status": _status(given),
    }


def _seen(given: Action, k: int) -> Action:
    page = given.get("page", 0)
    if type(page) is not int or page < 0:
        raise Refused(f"page {str(page)[:40]!r}: expected a whole number from 0")
    return {"cluster": _cluster(given, "cluster", k), "page": page}


def _undo(given: Action, k: int) -> Action:
    of = given.get("of")
    if not isinstance(of, str) or not re.fullmatch("[0-9a-f]{12}", of):
        raise Refused(f"of {str(of)[:40]!r}: expected the id of an action, 12 hex digits")
    return {"of": of}


def _cluster(given: Action, key: str, k: int) -> int:
    cluster = given.get(key)
    if type(cluster) is not int or not 0 <= cluster < k:
        raise Refused(f"{key} {str(cluster)[:40]!r}: expected a whole number from 0 to {k - 1}")
    return cluster


def _status(given: Action) -> str:
    status = given.get("status", STATUS[1])
    if status not in STATUS:
        raise Refused(f"status {str(status)[:40]!r}: expected one of {', '.join(STATUS)}")
    return status


def _text(given: Action, key: str) -> str:
    text = given.get(key)
    if not isinstance(text, str):
        raise Refused(f"{key}: expected text, found {type(text).__name__}")
    text = tidy(text)
    if len(text) > LONGEST:
        raise Refused(f"{key} of {len(text)} characters: expected {LONGEST} at most")
    # Half of a surrogate pair cannot be written as UTF-8; spreadsheets cut a cell at a NUL.
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text):
        raise Refused(f"{key} {text!r}: has a control character")
    return text


_READERS: dict[str, Callable[[Action, int], Action]] = {
    "name": _name, "unname": _unname, "label": _label, "seen": _seen, "undo": _undo,
}  # fmt: skip
