"""The checks of assignment 08. All public: what is asked is read here, in judging.py, draws.py and choices.py."""

import json

import numpy as np

from grader.checks import check
from grader.verdict import Failed

# --- TODO(1), TODO(2): configurations --------------------------------------------------------------------------------


@check("an index has the same configuration in every process", points=0.5, rests_on="witnessed", todo=1)
def test_same_everywhere(draws, submission, seed):
    indices, elsewhere = list(range(8)), {"SLURM_JOB_ID": "4711", "SLURMD_NODENAME": "node7", "PYTHONHASHSEED": "1"}
    worker = submission.worker(threads=1)
    first, again = worker.call("configurations", seed, indices), worker.call("configurations", seed, indices[::-1])
    found = submission.worker(threads=1).call("configurations_elsewhere", seed, indices[3:], elsewhere, within=60)
    return draws.same_everywhere(first, again[::-1], first[:3] + found)


@check(
    "no two indices and no two searches share a configuration",
    points=0.5,
    rests_on="witnessed",
    todo=1,
    after=[test_same_everywhere],
)
def test_distinct(draws, submission, seed):
    worker = submission.worker(threads=1)
    return draws.distinct({s: draws.draw(worker, s, 500) for s in (0, 1, seed, seed + 1)})


@check("learning rate and weight decay are log-uniform", points=1, rests_on="witnessed", todo=2)
def test_log_uniform(draws, submission, seed):
    return draws.log_uniform(draws.draw(submission.worker(threads=1), seed))


@check("all other values cover their range, independently", points=0.5, rests_on="witnessed", todo=2)
def test_ranges(draws, submission, seed):
    worker = submission.worker(threads=1)
    draws.plain(worker.call("types", seed, 20))
    return draws.ranges(draws.draw(worker, seed))


# --- TODO(3): the index ----------------------------------------------------------------------------------------------


@check("the index is the array task's, and there is none outside", points=0.5, rests_on="witnessed", todo=3)
def test_index(choices, submission):
    return choices.index(submission.worker(threads=1))


# --- TODO(4): save ---------------------------------------------------------------------------------------------------


@check("no two tasks write one file", points=0.5, rests_on="witnessed", todo=4)
def test_own_file(judge, submission, results):
    many = [[index, judge.a_result(index)] for index in range(8)]
    worker, counts, errors = submission.worker(threads=1, watch=results), [], []
    for group in (many[:1], many[1:]):
        worker.io.reset()
        errors += worker.call("save", str(results), group)
        counts.append(worker.opens())
        judge.saved(results, many[:1], errors[:1])
    evidence = judge.own_files(*counts, len(many) - 1)
    judge.saved(results, many, errors)
    return evidence


@check(
    "a result is whole, old or new, whatever happens", points=0.5, rests_on="witnessed", todo=4, after=[test_own_file]
)
def test_whole(judge, submission, results):
    worker, old = submission.worker(threads=1), judge.a_result(3)
    judge.saved(results, [[3, old]], worker.call("save", str(results), [[3, old]]))
    new = {**judge.a_result(3), "note": "x" * 40_000}  # longer than any buffer
    for most in (100, len(json.dumps(old)), 20_000):
        error = worker.call("save_under_quota", str(results), 3, new, most)
        if not judge.holds(results, 3, old):
            raise Failed(
                "The quota was full while a result was written again: the old one is gone, the new one is not there.",
                "Often: the file itself is opened for writing. That empties it at once.",
            )
        if not error:
            raise Failed(
                "The quota was full, and save() ended as if it had saved.",
                "An error that is swallowed here is a result that nobody misses.",
            )
        worker.call("save_under_quota", str(results), 4, new, most)
        if not judge.holds(results, 4, None):
            raise Failed("A result that could not be written is there.")
    judge.saved(results, [[3, new]], worker.call("save", str(results), [[3, new]]))
    return "three times a full quota: the old result stayed, the error came through"


# --- TODO(5), TODO(6): collect, run again ----------------------------------------------------------------------------


@check("what is missing, corrupt or failed is named", points=1, rests_on="witnessed", todo=5)
def test_collected(judge, submission, results):
    done, failures = judge.plant_search(results)
    found = submission.worker(threads=1).call("collect", str(results), len(done) + len(failures))
    return judge.collected(found, done, failures)


@check("what failed is run again, and only that, under the limit", points=0.5, rests_on="witnessed", todo=6)
def test_rerun(choices, submission):
    return choices.rerun(submission.worker(threads=1))


