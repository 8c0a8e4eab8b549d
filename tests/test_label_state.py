"""What holds after all actions: the same here and in the page, byte by byte."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from seston.label import page
from seston.label.state import Labelled, Named, conflict, fold, one_taxon
from seston.label.tables import labels_table, names_table
from seston.naming.rows import STATUS

CLUSTERING = "c1" * 32
#: Signs that sort otherwise by UTF-16 than by code point, that need quotes, or that are no text.
IMAGES = ["s/1", "s/10", "s/2", "s/\uff5e", "s/\U0001f600", 's/"x"', "s/a\tb", "S/1", "s/é", "s/e"]
NAMES = [
    "Dinobryon",
    "junk",
    'so-called "x"',
    "</script><b>",
    "\u202eevil",
    "Ceratium, 3",
    "NA",
    "0",
]


def number(count):
    return f"{count:012x}"


def action(count, annotator="AB", **what):
    return {"id": number(count), "utc": f"t{count}", "annotator": annotator} | what


def name(count, cluster, called, aphia_id=None, **more):
    told = {"verb": "name", "cluster": cluster, "name": called, "aphia_id": aphia_id}
    return action(count, **told, **({"status": "validated"} | more))


def label(count, images, called, **more):
    told = {"verb": "label", "images": images, "label": called, "status": "validated"}
    return action(count, **(told | more))


def test_the_last_word_of_each_holds():
    state = fold(
        [
            name(1, 0, "a"),
            name(2, 1, "b", 7, status="dubious"),
            name(3, 0, "c", annotator="CD", merged_into=1),
            action(4, verb="unname", cluster=1),
            action(5, verb="unname", cluster=2),
            action(6, verb="seen", cluster=2, page=0),
            label(7, ["s/1", "s/2"], "x"),
            label(8, ["s/2"], "y", annotator="CD"),
            label(9, ["s/1", "s/3"], ""),
        ]
    )
    assert state.names == {0: Named("c", None, "validated", "CD", "t3")}
    assert state.labels == {
        ("s/2", "AB"): Labelled("x", "validated", "t7"),
        ("s/2", "CD"): Labelled("y", "validated", "t8"),
    }


def test_what_was_undone_does_not_count_and_what_it_covered_holds_again():
    actions = [name(1, 0, "a"), name(2, 0, "b"), label(3, ["s/1"], "x"), label(4, ["s/1"], "")]
    undo = [action(5, verb="undo", of=number(2)), action(6, verb="undo", of=number(4))]
    state = fold([*actions, *undo])
    assert state.names[0].name == "a" and list(state.labels) == [("s/1", "AB")]
    # An undo is not undone, and one of an action that is not there does nothing.
    more = [action(7, verb="undo", of=number(5)), action(8, verb="undo", of=number(99))]
    assert fold([*actions, *undo, *more]) == state


def test_an_aphia_id_holds_for_all_clusters_of_its_name():
    state = fold([name(1, 0, "a", 7), name(2, 1, "a"), name(3, 2, "b")])
    assert [row.aphia_id for row in one_taxon(state.names).values()] == [7, 7, None]
    assert conflict(state) == ""
    state.add(name(4, 1, "a", 8))
    assert "'a' has aphia_id 8 in cluster 1, but 7 in cluster 0" in conflict(state)
    state.add(name(5, 1, "A"))
    assert conflict(state).startswith("'A' (cluster 1), but 'a' (cluster 0): write a name in one")


def test_the_tables_are_sorted_by_code_point_and_quoted_where_needed():
    state = fold([name(1, 10, 'x "y"'), name(2, 9, "z", 5), label(3, IMAGES, "l")])
    assert names_table(state, "c", {}) == (
        "clustering\tcluster\tname\taphia_id\tstatus\tannotator\ttime\n"
        'c\t9\tz\t5\tvalidated\tAB\tt2\nc\t10\t"x ""y"""\t\tvalidated\tAB\tt1\n'
    )
    ids = [line.partition("\tl\t")[0] for line in labels_table(state, {}).splitlines()[1:]]
    assert ids == [
        "S/1", '"s/""x"""', "s/1", "s/10", "s/2", '"s/a\tb"', "s/e", "s/é", "s/\uff5e",
        "s/\U0001f600",
    ]  # fmt: skip


def journal_by_chance(seed):
    """Return actions of all kinds on few clusters and images, so that they meet."""
    rng = np.random.default_rng(seed)
    actions = []
    for count in range(int(rng.integers(0, 120))):
        who = ["AB", "CD", "", "\U0001f600", "\uff5e"][rng.integers(5)]
        kind = rng.integers(8)
        cluster, called = int(rng.integers(12)), NAMES[rng.integers(len(NAMES))]
        status = STATUS[rng.integers(3)]
        if kind < 3:
            taxon = None if rng.random() < 0.5 else int(rng.integers(1, 10**9))
            new = name(count, cluster, called, taxon, status=status, annotator=who)
        elif kind < 6:
            images = rng.choice(IMAGES, rng.integers(1, 5), replace=False).tolist()
            called = "" if rng.random() < 0.3 else called
            new = label(count, images, called, status=status, annotator=who)
        elif kind == 6:
            new = action(count, who, verb=["unname", "seen"][rng.integers(2)], cluster=cluster)
        else:
            new = action(count, who, verb="undo", of=number(int(rng.integers(count + 1))))
        actions.append(new)
    more = {
        int(cluster): {"remark": f'say "{cluster}"', "day": ""}
        for cluster in np.sort(rng.choice(14, rng.integers(0, 4), replace=False))
    }
    return actions, more


IN_THE_PAGE = """
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const told = given.map(([actions, more]) => {
  const state = Seston.fold(actions);
  return [Seston.namesTable(state, "%s", more), Seston.labelsTable(state)];
});
process.stdout.write(JSON.stringify(told));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node on the PATH")
def test_the_page_folds_the_same_journal_to_the_same_bytes(tmp_path):
    journals = [journal_by_chance(seed) for seed in range(60)]
    scripts = [(page.TEMPLATES / file).read_text() for file in ("fold.js", "tables.js")]
    script = tmp_path / "page.js"
    script.write_text("\n".join([*scripts, IN_THE_PAGE % CLUSTERING]), encoding="utf-8")
    given = json.dumps(journals).encode()
    run = subprocess.run(["node", script], input=given, capture_output=True, check=True)
    for (actions, more), told in zip(journals, json.loads(run.stdout), strict=True):
        state = fold(actions)
        assert told == [names_table(state, CLUSTERING, more), labels_table(state, {})]
    assert sum(any(one["verb"] == "undo" for one in actions) for actions, _ in journals) > 40
