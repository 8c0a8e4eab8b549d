"""Whether results are what was written, and fit each other: `python -m seston verify RESULTS`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seston.errors import SestonError
from seston.provenance.chain import broken_contents, broken_links
from seston.provenance.checksums import Checksum, checksums
from seston.provenance.counts import totals, wrong_efforts, wrong_tables
from seston.provenance.described import described, fingerprints
from seston.provenance.finding import Finding
from seston.provenance.listing import MANIFEST, other_files
from seston.provenance.manifest import digest_of, read_manifest, settings_of
from seston.provenance.marks import UNREADABLE
from seston.provenance.same_ids import other_organisms


def verify(results: Path, /, *, threads: int = 4) -> int:
    """Recompute checksums, counts and fingerprints of a run, and name all that does not match.

    Prints a line for each thing that is wrong: files that are missing, changed or not of this run;
    samples whose organisms are not as many as was listed; files that hold other organisms than
    were cut out; files made from another model or clustering than the one beside them.
    Changes nothing. Ends with status 0 if all is right, 1 if something does not match, 2 if there
    is no manifest to hold results against.

    Parameters
    ----------
    results : pathlib.Path
        The results folder of a finished run.
    threads : int
        Files that are read at a time.
    """
    manifest = read_manifest(results / MANIFEST)
    found = dict(checksums(results, sorted(manifest["files"]), threads))
    try:
        wrong = sorted(set(findings(results, manifest, found)))
    except (KeyError, TypeError, AttributeError) as error:
        if digest_of(manifest) == manifest["digest"]:
            raise
        raise SestonError(
            f"{results / MANIFEST}: was changed after it was written, and makes no sense any more"
            f" ({error!r}); get it from a copy of the results"
        ) from error
    for finding in wrong:
        print(finding)
    size = sum(file.size for file in found.values() if file) / 1e6
    read = f"{len(found)} files, {size:,.1f} MB, {len(manifest['samples'])} samples"
    print(_origin(manifest))
    if wrong:
        print(f"{read}: {len(wrong)} do{'es' if len(wrong) == 1 else ''} not match")
        return 1
    print(f"{read}: all as they were written, and they fit each other")
    return 0


def findings(
    results: Path, manifest: Mapping[str, Any], found: Mapping[str, Checksum | None]
) -> Iterator[Finding]:
    """Yield all that does not match, in no order; the same may come twice.

    Parameters
    ----------
    results : pathlib.Path
    manifest : mapping
        As of `read_manifest`.
    found : mapping of str to Checksum or None
        Of the files that the manifest names, as they are now.
    """
    yield from _wrong_manifest(results, manifest)
    yield from _changed_files(results, manifest["files"], found)
    for name in other_files(results, manifest["files"]):
        yield Finding(name, "not of this run: no stage of it made this file")
    there = {name for name, file in found.items() if file}
    shards, models, chosen = manifest["shards"], manifest["models"], manifest["chosen"]
    sha256 = {name: file.sha256 for name, file in found.items() if file}
    yield from broken_links(results, there, shards, models, chosen, sha256)
    yield from broken_contents(results, there, shards, models)
    yield from other_organisms(results, there, shards, models, chosen)
    yield from wrong_efforts(results, there, shards, manifest["samples"])
    yield from wrong_tables(results, there)


def _wrong_manifest(results: Path, manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield where the manifest is not what was written, or does not fit itself."""
    digest = digest_of(dict(manifest))
    if digest != manifest["digest"]:
        yield Finding(
            MANIFEST,
            f"was changed after it was written: its content is {digest[:12]}, not"
            f" {str(manifest['digest'])[:12]}",
        )
    if totals(manifest["samples"]) != manifest["totals"]:
        yield Finding(MANIFEST, "its totals are not the sums of its samples")
    named = fingerprints(manifest["files"], manifest["shards"], manifest["models"])
    for what in sorted(named.keys() | manifest["fingerprints"].keys()):
        if named.get(what) != manifest["fingerprints"].get(what):
            yield Finding(MANIFEST, f"its fingerprint of {what} is not that of its files")
    try:
        settings = settings_of(results)
    except UNREADABLE:
        return  # missing or changed, and told with the other files
    if (settings, settings.get("seed")) != (manifest["configuration"], manifest["seed"]):
        yield Finding(MANIFEST, "its configuration or seed is not that of settings.yaml")


def _changed_files(
    results: Path,
    written: Mapping[str, Mapping[str, Any]],
    found: Mapping[str, Checksum | None],
) -> Iterator[Finding]:
    for name, file in found.items():
        said = written[name]
        if file is None:
            gone = not (results / name).exists()
            yield Finding(name, "missing" if gone else "cannot be read")
        elif file.size != said["size"]:
            yield Finding(name, f"changed: {file.size} bytes, but {said['size']} were written")
        elif file.sha256 != said["sha256"]:
            yield Finding(
                name, f"changed: sha256 {file.sha256[:12]}, but {said['sha256'][:12]} was written"
            )
        else:
            yield from _other_description(results, name, said)


def _other_description(results: Path, name: str, said: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what the manifest says of an unchanged file that the file does not say."""
    try:
        now = described(results / name)
    except UNREADABLE as error:
        yield Finding(name, f"not readable ({error!r})")
        return
    for key in sorted((now.keys() | said.keys()) - {"size", "sha256"}):
        if now.get(key) != said.get(key):
            what = f"{key} of {name} is {now.get(key)}, but the manifest says {said.get(key)}"
            yield Finding(MANIFEST, what)


def _origin(manifest: Mapping[str, Any]) -> str:
    """Return a line on which program made the results, and when."""
    made = manifest["workflow"]
    commit = f", commit {made['commit'][:12]}" if made["commit"] else ""
    changed = f" with {len(made['changed'])} changed files" if made["changed"] else ""
    return f"made by Seston {made['version']}{commit}{changed}, {manifest['run']['written']}"
