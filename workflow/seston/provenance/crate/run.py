"""A run as an action: by which workflow, of what, with what result."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from seston.provenance.crate.contents import REPORT, SETTINGS, TABLES, contents
from seston.provenance.crate.entity import Entity, fact, link, links
from seston.provenance.crate.raw import SAMPLES
from seston.provenance.crate.software import (
    facts_of_workflow,
    language,
    machine,
    main_workflow,
    software,
    text_of_workflow,
)  # fmt: skip

_PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
#: Of the Workflow Run Crate collection; see https://w3id.org/ro/wfrun/workflow.
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
UNSTATED = "not stated: ask those who made this run before you use its results"


class Agent(NamedTuple):
    """Who ran the workflow: a name, and a page that identifies it (ORCID, ROR); "" = not told."""

    name: str = ""
    page: str = ""


class Described(NamedTuple):
    """All entities of a crate, and the properties of the crate itself."""

    root: dict[str, Any]
    entities: list[Entity]


def described(
    manifest: Mapping[str, Any],
    written: Entity,
    raw: list[Entity],
    title: str,
    license: str,
    agent: Agent,
) -> Described:
    """Return a finished run as entities.

    Parameters
    ----------
    manifest : mapping
        As of `read_manifest`.
    written : Entity
        The file of the manifest.
    raw : list of Entity
        What went in; the first is the collection of samples.
    title, license : str
        Of the crate.
    agent : Agent
    """
    held = _as_examples([*contents(manifest["files"]), written, raw[0]])
    inputs, outputs = _parameters(held)
    libraries = software(manifest["run"]["libraries"])
    facts = facts_of_workflow(manifest["workflow"])
    workflow = main_workflow(manifest["workflow"], facts, libraries, inputs, outputs)
    spoken = language(manifest["run"]["libraries"])
    hardware = machine(manifest["run"]["hardware"])
    seed = fact("#seed", "seed of all random numbers", manifest["seed"])
    who = _agent(agent)
    granted = _license(license)
    of_results = [one for one in held if one.id not in (SETTINGS, raw[0].id, written.id)]
    settings = [one for one in held if one.id == SETTINGS]
    total = manifest["totals"]
    action = {
        "name": f"Run of Seston {manifest['workflow']['version']}",
        "description": (
            f"{len(manifest['samples'])} samples: {total['listed']} organisms listed ="
            f" {total['used']} used + {total['rejected']} rejected. Clusters shown: of the model"
            f" {manifest['chosen']}. endTime is when the manifest was written"
        ),
        "instrument": link(workflow),
        "object": links([*settings, raw[0], seed]),
        "result": links(of_results),
        "endTime": manifest["run"]["written"],
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "additionalProperty": links(hardware),
    } | ({"agent": link(who[0])} if who else {})
    run = Entity("#run", ("CreateAction",), action)
    profiles = [
        Entity(page, ("CreativeWork",), {"name": name, "version": version})
        for page, (name, version) in PROFILES.items()
    ]
    root = {
        "name": title,
        "description": f"Results of Seston, a workflow for plankton images: {action['name']}",
        "datePublished": manifest["run"]["written"],
        "license": link(granted),
        "conformsTo": links(profiles),
        "mentions": links([run, raw[0]]),
        "mainEntity": link(workflow),
    } | ({"author": link(who[0])} if who else {})
    rest = [
        granted,
        *raw[1:],
        run,
        seed,
        *inputs,
        *outputs,
        spoken,
        *libraries,
        *facts,
        *hardware,
        *who,
    ]
    return Described(root, [workflow, text_of_workflow(), *held, *rest, *profiles])


#: Of the workflow: id, name, description, type, and the entity that is one in this run.
_PARAMETERS = {
    "#parameter-settings": ("settings", "every setting after the defaults", "File", SETTINGS),
    "#parameter-samples": ("samples", "sample sheet and raw files", "Collection", SAMPLES),
    "#parameter-tables": ("tables", "tables of results", "Dataset", TABLES),
    "#parameter-report": ("report", "the report, one page", "File", REPORT),
}
_INPUTS = ("#parameter-settings", "#parameter-samples")


def _as_examples(entities: list[Entity]) -> list[Entity]:
    """Return the entities, those that are values of parameters with a link to these."""
    of = {example: id for id, (_, _, _, example) in _PARAMETERS.items()}
    return [
        one._replace(properties=one.properties | {"exampleOfWork": link(of[one.id])})
        if one.id in of
        else one
        for one in entities
    ]


def _parameters(held: list[Entity]) -> tuple[list[Entity], list[Entity]]:
    """Return inputs and outputs of the workflow, as far as this run has them."""
    there = {entity.id for entity in held}
    found = {
        id: Entity(
            id,
            ("FormalParameter",),
            {
                "name": name,
                "description": told,
                "additionalType": kind,
                "conformsTo": link(_PARAMETER),
                "workExample": link(example),
            },
        )
        for id, (name, told, kind, example) in _PARAMETERS.items()
        if example in there
    }
    inputs = [entity for id, entity in found.items() if id in _INPUTS]
    return inputs, [entity for id, entity in found.items() if id not in _INPUTS]


def _license(license: str) -> Entity:
    """Return the licence of the results, by its address or in words."""
    if license.startswith(("https://", "http://")):
        return Entity(license, ("CreativeWork",), {"name": license})
    return Entity("#license", ("CreativeWork",), {"name": license or UNSTATED})


def _agent(agent: Agent) -> list[Entity]:
    """Return who ran it, if that is told."""
    if not agent.name:
        return []
    kind = "Organization" if agent.page.startswith("https://ror.org/") else "Person"
    return [Entity(agent.page or "#agent", (kind,), {"name": agent.name})]
