"""What a run will do, known before it starts: settings, shards, models.

Read at every start of Snakemake, in every job, so nothing heavy is imported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from seston.config import complete
from seston.errors import SestonError
from seston.feasible import require_feasible, require_labels
from seston.samples import cut_into_shards, raw_digest, sheet_digest
from seston.sheet import Sample, read_sheet
from seston.yaml_file import require_readable


@dataclass(frozen=True)
class Plan:
    """A run before it starts.

    Attributes
    ----------
    config : dict
        The settings with all defaults.
    shards : mapping of str to list of Sample
        Samples of each shard, both sorted.
    models : list of str
        The models that are embedded and clustered; the stage `choose` says whose clusters
        make tables, trends and report.
    """

    config: dict[str, Any]
    shards: Mapping[str, Sequence[Sample]]
    models: list[str]

    def samples_of(self, shard: str) -> list[str]:
        """Names of the samples of a shard."""
        return [sample.sample for sample in self.shards[shard]]

    def raw_digest(self, shard: str) -> str:
        """Digest of what the segmentation of a shard reads."""
        return raw_digest(self.shards[shard])

    def sheet_digest(self) -> str:
        """Digest of every row of the sheet."""
        return sheet_digest([sample for rows in self.shards.values() for sample in rows])

    @property
    def weights_file(self) -> list[str]:
        """The file of pre-trained weights, if the settings name one."""
        weights = self.config["backbone"]["weights"]
        return [] if weights in ("bundled", "hub", "random") else [weights]

    def weights_digest(self) -> str:
        """Return the sha256 of the weights file."""
        return _digest(self.weights_file)

    @property
    def frozen(self) -> list[str]:
        """Results folder of the earlier run whose clusters are kept, if the settings name one."""
        name = self.config["cluster"]["frozen"]
        return [name] if name else []

    def frozen_digest(self) -> str:
        """Digest of what is taken over from the earlier run."""
        found = []
        for folder in map(Path, self.frozen):
            model = (folder / "chosen_model.txt").read_text(encoding="utf-8").strip()
            found = [folder / "chosen_model.txt", folder / model / "model.safetensors"]
            found += sorted((folder / model).glob("kmeans/*"))
            found += sorted((folder / model).glob("tree/*"))
            found += sorted(folder.glob("frozen/*"))
            found += [folder / "tables" / name for name in ("cluster_names.tsv", "images.parquet")]
        # `adopt` tells which of them are missing.
        return _digest([str(path) for path in found if path.is_file()])

    @property
    def names_file(self) -> list[str]:
        """The table of cluster names, if the settings name one."""
        name = self.config["cluster"]["names"]
        return [name] if name else []

    def names_digest(self) -> str:
        """Return the sha256 of the table of cluster names."""
        return _digest(self.names_file)

    @property
    def labels_file(self) -> list[str]:
        """The tables of labels that the settings name."""
        named = self.config["labels"]["file"]
        return [name for name in ([named] if isinstance(named, str) else named) if name]

    def labels_digest(self) -> str:
        """Return the sha256 of each table of labels."""
        return _digest(self.labels_file)

    @property
    def classifier_file(self) -> list[str]:
        """The classifier of an earlier run, if the settings name one."""
        name = self.config["classify"]["model"]
        return [name] if name else []

    def classifier_digest(self) -> str:
        """Return the sha256 of that classifier."""
        return _digest(self.classifier_file)


def plan_run(config: dict[str, Any], files: Sequence[Path] = (), *, look: bool = True) -> Plan:
    """Check the settings and the sheet, and cut the samples into shards.

    Parameters
    ----------
    config : dict
        As Snakemake read it.
    files : sequence of pathlib.Path
        The configuration files, to find keys that stand in them twice.
    look : bool
        Whether all files that the sheet names are looked into: not in jobs, of which there are
        thousands, after the start of the run has done it.

    Raises
    ------
    SestonError
        With all mistakes of the first part that has any: settings, sheet, shards.
    """
    for file in filter(Path.is_file, files):
        require_readable(file)
    full = complete(config)
    require_feasible(full)
    tuned = full["finetune"]["method"] != "none" and not full["cluster"]["frozen"]
    read = read_sheet(Path(full["samples"]), look=look)
    plan = Plan(
        config=full,
        shards=cut_into_shards(read, full["shard_by"]),
        models=["pretrained", "finetuned"] if tuned else ["pretrained"],
    )
    for name in plan.weights_file:
        if not Path(name).is_file():
            raise SestonError(
                f"config: backbone.weights: found {name!r}, expected 'bundled', 'hub', 'random'"
                f" or a file; there is no such file in {Path.cwd()}"
            )
    for name in plan.classifier_file:
        if not Path(name).is_file():
            raise SestonError(
                f"config: classify.model: found {name!r}, expected a classifier that a run saved"
                " (results/classify/classifier.safetensors), or '' to learn one; there is no such"
                f" file in {Path.cwd()}"
            )
    tables = {
        "labels.file": (plan.labels_file, "image_id and label"),
        "cluster.names": (plan.names_file, "clustering, cluster and name"),
    }
    for key, (names, columns) in tables.items():
        for missing in (name for name in names if not Path(name).is_file()):
            raise SestonError(
                f"config: {key}: found {missing!r}, expected a table with the columns"
                f" {columns}, or '' for none; there is no such file in {Path.cwd()}"
            )
    if look:
        require_labels(full, read)
    return plan


def _digest(names: Sequence[str]) -> str:
    """Return the sha256 of files: not their times, which a copy changes."""
    digests = []
    for name in names:
        with Path(name).open("rb") as file:
            digests.append(file_digest(file, "sha256").hexdigest())
    return " ".join(digests)
