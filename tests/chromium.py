"""Chromium with the network cut off, driven as tests/firefox.py drives Firefox."""

import contextlib
import json
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from bidi import Page
from browser import CHROMIUM, DRIVER, FLAGS


def open_chromium(profile: Path, downloads: Path | None = None, *flags: str) -> Page:
    """Start Chromium with a profile of its own; the caller closes it.

    Parameters
    ----------
    profile : pathlib.Path
        An empty folder.
    downloads : pathlib.Path, optional
        Where files go that the page lets download; as default into the profile.
    *flags : str
        More for its command line, such as ``--disable-3d-apis``.
    """
    said = profile / "chromedriver.txt"
    with said.open("w") as output:
        driver = subprocess.Popen([DRIVER, "--port=0"], stdout=output, stderr=output)

    def ended() -> None:
        driver.terminate()
        driver.wait(timeout=20)

    try:
        url = f"http://127.0.0.1:{_port(said)}/session"
        options = {
            "binary": CHROMIUM,
            "args": [*FLAGS, f"--user-data-dir={profile / 'profile'}", *flags],
            "prefs": {"download.default_directory": str(downloads or profile)},
        }
        wanted = {"webSocketUrl": True, "goog:chromeOptions": options}
        session = _asked(url, {"capabilities": {"alwaysMatch": wanted}})
        address = session["capabilities"]["webSocketUrl"]

        def quit_() -> None:
            with contextlib.suppress(OSError):  # it may have gone already
                _asked(f"{url}/{session['sessionId']}", None)
            ended()

        return Page(address, quit_, new_session=False)
    except BaseException:
        ended()
        raise


def _asked(url: str, body: dict[str, Any] | None) -> Any:
    """Return what the driver answers to a body, or to DELETE."""
    data, method = (None, "DELETE") if body is None else (json.dumps(body).encode(), "POST")
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["value"]


def _port(said: Path) -> int:
    for _ in range(300):
        words = said.read_text().split("on port ")
        if len(words) > 1 and words[-1].split(".")[0].isdigit():
            return int(words[-1].split(".")[0])
        time.sleep(0.1)
    raise TimeoutError(f"chromedriver does not say its port: {said.read_text()}")