# --- TODO(7), TODO(8), TODO(10): choose, pack, pay -------------------------------------------------------------------


@check("the best is chosen by validation, in its best epoch", points=1, rests_on="witnessed", todo=7)
def test_best(choices, submission):
    return choices.best(submission.worker(threads=1))


@check("jobs are few, even, short enough, and none is lost", points=0.5, rests_on="witnessed", todo=8)
def test_packed(choices, submission):
    return choices.pack(submission.worker(threads=1))


@check("the cost is that of all jobs, in the site's units", points=0.5, rests_on="witnessed", todo=10)
def test_cost(choices, submission):
    return choices.cost(submission.worker(threads=1))


# --- TODO(9): run ----------------------------------------------------------------------------------------------------


@check(
    "a job goes on after an error, and records it",
    points=0.5,
    rests_on="witnessed",
    todo=9,
    after=[test_same_everywhere, test_ranges, test_whole],
)
def test_goes_on(judge, submission, baseline, results, seed):
    worker, indices = submission.worker(threads=1), [4, 5, 9, 11]
    broken = int(np.random.default_rng().choice(indices[:3]))
    configs = dict(zip(indices, worker.call("configurations", seed, indices), strict=True))
    worker.call("run_job", indices, str(results), seed, [broken])
    told = judge.ran(results, indices, configs, broken, seed, judge.reference(baseline.worker(threads=1)))
    if not worker.call("run_job_under_quota", [20, 21], str(results), seed, 100):
        raise Failed(
            "The quota was full, no result could be saved, and run_job() ended as if all were done.",
            "Often: save() is called where errors are caught. Only the training's error is to be recorded.",
        )
    return told


@check(
    "what is finished is not run again",
    points=0.5,
    rests_on="witnessed",
    todo=9,
    after=[test_goes_on, test_collected],
)
def test_finished_kept(judge, submission, results, seed):
    worker, indices = submission.worker(threads=1), list(range(6))
    configs = dict(zip(indices, worker.call("configurations", seed, indices), strict=True))
    done = {index: judge.a_result(index, configs[index]) for index in (0, 3)}
    for index, content in {**done, 1: judge.a_failure(1), 2: b'{"index": 2, "con'}.items():
        judge.plant(results, index, content)
    trained = worker.call("run_job", indices, str(results), seed, [])
    for index, result in done.items():
        if index in trained or judge.read(results, index) != result:
            raise Failed(f"Configuration {index} was finished, and was run again.")
    for index in set(indices) - set(done):
        if not isinstance(found := judge.read(results, index), dict) or found.get("status") != "done":
            raise Failed(f"Configuration {index} was missing, corrupt or failed, and was not run.")
    return "2 finished: kept; 1 failed, 1 corrupt, 2 missing: run"


# --- TODO(11): submit ------------------------------------------------------------------------------------------------


@check(
    "submitit gets one array, with its limit, that does the work",
    points=0.5,
    rests_on="witnessed",
    todo=11,
    after=[test_same_everywhere, test_ranges, test_own_file],
)
def test_submitted(submitit, judge, submission, results, folder, seed):
    worker, jobs, limit = submission.worker(threads=1), [[0, 1], [2]], 2 + seed % 3
    logs, local = folder(writable=True), folder(writable=True)
    worker.call("submit_recorded", [[i] for i in range(7)], str(results), seed, limit, str(logs))
    directive = judge.script(logs, range(7), limit)
    if errors := worker.call("submit_local", jobs, str(results), seed, limit, str(local), within=60):
        raise Failed(f"Jobs that submitit ran on this machine raised: {errors[0][:200]}")
    judge.of_the_search(results, seed, worker.call("configurations", seed, [0, 1, 2]))
    return f"{directive}; 2 jobs run by submitit's local executor left 3 results"


# --- where there is a Slurm -----------------------------------------------------------------------------------------


@check(
    "Slurm runs what failed, and never more than the limit",
    points=0.25,
    rests_on="witnessed",
    todo=6,
)
def test_in_slurm(private_slurm, choices, submission):
    return choices.in_slurm(submission.worker(threads=1), private_slurm)


# --- measured --------------------------------------------------------------------------------------------------------


@check(
    "a packed search is done earlier than one configuration per job",
    points=0.75,
    rests_on="witnessed",
    todo=8,
    after=[test_packed, test_goes_on],
)
def test_makespan(two_cores, race_searches):
    return race_searches()
