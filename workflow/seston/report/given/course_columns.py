"""The columns that the page needs of the tables of trends, groups and community."""

from typing import NamedTuple


class Columns(NamedTuple):
    """Columns read as text, and as numbers, beside those of `KEYS`."""

    texts: tuple[str, ...]
    numbers: tuple[str, ...]


KEYS = ("site",)
TABLES = {
    "periods": Columns(
        ("group", "period"),
        ("day_number", "sampled", "samples", "few_samples", "listed", "images", "rejected",
         "rejected_share", "rejected_low", "rejected_high", "noise", "noise_share", "noise_low",
         "noise_high", "samples_with_volume", "analysed_ml", "water_ml"),
    ),
    "trend_tests": Columns(
        ("scope", "group", "class", "measure", "first", "last", "flags", "verdict"),
        ("periods", "gaps", "lag1", "p", "q", "slope_per_day", "slope_low", "slope_high",
         "direction", "pooled_slope", "reclusterings", "reclusterings_same"),
    ),
    "timing": Columns(
        ("class", "centre", "centre_low", "centre_high", "first_seen", "last_seen", "peak",
         "label", "flags"),
        ("periods", "images", "centre_day", "centre_day_low", "centre_day_high", "spread_days",
         "p", "q", "occupied", "shown", "order"),
    ),
    "harmonics": Columns(
        ("group", "class", "cycle"),
        ("hours", "cycles", "samples", "amplitude", "amplitude_low", "amplitude_high", "peak",
         "p", "q"),
    ),
    "change_points": Columns(
        ("group", "class", "period"), ("before", "after", "penalty")
    ),
    "groups": Columns(
        ("class", "family", "offset", "since", "flags"),
        ("samples", "groups", "spline_df", "dispersion", "p_time", "q_time", "p_groups",
         "q_groups", "p_interaction", "q_interaction", "since_day", "reclusterings",
         "reclusterings_same"),
    ),
    "group_effects": Columns(
        ("class", "group", "unit"), ("ratio", "ratio_low", "ratio_high", "p", "q")
    ),
    "curves": Columns(
        ("class", "group", "period", "unit"),
        ("day_number", "fitted", "fitted_low", "fitted_high"),
    ),
    "diversity": Columns(
        ("group", "period", "what", "flags"),
        ("day_number", "samples", "images", "coverage", "equal", "order", "hill", "hill_low",
         "hill_high", "at_coverage", "hill_at_coverage",
         "hill_at_coverage_low", "hill_at_coverage_high"),
    ),
    "turnover": Columns(
        ("group", "period", "next_period", "flags"),
        ("days", "bray_curtis", "aitchison", "gained", "lost", "per_day", "bray_curtis_by_chance",
         "aitchison_by_chance"),
    ),
    "ordination": Columns(
        ("method", "group", "period"), ("day_number", "axis1", "axis2", "axis3")
    ),
    "permanova": Columns(
        ("method", "flags", "note"),
        ("groups", "periods", "block_days", "permutations", "f", "r2", "p", "dispersion_f",
         "dispersion_p"),
    ),
    "synchrony": Columns(
        ("class", "flags"),
        ("groups", "periods", "synchrony", "synchrony_low", "synchrony_high", "p", "q"),
    ),
}  # fmt: skip
