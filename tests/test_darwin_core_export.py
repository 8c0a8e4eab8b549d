"""Darwin Core archives: what was found is in them once, as OBIS wants it, for others to read."""

import json
import logging
from collections import Counter
from datetime import datetime
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from dwca.read import DwCAReader
from scipy import stats

from found_run import CLASSES, here, read_zip, write_found, write_predictions
from seston.errors import SestonError
from seston.export.darwin_core.stage import export_darwin_core

DATASET = {
    "dataset_id": "urn:myinstitute:lake", "dataset_name": "Lake <&> \"sea\"",
    "institution": "MYI", "licence": "CC-BY-4.0", "contact": "Doe, Jane", "email": "j@example.org",
}  # fmt: skip
DWC = "http://rs.tdwg.org/dwc/terms/"
EVENT, OCCURRENCE, FACT = "event.txt", "occurrence.txt", "extendedmeasurementorfact.txt"


@pytest.fixture
def run(tmp_path):
    """Water: 0.5 mL in each sample of 2 mL diluted to a quarter; `dry` has no volume."""
    return write_found(
        tmp_path,
        [
            (here("a"), {"Asterionella": (6, 2), "Daphnia": 1, "dirt": 3}),
            (here("b", datetime=datetime(2024, 6, 1)), {"Daphnia": 5}),
            (here("dry", volume_ml=None), {"Ceratium hirundinella": 2, "": 1}),
            (here("nowhere", latitude=None), {"Daphnia": 7}),
            (here("torn", depth_m=None), {}),
            (here("empty"), {}),
        ],
        # Every image of `torn` was rejected: nothing is known of its water.
        effort={"torn": {"listed": 9, "rejected": 9, "readable": 0.0}},
    )


def export(run, **more):
    out = run.folder / "out"
    given = {**run.given, **DATASET, "archive": out / "dwca.zip", "left_out": out / "left.tsv"}
    export_darwin_core(**(given | more))
    return out / "dwca.zip"


def test_an_independent_reader_finds_every_event_and_occurrence_with_its_count(run):
    with DwCAReader(str(export(run))) as archive:
        assert archive.descriptor.core.type == f"{DWC}Event"
        assert {one.type for one in archive.descriptor.extensions} == {
            f"{DWC}Occurrence",
            "http://rs.iobis.org/obis/terms/ExtendedMeasurementOrFact",
        }
        assert archive.orphaned_extension_rows() == {OCCURRENCE: {}, FACT: {}}
        found, ids = {}, []
        for row in archive.rows:
            assert row.id == row.data[f"{DWC}eventID"]
            for one in row.extensions:
                if one.rowtype == f"{DWC}Occurrence":
                    ids.append(one.data[f"{DWC}occurrenceID"])
                    key = (row.id.rsplit(":", 1)[1], one.data[f"{DWC}verbatimIdentification"])
                    found[key] = int(one.data[f"{DWC}individualCount"])
        assert archive.metadata.find("dataset/title").text == DATASET["dataset_name"]
    assert len(ids) == len({*ids}) == len(found) == 4
    assert found == {
        ("a", "Asterionella"): 6, ("a", "Daphnia"): 1, ("b", "Daphnia"): 5,
        ("dry", "Ceratium hirundinella"): 2,
    }  # fmt: skip


def test_events_say_when_where_and_how_much_water(run):
    events = {row["eventID"]: row for row in read_zip(export(run))[EVENT]}
    assert [*events] == [
        f"urn:myinstitute:lake:{name}" for name in ("a", "b", "dry", "empty", "torn")
    ]
    a, b, dry, _, torn = events.values()
    assert (a["eventDate"], b["eventDate"]) == ("2024-05-06T10:30:00", "2024-06-01")
    assert (a["decimalLatitude"], a["decimalLongitude"]) == ("58.25", "11.4")
    assert a["minimumDepthInMeters"] == a["maximumDepthInMeters"] == "1.5"
    assert (a["sampleSizeValue"], a["sampleSizeUnit"]) == ("0.5", "millilitre")
    assert (dry["sampleSizeValue"], dry["sampleSizeUnit"]) == ("", "")
    assert torn["sampleSizeValue"] == torn["minimumDepthInMeters"] == ""
    assert torn["samplingEffort"] == "0 of 9 images analysed"
    assert a["datasetName"] == DATASET["dataset_name"] and a["institutionCode"] == "MYI"
    assert a["license"].endswith("/by/4.0/legalcode") and a["locality"] == "fjord"


