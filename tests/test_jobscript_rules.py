"""Every rule on a script that breaks it and it alone, and on the scripts that the project gives to people.

tests/jobscripts/*.sh are job scripts with one thing wrong each; the first lines say what, and which rules must say so.
"""

import re
from pathlib import Path

import pytest

from grader import jobscript, sites
from grader.catalog import ROOT
from grader.errors import UsageError
from grader.verdict import Failed

WRONG = sorted((Path(__file__).parent / "jobscripts").glob("*.sh"))
FILLED = {
    "alvis": "NAISS2026-1-23",
    "arrhenius": "naiss2026-1-23-gpu",
    "berzelius": "berzelius-2026-1",
    "dardel": "naiss2026-1-23",
    "kebnekaise": "hpc2n2026-123",
    "local": "naiss2026-1-23",
    "pelle": "uppmax2026-1-23",
}
GENERATED = [pytest.param(n, p, id=f"{n}-{p.stem}") for n in FILLED for p in (ROOT / "jobscripts" / n).glob("*.sh")]
GOOD = """#!/bin/bash
#SBATCH -A NAISS2026-1-23
#SBATCH -p alvis
#SBATCH -t 0:10:00
#SBATCH --gpus-per-node=A40:1
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
module purge
module load PyTorch/2.7.1-foss-2024a-CUDA-12.6.0
export HF_HOME="$TMPDIR/huggingface"
python -u train.py
"""


def told(path):
    """Text of a wrong script, its site, and the rules that must catch it."""
    text = path.read_bytes().decode()
    head = re.search(r"# Site: (\w+)\. Caught by: ([\w, -]+)\.", text)
    return text, sites.load(head[1]), set(head[2].split(", "))


def rules(text, site="alvis", **kwargs):
    return {f.rule for f in jobscript.findings(jobscript.parse(text), sites.load(site), **kwargs)}


@pytest.mark.parametrize("path", WRONG, ids=lambda p: p.stem)
def test_a_wrong_script_is_caught_by_the_rules_it_names_and_no_other(path, tmp_path):
    text, site, expected = told(path)
    found = jobscript.findings(jobscript.parse(text), site, folder=tmp_path)
    assert {f.rule for f in found} == expected, [str(f) for f in found]
    for finding in found:
        assert len(str(finding)) <= 240, "two lines of a message"
        assert "\n" not in str(finding)
        assert 0 <= finding.line <= text.count("\n") + 1


def test_every_rule_has_a_script_that_it_catches():
    assert set(jobscript.RULES) == set().union(*(told(path)[2] for path in WRONG))


def test_a_good_script_has_no_finding(tmp_path):
    assert rules(GOOD, folder=tmp_path) == set()


@pytest.mark.parametrize(("name", "path"), GENERATED)
def test_generated_scripts_have_no_error_but_their_placeholder(name, path, tmp_path):
    site, text = sites.load(name), path.read_text("utf-8")
    wants_gpu = "without a GPU" not in text
    left = jobscript.findings(jobscript.parse(text), site, wants_gpu=wants_gpu)
    assert {f.rule for f in left if f.severity == "error"} == {"placeholder"}
    filled = text.replace(site.account.placeholder, FILLED[name])
    filled = filled.replace(site.head.account, FILLED[name].replace("-gpu", "-cpu"))
    found = jobscript.findings(jobscript.parse(filled), site, wants_gpu=wants_gpu)
    assert [str(f) for f in found if f.severity == "error"] == []


def test_every_site_has_scripts_and_all_are_tried():
    assert sorted({p.values[0] for p in GENERATED}) == sorted(sites.names())


@pytest.mark.parametrize(
    ("line", "rule", "right"),
    [
        ("--gpus:2", "option-form", "--gpus=2"),
        ("--gpus:l40s:1", "option-form", "--gpus=l40s:1"),
        ("--gpu-per-node=A40:2", "unknown-option", "--gpus-per-node"),
        ("--array1-400%4", "option-form", "--array=1-400%4"),
        ("-t=10", "option-form", "-t10"),
        ("--output-file=x-%j", "unknown-option", "--output"),
        ("--parition=alvis", "unknown-option", "--partition"),
        ("--time-limit=10", "unknown-option", "--time-min"),
        ("-gpus=2", "unknown-option", "--gpus"),
        ("--gpu=A40:1", "unknown-option", "--gpus-per-node"),
    ],
)
def test_a_broken_option_comes_with_the_right_one(line, rule, right):
    (finding,) = jobscript.findings(jobscript.parse(f"{GOOD[:12]}#SBATCH {line}\n"), sites.load("alvis"), rules=(rule,))
    assert finding.expected == right


def test_a_type_of_gpu_comes_with_the_nearest():
    near = {}
    for wrong in ("a100", "A100FAT", "A4O", "V10"):
        script = jobscript.parse(GOOD.replace("A40:1", f"{wrong}:1"))
        (finding,) = jobscript.findings(script, sites.load("alvis"), rules=("gpu-type",))
        near[wrong] = finding.expected if finding.fix == "Capitals matter." else finding.fix
    assert near == {
        "a100": "A100",
        "A100FAT": "A100fat",
        "A4O": "Most like it is A40.",
        "V10": "Most like it is V100.",
    }


