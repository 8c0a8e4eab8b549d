"""Which clusters days, samples and light have made."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from seston.cluster.shards import EmbeddingShards
from seston.trust.artefacts import cases, find_artefacts
from seston.trust.circumstances import circumstances_of
from seston.trust.flags import DISPLACED, flags_of
from shards_by_hand import write_shard

DAYS, SAMPLES, IMAGES, KINDS, DIM = 20, 3, 20, 10, 24


def found(folder, seed, change=None):
    """Images of 10 kinds, 3 samples a day; `change` alters rows, clusters, grey and focus."""
    rng = np.random.default_rng(seed)
    n = DAYS * SAMPLES * IMAGES
    day, sample = np.arange(n) // (SAMPLES * IMAGES), np.arange(n) // IMAGES
    share = rng.dirichlet(np.full(KINDS, 3.0), DAYS * SAMPLES)
    kind = np.concatenate([rng.choice(KINDS, IMAGES, p=p) for p in share])
    centres = rng.normal(0, 3, (KINDS, DIM))
    made = {
        "rows": centres[kind] + rng.normal(0, 1, (n, DIM)),
        "cluster": kind.copy(),
        "grey": 80 + 5 * kind + rng.normal(0, 8, n),
        "focus": np.exp(rng.normal(4, 0.5, n)),
    }
    if change:
        change(made, day, sample, rng)
    write_shard(folder, "a", [f"{s:03d}/{i:06d}" for i, s in enumerate(sample)], made["rows"])
    table = pa.table(
        {
            "sample": [f"s{s:03d}" for s in sample],
            "group": [""] * n,
            "instrument": ["camera"] * n,
            "datetime": [datetime(2024, 5, 1) + timedelta(days=int(d)) for d in day],
            "mean_grey": made["grey"],
            "focus": made["focus"],
        }
    )
    measured = {"brightness": made["grey"], "blur": np.log(made["focus"])}
    points = EmbeddingShards(folder, ["a"])
    clusters = int(made["cluster"].max()) + 1
    return find_artefacts(points, made["cluster"], clusters, circumstances_of(table), measured, 1)


def codes(artefacts):
    """Flags by circumstances; there are no other figures here."""
    return [set(flags_of(case)) - {"tiny"} for case in cases(artefacts)]


def test_clean_clusters_carry_no_flag(tmp_path):
    for seed in range(3):
        artefacts = found(tmp_path, seed)
        assert codes(artefacts) == [set()] * KINDS
        assert not any(light.odd.any() for light in artefacts.lights["day"].values())


def test_a_day_that_splits_every_kind(tmp_path):
    def change(made, day, _, rng):
        odd = day == 6
        made["rows"][odd] += rng.normal(0, 4, DIM)
        made["cluster"][odd] = KINDS + made["cluster"][odd] % 2
        made["grey"][odd] += 30

    artefacts = found(tmp_path, 1, change)
    told = codes(artefacts)
    assert told[:KINDS] == [set()] * KINDS
    assert told[KINDS:] == [{"one_day", "split_by_day"}] * 2
    assert artefacts.gains["day"][6] > DISPLACED
    assert np.isnan(np.delete(artefacts.gains["day"], 6)).all()
    assert (artefacts.twins["day"][KINDS:] >= 0).all()


def test_a_bloom_lives_in_one_day_and_splits_nothing(tmp_path):
    def change(made, day, _, rng):
        bloom = (day == 6) & (rng.random(len(day)) < 0.8)
        made["rows"][bloom] = rng.normal(0, 3, DIM) + rng.normal(0, 1, (bloom.sum(), DIM))
        made["cluster"][bloom] = KINDS

    told = codes(found(tmp_path, 2, change))
    assert told[KINDS] == {"one_day"}
    assert told[:KINDS] == [set()] * KINDS


def test_one_of_several_samples_is_told_instead_of_its_day(tmp_path):
    def change(made, _, sample, rng):
        odd = sample == 19
        made["rows"][odd] += rng.normal(0, 4, DIM)
        made["cluster"][odd] = KINDS

    told = codes(found(tmp_path, 3, change))
    assert told[KINDS] == {"one_sample", "split_by_sample"}


def test_a_brightened_day_that_makes_no_cluster_is_told_as_odd(tmp_path):
    def change(made, day, *_):
        made["grey"][day == 4] += 30

    artefacts = found(tmp_path, 4, change)
    assert codes(artefacts) == [set()] * KINDS
    assert np.flatnonzero(artefacts.lights["day"]["brightness"].odd).tolist() == [4]


@pytest.mark.parametrize("quantity", ["grey", "focus"])
def test_a_kind_split_by_light_or_focus_of_the_pictures(tmp_path, quantity):
    direction = np.eye(DIM)[3]

    def change(made, _, __, rng):
        high = (made["cluster"] == 0) & (rng.random(len(made["rows"])) < 0.5)
        if quantity == "grey":
            made["grey"][high] += 60
        else:
            made["focus"][high] *= np.exp(4)
        value = made["grey"] / 8 if quantity == "grey" else np.log(made["focus"]) / 0.5
        made["rows"] += 0.6 * value[:, None] * direction
        made["cluster"][high] = KINDS

    told = codes(found(tmp_path, 5, change))
    name = "brightness" if quantity == "grey" else "blur"
    assert name in told[0]
    assert name in told[KINDS]
    assert not any(told[1:KINDS])
