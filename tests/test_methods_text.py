"""The paragraphs that people paste into their papers say what was done, with its very settings."""

import json
from pathlib import Path

import pytest

from seston.report.given.findings import Findings, read_findings
from seston.report.given.results import Results, read_results
from seston.report.words import methods, methods_text, summary
from synthetic_course import write_course
from synthetic_findings import write_findings
from synthetic_results import Site, write_results

SHORE = Site("shore", ("",), ("2020-01-06", "2020-01-13", "2020-02-10"), 30, 2.0, 0.5)


def told(results: Results, findings: Findings) -> list[str]:
    totals = summary.totals(results.images, results.samples, results.rejected)
    return methods_text.paragraphs(results, findings, totals)


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Results:
    further = {"segment": {"clean": True}, "density": {"min_samples": 10, "min_cluster_size": 0}}
    folder = tmp_path_factory.mktemp("in")
    return read_results(**write_results(folder, sites=(SHORE,), clusters=3, **further))


@pytest.fixture
def text(results) -> str:
    return " ".join(told(results, Findings()))


def test_what_went_in_and_what_was_rejected(text, results):
    listed = results.samples["listed"].sum()
    start = "Images of 3 samples (3 days from 2020-01-06 to 2020-02-10) were processed with Seston"
    assert text.startswith(start)
    assert f"Of {listed} listed images, 3 were rejected (truncated: 3)." in text
    assert "Pixels of neighbouring objects were replaced by background." in text
    assert "resized to 64 × 64 pixels. They were embedded with the network" in text


def test_the_model_and_how_it_was_trained(text):
    assert (
        "fine-tuned without labels on the same images by DINO (Caron et al. 2021) (1 epoch, batches"
        " of at most 64, learning rate 0.0001, multiplied by 0.75 per layer from the last)."
    ) in text
    assert "Embeddings were computed with OpenVINO, bf16 on the CPU." in text


def test_clusters_and_map_with_their_parameters(text):
    assert "UMAP (McInnes et al. 2018; 30 neighbours, minimum distance 0.0)" in text
    assert "HDBSCAN (Campello et al. 2013; minimum samples 10) found" in text  # 0 is: chosen


def test_versions_seed_and_fingerprints_are_those_of_the_run(text, results):
    assert "with seed 1, on" in text
    for name, value in methods.versions()[1:]:
        assert f"{name} {value}" in text
    assert f"clustering {results.kmeans['fingerprint'][:12]}" in text
    assert "finetuned model bbbbbbbbbbbb" in text


def test_what_was_not_done_is_not_told(text):
    for word in ("Ward", "Stability of clusters", "Mann–Kendall", "PERMANOVA", "not used"):
        assert word not in text, word


def test_every_work_that_is_named_is_in_the_list(tmp_path):
    from seston.report.words.references import references

    given = write_results(tmp_path, sites=(SHORE,), clusters=3)
    given |= write_findings(tmp_path, given)
    given |= write_course(tmp_path, given)
    results = read_results(**{key: given[key] for key in _names(read_results) if key in given})
    course = {key: given[key] for key in _names(read_findings) if key in given}
    findings = read_findings(results, segment_dir=given["rejected_dir"], **course)
    text = " ".join(told(results, findings))
    assert "(Ward 1963)" in text
    cited = " ".join(references(findings))
    for name in ("Caron", "Campello", "McInnes", "Ward", "Hennig", "Benjamini", "Johnson", "Hill"):
        assert name in text, name
        assert name in cited, name
    assert "  " not in text


def _names(function) -> set[str]:
    return set(function.__annotations__) - {"return"}


def test_a_model_without_a_card_and_a_run_without_rejects(tmp_path):
    given = write_results(tmp_path, sites=(SHORE,), clusters=2, attention=None, rejects=0)
    del given["model"], given["runtime"]
    settings = json.loads(Path(given["settings"]).read_text())
    settings["backbone"] = {"name": "someone's", "weights": ""}
    Path(given["settings"]).write_text(json.dumps(settings))
    text = " ".join(told(read_results(**given), Findings()))
    assert "0 were rejected. Crops" in text
    assert "They were embedded with the network someone's. Embeddings were" in text
