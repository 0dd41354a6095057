"""The checks of assignment 01, PyTorch. All public: here, in judging.py, writing.py, choices.py and scripts.py."""

import signal
from pathlib import Path

import numpy as np

from grader.checks import check

# --- TODO(1) to TODO(3): the job script --------------------------------------------------------------------------


@check("the script asks for a GPU as its site wants it, with account and time", points=1, rests_on="witnessed", todo=1)
def test_asked(handed_in, scripts):
    return scripts.asked(handed_in("job.sh"))


@check(
    "the script brings its software, keeps checkpoints, and looks for the GPU",
    points=0.75,
    rests_on="witnessed",
    todo=2,
)
def test_prepared(handed_in, scripts):
    return scripts.prepared(handed_in("job.sh"), r"torch\.cuda\.(is_available|device_count|get_device)")


@check("the job is warned before its limit, and queued again", points=0.75, rests_on="witnessed", todo=3)
def test_warned(handed_in, scripts):
    return scripts.warned(handed_in("job.sh"))


# --- TODO(4), TODO(5): the device --------------------------------------------------------------------------------


@check("asking for a GPU that is not there is an error", points=0.5, rests_on="witnessed", todo=4)
def test_no_fallback(choices, start_worker):
    return choices.device(start_worker, ("cuda", "cuda:0"), "cpu")


@check("model and batches are on the chosen device", points=0.5, rests_on="self-reported", todo=5)
def test_places(choices, make_trial, start_worker):
    return choices.places(start_worker().call("places", make_trial(device="meta").options), "meta")


# --- TODO(6): what a checkpoint holds ----------------------------------------------------------------------------


@check("8 epochs equal 4 epochs, a kill, and 4 epochs", points=1, rests_on="witnessed", todo=6)
def test_continues(judge, make_trial, start_worker, alone):
    trial, half = make_trial(), 4 * 12
    trial.kill(start_worker(), 12, half)
    return judge.goes_on(trial, alone, trial.train(start_worker(), 12), half, "Killed after 4 of 8 epochs", 12)


@check(
    "a checkpoint holds tensors, numbers and strings only",
    points=0.5,
    rests_on="witnessed",
    todo=6,
    after=[test_continues],
)
def test_plain(choices, make_trial, start_worker):
    trial = make_trial()
    trial.save(start_worker(), 1)
    return choices.plain(trial.path)


# --- TODO(7): writing --------------------------------------------------------------------------------------------


@check("a kill during saving leaves the checkpoint before it", points=1, rests_on="witnessed", todo=7)
def test_survives(make_trial, start_worker, writing):
    return writing.survives(make_trial(hidden=256), start_worker)


@check("a file is on the disk before it gets its name", points=0.5, rests_on="self-reported", todo=7)
def test_order(make_trial, start_worker, writing):
    trial = make_trial()
    return writing.order(start_worker().call("write_order", trial.options, str(trial.path)), trial.path)


@check("only rank 0 writes", points=0.5, rests_on="witnessed", todo=7)
def test_one_writer(make_trial, start_worker, writing):
    return writing.one_writer(make_trial, start_worker)


# --- TODO(8): how often ------------------------------------------------------------------------------------------


@check("the interval loses little time", points=0.5, rests_on="witnessed", todo=8)
def test_interval(choices, start_worker):
    return choices.interval(start_worker())


# --- TODO(9): the loop -------------------------------------------------------------------------------------------


@check(
    "killed anywhere, it loses the steps since the last interval only",
    points=0.5,
    rests_on="witnessed",
    todo=9,
    after=[test_continues],
)
def test_anywhere(judge, make_trial, start_worker, alone):
    trial, rng = make_trial(), np.random.default_rng()
    every, step = 5, int(rng.choice([n for n in range(20, 80) if n // 5 * 5 % 12]))  # saved within an epoch
    trial.kill(start_worker(), every, step)
    ended = f"Killed after {step} steps, saving after every {every}"
    again = trial.train(start_worker(), every)
    seen = judge.goes_on(trial, alone, again, step // every * every, ended, every)
    return f"{seen}; {judge.last_saved(trial, start_worker, again[1])}"  # 96 is no multiple of 5


@check(
    "a signal ends the training with a checkpoint of whole steps",
    points=1,
    rests_on="witnessed",
    todo=9,
    after=[test_continues],
)
def test_signal(judge, make_trial, start_worker, alone):
    seen = []
    for number, during in ((signal.SIGUSR1, "forward"), (signal.SIGTERM, "optimizer")):
        step = int(np.random.default_rng().integers(10, 80))
        seen.append(judge.stops(make_trial(), start_worker, alone, 1000, step, number, during))
    return ". ".join(seen)


@check(
    "training that saves at intervals is faster than the start's",
    points=0.5,
    rests_on="witnessed",
    todo=9,
    after=[test_continues],
)
def test_cheap(race_trainings, held_opens):
    return race_trainings("train", every=6, epochs=1, hidden=256, batch=8)


# --- on a GPU ----------------------------------------------------------------------------------------------------


@check("on a GPU, too, a killed training goes on exactly", points=0.25, rests_on="witnessed", todo=6)
def test_on_gpu(gpu, judge, make_trial, start_worker):
    return judge.same_on_gpu(make_trial, start_worker)


# --- on a cluster ------------------------------------------------------------------------------------------------


@check(
    "submitted, the script trains to the end",
    points=0.25,
    rests_on="witnessed",
    todo=3,
    after=[test_asked, test_prepared, test_warned],
)
def test_submitted(own_slurm, scripts):
    return scripts.submitted(Path(__file__).parent, "job.sh")
