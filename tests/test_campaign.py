"""The simulated campaign: files read without a complaint, and figures from a run."""

import base64
import filecmp
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from flowcam_reading import read

# Behind all others: benchmarks are called as what they measure.
sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import campaign as command
from simulated.campaign import cost, goal, outcome, sessions, table
from simulated.campaign.files import experiment_of, pool, write_campaign
from simulated.campaign.water import GROUPS, ML_A_FRAME

ORGANISMS = 1500


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaign")
    write_campaign(folder, ORGANISMS, {"tiles": {"size": 32}}, processes=1)
    return folder


@pytest.fixture(scope="module")
def water(campaign):
    return pd.read_csv(campaign / "truth/water.tsv", sep="\t")


def test_every_organism_is_read_with_its_mask_and_nothing_is_odd(campaign):
    sheet = pd.read_csv(campaign / "samples.tsv", sep="\t")
    kinds = pd.read_parquet(campaign / "truth/organisms.parquet").set_index("image_id")["kind"]
    sides, seen = [], set()
    for sample in sheet["sample"][:40]:
        effort, found, flags = read(campaign / "raw" / sample)
        assert set(flags) == ({"no_organisms"} if not found else set())
        for roi in found:
            assert roi.notes == () and roi.mask_source == "bin"
            sides.append(np.sqrt(roi.pixels.size))
            seen.add(roi.pixels.tobytes())
        ids = [name for name in kinds.index if name.startswith(f"{sample}/")]
        assert ids == [f"{sample}/{roi.roi}" for roi in found]
        assert effort.listed == len(found)
    assert len(seen) == len(sides)  # no picture twice
    assert 30 < np.mean(sides) < 42


def test_all_organisms_are_there_and_one_sample_is_missing(campaign, water):
    sheet = pd.read_csv(campaign / "samples.tsv", sep="\t")
    assert len(sheet) == 8 * 23 - 1 and "day09-bag3" not in set(sheet["sample"])
    assert set(sheet["group"]) == set(GROUPS)
    assert water["count"].sum() == ORGANISMS
    told = json.loads((campaign / "truth/campaign.json").read_text())
    assert told["organisms"] == ORGANISMS
    settings = yaml.safe_load((campaign / "config.yaml").read_text())
    assert settings["tiles"] == {"size": 32} and settings["cluster"] == {"k": 100}


def test_volume_and_dilution_stand_in_the_instruments_files(campaign, water):
    samples = water.drop_duplicates("sample").set_index("sample")
    assert samples["volume_ml"].max() > 2 * samples["volume_ml"].min()
    assert set(samples["dilution"]) == {1, 2, 4}
    for sample in ("day00-bag1", "day22-fjord"):
        effort, _, _ = read(campaign / "raw" / sample)
        row = samples.loc[sample]
        assert effort.volume_ml == pytest.approx(row["frames"] * ML_A_FRAME)
        assert effort.volume_ml / effort.dilution == pytest.approx(row["volume_ml"], rel=1e-5)


def test_the_same_bytes_whatever_the_number_of_processes(campaign, tmp_path):
    write_campaign(tmp_path, ORGANISMS, {"tiles": {"size": 32}}, processes=2)
    files = sorted(path.relative_to(campaign) for path in campaign.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    different = filecmp.cmpfiles(campaign, tmp_path, list(map(str, files)), shallow=False)[1]
    assert different == []


def test_what_is_planted():
    experiment = experiment_of(pool().kinds)
    water = experiment.concentrations()
    blooms = len(experiment.blooms)
    of_all = water[:, :, :blooms]
    # One after the other, in every group; where the peak is before or after the days, at their end.
    first = of_all[GROUPS.index("bag1")].argmax(axis=0)
    assert first[0] == 0 and first[-1] == experiment.days - 1
    assert (np.diff(first) > 0).all()
    steady = water[:, :, blooms:]
    assert (steady == steady[:, :1]).all()
    # One kind is four times as abundant in one bag, from day 10 on; the fjord has less of a bloom.
    own = experiment.kinds.index(experiment.kind)
    ratio = water[GROUPS.index("bag4")] / water[GROUPS.index("bag1")]
    expected = np.ones_like(ratio)
    expected[10:, own] = 4
    np.testing.assert_allclose(ratio, expected)
    assert (water[GROUPS.index("fjord")] <= water[GROUPS.index("bag1")]).all()


def test_settings_of_the_command_line():
    given = ["tiles.size=32", "tiles.channels=3", "backbone.feature=mean@1", "embed.engine=torch"]
    assert command._changes(given) == {
        "tiles": {"size": 32, "channels": 3},
        "backbone": {"feature": "mean@1"},
        "embed": {"engine": "torch"},
    }
    with pytest.raises(SystemExit, match=r"SECTION\.KEY=VALUE"):
        command._changes(["size=32"])


BENCHMARK = "s\th:m:s\tmax_rss\tcpu_time\n{s}\t0:00:01\t{rss}\t1\n"


def finished(folder, jobs):
    """Write benchmarks, logs and records of jobs: file -> (rule, needs, start, end, CPU-s)."""
    for file, (rule, needs, start, end, cpu) in jobs.items():
        benchmark = folder / "results/benchmarks" / f"{file}.tsv"
        log = folder / "results/logs" / f"{file}.log"
        for path in (benchmark, log):
            path.parent.mkdir(parents=True, exist_ok=True)
        benchmark.write_text(BENCHMARK.format(s=end - start, rss=100))
        log.write_text(f"11:00:00 {rule}: took {cpu:.2f} CPU-s and at most 120 MB\n")
        record = {
            "rule": rule, "log": [f"results/logs/{file}.log"], "starttime": start, "endtime": end,
            "input": [f"results/{need}" for need in needs],
        }  # fmt: skip
        name = base64.urlsafe_b64encode(f"results/{file}".encode()).decode()
        path = folder / ".snakemake/metadata" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))


