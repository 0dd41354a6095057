"""Job scripts: as their profiles make them, and with everything that a job on a shared cluster needs."""

import re
import subprocess

import pytest

from grader import jobscripts, sites
from grader.cli import main

SCRIPTS = sorted(jobscripts.FOLDER.glob("*/*.sh"))
JOBS = [path for path in SCRIPTS if path.stem != "batch_grading"]


def name(path):
    return f"{path.parent.name}/{path.stem}"


def every(paths):
    return pytest.mark.parametrize("path", paths, ids=name)


def directives(text):
    return re.findall(r"^#SBATCH (.*)$", text, re.MULTILINE)


def test_every_site_has_every_kind_vllm_where_its_container_is():
    kinds = {kind.name for kind in jobscripts.KINDS}
    for site in map(sites.load, sites.names()):
        have = {path.stem for path in SCRIPTS if path.parent.name == site.name}
        assert have == (kinds if site.software.vllm else kinds - {"vllm"})
    assert [path.parent.name for path in SCRIPTS if path.stem == "vllm"] == ["alvis"]


def test_committed_scripts_are_what_the_profiles_make(capsys):
    """When this fails: python -m grader.jobscripts"""
    assert jobscripts.main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_a_script_that_was_edited_and_one_too_many_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(jobscripts, "FOLDER", tmp_path)
    monkeypatch.setattr(jobscripts.catalog, "ROOT", tmp_path)
    assert jobscripts.main() == 0
    assert f"{len(SCRIPTS)} scripts, {len(SCRIPTS)} written, 0 removed" in capsys.readouterr().out
    edited, stale = tmp_path / "alvis" / "one_gpu.sh", tmp_path / "alvis" / "old.sh"
    edited.write_text(edited.read_text() + "\n")
    stale.write_text(edited.read_text())
    own = tmp_path / "alvis" / "own.sh"
    own.write_text("#!/bin/bash\n")
    assert jobscripts.main(["--check"]) == 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["alvis/old.sh", "alvis/one_gpu.sh"]
    assert jobscripts.main() == 0
    assert not stale.exists()
    assert own.exists()
    assert jobscripts.main(["--check"]) == 0


@every(SCRIPTS)
def test_bash_can_read_it(path):
    done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@every(SCRIPTS)
def test_slurm_gets_what_every_job_has_to_say(path):
    text = path.read_text("utf-8")
    lines = text.splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    first_command = next(i for i, line in enumerate(lines) if line and not line.startswith("#"))
    assert not any(line.startswith("#SBATCH") for line in lines[first_command:])  # Slurm reads no further
    given = directives(text)
    assert sum(line.startswith("-A ") for line in given) == 1
    assert f"-J {path.stem}" in given
    assert f"-o {path.stem}-{'%A_%a' if path.stem == 'array' else '%j'}.out" in given
    (time,) = [line.removeprefix("-t ") for line in given if line.startswith("-t ")]
    hours, minutes, _ = map(int, time.split(":"))
    assert 60 * hours + minutes <= (120 if path.stem == "batch_grading" else 30)
    assert not any(line.startswith("--mem") for line in given)


@every(SCRIPTS)
def test_the_only_placeholders_are_the_account_and_the_project(path):
    site, text = sites.load(path.parent.name), path.read_text("utf-8")
    (account,) = [line.removeprefix("-A ") for line in directives(text) if line.startswith("-A ")]
    assert account in (site.account.placeholder, site.head.account)
    assert not re.fullmatch(site.account.pattern, account)
    commands = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    batch = f"--account {site.account.placeholder}"  # of the jobs that the head submits
    assert commands.count(batch) == (path.stem == "batch_grading")
    commands = commands.replace(batch, "")
    assert commands.count(sites.PROJECT) == site.storage.project.count(sites.PROJECT)  # only where STORAGE is set
    assert not re.search(r"<\w+>|YYYY|yyyy|nnn|XXX|TODO|YOUR|\b(IMAGE|NAME|ORG|HASH|FOLDER)\b|\{\{|\}\}", commands)