def test_occurrences_say_who_identified_them_and_by_which_name(run):
    rows = {row["occurrenceID"]: row for row in read_zip(export(run))[OCCURRENCE]}
    row = rows["urn:myinstitute:lake:a:Asterionella"]
    assert row["basisOfRecord"] == "MachineObservation"
    assert row["occurrenceStatus"] == "present"
    assert row["identificationVerificationStatus"] == "PredictedByMachine"
    assert "cccccccccccc" in row["identificationReferences"]
    assert row["scientificName"] == "Asterionella formosa"
    assert row["scientificNameID"] == "urn:lsid:marinespecies.org:taxname:163310"
    assert (row["taxonRank"], row["genus"]) == ("species", "Asterionella")
    daphnia = rows["urn:myinstitute:lake:a:Daphnia"]
    assert daphnia["scientificNameID"].endswith(":148372")  # a spreadsheet had made it 148372.0
    assert daphnia["identificationQualifier"] == "spp."
    ceratium = rows["urn:myinstitute:lake:dry:Ceratium%20hirundinella"]
    assert ceratium["scientificNameID"] == ""
    # Back to the images: these are of that class.
    assert json.loads(row["dynamicProperties"])["image_ids"] == ["a/0000", "a/0001", "a/0002"]
    assert json.loads(daphnia["dynamicProperties"])["image_ids"] == ["a/0006"]


def test_measurements_are_counts_per_litre_with_codes_and_limits(run):
    facts = read_zip(export(run))[FACT]
    own = {
        row["measurementTypeID"].rstrip("/").rsplit("/", 1)[-1]: row
        for row in facts if row["occurrenceID"] == "urn:myinstitute:lake:a:Asterionella"
    }  # fmt: skip
    units = {code: row["measurementUnitID"].split("/")[-2] for code, row in own.items()}
    assert units == {"OCOUNT01": "UUUU", "SDBIOL01": "UCPL", "CVOLUKNB": "CMCM", "MDMAP010": "UGPL"}
    value = {code: float(row["measurementValue"]) for code, row in own.items()}
    assert value["OCOUNT01"] == 6 and value["SDBIOL01"] == 6 / 0.5e-3  # in 0.5 mL
    # Four of the six are measured: 6 of 5000 µm³ in 0.5 mL, in mm³ per m³.
    assert value["CVOLUKNB"] == pytest.approx(6 * 5000e-9 / 0.5e-6)
    assert "scaled up from 4 of 6 images" in own["CVOLUKNB"]["measurementRemarks"]
    assert value["MDMAP010"] == pytest.approx(6 * 210e-6 / 0.5e-3)  # as diatoms, µg per L
    # Jeffreys' interval, by the chi-squared distribution.
    low, high = (stats.chi2.ppf(q, 13) / 2 / 0.5e-3 for q in (0.025, 0.975))
    told = own["SDBIOL01"]["measurementRemarks"].split(": ")[1].split(" to ")
    assert [float(part) for part in told] == pytest.approx([low, high], rel=1e-5)
    # No formula of carbon holds for Daphnia, and no volume is known of `dry`.
    for name, codes in (
        ("a:Daphnia", {"OCOUNT01", "SDBIOL01", "CVOLUKNB"}),
        ("dry:Ceratium%20hirundinella", {"OCOUNT01"}),
    ):
        lines = [row for row in facts if row["occurrenceID"].endswith(name)]
        assert {row["measurementTypeID"].split("/")[-2] for row in lines} == codes
    events = [row for row in facts if not row["occurrenceID"]]
    volumes = {r["eventID"][-1]: r for r in events if r["measurementTypeID"].endswith("VOLXXXXX/")}
    assert (
        volumes["a"]["measurementValue"] == "2"
        and "dilution 4" in volumes["a"]["measurementRemarks"]
    )
    none = {
        r["eventID"]: r["measurementValue"] for r in events if "no class" in r["measurementType"]
    }
    assert none["urn:myinstitute:lake:dry"] == "1" and none["urn:myinstitute:lake:a"] == "0"


def test_the_sheet_s_own_terms_go_before_what_seston_knows(tmp_path):
    more = {"geodeticDatum": "EPSG:4258", "samplingProtocol": "net", "countryCode": "", "x": "1"}
    run = write_found(tmp_path, [(here("a", metadata=more), {"Daphnia": 1})])
    (event,) = read_zip(export(run))[EVENT]
    assert (event["geodeticDatum"], event["samplingProtocol"]) == ("EPSG:4258", "net")
    assert event["countryCode"] == "" and "x" not in event


