"""
Settings, sample sheet and shards, read once when Snakemake starts.

REQUIRED INPUTS: config.yaml (or --configfile) and the sample sheet it names.
GIVES: config with defaults, SHARDS (name -> samples), MODELS, told(), grow(), folder(), option_of(), file_of(),
       options(), of_chosen(), code_digest().
"""

import json
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))

from seston.errors import SestonError
from seston.export.found.asked import taxa_for
from seston.export.ifcb_scores.asked import require_ifcb_classes
from seston.lineage import code_digest
from seston.plan import plan_run
from seston.yaml_file import require_readable


def told(function, *arguments):
    """What a function returns; a mistake of the user in Snakemake's way, without a traceback."""
    try:
        return function(*arguments)
    except SestonError as error:
        raise WorkflowError(str(error)) from None


# config.yaml is a whole configuration, so another one given by --configfile takes its place:
# Snakemake's own rule, to merge the two, would leave settings of the example in it.
if not workflow.overwrite_configfiles:
    if Path("config.yaml").is_file():  # before Snakemake, which names no line
        told(require_readable, Path("config.yaml"))

    configfile: "config.yaml"


# A job that SLURM starts on a node reads all of this again, but not the raw files of all samples.
PLAN = told(
    lambda: plan_run(
        config, list(map(Path, workflow.configfiles)), look=workflow.is_main_process
    )
)
config = PLAN.config
SHARDS = PLAN.shards
MODELS = PLAN.models


wildcard_constraints:
    model="pretrained|finetuned",
    shard=r"[A-Za-z0-9._-]+",


# For `--sdm apptainer`: made from Containerfile, in the working directory. Not by its full path: a
# run that moved would start anew, and Snakemake refuses spaces there even where no job uses it.
IMAGE = "seston.sif"


container: IMAGE


if (
    DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method
    and not Path(IMAGE).exists()
):
    raise WorkflowError(
        f"--sdm apptainer: found no {IMAGE} in {Path.cwd()}; make it as Containerfile says, or link it"
    )


# Jobs find the package whatever the environment; a module of the user's working directory must
# not shadow one of ours. Without --sdm, jobs use the Python that runs Snakemake.
_exports = {
    "PYTHONSAFEPATH": "1",
    "PYTHONPATH": shlex.quote(f"{workflow.basedir}/workflow"),
}
if not workflow.deployment_settings.deployment_method:
    _exports["PATH"] = shlex.quote(str(Path(sys.executable).parent)) + ":$PATH"
# Snakemake formats the prefix, so braces in a path are doubled.
shell.prefix(
    "export "
    + " ".join(f"{name}={value}" for name, value in _exports.items())
    .replace("{", "{{")
    .replace("}", "}}")
    + "; "
)


def grow(base):
    """A resource that grows with each attempt: a job killed for it gets more."""
    return lambda wildcards, attempt: base * attempt


def folder(name, up=1):
    """The folder of the (first) input file of this name, `up` levels above it."""

    def found(wildcards, input):
        files = getattr(input, name)
        return str(Path(files if isinstance(files, str) else files[0]).parents[up - 1])

    return found


def option_of(name, option, up):
    """An option that names the folder `up` levels above the first input file of this name, if any."""

    def given(wildcards, input):
        files = list(getattr(input, name))
        return [f"{option}={Path(files[0]).parents[up - 1]}"] if files else []

    return given


def file_of(name, option):
    """An option that names the first input file of this name, if any."""

    def given(wildcards, input):
        files = getattr(input, name)
        return [
            f"{option}={file}"
            for file in ([files] if isinstance(files, str) else files)
        ][:1]

    return given


def options(name, settings):
    """A section of the settings as options: --name.key=value, each quoted for the shell."""
    return " ".join(
        shlex.quote(f"--{name}.{key.replace('_', '-')}={value}")
        for key, value in settings.items()
    )


def as_it_is(text):
    """This text as a param: in a plain one, what stands in braces would be a wildcard."""
    return lambda wildcards: text


def of_chosen(files, **names):
    """These files of the chosen model: known to Snakemake once `choose` has run."""

    def found(wildcards):
        with checkpoints.choose.get().output.chosen.open() as file:
            return collect(files, model=file.read().strip(), **names)

    return found


def taxa_of(export):
    """The table of taxa, where this export needs one."""
    return lambda wildcards: list(map(ancient, told(taxa_for, config, export)))


def share_option(export):
    """The option of absences, unless there are to be none."""
    absences = config["export"][export]["absences"]
    return [] if absences == "none" else [f"--absences={absences}"]


def scored(wildcards):
    """The predictions of a run with a classifier and IFCB samples; all others are told so."""
    instruments = {row.instrument for rows in SHARDS.values() for row in rows}
    told(require_ifcb_classes, config, instruments)
    return rules.quantify.output.predictions
