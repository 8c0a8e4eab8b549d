import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from statsmodels.stats.proportion import proportion_confint

from seston import store
from seston.errors import SestonError
from seston.schemas import IMAGES
from seston.trends.abundance import trends
from seston.trends.intervals import amount_limits, wilson
from seston.trends.summary import COLUMNS as OF_CLASS

COLUMNS = ["cluster" if name == "class" else name for name in OF_CLASS]

# Ten samples, two sites; counts of clusters 0, 1, 2. Cluster 2 is only in the sea.
SAMPLES = [
    # sample site group datetime volume dilution counts
    ("a1", "lake", "", "2020-05-04T08:00:00", "2", "1", (30, 70, 0)),
    ("a2", "lake", "", "2020-05-05T08:00:00", "3", "1", (50, 50, 0)),
    ("a3", "lake", "", "2020-05-10T23:00:00", "", "", (40, 60, 0)),
    ("a4", "lake", "", "2020-05-18T08:00:00", "1", "10", (0, 50, 0)),  # a week without samples
    ("a5", "lake", "", "2020-05-19T08:00:00", "1", "10", (0, 30, 0)),
    ("a6", "lake", "", "2020-05-25T08:00:00", "4", "1", (0, 0, 0)),  # sampled, nothing in it
    ("b1", "sea", "bag1", "2020-05-04T08:00:00", "0", "1", (1, 2, 3)),
    ("b2", "sea", "bag1", "2020-05-04T09:00:00", "-1", "1", (2, 2, 2)),
    ("b3", "sea", "bag2", "2020-05-04T08:00:00", "1", "1", (0, 5, 5)),
    ("z1", "pond", "", "2020-05-04T08:00:00", "1", "1", (2, 8, 0)),
]


#: Clusters 0 and 2 have one name, cluster 1 none; 0 and 2 are one coarse group too.
NAMES = ("Synedra", "", "Synedra")


def write(folder, samples=SAMPLES, biovolume=None, label=None, **changes):
    """Write both tables; `biovolume`, `label` tell of the n-th image of a cluster in a sample."""
    rows = []
    for sample, site, group, time, volume, dilution, counts in samples:
        used = sum(counts)
        rows.append((sample, site, group, time, used, used, 0, volume, dilution))
    names = [
        "sample",
        "site",
        "group",
        "datetime",
        "listed",
        "used",
        "rejected",
        "volume_ml",
        "dilution",
    ]
    sheet = pd.DataFrame(rows, columns=names).assign(**changes)
    sheet["readable"] = (sheet["used"] / sheet["listed"]).where(sheet["listed"] > 0, 1.0)
    sheet.to_csv(folder / "samples.tsv", sep="\t", index=False)
    images = [
        (f"{sample}/{cluster}-{i:03d}", sample, cluster)
        for sample, *_, counts in samples
        for cluster, count in enumerate(counts)
        for i in range(count)
    ]
    images.sort()
    table = {field.name: pa.nulls(len(images), field.type) for field in IMAGES}
    told = [(*row, row[2] % 2, NAMES[row[2]]) for row in images]
    for column, name in enumerate(("image_id", "sample", "cluster", "coarse", "name")):
        values = [row[column] for row in told]
        table[name] = pa.array(values, IMAGES.field(name).type)
    places = [(sample, cluster, int(name.rsplit("-", 1)[1])) for name, sample, cluster in images]
    for name, of in (("biovolume_um3", biovolume), ("label", label)):
        if of:
            table[name] = pa.array([of(*place) for place in places], IMAGES.field(name).type)
    store.write_table(pa.table(table), folder / "images.parquet", IMAGES, "images", "x")


def options(folder, **changes):
    return {
        "images": folder / "images.parquet", "samples": folder / "samples.tsv",
        "period": "week", "confidence": 0.95, "abundance": folder / "abundance.tsv",
        "abundance_coarse": folder / "coarse.tsv", "abundance_name": folder / "name.tsv",
        "abundance_label": folder / "label.tsv", "periods": folder / "periods.tsv",
    } | changes  # fmt: skip


def run(folder, period="week", confidence=0.95, day_zero="", labels=(), **parts):
    write(folder, **parts)
    given = {"period": period, "confidence": confidence, "day_zero": day_zero, "labels": labels}
    trends(**options(folder, **given))
    return read(folder / "abundance.tsv")


