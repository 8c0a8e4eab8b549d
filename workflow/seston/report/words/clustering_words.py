"""How the clusters came about, for the methods of a paper."""

from typing import Any

from seston.report.wording import count, listing, many, number, percent

BALANCE = {
    "sample": "every sample weighed the same",
    "density": "images among many alike weighed less",
}
MANY_GAPS = 0.05  # of the images: then the mean that fills the gaps moves clusters
ENGINES = {"faiss on gpu": "FAISS on a GPU", "torch on gpu": "PyTorch on a GPU"}


def clustering_words(kmeans: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    """Return sentences on the clustering, without a full stop at their ends.

    What neither the report of k-means nor the settings tell is not said.

    Parameters
    ----------
    kmeans : dict
        ``kmeans.json``.
    settings : dict
        All settings of the run.
    """
    section = settings.get("cluster")
    asked = section if isinstance(section, dict) else {}
    told = asked | kmeans
    frozen = asked.get("frozen")
    taken = f"Model and clusters were taken over unchanged from an earlier run ({frozen})"
    sentences = [
        _main(told, bool(frozen)),
        _space(told),
        _balance(told),
        _device(told),
        frozen and taken,
    ]
    return [one for one in sentences if one]


def cautions(kmeans: dict[str, Any]) -> list[str]:
    """Return sentences on columns that many of the clustered images lack."""
    space, images = kmeans.get("space") or {}, kmeans.get("n") or 0
    return [
        f"{count(gaps)} of {many(images, 'image')} ({percent(gaps / images)}) lack {name} and were"
        " clustered with its mean: to which cluster they went may owe to that."
        for name, gaps in (space.get("missing") or {}).items()
        if images and gaps / images > MANY_GAPS
    ]


def _main(told: dict[str, Any], frozen: bool) -> str:
    """Return the number of clusters, who chose it, and the schedule."""
    parts = [f"k = {told.get('k')}"]
    if told.get("k_chosen_by") == "sweep":
        parts[0] += ", found by a sweep over k"
    if told.get("trained_on"):
        starts = told.get("starts") or 1
        best = f"the best of {count(starts)} starts; " if starts > 1 else ""
        by = f" from centroids by {told['init']}" if told.get("init") else ""
        schedule = f"{best}at most {many(told.get('iterations', 0), 'iteration')}{by}"
        schedule += f" on {many(told['trained_on'], 'image')}"
        if told.get("refine"):
            schedule += f", then {told['refine']} over all"
        parts.append(schedule)
    how = f"by k-means (FAISS, Johnson et al. 2021; {'; '.join(parts)})"
    if frozen:
        return f"Images were given to the nearest centroid of the earlier run, found there {how}"
    return f"Embeddings were clustered {how}"


def _space(told: dict[str, Any]) -> str:
    space = told.get("space")
    space = space if isinstance(space, dict) else {}
    missing = space.get("missing", {})
    parts = []
    if space.get("pca") or space.get("whiten"):
        components = many(space.get("components") or space["pca"], "principal component")
        parts.append(f"{components} of the embeddings{', whitened' * bool(space.get('whiten'))}")
    columns = [
        f"{name} (weight {number(weight)}{_gaps(missing.get(name))})"
        for name, weight in space.get("columns", {}).items()
    ]
    if columns and not parts:
        parts.append("the embeddings")
    parts += columns
    if told.get("spherical"):
        parts.append("all scaled to length one" if parts else "embeddings scaled to length one")
    return f"Clustered were {listing(parts)}" if parts else ""


def _gaps(images: int | None) -> str:
    return f"; its mean for {many(images, 'image')} without it" if images else ""


def _balance(told: dict[str, Any]) -> str:
    weighed = BALANCE.get(str(told.get("balance")))
    return f"For the training {weighed}" if weighed else ""


def _device(told: dict[str, Any]) -> str:
    device = told.get("device")
    if not isinstance(device, dict):
        return ""
    ran = str(device.get("runs", "cpu"))
    if ran == "cpu":
        fell = device.get("asked") == "gpu"
        return f"A GPU was asked for, but the CPU computed: {device.get('why')}" if fell else ""
    return f"Centroids were computed by {ENGINES.get(ran, ran)}"
