"""The example on a real SLURM: what each job was given there, and the tables of a local run."""

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
from safetensors.numpy import load_file

from conftest import REPOSITORY, Project, copy_checkout
from slurm_cluster import Cluster, cluster, needs_slurm
from small_training import command, environment, make_run, train

pytestmark = needs_slurm

PER_SHARD = ("segment", "tiles")
PER_SHARD_AND_MODEL = ("embed", "assign")
#: rules that run only where somebody names them
ON_REQUEST = {"adopt", "drift", "sprites", "efficiency", "efficiency_table", "efficiency_figures"}
ON_REQUEST |= {"ecotaxa", "darwin_core", "shark", "morphocluster", "ifcb_scores", "atlas", "boxes"}
ON_REQUEST |= {"crate"}
#: how long what took stands in these
TIMED = re.compile(
    r"benchmarks/|logs/|map\.json$|\w+/runtime/runtime\.json$|report/index\.html$|report/data/runtime\.csv$|report/manifest\.json$"
)
THREADS = 2


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("slurm"), node_cpus=4, node_mem=64_000, gpus=2) as one:
        yield one


def snakemake(checkout: Path, *arguments: str) -> None:
    """Type `snakemake --profile slurm` in a checkout."""
    result = subprocess.run(
        [
            *(Path(sys.executable).with_name("snakemake"), "--profile", "slurm"),
            # Jobs are short here. Fine-tuning on a CPU rounds otherwise with more threads.
            *("--slurm-init-seconds-before-status-checks", "3", "--max-threads", str(THREADS)),
            *arguments,
        ],
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=3600,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def on_slurm(slurm: Cluster, tmp_path_factory) -> Project:
    """A checkout where the README's command ran the example to its end."""
    folder = copy_checkout(tmp_path_factory.mktemp("on_slurm") / "checkout")
    (folder / "example").symlink_to(REPOSITORY / "example")
    project = Project(folder, folder)
    project.set("embed", engine="openvino")  # as in the local run
    snakemake(folder)
    return project


@pytest.fixture(scope="module")
def jobs(slurm: Cluster, on_slurm: Project) -> pd.DataFrame:
    """What the accounting knows of each job of that run, with its rule and wildcards."""
    table = pd.DataFrame(slurm.jobs())
    # As the executor plugin comments them: rule_embed_wildcards_pretrained_2018-05.
    parts = table.Comment.str.extract(r"^rule_(\w+?)(?:_wildcards_(.*))?$")
    return table.assign(rule=parts[0], wildcards=parts[1].fillna("")).dropna(subset="rule")


def asked() -> dict[str, dict[str, int]]:
    """What each rule asks for on its first attempt, as its text says."""
    found = {}
    for path in (REPOSITORY / "workflow" / "rules").glob("*.smk"):
        rules = re.split(r"^ *(?:rule|checkpoint) (\w+):\n", path.read_text(), flags=re.M)
        for name, text in zip(rules[1::2], rules[2::2], strict=True):
            values = re.findall(
                r"^ +(threads|mem_mb|runtime|gpu)(?:: |=)(?:grow\()?(\d+)", text, re.M
            )
            if "localrule: True" not in text:
                found[name] = {"gpu": 0} | {key: int(value) for key, value in values}
    found["kmeans"]["gpu"] = 0  # one only for cluster.device: gpu
    return found


def test_every_job_of_the_plan_ran_once_and_through_slurm(jobs, on_slurm):
    assert set(jobs.State) == {"COMPLETED"}
    shards = [path.stem for path in (on_slurm.folder / "results" / "tiles").glob("*.arrow")]
    assert len(shards) == 11
    ran = Counter(zip(jobs.rule, jobs.wildcards, strict=True))
    assert set(ran.values()) == {1}
    for rule in PER_SHARD:
        assert {shard for name, shard in ran if name == rule} == {*shards}
    for rule in PER_SHARD_AND_MODEL:
        expected = {f"{model}_{shard}" for model in ("pretrained", "finetuned") for shard in shards}
        assert {wildcards for name, wildcards in ran if name == rule} == expected
    assert {*jobs.rule} == asked().keys() - ON_REQUEST
    assert on_slurm.planned() == {}


def test_cpu_jobs_ran_on_cpu_nodes_and_gpu_jobs_on_gpu_nodes_with_their_gpu(jobs):
    gpu = {rule for rule, resources in asked().items() if resources["gpu"]}
    assert gpu - ON_REQUEST == {"finetune", "runtime", "embed", "evaluate", "attention"}
    for job in jobs.itertuples():
        gpus = re.findall(r"gres/gpu=(\d+)", job.AllocTRES)
        if job.rule in gpu:
            assert (job.Partition, job.NodeList, gpus) == ("gpu", "gpu1", ["1"]), job
        else:
            assert (job.Partition, gpus) == ("cpu", []), job
    # The shards were spread.
    assert {*jobs[jobs.rule.isin(PER_SHARD)].NodeList} == {"cpu1", "cpu2"}


def test_slurm_gave_the_memory_the_time_and_the_threads_that_the_rules_ask_for(jobs):
    for job in jobs.itertuples():
        rule = asked()[job.rule]
        cores = min(rule["threads"], THREADS)
        minutes = pd.Timedelta(job.Timelimit.replace("-", " days ")) / pd.Timedelta("1min")
        assert (job.ReqMem, minutes) == (f"{rule['mem_mb']}M", rule["runtime"]), job
        given = job.AllocTRES.split(",")
        assert {f"cpu={cores}", f"mem={rule['mem_mb']}M", "node=1"} <= {*given}, job


def results(project: Project) -> dict[str, Path]:
    folder = project.folder / "results"
    files = [path for path in folder.rglob("*") if path.is_file()]
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: named[name] for name in sorted(named) if not TIMED.match(name)}