def test_what_was_not_found_is_absent_only_where_it_was_looked_for(run):
    rows = read_zip(export(run, absences=0.0))[OCCURRENCE]
    absent = {
        (row["eventID"].rsplit(":", 1)[1], row["verbatimIdentification"]): row
        for row in rows if row["occurrenceStatus"] == "absent"
    }  # fmt: skip
    # Not where the volume is unknown (dry), nothing could be read (torn), or that has no place.
    assert {*absent} == {
        ("a", "Ceratium hirundinella"), ("b", "Asterionella"), ("b", "Ceratium hirundinella"),
        ("empty", "Asterionella"), ("empty", "Ceratium hirundinella"), ("empty", "Daphnia"),
    }  # fmt: skip
    row = absent["b", "Asterionella"]
    assert row["individualCount"] == "0" and row["dynamicProperties"] == ""
    # Three in 0.5 mL could have been missed (rule of three), so 5,991 in a litre.
    assert row["occurrenceRemarks"].endswith("5991.46 per litre")
    assert "among 5 images (0 of no class) of 0.5 mL" in row["occurrenceRemarks"]
    assert not [row for row in rows if row["verbatimIdentification"] in ("dirt", "never seen")]
    present = [row for row in rows if row["occurrenceStatus"] == "present"]
    assert len(present) == 4 and len(rows) == 10


@pytest.mark.parametrize(("most", "count"), [(0.0, 0), (0.2, 0), (0.25, 2), (1.0, 2)])
def test_images_of_no_class_speak_against_absences(tmp_path, most, count):
    samples = [
        (here("a"), {"Daphnia": 3, "": 1}),
        (here("b", volume_ml=None), dict.fromkeys(CLASSES, 1)),
    ]
    run = write_found(tmp_path, samples)
    rows = read_zip(export(run, absences=most))[OCCURRENCE]
    assert sum(row["occurrenceStatus"] == "absent" for row in rows) == count


def test_a_taxon_is_not_absent_where_it_was_found_by_another_class(tmp_path):
    taxa = (
        "class\tscientific_name\tfamily\n"
        "big\tDaphnia\tDaphniidae\nsmall\tDaphnia\tDaphniidae\ncucullata\tDaphnia cucullata\t\n"
        "family\tDaphniidae\t\nother\tDaph\t\n"
    )
    names = ("big", "small", "cucullata", "family", "other")
    samples = [
        (here("s1"), {"big": 1}), (here("s2"), {"cucullata": 1}), (here("s3"), {"family": 1}),
        (here("s4", volume_ml=None), dict.fromkeys(names, 1)),
    ]  # fmt: skip
    rows = read_zip(export(write_found(tmp_path, samples, taxa), absences=0.0))[OCCURRENCE]
    absent = {
        (r["eventID"][-2:], r["verbatimIdentification"])
        for r in rows
        if r["individualCount"] == "0"
    }
    assert absent == {
        ("s1", "other"),  # what was called Daphnia may be any of its species
        ("s2", "family"), ("s2", "other"),  # nobody said that D. cucullata is of Daphniidae
        ("s3", "cucullata"), ("s3", "other"),
    }  # fmt: skip


def test_what_is_left_out_is_told_and_listed(run, caplog):
    with caplog.at_level(logging.INFO, "seston"):
        export(run)
    lines = (run.folder / "out" / "left.tsv").read_text().splitlines()
    assert lines == [
        "what\tname\tsamples\timages\twhy",
        "class\tdirt\t1\t3\tno scientific name",
        "class\t\t1\t1\timages of no class",
        "sample\tnowhere\t1\t7\tno latitude or longitude",
    ]
    assert "left out: class dirt (3 images): no scientific name" in caplog.text
    # Together with what is exported these are all images of the run.
    counts = [
        int(row["individualCount"]) for row in read_zip(run.folder / "out/dwca.zip")[OCCURRENCE]
    ]
    assert sum(counts) + 3 + 1 + 7 == 25


