"""The flat table for SHARK: every class of every sample, and the same sums as the abundances."""

from datetime import datetime

import duckdb
import pytest

from found_run import here, write_found, write_predictions
from seston.errors import SestonError
from seston.export.shark.columns import COLUMNS
from seston.export.shark.stage import export_shark
from seston.trends.abundance import trends


@pytest.fixture
def run(tmp_path):
    """Water: 0.5 mL in each sample of 2 mL diluted to a quarter; `dry` has no volume."""
    return write_found(
        tmp_path,
        [
            (here("a"), {"Asterionella": (6, 2), "Daphnia": 1, "dirt": 3}),
            (here("b", dilution=1.0), {"Asterionella": 4, "Daphnia": 5}),
            (here("c", datetime=datetime(2024, 6, 1), site="sea"), {"Ceratium hirundinella": 2}),
            (here("dry", volume_ml=None), {"Daphnia": 2, "": 1}),
            (here("torn"), {}),
        ],
        effort={
            "torn": {"listed": 9, "rejected": 9, "readable": 0.0},
            "b": {"listed": 18, "rejected": 9, "readable": 0.5},
        },
    )


def export(run, **more):
    table = run.folder / "shark.tsv"
    export_shark(**(run.given | {"table": table} | more))
    return duckdb.sql(
        f"select * from read_csv('{table}', delim='\t', header=true, all_varchar=true)"
    ).df().fillna("")  # fmt: skip


def test_columns_are_those_of_shark_in_their_order(run):
    assert tuple(export(run).columns) == COLUMNS and len({*COLUMNS}) == 68


def test_a_row_tells_class_sample_and_what_found_it(run):
    rows = export(run).set_index(["SMPNO", "CLASS_NAME"])
    row = rows.loc["a", "Asterionella"]
    assert (row["MYEAR"], row["DATE_TIME"], row["STIME"]) == ("2024", "20240506103000", "10:30:00")
    assert (row["STATN"], row["LATIT"], row["LONGI"]) == ("fjord", "58.25", "11.4")
    assert (row["MNDEP"], row["MXDEP"], row["SMVOL"]) == ("1.5", "1.5", "2.0")
    assert (row["LATNM"], row["APHIA_ID"]) == ("Asterionella formosa", "163310")
    assert (row["COUNT"], row["IMAGE_COUNT"], row["COEFF"]) == ("6", "6", "2000")
    # In 0.5 mL; four of six images are measured, 5000 µm³ and as diatoms 210 pg each.
    assert float(row["ABUND"]) == 12000
    assert float(row["BIOVOL"]) == pytest.approx(6 * 5000e-9 / 0.5e-3)
    assert float(row["C_CONC"]) == pytest.approx(6 * 210e-6 / 0.5e-3)
    assert row["IMAGE_VERIFICATION"] == "PredictedByMachine" and row["CLASS_F1"] == ""
    assert "clusters cccccccccccc" in row["CLASSIFIER_USED"]
    daphnia = rows.loc["a", "Daphnia"]
    assert (daphnia["SFLAG"], daphnia["LATNM_SFLAG"]) == ("spp.", "Daphnia spp.")
    assert daphnia["C_CONC"] == ""  # neither formula holds
    assert rows.loc["a", "dirt"]["LATNM"] == "" and rows.loc["a", "dirt"]["COUNT"] == "3"
    assert (rows.loc["c", "Ceratium hirundinella"]["DATE_TIME"]) == "20240601"
    assert rows.loc["c", "Ceratium hirundinella"]["STIME"] == ""
    dry = rows.loc["dry", "Daphnia"]
    assert (dry["COUNT"], dry["UNCLASSIFIED_COUNTS"]) == ("2", "1")
    unknown = ("ABUND", "BIOVOL", "COEFF", "UNCLASSIFIED_ABUNDANCE", "UNCLASSIFIED_VOLUME")
    assert {dry[name] for name in unknown} == {""}


def test_no_sample_is_lost_and_what_was_not_found_is_zero_or_unknown(run):
    rows = export(run)
    assert [*dict.fromkeys(rows["SMPNO"])] == ["a", "b", "c", "dry", "torn"]
    torn = rows[rows["SMPNO"] == "torn"]
    assert torn[["CLASS_NAME", "COUNT", "ABUND"]].to_numpy().tolist() == [["", "", ""]]
    assert (rows["COUNT"] == "0").sum() == 0
    zeros = export(run, absences=0.0).query("COUNT == '0'")
    assert {*zip(zeros["SMPNO"], zeros["CLASS_NAME"], strict=True)} == {
        ("a", "Ceratium hirundinella"), ("b", "Ceratium hirundinella"), ("b", "dirt"),
        ("c", "Asterionella"), ("c", "Daphnia"), ("c", "dirt"),
    }  # fmt: skip
    assert {*zeros["ABUND"], *zeros["BIOVOL"]} == {"0"}


