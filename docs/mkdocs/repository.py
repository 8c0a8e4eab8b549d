"""Files of the repository outside of docs/ as pages of the site, so that every link holds there.

The README is the first page. Any other file that a page links to becomes a page of its own:
Markdown as it is, everything else as a block of code. Links are written as they hold on a code
host.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).parents[2]
#: Pages of the site whose text is a file of the repository outside of docs/.
HOME = {"README.md": "index.md"}
#: Languages of blocks of code, by the file's ending or name; all else is plain text.
LANGUAGES = {".yaml": "yaml", ".yml": "yaml", ".py": "python", "Containerfile": "docker"}
#: A link or picture: the words, the path, the section, not that of a block or span of code.
_LINK = re.compile(
    r"(?P<code>^ *(```+).*?^ *\2 *$|`+[^`\n]+`+(?!\]))"
    r"|(?P<words>!?\[(?:[^\[\]]|\[[^\]]*\])*\])\((?P<path>[^)#\s]*)(?P<section>#[^)\s]*)?\)",
    re.DOTALL | re.MULTILINE,
)


def on_files(files: Files, *, config: Any) -> Files:
    """Add the README, and whatever pages link to, link by link."""
    waiting = [
        (f"docs/{file.src_uri}", file.content_string) for file in files.documentation_pages()
    ]
    waiting += [(path, (ROOT / path).read_text("utf-8")) for path in HOME]
    for path, uri in HOME.items():
        files.append(File.generated(config, uri, content=(ROOT / path).read_text("utf-8")))
    while waiting:
        source, text = waiting.pop()
        for target in _targets(source, text):
            uri = page_of(target)
            if target.startswith("docs/") or files.get_file_from_path(uri):
                continue
            content = (ROOT / target).read_text("utf-8")
            if target.endswith(".md"):
                waiting.append((target, content))
            else:
                content = _as_code(target, content)
            added = File.generated(
                config, uri, content=content, inclusion=InclusionLevel.NOT_IN_NAV
            )
            files.append(added)
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Turn links of the repository into links of the site.

    A page that is named by its file is named by its title instead.
    """
    source = path_of(page.file.src_uri)
    titles = dict(_titles(config.nav))
    if not source.endswith(".md"):
        return markdown
    here = posixpath.dirname(page.file.src_uri)

    def turned(found: re.Match[str]) -> str:
        if found["code"] or not _is_path(found["path"]):
            return found[0]
        target = _target(source, found["path"])
        if target is None:  # a folder has no page: its name stays
            return found["words"][1:-1]
        uri = page_of(target)
        words, title = found["words"], titles.get(uri)
        if title and words[1:-1] in (uri, f"docs/{uri}"):
            words = f"[{title}]"
        return f"{words}({posixpath.relpath(uri, here or '.')}{found['section'] or ''})"

    return _LINK.sub(turned, markdown)


def page_of(path: str) -> str:
    """Return where the site has a file of the repository, as source of a page or as it is."""
    if path in HOME:
        return HOME[path]
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"repository/{path}" if path.endswith(".md") else f"repository/{path}.md"


def path_of(uri: str) -> str:
    """Return the file of the repository that a page of the site is made of."""
    for path, home in HOME.items():
        if uri == home:
            return path
    if not uri.startswith("repository/"):
        return f"docs/{uri}"
    path = uri.removeprefix("repository/")
    return path if (ROOT / path).is_file() else path.removesuffix(".md")


def _titles(entries: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the pages that the navigation gives a title, and that."""
    for entry in entries:
        for title, inner in entry.items() if isinstance(entry, dict) else ():
            if isinstance(inner, str):
                yield inner, title
            else:
                yield from _titles(inner)


def _targets(source: str, text: str) -> list[str]:
    links = (found["path"] for found in _LINK.finditer(text) if not found["code"])
    targets = (_target(source, path) for path in links if _is_path(path))
    return [target for target in targets if target]


def _is_path(path: str) -> bool:
    return bool(path) and not re.match(r"[a-z]+:", path)


def _target(source: str, path: str) -> str | None:
    """Return what a link leads to, from the top of the repository; of a folder nothing."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(path)))
    if (ROOT / target).is_dir():
        return None
    if target.startswith("..") or not (ROOT / target).is_file():
        raise PluginError(f"{source}: the link to {path} leads nowhere")
    return target


def _as_code(path: str, text: str) -> str:
    language = LANGUAGES.get(Path(path).suffix or path, "text")
    return f"# {path}\n\n````{language}\n{text.rstrip()}\n````\n"
