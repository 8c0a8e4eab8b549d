"""A finished run made by the stages themselves, but for networks and map, in a second or two."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
from safetensors.numpy import save_file

from seston import store
from seston.arrays import ArrayWriter
from seston.cluster.assign import assign
from seston.cluster.examples import examples
from seston.cluster.kmeans import kmeans
from seston.cluster.tree import tree
from seston.naming.stage import name_clusters
from seston.provenance.listing import other_files
from seston.provenance.stage import manifest
from seston.samples import cut_into_shards
from seston.schemas import CLUSTERS, MAP, PREDICTIONS
from seston.search.index import make_index
from seston.segment import segment
from seston.sheet import read_sheet
from seston.tables import tables
from seston.tiles import tiles
from seston.trends.abundance import trends
from seston.tsv import write_tsv
from synthetic.images import damaged_png, picture, write_folder

MODELS = ["pretrained", "finetuned"]
CHOSEN = "finetuned"
DIM, K = 6, 3
#: Images of each sample, by day; one more of the first cannot be read.
DAYS = {"2018-05-22": {"b": 5, "b-1": 4}, "2018-05-23": {"c": 6}}
SHARDS = list(DAYS)


def write_whole_run(folder: Path) -> Path:
    """Write samples and results below `folder`, with a manifest; return the results folder."""
    results = folder / "results"
    lines = ["sample\tpath\tinstrument\tdatetime\tsite\tgroup"]
    for day, samples in DAYS.items():
        for name, images in samples.items():
            write_folder(folder / name, images)
            lines.append(f"{name}\t{name}\timages\t{day}\tlake\t")
    (folder / "b" / "bad.png").write_bytes(damaged_png(picture()))
    sheet = folder / "samples.tsv"
    sheet.write_text("\n".join(lines) + "\n")
    ids = {shard: _cut(sheet, shard, names, results) for shard, names in _shards(sheet).items()}
    for number, model in enumerate(MODELS):
        _embed(results / model, results / "tiles", ids, number)
        cluster(results, model)
    store.write_text(f"{CHOSEN}\n", results / "chosen_model.txt")
    made = {model: marks(results / model / "model.safetensors")["fingerprint"] for model in MODELS}
    store.write_text(json.dumps({"chosen": CHOSEN, "fingerprints": made}), results / "verdict.json")
    show(results, sheet)
    _classify(results, ids)
    store.write_text('{"seed": 7, "trends": {"period": "day"}}\n', results / "settings.yaml")
    store.write_text("<title>report</title>\n", results / "report" / "index.html")
    (results / "report" / "figures").mkdir()
    (results / "report" / "figures" / "map.png").write_bytes(picture().tobytes())
    store.write_text("a\n", results / "logs" / "a.log")
    describe(results)
    return results


def describe(results: Path) -> None:
    """Write the manifest of the files that are there, as the rule does."""
    made = results.parent / "made.txt"
    made.write_text("".join(f"{results / name}\n" for name in other_files(results, [])))
    manifest(
        results=results, made=made, shards=SHARDS, models=MODELS,
        manifest=results / "report" / "manifest.json",
    )  # fmt: skip


def copy(results: Path, folder: Path) -> Path:
    """Copy results to change them at will."""
    return Path(shutil.copytree(results, folder / "results"))


def marks(path: Path) -> dict[str, str]:
    """Metadata of a file of tensors, without the prefix."""
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return {key.removeprefix("seston."): text for key, text in header["__metadata__"].items()}


def write_model(path: Path, seed: int) -> str:
    """A file of weights as `backbone` writes it; return its fingerprint."""
    weights = {
        "a.bias": np.full(2, seed, np.float32),
        "b.weight": np.random.default_rng(seed).normal(size=(3, 4)).astype(np.float16),
    }
    parts = [part for name, x in sorted(weights.items()) for part in (name, x.tobytes())]
    made = store.fingerprint("{}", *parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, path, store.tags("model", made, {"backbone": "{}"}))
    return made


def write_embeddings(path: Path, ids: list[str], model: str, tiles: str, seed: int) -> None:
    """Embeddings of three kinds of organisms."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(len(ids), DIM)) + 9 * np.eye(DIM)[np.arange(len(ids)) % K]
    made = store.fingerprint("embeddings", model, tiles)
    about = {"model": model, "tiles": tiles}
    with ArrayWriter(path, "embeddings", "embedding", (DIM,), np.float16, made, **about) as writer:
        writer.write(ids, rows.astype(np.float16))


def cluster(results: Path, model: str, seed: int = 1) -> None:
    """Run the stages `kmeans`, `tree` and `assign`."""
    folder = results / model
    found = folder / "kmeans"
    kmeans(
        embeddings_dir=folder / "embeddings", shards=SHARDS, k=K, iterations=5,
        sample_per_centroid=100, refine=0, spherical=False, seed=seed, threads=1,
        centroids=found / "centroids.npy", space_file=found / "space.npz",
        report=found / "kmeans.json",
    )  # fmt: skip
    tree(
        kmeans=found, coarse=2, tree=folder / "tree" / "tree.tsv",
        groups=folder / "tree" / "coarse.tsv", newick=folder / "tree" / "tree.nwk",
        report=folder / "tree" / "tree.json",
    )  # fmt: skip
    for shard in SHARDS:
        embeddings, clusters = (folder / "embeddings", folder / "clusters")
        assign(
            embeddings=embeddings / f"{shard}.arrow", kmeans=found,
            clusters=clusters / f"{shard}.parquet",
        )  # fmt: skip


