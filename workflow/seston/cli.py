"""`python -m seston <stage> --option value`: one subcommand per rule.

Options come from the type hints of the stage's function and its docstring is
the help. A stage is imported only when it is called, so that a job on CPU
never pays for importing torch.
"""

import ast
import logging
import os
import sys
import warnings
from importlib import import_module
from pathlib import Path

import cyclopts

from seston import __version__
from seston.errors import SestonError
from seston.shortage import in_words
from seston.threads import limit_threads
from seston.usage import usage

log = logging.getLogger("seston")

#: subcommand -> module and function behind it
STAGES = {
    "samples": "seston.discover:discover",
    "check": "seston.check:check",
    "segment": "seston.segment:segment",
    "tiles": "seston.tiles:tiles",
    "backbone": "seston.models.weights:backbone",
    "finetune": "seston.finetune:finetune",
    "runtime": "seston.runtime.choice:runtime",
    "embed": "seston.embed:embed",
    "evaluate": "seston.evaluate.stage:evaluate",
    "choose": "seston.evaluate.verdict:choose",
    "attention": "seston.attention:attention",
    "sweep": "seston.cluster.sweep:sweep",
    "kmeans": "seston.cluster.kmeans:kmeans",
    "tree": "seston.cluster.tree:tree",
    "assign": "seston.cluster.assign:assign",
    "map": "seston.cluster.density:density_map",
    "examples": "seston.cluster.examples:examples",
    "names": "seston.naming.stage:name_clusters",
    "rename": "seston.naming.rename:rename",
    "index": "seston.search.index:make_index",
    "similar": "seston.search.similar:similar",
    "tables": "seston.tables:tables",
    "trends": "seston.trends.abundance:trends",
    "recluster": "seston.cluster.reclusterings:recluster",
    "changes": "seston.change.stage:changes",
    "groups": "seston.change.groups:groups",
    "community": "seston.community.stage:community",
    "trust": "seston.trust.stage:trust",
    "labelled": "seston.labels.stage:labelled",
    "classifier": "seston.classify.learn:classifier",
    "judge": "seston.classify.judge:judge",
    "predict": "seston.classify.predict:predict",
    "quantify": "seston.classify.quantify:quantify",
    "efficiency": "seston.classify.efficiency:efficiency",
    "efficiency-table": "seston.classify.efficiency_table:efficiency_table",
    "efficiency-figures": "seston.report.figures.efficiency_stage:efficiency_figures",
    "adopt": "seston.frozen.adopt:adopt",
    "drift": "seston.frozen.drift:drift",
    "report": "seston.report.page.stage:report",
    "sprites": "seston.report.map.sprites:sprites",
    "map-page": "seston.report.map.stage:map_page",
    "label-page": "seston.label.page:label_page",
    "label": "seston.label.server:label",
    "suggest": "seston.classify.suggest:suggest",
    "export-classifier": "seston.classify.export:export_classifier",
    "export-ecotaxa": "seston.export.ecotaxa.stage:export_ecotaxa",
    "check-ecotaxa": "seston.export.ecotaxa.check:check_ecotaxa",
    "export-darwin-core": "seston.export.darwin_core.stage:export_darwin_core",
    "check-darwin-core": "seston.export.darwin_core.check:check_darwin_core",
    "export-shark": "seston.export.shark.stage:export_shark",
    "export-atlas": "seston.export.atlas.stage:export_atlas",
    "export-boxes": "seston.export.boxes.stage:export_boxes",
    "export-morphocluster": "seston.export.morphocluster.stage:export_morphocluster",
    "import-morphocluster": "seston.export.morphocluster.back:import_morphocluster",
    "export-ifcb-scores": "seston.export.ifcb_scores.stage:export_ifcb_scores",
    "manifest": "seston.provenance.stage:manifest",
    "crate": "seston.provenance.crate.stage:crate",
    "verify": "seston.provenance.verify:verify",
}
#: What people call, and no rule does.
FOR_PEOPLE = ("samples", "check", "rename", "similar", "label", "suggest", "export-classifier",
              "check-darwin-core", "check-ecotaxa", "import-morphocluster", "verify")  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run one stage; return the exit status (2 for the user's mistakes, 1 for bad results)."""
    given = sys.argv[1:] if arguments is None else arguments
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("seston").setLevel(logging.INFO)  # libraries only from WARNING on
    limit_threads(_threads(given))
    # What Pillow thinks of a damaged picture stands in our own words among the rejected.
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
    app = cyclopts.App(
        name="seston",
        version=__version__,
        help_format="markdown",
        default_parameter=cyclopts.Parameter(consume_multiple=True),  # --shards a b c
    )
    stage = given[0] if given and given[0] in STAGES else None
    try:
        if stage is None:
            for name, target in STAGES.items():
                app.command(target, name=name, help=_summary(target))
        else:
            module, function = STAGES[stage].split(":")
            app.command(getattr(import_module(module), function), name=stage)
        status = app(given, result_action="return_value")
    except SestonError as error:
        print(f"seston {stage}: error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"seston {stage}: interrupted; the same command goes on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 141
    except Exception as error:
        told = in_words(error)
        if told is None:  # a bug: with its traceback
            raise
        print(f"seston {stage}: error: {told}", file=sys.stderr)
        return 2
    if stage and stage not in FOR_PEOPLE:
        log.info("%s: took %.2f CPU-s and at most %.0f MB", stage, *usage())
    return status if isinstance(status, int) else 0  # `verify` says whether all is right


def _summary(target: str) -> str:
    """First line of a stage's docstring, read without importing the stage."""
    module, function = target.split(":")
    path = Path(__file__).parent.joinpath(*module.split(".")[1:]).with_suffix(".py")
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return (ast.get_docstring(node) or "").partition("\n")[0]
    raise ValueError(f"no function {target}")


def _threads(arguments: list[str]) -> int:
    """Threads asked for by `--threads`, else by the environment, else one."""
    for position, argument in enumerate(arguments):
        value = argument.partition("=")[2]
        if argument == "--threads" and position + 1 < len(arguments):
            value = arguments[position + 1]
        if argument.startswith("--threads") and value.isdigit():
            return max(1, int(value))
    inherited = os.environ.get("OMP_NUM_THREADS", "")
    return int(inherited) if inherited.isdigit() and int(inherited) > 0 else 1
