"""The workflow, the libraries that computed, and the machine."""

from collections.abc import Mapping
from typing import Any

from seston.provenance.crate.entity import Entity, fact, links

#: Where the workflow's own text stands in the crate, and its first file there.
FOLDER = "workflow/"
SNAKEFILE = f"{FOLDER}Snakefile"
LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
_MIT = "https://spdx.org/licenses/MIT"
#: Libraries that results depend on; all others stand in the manifest.
_NAMED = (
    "faiss-cpu", "hdbscan", "matplotlib", "numpy", "opencv-python-headless", "openvino", "pandas",
    "pillow", "pyarrow", "safetensors", "scikit-image", "scikit-learn", "scipy", "snakemake",
    "timm", "torch", "umap-learn",
)  # fmt: skip


def software(libraries: Mapping[str, str]) -> list[Entity]:
    """Return Python and the libraries that results depend on, with their versions."""
    by_name = {name.lower().replace("_", "-"): version for name, version in libraries.items()}
    python = {"name": "Python", "version": libraries["python"], "url": "https://www.python.org/"}
    found = [Entity("https://www.python.org/", ("SoftwareApplication",), python)]
    for name in _NAMED:
        if name in by_name:
            page = f"https://pypi.org/project/{name}/{by_name[name]}/"
            told = {"name": name, "version": by_name[name], "url": page}
            found.append(Entity(page, ("SoftwareApplication",), told))
    return found


def language(libraries: Mapping[str, str]) -> Entity:
    """Return the language of the workflow."""
    told = {
        "name": "Snakemake",
        "identifier": {"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
        "url": {"@id": "https://snakemake.readthedocs.io"},
    }
    version = {"version": libraries["snakemake"]} if "snakemake" in libraries else {}
    return Entity(LANGUAGE, ("ComputerLanguage",), told | version)


def facts_of_workflow(told: Mapping[str, Any]) -> list[Entity]:
    """Return what tells this workflow from others: commit, digests; nothing that is not known."""
    changed = told["changed"]
    facts = {
        "commit": ("git commit", told["commit"]),
        "changed": ("files that differed from the commit", ", ".join(changed or []) or None),
        "sources": ("sha256 over all files of the workflow", told["sources"]),
        "lock": ("sha256 of the locked libraries (requirements.lock)", told["lock"]),
    }
    return [fact(f"#workflow-{key}", name, value) for key, (name, value) in facts.items() if value]


def machine(hardware: Mapping[str, Any]) -> list[Entity]:
    """Return the hardware of the job that wrote the manifest; nothing that is not known."""
    told = {key: value for key, value in hardware.items() if value not in (None, "", [])}
    texts = {
        key: ", ".join(value) if isinstance(value, list) else value for key, value in told.items()
    }
    return [fact(f"#machine-{key}", key, value) for key, value in sorted(texts.items())]


def text_of_workflow() -> Entity:
    """Return the folder with the workflow's text."""
    told = "rules, settings and locked libraries of the workflow, as they were for this run"
    return Entity(FOLDER, ("Dataset",), {"name": FOLDER, "description": told})


def main_workflow(
    told: Mapping[str, Any],
    facts: list[Entity],
    libraries: list[Entity],
    inputs: list[Entity],
    outputs: list[Entity],
) -> Entity:
    """Return the workflow itself."""
    known = f"git commit {told['commit']}" if told["commit"] else "a copy without its repository"
    differed = f", {len(told['changed'])} files changed since" if told["changed"] else ""
    about = {
        "name": "Seston",
        "description": (
            "Plankton images to clusters, abundances and temporal trends. The rules stand beside"
            f" this file; the package `seston` that they call: version {told['version']},"
            f" {known}{differed}"
        ),
        "version": told["version"],
        "encodingFormat": "text/plain",
        "license": {"@id": _MIT},
        "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
        "programmingLanguage": {"@id": LANGUAGE},
        "additionalProperty": links(facts),
        "softwareRequirements": links(libraries),
        "input": links(inputs),
        "output": links(outputs),
    }
    return Entity(SNAKEFILE, ("File", "SoftwareSourceCode", "ComputationalWorkflow"), about)
