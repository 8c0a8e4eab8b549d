"""Stage `segment`: the raw files of a shard's samples to one row per organism."""

import hashlib
import logging
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from seston import schemas, store
from seston.cut import Cut, cut_sample
from seston.errors import SestonError
from seston.imaging.settings import FrameSettings
from seston.instruments.contract import Flag, Reading
from seston.parts import TableWriter
from seston.progress import Progress
from seston.recorded import together
from seston.sheet import Sample, read_sheet

log = logging.getLogger("seston")


def require_few_rejected(cuts: Sequence[Cut], max_rejected: float) -> None:
    """Raise `SestonError` if a larger share than this of what was there could not be read.

    Of samples without a list (raw frames) it is the share of their frames.
    """
    efforts = [cut.effort for cut in cuts]
    known = [_known(effort) for effort in efforts]
    lost = sum(count * (1 - row["readable"]) for count, row in zip(known, efforts, strict=True))
    if lost <= max_rejected * sum(known) + 1e-9:
        return
    rejected = pa.concat_tables([cut.rejected for cut in cuts])
    reasons = Counter(rejected["reason"].to_pylist()).most_common()
    first = {row["reason"]: row for row in reversed(rejected.to_pylist())}
    lines = [f"{number} {reason}, such as {_told(first[reason])}" for reason, number in reasons]
    raise SestonError(
        f"{lost:.0f} of {sum(known)} listed organisms (or frames) cannot be used, more than"
        f" segment.max_rejected allows ({max_rejected:g})\n  "
        + "\n  ".join(lines)
        + "\n  mend the files, take the sample out of the sheet, or raise segment.max_rejected"
    )


def _known(effort: dict[str, Any]) -> int:
    """How many things of a sample there were to be read: what it lists, or its frames."""
    return effort["frames"] if effort["instrument"] == "frames" else effort["listed"]


def _told(row: dict[str, Any]) -> str:
    file = "" if row["path"] in ("", row["roi"]) else f" ({row['path']})"
    return f"{row['sample']}/{row['roi']}{file}: {row['detail']}"


def tell_identical(cut: Cut, first: dict[bytes, str]) -> Cut:
    """Note organisms whose crops are, pixel by pixel, those of one that was met before.

    They are kept: which of them is one too many, only a person can tell.

    Parameters
    ----------
    cut : Cut
    first : dict of bytes to str
        Digests of the crops met so far, with their ids; those of this sample are added.
    """
    noted = cut.crops["notes"].to_pylist()
    same: list[str] = []
    ids = cut.crops["image_id"].to_pylist()
    for row, (name, crop) in enumerate(zip(ids, cut.crops["crop"], strict=True)):
        digest = hashlib.blake2b(crop.as_buffer(), digest_size=16).digest()
        original = first.setdefault(digest, name)
        if original != name:
            noted[row] = ";".join(filter(None, [noted[row], "identical"]))
            same.append(f"{name} = {original}")
    if not same:
        return cut
    text = f"{len(same)} images are copies of others, such as {same[0]}"
    return cut.with_notes(noted, Flag("identical", text))


def segment(
    *,
    sheet: Path,
    samples: list[str],
    crops: Path,
    rejected: Path,
    recorded: Path,
    effort: Path,
    max_rejected: float,
    max_pixels: int = 50_000_000,
    pages: Literal["first", "reject"] = "reject",
    clean: bool = True,
    frames: FrameSettings | None = None,
    threads: int = 1,
) -> None:
    """Cut the samples of one shard into single organisms.

    Parameters
    ----------
    sheet : pathlib.Path
        The sample sheet.
    samples : list of str
        Names of the shard's samples.
    crops : pathlib.Path
        Written: one row per organism, with its crop as PNG at native resolution.
    rejected : pathlib.Path
        Written: one row per listed thing that was not used, with the reason.
    recorded : pathlib.Path
        Written: one row per organism, with every field that the instrument recorded.
    effort : pathlib.Path
        Written: one row per sample, with counts, volume and warnings.
    max_rejected : float
        Largest share of rejected among the listed, 0 to 1.
    max_pixels : int
        Larger image files are rejected without being decoded.
    pages : {"first", "reject"}
        What becomes of an image file with several pages.
    clean : bool
        Replace neighbours' pixels and gutters in the crops by their background.
    frames : FrameSettings, optional
        How organisms are found in raw frames.
    threads : int
        Samples worked on at the same time.
    """
    known = {sample.sample: sample for sample in read_sheet(sheet, only=samples)}
    unknown = [name for name in samples if name not in known]
    if unknown:
        raise SestonError(f"{sheet}: no sample {', '.join(unknown)} in the sheet")
    # In the order of their organisms' ids, so that each can be written when it is cut.
    chosen = [known[name] for name in sorted(samples, key=lambda name: f"{name}/")]
    reading = Reading(max_pixels=max_pixels, pages=pages, frames=frames or FrameSettings())
    made_by = store.fingerprint("segment", clean, sorted(asdict(reading).items()))
    cuts: list[Cut] = []
    seen: dict[bytes, str] = {}
    with (
        TableWriter(crops, schemas.CROPS, "crops", made_by) as used,
        Progress(len(chosen), "samples") as progress,
        ThreadPoolExecutor(threads) as pool,
    ):
        for cut in _in_turn(chosen, reading, clean, pool, threads):
            cut = tell_identical(cut, seen)
            for warning in cut.effort["warnings"]:
                log.warning("%s: %s", cut.effort["sample"], warning)
            used.write(cut.crops)
            cuts.append(cut.without_crops())
            progress.add()
        refused = _together((cut.rejected for cut in cuts), schemas.REJECTED)
        listed = used.rows + len(refused)
        log.info("%d listed = %d used + %d rejected", listed, used.rows, len(refused))
        require_few_rejected(cuts, max_rejected)
    efforts = pa.Table.from_pylist([cut.effort for cut in cuts], schema=schemas.EFFORT)
    fields = together([cut.recorded for cut in cuts])
    store.write_table(refused, rejected, schemas.REJECTED, "rejected", made_by)
    store.write_table(fields, recorded, schemas.RECORDED, "recorded", made_by)
    store.write_table(efforts, effort, schemas.EFFORT, "effort", made_by)


def _in_turn(
    samples: Iterable[Sample], reading: Reading, clean: bool, pool: ThreadPoolExecutor, ahead: int
) -> Iterator[Cut]:
    """Yield the samples cut, in their order; at most `ahead` are cut before they are asked for."""
    cuts: deque[Future[Cut]] = deque()
    for sample in samples:
        cuts.append(pool.submit(cut_sample, sample, reading, clean))
        if len(cuts) > ahead:
            yield cuts.popleft().result()
    while cuts:
        yield cuts.popleft().result()


def _together(tables: Iterable[pa.Table], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables([schema.empty_table(), *tables])
