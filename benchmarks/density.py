"""The map and density clusters of Seston: what they cost, how good they are, and the alternatives.

    python benchmarks/density.py [--images 200000] [--fit 100000]   the whole stage on a mixture
    python benchmarks/density.py --compare 20000 50000              other libraries, same features
    python benchmarks/density.py --compare --embeddings DIR SHARD … --labels TSV    on labelled data
    python benchmarks/density.py --placing 30000 --fit 10000        labels of images placed later

CPU-seconds on one thread. AMI is the adjusted mutual information with the known types, noise
counted as one cluster. Of other libraries those that can be imported take part (hdbscan,
fast_hdbscan, pacmap, openTSNE, evoc); "start" is importing one and a first call on 1,000 points,
which pays for what is compiled in each process. `--seeds` repeats layouts; ARI is between their
labels.
"""
# ruff: noqa: E402 - threads are limited before the libraries are loaded

import argparse
import csv
import json
import logging
import resource
import sys
import time
import warnings
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
from seston.threads import limit_threads

limit_threads(1)

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from mixture import DIM, Labels, Rows, mixture, write_mixture
from sklearn.metrics import adjusted_mutual_info_score as ami
from sklearn.metrics import adjusted_rand_score as ari

from seston.cluster import layout
from seston.cluster.density import density_map
from seston.cluster.landmarks import fit_components, fit_landmarks, place
from seston.cluster.regions import dense_regions
from seston.cluster.shards import EmbeddingShards

NEIGHBORS, SAMPLES = 30, 10


def cost(call: Callable[[], object]) -> tuple[float, object]:
    begun = time.process_time()
    result = call()
    return time.process_time() - begun, result


def whole_stage(images: int, fit: int) -> None:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        names, kinds = write_mixture(folder, images)
        total, _ = cost(
            lambda: density_map(
                embeddings_dir=folder, shards=names, fit=fit, neighbors=NEIGHBORS, min_dist=0.0,
                components=50, min_cluster_size=0, min_samples=SAMPLES, seed=1,
                map=folder / "map.parquet", report=folder / "map.json",
            )
        )  # fmt: skip
        facts = json.loads((folder / "map.json").read_text())
        labels = pq.read_table(folder / "map.parquet")["density_cluster"].to_numpy()
    steps = facts["cpu_seconds"]
    print(f"{images} x {DIM}, fitted on {facts['fitted']}: CPU-s")
    for name in ("pca", "umap", "hdbscan", "place"):
        print(f"  {name:8} {steps.get(name, 0):7.1f}")
    print(f"  {'reading':8} {total - sum(steps.values()):7.1f}\n  {'total':8} {total:7.1f}")
    print(
        f"AMI {ami(kinds, labels):.3f}, {facts['clusters']} clusters, noise"
        f" {facts['noise_share_fitted']:.3f} of the fitted, {facts['noise_share_placed'] or 0:.3f}"
        f" of the placed; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"
    )


def clusterers(smallest: int) -> dict[str, Callable[[Rows], Labels]]:
    """Label a map; each import belongs to the cost."""

    def fast(places: Rows) -> Labels:
        import fast_hdbscan

        model = fast_hdbscan.HDBSCAN(min_cluster_size=smallest, min_samples=SAMPLES)
        return model.fit_predict(places.astype(float))

    def scikit(places: Rows) -> Labels:
        from sklearn.cluster import HDBSCAN

        model = HDBSCAN(min_cluster_size=smallest, min_samples=SAMPLES, copy=True)
        return model.fit_predict(places.astype(float))

    ours = {"hdbscan": lambda places: dense_regions(places, smallest, SAMPLES)}
    return ours | {"fast_hdbscan": fast, "scikit-learn": scikit}


def layouts(seed: int) -> dict[str, Callable[[Rows], Rows]]:
    """Lay out principal components in two dimensions."""

    def umap(passes: int) -> Callable[[Rows], Rows]:
        def call(features: Rows) -> Rows:
            layout.MOST_EPOCHS = layout.FEWEST_EPOCHS = passes
            return fit_landmarks(features, NEIGHBORS, 0.0, seed).places

        return call

    def pacmap(name: str) -> Callable[[Rows], Rows]:
        def call(features: Rows) -> Rows:
            import pacmap

            return getattr(pacmap, name)(random_state=seed, apply_pca=False).fit_transform(features)

        return call

    def tsne(features: Rows) -> Rows:
        import openTSNE

        model = openTSNE.TSNE(random_state=seed, n_jobs=1, negative_gradient_method="fft")
        return np.asarray(model.fit(features), np.float32)

    passes = {f"UMAP, {n} passes": umap(n) for n in (100, 200, 500)}
    return passes | {"PaCMAP": pacmap("PaCMAP"), "LocalMAP": pacmap("LocalMAP"), "openTSNE": tsne}