def test_all_results_equal_those_of_a_local_run_byte_for_byte(on_slurm, demo):
    there, here = results(on_slurm), results(demo)
    assert there.keys() == here.keys()
    assert len(there) > 200 and sum(name.startswith("tables/") for name in there) > 20
    differing = [name for name in there if there[name].read_bytes() != here[name].read_bytes()]
    assert not differing


def test_a_rule_may_be_given_several_gpus(slurm, on_slurm, jobs, tmp_path):
    copy = tmp_path / "checkout"
    shutil.copytree(on_slurm.folder, copy, symlinks=True)
    Project(copy).set("finetune", max_images=32, local_crops=1)
    # As docs/models.md says; one job, since nothing before it changes.
    snakemake(copy, "results/finetuned/model.safetensors", "--set-resources", "finetune:gpu=2")
    (new,) = (job for job in slurm.jobs() if int(job["JobID"]) > int(jobs.JobID.iloc[-1]))
    assert (new["Comment"], new["State"]) == ("rule_finetune", "COMPLETED")
    assert "gres/gpu=2" in new["AllocTRES"].split(",")
    told = (copy / "results/logs/finetune.log").read_text()
    gpus = torch.cuda.device_count()
    # This machine has only what SLURM counts: the model is the same, and the log says so.
    assert ("2 process(es)" if gpus > 1 else f"2 processes asked for, but {gpus} GPUs") in told


def ranks_of(job: str) -> dict[str, str]:
    """Return what the training processes of a job see as GPUs, by rank."""
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            values = process.environ()
            if values.get("SLURM_JOB_ID") == job and "RANK" in values:
                found[values["RANK"]] = values["CUDA_VISIBLE_DEVICES"]
    return found


@pytest.mark.parametrize("way", ["processes", "torchrun"])
def test_two_processes_of_one_job_see_both_gpus_and_train_the_model_of_one(slurm, tmp_path, way):
    run = make_run(tmp_path)
    options = {"epochs": 2, "batch_size": 8, "device": "cpu"}
    words = command(run, **options, **({"processes": 2} if way == "processes" else {}))
    if way == "torchrun":
        words[1:2] = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]
    wanted = ("--partition=gpu", "--gpus=2", f"--cpus-per-task={THREADS}", "--mem=4000")
    told = tmp_path / "told"
    job = subprocess.Popen(
        [
            "sbatch",
            "--wait",
            "--parsable",
            *wanted,
            f"--output={told}",
            "--wrap",
            shlex.join(words),
        ],
        env=environment(REPOSITORY),
        stdout=subprocess.PIPE,
        text=True,
    )
    number = job.stdout.readline().strip()
    seen: dict[str, str] = {}
    while job.poll() is None and len(seen) < 2:
        seen = ranks_of(number)
        time.sleep(0.1)
    assert job.wait(120) == 0, told.read_text()
    assert seen == {"0": "0,1", "1": "0,1"}
    assert "2 process(es)" in told.read_text()
    train(run, "one", **options)
    start, one, two = (flat(run / f"{name}.safetensors") for name in ("start", "one", "out"))
    assert np.linalg.norm(two - one) < 0.05 * np.linalg.norm(one - start)


def flat(model: Path) -> np.ndarray:
    state = load_file(model)
    return np.concatenate([state[key].ravel().astype(float) for key in sorted(state)])
