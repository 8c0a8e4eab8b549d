"""The pages of a run and its naming, for this machine alone.

Other people work on the machines of a cluster, and any page that is open in a browser may ask
what runs on its own machine. So the server listens on the loopback interface, answers nobody who
does not know its secret, and no name but its own (else another site could have its name point
here, and read along).
"""

import json
import logging
import secrets
import shutil
import socketserver
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from seston import __version__
from seston.label.api import Api, Fault

log = logging.getLogger("seston")

LOOPBACK = "127.0.0.1"
#: Bytes of a body that is read, and of one that is read to its end before it is refused: a
#: browser that is still sending does not hear why.
MOST_BODY, MOST_HEARD = 1 << 20, 1 << 24
SECONDS = 30  # that a browser may be silent

TYPES = {
    ".html": "text/html; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml",
    ".webp": "image/webp", ".png": "image/png", ".gif": "image/gif", ".pdf": "application/pdf",
    ".csv": "text/csv; charset=utf-8", ".tsv": "text/tab-separated-values; charset=utf-8",
}  # fmt: skip
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Site(ThreadingHTTPServer):
    """The server.

    Parameters
    ----------
    api : Api
    folder : Path
        With the pages; nothing else is shown.
    port : int
        0 = any that is free.

    Attributes
    ----------
    token : str
        128 random bits, the first part of every address.
    """

    daemon_threads = True
    # With the five of the library, further visits at once are cut off.
    request_queue_size = 1024

    def __init__(self, api: Api, folder: Path, port: int = 0) -> None:
        self.api, self.folder = api, folder.resolve()
        self.token = secrets.token_hex(16)
        super().__init__((LOOPBACK, port), Visit)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{LOOPBACK}:{self.port}/{self.token}/"

    def server_bind(self) -> None:
        """Bind without asking for the name of this machine, which may take long."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.port

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log what went wrong, unless it is that the browser went away."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            log.exception("a request failed")


class Visit(BaseHTTPRequestHandler):
    """One request."""

    server: Site
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # with that of the library, 0.9, answers have no head
    server_version, sys_version = f"Seston/{__version__}", ""
    timeout = SECONDS

    def do_GET(self) -> None:
        """Answer with a page, a file of it, or JSON."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Save actions."""
        self._answer(self._post)

    def _answer(self, way: Callable[[], None]) -> None:
        try:
            way()
        except Fault as fault:
            self._json(fault.status, {"error": fault.text})

    def _get(self) -> None:
        path, query = self._allowed()
        if path.startswith("api/"):
            self._json(200, self.server.api.get(path.removeprefix("api/"), query))
        else:
            self._file(path)

    def _post(self) -> None:
        body = self._body()
        path, _ = self._allowed()
        if path != "api/actions":
            raise Fault(404, "actions are saved at api/actions")
        if self.headers.get_content_type() != "application/json":
            raise Fault(415, "expected Content-Type: application/json")
        self._json(200, self.server.api.save(body))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: addresses hold the secret."""

    def _allowed(self) -> tuple[str, str]:
        """Return path (behind the secret) and query; raise `Fault` for strangers."""
        own = {f"{name}:{self.server.port}" for name in (LOOPBACK, "localhost")}
        if self.headers.get("Host", "") not in own:
            raise Fault(403, f"Host: expected {' or '.join(sorted(own))}; use the same port there")
        origin = self.headers.get("Origin")
        if origin is not None and origin.removeprefix("http://") not in own:
            raise Fault(403, "Origin: another site has no business here")
        try:
            address = urlsplit(self.path)
        except ValueError as error:
            raise Fault(400, "not readable as an address") from error
        token, slash, path = address.path.removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode("utf-8", "replace"), self.server.token.encode()):
            raise Fault(403, "open the address that `python -m seston label` printed at its start")
        if not slash:
            raise Fault(404, "the address ends with a slash")
        return unquote(path), address.query

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 16):
            self.close_connection = True
            raise Fault(411, "Content-Length: expected the number of bytes")
        if int(length) > MOST_BODY:
            self.close_connection = True
            left = int(length) if int(length) <= MOST_HEARD else 0
            while left > 0 and (part := self.rfile.read(min(left, MOST_BODY))):
                left -= len(part)
            raise Fault(413, f"{length} bytes at once: expected {MOST_BODY} at most")
        return self.rfile.read(int(length))

    def _file(self, path: str) -> None:
        """Answer with a file of the pages, which are files with these endings and no others."""
        file = self.server.folder / (path or "label.html")
        try:
            file = file.resolve(strict=True)
            kind = TYPES[file.suffix]
            if not file.is_relative_to(self.server.folder) or not file.is_file():
                raise Fault(404, "there is no such file")
            with file.open("rb") as source:
                self._head(200, kind, file.stat().st_size)
                shutil.copyfileobj(source, self.wfile)
        except (OSError, ValueError, KeyError) as error:  # ValueError: a NUL in the path
            if isinstance(error, ConnectionError | TimeoutError):
                raise
            raise Fault(404, "there is no such file") from error

    def _json(self, status: int, value: dict[str, Any]) -> None:
        data = json.dumps(value, separators=(",", ":")).encode()
        self._head(status, "application/json", len(data))
        self.wfile.write(data)

    def _head(self, status: int, kind: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
