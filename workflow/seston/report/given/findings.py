"""What was found out about the clusters: names, trust, tree, drift; whatever of it was given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from seston.errors import SestonError
from seston.report.drawing.mosaics import Crop
from seston.report.given.classifier import LEVEL, Classifier, read_classifier
from seston.report.given.classifier_files import NO_CLASSIFIER, ClassifierFiles
from seston.report.given.course import Course, read_course
from seston.report.given.course_files import NO_COURSE, CourseFiles
from seston.report.given.drift import Drift, read_drift
from seston.report.given.example_classes import example_classes
from seston.report.given.hierarchy import Sweep, Tree, read_sweep, read_tree
from seston.report.given.levels import Merged, read_level
from seston.report.given.names import Names, read_names
from seston.report.given.oddities import read_circumstances
from seston.report.given.organism_crops import find_crops
from seston.report.given.origin import Adopted, adopted_model
from seston.report.given.results import Results
from seston.report.given.strangest import MOST, read_strangest
from seston.report.given.trust import Trust, read_trust
from seston.trends.classes import UNLABELLED


@dataclass(frozen=True)
class Findings:
    """Each is None, or empty, where it was not given.

    Attributes
    ----------
    names : Names
    trust : Trust or None
    circumstances : pandas.DataFrame or None
        Days, samples, groups and instruments, with what is odd about them.
    strangest : pandas.DataFrame or None
        The strangest organisms, the strangest first.
    sweep : Sweep or None
    tree : Tree or None
    levels : dict of str to Merged
        Abundances of merged clusters, by what they were merged to.
    drift : Drift or None
        How new images differ from those that frozen clusters were made from.
    classifier : Classifier or None
        Classes from labels.
    course : Course
        Trends, differences between groups, the community.
    adopted : Adopted or None
        Where the model is from, if it is that of an earlier run.
    crops : dict of str to Crop
        Of the strangest organisms and of candidates for new types.
    example_classes : list of str
        The class, at the level of `course`, of each row of `Results.examples`.
    """

    names: Names = field(default_factory=Names)
    trust: Trust | None = None
    circumstances: pd.DataFrame | None = None
    strangest: pd.DataFrame | None = None
    sweep: Sweep | None = None
    tree: Tree | None = None
    levels: dict[str, Merged] = field(default_factory=dict)
    drift: Drift | None = None
    classifier: Classifier | None = None
    course: Course = field(default_factory=Course)
    adopted: Adopted | None = None
    crops: dict[str, Crop] = field(default_factory=dict)
    example_classes: list[str] = field(default_factory=list)

    @property
    def shown(self) -> pd.DataFrame | None:
        """The strangest organisms that are drawn; None where there are none."""
        return None if self.strangest is None or self.strangest.empty else self.strangest[:MOST]


def read_findings(
    results: Results,
    *,
    kmeans: Path,
    segment_dir: Path,
    shards: Sequence[str],
    clusters: Path | None = None,
    clusters_json: Path | None = None,
    circumstances: Path | None = None,
    strangest: Path | None = None,
    density_table: Path | None = None,
    names: Path | None = None,
    abundance_coarse: Path | None = None,
    abundance_name: Path | None = None,
    abundance_label: Path | None = None,
    tree: Path | None = None,
    sweep: Path | None = None,
    drift: Path | None = None,
    drift_json: Path | None = None,
    new_types: Path | None = None,
    course: CourseFiles = NO_COURSE,
    classifier: ClassifierFiles = NO_CLASSIFIER,
    labels: tuple[Path, ...] = (),
) -> Findings:
    """Read what was given and see that it belongs to the results.

    Raises
    ------
    SestonError
        If a file is unreadable or does not belong to the others, or one is given without
        the one that says what it was made from.
    """
    clustering, k = results.kmeans["fingerprint"], results.kmeans["k"]
    told = Names() if names is None else read_names(names, kmeans, clustering, k)
    levels = {
        "coarse": abundance_coarse, "name": abundance_name, "label": abundance_label,
        LEVEL: classifier.abundance_class,
    }  # fmt: skip
    odd = None if strangest is None else read_strangest(strangest, results.images)
    _require_both(clusters, "--clusters", clusters_json, "--clusters-json")
    _require_both(drift, "--drift", drift_json, "--drift-json")
    drifted = (
        read_drift(drift, drift_json, new_types, kmeans, clustering, k, results.samples)
        if drift and drift_json
        else None
    )
    shown = [] if odd is None else odd["image_id"][:MOST].tolist()
    shown += [] if drifted is None else drifted.examples()
    found = read_course(course, results, told, levels, kmeans)
    return Findings(
        names=told,
        trust=(
            read_trust(clusters, clusters_json, density_table, kmeans, clustering, k)
            if clusters and clusters_json
            else None
        ),
        circumstances=None if circumstances is None else read_circumstances(circumstances),
        strangest=odd,
        sweep=None
        if sweep is None
        else read_sweep(sweep, kmeans, results.kmeans.get("embeddings")),
        tree=None if tree is None else read_tree(tree, kmeans, clustering, k),
        levels=_levels(levels, told, results.abundance),
        drift=drifted,
        classifier=read_classifier(classifier, results.samples, results.settings),
        course=found,
        adopted=adopted_model(
            results.setting("cluster", "frozen", ""),
            results.card,
            drifted.told["earlier"] if drifted else {},
        ),
        crops=find_crops(segment_dir, shards, shown),
        example_classes=example_classes(
            results.examples, results.images, told, found.level, labels
        ),
    )


def _levels(
    paths: Mapping[str, Path | None], names: Names, abundance: pd.DataFrame
) -> dict[str, Merged]:
    """Read the levels that say more than the clusters: no names or labels are no level."""
    found = {}
    for level, path in paths.items():
        if path is not None and (level != "name" or names.names):
            merged = read_level(path, level, names, abundance)
            if level != "label" or set(merged.keys) - {UNLABELLED}:
                found[level] = merged
    return found


def _require_both(first: Path | None, option: str, second: Path | None, other: str) -> None:
    if (first is None) != (second is None):
        raise SestonError(f"report: {option} and {other} go together; give both or none")
