"""What reading tells about the end of a job script: slips are found, and other ways that work are left alone."""

import pytest

from grader import jobscript, sites
from grader.jobscript import flow

TRAINING = "python -u train.py &\ntraining=$!\ntrap 'kill -USR1 $training' USR1\n"
TWICE = "code=0\nwait $training || code=$?\nwait $training || code=$?\n"
RIGHT = {
    "if": TRAINING + TWICE + "if [ $code -eq 75 ]; then\n    scontrol requeue $ID\nfi\n",
    "and": TRAINING + TWICE + "[[ $code == 75 ]] && scontrol requeue $ID\n",
    "and, two lines": TRAINING + TWICE + "[[ $code == 75 ]] &&\n  scontrol requeue $ID\n",
    "or": TRAINING + TWICE + "[ $code -ne 75 ] || scontrol requeue $ID\n",
    "exit before it": TRAINING + TWICE + "if [ $code -ne 75 ]; then exit $code; fi\nscontrol requeue $ID\n",
    "exit in a list": TRAINING + TWICE + "[ $code -eq 75 ] || exit $code\nscontrol requeue $ID\n",
    "set -e guards": TRAINING + TWICE + "[ $code -eq 75 ]\nscontrol requeue $ID\n",
    "else": TRAINING + TWICE + "if [ $code -eq 0 ]; then\n  echo done\nelse\n  scontrol requeue $ID\nfi\n",
    "not zero": TRAINING + TWICE + "if ! [ $code -eq 0 ]; then scontrol requeue $ID; fi\n",
    "elif": TRAINING + TWICE + "if [ $code -eq 0 ]; then :\nelif [ $code -eq 75 ]; then scontrol requeue $ID; fi\n",
    "case": TRAINING + TWICE + "case $code in\n  75) scontrol requeue $ID ;;\nesac\n",
    "set +e": TRAINING
    + "set +e\nwait $training; wait $training; code=$?\nif ((code == 75)); then scontrol requeue $ID; fi\n",
    "until": TRAINING + "until wait $training; do code=$?; [ $code -gt 128 ] || break; done\n"
    "if [ $code -eq 75 ]; then scontrol requeue $ID; fi\n",
    "polls": TRAINING + "while kill -0 $training; do sleep 1; done\ncode=0\nwait $training || code=$?\n"
    "if [ $code -eq 75 ]; then scontrol requeue $ID; fi\n",
    "handler": "python -u train.py &\ntraining=$!\nlast() {\n  kill -USR1 $training\n  wait $training\n"
    "  scontrol requeue $ID\n}\ntrap last USR1\nwait $training\n",
    "tee beside it": TRAINING.replace("train.py", "train.py > >(tee log)")
    + TWICE
    + "if [ $code -eq 75 ]; then scontrol requeue $ID; fi\n",
}
WRONG = {
    "number of tee": (
        TRAINING.replace(" &", " | tee log &", 1) + TWICE + "if [ $code -eq 75 ]; then scontrol requeue $ID; fi\n",
        "tee",
    ),
    "always": (TRAINING + TWICE + "scontrol requeue $ID\n", "whatever"),
    "zero": (TRAINING + TWICE + 'if [ "$code" -eq 0 ]; then\n  scontrol requeue $ID\nfi\n', "complete (0)"),
    "zero and": (TRAINING + TWICE + '[[ "$code" == 0 ]] && scontrol requeue $ID\n', "complete (0)"),
    "bare": (
        TRAINING
        + "wait $training || true\nwait $training\ncode=$?\nif [ $code -eq 75 ]; then scontrol requeue $ID; fi\n",
        "ends at this wait",
    ),
    "asked in the test": (
        TRAINING + "wait $training || true\nwait $training\nif [ $? -eq 75 ]; then scontrol requeue $ID; fi\n",
        "ends at this wait",
    ),
    "once": (
        TRAINING + "code=0\nwait $training || code=$?\nif [ $code -eq 75 ]; then scontrol requeue $ID; fi\n",
        "138",
    ),
}
LOOK = r"torch\.cuda\.(is_available|device_count|get_device)"
FAILS = (
    "python -c 'import torch; assert torch.cuda.is_available()'",
    "python -c 'import torch; print(torch.cuda.get_device_name())'",
    "python -c 'import torch, sys; sys.exit(not torch.cuda.is_available())'",
    'python - <<END\nimport torch\nif not torch.cuda.is_available():\n    raise SystemExit("no GPU")\nEND',
    "python -c 'import torch; print(torch.cuda.is_available())' | grep -q True",
    "[ \"$(python -c 'import torch; print(torch.cuda.device_count())')\" -gt 0 ]",
    "if ! python -c 'import torch; assert torch.cuda.is_available()'; then exit 1; fi",
    "python -c 'import torch; assert torch.cuda.is_available()' || { echo no GPU; exit 1; }",
    "python -c 'import torch; print(torch.cuda.is_available())'\npython -c 'import torch; torch.ones(1).cuda()'",
)
ONLY_PRINTS = (
    "python -c 'import torch; print(torch.cuda.is_available())'",
    "python -c 'import torch; print(torch.cuda.is_available())' | tee gpu.txt",
    "python - <<END\nimport torch\nprint(torch.cuda.device_count())\nEND",
    "python -c 'import torch; assert torch.cuda.is_available()' || true",
    "python -c 'import torch; assert torch.cuda.is_available()' || echo no GPU",
    "python - <<END || true\nimport torch\nassert torch.cuda.is_available()\nEND",
)


def asked(text):
    script = jobscript.parse(f"#!/bin/bash\nset -e\n{text}")
    return flow.requeue(script, next(c for c in script.commands if "train.py" in c.words))


def looked(text):
    script = jobscript.parse(f"#!/bin/bash\nset -e\n{text}\npython train.py\n")
    return flow.look(script, LOOK, len(script.lines) - 2)


@pytest.mark.parametrize("name", RIGHT)
def test_a_way_to_a_requeue_that_works_is_left_alone(name):
    assert asked(RIGHT[name]) is None


@pytest.mark.parametrize("name", WRONG)
def test_a_way_that_misses_the_requeue_is_found(name):
    text, words = WRONG[name]
    assert words in asked(text).found


@pytest.mark.parametrize("text", FAILS)
def test_a_look_that_can_end_the_job_is_left_alone(text):
    assert looked(text) is None


@pytest.mark.parametrize("text", ONLY_PRINTS)
def test_a_look_that_never_ends_the_job_is_found(text):
    assert looked(text).line > 2


@pytest.mark.parametrize(
    "text", ["( exec python train.py ) &", "{ python train.py; } &", "(cd x; (python train.py)) > log &"]
)
def test_a_group_in_the_background_is_in_the_background(text):
    commands = jobscript.parse(f"#!/bin/bash\n{text}\nwait\n").commands
    assert [c.background for c in commands] == [True] * (len(commands) - 1) + [False]


@pytest.mark.parametrize("text", ["(python train.py)\nsleep 1 &", "{ python train.py; }; sleep 1 &"])
def test_a_group_before_the_background_is_not(text):
    commands = jobscript.parse(f"#!/bin/bash\n{text}\n").commands
    assert [c.background for c in commands] == [False, True]


def test_a_script_that_never_waits_is_told_so():
    script = jobscript.parse("#!/bin/bash\n#SBATCH --signal=B:USR1@60\n" + TRAINING + "scontrol requeue $ID\n")
    (found,) = jobscript.findings(script, sites.load("alvis"), rules=["trap-waits"])
    assert found.found == "nothing waits for the command in the background"
