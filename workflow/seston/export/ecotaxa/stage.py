"""Stage `export-ecotaxa`: all organisms as archives that EcoTaxa imports."""

import logging
from pathlib import Path

from seston import store
from seston.export.ecotaxa.archives import Archives, Written
from seston.export.ecotaxa.categories import Kind, Labels, Predictions, categories_of
from seston.export.ecotaxa.cells import Texts
from seston.export.ecotaxa.objects import Objects
from seston.export.ecotaxa.parents import read_parents
from seston.export.ecotaxa.rules import Column
from seston.export.organisms import Organisms
from seston.export.png import deflated
from seston.folders import whole_folder
from seston.progress import Progress
from seston.tsv import as_tsv

log = logging.getLogger("seston")


def export_ecotaxa(
    *,
    images: Path,
    samples: Path,
    segment_dir: Path,
    shards: list[str],
    predictions: Path | None = None,
    labels: list[Path] | None = None,
    category: Kind = "name",
    leave_out: list[str] | None = None,
    archive_images: int = 50_000,
    archive_mb: int = 500,
    archives: Path,
) -> None:
    """Write all organisms, with their pictures, as archives that EcoTaxa imports.

    Parameters
    ----------
    images : pathlib.Path
        One row per organism.
    samples : pathlib.Path
        One row per sample.
    segment_dir : pathlib.Path
        Folder with one folder per shard, with its crops.
    shards : list of str
        Names of the shards.
    predictions : pathlib.Path, optional
        What the classifier takes each organism for.
    labels : list of pathlib.Path, optional
        Tables of labels.
    category : {"none", "name", "prediction", "label"}
        What organisms are said to be: the name of their cluster, what the classifier predicts (both
        with the status predicted), or their label (validated, if it is of a table).
    leave_out : list of str, optional
        Further columns of the sample sheet that are not exported.
    archive_images, archive_mb : int
        Of one archive at most.
    archives : pathlib.Path
        The folder to write: ``ecotaxa_001.zip``, … and ``archives.tsv``, a list of them.
    """
    texts = Texts()
    said = categories_of(category, images, predictions, labels or [], texts)
    parents = read_parents(samples, leave_out or [], _processed(images, predictions, said), texts)
    objects = Objects(images, parents.rows, texts)
    crops = [segment_dir / shard / "crops.parquet" for shard in shards]
    organisms = Organisms(images, crops, tuple(dict.fromkeys((*objects.needed, *said.needed))))
    header = (*objects.columns, *said.columns, *map(Column, parents.columns))
    with (
        whole_folder(archives) as folder,
        Progress(len(organisms), "organisms") as progress,
    ):
        with Archives(folder, header, archive_images, archive_mb * 1_000_000) as out:
            for part in organisms.parts():
                numbers = range(part.place + 1, part.place + 1 + len(part.table))
                # By number: names of files may hold what other systems do not take.
                files = [f"{part.sample}/{number:06d}.png" for number in numbers]
                own = objects.cells(part.sample, part.table, files)
                own += said.cells(part.table, part.first)
                ids = part.table["image_id"].to_pylist()
                for image, file, picture, cells in zip(
                    ids, files, part.pictures, zip(*own, strict=True), strict=True
                ):
                    line = (*cells, *parents.cells[part.sample])
                    out.add(part.sample, image, file, deflated(picture), line)
                progress.add(len(files))
        store.write_text(as_tsv(Written._fields, out.written), folder / "archives.tsv")
    for column, count in sorted(texts.cut.items()):
        log.warning("%s: %d texts were longer than EcoTaxa takes; they end in …", column, count)
    if isinstance(said, Labels) and said.note:
        log.warning("labels: %s", said.note)
    log.info("%d organisms in %d archives", len(organisms), len(out.written))


def _processed(images: Path, predictions: Path | None, said: object) -> dict[str, str]:
    """Return what made clusters and predictions, by column."""
    made = {"process_clusters": store.read_metadata(images)["clusters"]}
    if isinstance(said, Predictions) and predictions is not None:
        made["process_classifier"] = store.read_metadata(predictions)["fingerprint"]
    return made