def test_predictions_are_counted_where_they_are_sure_and_corrected_beside(tmp_path):
    run = write_found(tmp_path, [(here("a"), {"": 10}), (here("b"), {"": 2})])
    said = ["Daphnia"] * 6 + ["Asterionella"] * 4 + ["Daphnia", "Asterionella"]
    rejected = [False] * 5 + [True] * 2 + [False] * 3 + [False, True]
    predictions = write_predictions(
        run, said, rejected, ["Daphnia", "Ceratium hirundinella", "Asterionella"]
    )
    table = run.folder / "frequencies.tsv"
    table.write_text(
        "sample\tclass\tmethod\tshare\tlow\thigh\n"
        "a\tDaphnia\tem\t0.4\t0.3\t0.5\na\tDaphnia\tpacc\t0.9\t0.9\t0.9\n"
    )
    out = export(
        run, category="prediction", predictions=predictions, frequencies=table, absences=0.3
    )
    tables = read_zip(out)
    counts = {row["occurrenceID"].split(":", 3)[3]: row for row in tables[OCCURRENCE]}
    # Ceratium was never predicted; it could have been, so it is absent: of `a`, 2 of 10 are unsure.
    assert {name: row["individualCount"] for name, row in counts.items()} == {
        "a:Asterionella": "3", "a:Daphnia": "5", "a:Ceratium%20hirundinella": "0", "b:Daphnia": "1",
    }  # fmt: skip
    assert {row["identificationVerificationStatus"] for row in counts.values()} == {
        "PredictedByMachine"
    }
    assert "classifier learnedlearn" in counts["b:Daphnia"]["identificationReferences"]
    (corrected,) = [r for r in tables[FACT] if r["measurementType"].startswith("Abundance corr")]
    assert corrected["measurementTypeID"] == ""  # no code of BODC: not what was counted
    assert float(corrected["measurementValue"]) == pytest.approx(4 / 0.5e-3)
    assert corrected["measurementRemarks"].endswith("limits: 6000 to 10000")


def test_labels_of_people_are_validated_and_those_of_instruments_are_not(tmp_path):
    run = write_found(tmp_path, [(here("a"), {"Daphnia": 3})])
    labels = tmp_path / "labels.tsv"
    labels.write_text("image_id\tlabel\na/0000\tAsterionella\na/0002\tAsterionella\n")
    tables = read_zip(export(run, category="label", labels=[labels], absences=0.0))
    (row,) = tables[OCCURRENCE]
    # The third image may be one too: there were two at least, and no abundance can be told.
    kinds = {fact["measurementTypeID"].rstrip("/").rsplit("/", 1)[-1] for fact in tables[FACT]}
    assert "OCOUNT01" in kinds and not kinds & {"SDBIOL01", "CVOLUKNB", "MDMAP010"}
    assert (row["verbatimIdentification"], row["individualCount"]) == ("Asterionella", "2")
    assert row["identificationVerificationStatus"] == "ValidatedByHuman"
    assert json.loads(row["dynamicProperties"])["image_ids"] == ["a/0000", "a/0002"]
    labels.write_text("image_id\tlabel\n" + "".join(f"a/{n:04}\tDaphnia\n" for n in range(3)))
    facts = read_zip(export(run, category="label", labels=[labels]))[FACT]
    assert any("SDBIOL01" in fact["measurementTypeID"] for fact in facts)
    (row,) = read_zip(export(run, category="label"))[OCCURRENCE]
    assert (row["verbatimIdentification"], row["individualCount"]) == ("Daphnia", "3")
    assert row["identificationVerificationStatus"] == "PredictedByMachine"


def test_aphia_ids_of_the_names_of_clusters_hold_where_the_table_has_none(run):
    names = run.folder / "names.tsv"
    head = "clustering\tcluster\tcoarse\tname\taphia_id\tstatus\n"
    names.write_text(f"{head}cc\t0\t0\tCeratium hirundinella\t109951\tvalidated\ncc\t1\t0\t\t\t\n")
    rows = read_zip(export(run, names=names))[OCCURRENCE]
    (row,) = [row for row in rows if row["scientificName"] == "Ceratium hirundinella"]
    assert row["scientificNameID"].endswith(":109951")
    names.write_text(f"{head}cc\t0\t0\tAsterionella\t1\tvalidated\n")
    with pytest.raises(
        SestonError, match=r"line 2: aphia_id 163310, but 1 in the table of cluster"
    ):
        export(run, names=names)