JOBS = {
    "segment/a": ("segment", [], 0, 4, 6.0),
    "segment/b": ("segment", [], 2, 5, 2.0),
    "finetuned/embed/a": ("embed", ["segment/a"], 7, 8, 50.0),
    "finetuned/embed/b": ("embed", ["segment/b"], 8, 9, 50.0),
    "map": ("map", ["finetuned/embed/a", "finetuned/embed/b"], 9.5, 12, 5.0),
}


def test_costs_by_rule(tmp_path):
    finished(tmp_path, JOBS)
    rules = cost.rules_of(cost.jobs_of(tmp_path))
    assert rules["jobs"].to_dict() == {"segment": 2, "embed": 2, "map": 1}
    assert rules["cpu_s"].to_dict() == {"segment": 8.0, "embed": 100.0, "map": 5.0}
    assert rules.loc["segment", "wall_s"] == 7 and rules.loc["map", "peak_mb"] == 120
    # Jobs ran from 0 to 5, 7 to 9 and 9.5 to 12.
    assert cost.busy_s(tmp_path) == 5 + 2 + 2.5


def test_growth():
    few, many = pd.Series({"a": 2.0, "b": 2.0}), pd.Series({"a": 20.0, "b": 200.0})
    np.testing.assert_allclose(cost.growth(few, many, 10), [1, 2])


def test_jobs_wait_for_their_inputs_and_for_the_only_gpu(tmp_path):
    finished(tmp_path, JOBS)
    organisms = 2_000_000
    ends = goal.goal_s(tmp_path, cost.jobs_of(tmp_path), organisms)
    embed = goal.START_S + 1_000_000 * goal.EMBED / (goal.OPERATIONS_S * goal.SHARE)
    # Both shards are cut at once; the one that is ready first is embedded first, then the other.
    assert ends["segment"] == 6
    assert ends["embed"] == pytest.approx(2 + 2 * embed)
    assert ends["map"] == ends["all"] == pytest.approx(2 + 2 * embed + 5)


def test_what_reads_the_chosen_model_waits_for_the_choice(tmp_path):
    jobs = JOBS | {"choose": ("choose", ["finetuned/embed/b"], 9, 12, 100.0)}
    finished(tmp_path, jobs)  # `map` was told by it whose embeddings to read
    ends = goal.goal_s(tmp_path, cost.jobs_of(tmp_path), 2_000_000)
    assert ends["map"] == ends["choose"] + 5


def test_the_table_goes_between_its_marks(tmp_path):
    document = tmp_path / "scale.md"
    document.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    table.put_into(document, "new")
    assert document.read_text() == f"before\n{table.BEGIN}\nnew\n{table.END}\nafter\n"
    document.write_text("nothing")
    with pytest.raises(SystemExit, match="found no"):
        table.put_into(document, "new")


