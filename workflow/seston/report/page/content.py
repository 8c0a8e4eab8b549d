"""What the page says: every value of its templates."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seston.report.drawing import pictures
from seston.report.figures import attention_cards, evidence_figure, quality_figure
from seston.report.figures.studio import Drawn
from seston.report.given import (
    attention_values,
    drift,
    evidence,
    levels,
    measures,
    oddities,
    organism_crops,
    origin,
)
from seston.report.given.findings import Findings
from seston.report.given.results import Results
from seston.report.given.sample_quality import SampleQuality
from seston.report.given.trust import agreement_words, notes
from seston.report.page.cards import cards_of
from seston.report.page.classifier_content import classifier_values
from seston.report.page.course_content import course_values
from seston.report.page.embedded import Limits, shown_sites
from seston.report.words import checks, clustering_words, methods, methods_text, summary
from seston.report.words.references import references
from seston.trends.effort import FEW

MOST_OPEN = 12  # cards that are unfolded from the start
KINDS = ("labels", "views", "collapse", "confounding")  # of evidence


def context(
    results: Results,
    findings: Findings,
    known: SampleQuality,
    drawn: Drawn,
    facts: Sequence[summary.ClusterFacts],
    edges: np.ndarray,
    limits: Limits,
) -> dict[str, Any]:
    """Return all that the template shows within these limits, but for the pictures."""
    frozen = results.setting("cluster", "frozen", "")
    # Most clusters of an earlier run may be empty in another season: no card for each.
    unseen = [one.cluster for one in facts if frozen and not one.count]
    told = [one for one in facts[: limits.cards] if one.cluster not in unseen]
    shown = [one.cluster for one in told]
    sites = shown_sites(drawn, limits)
    looks = attention_cards.attention_cards(results, shown)
    cards = cards_of(results, findings, told, looks)
    attention = results.attention or {}
    has_maps = attention_values.has_maps(attention)
    totals = summary.totals(results.images, results.samples, results.rejected)
    course = course_values(findings.course, [one.site for one in sites])
    return {
        "findings": findings,
        "names": findings.names,
        "levels": levels.LEVELS,
        "strangest": [] if findings.shown is None else findings.shown.to_dict("records"),
        "thumbnails": _thumbnails(findings),
        "crops": findings.crops,
        "trust_rows": _trust_rows(findings, limits),
        "trust_notes": notes(findings.trust.facts) if findings.trust else [],
        "agreement_words": agreement_words(findings.trust.facts) if findings.trust else "",
        "odd": oddities.odd_ones(findings.circumstances)
        if findings.circumstances is not None
        else [],
        "most_odd": oddities.MOST,
        "has_card": {one.facts.cluster for one in cards},
        "frozen": frozen,
        "adopted": findings.adopted,
        "unseen": findings.names.labels(sorted(unseen)),
        "coincide": oddities.instrument_is_site(results.samples),
        "cautions": clustering_words.cautions(results.kmeans),
        "drift_words": drift.drift_words(findings.drift) if findings.drift else [],
        "drifted_samples": drift.drifted_samples(findings.drift) if findings.drift else "",
        "title": results.setting("report", "title") or "Plankton through time",
        "sections": _sections(findings, drawn, totals, course, has_maps, results),
        "totals": totals,
        "checks": checks.checks(totals, known, results.quality),
        "quality_of": known,
        "samples_a_column": quality_figure.columns_of(len(known.table)).most
        if len(known.table)
        else 0,
        "settings": results.settings,
        "flat_settings": methods.flat_settings(results.settings),
        "model": results.model,
        "kmeans": results.kmeans,
        "versions": methods.versions(),
        "methods_text": methods_text.paragraphs(results, findings, totals),
        "fingerprints": methods.fingerprints(results),
        "references": references(findings),
        "oddities": summary.oddities(results.quality),
        "samples": known.table.head(limits.rows).to_dict("records"),
        "rejects": summary.rejects_by_reason(results.rejected),
        "cards": cards,
        "most_open": MOST_OPEN,
        "clusters_in_all": len(facts),
        "histogram_from": float(edges[0]) if len(edges) else None,
        "histogram_to": float(edges[-1]) if len(edges) else None,
        **course,
        **classifier_values(findings.classifier),
        "sites": sites,
        "sites_in_all": len(drawn.sites),
        "drawn": drawn,
        "looks": attention_cards.squares(results) if looks else [],
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
        "runtime": results.runtime,
        "runtime_words": methods.runtime_words(results.runtime),
        "runtime_trials": methods.runtime_trials(results.runtime),
        "model_card": results.card,
        "history": results.history is not None and len(results.history) > 0,
    }


def _trust_rows(findings: Findings, limits: Limits) -> list[dict[str, Any]]:
    known = findings.trust
    return [known.row(cluster) for cluster in known.table.index[: limits.cards]] if known else []


def _thumbnails(findings: Findings) -> dict[str, pictures.Picture]:
    if findings.shown is None:
        return {}
    ids = findings.shown["image_id"]
    return {one: organism_crops.thumbnail(findings.crops[one]) for one in ids}


def all_clusters(results: Results) -> list[int]:
    """Every cluster of the clustering, also the empty ones."""
    known = range(int(results.kmeans.get("k", 0)))
    return sorted({*known, *(int(c) for c in results.images["cluster"].unique())})


def _sections(
    findings: Findings,
    drawn: Drawn,
    totals: summary.Totals,
    course: dict[str, Any],
    has_maps: bool,
    results: Results,
) -> list[tuple[str, str]]:
    """Return the anchors and headings of the sections that the page has."""
    used, attention = bool(totals.used), results.attention or {}
    trained = results.history is not None and len(results.history) > 0
    there = {
        ("summary", "Summary"): True,
        ("quality", "Data quality"): True,
        ("drift", "Drift"): used and findings.drift,
        ("trends", "What changed"): used and course["site_trends"],
        ("time", "Through time"): used,
        ("groups", "Groups"): used and course["site_groups"],
        ("community", "Community"): used and course["site_communities"],
        ("classes", "Classes from labels"): used and findings.classifier,
        ("clusters", "Clusters"): used,
        ("trust", "Trust"): used and findings.trust,
        ("number", "How many"): used and (findings.sweep or findings.tree),
        ("strangest", "Strangest"): used and findings.shown is not None,
        ("map", "Map"): used and drawn.points,
        ("evidence", "Evidence"): used,
        ("model", "The model"): used and (has_maps or str(attention.get("note", "")) or trained),
        ("methods", "Methods"): True,
    }
    return [section for section, present in there.items() if present]
