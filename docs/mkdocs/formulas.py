"""Formulas as MathML, which browsers draw by themselves: no script, no font, no network.

The pages write them as code hosts understand them, in TeX between dollars.
"""

import html
import re
from typing import Any

from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from mkdocs.exceptions import PluginError

#: As `pymdownx.arithmatex` hands them on: a span in a line, a block by itself.
_FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex">\\[(\[](?P<tex>.*?)\\[)\]]</(?P=tag)>', re.DOTALL
)
#: What docutils does not know, in words that it does.
_WORDS = ((r"\\([Bb]igg?)\s*([(\[{])", r"\\\1l\2"), (r"\\([Bb]igg?)\s*([)\]}])", r"\\\1r\2"))


def on_page_content(content: str, *, page: Any, **_: Any) -> str:
    """Put MathML in place of every formula of a page."""

    def drawn(found: re.Match[str]) -> str:
        tex = html.unescape(found["tex"]).strip()
        try:
            return as_mathml(tex, block=found["tag"] == "div")
        except MathError as error:
            raise PluginError(f"{page.file.src_uri}: formula {tex}: {error}") from error

    return _FORMULA.sub(drawn, content)


def as_mathml(tex: str, *, block: bool) -> str:
    """Return a formula as MathML, with its TeX as annotation for readers and for copying.

    Raises
    ------
    docutils.utils.math.MathError
        If a command of it is not known.
    """
    plain = re.sub("('+)", lambda marks: "^{" + r"\prime" * len(marks[1]) + "}", tex)
    for pattern, word in _WORDS:
        plain = re.sub(pattern, word, plain)
    drawn = tex2mathml(plain, as_block=block)
    # Blanks between elements would be shown where the formula stands in a line.
    drawn = re.sub(r">\s+<", "><", drawn)
    drawn = re.sub("<mi>(′+)</mi>", r'<mo class="prime">\1</mo>', drawn)
    opening, body = drawn.split(">", 1)
    body = body.removesuffix("</math>")
    note = f'<annotation encoding="application/x-tex">{html.escape(tex)}</annotation>'
    formula = f"{opening}><semantics><mrow>{body}</mrow>{note}</semantics></math>"
    # A long one scrolls by itself.
    return f'<div class="formula">{formula}</div>' if block else formula
