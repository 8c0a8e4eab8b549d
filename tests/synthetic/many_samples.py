"""Raw files of very many samples, as a plan sees them: each has its name, its folder and its size.

No plan opens a picture, so all pictures of an instrument are one and the same file under many
names (hard links), and a campaign of 10⁸ organisms takes no more of a disk than its folders.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from synthetic.flowcam import START as OF_RUN
from synthetic.flowcam import write_run
from synthetic.ifcb import shapes, write_bin
from synthetic.images import encoded, picture, write_archive

START = datetime(2018, 1, 1, 6)
#: Seven bags and the fjord, each once a day.
PLACES = ("fjord", *(f"bag{number}" for number in range(1, 8)))
#: Bins of an IFCB in one day: one every hour.
BINS = 24
#: Organisms on one collage of a FlowCam, at 37 x 37 px.
ON_A_COLLAGE = 50
#: File systems give one file so many names at most.
_MOST_NAMES = 60_000


class Copies:
    """One file under many names."""

    def __init__(self, content: bytes, place: Path) -> None:
        self._content, self._place, self._names = content, place, 0

    def link(self, path: Path) -> None:
        """Give the file one more name."""
        if self._names % _MOST_NAMES == 0:
            self._place.unlink(missing_ok=True)
            self._place.write_bytes(self._content)
        self._names += 1
        path.hardlink_to(self._place)


def flowcam(folder: Path, samples: int, organisms: int) -> None:
    """Write runs with a list, a context, collages and binary collages."""
    spare = folder.with_name(f".{folder.name}")
    run = write_run(spare / "run", organisms, collages=-(-organisms // ON_A_COLLAGE))
    files = {
        suffix: Copies((run.folder / name).read_bytes(), spare / suffix)
        for suffix, name in {".lst": "run.lst", ".tif": "run_000001.tif"}.items()
    }
    context = (run.folder / "run.ctx").read_text()
    for place, day in _days(samples, len(PLACES)):
        name = f"{PLACES[place]}-{day:%Y-%m-%d-%H%M}"
        here = folder / PLACES[place] / name
        here.mkdir(parents=True)
        files[".lst"].link(here / f"{name}.lst")
        (here / f"{name}.ctx").write_text(context.replace(f"{OF_RUN}", f"{day}"))
        for number in range(1, -(-organisms // ON_A_COLLAGE) + 1):
            files[".tif"].link(here / f"{name}_{number:06d}.tif")
            files[".tif"].link(here / f"{name}_{number:06d}_bin.tif")


def ifcb(folder: Path, samples: int, organisms: int) -> None:
    """Write bins of three files in folders of days."""
    spare = folder.with_name(f".{folder.name}")
    written = write_bin(spare, shapes(organisms, height=37, width=37))
    files = {
        suffix: Copies(written.file(suffix).read_bytes(), spare / suffix)
        for suffix in (".adc", ".hdr", ".roi")
    }
    for number, day in _days(samples, BINS):
        here = folder / f"D{day:%Y}" / f"D{day:%Y%m%d}"
        here.mkdir(parents=True, exist_ok=True)
        when = day.replace(hour=0) + timedelta(hours=number)
        for suffix, file in files.items():
            file.link(here / f"D{when:%Y%m%dT%H%M%S}_IFCB013{suffix}")


def archives(folder: Path, samples: int, organisms: int) -> None:
    """Write archives of crops, one for each sample."""
    spare = folder.with_name(f".{folder.name}")
    spare.mkdir(parents=True)
    crop = encoded(picture(37, 37), "PNG")
    written = write_archive(
        spare / "crops.zip", [(f"{number:06d}.png", crop) for number in range(organisms)]
    )
    file = Copies(written.read_bytes(), spare / "copy.zip")
    for place, day in _days(samples, len(PLACES)):
        (folder / PLACES[place]).mkdir(parents=True, exist_ok=True)
        file.link(folder / PLACES[place] / f"{PLACES[place]}-{day:%Y-%m-%d-%H%M}.zip")


def crops(folder: Path, samples: int, organisms: int) -> None:
    """Write folders of crops, one file for each organism."""
    spare = folder.with_name(f".{folder.name}")
    spare.mkdir(parents=True)
    file = Copies(encoded(picture(37, 37), "PNG"), spare / "crop.png")
    for place, day in _days(samples, len(PLACES)):
        here = folder / PLACES[place] / f"{PLACES[place]}-{day:%Y-%m-%d-%H%M}"
        here.mkdir(parents=True)
        for number in range(organisms):
            file.link(here / f"{day:%Y%m%d_%H%M%S}_{number:07d}.png")


def _days(samples: int, a_day: int) -> Iterator[tuple[int, datetime]]:
    """Yield the place within its day, and the day, of each sample."""
    for number in range(samples):
        yield number % a_day, START + timedelta(days=number // a_day)
