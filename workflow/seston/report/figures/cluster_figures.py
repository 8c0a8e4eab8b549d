"""Draw what was found out about the clusters, and write the numbers behind it."""

import numpy as np
import pandas as pd

from seston.report.drawing import mosaics, style
from seston.report.drawing.drawings import Drawings
from seston.report.drawing.picture_book import PictureBook
from seston.report.drawing.pictures import Part
from seston.report.figures import trust_figure
from seston.report.figures.drift_figure import draw_drift
from seston.report.figures.sweep_figure import draw_sweep
from seston.report.figures.tree_figure import draw_tree
from seston.report.given.findings import Findings
from seston.report.given.results import Results
from seston.report.given.strangest import draw_strangest

#: Stabilities below which Hennig (2007) takes a cluster for none, and from which for a valid one.
LIMITS = (0.6, 0.75)


def draw_findings(results: Results, findings: Findings, drawings: Drawings) -> None:
    """Draw trust, tree, sweep, the strangest organisms and drift, as far as they are known."""
    _draw_trust(findings, drawings)
    if (sweep := findings.sweep) is not None:
        drawings.write("sweep", sweep.table)
        drawings.keep("sweep", draw_sweep(sweep.table, sweep.told, int(results.kmeans["k"])))
    if (tree := findings.tree) is not None:
        drawings.write("tree", tree.table)
        drawings.write("coarse", tree.coarse)
        sizes = np.bincount(results.images["cluster"], minlength=len(tree.coarse))
        if len(tree.table):
            drawings.keep("tree", draw_tree(tree.table, tree.coarse, sizes))
    if findings.circumstances is not None:
        drawings.write("circumstances", findings.circumstances)
    if findings.strangest is not None:
        drawings.write("strangest", findings.strangest)
    if (shown := findings.shown) is not None:
        drawings.keep("strangest", draw_strangest(shown, findings.crops, findings.names))
    if (drift := findings.drift) is not None:
        drawings.write("drift", drift.table)
        if drift.samples["share"].notna().any():
            drawings.keep("drift", draw_drift(drift.samples))


def draw_candidates(findings: Findings, drawings: Drawings) -> dict[int, Part]:
    """Draw a mosaic of each candidate for a new type; return where it is, without its name."""
    if findings.drift is None:
        return {}
    drawings.write("new_types", findings.drift.new_types)
    drawn = {}
    for one in findings.drift.candidates:
        crops = [findings.crops[name] for name in one.examples]
        title = f"candidate {one.number}: {len(crops)} examples"
        path = drawings.figures / f"mosaic_candidate_{one.number:03d}.png"
        sheet = mosaics.save_sheet({title: mosaics.paint(mosaics.pack(crops))}, path)
        with PictureBook(path.with_suffix(".pdf"), style.DPI) as book:
            book.add(path, title)
        drawn[one.number] = sheet[title]
    return drawn


def _draw_trust(findings: Findings, drawings: Drawings) -> None:
    trust, names = findings.trust, findings.names
    if trust is None:
        return
    called = [names.names.get(cluster, "") for cluster in trust.table.index]
    groups = [names.coarse.get(cluster) for cluster in trust.table.index]
    told = trust.table.assign(name=called, coarse=pd.array(groups, "Int64"))
    drawings.write("trust", told)
    if trust.table["stability"].notna().any():
        drawings.keep("stability", trust_figure.draw_stability(trust.table, names.label, LIMITS))
    drawings.write("kmeans_density", trust.density)
    if len(trust.density):
        both = trust_figure.overlap(trust.density)
        drawings.keep("kmeans_density", trust_figure.draw_overlap(both, names.label))