@pytest.fixture
def results(campaign, water, tmp_path):
    """Tables of a perfect run: one cluster for each kind, two of the first."""
    (tmp_path / "results/tables").mkdir(parents=True)
    (tmp_path / "truth").symlink_to(campaign / "truth")
    kinds = pd.read_parquet(campaign / "truth/organisms.parquet")
    cluster = kinds["kind"].cat.codes.astype(int)
    images = kinds[["image_id"]].assign(cluster=cluster)
    images["sample"] = images["image_id"].str.partition("/")[0]
    images.to_parquet(tmp_path / "results/tables/images.parquet")
    samples = water.drop_duplicates("sample")
    told = samples[["sample", "dilution"]].assign(
        volume_ml=samples["volume_ml"] * samples["dilution"]
    )
    told.to_csv(tmp_path / "results/tables/samples.tsv", sep="\t", index=False)
    per_ml = water.assign(per_ml=water["count"] / water["volume_ml"])
    per_ml["moment"] = per_ml["per_ml"] * per_ml["day"]
    sums = per_ml.groupby("kind")[["moment", "per_ml"]].sum()
    timing = (sums["moment"] / sums["per_ml"]).rename("centre_day").reset_index()
    number = {kind: place for place, kind in enumerate(kinds["kind"].cat.categories)}
    timing["class"] = timing["kind"].map(lambda kind: f"cluster {number[kind]}")
    timing.to_csv(tmp_path / "results/tables/timing.tsv", sep="\t", index=False)
    effects = [
        (f"cluster {one}", group, 3.0 if group == "bag4" else 1.0)
        for one in number.values()
        for group in GROUPS
    ]
    table_of = pd.DataFrame(effects, columns=["class", "group", "ratio"])
    table_of.to_csv(tmp_path / "results/tables/group_effects.tsv", sep="\t", index=False)
    return tmp_path


def planted(folder):
    return json.loads((folder / "truth/campaign.json").read_text())["planted"]


def test_what_came_out_of_a_perfect_run(results):
    told = outcome.outcome_of(results, planted(results))
    assert told.organisms == ORGANISMS and told.bag == "bag4" and told.inside == 1
    assert told.clusters == len(planted(results)["blooms"])
    assert told.order > 0.97 and told.days_off < 0.01


def test_what_did_not_come_out_is_seen(results):
    timing = pd.read_csv(results / "results/tables/timing.tsv", sep="\t")
    timing["centre_day"] = 22 - timing["centre_day"]  # time runs backwards
    timing.to_csv(results / "results/tables/timing.tsv", sep="\t", index=False)
    samples = pd.read_csv(results / "results/tables/samples.tsv", sep="\t")
    samples["dilution"] = 1  # dilution was forgotten
    samples.to_csv(results / "results/tables/samples.tsv", sep="\t", index=False)
    told = outcome.outcome_of(results, planted(results))
    assert told.order < -0.97 and told.days_off > 1
    assert 0.1 < told.inside < 0.6


@pytest.fixture
def snakemake(tmp_path, monkeypatch):
    """In place of Python, a program that notes how it was called and ends with a given status."""
    program = tmp_path / "python"
    program.write_text(
        f'#!/bin/sh\necho "$@ ${{OMP_NUM_THREADS-unset}}" >>{tmp_path}/calls\n'
        f"exit $(cat {tmp_path}/status)\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def ends_with(status):
        (tmp_path / "status").write_text(str(status))
        return lambda: (tmp_path / "calls").read_text().splitlines()

    return ends_with


def test_a_session_is_noted(tmp_path, snakemake):
    calls = snakemake(3)
    folder = tmp_path / "project"
    folder.mkdir()
    assert sessions.run_snakemake(folder, cores=2) == 3
    (call,) = calls()
    assert call.endswith("--nolock --cores 2 unset") and f"--directory {folder} " in call
    (session,) = sessions.sessions_of(folder)
    assert session["status"] == 3 and session["cores"] == 2 and session["wall_s"] > 0
    assert not sessions.is_finished(folder)


def test_what_ended_is_not_run_again_and_what_was_cut_goes_on(tmp_path, snakemake, monkeypatch):
    written = []

    def write(folder, organisms, changes, processes):
        written.append((folder.name, organisms, changes))
        (folder / "truth").mkdir(parents=True)
        (folder / "truth/campaign.json").write_text("{}")

    monkeypatch.setattr(command, "write_campaign", write)
    monkeypatch.setattr(command, "_tell", lambda folder, into: 0)
    given = ["campaign.py", "run", str(tmp_path), "--organisms", "5", "--set", "tiles.size=32"]
    monkeypatch.setattr(sys, "argv", given)
    calls = snakemake(1)
    assert command.main() == 1
    snakemake(0)
    assert command.main() == 0
    assert command.main() == 0
    assert len(calls()) == 2
    assert written == [("5", 5, {"tiles": {"size": 32}})]
