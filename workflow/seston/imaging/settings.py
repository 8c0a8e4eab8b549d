"""How organisms are found in raw frames: the settings, named and explained once."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class FrameSettings:
    """Settings of `seston.imaging`; section `segment.frames` of config.yaml.

    Attributes
    ----------
    background : {"auto", "file", "median", "ball", "none"}
        What is taken for an empty frame. ``file``: the picture `background_file`;
        ``median``: the running median over `window` frames, which also takes away
        dirt on the optics, and any organism that stays in place in most of them,
        without a note; ``ball``: a ball rolled under the grey levels of the
        frame itself (single scans); ``none``: one grey level, the frame's median.
        ``auto``: the file where there is one, else the median where a folder has
        `window` frames or more, else the ball.
    background_file : str
        Name of the picture of an empty frame, in the folder of the sample.
    window : int
        Frames of the running median; as many are in memory. More than half of them
        must show the background at each place.
    ball_px : int
        Radius of the ball, px: at least the width of the widest organism, or the
        background sags into it; far less than the frame.
    polarity : {"dark", "bright", "both"}
        Organisms are darker than the background, brighter, or either. It decides how
        uneven light is evened out: ``bright`` (dark field) by subtraction, the others
        (transmitted light, of which an organism takes a share) by division.
    threshold : {"triangle", "otsu", "fixed"}
        How the grey level that parts organism from background is found.
    level : float
        The level of ``fixed``, grey levels (0-255) from the background.
    noise : float
        The level found by ``triangle`` or ``otsu`` is at least so many standard
        deviations of the background's noise, so that an empty frame stays empty.
    hysteresis : float
        Paler pixels join a detected one down to this share of the level; 1 = none do.
    edge_px : int
        Width of the blurred rim that lens and camera lay around an organism, px. The
        outline is drawn where the signal is half of what it reaches within this
        width, so that strong organisms do not come out larger than faint ones of the
        same size; 0 = it is drawn at the level. 5 is enough for a blur of up to 1.2 px
        (standard deviation), 7 for 2 px.
    closing_px, opening_px : int
        Diameter of the disc that closes gaps, then of the one that opens bridges; 0 = not.
    fill_holes : bool
        Holes belong to the organism.
    merge_px : int
        Fragments with a gap smaller than this are one organism; 0 = only what touches.
    split : bool
        Part touching organisms at their waist (watershed).
    waist : float
        They are parted where the waist is narrower than this share of the thinner part.
    border : {"keep", "drop"}
        Organisms cut by the border of the frame are kept (and marked) or left out.
    min_esd_um : float
        Smallest equivalent spherical diameter, µm, where the pixel size is known ...
    min_esd_px : float
        ... and, in pixels, always: below it a shape cannot be told from noise.
    margin_px : int
        Background left around each organism in its crop.
    duplicates : bool
        Mark an organism that stays where it was in the frame before.
    """

    background: Literal["auto", "file", "median", "ball", "none"] = "auto"
    background_file: str = "background.png"
    window: int = 15
    ball_px: int = 200
    polarity: Literal["dark", "bright", "both"] = "dark"
    threshold: Literal["triangle", "otsu", "fixed"] = "triangle"
    level: float = 30.0
    noise: float = 6.0
    hysteresis: float = 0.5
    edge_px: int = 5
    closing_px: int = 3
    opening_px: int = 0
    fill_holes: bool = True
    merge_px: int = 0
    split: bool = False
    waist: float = 0.7
    border: Literal["keep", "drop"] = "keep"
    min_esd_um: float = 20.0
    min_esd_px: float = 8.0
    margin_px: int = 5
    duplicates: bool = True

    def smallest_px(self, pixel_um: float | None) -> float:
        """Return the smallest equivalent spherical diameter in pixels."""
        by_um = 0.0 if pixel_um is None else self.min_esd_um / pixel_um
        return max(self.min_esd_px, by_um)
