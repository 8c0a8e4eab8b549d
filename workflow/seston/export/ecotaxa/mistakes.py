"""What is wrong with archives: told by file, line and column, counted beyond what people read."""

from dataclasses import dataclass, field

#: So many are told, and the others counted.
SHOWN = 50


@dataclass
class Mistakes:
    """Mistakes in the order in which they were found; only the first ones are held in memory."""

    shown: list[str] = field(default_factory=list)
    total: int = 0

    def add(self, what: str, file: str, line: int = 0, column: str = "") -> None:
        """Add one; a line of 0 and a column of "" are not told."""
        self.total += 1
        if len(self.shown) < SHOWN:
            where = [file, *([f"line {line}"] if line else [])]
            where += [f"column {column}"] if column else []
            self.shown.append(f"{', '.join(where)}: {what}")

    def told(self) -> str:
        """Return them, one in a line."""
        more = self.total - len(self.shown)
        return "\n  ".join([*self.shown, *([f"and {more} more"] if more else [])])
