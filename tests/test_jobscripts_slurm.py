"""Every generated job script is submitted to a private Slurm of its site's shape; those of `local` run, too."""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import submitit

from grader import jobscripts, sites
from grader.catalog import ASSIGNMENTS, SOLUTIONS
from grader.sites import Request
from tests.site_shapes import filled, project, shape

REAL = [name for name in sites.names() if name != "local"]


@pytest.fixture(scope="session")
def cluster(start_slurm):
    """Start a private Slurm of a site's shape, by the site's name."""
    return lambda name: start_slurm(shape(sites.load(name)))


def script(site, kind, storage="/tmp/nowhere"):
    return filled((jobscripts.FOLDER / site.name / f"{kind}.sh").read_text("utf-8"), site, storage)


@pytest.mark.parametrize("name", sites.names())
def test_slurm_takes_every_script_and_refuses_what_is_left_or_broken(cluster, name):
    """A placeholder that was left, a GPU type of another site, more GPUs than a node has, a limit that is too long."""
    site = sites.load(name)
    with cluster(name) as slurm:
        kinds = sorted(path.stem for path in (jobscripts.FOLDER / name).glob("*.sh"))
        assert len(kinds) >= 7

        def answer(text):
            return slurm.run("sbatch", "--test-only", check=False, input=text)

        for kind in kinds:
            done = answer(script(site, kind))
            assert (done.returncode, "to start at" in done.stderr) == (0, True), f"{kind}: {done.stderr}"
            left = answer((jobscripts.FOLDER / name / f"{kind}.sh").read_text("utf-8"))
            assert (left.returncode, "is none of this site's" in left.stderr) == (1, True), f"{kind}: {left.stderr}"
        one = script(site, "one_gpu")
        broken = {
            "many": re.sub(r"(#SBATCH --gpus[\w-]*=(?:\w+:)?)1$", r"\g<1>99", one, flags=re.MULTILINE),
            "long": one.replace("#SBATCH -t 00:10:00", f"#SBATCH -t {site.slurm.hours + 1}:00:00"),
            "type": re.sub(r"(#SBATCH --gpus[\w-]*=)(\w+:)?1$", r"\g<1>K80:1", one, flags=re.MULTILINE),
            "constraint": re.sub(r"#SBATCH -C \w+", "#SBATCH -C k80", one),
            "partition": re.sub(r"#SBATCH -p \w+", "#SBATCH -p gpua100", one),
        }
        wrong = {key: text for key, text in broken.items() if text != one}
        assert "long" in wrong
        accepted = [key for key, text in wrong.items() if answer(text).returncode == 0]
        assert accepted == []


@pytest.mark.parametrize("name", ["arrhenius", "alvis", "dardel", "local"])
def test_submitit_runs_a_function_with_the_parameters_of_the_site(cluster, name, tmp_path):
    """Beside modules, which are not here, nothing is replaced: account, partition, GPUs, cores, caches, step."""
    site = sites.load(name)
    job = Request(minutes=5, gpus=1, account=project(site.account.placeholder), name="graded")
    parameters = site.submitit_parameters(job)
    parameters["setup"] = [line for line in parameters["setup"] if not line.startswith(("module ", "source "))]
    with cluster(name) as slurm, slurm.entered():
        executor = submitit.SlurmExecutor(folder=tmp_path, python=sys.executable)
        executor.update_parameters(**parameters)
        running = executor.submit(os.getenv, "HF_HUB_OFFLINE")
        slurm.wait_for(running.job_id, "COMPLETED", timeout=120)
        assert running.result() == "1"
        shown = slurm.run("scontrol", "show", "job", running.job_id).stdout
    assert f"Account={job.account.lower()}" in shown  # as Slurm writes them, whatever the letters were
    assert "JobName=graded" in shown
    assert ("gres/gpu=1" in shown or "gres:gpu" in shown) == bool(site.gpus.form)


