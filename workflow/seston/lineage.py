"""What code stands behind a stage: a digest for Snakemake's rerun decision.

Snakemake does not look into a package that a shell command calls. Each rule
therefore carries the digest of its stage's module and of all modules of the
package that it imports, however deep. It depends on their content only:
neither a touch nor another place of the checkout changes it.
"""

import ast
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

PACKAGE = Path(__file__).parent


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
        content = path.read_bytes().replace(b"\r\n", b"\n")
        name = path.relative_to(PACKAGE).as_posix().encode()
        digest.update(b"%s %d\n%s" % (name, len(content), content))
    return digest.hexdigest()[:16]


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
            waiting.extend(_imports(path))
            # Page templates and bundled weights decide a result as much as the code beside them.
            waiting.extend(path.parent.glob("templates/*.*"))
            waiting.extend(path.parent.glob("bundled/*.safetensors"))
    return found


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    if path.suffix != ".py":
        return ()
    tree = ast.parse(path.read_bytes())
    return tuple(_file(module) for node in ast.walk(tree) for module in _modules(node))


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
