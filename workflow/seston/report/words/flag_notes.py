"""The flags in the tables of groups and of the community: how often, and what they mean."""

from seston.report.given.course import STAGES, Course
from seston.report.wording import many
from seston.report.words.trend_warnings import meaning

#: Of each table: what it is about, what its flags are counted in, and what makes one of these.
TABLES = {
    "groups": ("", ("class", "classes"), ["class"]),
    "diversity": ("Diversity", ("period", "periods"), ["group", "period"]),
    "turnover": ("Turnover", ("step", "steps"), ["group", "period"]),
    "permanova": ("Groups", ("distance", "distances"), ["method"]),
    "synchrony": ("In step", ("class", "classes"), ["class"]),
}


def notes(course: Course, stage: str, site: str) -> list[tuple[str, str]]:
    """Return of every flag of a stage's tables at a site how often it stands there, and a sentence.

    Such as ``("Diversity, 4 of 29 periods", "No sample has as many images as all are brought
    to.")``. The diversity of raw clusters is left out: what is told of classes is true of it too.
    A flag that this version does not know is told by its code.
    """
    told = []
    for name in STAGES[stage]:
        rows = course.rows(name, site)
        if "flags" not in rows:
            continue
        rows = rows[rows["what"] == "class"] if name == "diversity" else rows
        about, words, keys = TABLES[name]
        flags = rows["flags"].str.split(";")
        of = len(rows.drop_duplicates(keys))
        for code in sorted({code for some in flags for code in some if code}):
            there = rows[[code in some for some in flags]]
            n = len(there.drop_duplicates(keys))
            often = f"all {many(of, *words)}" if n == of > 1 else f"{n} of {many(of, *words)}"
            head = (
                ", ".join(filter(None, [about, often if of > 1 else ""])) or f"the only {words[0]}"
            )
            says = meaning(course, stage, code) or f"{code.replace('_', ' ').capitalize()}."
            told.append((head[:1].upper() + head[1:], says))
    return told