@pytest.mark.parametrize("name", ["arrhenius", "alvis"])
def test_a_job_without_its_gpu_ends_in_its_first_seconds(cluster, name, tmp_path):
    """The site's own script, run: modules are a stand-in, Slurm's GPUs are, too, and no GPU is there."""
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    (tmp_path / "modules").write_text('module() { echo "module $*"; }\n')
    site = sites.load(name)
    with cluster(name) as slurm:
        text = script(site, "one_gpu", str(tmp_path)).replace("set -eo", f". {tmp_path}/modules\nset -eo", 1)
        options = (f"--output={tmp_path}/out", "--export=ALL,EXERCISES_VENV=" + sys.prefix)
        job = slurm.submit(text, *options, cwd=jobscripts.catalog.ROOT)
        slurm.wait_for(job, "FAILED", timeout=120)
    lines = (tmp_path / "out").read_text().splitlines()
    assert lines[0] == "module purge"
    assert lines[1].startswith("module load ")
    wanted = {"arrhenius": "1 GH200", "alvis": "1 A40"}[name]
    assert lines[2].startswith(f"bad   expected {wanted}, found no GPU; the script's GPU request, or the torch ")
    assert len(lines) == 3  # and no training on the CPU


# --- local: really run -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def local(cluster):
    with cluster("local") as slurm:
        yield slurm


@pytest.fixture
def copy(course):
    """A course with the job scripts, and the solutions of 05, 06 and 07 in place of the tasks."""
    shutil.copytree(jobscripts.FOLDER, course.folder / "jobscripts")
    for name in ("05_data_parallel", "06_fsdp", "07_llm_sharding"):
        shutil.copytree(ASSIGNMENTS / name, course.folder / "assignments" / name)
        shutil.copyfile(SOLUTIONS / name / "task.py", course.folder / "assignments" / name / "task.py")
    return course


@pytest.fixture
def run(local, copy, monkeypatch):
    """Submit a script of `local` from the top folder, as the README says; answers the job and its output by file."""
    monkeypatch.setenv("EXERCISES_VENV", sys.prefix)
    monkeypatch.delenv("PYTHONPATH", raising=False)

    def start(kind, *words, options=(), state="COMPLETED"):
        site = sites.load("local")
        mine = copy.folder / f"my_{kind}.sh"
        mine.write_text(filled((copy.folder / f"jobscripts/local/{kind}.sh").read_text(), site, site.storage.project))
        done = local.run("sbatch", "--parsable", *options, mine.name, *words, cwd=copy.folder)
        job = done.stdout.strip()
        try:
            local.wait_for(job, state, timeout=300)
        finally:
            text = {path.name: path.read_text() for path in copy.folder.glob(f"{kind}-{job}*.out")}
            print("\n".join(text.values()))
        return job, text

    yield start
    local.tidy()


def one(text):
    (only,) = text.values()
    return only


def test_self_check_judges_the_assignment_in_the_job(run, copy):
    copy.solve()
    _, text = run("self_check", "01", "-k", "doubles")
    assert one(text).startswith("ok    1 stand-in for GPUs: this site has none, the CPU does their work\n")
    assert "ok double doubles" in one(text)
    assert "1 passed" in one(text)


def test_self_check_of_what_is_not_solved_fails_the_job(run):
    _, text = run("self_check", "01", "-k", "doubles", state="FAILED")
    assert "x  double doubles" in one(text)


def test_self_check_without_an_assignment_says_so(run):
    _, text = run("self_check", state="FAILED")
    assert "which assignment, for example 03" in one(text)


def test_one_gpu_trains(run):
    _, text = run("one_gpu", "jobscripts/programs/train.py", "--epochs", "2")
    assert "seed 0 on cpu, 1 loader workers" in one(text)  # as many as the job has cores for each GPU
    losses = [float(loss) for loss in re.findall(r"loss (\d+\.\d+)", one(text))]
    assert len(losses) == 2
    assert losses[1] < losses[0]


def test_several_gpus_train_one_model(run):
    _, text = run("several_gpus")
    assert sorted(re.findall(r"^rank (\d) of 2: cpu of (standin-1)$", one(text), re.MULTILINE)) == [
        ("0", "standin-1"),
        ("1", "standin-1"),
    ]
    assert re.search(r"accuracy 0\.[6-9]\d* after 3 epochs on 2 ranks", one(text))


