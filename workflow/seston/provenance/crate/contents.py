"""The results of a run as files and folders of a crate."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from seston.provenance.crate.entity import Entity, links
from seston.provenance.listing import MANIFEST

SETTINGS, TABLES, REPORT = "settings.yaml", "tables/", "report/index.html"
#: Folders with one file a shard, or a figure: described as a whole, since the manifest has each.
_WHOLE = {
    "segment": "organisms cut out: crops, rejected, recorded, effort",
    "tiles": "organisms as squares of equal size",
    "embeddings": "embeddings by this model",
    "clusters": "clusters by this model",
    "runtime": "how embeddings were computed, and by which machine",
    "predictions": "what the classifier takes each organism for",
    "figures": "figures of the report",
    "data": "the numbers behind the figures",
    "sprites": "pictures for the map",
}
#: Of the register of media types (iana.org); Parquet is in it since 2024.
_FORMATS = {
    "html": "text/html", "tsv": "text/tab-separated-values", "json": "application/json",
    "yaml": "application/yaml", "parquet": "application/vnd.apache.parquet", "png": "image/png",
    "txt": "text/plain", "nwk": "text/plain", "webp": "image/webp",
}  # fmt: skip
_OTHER = "application/octet-stream"


def contents(files: Mapping[str, Mapping[str, Any]]) -> list[Entity]:
    """Return files and folders, each once, by path.

    Parameters
    ----------
    files : mapping of str to mapping
        As of the manifest: path below the results, with size and sha256.
    """
    folders: dict[str, list[str]] = {}
    single: list[Entity] = []
    for name, said in files.items():
        whole = _whole(name)
        if whole:
            folders.setdefault(whole, []).append(name)
        else:
            single.append(_file(name, said))
    tables = [entity for entity in single if entity.id.startswith(TABLES)]
    described = [_folder(name, [files[one] for one in held]) for name, held in folders.items()]
    of_tables = Entity(
        TABLES, ("Dataset",), {"name": "tables of results", "hasPart": links(tables)}
    )
    return sorted([*single, *described, *([of_tables] if tables else [])])


def manifest_file(size: int, sha256: str) -> Entity:
    """Return the manifest, which does not list itself."""
    entity = _file(MANIFEST, {"size": size, "sha256": sha256})
    told = "every file of the run with its checksum, and all that it came from"
    return entity._replace(properties=entity.properties | {"description": told})


def _whole(name: str) -> str:
    """Return the folder that a file is described with, as a path; "" if it stands alone."""
    parts = name.split("/")[:-1]
    for depth, part in enumerate(parts):
        if part in _WHOLE:
            return "/".join(parts[: depth + 1]) + "/"
    return ""


def _folder(name: str, held: list[Mapping[str, Any]]) -> Entity:
    size = sum(file["size"] for file in held) / 1e6
    told = _WHOLE[name.rstrip("/").rsplit("/", 1)[-1]]
    count = f"{len(held)} files, {size:.1f} MB; {MANIFEST} has the checksum of each"
    return Entity(quote(name), ("Dataset",), {"name": name, "description": f"{told}. {count}"})


def _file(name: str, said: Mapping[str, Any]) -> Entity:
    told = {
        "name": name,
        "contentSize": str(said["size"]),
        "encodingFormat": _FORMATS.get(name.rsplit(".", 1)[-1], _OTHER),
        "sha256": said["sha256"],
    }
    rows = {"description": f"{said['rows']} rows"} if "rows" in said else {}
    return Entity(quote(name), ("File",), told | rows)