def read(path):
    text = path.read_text()
    return pd.read_csv(io.StringIO(text), sep="\t", keep_default_na=False, na_values={
        name: "" for name in COLUMNS
        if name.startswith(("share", "concentration", "biovolume", "day"))
    })  # fmt: skip


def row(table, site, period, cluster, group=""):
    found = table.query("site == @site and group == @group and period == @period")
    return found[found["cluster"] == cluster].iloc[0]


def test_every_cluster_has_a_row_in_every_sampled_period_and_no_other(tmp_path):
    table = run(tmp_path)
    assert list(table.columns) == COLUMNS
    keys = table[["site", "group", "period", "cluster"]]
    weeks = ["2020-05-04", "2020-05-18", "2020-05-25"]
    expected = [("lake", "", week, c) for week in weeks for c in range(3)]
    expected += [("pond", "", weeks[0], c) for c in range(3)]
    expected += [("sea", bag, weeks[0], c) for bag in ("bag1", "bag2") for c in range(3)]
    assert [tuple(key) for key in keys.to_numpy()] == expected


def test_counts_and_shares_are_sums_over_samples(tmp_path):
    table = run(tmp_path)
    first = row(table, "lake", "2020-05-04", 0)
    assert (first["samples"], first["count"], first["images"]) == (3, 120, 300)
    assert first["share"] == 0.4
    assert first["few_samples"] == 0
    assert row(table, "lake", "2020-05-18", 0)["few_samples"] == 1
    sums = table.groupby(["site", "group", "period"])["share"].sum()
    assert sorted(sums.round(5)) == [0, 1, 1, 1, 1, 1]  # 0: the week without images


