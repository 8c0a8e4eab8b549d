# Seston: plankton images to clusters, abundances and temporal trends.
# The whole plan at a glance; what each rule needs and makes stands in workflow/rules/.
from snakemake.utils import min_version

min_version("9.20")


include: "workflow/rules/common.smk"
include: "workflow/rules/shown.smk"
include: "workflow/rules/organisms.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/evidence.smk"
include: "workflow/rules/clusters.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/trends.smk"
include: "workflow/rules/labels.smk"
include: "workflow/rules/classify.smk"
include: "workflow/rules/efficiency.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/pages.smk"
include: "workflow/rules/export.smk"


if PLAN.frozen:

    include: "workflow/rules/frozen.smk"


include: "workflow/rules/provenance.smk"


# Name one of these to run a part: `snakemake segment_all`. `trends` and `report` are rules as well;
# so are, no part of `all`, `label_efficiency` and the exports: `ecotaxa`, `darwin_core`, `shark`,
# `morphocluster`, `ifcb_scores`, `atlas`, `boxes` and `crate`.
rule all:
    default_target: True
    input:
        rules.report.output,
        rules.map_page.output,
        rules.label_page.output,
        rules.tables.output,
        rules.trends.output,
        rules.changes.output,
        rules.groups.output,
        rules.community.output,
        rules.trust.output,
        rules.index.output,
        # Both models, so that before and after fine-tuning can be compared.
        collect(rules.assign.output, model=MODELS, shard=SHARDS),
        # Classes from labels, where the settings ask for them.
        [rules.judge.output, rules.quantify.output] if CLASSES else [],
        rules.manifest.output,
    localrule: True


rule segment_all:
    input:
        collect(rules.segment.output, shard=SHARDS),
    localrule: True


rule tiles_all:
    input:
        collect(rules.tiles.output, shard=SHARDS),
    localrule: True


rule embed_all:
    input:
        collect(rules.embed.output, model=MODELS, shard=SHARDS),
    localrule: True


rule evidence:
    input:
        rules.choose.output,
    localrule: True


rule clusters:
    input:
        collect(rules.assign.output, model=MODELS, shard=SHARDS),
        rules.map.output,
    localrule: True
