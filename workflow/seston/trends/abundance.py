"""Stage `trends`: what there was in each period at every level, and the effort behind it."""

import logging
from pathlib import Path

from seston.errors import SestonError
from seston.trends.biovolume import COLUMN, sum_biovolumes
from seston.trends.calendar import every_period
from seston.trends.classes import COLUMNS, UNLABELLED, Level, classes_of
from seston.trends.counted import Counted, count, place_images, read_images
from seston.trends.effort import FEW as FEW
from seston.trends.effort import read_effort
from seston.trends.periods import Period
from seston.trends.summary import summarise
from seston.tsv import write_tsv

log = logging.getLogger("seston")


def trends(
    *,
    images: Path,
    samples: Path,
    labels: tuple[Path, ...] = (),
    period: Period,
    day_zero: str = "",
    confidence: float,
    abundance: Path,
    abundance_coarse: Path,
    abundance_name: Path,
    abundance_label: Path,
    periods: Path,
) -> None:
    """Count each cluster in each period of each site and group, with intervals.

    Four tables alike: of clusters, of their coarse groups, of their names, and of labels.
    Clusters of one name are counted together; each without a name stands for itself, as
    "cluster 12". Images without a label are counted as "unlabelled"; where no image has one,
    the table of labels has no rows.

    Intervals take the sample as the unit: quasi-binomial Wilson for shares, quasi-Poisson
    for concentrations, compound quasi-Poisson for biovolumes, with the dispersion pooled over
    periods; the column ``note`` says how it was found. A cluster that was not found in a period
    has a concentration of 0 and, as the upper limit, what the water analysed could have missed,
    given the scatter; of biovolume, as much of its mean size. Where no two samples can be
    compared, the share has the interval 0 to 1 and the concentration no upper limit, or that of
    counting alone where nothing was found. Rejected images are taken to be like the used ones:
    the volume counts for the share of listed images that was used. Images without a measured
    biovolume are taken to be like those with one, if these are at least half.

    Clusters are those of the table of images: one without any image has no rows.

    Parameters
    ----------
    images : Path
        The table of all images.
    samples : Path
        The table of all samples.
    labels : tuple of Path
        A table of labels; without one, those of the instruments' own files are counted.
    period : {"hour", "day", "week", "month"}
        What to count by; the sample's time decides.
    day_zero : str
        Day 0 of the experiment as an ISO date: days are numbered and weeks counted from it.
    confidence : float
        Of the intervals, such as 0.95.
    abundance : Path
        Written: the table of clusters.
    abundance_coarse : Path
        Written: the table of coarse groups; ``coarse`` stands for ``cluster``.
    abundance_name : Path
        Written: the table of names; ``name`` stands for ``cluster``.
    abundance_label : Path
        Written: the table of labels; ``label`` stands for ``cluster``.
    periods : Path
        Written: every period, sampled or not, with its effort, rejected images and noise.
    """
    if not 0 < confidence < 1:
        raise SestonError(f"trends.confidence is {confidence}: expected a number between 0 and 1")
    table = read_images(images, [COLUMN, *(name for level in COLUMNS.values() for name in level)])
    effort, row = place_images(images, table, read_effort(samples, period, day_zero))
    written: dict[Level, Path] = {
        "cluster": abundance,
        "coarse": abundance_coarse,
        "name": abundance_name,
        "label": abundance_label,
    }
    for level, path in written.items():
        classes = classes_of(table, level, labels)
        shape = (len(effort), len(classes.names))
        counts = count(row, classes.codes, shape)
        found = Counted(effort, counts, classes.names, classes.of_cluster)
        volumes = sum_biovolumes(table, row, classes.codes, shape)
        rows = summarise(found, volumes, confidence)
        if level == "label" and not set(classes.names) - {UNLABELLED}:
            log.info("trends: no image has a label: %s has no rows", path)
            rows = rows[:0]
        else:
            log.info("trends: %d classes by %s", len(classes.names), level)
        write_tsv(dict(rows.rename(columns={"class": level})), path)
    every = every_period(effort, period, day_zero, confidence)
    log.info("trends: %d of %d periods sampled", every["sampled"].sum(), len(every))
    write_tsv(dict(every), periods)
