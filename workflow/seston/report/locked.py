"""Pages that hold all they need: no text of the data is code, and no code of others runs."""

import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from seston.report import wording

#: What all pages share.
SHARED = Path(__file__).parent / "templates"
#: What would end a script element, or a line of JavaScript, inside of a JSON string.
_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def locked_page(folder: Path, name: str, values: dict[str, Any], scripts: list[str]) -> str:
    """Fill a template with values, all of them escaped.

    The page's Content-Security-Policy should let run `script_hash` and `style_hash` alone.

    Parameters
    ----------
    folder : pathlib.Path
        Templates of the page; its styles are ``<name>.css`` there, after those that all share.
    name : str
        The template is ``<name>.html.j2``; it may include those that all share, and has a button
        ``light``.
    values : dict
        What the template may name; besides these `here` (the page's file), `style`, `script` and
        their hashes.
    scripts : list of str
        Files of `folder`, joined in this order, after the one that all share.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for word in ("count", "number", "percent", "ratio", "micrometres", "many", "listing", "short"):
        environment.filters[word] = getattr(wording, word)
    environment.filters |= {"site": wording.site_name, "group": wording.group_name}
    # Our own files, not data: with `data_block`, the only text that is not escaped.
    style = _joined([SHARED / "look.css", folder / f"{name}.css"])
    script = _joined([SHARED / "light.js", *(folder / script for script in scripts)])
    return environment.get_template(f"{name}.html.j2").render(
        values,
        here=f"{name}.html",
        style=style,
        script=script,
        style_hash=_digest(style),
        script_hash=_digest(script),
    )


def data_block(value: Any) -> Markup:
    """Return a value as JSON for a script element of that type; nothing breaks out of it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(_UNSAFE))


def _joined(files: list[Path]) -> Markup:
    return Markup("\n".join(file.read_text(encoding="utf-8") for file in files))


def _digest(text: str) -> str:
    """Return the source expression that lets exactly this text run."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
