"""Flags of groups and of the community, told once."""

from seston.report.given.course import Course
from seston.report.words.flag_notes import notes
from test_trend_words import table


def test_each_flag_is_told_with_how_often_it_stands_there():
    hills = [
        {"group": bag, "period": f"2024-05-0{day}", "what": what, "order": order, "flags":
         ";".join((["fixed_by_k"] if order == 0 else []) + (["poor"] if day == 2 else []))}
        for bag in "ab" for day in (1, 2, 3) for what in ("class", "cluster") for order in (0, 1)
    ]  # fmt: skip
    steps = [{"group": "a", "period": f"2024-05-0{day}", "flags": ""} for day in (1, 2)]
    course = Course(
        tables={
            "diversity": table("diversity", *hills), "turnover": table("turnover", *steps),
            "permanova": table("permanova", {"method": "aitchison", "flags": "coarse"}),
            "synchrony": table("synchrony", {"class": "A", "flags": "rare"}, {"class": "B"}),
        },
        told={"community": {"flags": {"fixed_by_k": "k was chosen", "poor": "too few images",
                                      "rare": "found in few periods"}}},
    )  # fmt: skip
    assert notes(course, "community", "s") == [
        ("Diversity, all 6 periods", "K was chosen."),
        ("Diversity, 2 of 6 periods", "Too few images."),
        ("Groups", "Coarse."),
        ("In step, 1 of 2 classes", "Found in few periods."),
    ]
    assert notes(course, "community", "another site") == []


def test_of_groups_the_classes_are_counted():
    rows = [{"class": name, "flags": "odd_scatter;vanishes"} for name in "ABC"] + [{"class": "D"}]
    course = Course(tables={"groups": table("groups", *rows)})
    odd, vanishes = notes(course, "groups", "s")
    assert odd == ("3 of 4 classes", "Odd scatter.")
    assert vanishes[1].startswith("It is not found again")
    [alone] = notes(Course(tables={"groups": table("groups", {"flags": "odd"})}), "groups", "s")
    assert alone == ("The only class", "Odd.")
