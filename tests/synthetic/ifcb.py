"""IFCB bins of known pixels, times and volume: all three files, both lists, all three headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

V1_NAME = "IFCB5_2012_028_081515"
V2_NAME = "D20130526T095207_IFCB013"
START = {V1_NAME: datetime(2012, 1, 28, 8, 15, 15), V2_NAME: datetime(2013, 5, 26, 9, 52, 7)}
BLIND_S = 0.1  # inhibited per trigger of the later instruments
V1_BLIND_S = 0.2  # from an image to the next trigger of the first ones

_FIELDS = {
    "b": "trigger#, ADC_time, PMTA, PMTB, PMTC, PMTD, peakA, peakB, peakC, peakD, time of flight,"
    " grabtimestart, grabtimeend, ROIx, ROIy, ROIwidth, ROIheight,start_byte, comparator_out,"
    " STartPoint, SignalLength, status, runTime, inhibitTime",
    "c": "trigger#, ADCtime, PMTA, PMTB, PMTC, PMTD, PeakA, PeakB, PeakC, PeakD, TimeOfFlight,"
    " GrabTimeStart, GrabTimeEnd, RoiX, RoiY, RoiWidth, RoiHeight, StartByte, ComparatorOut,"
    " StartPoint, SignalLength, Status, RunTime, InhibitTime",
}

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Bin:
    """A bin on disk and the truth about it.

    `images` by the number of their row; the volume by the times that were written.
    """

    path: Path
    images: dict[int, Image]
    volume_ml: float

    def file(self, suffix: str) -> Path:
        return self.path.with_suffix(suffix)


def shapes(count: int, seed: int = 0, height: int = 40, width: int = 60) -> list[Image]:
    """Return dark ellipses on a pale, noisy background, no two boxes of one size in a row."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    body = (x / 0.6) ** 2 + (y / 0.5) ** 2 < 1
    whole = np.where(body, 70, 180).astype(np.uint8)
    noise = rng.integers(0, 8, (16, height, width), np.uint8)
    grown = [whole + layer for layer in noise]
    return [
        np.ascontiguousarray(grown[i % 16][: height - i % 5, : width - i % 7]) for i in range(count)
    ]


def write_bin(
    folder: Path,
    images: Sequence[Image | None],
    *,
    dialect: str = "b",
    name: str | None = None,
    places: Sequence[tuple[int, int]] | None = None,
    triggers: Sequence[int] | None = None,
    run_s: float | None = None,
    header: Mapping[str, str | None] | None = None,
    extra: int = 0,
) -> Bin:
    """Write a bin.

    Parameters
    ----------
    folder : pathlib.Path
        Made if it is not there.
    images : sequence of ndarray or None
        One per row; None is a trigger without an image.
    dialect : {"a", "b", "c"}
        Of the header; "a" goes with the list of instruments 1 to 6.
    places : sequence of (x, y)
        In the camera's frame.
    triggers : sequence of int
        The trigger of each row; 1, 2, 3 ... if not given.
    run_s : float
        Run time by the header, s; that of the last trigger if not given.
    header : mapping
        Lines of the header that differ, by key; None leaves the line out.
    extra : int
        Further fields that the list has and the header does not name.
    """
    name = name or (V1_NAME if dialect == "a" else V2_NAME)
    folder.mkdir(parents=True, exist_ok=True)
    triggers = triggers or range(1, len(images) + 1)
    places = places or [(100 + i % 50, 200 + i % 30) for i in range(len(images))]
    row = _v1_row if dialect == "a" else _v2_row
    parts, rows, start = ([b"\0"], [], 1) if dialect == "a" else ([], [], 0)
    for trigger, (x, y), image in zip(triggers, places, images, strict=True):
        nothing = (-11, -11, 0, 0) if dialect == "a" else (0, 0, 0, 0)
        box = nothing if image is None else (x, y, image.shape[1], image.shape[0])
        rows.append(row(trigger, (*box, start)) + ",0" * extra)
        if image is not None:
            parts.append(image.tobytes())
            start += image.size
    stem = folder / name
    end = "," if dialect == "a" else ""
    stem.with_suffix(".adc").write_text("".join(f"{line}{end}\n" for line in rows))
    stem.with_suffix(".roi").write_bytes(b"".join([*parts, b"\0" if dialect == "a" else b""]))
    kept = {i: image for i, image in enumerate(images, start=1) if image is not None}
    last = max(triggers, default=0)
    if dialect == "a":
        _write_v1_header(stem)
        # each of the others: one second, of which it looked 0.8 s; the first began at 0
        look = 0.8 * last - 0.073
        return Bin(stem.with_suffix(".adc"), kept, look * 5 / 48000 * 40)
    run, inhibited = run_s or 10.0 * last + 0.05, BLIND_S * last
    said: dict[str, str | None] = {
        **_stated(dialect, name, run, inhibited, len(kept), last),
        **(header or {}),
    }
    lines = [f"{key}: {value}" for key, value in said.items() if value is not None]
    tab = "\t" if dialect == "b" else ""
    stem.with_suffix(".hdr").write_text("".join(f"{line}{tab}\n" for line in lines))
    return Bin(stem.with_suffix(".adc"), kept, 0.25 * (run - inhibited) / 60)


