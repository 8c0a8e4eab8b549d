"""The methods of a run as paragraphs that can be pasted into a paper."""

from typing import Any

from seston.report.given import origin
from seston.report.given.findings import Findings
from seston.report.given.results import Results
from seston.report.wording import count, listing, many, number
from seston.report.words import classifier_methods, clustering_words, course_methods, methods
from seston.report.words.summary import Totals, rejects_by_reason

METHODS = {"dino": "DINO (Caron et al. 2021)", "simclr": "SimCLR (Chen et al. 2020)"}
MOST_REASONS = 3


def paragraphs(results: Results, findings: Findings, totals: Totals) -> list[str]:
    """Return images and model, clusters, trends, and what it was computed with."""
    found = [
        _images(results, totals) + _model(results, findings),
        _clusters(results, findings),
        _shares(results, totals),
        *course_methods.paragraphs(findings.course),
        *classifier_methods.paragraphs(findings.classifier, results.settings),
        _software(results),
    ]
    return [" ".join(one.split()) for one in found]


def _images(results: Results, totals: Totals) -> str:
    side, clean = results.setting("tiles", "size"), results.setting("segment", "clean")
    reasons = rejects_by_reason(results.rejected)
    why = listing([f"{reason}: {count(n)}" for reason, n, _ in reasons], MOST_REASONS)
    when = totals.first_day
    if totals.days > 1:
        when = f"{totals.days} days from {totals.first_day} to {totals.last_day}"
    return (
        f"Images of {many(totals.samples, 'sample')}{f' ({when})' if when else ''} were processed"
        f" with Seston {methods.versions()[0][1]}. Of {count(totals.listed)} listed images,"
        f" {count(totals.rejected)} were rejected{f' ({why})' if why else ''}. "
        + ("Pixels of neighbouring objects were replaced by background. " if clean else "")
        + "Crops were padded to squares with their local background and resized to"
        f" {side} × {side} pixels. "
    )


def _model(results: Results, findings: Findings) -> str:
    card, adopted = results.card, findings.adopted
    if adopted:
        told = f"They were embedded with the model of the earlier run at {adopted.run}"
        told += f", {adopted.training}" if adopted.training else ""
        if card.get("name"):
            source = f"; {origin.weights(card['source'])}" if card.get("source") else ""
            told += f" (network {card['name']}{source})"
    else:
        name = results.setting("backbone", "name")
        weights = origin.weights(results.setting("backbone", "weights", ""))
        told = f"They were embedded with the network {name}{f' ({weights})' if weights else ''}"
    if feature := methods.feature_words(card.get("feature", "")):
        numbers = f", {card['dim']} numbers" if card.get("dim") else ""
        told += f"; the embedding is {feature}{numbers}"
    if results.model == "finetuned":
        told += f"; fine-tuned without labels on {_training(results)}"
    told += ". "
    if results.model == "pretrained" and results.evidence["model"].nunique() > 1:
        told += f"A copy that was fine-tuned on {_training(results)} was compared with it and"
        told += " not used. "
    if ran := methods.runtime_words(results.runtime):
        device = results.runtime["device"]
        told += (
            f"Embeddings were computed with {ran} on {'the CPU' if device == 'cpu' else device}. "
        )
    verdict = results.verdict
    if verdict.decided_by == "evidence" and verdict.yardstick:
        told += f"The fine-tuned and the pre-trained model were compared by {verdict.yardstick}."
    return told


def _training(results: Results) -> str:
    tune: dict[str, Any] = results.settings.get("finetune") or {}
    images = methods.trained_on(results)
    which = "the same images"
    if images < len(results.images):
        which = f"{count(images)} of these images, drawn anew for each epoch and evenly from the"
        which += " samples,"
    layers = ""
    if (decay := tune.get("layer_decay", 1)) != 1:
        layers = f", multiplied by {decay} per layer from the last"
    further = {"weight_decay": "weight decay", "local_crops": "local crops"}
    more = [f"{words} {tune[key]}" for key, words in further.items() if key in tune]
    return (
        f"{which} by {METHODS.get(str(tune.get('method')), tune.get('method'))}"
        f" ({many(tune.get('epochs', 0), 'epoch')}, batches of at most {tune.get('batch_size')},"
        f" learning rate {tune.get('learning_rate')}{layers}"
        f"{''.join(f', {one}' for one in more)})"
    )


def _clusters(results: Results, findings: Findings) -> str:
    sentences = clustering_words.clustering_words(results.kmeans, results.settings)
    told = "".join(f"{sentence}. " for sentence in sentences)
    density: dict[str, Any] = results.settings.get("density") or {}
    further = {"min_samples": "minimum samples", "min_cluster_size": "minimum cluster size"}
    more = [f"{words} {density[key]}" for key, words in further.items() if density.get(key)]
    told += (
        f"For the map, {density.get('components')} principal components were reduced to two"
        f" dimensions by UMAP (McInnes et al. 2018; {density.get('neighbors')} neighbours, minimum"
        f" distance {density.get('min_dist')}), on which HDBSCAN (Campello et al. 2013"
        f"{''.join(f'; {one}' for one in more)}) found density clusters. "
    )
    if findings.tree:
        groups = findings.names.groups()
        cut = f" and cut into {many(len(groups), 'coarse group')}" if groups else ""
        told += (
            "Centroids, weighted by their images, were joined to a tree by Ward's method (Ward"
            f" 1963){cut}. "
        )
    if findings.trust:
        if not findings.adopted:
            told += (
                "Stability of clusters is the mean Jaccard index over clusterings of images drawn"
                " with return (Hennig 2007). "
            )
        told += (
            "P-values of what a cluster holds beyond chance are adjusted for the false discovery"
            " rate (Benjamini and Hochberg 1995)."
        )
    return told


def _shares(results: Results, totals: Totals) -> str:
    sure = f"{number(100 * results.setting('trends', 'confidence', 0.95))} %"
    told = (
        f"Shares and concentrations were computed per {results.setting('trends', 'period')} with"
        f" {sure} intervals that take samples, not images, as the sampling unit"
    )
    if totals.rejected and totals.with_volume:
        told += (
            "; rejected images were taken to be like the others, so volumes count for the share of"
            " listed images that was used"
        )
    return told + "."


def _software(results: Results) -> str:
    """Return versions, seed and the fingerprints that results of this run bear."""
    packages = [f"{name} {value}" for name, value in methods.versions()[1:]]
    named = [f"{name} {value[:12]}" for name, value in methods.fingerprints(results)]
    told = (
        "The workflow ran under Snakemake (Mölder et al. 2021) with seed"
        f" {results.settings.get('seed')}, on {listing(packages, len(packages))}."
    )
    if named:
        told += f" Fingerprints (SHA-256, the first 12 digits): {listing(named, len(named))}."
    return told
