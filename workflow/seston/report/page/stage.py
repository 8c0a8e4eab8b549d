"""The report: one self-contained page, its figures, and the numbers behind them."""

import logging
from functools import partial
from pathlib import Path

from seston import store
from seston.folders import whole_folder
from seston.report.drawing.companion import Companion
from seston.report.figures.studio import MOST_CARDS, Studio
from seston.report.given.classifier_files import NO_CLASSIFIER, ClassifierFiles
from seston.report.given.course_files import NO_COURSE, CourseFiles
from seston.report.given.findings import read_findings
from seston.report.given.results import read_results
from seston.report.given.sample_quality import sample_quality
from seston.report.locked import locked_page
from seston.report.page.content import all_clusters, context
from seston.report.page.embedded import embed
from seston.report.page.fitted import fitted
from seston.report.page.numbers import write_numbers
from seston.report.words import summary

TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = ["look.js", "cards.js", "tables.js", "copy.js", "apart.js"]
log = logging.getLogger("seston")


def report(
    *,
    images: Path,
    samples: Path,
    quality: Path,
    abundance: Path,
    examples: Path,
    kmeans: Path,
    rejected_dir: Path,
    shards: list[str],
    evidence: list[Path],
    verdict: Path,
    settings: Path,
    html: Path,
    figures: Path,
    data: Path,
    attention: Path | None = None,
    history: Path | None = None,
    runtime: Path | None = None,
    model: Path | None = None,
    clusters: Path | None = None,
    clusters_json: Path | None = None,
    circumstances: Path | None = None,
    strangest: Path | None = None,
    density_table: Path | None = None,
    names: Path | None = None,
    abundance_coarse: Path | None = None,
    abundance_name: Path | None = None,
    abundance_label: Path | None = None,
    labels: tuple[Path, ...] = (),
    tree: Path | None = None,
    sweep: Path | None = None,
    drift: Path | None = None,
    drift_json: Path | None = None,
    new_types: Path | None = None,
    course: CourseFiles = NO_COURSE,
    classifier: ClassifierFiles = NO_CLASSIFIER,
    threads: int = 1,
) -> None:
    """Draw the figures and write the page that a biologist reads.

    Parameters
    ----------
    images : Path
        Table of organisms (``images.parquet``).
    samples : Path
        Table of samples (``samples.tsv``).
    quality : Path
        Table of warnings, notes and rejections (``quality.tsv``).
    abundance : Path
        Table of abundances (``abundance.tsv``).
    examples : Path
        Organisms for the mosaics.
    kmeans : Path
        The k-means report of the chosen model, by its folder: ``<model>/kmeans/kmeans.json``.
    rejected_dir : Path
        Folder with ``<shard>/rejected.parquet``, and with ``<shard>/crops.parquet`` for the
        strangest organisms and new types.
    shards : list of str
        The shards of this run.
    evidence : list of Path
        What speaks for each model: ``<model>/evidence.tsv``.
    verdict : Path
        Which model was chosen, and why (``verdict.json``).
    settings : Path
        All settings of this run, in JSON.
    html : Path
        The page to write.
    figures : Path
        Folder to write: each figure as PNG (300 dpi) and PDF.
    data : Path
        Folder to write: every number shown, as CSV.
    attention : Path, optional
        Attention maps (``attention.npz``).
    history : Path, optional
        Steps of the fine-tuning (``history.tsv``).
    runtime : Path, optional
        How the chosen model was run: ``<model>/runtime/runtime.json``.
    model : Path, optional
        File of the chosen model: ``<model>/model.safetensors``; only its card is read.
    clusters : Path, optional
        How far each cluster can be trusted (``clusters.tsv``); with `clusters_json`.
    clusters_json : Path, optional
        The same of the clustering as a whole (``clusters.json``).
    circumstances : Path, optional
        Days, samples, groups and instruments, and what is odd about them (``circumstances.tsv``).
    strangest : Path, optional
        The organisms that fit their clusters least (``strangest.tsv``).
    density_table : Path, optional
        Images by cluster and density cluster (``kmeans_density.tsv``).
    names : Path, optional
        Names and coarse groups of the clusters (``cluster_names.tsv``).
    abundance_coarse : Path, optional
        Abundances of the coarse groups (``abundance_coarse.tsv``).
    abundance_name : Path, optional
        Abundances by name (``abundance_name.tsv``).
    abundance_label : Path, optional
        Abundances by label (``abundance_label.tsv``).
    labels : Path, optional
        The table of labels that they were counted by, for examples of each class.
    tree : Path, optional
        Folder with ``tree.tsv``, ``coarse.tsv`` and ``tree.json``.
    sweep : Path, optional
        Folder with ``sweep.tsv`` and ``sweep.json``.
    drift : Path, optional
        How new samples differ from those of frozen clusters (``drift.tsv``); with `drift_json`.
    drift_json : Path, optional
        The same of the run as a whole (``drift.json``).
    new_types : Path, optional
        Candidates for new types (``new_types.tsv``).
    course : CourseFiles
        Tables of trends, groups and community.
    classifier : ClassifierFiles
        Tables of classes from labels.
    threads : int
        CPU threads; with two or more, mosaics and PDFs are drawn beside the other figures.
    """
    results = read_results(
        images=images,
        samples=samples,
        quality=quality,
        abundance=abundance,
        examples=examples,
        kmeans=kmeans,
        rejected_dir=rejected_dir,
        shards=shards,
        evidence=evidence,
        verdict=verdict,
        settings=settings,
        attention=attention,
        history=history,
        runtime=runtime,
        model=model,
    )
    findings = read_findings(
        results,
        kmeans=kmeans,
        segment_dir=rejected_dir,
        shards=shards,
        clusters=clusters,
        clusters_json=clusters_json,
        circumstances=circumstances,
        strangest=strangest,
        density_table=density_table,
        names=names,
        abundance_coarse=abundance_coarse,
        abundance_name=abundance_name,
        abundance_label=abundance_label,
        tree=tree,
        sweep=sweep,
        drift=drift,
        drift_json=drift_json,
        new_types=new_types,
        course=course,
        classifier=classifier,
        labels=labels,
    )
    edges = summary.size_bins(results.images["esd_um"].to_numpy(float))
    facts = summary.cluster_facts(results.images, all_clusters(results), edges)
    known = sample_quality(
        results.samples, results.images, results.rejected, results.quality, findings.circumstances
    )
    shown = [one.cluster for one in facts[:MOST_CARDS]]
    with whole_folder(data) as numbers, whole_folder(figures) as drawings:
        with Companion(threads) as companion:
            studio = Studio(results, findings, known, drawings, numbers, companion)
            drawn = studio.draw_all(shown)
        write_numbers(results, known, facts, edges, numbers)
        page = fitted(
            partial(context, results, findings, known, drawn, facts, edges),
            partial(embed, drawn, threads=threads),
            partial(locked_page, TEMPLATES, "index", scripts=SCRIPTS),
        )
    store.write_text(page, html)
    drawings_of = len(drawn.files), len(drawn.boards)
    log.info("%s: %.1f MB, %d figures, %d mosaics", html, len(page.encode()) / 1e6, *drawings_of)
