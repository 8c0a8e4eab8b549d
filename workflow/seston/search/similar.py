"""Command `similar`: the organisms of a run that are most like one of them, or like a picture."""

import logging
import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.crops import read_crops
from seston.errors import SestonError
from seston.search.board import Cell, draw_board
from seston.search.lookup import Lookup, Near, chosen_model
from seston.tsv import write_tsv

log = logging.getLogger("seston")

SHOWN = 3  # ids that an unknown one may have meant
SAME = 1e-3  # of an embedding's length: what half precision rounds away
DRAWN = 400  # organisms on the mosaic at most: 50 rows, which a picture viewer still opens
COLUMNS = ("image_id", "sample", "datetime", "cluster")


@dataclass(frozen=True)
class Query:
    """What is asked about: its embedding, its picture, and which images are left out."""

    name: str
    embedding: npt.NDArray[np.float32]
    crop: bytes
    pixel_um: float | None
    without: tuple[int, int]
    is_file: bool = False


def similar(
    target: str,
    /,
    *,
    n: int = 50,
    results: Path = Path("results"),
    out: Path = Path("similar"),
    other_samples: bool = False,
    threads: int = 1,
) -> None:
    """Find the organisms of a run that are most like one of them, or like a picture.

    Writes OUT.tsv, a table of the organisms from the nearest on, and OUT.png, a mosaic of
    them. Near is what has a similar embedding (Euclidean distance), by the run's chosen model.

    A picture is padded and embedded as the run does with its crops. Its neighbours are taken out
    by what the picture alone shows, so a crop of a FlowCam or an IFCB, whose run has masks
    for that, may be embedded a little otherwise than in the run.

    Parameters
    ----------
    target : str
        The id of an image (SAMPLE/ROI), or a file: PNG, JPEG or TIFF with one organism.
    n : int
        Organisms to find; the mosaic shows the first 400 of them.
    results : Path
        The results folder of a finished run.
    out : Path
        What to write, without ending.
    other_samples : bool
        Leave out the sample of the image that is asked about.
    threads : int
        CPU threads.
    """
    if n < 1:
        raise SestonError(f"--n is {n}, expected 1 or more")
    lookup = Lookup(chosen_model(results) / "embeddings", results / "index")
    query = _query(target, lookup, results, other_samples, threads)
    near = lookup.nearest(query.embedding, n, query.without)
    found = describe(lookup, near, results)
    crops = _crops(lookup, near.ranks[:DRAWN], results)
    cells = [
        Cell(crop, um, f"{row['rank']}  {_of_cluster(row)}", row["image_id"])
        for row, (um, crop) in zip(found[:DRAWN], crops, strict=True)
    ]
    board = draw_board(Cell(query.crop, query.pixel_um, "query", query.name), cells)
    table, picture = (Path(f"{out}{ending}") for ending in (".tsv", ".png"))
    names = ["rank", *COLUMNS, "name", "distance", "cosine"]
    write_tsv({name: [row[name] for row in found] for name in names}, table)
    with store.atomic(picture) as temporary:
        board.save(temporary, "PNG")
    log.info("%d of %d organisms nearest to %s: %s, %s",
             len(found), len(lookup), query.name, table, picture)  # fmt: skip
    same = near.distances[:1] <= SAME * np.linalg.norm(query.embedding)
    if query.is_file and same.any():
        log.info(
            "%s looks to the model like %s, which is rank 1 at distance %.3g: it is that image of"
            " the run, or a copy", query.name, found[0]["image_id"], found[0]["distance"],
        )  # fmt: skip
    if len(found) > DRAWN:
        log.info("%s shows the first %d of them", picture, DRAWN)


def describe(lookup: Lookup, near: Near, results: Path) -> list[dict[str, Any]]:
    """Return a row of the table for each image found: what the run's tables say of it."""
    path = results / "tables" / "images.parquet"
    images = store.read_table(path, "images", [*COLUMNS, "name"])
    ids = lookup.rows.ids.take(pa.array(near.ranks))
    places = pc.index_in(ids, images["image_id"])
    if places.null_count:
        lost = ids.filter(pc.is_null(places))[0].as_py()
        raise SestonError(
            f"{path}: no image {lost}, which the index of the run has; one of them is out of"
            " date: run the workflow again"
        )
    rows = images.take(places).to_pylist()
    told = zip(rows, near.distances.tolist(), near.cosines.tolist(), strict=True)
    return [
        {"rank": rank, **row, "datetime": _when(row), "distance": distance, "cosine": cosine}
        for rank, (row, distance, cosine) in enumerate(told, 1)
    ]


def unknown(target: str, ids: pa.Array) -> SestonError:
    """Return the error about what is neither a file nor an image, with ids that may be meant."""
    sample, _, roi = target.rpartition("/")
    mine = ids.filter(pc.starts_with(ids, f"{sample}/")).to_pylist() if sample else []
    if mine:
        meant = get_close_matches(target, mine, SHOWN) or mine[:SHOWN]
    else:
        meant = ids.filter(pc.ends_with(ids, f"/{roi}")).to_pylist()[:SHOWN]
    if not meant:
        samples = pc.unique(pc.replace_substring_regex(ids, "(?s)/.*", "")).to_pylist()
        meant = [f"{name}/…" for name in get_close_matches(sample or target, samples, SHOWN)]
    hint = f"; near it are {', '.join(meant)}" if meant else ""
    return SestonError(f"{target}: neither an image of the run (SAMPLE/ROI) nor a file{hint}")


def _query(target: str, lookup: Lookup, results: Path, others: bool, threads: int) -> Query:
    rank = lookup.rank(target)
    if rank is not None:
        own = lookup.of_sample(target.partition("/")[0]) if others else (rank, rank + 1)
        [(um, crop)] = _crops(lookup, np.array([rank]), results)
        return Query(target, lookup.embedding(rank), crop, um, own)
    if not os.path.exists(target):  # noqa: PTH110 - Path.exists raises of too long a name
        raise unknown(target, lookup.rows.ids)
    if others:
        raise SestonError(f"--other-samples: {target} is a file, of no sample; leave it out")
    path = Path(target)
    if path.is_dir():
        raise SestonError(
            f"{target}: is a folder; expected the id of an image (SAMPLE/ROI), or a file: PNG, JPEG"
            " or TIFF with one organism"
        )
    # Only now: this may start torch.
    from seston.search.query import embed_query, read_query, was_cleaned

    crop = read_query(path, was_cleaned(results / "settings.yaml"))
    embedding = embed_query(crop, chosen_model(results), lookup.rows.fingerprint, threads)
    return Query(path.name, embedding, crop, None, (0, 0), is_file=True)


def _crops(
    lookup: Lookup, ranks: npt.NDArray[np.int64], results: Path
) -> list[tuple[float | None, bytes]]:
    """Return µm per pixel and picture of each image."""
    by_shard: dict[str, list[str]] = {}
    placed = [lookup.rows.where(int(lookup.rows.order[rank])) for rank in ranks]
    for shard, name in placed:
        by_shard.setdefault(shard, []).append(name)
    crops: dict[str, tuple[float | None, bytes]] = {}
    for shard, names in by_shard.items():
        crops |= read_crops(results / "segment" / shard / "crops.parquet", names)
    return [crops[name] for _, name in placed]


def _of_cluster(row: dict[str, Any]) -> str:
    return row["name"] or f"cluster {row['cluster']}"


def _when(row: dict[str, Any]) -> str:
    return row["datetime"].isoformat() if row["datetime"] else ""