def test_groups_and_names_are_counted_together(tmp_path):
    table = run(tmp_path)
    keys, sums = ["site", "group", "period"], ["count", "share", "concentration_per_ml"]
    merged = table.assign(cluster=table["cluster"] % 2).groupby([*keys, "cluster"])
    expected = merged[sums].sum(min_count=1).to_numpy()
    for level, classes in (("coarse", [0, 1]), ("name", ["Synedra", "cluster 1"])):
        found = read(tmp_path / f"{level}.tsv")
        assert list(found.columns) == [level if name == "cluster" else name for name in COLUMNS]
        assert found[level].tolist() == classes * (len(found) // 2)
        assert np.allclose(found[sums].to_numpy(float), expected, rtol=1e-4, equal_nan=True)
        # Intervals are those of the sum, not sums of intervals.
        assert (found["share_high"] - found["share_low"]).max() <= 1
        whole = found.groupby(keys)[["count", "images"]].sum()
        assert (whole["count"] * 2 == whole["images"]).all()


def test_concentrations_are_ratios_of_sums_where_the_volume_is_known(tmp_path):
    table = run(tmp_path)
    first = row(table, "lake", "2020-05-04", 0)  # a3 has no volume
    assert first["concentration_per_ml"] == (30 + 50) / (2 + 3)
    assert "volume unknown in 1 of 3 samples" in first["note"]
    assert first["concentration_low"] < 16 < first["concentration_high"]
    diluted = row(table, "lake", "2020-05-18", 1)
    assert diluted["concentration_per_ml"] == (50 + 30) * 10 / (1 + 1)


def test_volumes_of_zero_or_less_are_unknown(tmp_path):
    found = row(run(tmp_path), "sea", "2020-05-04", 2, "bag1")
    assert found["share"] == pytest.approx(5 / 12, rel=1e-5)
    assert found[["concentration_per_ml", "concentration_low", "concentration_high"]].isna().all()
    assert "volume unknown in 2 of 2 samples" in found["note"]


def test_what_was_not_found_has_an_upper_limit(tmp_path):
    table = run(tmp_path)
    absent = row(table, "lake", "2020-05-18", 0)
    assert absent["concentration_per_ml"] == absent["concentration_low"] == 0
    # Two samples of 1/10 mL of undiluted water: 0.05 = (1 + cv2 c / 10)^(-2 / cv2).
    cv2 = float(absent["note"].split("cv2 ")[1].split()[0])
    assert cv2 > 0.02
    expected = 10 * (0.05 ** (-cv2 / 2) - 1) / cv2
    assert absent["concentration_high"] == pytest.approx(expected, rel=0.01)
    assert expected > 3 / 2 * 10  # the rule of three
    assert absent["share"] == absent["share_low"] == 0 < absent["share_high"]
    assert "not detected" in absent["note"]
    empty = row(table, "lake", "2020-05-25", 1)
    assert (empty["samples"], empty["images"], empty["count"]) == (1, 0, 0)
    assert empty[["share", "share_low", "share_high"]].isna().all()
    assert empty["concentration_high"] > 3 / 4
    assert "ignores the scatter" not in empty["note"]


def test_without_two_samples_the_limit_of_an_absence_is_of_counting_alone(tmp_path):
    absent = row(run(tmp_path), "pond", "2020-05-04", 2)
    assert absent["concentration_high"] == pytest.approx(3.0, rel=0.002)  # 1 mL
    assert "upper limit ignores the scatter" in absent["note"]


def test_patchy_clusters_may_be_missed_more_easily(tmp_path):
    # 200 days of three samples of 1 mL, 3 per mL on the mean, patchy: cv2 = 2.
    rng = np.random.default_rng(5)
    counts = rng.poisson(rng.gamma(0.5, 6.0, (200, 3)))
    days = pd.date_range("2020-01-01", periods=200).strftime("%Y-%m-%d")
    samples = [
        (f"{day}-{i}", "sea", "", f"{day}T08:00:00", "1", "1", (int(n), 5))
        for day, line in zip(days, counts, strict=True)
        for i, n in enumerate(line)
    ]
    table = run(tmp_path, period="day", samples=samples)
    missed = table[(table["cluster"] == 0) & (table["count"] == 0)]
    assert len(missed) == (counts.sum(axis=1) == 0).sum() > 1
    # By the rule of three, 1 per mL; but that is missed in (1 + 2 · 1)^(-3 / 2) = 19 % of periods.
    [bound] = missed["concentration_high"].unique()
    assert (1 + 2 * bound) ** -1.5 < 0.12


def test_scatter_between_samples_widens_the_interval(tmp_path):
    found = row(run(tmp_path), "lake", "2020-05-04", 0)
    plain = proportion_confint(120, 300, method="wilson")
    assert found["share_low"] < plain[0]
    assert found["share_high"] > plain[1]
    assert "rho" in found["note"]


def test_a_single_sample_leaves_everything_possible(tmp_path):
    found = row(run(tmp_path), "pond", "2020-05-04", 0)
    assert (found["share_low"], found["share_high"]) == (0, 1)
    assert found["concentration_per_ml"] == 2
    assert found["concentration_low"] == 0
    assert np.isnan(found["concentration_high"])
    assert "scatter unknown" in found["note"]


def test_the_share_interval_is_the_one_worked_out_by_hand(tmp_path):
    # 10, 20 and 30 of 100, so p = 0.2 and p (1 - p) = 0.16. Squares of 200 stand against
    # 3 (0.16 · 100 · 2/3 + s 0.16 · 9900 · 2/3 (1 - 1/48) / (1 + s b)) with the bias
    # b = 0.6² / 0.16 · 0.33. Wilson's interval of 300 / (1 + 99 s) images, t of 2 degrees.
    samples = [
        (f"r{x}", "sea", "", "2020-05-04T08:00:00", "", "1", (x, 100 - x)) for x in (10, 20, 30)
    ]
    found = run(tmp_path, samples=samples).iloc[0]
    shrunk = (200 / 3 - 0.16 * 100 * 2 / 3) / (0.16 * 9900 * 2 / 3 * (47 / 48))
    rho = shrunk / (1 - 0.6**2 / 0.16 * 0.33 * shrunk)
    expected = [float(x) for x in wilson(60, 300, np.array(1 + 99 * rho), np.array(2), 0.95)]
    assert (found["share_low"], found["share_high"]) == pytest.approx(expected, rel=1e-4)
    assert f"share rho {rho:.3g} (all classes, df 2)" in found["note"]


@pytest.mark.parametrize(("volume", "dilution"), [("1", "1"), ("4", "4")])
def test_the_concentration_interval_is_the_one_worked_out_by_hand(tmp_path, volume, dilution):
    # 10, 20 and 30 images from 1 mL of water each: squares of 200 stand against
    # 3 (20 · 2/3 + s 20² · 2/3 (1 - 1/60) / (1 + s / 3)); three samples, t of 2 degrees.
    samples = [
        (f"r{x}", "sea", "", "2020-05-04T08:00:00", volume, dilution, (x,)) for x in (10, 20, 30)
    ]
    found = run(tmp_path, samples=samples).iloc[0]
    shrunk = (200 / 3 - 20 * 2 / 3) / (400 * 2 / 3 * 59 / 60)
    cv2 = shrunk / (1 - shrunk / 3)
    low, high = amount_limits(60, 3, np.array(cv2), np.array(2), 0.95)
    assert found["concentration_per_ml"] == 20
    assert found["concentration_low"] == pytest.approx(20 * low, rel=1e-4)
    assert found["concentration_high"] == pytest.approx(20 * high, rel=1e-4)
    assert f"concentration cv2 {cv2:.3g} (all classes, df 2)" in found["note"]


def test_biovolumes_are_ratios_of_sums_scaled_up_to_all_images(tmp_path):
    # Cluster 0 of a1: 30 images of 100 µm³ in 2 mL; of a2: 50 of which 40 with 200 µm³ in 3 mL;
    # a3 has no volume. 80 images, 70 of them measured: (3000 + 8000) · 80/70 / 5.
    def biovolume(sample, cluster, n):
        if cluster == 1:
            return 7.0 if n < 20 else None
        return {"a1": 100.0, "a2": 200.0 if n < 40 else None}.get(sample, 999.0)

    table = run(tmp_path, biovolume=biovolume)
    first = row(table, "lake", "2020-05-04", 0)
    assert first["biovolume_um3_per_ml"] == pytest.approx(11000 * 80 / 70 / 5, rel=1e-5)
    assert first["biovolume_low"] < first["biovolume_um3_per_ml"] < first["biovolume_high"]
    assert "biovolume scaled up from 70 of 80 images" in first["note"]
    few = row(table, "lake", "2020-05-04", 1)  # 40 of 120
    assert few[["biovolume_um3_per_ml", "biovolume_low", "biovolume_high"]].isna().all()
    assert "biovolume known of 40 of 120 images only" in few["note"]
    # Not found: as much as the limit of the concentration, of the mean size in the lake.
    absent = row(table, "lake", "2020-05-18", 0)
    mean = (30 * 100 + 40 * 200 + 40 * 999) / 110
    assert absent["biovolume_um3_per_ml"] == absent["biovolume_low"] == 0
    expected = absent["concentration_high"] * mean
    assert absent["biovolume_high"] == pytest.approx(expected, rel=1e-4)
    diluted = row(table, "lake", "2020-05-18", 1)
    assert diluted["biovolume_um3_per_ml"] == pytest.approx((20 + 20) / 2 * 10 * 7 * 2, rel=1e-4)


def test_without_any_biovolume_its_columns_are_empty(tmp_path):
    table = run(tmp_path)
    assert table[[name for name in COLUMNS if name.startswith("biovolume")]].isna().all(axis=None)


def test_labels_are_counted_with_what_has_none(tmp_path):
    def label(sample, cluster, n):
        return None if cluster == 1 else "Synedra" if n < 20 else "Asterionella"

    run(tmp_path, label=label)
    found = read(tmp_path / "label.tsv")
    first = found.query("site == 'lake' and period == '2020-05-04'")
    assert first["label"].tolist() == ["Asterionella", "Synedra", "unlabelled"]
    assert first["count"].tolist() == [120 - 60, 60, 180]
    (tmp_path / "mine.tsv").write_text("image_id\tlabel\na1/0-000\tDiatoma\n")
    run(tmp_path, label=label, labels=(tmp_path / "mine.tsv",))
    found = read(tmp_path / "label.tsv").query("site == 'lake' and period == '2020-05-04'")
    assert dict(zip(found["label"], found["count"], strict=True)) == {
        "Diatoma": 1, "unlabelled": 299,
    }  # fmt: skip


def test_without_a_label_the_table_of_labels_has_no_rows(tmp_path):
    run(tmp_path)
    assert len(read(tmp_path / "label.tsv")) == 0


def test_days_are_numbered_and_weeks_counted_from_day_zero(tmp_path):
    table = run(tmp_path, day_zero="2020-05-06")  # a Wednesday
    lake = table[table["site"] == "lake"].drop_duplicates("period")
    assert lake["period"].tolist() == ["2020-04-29", "2020-05-06", "2020-05-13", "2020-05-20"]
    assert lake["day_number"].tolist() == [-7, 0, 7, 14]
    assert run(tmp_path)["day_number"].isna().all()


def test_hours_are_told_with_their_minutes(tmp_path):
    table = run(tmp_path, period="hour", day_zero="2020-05-04")
    sea = table[(table["site"] == "sea") & (table["group"] == "bag1")].drop_duplicates("period")
    assert sea["period"].tolist() == ["2020-05-04T08:00", "2020-05-04T09:00"]
    assert sea["day_number"].tolist() == [0.333333, 0.375]


def test_a_sample_without_a_usable_image_is_no_absence(tmp_path):
    listed = [100, 100, 100, 50, 30, 9, 6, 6, 10, 10]
    found = row(run(tmp_path, listed=listed), "lake", "2020-05-25", 0)
    assert "every image rejected in 1 of 1 samples" in found["note"]
    assert "volume unknown" not in found["note"]
    assert found[["concentration_per_ml", "concentration_low", "concentration_high"]].isna().all()


def test_a_sample_without_a_listed_image_is_an_absence(tmp_path):
    found = row(run(tmp_path), "lake", "2020-05-25", 0)
    assert found["concentration_per_ml"] == found["concentration_low"] == 0
    assert found["concentration_high"] > 0


def test_the_volume_behind_rejected_images_does_not_count(tmp_path):
    listed = [400, 125, 100, 50, 30, 0, 6, 6, 10, 10]  # a1: a quarter used; a2: four fifths
    found = row(run(tmp_path, listed=listed), "lake", "2020-05-04", 0)
    assert found["concentration_per_ml"] == pytest.approx((30 + 50) / (2 / 4 + 3 * 0.8), rel=1e-5)
    assert "volume scaled down for 325 rejected images" in found["note"]


def test_the_table_is_the_same_bytes_whatever_the_order_of_samples(tmp_path):
    run(tmp_path)
    first = (tmp_path / "abundance.tsv").read_bytes()
    run(tmp_path, samples=SAMPLES[::-1])
    assert (tmp_path / "abundance.tsv").read_bytes() == first


def test_a_wider_confidence_gives_wider_intervals(tmp_path):
    narrow, wide = run(tmp_path, confidence=0.8), run(tmp_path, confidence=0.99)
    known = narrow["share"].notna() & (narrow["site"] != "pond")
    assert (wide["share_high"] >= narrow["share_high"])[known].all()
    assert (wide["share_low"] <= narrow["share_low"])[known].all()
    with pytest.raises(SestonError, match=r"trends\.confidence is 95"):
        run(tmp_path, confidence=95)


def test_names_that_look_like_missing_values_stay(tmp_path):
    samples = [("NA", "nan", "null", *SAMPLES[0][3:]), ("00", "nan", "null", *SAMPLES[1][3:])]
    table = run(tmp_path, samples=samples)
    assert table["site"].unique().tolist() == ["nan"]
    assert table["group"].unique().tolist() == ["null"]


def test_no_images_at_all_give_an_empty_table(tmp_path):
    assert len(run(tmp_path, samples=[(*SAMPLES[5][:6], (0, 0, 0))])) == 0
    assert len(run(tmp_path, samples=[])) == 0
    assert (tmp_path / "abundance.tsv").read_text() == "\t".join(COLUMNS) + "\n"


def test_tables_that_do_not_agree_are_refused(tmp_path):
    write(tmp_path, used=[99, *[sum(s[-1]) for s in SAMPLES[1:]]])
    arguments = options(tmp_path)
    with pytest.raises(SestonError, match=r"differs.*1 samples, such as a1"):
        trends(**arguments)
    write(tmp_path, sample=["x", *[s[0] for s in SAMPLES[1:]]])
    with pytest.raises(SestonError, match="sample a1 is not in the sample table"):
        trends(**arguments)
    write(tmp_path, datetime=["", *[s[3] for s in SAMPLES[1:]]])
    with pytest.raises(SestonError, match="1 samples have no date: a1"):
        trends(**arguments)
    (tmp_path / "samples.tsv").write_text("sample\tsite\na\tb\n")
    with pytest.raises(SestonError, match="columns missing: group, datetime"):
        trends(**arguments)


def test_an_interval_that_spans_a_millionfold_is_none(tmp_path):
    # two samples of one period, a factor of 10,000 apart: one degree of freedom
    samples = [
        ("a", "sea", "", "2020-05-04T08:00:00", "1", "1", (2000, 5)),
        ("b", "sea", "", "2020-05-05T08:00:00", "100000", "1", (20, 5)),
    ]
    found = row(run(tmp_path, samples=samples), "sea", "2020-05-04", 0)
    assert found.concentration_per_ml == pytest.approx(2020 / 100001)
    assert found.concentration_low == 0 and np.isnan(found.concentration_high)
    assert "concentration interval unknown: the samples differ by too much" in found.note
