"""A small run by hand for exports of what was found: tables as the stages before write them."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ecotaxa_run import DAY, a_sample
from seston import schemas, store
from seston.sheet import Sample
from seston.tables import sample_lines

CLASSES = ("Asterionella", "Daphnia", "Ceratium hirundinella", "dirt")
TAXA = (
    "class\tscientific_name\taphia_id\ttaxon_rank\tcarbon\tqualifier\tgenus\n"
    "Asterionella\tAsterionella formosa\t163310\tSpecies\tdiatom\t\tAsterionella\n"
    "Daphnia\tDaphnia\t148372.0\tgenus\t\tspp.\tDaphnia\n"
    "Ceratium hirundinella\tCeratium hirundinella\t\tspecies\tprotist\t\tCeratium\n"
    "dirt\t\t\t\t\t\t\n"
    "never seen\tKeratella\t134988\tgenus\t\t\tKeratella\n"
)
#: mm³ and so on are chosen by hand: µm³, and pg as of a protist and of a diatom.
SIZES = {"biovolume_um3": 5000.0, "carbon_pg": 640.0, "carbon_if_diatom_pg": 210.0}


@dataclass
class Run:
    """Where the tables are."""

    folder: Path

    @property
    def given(self) -> dict[str, object]:
        """Options that both stages take."""
        return {"images": self.images, "samples": self.samples, "taxa": self.taxa}

    @property
    def images(self) -> Path:
        return self.folder / "images.parquet"

    @property
    def samples(self) -> Path:
        return self.folder / "samples.tsv"

    @property
    def taxa(self) -> Path:
        return self.folder / "taxa.tsv"


#: Name of a class, or "" for none; how many images of it, and how many of them have no size.
Counts = Mapping[str, int | tuple[int, int]]


def write_found(
    folder: Path,
    samples: Sequence[tuple[Sample, Counts]],
    taxa: str = TAXA,
    effort: Mapping[str, Mapping[str, object]] | None = None,
) -> Run:
    """Write a run whose samples hold these images, named by their clusters and by recorded labels.

    Parameters
    ----------
    effort : mapping of str to mapping, optional
        By sample, what differs from a sample whose images were all used.
    """
    run, images, efforts = Run(folder), [], []
    clusters = sorted({name for _, counts in samples for name in counts})
    for sample, counts in samples:
        rows = []
        for name, many in counts.items():
            total, unsized = many if isinstance(many, tuple) else (many, 0)
            for place in range(total):
                sizes = dict.fromkeys(SIZES) if place < unsized else SIZES
                cluster = clusters.index(name)
                rows.append({"name": name, "label": name or None, "cluster": cluster, **sizes})
        for number, row in enumerate(rows):
            images.append(_image(sample, number) | row)
        efforts.append(_effort(sample, len(rows)) | (effort or {}).get(sample.sample, {}))
    images.sort(key=lambda row: row["image_id"].encode())
    table = pa.Table.from_pylist(images, schema=schemas.IMAGES)
    store.write_table(table, run.images, schemas.IMAGES, "images", "made", clusters="c" * 64)
    lines = sample_lines(
        pa.Table.from_pylist(efforts, schema=schemas.EFFORT), [sample for sample, _ in samples]
    )
    store.write_text(lines, run.samples)
    run.taxa.write_text(taxa, encoding="utf-8")
    return run


def here(name: str, **told: object) -> Sample:
    """A sample with a place and a volume."""
    given = {
        "volume_ml": 2.0,
        "dilution": 4.0,
        "latitude": 58.25,
        "longitude": 11.4,
        "depth_m": -1.5,
    }
    return a_sample(name, **(given | told))[0]


def write_predictions(
    run: Run, said: Sequence[str], rejected: Sequence[bool], classes: Sequence[str]
) -> Path:
    """Predictions of all images, in the order of their ids."""
    ids = store.read_table(run.images, "images", ["image_id"])["image_id"]
    columns = {
        "image_id": ids,
        "prediction": list(said),
        **{name: [0.75] * len(ids) for name in ("raw", "calibrated", "corrected", "entropy")},
        "rejected": list(rejected),
        "prior": ["training"] * len(ids),
        **{f"p_{name}": pa.array([0.5] * len(ids), pa.float32()) for name in classes},
    }
    path = run.folder / "predictions.parquet"
    store.write_table(
        pa.table(columns), path, schemas.PREDICTIONS, "class_predictions", "learned" * 3
    )
    return path


def read_zip(path: Path) -> dict[str, list[dict[str, str]]]:
    """Tables of an archive by file, with nothing of Seston."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            if name.endswith(".txt"):
                text = io.StringIO(archive.read(name).decode(), newline="")
                rows = csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE)
                found[name] = list(rows)
    return found


def _image(sample: Sample, number: int) -> dict[str, object]:
    return {
        "image_id": f"{sample.sample}/{number:04d}", "sample": sample.sample, "site": sample.site,
        "group": sample.group, "instrument": sample.instrument, "datetime": sample.datetime,
        "timestamp": DAY, "frame": "f", "x": 0, "y": 0, "w": 9, "h": 9, "mask": "crop",
        "notes": "", "pixel_um": 1.8, "distance": 0.5, "density_cluster": 0,
        "coarse": 0,
    }  # fmt: skip


def _effort(sample: Sample, used: int) -> dict[str, object]:
    return {
        "sample": sample.sample, "instrument": sample.instrument, "datetime": sample.datetime,
        "listed": used, "used": used, "rejected": 0, "readable": 1.0,
        "volume_ml": sample.volume_ml, "volume_source": "sheet" if sample.volume_ml else None,
        "dilution": sample.dilution, "pixel_um": 1.8, "flags": [], "warnings": [],
    }  # fmt: skip
