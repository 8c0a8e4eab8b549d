"""The report: one self-contained page, its figures, and the numbers behind them."""

import logging
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from seston import store
from seston.report import attention_panels, methods, pictures, sparklines, summary, wording
from seston.report.figures import MOST_CARDS, Drawn, Studio
from seston.report.folders import whole_folder
from seston.report.numbers import write_numbers
from seston.report.results import Results, read_results
from seston.trends.abundance import FEW

log = logging.getLogger("seston")

TEMPLATES = Path(__file__).parent / "templates"
FIGURE_BYTES, MOSAIC_BYTES = 4_500_000, 4_500_000  # of a page of at most 10 MB
MOST_ROWS = 500  # of a table in the page
MOST_SITES = 12


@dataclass(frozen=True)
class Card:
    """What the page shows of one cluster."""

    facts: summary.ClusterFacts
    spark: sparklines.Sparkline | None
    mosaic: pictures.Picture | None


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
    settings: Path,
    html: Path,
    figures: Path,
    data: Path,
    attention: Path | None = None,
    history: Path | None = None,
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
        The k-means report: ``<model>/kmeans/kmeans.json``, whose folder names the model.
    rejected_dir : Path
        Folder with ``<shard>/rejected.parquet``.
    shards : list of str
        The shards of this run.
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
    threads : int
        CPU threads for reading; drawing takes one.
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
        attention=attention,
        history=history,
        settings=settings,
    )
    edges = summary.size_bins(results.images["esd_um"].to_numpy(float))
    facts = summary.cluster_facts(results.images, _all_clusters(results), edges)
    shown = [one.cluster for one in facts[:MOST_CARDS]]
    with whole_folder(data) as numbers, whole_folder(figures) as drawings:
        drawn = Studio(results, drawings, numbers).draw_all(shown)
        write_numbers(results, facts, edges, numbers)
        page = render(context(results, drawn, facts, edges))
    store.write_text(page, html)
    drawings_of = len(drawn.files), len(drawn.mosaics)
    log.info("%s: %.1f MB, %d figures, %d mosaics", html, len(page) / 1e6, *drawings_of)


def render(values: dict[str, Any]) -> str:
    """Fill the template; scripts and styles of others cannot run (Content-Security-Policy)."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for word in ("count", "number", "percent", "micrometres", "many", "listing", "short"):
        environment.filters[word] = getattr(wording, word)
    environment.filters |= {"site": wording.site_name, "group": wording.group_name}
    # Our own two files, not data: the only text that is not escaped.
    style = Markup((TEMPLATES / "report.css").read_text(encoding="utf-8"))
    script = Markup((TEMPLATES / "report.js").read_text(encoding="utf-8"))
    return environment.get_template("index.html.j2").render(
        values, style=style, script=script, style_hash=_digest(style), script_hash=_digest(script)
    )


def context(
    results: Results, drawn: Drawn, facts: Sequence[summary.ClusterFacts], edges: np.ndarray
) -> dict[str, Any]:
    """Return all that the template shows."""
    hidden = {name for site in drawn.sites[MOST_SITES:] for name in site.figures()}
    shown = {name: path for name, path in drawn.files.items() if name not in hidden}
    large, coarse_figures = pictures.embed(shown, pictures.LARGE, FIGURE_BYTES)
    small, coarse_mosaics = pictures.embed(drawn.mosaics, pictures.SMALL, MOSAIC_BYTES)
    cards = [
        Card(one, sparklines.sparkline(results.abundance, one.cluster), small.get(one.cluster))
        for one in facts[:MOST_CARDS]
    ]
    attention = results.attention or {}
    return {
        "title": results.setting("report", "title") or "Plankton through time",
        "totals": summary.totals(results.images, results.samples, results.rejected),
        "settings": results.settings,
        "flat_settings": methods.flat_settings(results.settings),
        "model": results.model,
        "trained_on": methods.trained_on(results),
        "kmeans": results.kmeans,
        "versions": methods.versions(),
        "fingerprints": methods.fingerprints(results),
        "oddities": summary.oddities(results.quality),
        "samples": results.samples.head(MOST_ROWS).to_dict("records"),
        "rejects": summary.rejects_by_reason(results.rejected),
        "cards": cards,
        "clusters_in_all": len(facts),
        "histogram_from": float(edges[0]) if len(edges) else None,
        "histogram_to": float(edges[-1]) if len(edges) else None,
        "sites": drawn.sites[:MOST_SITES],
        "sites_in_all": len(drawn.sites),
        "drawn": drawn,
        "pictures": large,
        "coarse_mosaics": coarse_mosaics,
        "coarse_figures": coarse_figures,
        "few": FEW,
        "attention_shown": attention_panels.MOST_IMAGES,
        "attention_of": len(attention["ids"]) if attention_panels.has_maps(attention) else 0,
        "attention_patches": attention_panels.patches(attention),
        "attention_note": str(attention.get("note", "")),
        "tuned": "finetuned" in attention,
        "history": results.history is not None and len(results.history) > 0,
    }


def _all_clusters(results: Results) -> list[int]:
    """Every cluster of the clustering, also the empty ones."""
    known = range(int(results.kmeans.get("k", 0)))
    return sorted({*known, *(int(c) for c in results.images["cluster"].unique())})


def _digest(text: str) -> str:
    """Return the source expression that lets exactly this text run."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
