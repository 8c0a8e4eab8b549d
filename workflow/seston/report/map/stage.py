"""Stage `map_page`: the map of all organisms as one page that needs nothing else.

The template gets `title`, `facts` (a data block) and `blocks`, a list of ``{id, type, text}``, each
to be written as a script element. The facts are JSON:

``format``, ``title``, ``n``, ``seed``, ``clustering`` (fingerprint), ``day_zero`` (ISO date or "")
``columns``
    One value for each organism, in the order of the ids. A column is ``{block, kind, count, delta,
    by_cluster}``. To read it: base64 to bytes, inflate (``"deflate"``), join the byte planes
    (`kind` ``u16`` has two, ``u32`` four; all lowest bytes come first) to a typed array of `count`
    values. If `delta`, each is the sum of all up to it, modulo the range of the kind. If
    `by_cluster`, they lie in the order of the clusters: first all of cluster 0 in the order of
    their ids, then all of cluster 1, and so on.

    ``cluster``: its number. ``density_cluster``: its number; `missing` = noise.
    ``x``, ``y``: ``low + code / top * (high - low)``; the same scale for both, y upwards.
    All others are measurements, with ``label``, ``unit``, ``scale``, ``low``, ``high``, ``top`` and
    ``missing`` (the code of an unknown value). Linear: as of x; log: ``low * (high / low) **
    (code / top)``, where code 0 holds zeros as well.
``unknown``
    Labels of measurements of which no value is known: they have no column.
``clusters``
    Those with members: ``{cluster, name, coarse, count}``; name "" = nobody named it.
``colours``
    ``{light, dark}``: ``#rrggbb`` of class i, and of cluster i, on light and on dark ground.
``samples``
    ``{id, site, group, time, day, first, count, shard, offset}``, in the order of their organisms:
    rows `first` to ``first + count - 1``. `site`, `group`, `day` are rows of ``sites``, ``groups``
    (texts, "" = unnamed) and ``days`` (ISO dates). `shard` and `offset`: see ``sprites``.
``ids``
    The id of an organism is ``<id of its sample>/<roi>``. Of `kind` ``text``, with ``block``: a
    deflated JSON list of all rois; or of `kind` ``patterns``, with ``patterns`` and ``pattern``:
    see `seston.report.map.ids.encode_rois`.
``thumbnails``
    ``{count, of, side, columns, per_sheet, rows, sheets}``: the organism of the i-th is the i-th of
    the column `rows` (ascending); its picture is the ``i % per_sheet``-th of the WebP (base64) in
    block ``sheets[i / per_sheet]``, `columns` in a row, each `side` px.
``sprites``
    None, or ``{folder, side, columns, per_sheet, shards}``: a picture of every organism. Of row r
    in sample s it is number ``p = s.offset + r - s.first`` of its shard, the ``p % per_sheet``-th
    of ``<folder>/<shards[s.shard]>/<p / per_sheet in 4 digits>.webp``, as seen from the page.
"""

import logging
from pathlib import Path

import numpy as np

from seston import store
from seston.naming.clusterings import read_facts
from seston.report.locked import data_block, locked_page
from seston.report.map.columns import Blocks
from seston.report.map.facts import facts
from seston.report.map.points import read_points, shard_places
from seston.report.map.sprites import sprite_facts
from seston.report.map.thumbnails import choose_rows, take_thumbnails

TEMPLATES = Path(__file__).parent / "templates"
#: Files of the page's script, each building on those before.
SCRIPTS = [
    "base.js", "blocks.js", "ids.js", "organisms.js", "colours.js", "parts.js", "classes.js",
    "view.js", "density.js", "pictures.js", "overlay.js", "find.js", "card.js", "specimens.js",
    "legend.js", "filters.js", "selection.js", "pointer.js", "keys.js", "search.js", "main.js",
]  # fmt: skip
log = logging.getLogger("seston")


def map_page(
    *,
    images: Path,
    kmeans: Path,
    tiles_dir: Path,
    shards: list[str],
    title: str,
    seed: int,
    day_zero: str,
    thumbnails: int,
    measurements: list[str],
    html: Path,
    sprites_dir: Path | None = None,
) -> None:
    """Write the map of all organisms that one can search.

    Parameters
    ----------
    images : pathlib.Path
        Table of organisms (``images.parquet``).
    kmeans : pathlib.Path
        The k-means report of the chosen model.
    tiles_dir : pathlib.Path
        Folder with ``<shard>.arrow``.
    shards : list of str
        The shards of this run.
    title : str
        Of the run.
    seed : int
        Of the choice of thumbnails.
    day_zero : str
        Day 0 of the experiment as an ISO date, or "".
    thumbnails : int
        Pictures in the page itself, at most.
    measurements : list of str
        Columns of the table that the map can be coloured by.
    html : pathlib.Path
        The page to write.
    sprites_dir : pathlib.Path, optional
        Folder with a folder of sprites for each shard; the page looks for it from where it is.
    """
    blocks = Blocks()
    (clustering,) = read_facts(kmeans, "fingerprint")
    points = read_points(images, clustering, measurements)
    samples = points.samples.join(shard_places(tiles_dir, shards, points))
    rows = choose_rows(points.place, points.cluster, thumbnails, seed)
    pictures = take_thumbnails(tiles_dir, shards, samples, rows, blocks)
    beside = None
    if sprites_dir is not None:
        counts = np.bincount(samples["shard"], samples["count"], len(shards)).astype(int)
        beside = sprite_facts(sprites_dir, html, shards, counts, pictures["side"])
    known = {
        "title": title,
        "seed": seed,
        "day_zero": day_zero,
        **facts(points, samples, blocks),
        "thumbnails": pictures,
        "sprites": beside,
    }
    values = {"title": title, "facts": data_block(known), "blocks": blocks.elements()}
    store.write_text(locked_page(TEMPLATES, "map", values, SCRIPTS), html)
    size = html.stat().st_size / 1e6
    log.info("%d organisms, %d pictures in the page, %.1f MB", len(points), len(rows), size)