def test_sums_are_those_of_the_abundances(run):
    export(run)
    found = {
        name: run.folder / f"{name}.tsv"
        for name in ("cluster", "coarse", "name", "label", "periods")
    }
    trends(
        images=run.images, samples=run.samples, period="month", confidence=0.95,
        abundance=found["cluster"], abundance_coarse=found["coarse"],
        abundance_name=found["name"], abundance_label=found["label"], periods=found["periods"],
    )  # fmt: skip
    # Independent of both: SQL over the files. What is counted times the dilution, over all samples
    # of a period, is the amount per mL there times the volume analysed; 1 mm³/L = 10⁶ µm³/mL.
    query = f"""
        with shark as (
            select STATN as site, CLASS_NAME as name, substr(SDATE, 1, 7) as month,
                sum(COUNT::int) as n,
                sum(ABUND::double / 1000 * volume_ml * readable) as found,
                sum(BIOVOL::double * 1e6 * volume_ml * readable) as volume
            from read_csv('{run.folder}/shark.tsv', delim='\t', header=true, all_varchar=true)
            join read_csv('{run.samples}', delim='\t', header=true) on sample = SMPNO
            where CLASS_NAME is not null group by all)
        select a.name, a."count", n, a.concentration_per_ml * p.analysed_ml, found,
            a.biovolume_um3_per_ml * p.analysed_ml, volume
        from read_csv('{found["name"]}', delim='\t', header=true) a
        join read_csv('{found["periods"]}', delim='\t', header=true) p
            on a.site = p.site and a.period = p.period
        left join shark
            on a.site = shark.site and a.name = shark.name and strftime(a.period, '%Y-%m') = month
        where a."count" > 0 and a.name not like 'cluster%' order by a.name
    """
    rows = duckdb.sql(query).fetchall()
    assert [row[:3] for row in rows] == [
        ("Asterionella", 10, 10), ("Ceratium hirundinella", 2, 2), ("Daphnia", 8, 8),
        ("dirt", 3, 3),
    ]  # fmt: skip
    for name, _, _, expected, amount, expected_volume, volume in rows:
        assert amount == pytest.approx(expected, rel=1e-5), name
        if name != "Asterionella":  # of which two have no size: scaled up by sample, and by period
            assert volume == pytest.approx(expected_volume, rel=1e-5), name
    # By hand: one Daphnia in a, diluted to a quarter, and five in b; no volume is known of dry.
    assert rows[2][4] == pytest.approx(1 * 4 + 5)


def test_count_times_coefficient_is_abundance_in_every_row(run):
    rows = export(run, absences=1.0).query("ABUND != ''").astype({"COUNT": float, "ABUND": float})
    assert len(rows) == 12
    assert (rows["COUNT"] * rows["COEFF"].astype(float)).to_numpy() == pytest.approx(
        rows["ABUND"].to_numpy(), rel=1e-5
    )


def test_every_image_is_in_a_class_or_unclassified_once(run):
    rows = export(run)
    counted = rows["COUNT"].replace("", "0").astype(int).sum()
    none = rows.drop_duplicates("SMPNO")["UNCLASSIFIED_COUNTS"].astype(int).sum()
    [(images,)] = duckdb.sql(f"select count(*) from '{run.images}'").fetchall()
    assert counted + none == images == 24


def test_predictions_carry_their_f1_and_what_stayed_unclassified(tmp_path):
    run = write_found(tmp_path, [(here("a"), {"": 5})])
    said = ["Daphnia", "Daphnia", "Asterionella", "Asterionella", "Daphnia"]
    predictions = write_predictions(
        run, said, [False, False, False, True, True], ["Daphnia", "Asterionella"]
    )
    scores = run.folder / "classes.tsv"
    scores.write_text(
        "class\trecall_corrected\tprecision_corrected\nDaphnia\t0.5\t1\nAsterionella\t\t0.5\n"
    )
    rows = export(run, category="prediction", predictions=predictions, scores=scores)
    assert rows[["CLASS_NAME", "COUNT", "UNCLASSIFIED_COUNTS"]].to_numpy().tolist() == [
        ["Asterionella", "1", "2"], ["Daphnia", "2", "2"],
    ]  # fmt: skip
    assert rows["CLASS_F1"].tolist() == ["", "66.6667"]  # 2 · 0.5 · 1 / 1.5, in percent
    assert rows["UNCLASSIFIED_ABUNDANCE"].tolist() == ["4000", "4000"]
    assert all("classifier learnedlearn" in text for text in rows["CLASSIFIER_USED"])


def test_what_people_say_is_of_no_classifier(tmp_path):
    run = write_found(tmp_path, [(here("a"), {"Daphnia": 3})])
    labels = tmp_path / "labels.tsv"
    labels.write_text("image_id\tlabel\na/0000\tDaphnia\n")
    (row,) = export(run, category="label", labels=[labels]).to_dict("records")
    assert (row["IMAGE_VERIFICATION"], row["CLASSIFIER_USED"]) == ("ValidatedByHuman", "")


def test_columns_of_the_sheet_fill_what_seston_does_not_know(tmp_path):
    told = {"SHIPC": "77SE", "STATN": "Släggö", "TRAINING_SET": "doi:1", "other": "x"}
    run = write_found(tmp_path, [(here("a", metadata=told), {"Daphnia": 1})])
    (row,) = export(run, taxa=None).to_dict("records")
    assert {name: row[name] for name in ("SHIPC", "STATN", "TRAINING_SET", "LATNM")} == {
        "SHIPC": "77SE", "STATN": "Släggö", "TRAINING_SET": "doi:1", "LATNM": "",
    }  # fmt: skip
    run = write_found(tmp_path, [(here("a", metadata={"COUNT": "9"}), {"Daphnia": 1})])
    with pytest.raises(
        SestonError, match="the sample sheet has the column COUNT, which this table"
    ):
        export(run)


def test_two_exports_give_the_same_bytes(run):
    export(run)
    first = (run.folder / "shark.tsv").read_bytes()
    export(run)
    assert (run.folder / "shark.tsv").read_bytes() == first
