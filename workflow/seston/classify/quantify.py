"""Stage `quantify`: how much of each class there was in each sample, and what each image is."""

import logging
from pathlib import Path

import numpy as np
import pyarrow as pa

from seston import store
from seston.classify.abundance import Classified, shared_biovolumes
from seston.classify.abundance import abundance as abundance_of
from seston.classify.correction import Prior, sample_prior
from seston.classify.correction import corrected as corrected_to
from seston.classify.counting import Method
from seston.classify.held_out import reject
from seston.classify.prior import smooth
from seston.classify.quantifier import COUNTING, learn
from seston.classify.said import read_said, write_said
from seston.classify.sample_shares import Shares, shares_of, write_shares
from seston.classify.saved import read_classifier
from seston.classify.unlike import Watch
from seston.progress import Progress
from seston.trends.biovolume import COLUMN
from seston.trends.counted import place_images, read_images
from seston.trends.effort import read_effort
from seston.trends.periods import Period
from seston.tsv import write_tsv

log = logging.getLogger("seston")

#: Share of a class of which there seems to be none.
NEVER = 1e-9


def quantify(
    *,
    classifier: Path,
    predictions_dir: Path,
    shards: list[str],
    images: Path,
    samples: Path,
    prior: Prior,
    max_error: float,
    method: Method,
    bootstraps: int,
    period: Period,
    day_zero: str = "",
    confidence: float,
    seed: int,
    frequencies: Path,
    abundance: Path,
    predictions: Path,
) -> None:
    """Find the frequencies of classes in each sample, correct each image by them, and add up.

    Intervals hold the chance of which class each image is of, and what the labels leave open;
    those of the abundance hold how samples scatter as well.

    Parameters
    ----------
    classifier : Path
        What was learned; its held-out answers say what is taken for what.
    predictions_dir : Path
        Folder of what it says of each shard.
    shards : list of str
        The shards.
    images : Path
        The table of all images.
    samples : Path
        The table of all samples.
    prior : {"em", "training", "uniform"}
        Class frequencies that the probabilities of an image are corrected by: those of its
        sample, those of the labels, or all alike.
    max_error : float
        Of the images that are not rejected, at most this share is expected to be wrong.
    method : {"em", "pacc", "probabilistic", "count"}
        Whose frequencies the abundance is made of; the table of frequencies holds all.
    bootstraps : int
        Draws behind the intervals.
    period : {"hour", "day", "week", "month"}
        What to count by.
    day_zero : str
        Day 0 of the experiment as an ISO date, or "".
    confidence : float
        Of the intervals, such as 0.95.
    seed : int
        Of the draws.
    frequencies : Path
        Written: shares of the classes in each sample, by each method.
    abundance : Path
        Written: shares, concentrations and biovolumes of the classes in each period.
    predictions : Path
        Written: what each image is taken for, and how sure that is.
    """
    learned = read_classifier(classifier)
    classes, held = learned.card.classes, learned.held_out
    said = read_said(predictions_dir, shards, learned)
    table = read_images(images, ["image_id", COLUMN])
    store.require_same_ids(predictions_dir, said.ids, images, table["image_id"])
    effort, row = place_images(images, table, read_effort(samples, period, day_zero))
    used = np.bincount(row, minlength=len(effort))
    known = learn(
        COUNTING, held.logits, held.votes, held.units, learned.training_prior,
        draws=bootstraps, seed=seed,
    )  # fmt: skip
    corrected, shared = np.empty_like(said.raw), np.empty_like(said.raw)
    watch = Watch.of(learned)
    found: list[Shares] = []
    drifts: list[str] = []
    with Progress(len(row), "images") as progress:
        for place, sample in enumerate(effort["sample"]):
            here = np.flatnonzero(row == place)
            logits = np.log(said.raw[here])
            found.append(shares_of(logits, known, sample, seed, confidence))
            posterior = said.calibrated[here].astype(np.float64)
            target = sample_prior(prior, posterior, known.source, known.prior)
            corrected[here] = corrected_to(posterior, known.source, target)
            # As they are counted: the sums over a sample are its counts. No class is ruled out for
            # good: an image may look like nothing else.
            counted = known.posterior(logits)
            share = smooth(found[-1][method].share, NEVER)
            shared[here] = corrected_to(counted, known.source, share)
            drifts.append(watch.note(said.distance[here], posterior, said.lacking[here]))
            progress.add(len(here))
    write_shares(effort, used.tolist(), found, drifts, classes, frequencies)
    classified = Classified(
        np.array([one[method].share for one in found]) * used[:, None],
        np.stack([one[method].draws for one in found], axis=1) * used[:, None],
        shared_biovolumes(table, row, shared, len(effort)),
        np.array([bool(note) for note in drifts]),
    )
    write_tsv(dict(abundance_of(effort, classified, classes, confidence)), abundance)
    of = pa.array(effort["sample"] if prior == "em" else [prior], pa.string())
    by = of.take(pa.array(row if prior == "em" else np.zeros_like(row)))
    threshold = reject(learned, prior, max_error).threshold
    write_said(said, corrected, by, threshold, learned, predictions)
    log.info(
        "quantify: %d images of %d samples in %d classes; %d are too unsure to be told (below"
        " %.2f); %d samples are unlike the labelled images", len(row), len(effort), len(classes),
        (corrected.max(axis=1, initial=0) < threshold).sum(), threshold, sum(map(bool, drifts)),
    )  # fmt: skip