@pytest.mark.parametrize(
    "same",
    [
        ("--gpus-per-node=A40:1", "--gpus-per-node A40:1"),
        ("-A NAISS2026-1-23\n#SBATCH -p alvis", "-A NAISS2026-1-23 -p alvis"),
        ("-t 0:10:00", "--time=10   # ten minutes"),
        ("-t 0:10:00", "-t10"),
        ("-p alvis\n", "--part=alvis\n"),
        ("#SBATCH -p alvis\n", ""),
        ("-J train", "-J 'train one'"),
        ("module load", "ml"),
        ("python -u", "PYTHONUNBUFFERED=1 python"),
        ("python -u", "apptainer exec --nv image.sif python -u"),
        ("python -u train.py", "srun --ntasks-per-node=1 torchrun --nproc-per-node=1 train.py"),
        ("python -u train.py", "OMP_NUM_THREADS=1 srun python -u train.py --num-workers $SLURM_CPUS_ON_NODE"),
        ("set -euo pipefail", "set -o errexit"),
    ],
    ids=lambda pair: pair[1].strip(),
)
def test_other_ways_to_write_the_same_are_right(same):
    assert same[0] in GOOD
    assert rules(GOOD.replace(*same)) == set()


TORCHRUN = ("python -u train.py", "srun --ntasks=$SLURM_NNODES torchrun --nproc-per-node=4 train.py")
GPU = "--gpus-per-node=A40:1"


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([("-J train", "--signal=USR1@90 -J train"), ("python", "trap 'rm -f x' EXIT TERM\npython")], {"trap-waits"}),
        ([("-J train", "--signal=TERM@90 -J train"), ("python", "trap x TERM\npython")], {"signal", "trap-waits"}),
        ([("-J train", "--signal=USR1@90 -J train"), ("python", "trap x USR2\npython")], {"signal", "trap-waits"}),
        ([("python -u", "apptainer exec --rocm image.sif python -u")], {"container-gpu"}),
        ([("python -u", "apptainer exec --nvccli image.sif python -u")], set()),
        ([(GPU, f"-n 8 {GPU.replace('node', 'task')}")], {"gpu-spelling"}),
        ([(GPU, "-n 8 --gpus-per-task=A40:5")], {"gpu-spelling", "gpu-count"}),
        ([(GPU, "-N 1 -n 8 --gpus-per-task=A40:1")], {"gpu-spelling", "gpu-count"}),
        ([(GPU, "--gpus=A40:8"), ("python -u", "srun torchrun --nproc-per-node=4")], {"gpu-spelling"}),
        ([(GPU, "--gpus=A40:2"), ("python -u", "srun torchrun --nproc-per-node=4")], {"gpu-spelling", "ranks"}),
        ([(GPU, "--gpus-per-node=A40:4 -N 2 --ntasks-per-node=4"), TORCHRUN], set()),
        ([(GPU, "--gpus-per-node=A40:4 --tasks-per-node=4"), (TORCHRUN[0], "srun torchrun x.py")], {"launch-twice"}),
        ([(GPU, "--gpus-per-node=A40:4 --tasks-per-node=4")], set()),
    ],
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),  # a set has no order of its own
)
def test_what_is_no_mistake_is_not_called_one(pairs, found):
    text = GOOD
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    assert rules(text) == found


@pytest.mark.parametrize(("site", "flag", "right"), [
    ("kebnekaise", "--nv", True), ("kebnekaise", "--rocm", True), ("dardel", "--rocm", True), ("dardel", "--nv", False),
])  # fmt: skip
def test_a_container_needs_the_flag_of_the_sites_own_gpus(site, flag, right):
    text = GOOD.replace(GPU, "--gpus=1").replace("python -u", f"apptainer exec {flag} image.sif python -u")
    assert ("container-gpu" not in rules(text, site)) == right


def test_text_of_a_heredoc_is_no_command():
    assert rules(GOOD + "cat > run.sh <<'END'\n#SBATCH -t 10\ntorchrun x.py\npython y.py\nEND\n") == {"late-directive"}


def test_a_folder_of_the_output_is_looked_for_where_sbatch_is_called(tmp_path):
    text = GOOD.replace("-o train", "-o logs/train")
    assert rules(text, folder=tmp_path) == {"output-folder"}
    (tmp_path / "logs").mkdir()
    assert rules(text, folder=tmp_path) == set()
    assert rules(text) == set(), "without a folder nothing can be said"


def test_judge_script_returns_evidence_or_fails_with_two_findings_at_most():
    site = sites.load("alvis")
    assert jobscript.judge_script(GOOD, site) == f"{len(jobscript.RULES)} rules of Alvis (C3SE) kept"
    with pytest.raises(Failed) as caught:
        jobscript.judge_script("#!/bin/bash\ntrue\n", site)
    lines = caught.value.outcome.evidence.splitlines()
    assert len(lines) == 3
    assert lines[2] == "And 1 more."
    with pytest.raises(Failed) as caught:
        jobscript.judge_script(GOOD.replace("A40:1", "A40:9"), site)
    assert caught.value.outcome.line == 5


def test_a_warning_fails_only_the_check_that_is_about_it():
    site, text = sites.load("alvis"), GOOD.replace("module purge\n", "")
    assert "1 warning" in jobscript.judge_script(text, site)
    with pytest.raises(Failed, match="module purge"):
        jobscript.judge_script(text, site, rules=("module-purge",))
    with pytest.raises(UsageError, match="module-purge"):
        jobscript.judge_script(text, site, rules=("module-purges",))
