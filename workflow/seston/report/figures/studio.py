"""Draw all figures of a run and write every number they show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seston.report.drawing.companion import Companion
from seston.report.drawing.drawings import Drawings
from seston.report.drawing.pictures import Part
from seston.report.figures import (
    attention_cards,
    attention_panels,
    cluster_figures,
    cluster_mosaics,
    embedding_map,
    evidence_figure,
    loss_curve,
    quality_figure,
)
from seston.report.figures.classifier_figures import draw_classifier
from seston.report.figures.course_figures import CourseFigures
from seston.report.figures.site_figures import SiteFigures, draw_site
from seston.report.given import attention_values
from seston.report.given.evidence import rows_of
from seston.report.given.findings import Findings
from seston.report.given.origin import model_names
from seston.report.given.results import Results
from seston.report.given.sample_quality import SampleQuality
from seston.report.wording import distinct

MOST_CARDS = 200


@dataclass
class Drawn:
    """Figures by name, boards by cluster and name, candidates for new types by number."""

    files: dict[str, Path] = field(default_factory=dict)
    boards: dict[tuple[int, str], Part] = field(default_factory=dict)
    candidates: dict[int, Part] = field(default_factory=dict)
    sites: list[SiteFigures] = field(default_factory=list)
    course: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # by site, then by kind
    classifier: dict[str, list[str]] = field(default_factory=dict)  # by what it shows
    attention: list[str] = field(default_factory=list)
    points: int = 0
    points_of: int = 0


class Studio:
    """Draws into a folder of figures and one of numbers."""

    def __init__(
        self,
        results: Results,
        findings: Findings,
        known: SampleQuality,
        figures: Path,
        data: Path,
        companion: Companion,
    ) -> None:
        self.results, self.findings, self.known = results, findings, known
        self.drawings, self.companion = Drawings(figures, data, companion), companion
        self.drawn = Drawn(self.drawings.files)
        names = findings.names.names
        self.called = dict(zip(names, distinct(names.values(), 18), strict=True))  # on the map

    def draw_all(self, clusters: Sequence[int]) -> Drawn:
        """Draw everything there is input for; mosaics of these clusters only."""
        examples = self.results.examples
        examples = cluster_mosaics.in_order(examples[examples["cluster"].isin(list(clusters))])
        columns = ["cluster", "kind", "rank", "image_id", "pixel_um"]
        self.drawings.write("mosaics", examples[columns])
        titles = {cluster: self.findings.names.title(cluster) for cluster in clusters}
        folder = self.drawings.figures
        boards = self.companion.ask(cluster_mosaics.draw_mosaics, examples, titles, folder)
        self._all_others()
        self.drawn.boards = boards.result()
        return self.drawn

    def _all_others(self) -> None:
        for position, site in enumerate(self.results.sites, start=1):
            one = draw_site(position, site, self.results, self.findings, self.drawings)
            self.drawn.sites.append(one)
        if len(self.known.table):
            self.drawings.keep("samples", quality_figure.draw_quality(self.known))
        self._map()
        course = CourseFigures(self.results, self.findings, self.drawings)
        self.drawn.course = course.draw_all()
        self.drawn.classifier = draw_classifier(self.results, self.findings, self.drawings)
        cluster_figures.draw_findings(self.results, self.findings, self.drawings)
        self.drawn.candidates = cluster_figures.draw_candidates(self.findings, self.drawings)
        self._evidence()
        self._attention()
        if self.results.history is not None and len(self.results.history):
            self.drawings.keep("loss", loss_curve.draw_loss(self.results.history))
            self.drawings.write("loss", self.results.history)

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
        if attention_cards.squares(self.results)[1:]:
            self.drawings.write("attention_clusters", attention_values.clusters_table(attention))

    def _on_map(self, cluster: int) -> str:
        return self.called.get(cluster, str(cluster))