def test_the_batch_is_graded_by_a_job_that_sends_jobs(run, copy):
    copy.solve(student="Ada")
    copy.write("class/Bo/01_toy/task.py", "def double(x):\n    return 3 * x\n")
    _, text = run("batch_grading", "class", "results", options=["--mem=2G"])  # which its jobs must not inherit
    assert "Ada" in one(text)
    verdicts = [
        json.loads(p.read_text())["checks"][0]["verdict"] for p in (copy.folder / "results").glob("*/*/results.json")
    ]
    assert sorted(verdicts) == ["failed", "passed"]


def test_array_has_a_result_for_each_seed(run, copy):
    job, text = run("array", "--epochs", "1", options=["--array=0-3%2"])
    results = {p.stem: json.loads(p.read_text()) for p in (copy.folder / f"build/jobs/results/{job}").iterdir()}
    assert {name: result["seed"] for name, result in results.items()} == {f"seed-{k}": k for k in range(4)}
    assert len({result["loss"] for result in results.values()}) == 4
    assert sorted(text) == sorted(f"array-{job}_{k}.out" for k in range(4))


def test_two_nodes_train_05(run, copy):
    _, text = run("two_nodes", "assignments/05_data_parallel/train.py", "--epochs", "2", "--out", "weights")
    assert one(text).count("ok    2 stand-ins for GPUs") == 2  # one line of each node
    ranks = re.findall(r"^rank (\d) of 4: cpu of (standin-\d)$", one(text), re.MULTILINE)
    assert sorted(rank for rank, _ in ranks) == ["0", "1", "2", "3"]
    assert sorted(node for _, node in ranks) == ["standin-1", "standin-1", "standin-2", "standin-2"]
    assert re.search(r"accuracy 0\.\d+ after 2 epochs on 4 ranks", one(text))
    assert [path.name for path in (copy.folder / "weights").iterdir()] == ["weights.pt"]


def test_two_nodes_shard_06(run, copy):
    _, text = run("two_nodes", "assignments/06_fsdp/train.py", "--steps", "2", "--out", "checkpoint")
    held = re.findall(r"rank \d of 4 on standin-(\d): ([\d.]+) of ([\d.]+) million weights", one(text))
    assert sorted(node for node, _, _ in held) == ["1", "1", "2", "2"]
    assert all(float(mine) == pytest.approx(float(whole) / 4, abs=0.01) for _, mine, whole in held)
    assert len(list((copy.folder / "checkpoint").glob("*.distcp"))) == 4


def test_two_nodes_serve_07(run, copy):
    transformers = pytest.importorskip("transformers")
    config = transformers.LlamaConfig(
        vocab_size=256,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(copy.folder / "llama")
    words = ("llama", "--prompts", "2", "--tokens", "16", "--new", "8")
    _, text = run("two_nodes", "assignments/07_llm_sharding/run.py", *words)
    assert "4 ranks; by formula each has" in one(text)
    assert re.search(r"decoding: [\d.]+ tokens/s", one(text))


def test_one_rank_that_fails_ends_the_job_on_both_nodes(run, copy):
    program = copy.write(
        "fails.py",
        """
        import os
        import torch.distributed as dist
        dist.init_process_group("gloo")
        if dist.get_rank() == 1:
            raise SystemExit("rank 1 gives up")
        dist.barrier()
        print("nobody comes here")
        """,
    )
    _, text = run("two_nodes", program.name, state="FAILED")
    assert "rank 1 gives up" in one(text)
    assert "nobody comes here" not in one(text)


def test_more_gpus_than_slurm_granted_end_the_job(run, copy):
    path = copy.folder / "jobscripts/local/several_gpus.sh"
    path.write_text(path.read_text().replace("--gpus-per-node=2", "--gpus-per-node=1"))
    _, text = run("several_gpus", state="FAILED")
    assert one(text).startswith("bad   expected 2 stand-ins for GPUs, found 1 in CUDA_VISIBLE_DEVICES")


def test_the_project_that_stands_for_a_placeholder_is_one():
    for site in map(sites.load, sites.names()):
        assert re.fullmatch(site.account.pattern, project(site.account.placeholder))
    assert Path(sys.prefix, "bin", "activate").exists()
