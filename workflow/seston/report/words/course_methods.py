"""How trends, groups and the community were told: paragraphs to start from in a paper."""

from seston.report.given.course import STAGES, Course
from seston.report.wording import count, number, sentence


def paragraphs(course: Course) -> list[str]:
    """Return a paragraph for each stage that ran, with its own thresholds."""
    told = {"trend_tests": _trends, "groups": _groups, "community": _community}
    return [told[stage](course) for stage in STAGES if course.has(stage)]


def notes(course: Course) -> list[tuple[str, str]]:
    """Return what each stage notes of its methods, by what it is about."""
    found = []
    for stage in (*STAGES, "reclusterings"):
        some = course.fact(stage, "notes", {})
        pairs = some.items() if isinstance(some, dict) else (("", one) for one in some)
        found += [(str(about).replace("_", " "), sentence(str(one))) for about, one in pairs]
    return [(about, one) for about, one in found if one]


def _trends(course: Course) -> str:
    stage = "trend_tests"
    least, found = course.fact(stage, "least_periods", 10), course.fact(stage, "least_found", 5)
    again = course.fact("reclusterings", "runs", 0)
    told = (
        f"Trends are of log concentrations, or of centred log-ratios of shares where volumes were"
        f" not known, per {course.settings.get('period', 'day')}, averaged over groups, each of"
        " which weighs the same. They were tested by the Mann–Kendall test (Mann 1945) after"
        f" pre-whitening, with slopes after Sen (1968) and {course.sure} intervals of the slopes"
        f" that the test does not reject; series with fewer than {least} sampled periods, and"
        f" classes found in fewer than {found}, were not tested. Centres of gravity in time have"
        " intervals from samples drawn again, and permutation tests"
        f" ({count(course.fact(stage, 'permutations', 0))} permutations). Rhythms were fitted as"
        " cosine and sine beside a trend by generalised least squares where at least"
        f" {number(course.fact(stage, 'cycles_spanned', 2))} cycles were seen. Candidate dates of a"
        " step are from PELT (Killick et al. 2012; Truong et al. 2020). P-values were adjusted"
        " within each family of tests of a site (Benjamini and Yekutieli 2001)."
    )
    if again:
        told += (
            f" The clustering was made anew {again} times from samples drawn with return; a trend"
            " that is not found again in more than half of them is marked."
        )
    return told


def _groups(course: Course) -> str:
    return (
        "Groups were compared by negative binomial regression (statsmodels, Seabold and Perktold"
        " 2010) of counts on a natural cubic spline of time and each group's departure from it,"
        " with the logarithm of the volume, or of the images where volumes were not known, as"
        " offset. Level and course of the groups were tested by F tests by generalised least"
        " squares, which take correlations between periods and between groups from the residuals;"
        " p-values were adjusted after Benjamini and Yekutieli (2001). Groups are said to differ"
        " from the period on from which a departure is larger than in"
        f" {count(course.fact('groups', 'simulated', 0))} simulated series without one."
    )


def _community(course: Course) -> str:
    return (
        "Hill numbers of order 0, 1 and 2 (Hill 1973) were computed at equal numbers of images by"
        " exact rarefaction (Hurlbert 1971; Chao et al. 2014) and at equal coverage (Chao and Jost"
        " 2012). Compositions were compared by Bray–Curtis distances of square-rooted shares and by"
        " Aitchison's (1986) distance, and ordinated by principal coordinates. Groups were compared"
        " by PERMANOVA (Anderson 2001) with the mean of each period removed and"
        f" {count(course.fact('community', 'permutations', 0))} permutations within blocks of"
        " periods, beside PERMDISP (Anderson 2006). Synchrony is the intraclass correlation of the"
        " groups' series through time."
    )
