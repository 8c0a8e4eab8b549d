"""Entities to the two files of a crate, by the library `rocrate`."""

import html
import json
from typing import Any

from rocrate.model.computationalworkflow import ComputationalWorkflow
from rocrate.model.contextentity import ContextEntity
from rocrate.model.data_entity import DataEntity
from rocrate.model.dataset import Dataset
from rocrate.model.file import File
from rocrate.rocrate import ROCrate

from seston.provenance.crate.run import Described

#: The profiles of runs build on this version of RO-Crate.
_VERSION = "1.1"
_OF_FILE = (
    f"https://w3id.org/ro/crate/{_VERSION}",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
)
#: Not among the terms of RO-Crate 1.1.
_TERMS = {"sha256": "http://schema.org/sha256"}


def metadata(described: Described) -> str:
    """Return ``ro-crate-metadata.json``: the same for the same entities."""
    crate = _crate(described)
    crate.metadata.extra_terms.update(_TERMS)
    told = crate.metadata.generate()
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def preview(described: Described) -> str:
    """Return ``ro-crate-preview.html``.

    The library's template takes texts for HTML, so they are escaped before.
    """
    # Of what is linked it would show how Python names the object.
    by_id = {one.id: one.properties["name"] for one in described.entities}
    license = by_id[described.root["license"]["@id"]]
    safe = Described(
        _escaped(described.root | {"license": license}),
        [one._replace(properties=_escaped(one.properties)) for one in described.entities],
    )
    return str(_crate(safe).preview.generate_html())


def _crate(described: Described) -> ROCrate:
    crate = ROCrate(gen_preview=True, version=_VERSION)
    for one in described.entities:
        told = {"@type": one.types[0] if len(one.types) == 1 else list(one.types)}
        told |= one.properties
        made: DataEntity | ContextEntity
        if "ComputationalWorkflow" in one.types:
            made = ComputationalWorkflow(crate, dest_path=one.id, properties=told)
        elif one.types == ("File",):
            made = File(crate, dest_path=one.id, properties=told)
        elif one.types == ("Dataset",):
            made = Dataset(crate, dest_path=one.id, properties=told)
        else:
            made = ContextEntity(crate, one.id, properties=told)
        crate.add(made)
    for key, value in described.root.items():
        crate.root_dataset[key] = value
    crate.metadata["conformsTo"] = [{"@id": page} for page in _OF_FILE]
    return crate


def _escaped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _escaped(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return html.escape(value) if isinstance(value, str) else value
