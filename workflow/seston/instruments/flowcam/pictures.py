"""The pictures of a FlowCam run: collages, their masks, and empty frames."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from seston.instruments.contract import Flag
from seston.instruments.pixels import read_image, read_mask
from seston.instruments.unusable import Unusable

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


#: Calibration images in memory at a time: a run that is calibrated every minute has hundreds.
_KEPT = 3


@dataclass
class Pictures:
    """Opens pictures of one folder; what is wrong with one that could be missed is a flag."""

    folder: Path
    max_pixels: int
    flags: list[Flag] = field(default_factory=list)
    _empty: dict[int, Pixels | None] = field(default_factory=dict)

    def collage(self, name: str) -> Pixels:
        """Return a collage.

        Raises
        ------
        Unusable
            As `read_image`, and ``outside_root`` or ``collage_missing``.
        """
        return _single(read_image(self._path(name), self.max_pixels))

    def mask(self, collage: str, shape: tuple[int, ...]) -> Mask | None:
        """Return the mask of a collage of this shape (height, width), or None."""
        stem, dot, suffix = collage.rpartition(".")
        name = f"{stem}_bin{dot}{suffix}"
        try:
            return read_mask(self._path(name), shape, self.max_pixels)
        except Unusable as error:
            if error.reason != "collage_missing":
                self.flags.append(Flag("mask_unusable", f"{name} is not used: {error.detail}"))
            return None

    def empty_frame(self, number: int) -> Pixels | None:
        """Return a calibration image by its number, or None; the last few are kept."""
        if number not in self._empty:
            name = f"cal_image_{number:06d}.tif"
            while len(self._empty) >= _KEPT:  # the rows of a list are in order
                self._empty.pop(next(iter(self._empty)))
            self._empty[number] = None
            try:
                self._empty[number] = read_image(self._path(name), self.max_pixels)
            except Unusable as error:
                if error.reason != "collage_missing":
                    told = f"{name} is not used: {error.detail}"
                    self.flags.append(Flag("calibration_image_unusable", told))
        return self._empty[number]

    def _path(self, name: str) -> Path:
        path = self.folder / name
        plain = name and not {"/", "\\", "\0"} & set(name)
        try:
            inside = plain and path.resolve().is_relative_to(self.folder.resolve())
        except (OSError, RuntimeError) as error:  # a link to itself
            raise Unusable("collage_unreadable", str(error)) from error
        if not inside:
            raise Unusable("outside_root", "the pictures of a run lie in its folder")
        try:
            path.lstat()
        except OSError as error:  # also of a name that no file can have
            raise Unusable("collage_missing", "no such file in the folder of the run") from error
        return path


def _single(collage: Pixels) -> Pixels:
    """Return one channel of a colour collage of a grey camera: all three are the same."""
    if collage.ndim == 2:
        return collage
    red, green, blue = cv2.split(collage)
    grey = np.array_equal(red, green) and np.array_equal(red, blue)
    return red.view(np.uint8) if grey else collage


def like(frame: Pixels, crop: Pixels) -> Pixels:
    """Return the place of an empty frame in the colours of a crop.

    A colour camera keeps its calibration images in grey. The tint is then
    taken from the border of the crop, where there is background: the median
    difference, channel by channel.
    """
    if frame.ndim == crop.ndim:
        return frame
    if crop.ndim == 2:
        return np.rint(frame.mean(axis=2)).astype(np.uint8)
    difference = crop.astype(np.int16) - frame[:, :, None]
    edge = [difference[0], difference[-1], difference[1:-1, 0], difference[1:-1, -1]]
    tint = np.median(np.concatenate(edge), axis=0)
    return np.clip(np.rint(frame[:, :, None] + tint), 0, 255).astype(np.uint8)
