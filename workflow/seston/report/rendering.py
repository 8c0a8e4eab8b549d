"""The page from its templates: everything from data is escaped, nothing foreign can run."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from seston.report import wording

TEMPLATES = Path(__file__).parent / "templates"


def render(values: dict[str, Any]) -> str:
    """Fill the template; scripts and styles of others cannot run (Content-Security-Policy)."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for word in ("count", "number", "percent", "ratio", "micrometres", "many", "listing", "short"):
        environment.filters[word] = getattr(wording, word)
    environment.filters |= {"site": wording.site_name, "group": wording.group_name}
    # Our own two files, not data: the only text that is not escaped.
    style = Markup((TEMPLATES / "report.css").read_text(encoding="utf-8"))
    script = Markup((TEMPLATES / "report.js").read_text(encoding="utf-8"))
    return environment.get_template("index.html.j2").render(
        values, style=style, script=script, style_hash=_digest(style), script_hash=_digest(script)
    )


def _digest(text: str) -> str:
    """Return the source expression that lets exactly this text run."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
