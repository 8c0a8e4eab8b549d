"""How the community as a whole changes: the answers in plain sentences."""

from seston.report.given.course import Course, Row
from seston.report.wording import group_name, listing, many, number, ratio
from seston.report.words.trend_words import Answer, first_ones, when

METHODS = {"bray_curtis": "Bray–Curtis", "aitchison": "Aitchison"}
ORDERS = {0: "number of classes", 1: "equally common classes", 2: "dominant classes"}


def answers(course: Course, site: str) -> list[Answer]:
    """Return how diverse the community is, how fast it turns over, and who moves together."""
    told = [
        Answer("Diversity", _diversity(course, site)),
        Answer("Turnover", _turnover(course, site)),
        Answer("Groups", _groups(course, site)),
        Answer("In step", _synchrony(course, site)),
    ]
    return [one for one in told if one.told]


def verdict(row: Row, alpha: float) -> str:
    """Return in a sentence whether groups differ in composition, with PERMDISP beside it."""
    by = METHODS.get(row["method"], row["method"])
    if row["p"] != row["p"]:
        why = row["note"] or row["flags"].replace("_", " ").replace(";", ", ")
        return f"{by}: not tested{f' ({why})' if why else ''}"
    differ = row["p"] <= alpha
    told = f"{by}: groups {'differ' if differ else 'show no difference that chance could not give'}"
    told += (
        f" in composition (PERMANOVA p = {number(row['p'], 2)}, R\u00b2 = {number(row['r2'], 2)}"
    )
    if row["dispersion_p"] != row["dispersion_p"]:
        return f"{told}; PERMDISP not computed)"
    scatter = row["dispersion_p"] <= alpha
    told += f"; PERMDISP p = {number(row['dispersion_p'], 2)})"
    if differ and scatter:
        told += ". They differ in scatter too, so it need not be their composition"
    return told


def _diversity(course: Course, site: str) -> list[str]:
    rows = course.rows("diversity", site)
    rows = rows[(rows["what"] == "class") & (rows["order"] == 1) & rows["hill"].notna()]
    equal = rows["equal"].dropna()
    told = [f"each brought to {many(int(equal.iloc[0]), 'image')}"] if len(equal) else []
    for group, some in rows.groupby("group", sort=True):
        ordered = some.sort_values(["hill", "period"], kind="stable").to_dict("records")
        whose = f"{group_name(str(group))}: " if rows["group"].nunique() > 1 else ""
        first, last = ordered[0], ordered[-1]
        if len(ordered) == 1:
            told.append(f"{whose}{_hill(first, of=True)} on {_on(first)}")
        else:
            told.append(
                f"{whose}between {_hill(first, of=True)} on {_on(first)} and {_hill(last)} on"
                f" {_on(last)}"
            )
    return first_ones(told)


def _hill(row: Row, *, of: bool = False) -> str:
    """Return a Hill number with its interval, and what it counts."""
    told = number(row["hill"], 2)
    classes = f" equally common class{'' if told == '1' else 'es'}" if of else ""
    if row["hill_low"] == row["hill_low"]:
        told += f" ({number(row['hill_low'], 2)} to {number(row['hill_high'], 2)})"
    return told + classes


def _on(row: Row) -> str:
    return when(row["period"], row["day_number"])


def _turnover(course: Course, site: str) -> list[str]:
    rows = course.rows("turnover", site)
    rows = rows[rows["bray_curtis"].notna()]
    if rows.empty:
        return []
    top = rows.sort_values("bray_curtis", kind="stable").iloc[-1]
    where = f" in {group_name(top['group'])}" if rows["group"].nunique() > 1 else ""
    usual, chance = rows["bray_curtis"].median(), rows["bray_curtis_by_chance"].median()
    told = (
        "the Bray–Curtis distance to the next period with enough images is"
        f" {ratio(usual)} in the median"
    )
    if chance == chance:
        told += f" (counting alone gives up to {ratio(chance)})"
    return [
        f"{told}, and largest with {ratio(top['bray_curtis'])} from {when(top['period'])} to"
        f" {when(top['next_period'])}{where}"
    ]


def _synchrony(course: Course, site: str) -> list[str]:
    rows = course.rows("synchrony", site)
    tested = rows[rows["q"].notna()]
    if tested.empty:
        return []
    together = tested[(tested["q"] <= course.alpha) & (tested["synchrony"] > 0)]
    names = [course.title(name) for name in together.sort_values("q", kind="stable")["class"]]
    of = many(len(tested), "class", "classes")
    if not names:
        return [f"None of {of} rises and falls at the same time in all groups more than by chance"]
    return [f"{len(names)} of {of} rise and fall together in the groups: {listing(names, 10)}"]


def _groups(course: Course, site: str) -> list[str]:
    """Return a verdict for each distance; one for all that were not tested for the same reason."""
    told: dict[str, list[str]] = {}
    for row in course.rows("permanova", site).to_dict("records"):
        by, says = verdict(row, course.alpha).split(": ", 1)
        told.setdefault(says, []).append(by)
    return [f"{listing(by)}: {says}" for says, by in told.items()]
