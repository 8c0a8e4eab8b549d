"""What code stands behind a stage: a digest for Snakemake's rerun decision.

Snakemake does not look into a package that a shell command calls. Each rule
therefore carries the digest of its stage's module and of all modules of the
package that it imports, however deep. It depends on their content only:
neither a touch nor another place of the checkout changes it.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

PACKAGE = Path(__file__).parent
#: A statement that imports from this package, to the end of its line or of its brackets.
_IMPORT = re.compile(
    rb"^[ \t]*(from seston\b[^\n(]* import (?:\([^)]*\)|[^\n]*)|import seston\b[^\n]*)",
    re.MULTILINE,
)


@cache
def code_digest(stage: str) -> str:
    """Return the digest (16 hex digits) of a module and all it imports from here.

    Parameters
    ----------
    stage : str
        Module name below the package, such as ``"cluster.kmeans"``.

    Raises
    ------
    ModuleNotFoundError
        If there is no such module.
    """
    digest = sha256()
    # Threads are set for every stage, and with them the kernels of the linear algebra.
    for path in sorted(_closure(_file(stage)) | _closure(_file("threads"))):
        name = path.relative_to(PACKAGE).as_posix()
        digest.update(f"{name} {_content_digest(path)}\n".encode())
    return digest.hexdigest()[:16]


@cache
def _content_digest(path: Path) -> str:
    return sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


@cache
def _file(module: str) -> Path:
    stem = PACKAGE.joinpath(*module.split("."))
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    raise ModuleNotFoundError(f"seston.{module}")


def _closure(start: Path) -> set[Path]:
    found: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_needs(path))
    return found


@cache
def _needs(path: Path) -> tuple[Path, ...]:
    """Return what a module imports from here, and what lies beside it."""
    if path.suffix != ".py":
        return ()
    # Only the statements that matter are parsed: whole modules would cost every start of Snakemake,
    # and every job on a cluster starts it twice, a second.
    statements = _IMPORT.findall(path.read_bytes())
    nodes = (node for text in statements for node in ast.parse(text).body)
    imported = [_file(module) for node in nodes for module in _modules(node)]
    # Page templates and bundled weights decide a result as much as the code beside them.
    return (
        *imported,
        *path.parent.glob("templates/*.*"),
        *path.parent.glob("bundled/*.safetensors"),
    )


def _modules(node: ast.AST) -> Iterator[str]:
    """Yield the modules of this package that an import statement names."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        # `from seston.store import atomic` and `from seston import store` alike.
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    else:
        return
    for name in names:
        package, _, module = name.partition(".")
        if package == "seston" and module and _is_module(module):
            yield module


def _is_module(name: str) -> bool:
    try:
        return _file(name).is_file()
    except ModuleNotFoundError:
        return False