def compare(rows: Rows, kind: Labels, known: npt.NDArray[np.bool_], seeds: int) -> None:
    smallest = max(10, len(rows) // 500)
    pca = fit_components(rows, 50)
    features = pca.transform(rows).astype(np.float32)
    print(f"\n{len(rows)} images: start CPU-s  CPU-s    AMI  noise  clusters  ARI of seeds")

    def tell(name: str, start: float, seconds: float, labels: list[Labels]) -> None:
        fits = np.mean([ami(kind[known], one[known]) for one in labels])
        noise, count = (
            np.mean([f(one) for one in labels]) for f in (lambda x: np.mean(x < 0), max)
        )
        same = [ari(a, b) for a, b in combinations(labels, 2)]
        told = f"{np.mean(same):6.3f}" if same else ""
        figures = f"{start:7.1f} {seconds:8.1f} {fits:7.3f} {noise:6.3f} {count + 1:8.0f} {told}"
        print(f"{name:20} {figures}", flush=True)

    def trial(name: str, make: Callable[[int], Callable[[Rows], Labels]], given: Rows) -> None:
        try:
            start, _ = cost(lambda: make(0)(given[:1000]))
        except ImportError as error:
            return print(f"{name:20} not installed ({error.name})")
        runs = [cost(lambda seed=seed: make(seed)(given)) for seed in range(seeds)]
        tell(name, start, float(np.mean([s for s, _ in runs])), [one for _, one in runs])

    def evoc(seed: int) -> Callable[[Rows], Labels]:
        def call(given: Rows) -> Labels:
            import evoc

            return evoc.EVoC(random_state=seed, base_min_cluster_size=smallest).fit_predict(given)

        return call

    for name in layouts(0):
        trial(name, lambda seed, name=name: lambda x: dense_regions(
            layouts(seed)[name](x), smallest, SAMPLES), features)  # fmt: skip
    trial("EVoC (no map)", evoc, rows)
    layout.MOST_EPOCHS, layout.FEWEST_EPOCHS = 200, 100
    places = fit_landmarks(features, NEIGHBORS, 0.0, 0).places
    for name, call in clusterers(smallest).items():
        trial(f"  {name}", lambda seed, call=call: call, places)


def placing(images: int, fit: int) -> None:
    """Compare labels of placed images with those of a fit on all."""
    rows, kind = mixture(images)
    features = fit_components(rows, 50).transform(rows).astype(np.float32)
    everything = dense_regions(
        fit_landmarks(features, NEIGHBORS, 0.0, 1).places, max(10, images // 500), SAMPLES
    )
    few = fit_components(rows[:fit], 50).transform(rows).astype(np.float32)
    landmarks = fit_landmarks(few[:fit], NEIGHBORS, 0.0, 1)
    smallest = max(10, fit // 500)
    labels = dense_regions(landmarks.places, smallest, SAMPLES)
    places, nearest = place(few[fit:], landmarks, labels)
    import hdbscan

    model = hdbscan.HDBSCAN(
        min_cluster_size=smallest, min_samples=SAMPLES, approx_min_span_tree=False,
        core_dist_n_jobs=1, prediction_data=True,
    ).fit(landmarks.places.astype(float))  # fmt: skip
    seconds, predicted = cost(lambda: hdbscan.approximate_predict(model, places.astype(float))[0])
    took, _ = cost(lambda: place(few[fit:], landmarks, labels))
    strange = place(few[fit:] * 2, landmarks, labels)[1]
    print(
        f"{images - fit} images placed among {fit}: CPU-s, noise, AMI with types, with a fit of all"
    )
    for name, cpu, found in (
        ("fit of all", np.nan, everything[fit:]),
        ("nearest landmark", took, nearest),
        ("approximate_predict", seconds, np.asarray(predicted)),
    ):
        print(f"{name:20} {cpu:6.2f} {np.mean(found < 0):6.3f} {ami(kind[fit:], found):6.3f}"
              f" {ami(everything[fit:], found):6.3f}")  # fmt: skip
    print(f"twice as far from the middle: {np.mean(strange < 0):.3f} noise by the nearest landmark")


def labelled(folder: Path, shards: list[str], table: Path) -> tuple[Rows, Labels, Labels]:
    """Return embeddings by id, the number of each one's class, and which have one."""
    with table.open(newline="") as file:
        label = {row["image_id"]: row["label"] for row in csv.DictReader(file, delimiter="\t")}
    stored = EmbeddingShards(folder, shards)
    names = np.array([label.get(name, "") for name in stored.ids.to_pylist()])
    return stored.take(stored.order), np.unique(names, return_inverse=True)[1], names != ""


def main() -> None:
    logging.getLogger("seston").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--fit", type=int, default=100_000)
    parser.add_argument("--compare", type=int, nargs="*")
    parser.add_argument("--placing", type=int)
    parser.add_argument("--embeddings", nargs="+", metavar=("DIR", "SHARD"))
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    if asked.embeddings:
        folder, *shards = asked.embeddings
        compare(*labelled(Path(folder), shards, asked.labels), asked.seeds)
    elif asked.compare is not None:
        for images in asked.compare:
            rows, kind = mixture(images)
            compare(rows, kind, np.ones(images, bool), asked.seeds)
    elif asked.placing:
        placing(asked.placing, asked.fit)
    else:
        whole_stage(asked.images, asked.fit)


if __name__ == "__main__":
    main()
