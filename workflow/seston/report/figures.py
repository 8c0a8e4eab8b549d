"""Draw all figures of a run and write every number they show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from seston.progress import Progress
from seston.report import (
    attention_panels,
    attention_values,
    embedding_map,
    evidence_figure,
    heatmaps,
    loss_curve,
    mosaics,
    style,
    trend_curves,
)
from seston.report.evidence import rows_of
from seston.report.folders import write_csv
from seston.report.results import Results
from seston.report.wording import file_name, short, site_name

MOST_CARDS = 200
KINDS = {"typical": "most typical", "random": "drawn at random"}


@dataclass
class SiteFigures:
    """What is drawn of one site; names of figures are None where there is nothing to draw."""

    site: str
    periods: int = 0
    groups: list[str] = field(default_factory=list)
    more_groups: int = 0
    clusters: int = 0
    drawn: int = 0
    volume_known: int = 0
    volume_of: int = 0
    gaps_cut: bool = False
    intervals: bool = False
    shares: str | None = None
    concentrations: str | None = None
    curves: str | None = None
    dots: str | None = None

    def figures(self) -> list[str]:
        """Return the names of all figures of this site."""
        return [n for n in (self.shares, self.concentrations, self.curves, self.dots) if n]


@dataclass
class Drawn:
    """Figures by name, mosaics by cluster, and what the page must say about them."""

    files: dict[str, Path] = field(default_factory=dict)
    mosaics: dict[int, Path] = field(default_factory=dict)
    sites: list[SiteFigures] = field(default_factory=list)
    attention: list[str] = field(default_factory=list)
    points: int = 0
    points_of: int = 0


class Studio:
    """Draws into a folder of figures and one of numbers."""

    def __init__(self, results: Results, figures: Path, data: Path) -> None:
        self.results, self.figures, self.data = results, figures, data
        self.drawn = Drawn()

    def draw_all(self, clusters: Sequence[int]) -> Drawn:
        """Draw everything there is input for; mosaics of these clusters only."""
        for position, site in enumerate(self.results.sites, start=1):
            self._site(position, site)
        self._map()
        self._evidence()
        self._attention()
        if self.results.history is not None and len(self.results.history):
            self._keep("loss", loss_curve.draw_loss(self.results.history))
            self._write("loss", self.results.history)
        self._mosaics(clusters)
        return self.drawn

    def _site(self, position: int, site: str) -> None:
        rows, samples = self.results.abundance, self.results.samples
        # Water without an organism is a zero, not a gap.
        sampled = (rows["images"] > 0) | rows["concentration_per_ml"].notna()
        rows = rows[(rows["site"] == site) & sampled]
        one = SiteFigures(site, periods=rows["period"].nunique())
        self.drawn.sites.append(one)
        if not one.periods:
            return
        volumes = samples.loc[samples["site"] == site, "volume_ml"]
        one.volume_known, one.volume_of = int((volumes > 0).sum()), len(volumes)
        groups = sorted(trend_curves.biggest(rows, "group", trend_curves.MOST_GROUPS))
        one.groups, one.more_groups = groups, rows["group"].nunique() - len(groups)
        most = trend_curves.MOST_PANELS if one.periods > 1 else trend_curves.MOST_DOTS
        top = trend_curves.biggest(rows, "cluster", most)
        one.drawn, one.clusters = len(top), rows.loc[rows["count"] > 0, "cluster"].nunique()
        stem, title = file_name(position, site), short(site_name(site), 60)
        self._write(f"trends_{stem}", rows)
        shown = trend_curves.shown(rows, top, groups)
        if one.periods == 1:
            one.intervals = trend_curves.any_dot_interval(shown)
            one.dots = self._keep(f"dots_{stem}", trend_curves.draw_dots(rows, top, groups))
            return
        one.intervals = trend_curves.any_interval(shown)
        one.curves = self._keep(f"curves_{stem}", trend_curves.draw_curves(rows, top, groups))
        shares = heatmaps.share_map(rows, self.results.setting("trends", "period", "day"))
        one.gaps_cut = None in shares.columns
        one.shares = self._keep(f"heatmap_share_{stem}", heatmaps.draw_shares(shares, title))
        self._write(f"heatmap_share_{stem}", shares.table("share_of_own_total"))
        concentrations = heatmaps.concentration_map(rows, shares)
        if concentrations is not None:
            name = f"heatmap_concentration_{stem}"
            figure = heatmaps.draw_concentrations(concentrations, title)
            one.concentrations = self._keep(name, figure)
            self._write(name, concentrations.table("concentration_per_ml"))

    def _map(self) -> None:
        seed = self.results.settings.get("seed", 0)
        points = embedding_map.choose_points(self.results.images, seed)
        self.drawn.points, self.drawn.points_of = len(points.table), points.of
        if not len(points.table):
            return
        self._keep("map_clusters", embedding_map.draw_by_cluster(points))
        self._keep("map_days", embedding_map.draw_by_day(points))
        self._keep("map_groups", embedding_map.draw_by_group(points))
        columns = ["image_id", "map_x", "map_y", "cluster", "datetime", "site", "group"]
        self._write("map", points.table[columns].sort_values("image_id"))

    def _evidence(self) -> None:
        evidence, chosen = self.results.evidence, self.results.model
        self._write("evidence", evidence[["model", *evidence.columns.drop("model")]])
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
                self._keep(name, draw(rows, chosen))

    def _attention(self) -> None:
        attention = self.results.attention or {}
        if not attention_values.has_maps(attention):
            return
        for position, images in enumerate(attention_values.figures_of(attention), start=1):
            figure = attention_panels.draw_attention(attention, images)
            self.drawn.attention.append(self._keep(f"attention_{position}", figure))
        few = attention_values.first_images(attention)[: attention_values.MOST_HEADS]
        self._keep("attention_heads", attention_panels.draw_heads(attention, few))
        self._write("attention", attention_values.attention_table(attention))
        self._write("attention_heads", attention_values.heads_table(attention))

    def _mosaics(self, clusters: Sequence[int]) -> None:
        """One PNG per cluster, and one PDF with a page for each."""
        examples = self.results.examples
        examples = examples[examples["cluster"].isin(list(clusters))].sort_values(
            ["cluster", "kind", "rank"], ascending=[True, False, True]
        )
        self._write("mosaics", examples[["cluster", "kind", "rank", "image_id", "pixel_um"]])
        if examples.empty:
            return
        with (
            Progress(examples["cluster"].nunique(), "mosaics") as progress,
            PdfPages(self.figures / "mosaics.pdf", metadata={"CreationDate": None}) as pages,
        ):
            for cluster in sorted(examples["cluster"].unique().tolist()):
                rows = examples[examples["cluster"] == cluster]
                boards = {
                    f"cluster {cluster}: {len(some)} {KINDS[str(kind)]}": [
                        mosaics.decode(crop, um)
                        for crop, um in zip(some["crop"], some["pixel_um"], strict=True)
                    ]
                    for kind, some in rows.groupby("kind", sort=False)
                }
                figure, name = mosaics.draw_mosaic(boards), f"mosaic_cluster_{cluster:03d}"
                self.drawn.mosaics[cluster] = style.save_png(figure, self.figures, name)
                pages.savefig(figure, dpi=style.DPI)
                progress.add()

    def _keep(self, name: str, figure: Figure) -> str:
        self.drawn.files[name] = style.save(figure, self.figures, name)
        return name

    def _write(self, name: str, table: pd.DataFrame) -> None:
        write_csv(table, self.data / f"{name}.csv")