def test_the_same_run_gives_the_same_bytes_and_the_meta_file_the_columns(run):
    first = export(run, absences=0.0).read_bytes()
    archive = export(run, absences=0.0)
    assert archive.read_bytes() == first
    with ZipFile(archive) as file:
        meta = ET.fromstring(file.read("meta.xml"))
        space = {"t": "http://rs.tdwg.org/dwc/text/"}
        seen = Counter()
        for table in meta:
            name = table.find("t:files/t:location", space).text
            header = file.read(name).decode().split("\n")[0].split("\t")
            for field in table.findall("t:field", space):
                seen[name] += 1
                assert field.get("term").rsplit("/", 1)[1] == header[int(field.get("index"))]
            assert seen[name] == len(header)
    assert {*seen} == {EVENT, OCCURRENCE, FACT}


def test_the_description_covers_the_data(run):
    with ZipFile(export(run, abstract="a & b", published="2026-05-01")) as file:
        data = ET.fromstring(file.read("eml.xml")).find("dataset")
    order = [one.tag for one in data]
    assert order == [
        "alternateIdentifier", "title", "creator", "metadataProvider", "pubDate", "language",
        "abstract", "intellectualRights", "licensed", "coverage", "contact", "methods",
    ]  # fmt: skip
    assert data.find("pubDate").text == "2026-05-01" and data.find("abstract/para").text == "a & b"
    assert data.find("contact/individualName/surName").text == "Doe"
    assert data.find("contact/individualName/givenName").text == "Jane"
    dates = data.find("coverage/temporalCoverage/rangeOfDates")
    assert dates.find("beginDate/calendarDate").text == "2024-05-06"
    assert dates.find("endDate/calendarDate").text == "2024-06-01"
    taxa = data.findall("coverage/taxonomicCoverage/taxonomicClassification/taxonRankValue")
    assert {one.text for one in taxa} == {
        "Asterionella formosa",
        "Ceratium hirundinella",
        "Daphnia",
    }


def test_texts_that_would_break_a_table_do_not(tmp_path):
    more = {
        "samplingProtocol": 'net of "Hensen"  at 7°\twith\r\nlines\u2028',
        "locality": "Göteborg",
    }
    taxa = 'class\tscientific_name\na:b é"c\tDaphnia\na/b\tDaphnia\n'
    run = write_found(tmp_path, [(here("a", metadata=more), {'a:b é"c': 1, "a/b": 2})], taxa)
    with DwCAReader(str(export(run))) as archive:
        (event,) = archive.rows
        assert event.data[f"{DWC}samplingProtocol"] == 'net of "Hensen"  at 7° with lines'
        assert event.data[f"{DWC}locality"] == "Göteborg"
        found = [x.data for x in event.extensions if x.rowtype == f"{DWC}Occurrence"]
    names = {x[f"{DWC}verbatimIdentification"]: x[f"{DWC}occurrenceID"] for x in found}
    assert names == {
        'a:b é"c': "urn:myinstitute:lake:a:a%3Ab%20%C3%A9%22c",
        "a/b": "urn:myinstitute:lake:a:a%2Fb",
    }


def test_nothing_to_export_is_a_mistake_with_what_to_do(tmp_path):
    run = write_found(tmp_path, [(here("a", latitude=None), {"Daphnia": 1})])
    with pytest.raises(
        SestonError, match=r"no sample has a latitude and a longitude.*sample sheet"
    ):
        export(run)
    run = write_found(tmp_path, [(here("a"), {"x": 1})])
    with pytest.raises(SestonError, match=r"taxa.tsv: names none of the classes.*are: x$"):
        export(run)
    assert not (tmp_path / "out").exists()
    with pytest.raises(SestonError, match=r"licence: found 'CC', expected one of CC0-1.0"):
        export(run, licence="CC")
    with pytest.raises(
        SestonError, match=r"export.darwin_core.category is 'prediction', but there"
    ):
        export(run, category="prediction")


def test_tables_of_another_run_are_refused(run, tmp_path):
    other = write_found(tmp_path / "other", [(here("a"), {"Daphnia": 2})])
    with pytest.raises(SestonError, match="sample b is not in the table of samples"):
        export(run, samples=other.samples)
    with pytest.raises(SestonError, match=r"differs from `used` .* 4 samples, such as a;"):
        export(other, samples=run.samples)
    predictions = write_predictions(other, ["Daphnia"] * 2, [False] * 2, ["Daphnia"])
    with pytest.raises(SestonError, match="predictions of other images than those of this run"):
        export(run, category="prediction", predictions=predictions)
