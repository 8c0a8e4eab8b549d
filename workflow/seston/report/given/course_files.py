"""The files of trends, groups and community, as options of the report."""

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter


@Parameter(name="*")  # each is an option by its own name: --trend-tests
@dataclass(frozen=True)
class CourseFiles:
    """Tables and reports of the stages trends, recluster, changes, groups and community.

    Attributes
    ----------
    periods : Path, optional
        Every period of each site and group, sampled or not, with its effort (``periods.tsv``).
    trend_tests : Path, optional
        What rises and falls (``trend_tests.tsv``); with the other four of ``changes``.
    trend_tests_json : Path, optional
        How trends were tested (``trend_tests.json``).
    timing : Path, optional
        When each class is there (``timing.tsv``).
    harmonics : Path, optional
        Rhythms of the day, the tides and the seasons (``harmonics.tsv``).
    change_points : Path, optional
        Dates of a step (``change_points.tsv``).
    groups : Path, optional
        In what the groups differ (``groups.tsv``); with the other three of ``groups``.
    group_effects : Path, optional
        By how much each group differs (``group_effects.tsv``).
    curves : Path, optional
        The fitted course of each class in each group (``curves.tsv``).
    groups_json : Path, optional
        How groups were compared (``groups.json``).
    diversity : Path, optional
        Hill numbers at equal effort (``diversity.tsv``); with the other five of ``community``.
    turnover : Path, optional
        What changes from one period to the next (``turnover.tsv``).
    ordination : Path, optional
        The path of the community (``ordination.tsv``).
    permanova : Path, optional
        Whether groups differ in composition (``permanova.tsv``).
    synchrony : Path, optional
        Which classes rise and fall together in the groups (``synchrony.tsv``).
    community_json : Path, optional
        How the community was described (``community.json``).
    reclusterings_json : Path, optional
        How clusterings were made anew (``reclusterings.json``).
    """

    periods: Path | None = None
    trend_tests: Path | None = None
    trend_tests_json: Path | None = None
    timing: Path | None = None
    harmonics: Path | None = None
    change_points: Path | None = None
    groups: Path | None = None
    group_effects: Path | None = None
    curves: Path | None = None
    groups_json: Path | None = None
    diversity: Path | None = None
    turnover: Path | None = None
    ordination: Path | None = None
    permanova: Path | None = None
    synchrony: Path | None = None
    community_json: Path | None = None
    reclusterings_json: Path | None = None


NO_COURSE = CourseFiles()