def show(results: Path, sheet: Path) -> None:
    """Make what stands behind the clusters of the chosen model."""
    folder, out = results / CHOSEN, results / "tables"
    name_clusters(
        kmeans=folder / "kmeans" / "kmeans.json", coarse=folder / "tree" / "coarse.tsv",
        clusters_dir=folder / "clusters", shards=SHARDS, clusterings=results / "clusterings",
        proposed=results / "proposed_names.tsv", named=out / "cluster_names.tsv",
    )  # fmt: skip
    _map(results)
    tables(
        sheet=sheet, segment_dir=results / "segment", clusters_dir=folder / "clusters",
        map=results / "map.parquet", names=out / "cluster_names.tsv", shards=SHARDS,
        images=out / "images.parquet", samples=out / "samples.tsv", quality=out / "quality.tsv",
    )  # fmt: skip
    clusters = store.read_table(out / "images.parquet", "images")["cluster"].to_numpy()
    counts = np.bincount(clusters, minlength=K)
    write_tsv({"cluster": range(K), "images": counts.tolist()}, out / "clusters.tsv")
    trends(
        images=out / "images.parquet", samples=out / "samples.tsv", period="day",
        confidence=0.95, abundance=out / "abundance.tsv",
        abundance_coarse=out / "abundance_coarse.tsv", abundance_name=out / "abundance_name.tsv",
        abundance_label=out / "abundance_label.tsv", periods=out / "periods.tsv",
    )  # fmt: skip
    examples(
        segment_dir=results / "segment", clusters_dir=folder / "clusters", shards=SHARDS,
        per_cluster=1, seed=1, examples=results / "examples.parquet",
    )  # fmt: skip
    make_index(
        embeddings_dir=folder / "embeddings", shards=SHARDS, seed=1,
        index=results / "index" / "index.faiss", report=results / "index" / "index.json",
    )  # fmt: skip


def _shards(sheet: Path) -> dict[str, list[str]]:
    cut = cut_into_shards(read_sheet(sheet), "day")
    return {shard: [sample.sample for sample in samples] for shard, samples in cut.items()}


def _cut(sheet: Path, shard: str, names: list[str], results: Path) -> list[str]:
    kinds = ("crops", "rejected", "recorded", "effort")
    paths = {kind: results / "segment" / shard / f"{kind}.parquet" for kind in kinds}
    segment(sheet=sheet, samples=names, max_rejected=1, **paths)
    tiles(crops=paths["crops"], tiles=results / "tiles" / f"{shard}.arrow", size=16)
    return store.read_table(paths["crops"], "crops")["image_id"].to_pylist()


def _embed(folder: Path, tiles: Path, ids: dict[str, list[str]], seed: int) -> None:
    made = write_model(folder / "model.safetensors", seed)
    weights = sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    told = {"model": made, "sha256": {"model": weights}, "machine": "a processor", "device": "cpu"}
    store.write_text(json.dumps(told), folder / "runtime" / "runtime.json")
    for shard, names in ids.items():
        of = store.read_metadata(tiles / f"{shard}.arrow")["fingerprint"]
        write_embeddings(folder / "embeddings" / f"{shard}.arrow", names, made, of, seed)


def _map(results: Path) -> None:
    paths = [results / "segment" / shard / "crops.parquet" for shard in SHARDS]
    ids = sorted(
        one for path in paths for one in store.read_table(path, "crops")["image_id"].to_pylist()
    )
    embeddings = store.read_metadata(results / CHOSEN / "embeddings" / f"{SHARDS[0]}.arrow")
    made = store.fingerprint("map", embeddings["fingerprint"])
    table = pa.table(
        {
            "image_id": ids,
            "x": np.arange(len(ids), dtype=np.float32),
            "y": np.zeros(len(ids), np.float32),
            "density_cluster": np.full(len(ids), -1, np.int32),
            "fitted": np.ones(len(ids), bool),
        }
    )
    about = {"embeddings": embeddings["fingerprint"]}
    store.write_table(table, results / "map.parquet", MAP, "map", made, **about)
    store.write_text(json.dumps({"fingerprint": made} | about), results / "map.json")


def _classify(results: Path, ids: dict[str, list[str]]) -> None:
    embeddings = store.read_metadata(results / CHOSEN / "embeddings" / f"{SHARDS[0]}.arrow")
    card = json.dumps({"classes": ["x", "y"], "embeddings": embeddings["fingerprint"]})
    head = {"head.b": np.zeros(2), "head.w": np.ones((2, DIM))}
    named = ((name, x.tobytes()) for name, x in sorted(head.items()))
    made = store.fingerprint("classifier", card, *named)
    folder = results / "classify"
    (folder / "predictions").mkdir(parents=True)
    tags = store.tags("classifier", made, {"card": card})
    save_file(head, folder / "classifier.safetensors", tags)
    store.write_text(json.dumps({"fingerprint": made}), folder / "judge.json")
    for shard, names in ids.items():
        table = pa.table({"image_id": names, "raw": np.full((len(names)), 0.5)})
        path = folder / "predictions" / f"{shard}.parquet"
        about = {"embeddings": embeddings["fingerprint"]}
        store.write_table(table, path, table.schema, "predictions", made, **about)
    every = sorted(one for names in ids.values() for one in names)
    full = {field.name: pa.nulls(len(every), field.type) for field in PREDICTIONS}
    table = pa.table(full | {"image_id": every})
    path = results / "tables" / "predictions.parquet"
    store.write_table(table, path, PREDICTIONS, "class_predictions", made)


def rewrite_clusters(path: Path, change, **about: str) -> None:
    """Write a table of clusters anew, its rows changed, with its own metadata or others."""
    table, said = store.read_table(path, "clusters"), store.read_metadata(path)
    kept = {"embeddings": said["embeddings"]} | about
    made = kept.pop("fingerprint", said["fingerprint"])
    store.write_table(change(table), path, CLUSTERS, "clusters", made, **kept)
