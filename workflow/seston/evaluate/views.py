"""Embeddings of altered views: whether the model knows an organism again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from seston.augment import Crop, random_crops
from seston.evaluate.collapse import alignment, uniformity
from seston.evaluate.evidence import Row, Tallies, share
from seston.evaluate.neighbours import unit_rows
from seston.evaluate.tally import count
from seston.models.backbones import Backbone, images_of
from seston.models.hardware import autocast

#: What changes nothing of an organism's kind: it lies otherwise in other light. So gentle
#: that whoever sees the two views would call them the same.
AREA, LIGHT, COLOUR = (0.8, 1.0), 0.2, 0.05
BATCH = 64


@dataclass(frozen=True)
class Views:
    """How views are embedded.

    Attributes
    ----------
    backbone : Backbone
        On the device, in evaluation mode.
    device : torch.device
    precision : torch.dtype
    seed : int
        Of the draws: angle, mirror, place, size, light.
    """

    backbone: Backbone
    device: torch.device
    precision: torch.dtype
    seed: int

    @torch.inference_mode()
    def embed(self, tiles: npt.NDArray[np.uint8], number: int) -> npt.NDArray[np.float32]:
        """Return the embeddings (n, d) of the `number`-th view of each tile (n, size, size, 3)."""
        crop = Crop(tiles.shape[1], AREA, aspect=1.0, light=LIGHT, colour=COLOUR, blur=0.0)
        generator = torch.Generator().manual_seed(self.seed + number)
        parts = [np.empty((0, self.backbone.length), np.float32)]
        for start in range(0, len(tiles), BATCH):
            part = torch.from_numpy(tiles[start : start + BATCH]).to(self.device)
            views = random_crops(images_of(part), crop, generator)
            with autocast(self.device, self.precision):
                features = self.backbone(views)
            parts.append(features.float().cpu().numpy())
        return np.concatenate(parts)


def view_evidence(
    views: Views,
    tiles: npt.NDArray[np.uint8],
    originals: npt.NDArray[np.float32],
    samples: npt.NDArray[np.int64],
    sample_names: Sequence[str],
    note: str = "",
) -> tuple[list[Row], Tallies]:
    """Compare two altered views of each organism with each other and with all originals.

    Parameters
    ----------
    views : Views
    tiles : ndarray of uint8, shape (n, size, size, 3)
    originals : ndarray of float32, shape (n, d)
        The embeddings of the tiles.
    samples : ndarray of int64, shape (n,)
        Places in `sample_names`.
    note : str
        How many they are of how many.

    Returns
    -------
    rows : list of Row
        Neighbour agreement, uniformity and alignment.
    tallies : dict
        Organisms known again, by sample.
    """
    unit = unit_rows(originals)
    first, second = (unit_rows(views.embed(tiles, number)) for number in (0, 1))
    right = known_again(first, unit)
    tally = count(right, samples, np.zeros_like(samples), sample_names, [""]).condensed()
    n, groups = len(unit), len(tally.units)
    rows = [share("views", "neighbour_agreement", tally, 1 / n, "higher", views.seed, note=note)]
    # Neither says much alone: a collapsed model is perfectly aligned.
    for measure, value in (
        ("uniformity", uniformity(unit)),
        ("alignment", alignment(first, second)),
    ):
        row = Row("collapse", measure, value=value, better="lower", images=n, groups=groups)
        rows.append(replace(row, note=note))
    return rows, {("views", "neighbour_agreement", ""): tally}


def known_again(
    views: npt.NDArray[np.float32], originals: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """Say for each view whether the original nearest to it (by cosine) is its own.

    Parameters
    ----------
    views, originals : ndarray of float32, shape (n, d)
        Unit vectors; of row i both are of one organism.
    """
    return (views @ originals.T).argmax(axis=1) == np.arange(len(views))
