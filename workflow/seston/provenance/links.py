"""Which mark of which file must equal which mark of another: the chain from tiles to tables."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Link(NamedTuple):
    """What `path` says under `key` is what `source` says under `told`."""

    path: str
    key: str
    source: str
    told: str = "fingerprint"


def links(shards: Sequence[str], models: Sequence[str], chosen: str) -> Iterator[Link]:
    """Yield every link of a run, whether or not it made the files.

    Parameters
    ----------
    shards, models : sequence of str
        Names, at least one of each.
    chosen : str
        The model whose clusters are shown.
    """
    first = shards[0]
    crops, tiles = f"segment/{first}/crops.parquet", f"tiles/{first}.arrow"
    for shard in shards:
        for kind in ("crops", "rejected", "recorded", "effort"):
            yield Link(f"segment/{shard}/{kind}.parquet", "fingerprint", crops)
        yield Link(f"tiles/{shard}.arrow", "fingerprint", tiles)
    for model in models:
        yield from _of_model(model, shards, tiles)
    yield from _of_chosen(chosen, first)
    yield from _of_classifier(shards, f"{chosen}/embeddings/{first}.arrow")


def _of_model(model: str, shards: Sequence[str], tiles: str) -> Iterator[Link]:
    weights, clustering = f"{model}/model.safetensors", f"{model}/kmeans/kmeans.json"
    embeddings = f"{model}/embeddings/{shards[0]}.arrow"
    yield Link("verdict.json", f"fingerprints.{model}", weights)
    yield Link(f"{model}/runtime/runtime.json", "model", weights)
    yield Link(f"{model}/runtime/runtime.json", "sha256.model", weights, "sha256")
    for name in ("model.xml", "model.bin"):
        exported = f"{model}/runtime/{name}"
        yield Link(f"{model}/runtime/runtime.json", f"sha256.{name}", exported, "sha256")
    for shard in shards:
        yield Link(f"{model}/embeddings/{shard}.arrow", "model", weights)
        yield Link(f"{model}/embeddings/{shard}.arrow", "tiles", tiles)
        yield Link(f"{model}/clusters/{shard}.parquet", "fingerprint", clustering)
        yield Link(f"{model}/clusters/{shard}.parquet", "embeddings", embeddings)
    yield Link(clustering, "embeddings", embeddings)
    yield Link(f"{model}/sweep/sweep.json", "embeddings", embeddings)
    yield Link(f"{model}/tree/tree.json", "kmeans", clustering)


def _of_chosen(chosen: str, shard: str) -> Iterator[Link]:
    embeddings = f"{chosen}/embeddings/{shard}.arrow"
    for name in ("map.json", "map.parquet", "index/index.json", "tables/clusters.json"):
        yield Link(name, "embeddings", embeddings)
    yield Link("verdict.json", "chosen", "chosen_model.txt", "chosen")
    yield Link("map.parquet", "fingerprint", "map.json")
    for name, key in (
        ("examples.parquet", "clusters"),
        ("reclusterings.parquet", "fingerprint"),
        ("reclusterings.json", "clustering"),
        ("attention.npz", "clustering"),
        ("tables/images.parquet", "clusters"),
        ("tables/clusters.json", "clustering"),
        ("tables/cluster_names.tsv", "clustering"),
    ):
        yield Link(name, key, f"{chosen}/kmeans/kmeans.json")


def _of_classifier(shards: Sequence[str], embeddings: str) -> Iterator[Link]:
    learned = "classify/classifier.safetensors"
    yield Link(learned, "card.embeddings", embeddings)
    yield Link("classify/held_out.parquet", "fingerprint", learned)
    yield Link("classify/judge.json", "fingerprint", learned)
    answers = f"classify/predictions/{shards[0]}.parquet"
    yield Link("tables/predictions.parquet", "fingerprint", answers)
    for shard in shards:
        # A classifier of an earlier run lies elsewhere; its answers must agree all the same.
        for source in (learned, answers):
            yield Link(f"classify/predictions/{shard}.parquet", "fingerprint", source)
        yield Link(f"classify/predictions/{shard}.parquet", "embeddings", embeddings)
