"""Engines on trial: built, timed on real tiles, and held to torch in float32."""

import copy
import logging
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seston.collection import Tiles
from seston.errors import SestonError
from seston.models.backbones import Backbone
from seston.runtime.engine import Engine, Unavailable, embed_array
from seston.runtime.export import export
from seston.runtime.openvino_engine import FILES, OpenVinoEngine
from seston.runtime.proof import agreement, race
from seston.runtime.record import Method
from seston.runtime.torch_engine import TorchEngine

log = logging.getLogger("seston")

#: Share of images that must keep their cluster.
AGREE = 0.995
#: Images on which it is measured: seconds on a CPU, a moment on a GPU.
IMAGES = {"cpu": 512, "cuda": 4096}


class Trial:
    """What is found out about the methods, for one model on one device.

    Attributes
    ----------
    agreement : dict of Method to dict of str to float
        See `seston.runtime.proof.agreement`.
    refused : dict of Method to str
        Why a method cannot be used.
    images : int
        Images of the sample.
    """

    def __init__(
        self, backbone: Backbone, folder: Path, batch_size: int, threads: int, seed: int
    ) -> None:
        self._backbone, self._folder = backbone, folder
        self._batch_size, self._threads, self._seed = batch_size, threads, seed
        self._rates: dict[Method, npt.NDArray[np.float64]] = {}
        self.agreement: dict[Method, dict[str, float]] = {}
        self.refused: dict[Method, str] = {}
        self.images = 0

    @property
    def rates(self) -> dict[Method, float]:
        """Images per second: of processor time on a CPU, of the wall's time on a GPU."""
        return {method: float(np.median(rates)) for method, rates in self._rates.items()}

    def gain(self, method: Method, other: Method) -> float:
        """Return how many times as fast as another a method is: the middle of all rounds."""
        return float(np.median(self._rates[method] / self._rates[other]))

    def measure(self, methods: list[Method], tiles: Tiles) -> None:
        """Time methods against each other, and hold all to the first, on a sample of tiles.

        Raises
        ------
        SestonError
            If the embeddings of the first are not finite.
        """
        device = methods[0].device
        engines: dict[Method, Engine] = {}
        for method in dict.fromkeys(methods):
            try:
                engines[method] = self._build(method)
            except Unavailable as error:
                self.refused[method] = f"cannot be had ({error})"
        self.images = min(len(tiles), IMAGES[device])
        rng = np.random.default_rng(self._seed)
        sample = tiles.take(np.sort(rng.choice(len(tiles), self.images, replace=False)))
        # The processor's time of all threads: what other jobs do meanwhile hardly counts in it.
        clock = time.perf_counter if device == "cuda" else time.process_time
        self._rates |= race(engines, sample, clock)
        reference = embed_array(engines[methods[0]], sample)
        if not np.isfinite(reference).all():
            raise SestonError(
                "the model's embeddings are not finite in float16; it is unusable: train or fetch"
                " it again"
            )
        for method, engine in engines.items():
            found = agreement(reference, embed_array(engine, sample), self._seed)
            self.agreement[method] = found
            if found["labels"] < AGREE:
                self.refused[method] = (
                    f"puts only {100 * found['labels']:.1f} % of {self.images} images into the"
                    f" same cluster ({100 * AGREE:.1f} % needed)"
                )
            log.info(
                "%s: %.4g images/s, %.2f %% of %d images in the same cluster",
                method,
                self.rates[method],
                100 * found["labels"],
                self.images,
            )

    def export(self) -> None:
        """Write the network into the folder for OpenVINO, once.

        Raises
        ------
        Unavailable
            If OpenVINO is missing or cannot express the network.
        """
        if not (self._folder / FILES[0]).exists():
            export(self._backbone, self._batch_size, self._folder)

    def _build(self, method: Method) -> Engine:
        if method.engine == "torch":
            # Each has its own copy: memory layout and device are changed in it.
            copied = copy.deepcopy(self._backbone)
            return TorchEngine(copied, method, self._batch_size, self._threads)
        self.export()
        return OpenVinoEngine(self._folder, method.precision, self._threads)
