"""Given: what the checks call. It uses your task.py the way the scripts of a search would."""

import json
import math
import os
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import experiment
import numpy as np
import rehearsal
import task

HERE = Path(__file__).resolve().parent
FIELDS = ("learning_rate", "weight_decay", "momentum", "layers", "width", "seed")
WAIT_S = 25
_NO_NUMBER = {"NaN": None, "Infinity": math.inf, "-Infinity": -math.inf}

# --- TODO(1), TODO(2): configurations --------------------------------------------------------------------------------


def configurations(seed, indices):
    """Your configurations of some indices. NumPy's numbers become plain ones: `types` says which were none."""
    return [_plain(task.configuration(seed, index)) for index in indices]


def _plain(config):
    if not isinstance(config, dict):
        return config
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in config.items()}


def types(seed, count):
    """{field: its type} of the values in the configurations 0 to count - 1 that JSON takes for no number."""
    found = [task.configuration(seed, index) for index in range(count)]
    return {
        name: f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")
        for config in found
        for name, value in config.items()
        if isinstance(value, bool) or not isinstance(value, (int, float))
    }


def configurations_elsewhere(seed, indices, environ):
    """The same, asked for in a process that was started anew and has more in its environment."""
    code = "import json, sys, workload; print(json.dumps(workload.configurations(*json.loads(sys.argv[1]))))"
    answer = _python("-c", code, json.dumps([seed, indices]), **environ)
    if answer.returncode:
        raise RuntimeError(answer.stderr.strip().splitlines()[-1][:300])
    return json.loads(answer.stdout.strip().splitlines()[-1])


def draws(seed, count):
    """The configurations 0 to count - 1 as an array, a column for each of FIELDS."""
    found = [task.configuration(seed, index) for index in range(count)]
    return np.array([[config[name] for name in FIELDS] for config in found], dtype=np.float64)


# --- TODO(3), TODO(6), TODO(7), TODO(8), TODO(10): numbers and text --------------------------------------------------


def index_in(environ):
    """[your index in this environment, ""], or [None, the error]."""
    try:
        return [task.task_index(dict(environ)), ""]
    except BaseException as error:
        return [None, f"{type(error).__name__}: {error}"]


def rerun(failures, limit):
    """Your value of --array for a list of [index, why]."""
    return str(task.rerun(dict(map(tuple, failures)), limit))


def best(results):
    """Your choice among the results, a list of [index, result]: index, epoch, test accuracy."""
    index, epoch, accuracy = task.best({index: _with_nan(result) for index, result in results})
    return [int(index), int(epoch), float(accuracy)]


def _with_nan(result):
    return result | {"validation_loss": [math.nan if x is None else x for x in result["validation_loss"]]}


def pack(indices, startup_s, run_s, limit, longest_s):
    """Your division of indices among jobs."""
    return [[int(index) for index in job] for job in task.pack(indices, startup_s, run_s, limit, longest_s)]


def cost(jobs, prices):
    """[what you say the jobs cost, ""], or [None, the type of the error]."""
    try:
        return [float(task.cost(jobs, prices)), ""]
    except Exception as error:
        return [None, type(error).__name__]


# --- TODO(4): save ---------------------------------------------------------------------------------------------------


def save(folder, results):
    """Save results, a list of [index, result], each in a process of its own; all of them at the same time.

    Answers the errors as text, "" for none.
    """
    return _children([lambda index=index, result=result: task.save(folder, index, result) for index, result in results])


def save_under_quota(folder, index, result, most):
    """Save a result in a process that may write no file beyond `most` bytes; answers the error as text."""

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        task.save(folder, index, result)

    return _children([limited])[0]


def _children(calls):
    """Make each call in a fork, all alive at the same time. Answers what they raised."""
    ready, go = os.pipe(), os.pipe()
    children = []
    for call in calls:
        answer = os.pipe()
        if (pid := os.fork()) == 0:
            _child(call, ready[1], go, answer[1])
        os.close(answer[1])
        children.append((pid, answer[0]))
    for _ in children:
        os.read(ready[0], 1)
    os.close(go[1])
    said = [(_read_all(pipe), os.waitpid(pid, 0)[1]) for pid, pipe in children]
    for pipe in (*ready, go[0]):
        os.close(pipe)
    return [text if text or not status else f"ended with status {status}" for text, status in said]


def _child(call, ready, go, answer):
    try:
        os.close(go[1])
        os.write(ready, b"r")
        os.read(go[0], 1)
        call()
    except BaseException as error:
        os.write(answer, f"{type(error).__name__}: {error}"[:300].encode())
    finally:
        os._exit(0)


def _read_all(pipe):
    with os.fdopen(pipe, "rb") as file:
        return file.read().decode(errors="replace")


