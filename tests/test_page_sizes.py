"""Fault case 59: the map of many organisms and clusters stays of a size that browsers open.

That the report shows less before it grows beyond 10 MB: test_embedded.py.
"""

import sys
from pathlib import Path

import pytest

from conftest import REPOSITORY
from seston.report.map.stage import map_page

sys.path.append(str(REPOSITORY / "benchmarks"))
from simulated.whole_run import write_run


def size_of_map(folder: Path, organisms: int, clusters: int) -> int:
    """Return the bytes of a map with 50 pictures of 16 pixels."""
    folder.mkdir()
    run = write_run(folder, organisms, clusters, 16)
    html = folder / "map.html"
    map_page(
        **run._asdict(), title="Invented", seed=1, day_zero="", thumbnails=50,
        measurements=["esd_um", "solidity", "mean_grey", "focus"], html=html,
    )  # fmt: skip
    return html.stat().st_size


@pytest.mark.parametrize("clusters", [10, 2000])
def test_a_million_organisms_take_less_than_20_mb_of_the_map(tmp_path, clusters):
    few = size_of_map(tmp_path / "few", 10_000, clusters)
    many = size_of_map(tmp_path / "many", 30_000, clusters)
    assert (many - few) / 20_000 < 20  # bytes each; all of them are there, none is sampled
    assert few < 2_000_000