@every(JOBS)
def test_a_job_has_its_gpus_in_the_form_of_the_site_and_looks_for_them_first(path):
    site, text = sites.load(path.parent.name), path.read_text("utf-8")
    kind = next(kind for kind in jobscripts.KINDS if kind.name == path.stem)
    wanted = jobscripts.request(site, kind)
    assert directives(text) == site.directives(wanted)
    commands = [line for line in text.splitlines() if line and not line.startswith(("#", "export", "module", "source"))]
    first = " ".join(commands[2:4]) if kind.nodes > 1 else commands[2]
    assert commands[:2] == ["set -eo pipefail", 'mkdir -p "$STORAGE/caches"']
    assert f"grader doctor --site {site.name} --gpus " in first
    assert first.endswith(f"{wanted.type}:{wanted.gpus}" if wanted.type else f" {wanted.gpus}")
    assert first.startswith("srun --ntasks-per-node=1 ") == (kind.nodes > 1)  # on every node


@every(JOBS)
def test_a_job_has_its_software_pinned_and_its_caches_off_the_home(path):
    site, text = sites.load(path.parent.name), path.read_text("utf-8")
    modules = re.findall(r"^module load (.*)$", text, re.MULTILINE)
    if site.stand_in is None:
        assert text.index("module purge") < text.index("module load")
        assert all("/" in word or word == "PDC" for line in modules for word in line.split())  # with versions
    for variable in ("HF_HOME", "TORCH_HOME", "APPTAINER_CACHEDIR", "TRITON_CACHE_DIR"):
        (place,) = re.findall(rf'^export {variable}="([^"]*)"$', text, re.MULTILINE)
        assert place.startswith(("$STORAGE/", site.storage.scratch))
    assert "export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1" in text
    runs = [line for line in text.splitlines() if re.search(r"\bpython\b.* -m (pytest|torch)|python.*\.py", line)]
    assert all(" -u " in line for line in runs if not line.startswith("#"))
    for line in re.findall(r"^.*(?:apptainer|singularity) exec.*$", text, re.MULTILINE):
        assert " --nv " in line or (" --rocm " in line and site.name == "dardel")


@every([path for path in JOBS if path.stem in ("one_gpu", "several_gpus", "two_nodes", "array")])
def test_workers_and_processes_follow_the_allocation(path):
    text = path.read_text("utf-8")
    assert "cores=${SLURM_CPUS_PER_TASK:-$SLURM_CPUS_ON_NODE}" in text
    assert "export WORKERS=$((cores / gpus))" in text
    assert ("gpus=$SLURM_GPUS_ON_NODE" in text) == (path.parent.name != "dardel")  # a whole node of 8
    assert text.count("torch.distributed.run") == (path.stem in ("several_gpus", "two_nodes"))
    assert "--ntasks-per-node=4" not in text  # torchrun starts the processes, srun does not
    if path.stem == "two_nodes":
        assert "--rdzv-backend=c10d" in text


# --- the first seconds -----------------------------------------------------------------------------------------------


def doctor(capsys, *words):
    status = main(["doctor", *words])
    shown = capsys.readouterr()
    return status, (shown.out + shown.err).strip()


