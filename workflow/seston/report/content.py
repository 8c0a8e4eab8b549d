"""What the page says: every value of its templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seston.report import (
    attention_values,
    evidence,
    evidence_figure,
    measures,
    methods,
    pictures,
    sparklines,
    summary,
)
from seston.report.figures import MOST_CARDS, Drawn
from seston.report.results import Results
from seston.trends.abundance import FEW

FIGURE_BYTES, MOSAIC_BYTES = 4_500_000, 4_500_000  # of a page of at most 10 MB
MOST_ROWS = 500  # of a table in the page
MOST_SITES = 12
KINDS = ("labels", "views", "collapse", "confounding")  # of evidence


@dataclass(frozen=True)
class Card:
    """What the page shows of one cluster."""

    facts: summary.ClusterFacts
    spark: sparklines.Sparkline | None
    mosaic: pictures.Picture | None


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
    has_maps = attention_values.has_maps(attention)
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
        "attention_shown": len(attention_values.first_images(attention)) if has_maps else 0,
        "attention_in_figure": attention_values.IN_FIGURE,
        "attention_heads": attention_values.MOST_HEADS,
        "attention_chosen": int(np.sum(attention.get("chosen", 0))),
        "attention_of": len(attention["ids"]) if has_maps else 0,
        "attention_patches": attention_values.patches(attention),
        "attention_note": str(attention.get("note", "")),
        "tuned": "finetuned" in attention,
        "verdict": results.verdict,
        "models": [m for m in measures.MODELS if (results.evidence["model"] == m).any()],
        "model_names": measures.MODELS,
        "measure": measures.measure_of,
        "evidence": {kind: evidence.rows_of(results.evidence, kind) for kind in KINDS},
        "evidence_absent": evidence.notes_of(results.evidence, absent=True),
        "evidence_notes": evidence.notes_of(results.evidence, absent=False),
        "confounding": evidence.confounding_told(results.evidence, results.model),
        "most_sets": evidence_figure.MOST_SETS,
        "feature": methods.feature_words(results.card.get("feature", "")),
        "runtime": results.runtime,
        "runtime_words": methods.runtime_words(results.runtime),
        "runtime_trials": methods.runtime_trials(results.runtime),
        "model_card": results.card,
        "history": results.history is not None and len(results.history) > 0,
    }


def all_clusters(results: Results) -> list[int]:
    """Every cluster of the clustering, also the empty ones."""
    known = range(int(results.kmeans.get("k", 0)))
    return sorted({*known, *(int(c) for c in results.images["cluster"].unique())})
