"""Where a period lies on an axis of time, and what is written there: a date, or a day number."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.dates as dates
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from seston.report.wording import number
from seston.trends.periods import Period, day_numbers

Floats = npt.NDArray[np.float64]

#: Of ticks at years, months, days, hours, minutes, seconds; and where one begins a longer one.
FORMATS = ["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S"]
ZEROS = ["%Y", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"]


@dataclass(frozen=True)
class TimeAxis:
    """The axis of all figures of a run.

    Attributes
    ----------
    period : {"hour", "day", "week", "month"}
    day_zero : str
        Day 0 of the experiment as an ISO date: then days are numbered from it; or "".
    """

    period: Period = "day"
    day_zero: str = ""

    @property
    def beside(self) -> str:
        """Return what to write beside day numbers; nothing beside dates."""
        return f"day of the experiment (day 0 is {self.day_zero})" if self.day_zero else ""

    def places(self, starts: Sequence[str] | npt.ArrayLike) -> Floats:
        """Return the place of each start of a period, in days; NaN for an empty text."""
        if self.day_zero:
            return day_numbers(starts, self.day_zero)
        return dates.date2num(np.asarray(starts, "datetime64[m]"))

    def labels(self, starts: Sequence[str]) -> list[str]:
        """Return what to call each period: ``2024-05-01``, ``05-01 13 h``, ``3``, ``3, 13 h``."""
        if self.day_zero:
            named = [number(day) for day in np.floor(self.places(starts))]
        else:
            named = [start[5:10] if self.period == "hour" else start[:10] for start in starts]
        if self.period != "hour":
            return named
        between = ", " if self.day_zero else " "
        return [f"{day}{between}{start[11:13]} h" for day, start in zip(named, starts, strict=True)]

    def name(self, start: str) -> str:
        """Return what to call one period in a sentence: ``2024-05-01``, ``day 3``."""
        if self.day_zero:
            return f"day {self.labels([start])[0]}"
        return start.replace("T", " ")

    def step(self, starts: Sequence[str] | npt.ArrayLike) -> float:
        """Return the least step between the periods of these starts, in days.

        What is as wide as that hides none of its neighbours.
        """
        places = np.unique(self.places(starts))
        if len(places) > 1:
            return float(np.diff(places).min())
        return {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.0}[self.period]

    def mark(self, axes: Axes, starts: Sequence[str] | npt.ArrayLike, most: int = 6) -> str:
        """Set limits and ticks of a horizontal axis; return what belongs beside it.

        Ticks are worked out once, for all axes that share this one: matplotlib would do so
        again for each of them and for each file.
        """
        places = self.places(starts)
        room = max(0.6 * self.step(starts), 0.015 * float(np.ptp(places)))
        low, high = float(places.min()) - room, float(places.max()) + room
        axes.set_xlim(low, high)
        if self.day_zero:
            ticks = np.asarray(MaxNLocator(most, integer=high - low > 2).tick_values(low, high))
            inside = ticks[(ticks >= low) & (ticks <= high)]
            axes.set_xticks(inside, [number(tick) for tick in inside])
            return self.beside
        locator = dates.AutoDateLocator(minticks=1, maxticks=2 * most)
        ends = dates.num2date(low), dates.num2date(high)
        ticks = np.asarray(locator.tick_values(*ends))
        inside = ticks[(ticks >= low) & (ticks <= high)]
        inside = inside[:: max(1, int(np.ceil(len(inside) / most)))]
        formatter = dates.ConciseDateFormatter(locator, formats=FORMATS, zero_formats=ZEROS)
        axes.set_xticks(inside, formatter.format_ticks(inside.tolist()))
        years = sorted({dates.num2date(place).year for place in (places.min(), places.max())})
        return "\u2013".join(str(year) for year in years)

    def heat_ticks(self, columns: Sequence[str | None], most: int) -> tuple[list[int], list[str]]:
        """Return positions and labels of at most so many columns, at even steps."""
        shown = [i for i, column in enumerate(columns) if column is not None]
        shown = shown[:: max(1, int(np.ceil(len(shown) / most)))]
        return shown, self.labels([str(columns[i]) for i in shown])
