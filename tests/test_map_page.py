"""The map's page: what it holds is what the table holds."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from seston.arrays import ArrayWriter
from seston.errors import SestonError
from seston.report.map.facts import label_and_unit
from seston.report.map.sprites import sprites
from seston.report.map.stage import map_page
from synthetic_map import CLUSTERING, MapPage, colour, middle_of, organisms, write_map_run

EVIL = "</script><img src=x onerror=document.title='evil'>\u2028\u202e\t\"'"
#: By bytes the ids of "a-1" come before those of "a": "-" is before "/".
SAMPLES = {
    "a": [str(number) for number in range(1, 60)],
    "a-1": [f"{number:05d}" for number in range(1, 40)],
    "b_2024": [f"SPC-{number * 7919}-{number:03d}.jpeg" for number in range(1, 50)],
}
SHARDS = {"a": "2024-06", "a-1": "2024-05", "b_2024": "2024-05"}


def made(folder, table, **more):
    arguments = write_map_run(folder, table) | more
    map_page(**arguments)
    return MapPage(arguments["html"])


@pytest.fixture(scope="module")
def table():
    return organisms(SAMPLES, shard_of=SHARDS)


@pytest.fixture(scope="module")
def page(tmp_path_factory, table):
    return made(tmp_path_factory.mktemp("map"), table, day_zero="2024-05-01", thumbnails=60)


def test_ids_come_back(page, table):
    assert page.ids() == table["image_id"].tolist()
    assert page.facts["n"] == len(table) == 147


def test_places_come_back(page, table):
    for name, column in (("x", "map_x"), ("y", "map_y")):
        about = page.facts["columns"][name]
        step = (about["high"] - about["low"]) / about["top"]
        assert np.abs(page.values(name) - table[column]).max() <= step
    # One scale for both, so that the map is not stretched.
    spans = [page.facts["columns"][name] for name in "xy"]
    assert np.ptp([span["high"] - span["low"] for span in spans]) < 1e-9


def test_clusters_come_back(page, table):
    assert page.cluster.tolist() == table["cluster"].tolist()
    listed = pd.DataFrame(page.facts["clusters"]).set_index("cluster")
    assert listed["count"].to_dict() == table["cluster"].value_counts().to_dict()
    assert listed["name"].tolist() == ["Dinobryon", "", "Ceratium"]
    assert listed["coarse"].tolist() == [0, 0, 1]
    assert page.facts["clustering"] == CLUSTERING


def test_noise_is_what_is_in_no_density_cluster(page, table):
    column = page.facts["columns"]["density_cluster"]
    codes = page.integers(column)
    assert np.where(codes == column["missing"], -1, codes).tolist() == (
        table["density_cluster"].tolist()
    )


def test_measurements_come_back(page, table):
    assert np.abs(page.values("esd_um") / table["esd_um"] - 1).max() < 0.02
    assert np.abs(page.values("solidity") - table["solidity"]).max() < 0.002
    assert page.facts["columns"]["esd_um"]["label"] == "Size (ESD)"
    assert page.facts["columns"]["esd_um"]["unit"] == "µm"


def test_samples_tell_when_and_where(page, table):
    rows = page.facts["samples"]
    assert [row["id"] for row in rows] == ["a-1", "a", "b_2024"]
    assert [(row["first"], row["count"]) for row in rows] == [(0, 39), (39, 59), (98, 49)]
    assert [row["time"] for row in rows] == [
        "2024-05-02T10:30", "2024-05-01T10:30", "2024-05-03T10:30",
    ]  # fmt: skip
    assert [page.facts["days"][row["day"]] for row in rows] == [
        "2024-05-02", "2024-05-01", "2024-05-03",
    ]  # fmt: skip
    assert [page.facts["groups"][row["group"]] for row in rows] == ["bag 2", "bag 1", "bag 1"]
    assert page.facts["sites"] == ["fjord"]
    assert page.facts["day_zero"] == "2024-05-01"


def test_each_thumbnail_is_of_its_organism(page):
    facts = page.facts["thumbnails"]
    rows = page.integers(facts["rows"])
    assert (facts["count"], facts["of"]) == (len(rows), 147)
    assert 55 <= len(rows) <= 60
    for place, row in enumerate(rows.tolist()):
        assert np.abs(np.subtract(page.thumbnail(place), colour(row))).max() <= 12
    assert page.kinds[facts["sheets"][0]] == "image/webp;base64"


def test_each_sprite_is_of_its_organism(tmp_path, table):
    arguments = write_map_run(tmp_path, table)
    folder = tmp_path / "report" / "sprites"
    for shard in arguments["shards"]:
        sprites(tiles=arguments["tiles_dir"] / f"{shard}.arrow", folder=folder / shard)
    map_page(**arguments, sprites_dir=folder)
    page = MapPage(arguments["html"])
    facts = page.facts["sprites"]
    for sample in page.facts["samples"]:
        shard = facts["shards"][sample["shard"]]
        sheet = Image.open(arguments["html"].parent / facts["folder"] / shard / "0000.webp")
        for row in range(sample["first"], sample["first"] + sample["count"]):
            number = sample["offset"] + row - sample["first"]
            seen = middle_of(sheet, number, facts["side"], facts["columns"])
            assert np.abs(np.subtract(seen, colour(row))).max() <= 12


def test_two_builds_give_the_same_bytes(tmp_path, table):
    arguments = write_map_run(tmp_path, table)
    map_page(**arguments)
    first = arguments["html"].read_bytes()
    map_page(**arguments)
    assert arguments["html"].read_bytes() == first


def test_evil_names_are_only_text(tmp_path):
    table = organisms(
        {"s": [f"7{EVIL}", "8"]}, site=EVIL, group=EVIL, name=EVIL, cluster=0, coarse=0
    )
    page = made(tmp_path, table, title=EVIL)
    assert "<img" not in page.text
    assert page.facts["clusters"][0]["name"] == EVIL
    assert page.facts["title"] == page.facts["sites"][0] == EVIL
    assert page.ids() == table["image_id"].tolist()


@pytest.mark.parametrize("thumbnails", [0, 10])
def test_one_organism_is_a_map(tmp_path, thumbnails):
    table = organisms({"only": ["x.png"]}, esd_um=np.nan, density_cluster=-1, group="", site="")
    page = made(tmp_path, table, thumbnails=thumbnails)
    assert page.ids() == ["only/x.png"]
    assert page.values("x")[0] == pytest.approx(table["map_x"][0], abs=1e-4)
    assert "esd_um" not in page.facts["columns"]
    assert page.facts["unknown"] == ["Size (ESD)"]
    assert page.facts["columns"]["density_cluster"]["missing"] == 0
    assert page.facts["thumbnails"]["count"] == min(1, thumbnails)
    assert page.facts["groups"] == page.facts["sites"] == [""]


def test_a_thousand_clusters_and_a_shard_that_is_empty(tmp_path):
    table = organisms({"s": [str(number) for number in range(3000)]}, clusters=1000)
    arguments = write_map_run(tmp_path, table, tile=8)
    empty = arguments["tiles_dir"] / "empty.arrow"
    with ArrayWriter(empty, "tiles", "tile", (8, 8, 3), np.uint8, "t" * 64):
        pass
    map_page(**arguments | {"shards": ["a", "empty"]})
    page = MapPage(arguments["html"])
    assert page.facts["columns"]["cluster"]["kind"] == "u16"
    assert page.cluster.tolist() == table["cluster"].tolist()


def test_another_clustering_is_refused(tmp_path, table):
    arguments = write_map_run(tmp_path, table)
    arguments["kmeans"].write_text('{"fingerprint": "b2b2"}')
    with pytest.raises(SestonError, match="is of clustering a1a1a1a1a1a1, expected b2b2"):
        map_page(**arguments)


def test_tiles_of_another_table_are_refused(tmp_path, table):
    arguments = write_map_run(tmp_path, table)
    write_map_run(tmp_path / "older", organisms(SAMPLES | {"a": SAMPLES["b_2024"]}))
    older = tmp_path / "older" / "tiles" / "a.arrow"
    older.replace(arguments["tiles_dir"] / "2024-06.arrow")
    with pytest.raises(SestonError, match=r"2024-06\.arrow: its tiles of sample"):
        map_page(**arguments)
    with pytest.raises(SestonError, match="holds no tiles of 1 samples"):
        map_page(**arguments | {"shards": ["2024-05"]})


@pytest.mark.parametrize("name", ["esd", "frame", "x", "cluster"])
def test_what_is_no_measurement_is_refused(tmp_path, table, name):
    arguments = write_map_run(tmp_path, table) | {"measurements": ["esd_um", name]}
    with pytest.raises(SestonError, match=f"report.measurements: '{name}' is not a column"):
        map_page(**arguments)


def test_no_organism_is_no_map(tmp_path, table):
    with pytest.raises(SestonError, match="holds no organism"):
        map_page(**write_map_run(tmp_path, table.iloc[:0]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("esd_um", ("Size (ESD)", "µm")),
        ("biovolume_um3", ("Biovolume", "µm³")),
        ("vs_length_um", ("Vs length", "µm")),
        ("solidity", ("Solidity", "")),
        ("distance_percentile", ("Oddness in its cluster", "%")),
        ("carbon_if_diatom_pg", ("Carbon if diatom", "pg C")),
        ("depth_m", ("Depth", "m")),
    ],
)
def test_measurements_have_a_label_and_a_unit(name, expected):
    assert label_and_unit(name) == expected
