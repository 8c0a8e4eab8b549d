"""What changed through time: trends, differences between groups, the community; as given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from seston.errors import SestonError
from seston.report.given.agreement import require_clustering
from seston.report.given.course_columns import KEYS, TABLES
from seston.report.given.course_files import CourseFiles
from seston.report.given.names import LONGEST, Names
from seston.report.given.reading import read_json, read_text_table
from seston.report.given.results import Results
from seston.report.wording import THIN, distinct, number, short

#: Which tables each stage writes; its JSON says how they were made.
STAGES = {
    "trend_tests": ("trend_tests", "timing", "harmonics", "change_points"),
    "groups": ("groups", "group_effects", "curves"),
    "community": ("diversity", "turnover", "ordination", "permanova", "synchrony"),
}
_RUN = {"trend_tests": "changes", "groups": "groups", "community": "community"}
#: In the column `class`: of no class, but of all images.
WHOLE = ""


Row = dict[Any, Any]  # of a table, by column


@dataclass(frozen=True)
class Course:
    """The tables of trends, groups and community, by name; what was not given is absent.

    Attributes
    ----------
    level : str
        What a class is: ``"cluster"``, ``"coarse"``, ``"name"`` or ``"label"``.
    titles : dict of str to str
        How figures and page call each class.
    cards : dict of str to int
        The cluster of each class that is one cluster.
    tables : dict of str to pandas.DataFrame
        See `seston.report.given.course_columns`; `periods` among them.
    told : dict of str to dict
        How the tables of each stage were made: ``trend_tests``, ``groups``, ``community``,
        ``reclusterings``.
    settings : dict
        The section ``trends``.
    """

    level: str = "name"
    titles: dict[str, str] = field(default_factory=dict)
    cards: dict[str, int] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def rows(self, name: str, site: str) -> pd.DataFrame:
        """Return the rows of a table at a site; none where the table was not given."""
        if name not in self.tables:
            return pd.DataFrame(columns=KEYS + TABLES[name].texts + TABLES[name].numbers)
        table = self.tables[name]
        return table[table["site"] == site]

    def has(self, stage: str) -> bool:
        """Return whether the tables of a stage were given."""
        return stage in self.told

    def title(self, name: str) -> str:
        """Return how to call a class."""
        return self.titles.get(name, short(name, LONGEST))

    def fact(self, stage: str, key: str, default: Any = None) -> Any:
        """Return what a stage tells of how it worked."""
        return self.told.get(stage, {}).get(key, default)

    @property
    def alpha(self) -> float:
        """The q from which on a difference is told."""
        return float(self.settings.get("alpha", 0.05))

    @property
    def sure(self) -> str:
        """The confidence of all intervals: ``95 %``."""
        return f"{number(100 * float(self.settings.get('confidence', 0.95)))}{THIN}%"


def read_course(
    files: CourseFiles,
    results: Results,
    names: Names,
    abundance: Mapping[str, Path | None],
    kmeans: Path,
) -> Course:
    """Read the tables that were given, and see that they belong together.

    Parameters
    ----------
    files : CourseFiles
    abundance : mapping of str to Path
        Tables of abundances by level.

    Raises
    ------
    SestonError
        If a file is unreadable, only some of a stage's files are given, or they tell of sites,
        groups, classes or periods that the run does not have.
    """
    given = vars(files)
    told = _told(given)
    tables = {
        name: read_text_table(path, (*KEYS, *columns.texts), columns.numbers)
        for name, columns in TABLES.items()
        if (path := given.get(name)) is not None
    }
    if again := told.get("reclusterings"):
        path = given["reclusterings_json"]
        clustering = results.kmeans["fingerprint"]
        require_clustering(Path(str(path)), again.get("clustering"), kmeans, clustering)
    level = str(results.setting("trends", "level", "name"))
    stages = [stage for stage in STAGES if stage in told]
    for stage in stages:
        found = told[stage].get("level", level)
        if found != level:
            raise SestonError(
                f"{given[stage + '_json']} is of the level {found}, but trends.level is {level};"
                f" delete it and run again from {_RUN[stage]}"
            )
    if stages and files.periods is None:
        raise SestonError("report: trends, groups and community need --periods too")
    titles = _titles(level, names, results, abundance.get(level)) if stages else {}
    known = {
        "site": set(results.samples["site"]),
        "group": {*results.samples["group"], "", told.get("community", {}).get("mean_group", "")},
        "class": {*titles, WHOLE},
    }
    for name, table in tables.items():
        _require_known(Path(str(given[name])), table, known)
    trends = results.settings.get("trends", {})
    return Course(level, titles, _cards(level, titles, names), tables, told, trends)


def _told(given: Mapping[str, Path | None]) -> dict[str, dict[str, Any]]:
    told = {}
    for stage, names in STAGES.items():
        files = {name: given.get(name) for name in (*names, f"{stage}_json")}
        missing = [name for name, path in files.items() if path is None]
        if not missing:
            told[stage] = read_json(Path(str(files[f"{stage}_json"])))
        elif len(missing) < len(files):
            raise SestonError(
                f"report: --{missing[0].replace('_', '-')} is missing; give all files of the stage"
                f" {_RUN[stage]}, or none"
            )
    if path := given.get("reclusterings_json"):
        told["reclusterings"] = read_json(path)
    return told


def _titles(level: str, names: Names, results: Results, path: Path | None) -> dict[str, str]:
    """Return how to call each class that was counted."""
    if level == "cluster":
        return {str(c): names.title(c) for c in range(int(results.kmeans["k"]))}
    if path is None:
        raise SestonError(f"report: trends are of the level {level}: give --abundance-{level} too")
    told = read_text_table(path, (level,), ())[level].unique()
    if level == "coarse":
        return {text: names.group_title(int(float(text))) for text in told}
    return dict(zip(told, distinct(told, LONGEST), strict=True))


def _cards(level: str, titles: Mapping[str, str], names: Names) -> dict[str, int]:
    if level == "cluster":
        return {text: int(text) for text in titles}
    if level != "name":
        return {}
    unnamed = {text: text.removeprefix("cluster ") for text in titles if text[:8] == "cluster "}
    cards = {text: int(number) for text, number in unnamed.items() if number.isdigit()}
    for name in set(names.names.values()):
        clusters = [cluster for cluster, own in names.names.items() if own == name]
        if len(clusters) == 1:
            cards[name] = clusters[0]
    return cards


def _require_known(path: Path, table: pd.DataFrame, known: Mapping[str, set[str]]) -> None:
    """Raise `SestonError` where a table tells of what the run does not have."""
    for column, there in known.items():
        strange = sorted(set(table[column]) - there) if column in table else []
        if strange:
            raise SestonError(
                f"{path} tells of the {column} {strange[0]!r}, which this run does not have;"
                " delete it and run again"
            )
