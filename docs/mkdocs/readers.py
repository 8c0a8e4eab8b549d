"""Which rules read which setting, found in the text of the rules.

A rule reads what its own text names as `config["section"]["key"]`, what a constant above it was
made of, and what stands behind a member of `PLAN`.
"""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Members of the plan (`seston.plan`), and the settings behind them.
PLANNED = {
    "samples_of": ["samples", "shard_by"],
    "raw_digest": ["samples", "shard_by"],
    "sheet_digest": ["samples"],
    "weights_file": ["backbone.weights"],
    "weights_digest": ["backbone.weights"],
    "frozen": ["cluster.frozen"],
    "frozen_digest": ["cluster.frozen"],
    "names_file": ["cluster.names"],
    "names_digest": ["cluster.names"],
    "labels_file": ["labels.file"],
    "labels_digest": ["labels.file"],
    "classifier_file": ["classify.model"],
    "classifier_digest": ["classify.model"],
}
#: Functions of the rules, and the settings that they read for the export that they are given.
CALLED = {
    r'\btaxa_of\("\w+"\)': "export.taxa",
    r'\bshare_option\("(\w+)"\)': r"export.\1.absences",
}
_CHAIN = re.compile(r'\bconfig((?:\["\w+"\])+)')
_MEMBER = re.compile(r"\bPLAN\.(\w+)")
#: The lines of a rule stand further in than its head.
_RULE = re.compile(r"^( *)(?:rule|checkpoint) (\w+):\n((?:\1 +.*\n|\n)*)", re.MULTILINE)
_CONSTANT = re.compile(r"^([A-Z_]+) = (.*\n(?:[ )\]}].*\n|\n)*)", re.MULTILINE)


def readers(keys: list[str]) -> dict[str, list[str]]:
    """Return for each setting the rules that read it, in the order of the workflow.

    Parameters
    ----------
    keys : list of str
        All settings, with their sections: ``cluster.sweep.k``.
    """
    found: dict[str, list[str]] = {key: [] for key in keys}
    # The shards stand for the setting that cuts them; all else that common.smk names is the plan's.
    constants = {"SHARDS": 'config["shard_by"]'}
    for path in _included():
        text = path.read_text(encoding="utf-8")
        if path.name != "common.smk":
            constants |= dict(_CONSTANT.findall(text))
        for _, rule, body in _RULE.findall(text):
            named = _named(body, constants)
            for key in keys:
                if any(key == one or key.startswith(f"{one}.") for one in named):
                    found[key].append(rule)
    return found


def _included() -> list[Path]:
    """Return the files of rules in the order in which the workflow has them."""
    names = re.findall(r'include: "(.*)"', (ROOT / "Snakefile").read_text(encoding="utf-8"))
    return [ROOT / name for name in names]


def _named(text: str, constants: dict[str, str]) -> set[str]:
    """Return the settings, and whole sections, that a piece of the rules names."""
    for name, value in constants.items():
        used = re.compile(rf"\b{name}\b")
        if not used.search(text):
            continue
        if _CHAIN.fullmatch(value.strip()):  # a section under a short name
            text = used.sub(value.strip(), text)
        else:
            others = {other: made for other, made in constants.items() if other != name}
            inner = _named(value, others)
            text += "".join(
                "\nconfig" + "".join(f'["{part}"]' for part in key.split(".")) for key in inner
            )
    named = {".".join(re.findall(r"\w+", keys)) for keys in _CHAIN.findall(text)}
    named.update(key for member in _MEMBER.findall(text) for key in PLANNED.get(member, []))
    for pattern, key in CALLED.items():
        named.update(found.expand(key) for found in re.finditer(pattern, text))
    return named
