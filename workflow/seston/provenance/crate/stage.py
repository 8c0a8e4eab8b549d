"""Stage `crate`: a finished run described as RO-Crate, in place."""

import logging
import shutil
from pathlib import Path

from seston import store
from seston.errors import SestonError
from seston.folders import whole_folder
from seston.provenance.checksums import checksums
from seston.provenance.crate.assembled import metadata, preview
from seston.provenance.crate.contents import manifest_file
from seston.provenance.crate.raw import raw_files
from seston.provenance.crate.run import Agent, described
from seston.provenance.listing import MANIFEST
from seston.provenance.manifest import read_manifest
from seston.provenance.origin import CHECKOUT, sources_digest

log = logging.getLogger("seston")

#: What of the workflow goes into the crate: its text, without the package.
_TEXT = ("Snakefile", "workflow/rules", "workflow/schemas", "envs", "requirements.lock")


def crate(
    *,
    results: Path,
    sheet: Path,
    title: str,
    license: str = "",
    agent: str = "",
    agent_page: str = "",
    workflow: Path,
    page: Path,
    metadata_file: Path,
) -> None:
    """Describe a finished run as RO-Crate (Workflow Run Crate): results are its root.

    Parameters
    ----------
    results : pathlib.Path
        The results folder, with a manifest.
    sheet : pathlib.Path
        The sample sheet.
    title : str
        Of the crate.
    license : str
        Of the results: a web address, or a sentence; "" = not stated.
    agent, agent_page : str
        Who ran the workflow, and the address of an ORCID or ROR; "" = not told.
    workflow : pathlib.Path
        Written: a folder with the rules of the workflow.
    page : pathlib.Path
        Written: ``ro-crate-preview.html``, the same for people.
    metadata_file : pathlib.Path
        Written: ``ro-crate-metadata.json``.
    """
    manifest = read_manifest(results / MANIFEST)
    made, here = manifest["workflow"]["sources"], sources_digest(CHECKOUT)
    if made != here:
        raise SestonError(
            f"{results / MANIFEST}: of a workflow with sources {made[:12]}, but here they are"
            f" {here[:12]}, so the crate would hold other rules than those of the run; run"
            " `snakemake -R manifest crate`, or use the clone that made the results"
        )
    (_, found), *_ = checksums(results, [MANIFEST], 1)
    if found is None:
        raise SestonError(f"{results / MANIFEST}: cannot be read")
    run = described(
        manifest,
        manifest_file(found.size, found.sha256),
        raw_files(sheet, manifest["samples"]),
        title,
        license,
        Agent(agent, agent_page),
    )
    with whole_folder(workflow) as folder:
        _copy_text(CHECKOUT, folder)
    store.write_text(preview(run), page)
    store.write_text(metadata(run), metadata_file)
    log.info("%d entities", len(run.entities))


def _copy_text(checkout: Path, folder: Path) -> None:
    """Copy the text of the workflow, each file at its place."""
    for name in _TEXT:
        if (checkout / name).is_dir():
            shutil.copytree(checkout / name, folder / name)
        elif (checkout / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(checkout / name, folder / name)