# --- TODO(5), TODO(9): collect, run ----------------------------------------------------------------------------------


def collect(folder, count):
    """Your (results, failures) of the indices 0 to count - 1, as lists of [index, ...]; nan travels as None."""
    results, failures = task.collect(folder, range(count))
    found = json.loads(json.dumps([[int(i), result] for i, result in results.items()]), parse_constant=_NO_NUMBER.get)
    return [found, [[int(i), str(why)] for i, why in failures.items()]]


def run_job(indices, folder, seed, broken):
    """Run a job in which the trainings of the indices `broken` raise an error; answers the index of each training."""
    configs = {index: task.configuration(seed, index) for index in indices}
    trained, own = [], experiment.train

    def train(config, data):
        index = next((i for i, known in configs.items() if known == config), -1)
        trained.append(index)
        if index in broken:
            raise RuntimeError("CUDA out of memory")
        return own(config, data)

    experiment.train = train
    try:
        task.run_job(indices, folder, seed)
    finally:
        experiment.train = own
    return trained


def run_job_under_quota(indices, folder, seed, most):
    """Rehearse a job in a process that may write no file beyond `most` bytes; answers the error as text."""

    def limited():
        experiment.load_data, experiment.train = rehearsal.load_data, rehearsal.train
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        task.run_job(indices, folder, seed)

    return _children([limited])[0]


def reference(configs, seed, rehearse):
    """What training gives for each configuration: (validation losses, test accuracies), a row for each."""
    module = rehearsal if rehearse else experiment
    data = module.load_data(seed)
    histories = [module.train(config, data) for config in configs]
    return tuple(np.array([h[name] for h in histories]) for name in ("validation_loss", "test_accuracy"))


# --- TODO(11): submitit ----------------------------------------------------------------------------------------------


def submit_recorded(jobs, folder, seed, limit, logs):
    """Submit with submitit's own Slurm executor, where sbatch only keeps the script that it is given, in `logs`."""
    with _recording_sbatch(Path(logs)):
        found = task.submit(_executor(logs, "slurm"), jobs, folder, seed, limit)
    return len(found)


def submit_local(jobs, folder, seed, limit, logs):
    """Submit to processes on this machine, and wait for them. Answers the errors."""
    os.environ["PYTHONPATH"] = str(HERE)
    found = task.submit(_executor(logs, "local"), jobs, folder, seed, limit)
    end = time.monotonic() + WAIT_S
    while not all(job.done() for job in found) and time.monotonic() < end:
        time.sleep(0.1)
    if not all(job.done() for job in found):
        return [f"after {WAIT_S} s some were not done"]
    return [_last_error(str(job.exception())) for job in found if job.exception() is not None]


def _last_error(text):
    """The line of a traceback that says what was raised."""
    return ([line.strip() for line in text.splitlines() if "Error" in line] or [text])[-1][:300]


def _executor(logs, cluster):
    import submitit

    executor = submitit.AutoExecutor(folder=logs, cluster=cluster)
    executor.update_parameters(name="search", timeout_min=10)
    return executor


@contextmanager
def _recording_sbatch(folder):
    """Programs in front of PATH: an sbatch that copies its script and says that it has submitted it, and a srun."""
    programs = folder / "bin"
    programs.mkdir()
    copy = (
        f'n=$(ls "{folder}" | grep -c "^script"); cp "$1" "{folder}/script$n.sh"; echo "Submitted batch job $((n + 1))"'
    )
    for name, text in (("sbatch", copy), ("srun", "exit 1")):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{programs}:{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


# --- measured --------------------------------------------------------------------------------------------------------


def search(count, folder, seed, limit, startup_s, run_s, longest_s):
    """A whole rehearsal of a search: your jobs, each a fresh Python, `limit` of them at a time."""
    waiting = list(task.pack(list(range(count)), startup_s, run_s, limit, longest_s))
    running = []
    while waiting or running:
        while waiting and len(running) < limit:
            job = json.dumps([int(index) for index in waiting.pop(0)])
            command = [sys.executable, str(HERE / "job.py"), job, folder, str(seed), "--rehearse"]
            running.append(subprocess.Popen(command, env=_environ(), stderr=subprocess.PIPE, text=True))
        pid, status = os.waitpid(-1, 0)
        ended = next(process for process in running if process.pid == pid)
        ended.returncode = os.waitstatus_to_exitcode(status)
        if ended.returncode:
            raise RuntimeError((ended.stderr.read().strip().splitlines() or ["a job failed"])[-1][:300])
        ended.stderr.close()
        running.remove(ended)


def _python(*arguments, **environ):
    command = [sys.executable, *arguments]
    environ = _environ(**environ)
    return subprocess.run(command, check=False, env=environ, cwd=HERE, capture_output=True, text=True, timeout=60)


def _environ(**more):
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", **more}
