"""Firefox with the network cut off, driven by WebDriver BiDi: it needs no geckodriver."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from bidi import Page

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
needs_firefox = pytest.mark.skipif(FIREFOX is None, reason="needs firefox on the PATH")

#: Whatever is asked from outside goes to a port that nobody answers; loopback stays open.
PREFERENCES = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1, localhost",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "remote.active-protocols": 1,
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": True,
    "browser.download.alwaysOpenPanel": False,
}


def open_firefox(profile: Path, downloads: Path | None = None, **preferences: object) -> Page:
    """Start Firefox with a profile of its own; the caller closes it.

    Parameters
    ----------
    profile : pathlib.Path
        An empty folder.
    downloads : pathlib.Path, optional
        Where files go that the page lets download; as default into the profile.
    **preferences
        More of about:config, underscores for dots.
    """
    given = {name.replace("_", "."): value for name, value in preferences.items()}
    chosen = PREFERENCES | {"browser.download.dir": str(downloads or profile)} | given
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(chosen[name])});\n" for name in chosen]
    (profile / "user.js").write_text("".join(lines))
    said = profile / "stderr.txt"
    command = [FIREFOX, "--headless", "--no-remote", "--remote-debugging-port", "0"]
    with said.open("w") as stderr:
        process = subprocess.Popen(
            [*command, "--profile", str(profile), "--width", "1366", "--height", "768"],
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )

    def ended() -> None:
        process.terminate()
        process.wait(timeout=20)

    try:
        page = Page(_address(said) + "/session", ended, new_session=True)
        # The first tab leaves the focus to the address bar: no key would press a button of a page.
        page.context = page.send("browsingContext.create", type="tab")["context"]
        return page
    except BaseException:
        ended()
        raise


def _address(said: Path) -> str:
    """Return where Firefox listens, once it says so."""
    for _ in range(600):
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", said.read_text())
        if found:
            return found[1]
        time.sleep(0.1)
    raise TimeoutError(f"Firefox does not listen: {said.read_text()}")
