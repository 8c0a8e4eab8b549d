"""What is written down of how embeddings are computed: `runtime.json`. Imports no torch."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from seston import store
from seston.errors import SestonError

NAME = "runtime.json"


@dataclass(frozen=True)
class Method:
    """One way to compute embeddings.

    Attributes
    ----------
    engine : {'torch', 'openvino'}
    device : {'cpu', 'cuda'}
    precision : {'fp32', 'bf16', 'fp16'}
    channels_last : bool
        Whether a convolutional network keeps the channels of a pixel together.
    compiled : bool
        Whether torch compiles the network first.
    """

    engine: str = "torch"
    device: str = "cpu"
    precision: str = "fp32"
    channels_last: bool = False
    compiled: bool = False

    def __str__(self) -> str:
        more = ["channels last"] * self.channels_last + ["compiled"] * self.compiled
        return " ".join([self.engine, self.precision, *more])


@dataclass(frozen=True)
class Runtime:
    """How the embeddings of one model are computed, in every shard, and why so.

    Attributes
    ----------
    method : Method
    batch_size : int
        Tiles computed at once.
    model : str
        Fingerprint of the model.
    image_size, dim : int
        Side of the tiles it takes, length of an embedding.
    trained_on : str or None
        Fingerprint of the tiles it was trained on; None: it takes any.
    sha256 : dict of str to str
        Of the model file (``"model"``) and of the files beside this one, by name.
    images_per_second : dict of str to float
        Of each method that was timed; on a CPU, per second of processor time.
    agreement : dict of str to dict of str to float
        Of each method with torch in fp32: share of equal k-means ``labels``, least
        cosine, largest difference of a value.
    why : str
        The choice in a sentence.
    machine : str
    """

    method: Method
    batch_size: int
    model: str
    image_size: int
    dim: int
    trained_on: str | None
    sha256: dict[str, str]
    images_per_second: dict[str, float]
    agreement: dict[str, dict[str, float]]
    why: str
    machine: str


def write_runtime(runtime: Runtime, folder: Path) -> None:
    """Write `runtime.json` into a folder; the method's fields stand beside the others."""
    values = asdict(runtime)
    values = values.pop("method") | values
    store.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", folder / NAME)


def read_runtime(folder: Path, model: Path) -> Runtime:
    """Return what a folder says, checked to belong to a model file.

    Raises
    ------
    SestonError
        If the file is missing or damaged, was made for another model, or if the model
        or a file beside it has changed since.
    """
    path = folder / NAME
    try:
        values = json.loads(path.read_text())
        method = Method(**{field.name: values.pop(field.name) for field in fields(Method)})
        runtime = Runtime(method, **values)
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found; run the stage runtime first") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SestonError(
            f"{path}: not readable as a choice of runtime ({type(error).__name__}: {error});"
            f" delete {folder} and run again"
        ) from error
    for name, expected in runtime.sha256.items():
        file = model if name == "model" else folder / name
        found = digest(file)
        if found != expected:
            raise SestonError(
                f"{file}: found sha256 {found[:12]}, but {path} was made with {expected[:12]};"
                f" delete {folder} and run again"
            )
    return runtime


def digest(path: Path) -> str:
    """Return the sha256 (hex) of a file.

    Raises
    ------
    SestonError
        If there is no such file.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise SestonError(f"{path}: file not found") from error
