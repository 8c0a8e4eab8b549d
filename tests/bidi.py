"""WebDriver BiDi over a web socket: one way to drive a page in Firefox and in Chromium."""

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import websocket

KEYS = {
    "Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "Shift": "\ue008", "Home": "\ue011",
    "Left": "\ue012", "Up": "\ue013", "Right": "\ue014", "Down": "\ue015", "Control": "\ue009",
}  # fmt: skip
EVENTS = ["log.entryAdded", "network.beforeRequestSent", "browsingContext.load"]


class Page:
    """A browser with one tab.

    Attributes
    ----------
    errors : list of str
        What the console got as warning or error, and exceptions nobody caught, since the start.
    requests : list of str
        Every address that was asked for.
    """

    def __init__(self, address: str, quit_: Callable[[], None], *, new_session: bool) -> None:
        self._quit = quit_
        self._socket = websocket.create_connection(address, timeout=60, suppress_origin=True)
        self._number = 0
        self.errors: list[str] = []
        self.requests: list[str] = []
        if new_session:
            self.send("session.new", capabilities={})
        self.context: str = self.send("browsingContext.getTree")["contexts"][0]["context"]
        self.send("session.subscribe", events=EVENTS)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command; take note of events until its answer comes."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                break
            self._note(message)
        if message["type"] == "error":
            raise RuntimeError(f"{method}: {message['error']}: {message['message']}")
        return message["result"]

    def _note(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message.get("method") == "log.entryAdded" and params["level"] in ("warn", "error"):
            self.errors.append(params["text"] or "an error without words")
        elif message.get("method") == "network.beforeRequestSent":
            self.requests.append(params["request"]["url"])

    def open(self, page: Path | str, *, ready: bool = True, seconds: float = 30) -> None:
        """Go to a file or an address, and wait until it says that it is ready."""
        url = page.as_uri() if isinstance(page, Path) else page
        self.send("browsingContext.navigate", context=self.context, url=url, wait="complete")
        if ready:
            self.wait("window.__ready === true", seconds)

    def value(self, expression: str, *arguments: Any) -> Any:
        """Return what an expression, or a function called with arguments, comes to in the page."""
        call = f"({expression})(...JSON.parse(given))" if arguments else f"({expression})"
        answer = self.send(
            "script.callFunction",
            functionDeclaration=f"async (given) => JSON.stringify((await {call}) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def wait(self, expression: str, seconds: float = 10) -> None:
        """Wait until an expression is true in the page."""
        end = time.monotonic() + seconds
        while not self._is_so(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"not within {seconds} s: {expression}; errors: {self.errors}")
            time.sleep(0.02)

    def _is_so(self, expression: str) -> bool:
        try:
            return bool(self.value(f"!!({expression})"))
        except RuntimeError as error:
            if "Cannot find context" not in str(error):
                raise
            return False  # the page is just being left for another one

    def size(self, width: int, height: int, ratio: float = 1.0) -> None:
        """Give the page this size in CSS pixels, and pixels of the screen per CSS pixel."""
        viewport = {"width": width, "height": height}
        self.send(
            "browsingContext.setViewport",
            context=self.context, viewport=viewport, devicePixelRatio=ratio,
        )  # fmt: skip

    def picture(self, path: Path | None = None) -> bytes:
        """Return what is seen as PNG; write it to `path`."""
        data = self.send("browsingContext.captureScreenshot", context=self.context)["data"]
        png = base64.b64decode(data)
        if path:
            path.write_bytes(png)
        return png

    def place(self, selector: str) -> tuple[float, float]:
        """Return the middle of an element in the window, scrolled to where it can be seen."""
        x, y = self.value(
            "(what) => { const e = document.querySelector(what);"
            " e.scrollIntoView({block: 'nearest', behavior: 'instant'});"
            " const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; }",
            selector,
        )
        return x, y

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        self.drag([self.place(selector)])

    def move(self, x: float, y: float) -> None:
        """Move the mouse."""
        self._mouse([_moved(x, y)])

    def drag(self, places: list[tuple[float, float]]) -> None:
        """Press the mouse at the first place, move it through the others, let go at the last."""
        (first, *others), button = places, {"button": 0}
        down, up = {"type": "pointerDown", **button}, {"type": "pointerUp", **button}
        self._mouse([_moved(*first), down, *(_moved(*place) for place in others), up])

    def wheel(self, x: float, y: float, delta: int) -> None:
        """Turn the wheel of the mouse."""
        turn = {"type": "scroll", "x": round(x), "y": round(y), "deltaX": 0, "deltaY": delta}
        self._perform({"type": "wheel", "id": "wheel", "actions": [turn]})

    def press(self, *keys: str) -> None:
        """Press keys one after the other: letters, or names such as `Enter` or `Shift+Left`."""
        actions = []
        for key in keys:
            parts = [KEYS.get(part, part) for part in (key.split("+") if len(key) > 1 else [key])]
            actions += [{"type": "keyDown", "value": part} for part in parts]
            actions += [{"type": "keyUp", "value": part} for part in reversed(parts)]
        self._perform({"type": "key", "id": "keys", "actions": actions})

    def type(self, selector: str, text: str) -> None:
        """Click into a field, empty it, and type."""
        self.click(selector)
        self.value("(what) => document.querySelector(what).select()", selector)
        self.press(*text)

    def _mouse(self, actions: list[dict[str, Any]]) -> None:
        self._perform({"type": "pointer", "id": "mouse", "actions": actions})

    def _perform(self, source: dict[str, Any]) -> None:
        self.send("input.performActions", context=self.context, actions=[source])

    def close(self) -> None:
        """End the browser."""
        try:
            self._socket.close()
        finally:
            self._quit()


def _moved(x: float, y: float) -> dict[str, Any]:
    return {"type": "pointerMove", "x": round(x), "y": round(y)}
