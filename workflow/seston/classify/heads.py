"""What turns an embedding into logits: one matrix, or two with a bend between them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.float32]


def standardisation(x: Rows) -> tuple[Floats, Floats]:
    """Return mean and standard deviation (d,) of rows (n, d); 1 for numbers that never change."""
    mean, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    # What is left by rounding is no change.
    return mean, np.where(scale <= 1e-6 * np.abs(mean), 1.0, scale)


@dataclass(frozen=True)
class Head:
    """Logits of K classes from d numbers.

    Attributes
    ----------
    w : ndarray of float32, shape (K, d)
    b : ndarray of float32, shape (K,)
    hidden : (ndarray of float32 (h, d), ndarray of float32 (h,)) or None
        Weights and bias of a layer before it, of which the positive part is taken; `w` is then
        (K, h).
    """

    w: Rows
    b: Rows
    hidden: tuple[Rows, Rows] | None = None

    def __call__(self, x: Rows) -> Floats:
        """Return the logits (n, K) of rows (n, d)."""
        if self.hidden is not None:
            w, b = self.hidden
            x = np.maximum(x @ w.T + b, 0)
        return (x @ self.w.T + self.b).astype(np.float64)

    @property
    def dim(self) -> int:
        """Length of an embedding that it takes."""
        return int((self.w if self.hidden is None else self.hidden[0]).shape[1])

    def tensors(self) -> dict[str, Rows]:
        """Return what it is made of, by name."""
        hidden = {} if self.hidden is None else {"hidden.w": self.hidden[0],
                                                 "hidden.b": self.hidden[1]}  # fmt: skip
        return {"w": self.w, "b": self.b, **hidden}

    @classmethod
    def of(cls, tensors: dict[str, npt.NDArray]) -> "Head":
        """Make one of what `tensors` gave."""
        hidden = (tensors["hidden.w"], tensors["hidden.b"]) if "hidden.w" in tensors else None
        return cls(tensors["w"], tensors["b"], hidden)
