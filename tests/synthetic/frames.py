"""Camera frames with many organisms of known shape, drawn without the package.

Light falls unevenly (a vignette and a gradient) and dims what lies in it by a share, as in
transmitted light; edges are antialiased and slightly blurred, as a lens does; the camera adds
noise. Dirt on the optics stays where it is in every frame of a series and is no organism.
"""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

Grey = npt.NDArray[np.uint8]

PEAK = 215.0  # grey level of the brightest place of an empty frame
FAINT, STRONG = 20.0, 140.0  # grey levels that an organism takes from the light at that place
NOISE = 4.0  # standard deviation of the camera's noise, grey levels
BLUR = 0.6  # standard deviation of the lens's blur, px
GAP = 5.0  # px that are free between two organisms, unless they touch
_SUB = 4  # a pixel is sampled _SUB x _SUB times


@dataclass
class Frame:
    """A drawn frame and the truth: `labels` is 0 on the background, i + 1 on organism i."""

    image: Grey
    labels: npt.NDArray[np.int32]
    kinds: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Shape:
    """An ellipse or a rod (a line with round ends) with half-axes `a` along and `b` across."""

    kind: str
    x: float
    y: float
    a: float
    b: float
    angle: float
    contrast: float

    def inside(self, x: npt.NDArray, y: npt.NDArray) -> npt.NDArray[np.bool_]:
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        along, across = (
            (x - self.x) * cos + (y - self.y) * sin,
            (y - self.y) * cos - (x - self.x) * sin,
        )
        if self.kind == "rod":
            past_line = np.maximum(np.abs(along) - (self.a - self.b), 0)
            return past_line**2 + across**2 <= self.b**2
        return (along / self.a) ** 2 + (across / self.b) ** 2 <= 1


def light(height: int, width: int, uneven: bool = True) -> npt.NDArray[np.float32]:
    """The empty frame: 30 % darker in the corners, 15 % from left to right, or of one level."""
    if not uneven:
        return np.full((height, width), PEAK, np.float32)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return (PEAK * (1 - 0.15 * (x**2 + y**2)) * (1 - 0.075 * (1 + x))).astype(np.float32)


def falling_light(height: int, width: int, fall: str) -> npt.NDArray[np.float32]:
    """The empty frame of another lens: how light falls off with the distance from the middle."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    far = np.hypot(y * height, x * width) / np.hypot(height, width)  # 1 in the corners
    share = {
        "quadratic": 1 - 0.5 * far**2,
        "40 levels": 1 - 40 / PEAK * far**4,
        "fourth": 1 - 0.4 * far**4,
        "steep": 1 - 0.4 * far**6,
        "cosine": np.cos(np.arctan(far * np.tan(np.radians(45)))) ** 4,
        "linear": 1 - 0.2 * (1 + x),
        "diagonal": 1 - 0.15 * (2 + x + y),
        "aside": 1 - 0.5 * np.hypot((y - 0.4) * height, (x + 0.3) * width) ** 2
        / (height**2 + width**2),
    }  # fmt: skip
    return (PEAK * share[fall]).astype(np.float32)


#: The ways in which light falls off.
FALLS = (
    "quadratic", "40 levels", "fourth", "steep", "cosine", "linear", "diagonal", "aside",
)  # fmt: skip


def draw(
    seed: int,
    height: int = 600,
    width: int = 800,
    organisms: int = 25,
    touching: int = 0,
    bright: bool = False,
    drift: float = 1.0,
    dirt: int = 0,
    uneven: bool = True,
    fall: str = "",
) -> Frame:
    """One frame with `organisms` single ones and `touching` pairs.

    Of ten organisms one is faint (20 grey levels, 5 times the noise) and one is cut by the
    border; the others take 35 to 140 grey levels. Half are ellipses of 10 to 50 px, half are
    rods of 20 to 80 px. `bright` draws them in dark field: they add to the light.
    """
    random = np.random.default_rng(seed)
    coverage = np.zeros((height, width), np.float32)
    labels = np.zeros((height, width), np.int32)
    kinds: list[str] = []
    for group in _place(random, height, width, organisms, touching):
        for shape in group:
            alpha, where = _coverage(shape, height, width)
            kinds.append(shape.kind if len(group) == 1 else "touching")
            labels[where][(alpha >= 0.5) & (labels[where] == 0)] = len(kinds)
            texture = cv2.GaussianBlur(random.normal(size=alpha.shape).astype(np.float32), None, 3)
            texture *= 0.1 / max(float(texture.std()), 1e-6)
            depth = alpha * shape.contrast * np.clip(1 + texture, 0.7, 1.3)
            coverage[where] = np.maximum(coverage[where], depth)
    coverage = cv2.GaussianBlur(coverage, None, BLUR)
    field_ = falling_light(height, width, fall) if fall else light(height, width, uneven)
    field_ = field_ * drift
    if bright:
        field_ = 0.2 * field_ + coverage
    else:
        spots = np.zeros_like(coverage)
        fixed = np.random.default_rng(999)  # the same in every frame
        for _ in range(dirt):
            x, y = fixed.uniform(20, width - 20), fixed.uniform(20, height - 20)
            spot = _Shape("ellipse", x, y, *fixed.uniform(6, 15, 2), 0.0, fixed.uniform(15, 60))
            alpha, where = _coverage(spot, height, width)
            spots[where] = np.maximum(spots[where], alpha * spot.contrast)
        field_ = field_ * (1 - spots / PEAK) * (1 - coverage / PEAK)
    noisy = field_ + random.normal(scale=NOISE, size=field_.shape)
    return Frame(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), labels, kinds)


def series(seed: int, frames: int = 24, empty: tuple[int, ...] = (3, 11), **options) -> list[Frame]:
    """Frames of one run: new organisms in each, none in `empty`; light and dirt stay.

    The lamp drifts by ±3 %.
    """
    drawn = []
    for number in range(frames):
        drift = 1 + 0.03 * np.sin(2 * np.pi * number / frames)
        count = {"organisms": 0, "touching": 0} if number in empty else {}
        drawn.append(draw(1000 * seed + number, drift=drift, **{"dirt": 6, **options, **count}))
    return drawn


def write(
    folder: Path, drawn: list[Frame], suffix: str = "png", stem: str = "20240408_100000"
) -> Path:
    """Save a series as files of the same day."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(drawn):
        Image.fromarray(frame.image).save(folder / f"{stem}_{number:04d}.{suffix}", quality=90)
    return folder


