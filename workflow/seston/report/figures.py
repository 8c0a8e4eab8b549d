"""Draw all figures of a run and write every number they show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.backends.backend_pdf import PdfPages

from seston.progress import Progress
from seston.report import (
    attention_panels,
    attention_values,
    cluster_figures,
    embedding_map,
    evidence_figure,
    loss_curve,
    mosaics,
    style,
)
from seston.report.course_figures import CourseFigures
from seston.report.drawings import Drawings
from seston.report.evidence import rows_of
from seston.report.findings import Findings
from seston.report.origin import model_names
from seston.report.results import Results
from seston.report.site_figures import SiteFigures, draw_site
from seston.report.wording import distinct

MOST_CARDS = 200
#: Of the organisms of a mosaic, in the order of its boards.
KINDS = {
    "typical": "most typical",
    "random": "drawn at random",
    "edge": "on the border to the next cluster",
}


@dataclass
class Drawn:
    """Figures by name, mosaics by cluster, and what the page must say about them."""

    files: dict[str, Path] = field(default_factory=dict)
    mosaics: dict[int, Path] = field(default_factory=dict)
    candidates: dict[int, Path] = field(default_factory=dict)
    sites: list[SiteFigures] = field(default_factory=list)
    course: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # by site, then by kind
    attention: list[str] = field(default_factory=list)
    points: int = 0
    points_of: int = 0


class Studio:
    """Draws into a folder of figures and one of numbers."""

    def __init__(self, results: Results, findings: Findings, figures: Path, data: Path) -> None:
        self.results, self.findings = results, findings
        self.drawings = Drawings(figures, data)
        self.drawn = Drawn(self.drawings.files)
        names = findings.names.names
        self.called = dict(zip(names, distinct(names.values(), 18), strict=True))  # on the map

    def draw_all(self, clusters: Sequence[int]) -> Drawn:
        """Draw everything there is input for; mosaics of these clusters only."""
        for position, site in enumerate(self.results.sites, start=1):
            one = draw_site(position, site, self.results, self.findings, self.drawings)
            self.drawn.sites.append(one)
        self._map()
        course = CourseFigures(self.results, self.findings, self.drawings)
        self.drawn.course = course.draw_all()
        cluster_figures.draw_findings(self.results, self.findings, self.drawings)
        self.drawn.candidates = cluster_figures.draw_candidates(self.findings, self.drawings)
        self._evidence()
        self._attention()
        if self.results.history is not None and len(self.results.history):
            self.drawings.keep("loss", loss_curve.draw_loss(self.results.history))
            self.drawings.write("loss", self.results.history)
        self._mosaics(clusters)
        return self.drawn

    def _map(self) -> None:
        seed = self.results.settings.get("seed", 0)
        points = embedding_map.choose_points(self.results.images, seed)
        self.drawn.points, self.drawn.points_of = len(points.table), points.of
        if not len(points.table):
            return
        self.drawings.keep("map_clusters", embedding_map.draw_by_cluster(points, self._on_map))
        self.drawings.keep("map_days", embedding_map.draw_by_day(points))
        self.drawings.keep("map_groups", embedding_map.draw_by_group(points))
        columns = ["image_id", "map_x", "map_y", "cluster", "datetime", "site", "group"]
        self.drawings.write("map", points.table[columns].sort_values("image_id"))

    def _evidence(self) -> None:
        evidence, chosen = self.results.evidence, self.results.model
        called = model_names(self.findings.adopted)
        self.drawings.write("evidence", evidence[["model", *evidence.columns.drop("model")]])
        free = rows_of(evidence, "views") + rows_of(evidence, "collapse")
        for name, rows, draw in (
            ("evidence_labels", rows_of(evidence, "labels"), evidence_figure.draw_labels),
            ("evidence_label_free", free, evidence_figure.draw_label_free),
            (
                "evidence_confounding",
                rows_of(evidence, "confounding"),
                evidence_figure.draw_confounding,
            ),
        ):
            if rows:
                self.drawings.keep(name, draw(rows, chosen, called))

    def _attention(self) -> None:
        attention = self.results.attention or {}
        if not attention_values.has_maps(attention):
            return
        for position, images in enumerate(attention_values.figures_of(attention), start=1):
            figure = attention_panels.draw_attention(attention, images)
            self.drawn.attention.append(self.drawings.keep(f"attention_{position}", figure))
        few = attention_values.first_images(attention)[: attention_values.MOST_HEADS]
        self.drawings.keep("attention_heads", attention_panels.draw_heads(attention, few))
        self.drawings.write("attention", attention_values.attention_table(attention))
        self.drawings.write("attention_heads", attention_values.heads_table(attention))

    def _on_map(self, cluster: int) -> str:
        return self.called.get(cluster, str(cluster))

    def _mosaics(self, clusters: Sequence[int]) -> None:
        """One PNG per cluster, and one PDF with a page for each."""
        examples = self.results.examples
        order = {kind: place for place, kind in enumerate(KINDS)}
        examples = examples[examples["cluster"].isin(list(clusters))].sort_values(
            ["cluster", "kind", "rank"], key=lambda c: c.map(order) if c.name == "kind" else c
        )
        told = examples[["cluster", "kind", "rank", "image_id", "pixel_um"]]
        self.drawings.write("mosaics", told)
        if examples.empty:
            return
        metadata = {"CreationDate": None}
        with (
            Progress(examples["cluster"].nunique(), "mosaics") as progress,
            PdfPages(self.drawings.figures / "mosaics.pdf", metadata=metadata) as pages,
        ):
            for cluster, rows in examples.groupby("cluster", sort=True):
                number = int(str(cluster))
                title = self.findings.names.title(number)
                boards = {
                    f"{title}: {len(some)} {KINDS.get(str(kind), kind)}": [
                        mosaics.decode(crop, um)
                        for crop, um in zip(some["crop"], some["pixel_um"], strict=True)
                    ]
                    for kind, some in rows.groupby("kind", sort=False)
                }
                figure, name = mosaics.draw_mosaic(boards), f"mosaic_cluster_{number:03d}"
                self.drawn.mosaics[number] = style.save_png(figure, self.drawings.figures, name)
                pages.savefig(figure, dpi=style.DPI)
                progress.add()
