"""What the page says: every value of its templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seston.report import (
    attention_values,
    clustering_words,
    drift,
    evidence,
    evidence_figure,
    levels,
    measures,
    methods,
    oddities,
    organism_crops,
    origin,
    pictures,
    sparklines,
    summary,
)
from seston.report.course_content import course_values
from seston.report.figures import MOST_CARDS, Drawn
from seston.report.findings import Findings
from seston.report.references import references
from seston.report.results import Results
from seston.report.site_figures import SiteFigures
from seston.report.trust import Badge, Trust, agreement_words, notes
from seston.trends.effort import FEW

FIGURE_BYTES, MOSAIC_BYTES = 5_000_000, 4_000_000  # of a page of at most 10 MB
MOST_ROWS = 500  # of a table in the page
MOST_SITES, MOST_FIGURES = 12, 120  # of sites; with more pictures none could be read
KINDS = ("labels", "views", "collapse", "confounding")  # of evidence


@dataclass(frozen=True)
class Card:
    """What the page shows of one cluster; `trust` is its row of the table, empty if not given."""

    facts: summary.ClusterFacts
    trust: dict[str, Any]
    badges: list[Badge]
    spark: sparklines.Sparkline | None
    mosaic: pictures.Picture | None


def context(
    results: Results,
    findings: Findings,
    drawn: Drawn,
    facts: Sequence[summary.ClusterFacts],
    edges: np.ndarray,
) -> dict[str, Any]:
    """Return all that the template shows."""
    sites = drawn.sites[: _sites_shown(drawn)]
    hidden = {name for one in drawn.sites[len(sites) :] for name in _figures_of(one, drawn)}
    hidden.add("strangest")  # shown as thumbnails instead, which a narrow screen can arrange
    shown = {name: path for name, path in drawn.files.items() if name not in hidden}
    large, coarse_figures = pictures.embed(shown, pictures.LARGE, FIGURE_BYTES)
    boards = {("cluster", one): path for one, path in drawn.mosaics.items()}
    boards |= {("candidate", one): path for one, path in drawn.candidates.items()}
    small, coarse_mosaics = pictures.embed(boards, pictures.SMALL, MOSAIC_BYTES)
    frozen = results.setting("cluster", "frozen", "")
    # Most clusters of an earlier run may be empty in another season: no card for each.
    unseen = [one.cluster for one in facts if frozen and not one.count]
    told = [one for one in facts[:MOST_CARDS] if one.cluster not in unseen]
    cards = [_card(one, results, findings, small) for one in told]
    attention = results.attention or {}
    has_maps = attention_values.has_maps(attention)
    return {
        "findings": findings,
        "names": findings.names,
        "levels": levels.LEVELS,
        "strangest": [] if findings.shown is None else findings.shown.to_dict("records"),
        "thumbnails": _thumbnails(findings),
        "crops": findings.crops,
        "candidate_mosaics": {one: small["candidate", one] for one in drawn.candidates},
        "clustering": clustering_words.clustering_words(results.kmeans, results.settings),
        "trust_rows": _trust_rows(findings),
        "trust_notes": notes(findings.trust.facts) if findings.trust else [],
        "agreement_words": agreement_words(findings.trust.facts) if findings.trust else "",
        "odd": oddities.odd_ones(findings.circumstances)
        if findings.circumstances is not None
        else [],
        "most_odd": oddities.MOST,
        "has_card": {one.facts.cluster for one in cards},
        "frozen": frozen,
        "adopted": findings.adopted,
        "weights": origin.weights,
        "unseen": findings.names.labels(sorted(unseen)),
        "coincide": oddities.instrument_is_site(results.samples),
        "cautions": clustering_words.cautions(results.kmeans),
        "drift_words": drift.drift_words(findings.drift) if findings.drift else [],
        "drifted_samples": drift.drifted_samples(findings.drift) if findings.drift else "",
        "title": results.setting("report", "title") or "Plankton through time",
        "totals": summary.totals(results.images, results.samples, results.rejected),
        "settings": results.settings,
        "flat_settings": methods.flat_settings(results.settings),
        "model": results.model,
        "trained_on": methods.trained_on(results),
        "kmeans": results.kmeans,
        "versions": methods.versions(),
        "fingerprints": methods.fingerprints(results),
        "references": references(findings),
        "oddities": summary.oddities(results.quality),
        "samples": results.samples.head(MOST_ROWS).to_dict("records"),
        "rejects": summary.rejects_by_reason(results.rejected),
        "cards": cards,
        "clusters_in_all": len(facts),
        "histogram_from": float(edges[0]) if len(edges) else None,
        "histogram_to": float(edges[-1]) if len(edges) else None,
        **course_values(findings.course, [one.site for one in sites]),
        "sites": sites,
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
        "model_names": origin.model_names(findings.adopted),
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


def _figures_of(one: SiteFigures, drawn: Drawn) -> list[str]:
    return [
        *one.figures(),
        *(name for some in drawn.course.get(one.site, {}).values() for name in some),
    ]


def _sites_shown(drawn: Drawn) -> int:
    """Return how many of the sites have their figures in the page."""
    figures = np.cumsum([len(_figures_of(one, drawn)) for one in drawn.sites])
    return min(MOST_SITES, max(1, int((figures <= MOST_FIGURES).sum())))


def _card(
    facts: summary.ClusterFacts,
    results: Results,
    findings: Findings,
    mosaics: Mapping[tuple[str, int], pictures.Picture],
) -> Card:
    known, number = findings.trust, facts.cluster
    return Card(
        facts,
        known.row(number) if known else {},
        _badges(results, known, number) if known else [],
        sparklines.sparkline(results.abundance, number),
        mosaics.get(("cluster", number)),
    )


def _badges(results: Results, known: Trust, cluster: int) -> list[Badge]:
    badges = known.badges(cluster)
    if not oddities.instrument_is_site(results.samples):
        return badges
    aside = "(or the site: here the two coincide)"
    return [
        replace(one, figure=f"{one.figure} {aside}".strip()) if "instrument" in one.code else one
        for one in badges
    ]


def _trust_rows(findings: Findings) -> list[dict[str, Any]]:
    known = findings.trust
    return [known.row(cluster) for cluster in known.table.index[:MOST_CARDS]] if known else []


def _thumbnails(findings: Findings) -> dict[str, pictures.Picture]:
    if findings.shown is None:
        return {}
    ids = findings.shown["image_id"]
    return {one: organism_crops.thumbnail(findings.crops[one]) for one in ids}


def all_clusters(results: Results) -> list[int]:
    """Every cluster of the clustering, also the empty ones."""
    known = range(int(results.kmeans.get("k", 0)))
    return sorted({*known, *(int(c) for c in results.images["cluster"].unique())})
