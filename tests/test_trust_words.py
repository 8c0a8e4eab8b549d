"""What the page says of the trust in a clustering as a whole."""

from seston.report.given.trust import agreement_words, notes


def test_notes_tell_what_was_not_measured():
    assert notes({}) == []
    told = notes({"silhouette": 0.25, "stability_why": "", "slopes": {"brightness": True}})
    assert len(told) == 1
    told = notes({"stability_why": "Other images.", "slopes": {"brightness": False, "blur": False}})
    assert told[0] == "Stability was not measured. Other images."
    assert "do not change with brightness and blur more than by chance" in told[1]


def test_agreement_by_chance_is_that_of_the_index():
    told = agreement_words({"density": {"nmi": 0.72, "ami": 0.01, "ari": None, "noise": 0.1}})
    assert told.startswith("Here: NMI 0.72 and AMI 0.01. 1 is the same; AMI and ARI are 0 as by")
    assert "NMI is above 0 even then" in told
    assert agreement_words({}) == ""
