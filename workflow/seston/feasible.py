"""Settings that the schema allows and a run cannot follow, found before it starts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from seston.errors import SestonError
from seston.instruments import instrument
from seston.sheet import Sample


def require_feasible(config: Mapping[str, Any]) -> None:
    """Raise `SestonError` for complete settings that do not go together, or name nothing."""
    frozen, wanted = config["cluster"]["frozen"], config["cluster"]["model"]
    if frozen:
        _require_frozen(frozen, wanted)
    if wanted == "finetuned" and config["finetune"]["method"] == "none":
        raise SestonError(
            "config: cluster.model is 'finetuned' but finetune.method is 'none';"
            " set cluster.model to 'auto' or choose a method"
        )
    parts, batch = config["finetune"]["accumulate"], config["finetune"]["batch_size"]
    if parts > batch:
        raise SestonError(
            f"config: finetune.accumulate: {parts} parts of a batch of {batch} images; set at most"
            " finetune.batch_size"
        )
    _require_columns("cluster.columns", config["cluster"]["columns"])
    learned = config["classify"]["columns"]
    if "auto" in learned and len(learned) > 1:
        raise SestonError(
            f"config: classify.columns: found 'auto' and {len(learned) - 1} more, expected 'auto'"
            " alone, or names of measurements"
        )
    _require_columns("classify.columns", [name for name in learned if name != "auto"])
    _require_date(config["trends"]["day_zero"])
    _require_merge(config["labels"]["merge"])
    _require_classifier(config["classify"], config["labels"])
    for export in ("ecotaxa", "boxes"):
        asked = config["export"][export]["category"] == "prediction"
        if asked and config["classify"]["head"] == "none":
            raise SestonError(
                f"config: export.{export}.category is 'prediction' but classify.head is 'none'; set"
                " classify.head to 'linear', or another category"
            )


def require_labels(config: Mapping[str, Any], samples: Iterable[Sample]) -> None:
    """Raise `SestonError` if labels are to be followed, and there are none.

    Beside a table of labels, only a FlowCam's classifications (``.cla``) hold any.
    """
    if config["trends"]["level"] != "label" or config["labels"]["file"]:
        return
    instruments = {sample.instrument for sample in samples}
    classified = (
        name.rsplit(" ", 1)[0].lower().endswith(".cla")
        for sample in samples
        if sample.instrument == "flowcam"
        for name in instrument(sample.instrument).inventory(sample.path)
    )
    if not any(classified):
        without = (
            "no FlowCam run of the sheet has a classification (.cla)"
            if "flowcam" in instruments
            else f"the files of {' and '.join(sorted(instruments))} hold none"
        )
        raise SestonError(
            f"config: trends.level is 'label', but there are no labels: labels.file is '', and"
            f" {without}; name a table of labels in labels.file, or set trends.level to"
            " 'cluster', 'coarse' or 'name'"
        )


def _require_columns(setting: str, columns: Iterable[str]) -> None:
    """Raise `SestonError` unless all are measurements, perhaps with log_ before the name."""
    if not columns:
        return
    from seston import schemas  # only who asks for it waits for pyarrow

    measured = [*schemas.MEASUREMENTS.names, *schemas.FRINGE_CORRECTED.names]
    known = [name for name in measured if name not in ("at_border", "diatom")]
    wrong = [name for name in columns if name.removeprefix("log_") not in known]
    if wrong:
        log = "log_" if wrong[0].startswith("log_") else ""
        near = [log + name for name in get_close_matches(wrong[0].removeprefix(log), known, n=1)]
        raise SestonError(
            f"config: {setting}: found {', '.join(map(repr, wrong))}, expected measurements,"
            f" perhaps with log_ before them; "
            + (f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}")
        )


def _require_classifier(classify: Mapping[str, Any], labels: Mapping[str, Any]) -> None:
    """Raise `SestonError` where a classifier is named and not used, or lacks labels."""
    if classify["head"] == "none" and classify["model"]:
        raise SestonError(
            f"config: classify.model is {classify['model']!r}, but classify.head is 'none', so no"
            " classifier is used; set classify.head to 'linear', or classify.model to ''"
        )
    learned = classify["head"] != "none" and not classify["model"]
    if learned and labels["use"] == "file" and not labels["file"]:
        raise SestonError(
            f"config: classify.head is {classify['head']!r}, but there are no labels: labels.use is"
            " 'file', and labels.file is ''; name a table of labels, set labels.use to 'auto', or"
            " classify.head to 'none'"
        )


def _require_merge(merge: Mapping[str, Sequence[str]]) -> None:
    """Raise `SestonError` where one label would have two new names, or a new name a newer one."""
    into: dict[str, str] = {}
    mistakes = []
    for new, olds in merge.items():
        for old in olds:
            first = into.setdefault(old, new)
            if first != new:
                mistakes.append(f"{old!r} is merged into {first!r} and into {new!r}")
            elif old != new and old in merge:
                mistakes.append(f"{old!r} is merged into {new!r}, and is itself a new name")
    if mistakes:
        raise SestonError(
            f"config: labels.merge: {'; '.join(mistakes)}; name each label once, below the"
            " class that it is to be in the end"
        )


def _require_date(day_zero: str) -> None:
    """Raise `SestonError` unless this is a date of the calendar, or none."""
    try:
        date.fromisoformat(day_zero or "2000-01-01")
    except ValueError:
        raise SestonError(
            f"config: trends.day_zero: found {day_zero!r}, expected a date of the calendar as"
            " YYYY-MM-DD, or '' for none"
        ) from None


def _require_frozen(frozen: str, wanted: str) -> None:
    """Raise `SestonError` unless this can be the results folder of an earlier run."""
    folder = Path(frozen)
    within = folder / "results"
    if wanted == "finetuned":
        raise SestonError(
            "config: cluster.model is 'finetuned', but with cluster.frozen the model is that of the"
            " earlier run; set cluster.model to 'auto'"
        )
    if not (folder / "chosen_model.txt").is_file():
        raise SestonError(
            f"config: cluster.frozen: found {frozen!r}, expected the results folder of an earlier,"
            f" finished run; there is no {folder / 'chosen_model.txt'} (looked from {Path.cwd()})"
            + (f"; did you mean {within}?" if (within / "chosen_model.txt").is_file() else "")
        )
    if folder.resolve() == Path("results").resolve():
        raise SestonError(
            f"config: cluster.frozen: {frozen!r} is the folder that this run writes to: move the"
            " earlier results to another name first, or run in another folder (--directory)"
        )