def _v1_row(trigger: int, box: tuple[int, ...]) -> str:
    opened = trigger - 1.0
    seen = f"{opened + 0.9:.6f},.06,-.61,-.17,-3.6,-.29,{opened:.6f},{opened + 0.8:.6f}"
    return f"{trigger},{seen},{','.join(map(str, box))},-.27"


def _v2_row(trigger: int, box: tuple[int, ...]) -> str:
    seen = 10.0 * trigger
    light = "0.1,0.2,0.3,0.4,1.1,1.2,1.3,1.4,54.3"
    where = ",".join(map(str, box))
    return (
        f"{trigger},{seen:.6f},{light},{seen:.6f},{seen + 0.06:.6f},{where},"
        f"-999.0,0,0,0,{seen + 0.05:.6f},{BLIND_S * trigger:.6f}"
    )


def _stated(
    dialect: str, name: str, run: float, inhibited: float, images: int, triggers: int
) -> dict[str, str]:
    times = {"runTime": f"{run:.6f}", "inhibitTime": f"{inhibited:.6f}"}
    air = {"temperature": "21.5", "humidity": "12.5"}
    if dialect == "b":
        taken = START.get(name)
        return {
            "softwareVersion": "Imaging FlowCytobot Acquisition Software version 2.0",
            **({"sampleTime": f"{taken:%Y-%m-%dT%H:%M:%SZ}"} if taken else {}),
            "SyringeSampleVolume": "5.000000",
            "HumidityAlarmThreshold(%)": "60.000000",
            "runType": "NORMAL",
            **times,
            **air,
            "ADCFileFormat": _FIELDS["b"],
        }
    return {
        "SoftwareVersion": "2.0.0.0",
        "sampleType": "Normal",
        "triggerCount": str(triggers),
        "roiCount": str(images),
        **air,
        **times,
        "ADCFileFormat": _FIELDS["c"],
        "HumidityAlarmThreshold(%)": "75",
        "SyringeSampleVolume": "5",
        "runBeads": "False",
        "runSampleFast": "False",
        "RunFastFactor": "4",
    }


def _write_v1_header(stem: Path) -> None:
    stem.with_suffix(".hdr").write_text(
        '"Imaging FlowCytobot Acquisition Software version 1.0; October 2005"\n'
        '"SyringeStatus =  0"\n'
        '"Temp Humidity BinarizeThresh PMT1hv(ssc) PMT2hv(chl) BlobSizeThresh"\n'
        '" 11.48"," 32.17"," 30"," .675"," .6"," 10"\n'
    )