def test_stand_ins_are_what_slurm_granted(capsys, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    status, line = doctor(capsys, "--site", "local", "--gpus", "2")
    assert (status, line) == (0, "ok    2 stand-ins for GPUs: this site has none, the CPU does their work")
    status, line = doctor(capsys, "--site", "local", "--gpus", "3")
    assert status == 1
    assert line.startswith("bad   expected 3 stand-ins for GPUs, found 2 in CUDA_VISIBLE_DEVICES")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert doctor(capsys, "--site", "local")[0] == 1


def test_a_real_site_inherits_no_stand_in(capsys, monkeypatch):
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    status, line = doctor(capsys, "--site", "alvis", "--gpus", "A40:2")
    assert status == 1
    assert line.startswith("bad   expected 2 A40, found no GPU")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--site", "alviss"), "there is no site 'alviss'"),
        (("--site", "alvis", "--gpus", "a100:1"), "types of alvis are T4, V100, A40, A100, A100fat"),
        (("--site", "arrhenius", "--gpus", "GH200:1"), "types of arrhenius are not named"),
        (("--site", "alvis", "--gpus", "A100:"), "expected a number from 1, or TYPE:NUMBER"),
        (("--site", "alvis", "--gpus", "0"), "expected a number from 1, or TYPE:NUMBER"),
    ],
)
def test_a_mistake_in_the_call_is_no_finding(capsys, words, message):
    status, line = doctor(capsys, *words)
    assert status == 2
    assert message in line


A100, A100FAT = ("NVIDIA A100-SXM4-40GB", 42_400_000_000), ("NVIDIA A100-SXM4-80GB", 85_000_000_000)


@pytest.mark.parametrize(
    ("site", "request_", "devices", "problem"),
    [
        ("alvis", "A100:2", [A100, A100], ""),
        ("alvis", "A100:1", [A100, A100], ""),  # whole nodes show more than was asked for
        ("alvis", "A100:2", [A100], "expected 2 A100, found 1 NVIDIA A100-SXM4-40GB"),
        ("alvis", "A100:2", [A100, ("Tesla T4", 0)], "expected 2 A100, found 1 NVIDIA A100-SXM4-40GB, 1 Tesla T4"),
        ("alvis", "A100fat:1", [A100FAT], ""),
        ("alvis", "A100fat:1", [A100], "expected 1 A100fat with 80 GB, found NVIDIA A100-SXM4-40GB with 42 GB"),
        ("alvis", "A40:1", [("NVIDIA A40", 47_800_000_000)], ""),
        ("alvis", "A40:1", [A100], "expected 1 A40, found 1 NVIDIA A100-SXM4-40GB"),
        ("arrhenius", "4", [("NVIDIA GH200 120GB", 97871 << 20)] * 4, ""),
        ("arrhenius", "1", [("NVIDIA H200", 150_000_000_000)], "expected 1 GH200, found 1 NVIDIA H200"),
        ("berzelius", "fat:1", [A100], "expected 1 fat with 80 GB, found NVIDIA A100-SXM4-40GB with 42 GB"),
        ("dardel", "8", [("AMD Instinct MI250X", 68_700_000_000)] * 8, ""),
        ("dardel", "8", [], "expected 8 MI250X, found no GPU"),
        ("pelle", "h100:1", [("NVIDIA H100 NVL", 99_900_000_000)], ""),
        ("arrhenius", "1", [("NVIDIA GH200 480GB", 151_000_000_000)], ""),  # no other type has that name
        ("kebnekaise", "a100:1", [A100FAT], ""),  # nobody knows its memory
    ],
)
def test_devices_are_held_against_the_request(site, request_, devices, problem):
    from grader import allocation

    profile = sites.load(site)
    found = [allocation.Device(*device) for device in devices]
    assert allocation.refute(profile, allocation.parse(profile, request_), found) == problem


def test_the_first_command_of_a_job_needs_the_standard_library_and_a_framework_only():
    """A site's container has no rich, jinja2, submitit; it need not have the other framework."""
    code = (
        "import sys\n"
        "for name in ('rich', 'jinja2', 'pydantic', 'submitit', 'matplotlib', 'scipy', 'tensorflow', 'torch'):\n"
        "    sys.modules[name] = None\n"
        "from grader.cli import main\n"
        "sys.exit(main(['doctor', '--site', 'local', '--gpus', '1']))\n"
    )
    done = subprocess.run(
        [__import__("sys").executable, "-c", code],
        cwd=jobscripts.catalog.ROOT,
        env={"CUDA_VISIBLE_DEVICES": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout[:18]) == (0, "ok    1 stand-in f"), done.stderr
