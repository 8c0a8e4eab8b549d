"""All images of a run, page by page: those of a cluster in some order, and those near it."""

import threading
from base64 import b64encode
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seston import store
from seston.errors import SestonError
from seston.label.facts import READ, image_facts
from seston.label.near import near
from seston.label.order import ORDERS, Members
from seston.label.pictures import COLUMNS, Pictures
from seston.search.lookup import Lookup

#: Images of a page.
SIZE = 64
#: Images near a cluster that are ranked at a time: those that were taken make room for others.
MOST_NEAR = 16 * SIZE

Page = dict[str, Any]
Ranks = npt.NDArray[np.int64]


class Gallery:
    """The images of a run.

    Parameters
    ----------
    images : Path
        The table of images.
    tiles_dir : Path
        Folder with the tiles of each shard.
    shards : list of str
    embeddings_dir : Path
        Embeddings of the run's chosen model.
    index : Path
        Folder with the index of the run.
    seed : int
        Of the random order: that of the page, so that both show the same images.

    Raises
    ------
    SestonError
        If a file is missing, damaged, or of other images than the others.
    """

    def __init__(
        self,
        images: Path,
        tiles_dir: Path,
        shards: list[str],
        embeddings_dir: Path,
        index: Path,
        seed: int,
    ) -> None:
        table = store.read_table(images, "images", [*READ, "sample", "distance", "margin"])
        self._table = table.combine_chunks()
        self._ids: pa.ChunkedArray = self._table["image_id"]
        self._cluster = self._table["cluster"].to_numpy()
        distance, margin = (self._table[name].to_numpy() for name in ("distance", "margin"))
        self._members = Members(self._cluster, distance, margin, seed)
        self._pictures = Pictures(tiles_dir, shards, self._ids)
        self._lookup: Lookup | None = None
        self._places = images, embeddings_dir, index
        self._turn = threading.Lock()  # the index is opened once, and asked one question at a time

    def __len__(self) -> int:
        return len(self._ids)

    def unknown(self, images: list[str]) -> list[str]:
        """Return those of some images that are not of the run."""
        wanted = pa.array(images, pa.string())
        known = self._ids.filter(pc.is_in(self._ids, wanted))
        return wanted.filter(pc.invert(pc.is_in(wanted, known.combine_chunks()))).to_pylist()

    def members(self, cluster: int, order: str, page: int) -> Page:
        """Return a page of a cluster's images.

        Parameters
        ----------
        cluster : int
        order : str
            One of `ORDERS`.
        page : int
            From 0; a page beyond the last one is empty.

        Returns
        -------
        dict
            ``of`` (images in all), ``size`` (of a full page), ``images`` (of each ``id``,
            ``sample``, ``datetime`` and ``esd_um``), ``sheet`` (an address that is a picture of
            them; "" without any), ``side`` and ``columns`` of the sheet.

        Raises
        ------
        ValueError
            If there is no such order.
        """
        if order not in ORDERS:
            raise ValueError(f"order {order[:20]!r}: expected one of {', '.join(ORDERS)}")
        return self._page(self._members.of(cluster, order), page)

    def near(
        self, cluster: int, page: int, same: Iterable[int] = (), labelled: Collection[str] = ()
    ) -> Page:
        """Return a page of the images outside of a cluster that are nearest to it.

        Parameters
        ----------
        cluster : int
        page : int
            From 0.
        same : iterable of int
            Clusters of the same name, whose images are left out too.
        labelled : collection of str
            Images that are left out since they have a label.

        Returns
        -------
        dict
            As `members`, with the ``cluster`` of each image; ``capped``: that more are near, but
            were not ranked.
        """
        left_out = np.isin(self._cluster, [cluster, *same])
        if labelled:
            told = pa.array(sorted(labelled), pa.string())
            left_out |= pc.is_in(self._ids, told).to_numpy()
        with self._turn:
            rows = near(self._opened(), self._members.of(cluster), MOST_NEAR, left_out)
        capped = bool(len(rows) < np.count_nonzero(~left_out))
        return self._page(rows, page, with_cluster=True) | {"capped": capped}

    def _page(self, rows: Ranks, page: int, with_cluster: bool = False) -> Page:
        shown = rows[page * SIZE : (page + 1) * SIZE]
        told = image_facts(self._table, shown)
        columns = {
            "id": told["ids"],
            "sample": self._table["sample"].take(pa.array(shown)).to_pylist(),
            "datetime": told["when"],
            "esd_um": told["esd"],
        }
        if with_cluster:
            columns["cluster"] = told["of"]
        rows_of = zip(*columns.values(), strict=True)
        images = [dict(zip(columns, row, strict=True)) for row in rows_of]
        picture = self._pictures.sheet(shown) if len(shown) else b""
        return {
            "of": len(rows),
            "size": SIZE,
            "images": images,
            "sheet": f"data:image/webp;base64,{b64encode(picture).decode()}" if picture else "",
            "side": self._pictures.side,
            "columns": COLUMNS,
        }

    def _opened(self) -> Lookup:
        """Return the index, opened when it is first asked: that takes seconds with many images."""
        if self._lookup is None:
            images, embeddings_dir, index = self._places
            lookup = Lookup(embeddings_dir, index)
            if not self._ids.combine_chunks().equals(lookup.rows.ids):
                raise SestonError(
                    f"{images} ({len(self)} images) and {index} ({len(lookup)}) do not hold the"
                    " same images; run the workflow again"
                )
            self._lookup = lookup
        return self._lookup
