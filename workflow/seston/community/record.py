"""What the report is told of the community besides the tables: methods, thresholds, refusals."""

from seston.community import blocks, compositions, diversity, permanova, synchrony, turnover
from seston.community.ordination import LEAST, MOST

REFUSALS = {
    "no_class": "no image has a label",
    "too_few_compositions": (
        f"fewer than {LEAST} groups and periods with {compositions.LEAST_IMAGES} images"
    ),
    "too_many_compositions": (
        f"more than {MOST} groups and periods; choose a longer trends.period"
    ),
    **{f"permanova_{code}": sentence for code, sentence in permanova.REFUSALS.items()},
    **{f"synchrony_{code}": sentence for code, sentence in synchrony.REFUSALS.items()},
}

FLAGS = {**diversity.FLAGS, **turnover.FLAGS, **permanova.FLAGS, **synchrony.FLAGS}

THRESHOLDS = {
    "least_images": compositions.LEAST_IMAGES,
    "tail": compositions.TAIL,
    "least_freedom": diversity.LEAST_FREEDOM,
    "apart_periods": blocks.APART,
    "apart_memory": blocks.MEMORY,
    "least_periods_permanova": blocks.LEAST_PERIODS,
    "least_in_block": blocks.IN_BLOCK,
    "least_relabellings": blocks.LEAST_RELABELLINGS,
    "least_periods_synchrony": synchrony.LEAST_PERIODS,
    "least_found": synchrony.LEAST_FOUND,
}

NOTES = {
    "diversity": (
        "Hill numbers of order 0, 1 and 2 of single samples, each brought to the same number of"
        " images by exact rarefaction (Hurlbert 1971; Chao et al. 2014), or to the same coverage"
        " (Chao & Jost 2012); a period has the geometric mean of its samples, with a t interval"
        " from the scatter between samples of one period, pooled over periods"
    ),
    "clusters": (
        "the number of raw clusters was chosen with cluster.k, so their order 0 says nothing of"
        " richness; orders 1 and 2 say how evenly images spread over them"
    ),
    "turnover": (
        "Bray-Curtis distance of square-rooted shares and Aitchison's distance between successive"
        " periods with enough images; the noise floor is the distance that counting alone exceeds"
        " in 1 - confidence of cases, from images dealt anew between the two periods"
    ),
    "ordination": (
        "principal coordinates of the same distances between all groups and periods; the mean of"
        " groups is adjusted for groups not sampled in a period"
    ),
    "permanova": (
        "groups are compared with the mean of each period removed; labels of groups are permuted"
        " within blocks of successive periods, and p compares, between groups, pairs of"
        f" compositions of different blocks that are at least {blocks.APART} periods apart, more"
        " where successive periods correlate by more than 0.6"
    ),
    "dispersion": (
        "the same permutations of the distances to the centroid of the own group and block"
        " (PERMDISP): where they differ, a difference between groups may be one of scatter"
    ),
    "synchrony": (
        "intraclass correlation of the groups' log concentrations (without volumes, centred"
        " log-ratios) through time, with an F test whose degrees of freedom allow for the lag-1"
        " correlation; Benjamini-Yekutieli over the classes of each site"
    ),
    "unlabelled": "images without a label are no class here; their number is told",
}
