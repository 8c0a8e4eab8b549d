"""Evidence for a model: with labels and without, on organisms of all shards."""

import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston import store
from seston.cluster.shards import EmbeddingShards
from seston.collection import Tiles
from seston.errors import SestonError
from seston.evaluate.collapse import collapse_evidence
from seston.evaluate.confounding import confounding_evidence
from seston.evaluate.evidence import Row, Tallies, write_counts, write_evidence
from seston.evaluate.labelled import across_units, by_clusters
from seston.evaluate.organisms import Organisms, draw, read_organisms
from seston.evaluate.views import Views, view_evidence
from seston.labels.sets import label_sets
from seston.models.hardware import choose_device, choose_precision, repeatable
from seston.models.model_file import read_model
from seston.sheet import read_sheet

log = logging.getLogger("seston")

#: Organisms whose altered views are embedded: a share of them is then known to 2 or 3 %.
VIEW_IMAGES = 1000
TOO_FEW = 10  # organisms below which nothing is measured


def evaluate(
    *,
    tiles_dir: Path,
    segment_dir: Path,
    embeddings_dir: Path,
    shards: list[str],
    sheet: Path,
    model: Path,
    images: int,
    folds: int,
    seed: int,
    evidence: Path,
    counts: Path,
    labels: tuple[Path, ...] = (),
    device: str = "auto",
    precision: str = "auto",
    threads: int = 1,
) -> None:
    """Measure how good the embeddings of a model are, with labels and without.

    Parameters
    ----------
    tiles_dir : pathlib.Path
        Folder of the tiles.
    segment_dir : pathlib.Path
        Folder with ``<shard>/crops.parquet``.
    embeddings_dir : pathlib.Path
        Folder of the model's embeddings.
    shards : list of str
        Names of the shards.
    sheet : pathlib.Path
        The sample sheet.
    model : pathlib.Path
        The model that made the embeddings.
    images : int
        Organisms to evaluate, evenly over the samples, for each set of labels anew; 0
        takes all, at a cost that grows with their square.
    folds : int
        Parts in which linear models are trained and tested; also the days that it takes
        to keep days apart, and not only samples.
    seed : int
        Of every draw.
    evidence : pathlib.Path
        Table to write: one line per figure.
    counts : pathlib.Path
        Table to write: right answers by day or sample and class, for comparing models.
    labels : tuple of pathlib.Path
        Tables of labels, by their ids.
    device : str
        ``auto``, ``cpu`` or ``cuda``, for the altered views.
    precision : str
        ``auto``, ``bf16`` or ``fp32``.
    threads : int
        Threads to use.

    Raises
    ------
    SestonError
        If inputs do not fit together, or the labels are faulty.
    """
    where = choose_device(device)
    repeatable(threads, where)
    embeddings = EmbeddingShards(embeddings_dir, shards)
    backbone, card, origin = read_model(model)
    _require_made_by(embeddings_dir / f"{embeddings.names[0]}.arrow", model, origin)
    listed = read_sheet(sheet)
    organisms = read_organisms(segment_dir, embeddings, sheet, listed)
    ready = [sample.sample for sample in listed if sample.instrument == "images"]
    found: list[Row] = []
    tallies: Tallies = {}

    def add(rows: list[Row], counted: Tallies | None = None) -> None:
        found.extend(rows)
        tallies.update(counted or {})

    sets = label_sets(organisms.crops, ready, labels)
    if not sets:
        add([Row("labels", "", note="no labels")])
    for number, one in enumerate(sets):
        labelled = np.flatnonzero(one.codes >= 0)
        rng = np.random.default_rng([seed, 1, number])
        drawn = draw(organisms, embeddings, labelled, images, folds, rng)
        log.info("labels %s: %d organisms in %d classes", one.name, len(drawn), len(one.classes))
        add(*across_units(one, drawn, folds, seed))
        add(by_clusters(one, drawn, seed))
    everything = np.arange(len(organisms.sample))
    rng = np.random.default_rng([seed, 2])
    drawn = draw(organisms, embeddings, everything, images, folds, rng)
    if len(drawn) < TOO_FEW:
        add([Row("collapse", "", images=len(drawn), note="too few organisms")])
    else:
        log.info("without labels: %d organisms", len(drawn))
        add(collapse_evidence(drawn))
        add(*confounding_evidence(organisms, drawn, folds, seed))
        few = draw(organisms, embeddings, everything, VIEW_IMAGES, folds, rng)
        log.info("altered views: %d organisms", len(few))
        tiles = Tiles(tiles_dir, shards)
        tiles.require_fit(model, card.image_size, card.tiles)
        views = Views(backbone.to(where), where, choose_precision(precision, where), seed)
        pictures = _pictures_of(tiles, tiles_dir, organisms, few.rows)
        names = [sample.sample for sample in organisms.samples]
        of_sample = organisms.sample[few.rows]
        add(*view_evidence(views, pictures, few.vectors, of_sample, names, few.note))
    write_evidence(found, evidence)
    write_counts(tallies, counts)


def _require_made_by(embeddings: Path, model: Path, origin: str) -> None:
    made_by = store.read_metadata(embeddings).get("model", "")
    if made_by != origin:
        raise SestonError(
            f"{embeddings}: made by the model {made_by[:12]}, not by {model} ({origin[:12]});"
            " delete the embeddings and run again"
        )


def _pictures_of(
    tiles: Tiles, tiles_dir: Path, organisms: Organisms, rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint8]:
    """Return the tiles of these organisms, (n, size, size, 3)."""
    places = organisms.positions[rows]
    if tiles.ids_at(places) != organisms.crops["image_id"].take(rows).to_pylist():
        raise SestonError(
            f"{tiles_dir}: the tiles do not stand in the order of the embeddings; one of the two"
            " is out of date: delete both and run again"
        )
    return tiles.take(places)