def _place(
    random: np.random.Generator, height: int, width: int, organisms: int, touching: int
) -> list[list[_Shape]]:
    """Shapes that keep `GAP` from each other, in groups of those that touch."""
    groups: list[list[_Shape]] = []
    for number in range(organisms + touching):
        for _ in range(1000):
            pair = number >= organisms
            group = _pair(random) if pair else [_single(random, number)]
            at_border = not pair and number % 10 == 9
            group = _put(random, group, height, width, at_border)
            if group and all(_apart(one, other) for one in group for g in groups for other in g):
                groups.append(group)
                break
        else:
            raise ValueError("no room for so many organisms; draw fewer or a larger frame")
    return groups


def _single(random: np.random.Generator, number: int) -> _Shape:
    contrast = FAINT if number % 10 == 4 else random.uniform(35, STRONG)
    angle = random.uniform(0, np.pi)
    if number % 2:
        b = random.uniform(3.5, 7)
        return _Shape("rod", 0, 0, random.uniform(max(10, 2 * b), 40), b, angle, contrast)
    a = random.uniform(5, 25)
    return _Shape("ellipse", 0, 0, a, a * random.uniform(0.6, 1), angle, contrast)


def _pair(random: np.random.Generator) -> list[_Shape]:
    """Two ellipses that touch at the ends of their axes; the smaller has half to all the size."""
    a = random.uniform(10, 20)
    b, angle = a * random.uniform(0.8, 1), random.uniform(0, np.pi)
    small = random.uniform(0.5, 1)
    contrast = random.uniform(50, STRONG)
    step = (1 + small) * a - 0.5
    x, y = step * np.cos(angle), step * np.sin(angle)
    return [
        _Shape("ellipse", 0, 0, a, b, angle, contrast),
        _Shape("ellipse", x, y, small * a, small * b, angle, contrast),
    ]


def _put(
    random: np.random.Generator, group: list[_Shape], height: int, width: int, at_border: bool
) -> list[_Shape]:
    reach = max(shape.a for shape in group) + 3
    if at_border:  # its middle lies just inside one of the four sides
        x, y = random.uniform(reach, width - reach), random.uniform(reach, height - reach)
        side = random.integers(4)
        x = (1.0, width - 2.0, x, x)[side]
        y = (y, y, 1.0, height - 2.0)[side]
    else:
        x, y = random.uniform(reach, width - reach), random.uniform(reach, height - reach)
    moved = [_Shape(s.kind, s.x + x, s.y + y, s.a, s.b, s.angle, s.contrast) for s in group]
    inside = all(
        s.a + 2 <= s.x <= width - s.a - 2 and s.a + 2 <= s.y <= height - s.a - 2 for s in moved
    )
    return moved if inside or at_border else []


def _apart(one: _Shape, other: _Shape) -> bool:
    return float(np.hypot(one.x - other.x, one.y - other.y)) > one.a + other.a + GAP


def _coverage(
    shape: _Shape, height: int, width: int
) -> tuple[npt.NDArray[np.float32], tuple[slice, slice]]:
    """The share of each pixel that the shape covers, and where in the frame these pixels are."""
    reach = max(shape.a, shape.b) + 2
    top, left = max(int(shape.y - reach), 0), max(int(shape.x - reach), 0)
    bottom, right = min(int(shape.y + reach) + 2, height), min(int(shape.x + reach) + 2, width)
    offset = (np.arange(_SUB) + 0.5) / _SUB - 0.5
    y = (np.arange(top, bottom)[:, None] + offset).ravel()
    x = (np.arange(left, right)[:, None] + offset).ravel()
    fine = shape.inside(x[None, :], y[:, None])
    cells = fine.reshape(bottom - top, _SUB, right - left, _SUB)
    return cells.mean(axis=(1, 3), dtype=np.float32), (slice(top, bottom), slice(left, right))
