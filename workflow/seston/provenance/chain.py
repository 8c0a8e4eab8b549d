"""Whether every file was made from the files that are there, by what each says of itself."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from seston import store
from seston.cluster.clustering import read_clustering
from seston.provenance.finding import Finding
from seston.provenance.links import links
from seston.provenance.marks import UNREADABLE, marks
from seston.provenance.tensors import content_fingerprint


def broken_links(
    results: Path,
    files: Collection[str],
    shards: Sequence[str],
    models: Sequence[str],
    chosen: str,
    sha256: Mapping[str, str],
) -> Iterator[Finding]:
    """Yield every file that was made from something else than what lies beside it.

    Parameters
    ----------
    results : pathlib.Path
    files : collection of str
        Those to look at, below `results`; links to others are passed over.
    shards, models, chosen
        As of `links`.
    sha256 : mapping of str to str
        Of the files as they are now.
    """
    told: dict[str, dict[str, str] | None] = {}

    def of(name: str) -> dict[str, str] | None:
        if name not in told:
            try:
                told[name] = marks(results / name) | {"sha256": sha256.get(name, "")}
            except UNREADABLE as error:
                told[name] = None
                unreadable.append(Finding(name, f"not readable ({error})"))
        return told[name]

    unreadable: list[Finding] = []
    for link in links(shards, models, chosen):
        if link.path not in files or link.source not in files:
            continue
        mine, theirs = of(link.path), of(link.source)
        if mine is None or theirs is None:
            continue
        found, expected = mine.get(link.key, ""), theirs.get(link.told, "")
        if not found or found != expected:
            yield Finding(
                link.path,
                f"says {link.key} {found[:12] or 'nothing'}, but {link.source} is"
                f" {expected[:12] or 'without one'}: one of them is of another run or out of date",
            )
    yield from unreadable


def broken_contents(
    results: Path, files: Collection[str], shards: Sequence[str], models: Sequence[str]
) -> Iterator[Finding]:
    """Yield every file whose content is not what its own fingerprint says.

    Those of models, classifier and clusterings are over their content; that of embeddings is
    over model and tiles.
    """
    tensors = [f"{model}/model.safetensors" for model in models]
    for name in [*tensors, "classify/classifier.safetensors"]:
        if name in files:
            yield from _changed_tensors(results, name)
    for model in models:
        if f"{model}/kmeans/kmeans.json" in files:
            try:
                read_clustering(results / model / "kmeans")
            except UNREADABLE as error:
                yield Finding(f"{model}/kmeans/kmeans.json", str(error))
        for shard in shards:
            name = f"{model}/embeddings/{shard}.arrow"
            if name in files:
                yield from _changed_embeddings(results, name)


def _changed_tensors(results: Path, name: str) -> Iterator[Finding]:
    try:
        found = content_fingerprint(results / name)
        written = marks(results / name).get("fingerprint", "")
    except UNREADABLE as error:
        yield Finding(name, f"not readable ({error})")
        return
    if found != written:
        yield Finding(name, f"its content is {found[:12]}, but it says fingerprint {written[:12]}")


def _changed_embeddings(results: Path, name: str) -> Iterator[Finding]:
    try:
        said = marks(results / name)
    except UNREADABLE:
        return  # told by `broken_links`, which reads it too
    made = store.fingerprint("embeddings", said.get("model", ""), said.get("tiles", ""))
    if said.get("fingerprint") != made:
        yield Finding(
            name,
            f"its fingerprint {said.get('fingerprint', '')[:12]} is not of its model and tiles",
        )
