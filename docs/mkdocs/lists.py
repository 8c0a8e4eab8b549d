"""Lists as code hosts read them: what belongs to an entry stands below its first word.

Python-Markdown wants four blanks for each level instead, and an empty line before a list.
"""

import re
from typing import Any

_ENTRY = re.compile(r"( *)([*+-]|\d{1,9}[.)])( {1,4})(?=\S)")
_FENCE = re.compile(r" *(`{3,}|~{3,})")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Indent what belongs to the entries of lists by four blanks a level."""
    return indented(markdown)


def indented(text: str) -> str:
    """Return the text with the lists of CommonMark as those of Python-Markdown."""
    lines: list[str] = []
    open_: list[int] = []  # columns in which the text of the open entries begins
    fence = ""
    for line in text.split("\n"):
        column = len(line) - len(line.lstrip(" "))
        if not line.strip():
            lines.append("")
            continue
        if not fence:
            # A line that goes on in a paragraph without being indented still belongs to the entry.
            entry = _ENTRY.match(line)
            goes_on = bool(lines and lines[-1].strip()) and not entry
            while open_ and column < open_[-1] and not goes_on:
                open_.pop()
            if entry and not open_ and lines and lines[-1].strip() and not _ENTRY.match(lines[-1]):
                lines.append("")
        inside = min(column, open_[-1]) if open_ else 0
        lines.append(" " * (4 * len(open_)) + line[inside:])
        if found := _FENCE.match(line):
            mark = found[1]
            fence = mark if not fence else ("" if mark.startswith(fence) else fence)
        elif not fence and entry:
            open_.append(entry.end())
    return "\n".join(lines)
