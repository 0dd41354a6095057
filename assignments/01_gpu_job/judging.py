"""What the checks of both frameworks share: fresh trainings, kills, and how a resumed training is judged.

Functions that judge return the evidence of a pass and raise Failed. They are reached through the fixture `judge`.
"""

import contextlib
import itertools
import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from grader.verdict import Failed
from grader.worker.client import Array

MOST_WEIGHTS = 1 << 22
WIDTH, CLASSES = 32, 10  # as in the given code
POLL_S = 0.01


class Trial:
    """A training with a seed of its own, and where it is saved. `parts`: of its state, by name."""

    def __init__(self, path, suffix, parts, **options):
        seed = int(np.random.default_rng().integers(2**31))
        small = {"seed": seed, "epochs": 8, "hidden": 32, "batch": 32, "batches_per_epoch": 12}
        self.options, self.parts = {**small, **options}, parts
        self.path = path.with_name(path.name + suffix)
        self.folder = path.parent

    @property
    def steps(self):
        """Steps of the whole training."""
        return self.options["epochs"] * self.options["batches_per_epoch"]

    def where(self, step):
        """(epochs, batches of the next epoch) that are done after so many steps."""
        return divmod(step, self.options["batches_per_epoch"])

    def reference(self, worker, steps=0, **forgotten):
        """Losses and weights of the first steps (0: of all) without any disturbance; by the given code."""
        arguments = self.options, steps or self.steps, forgotten
        return worker.call("reference", *arguments, returns=[Array("float32", (None,), rows=self.steps), _weights()])

    def train(self, worker, every, within=30, **trouble):
        """Losses of the hand-in's training in this process, the weights, and [finished, epoch, position]."""
        returns = [Array("float32", (None,), rows=self.steps), _weights(), Array("int64", (3,))]
        arguments = self.options, str(self.path), every, trouble
        with _loading():
            return worker.call("train", *arguments, returns=returns, within=within)

    def kill(self, worker, every, step):
        """Train, and kill the process when `step` steps are done. Raises Failed when it does not come that far."""
        reached = self.folder / "reached"
        with ThreadPoolExecutor(1) as pool:
            call = pool.submit(self.train, worker, every, step=step, reached=str(reached))
            while not reached.exists():
                with contextlib.suppress(TimeoutError):
                    steps = len(call.result(POLL_S)[0])
                    raise Failed(f"train() made {steps} steps and returned; there are {self.steps}.")
            worker.kill()
            with contextlib.suppress(Failed):  # that says how the process ended
                call.result()
        worker.close()
        reached.unlink()

    def save(self, worker, steps):
        """The weights of which the hand-in wrote a checkpoint, after so many steps."""
        return worker.call("save", self.options, str(self.path), steps, returns=[_weights()])[0]

    def load(self, worker):
        """Weights and [epoch, position] that the hand-in restores."""
        returns = [_weights(), Array("int64", (2,))]
        return worker.call("load", self.options, str(self.path), returns=returns)

    def timed(self, worker, every, entry="train"):
        """Losses and weights of a timed training that saves, and its seconds."""
        more = ({},) if entry == "train" else ()
        if not more:
            worker.call("prepare", self.options)
        returns = [Array("float32", (None,), rows=self.steps), _weights(), Array("int64", (3,))]
        (losses, weights, _), seconds = worker.timed(entry, self.options, str(self.path), every, *more, returns=returns)
        return (losses, weights), seconds

    def judge_saved(self, weights, opens, every):
        """Raise Failed unless a training was saved as often as asked, and whole: AdamW has two numbers a weight."""
        if opens < self.steps // every:
            raise Failed(f"The timed training opened {opens} files; it was to be saved {self.steps // every} times.")
        if _size(self.path) < 3 * weights.nbytes:
            raise Failed(f"After the training {self.path.name} has {_size(self.path):,} bytes: not its whole state.")

    @property
    def operations(self):
        """Floating-point operations that training takes at least: 6 per weight of a layer and sample."""
        hidden = self.options["hidden"]
        return 6 * hidden * (WIDTH + hidden + CLASSES) * self.steps * self.options["batch"]

    def files(self):
        """Names of the files in the trial's folder."""
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if not p.is_dir())


@contextlib.contextmanager
def _loading():
    """Raise Failed in plain words where torch.load() refuses what it read: its own are about how to switch that off."""
    try:
        yield
    except Failed as failed:
        if "Weights only load failed" not in failed.outcome.evidence:
            raise
        raise Failed(
            "A new process could not load the checkpoint: torch.load(weights_only=True) refuses what is in it.",
            "The snapshot holds something else than tensors, numbers and strings; an array of NumPy, for example.",
            "TODO(6), snapshot()",
        ) from None


def _weights():
    return Array("float32", (None,), rows=MOST_WEIGHTS)


# --- going on ----------------------------------------------------------------------------------------------------


def goes_on(trial, given, again, saved, ended, every=1):
    """Evidence that a second process went on after `saved` steps, as if nothing had happened. Raises Failed.

    `again`: what its training answered. `ended`: how the first process ended, in words. `every`: how often it saved.
    """
    losses, weights, (finished, *where) = again
    began = trial.steps - len(losses)
    if not finished or tuple(where) != (trial.options["epochs"], 0):
        raise Failed(
            f"{ended}; the second process stopped in epoch {where[0]} of {trial.options['epochs']}"
            f"{'' if finished else ', and train() answered that it is not complete'}."
        )
    if began != saved:
        if 0 < began and began % every:
            raise Failed(
                f"{ended}; {_began(trial, began, saved)}",
                f"`every` is {every}, and {began} is no multiple of it: train() counts the steps wrongly.",
                "TODO(9), train()",
            )
        raise Failed(f"{ended}; {_began(trial, began, saved)}", _why_began(began, saved))
    expected, final = trial.reference(given)
    if np.array_equal(weights, final) and np.array_equal(losses, expected[began:]):
        return f"{ended}; the other {len(losses)} losses and all {weights.size:,} weights are equal, bit for bit"
    off = _off(weights, final)
    raise Failed(
        f"{ended}; the second process went on from there, and its weights differ by up to {off:.2g}; expected 0.",
        _forgotten(trial, given, weights, began),
    )


def last_saved(trial, start_worker, weights):
    """Evidence that a complete training left its last state in the checkpoint. Raises Failed."""
    with start_worker() as reader:
        found, where = trial.load(reader)
    epoch, position = (int(number) for number in where)
    if (epoch, position) != (trial.options["epochs"], 0) or not np.array_equal(found, weights):
        made = epoch * trial.options["batches_per_epoch"] + position
        raise Failed(
            f"The training was complete after {trial.steps} steps; {trial.path.name} holds the state after {made}, "
            f"expected that of the last step.",
            "The number of steps need not be a multiple of `every`: the last state has to be saved, too.",
        )
    return "its last state is saved"


def _began(trial, began, saved):
    if began < 0:
        return f"the second process made {trial.steps - began} steps; there are {trial.steps}."
    return f"the second process began after {began} steps; expected {saved}."


def _why_began(began, saved):
    if began <= 0:
        return "Epoch and position are not restored, or there was no checkpoint."
    return "Steps were lost that had to be saved." if began < saved else "It was saved more often, or counts wrongly."


def _forgotten(trial, given, weights, began):
    """What a run had to forget to get to these weights, in words."""
    for count in range(1, len(trial.parts) + 1):
        for parts in itertools.combinations(trial.parts, count):
            if np.array_equal(trial.reference(given, at=began, parts=list(parts))[1], weights):
                forgotten = " and ".join(trial.parts[p] for p in parts)
                return f"Exactly this difference arises when only {forgotten} {'are' if count > 1 else 'is'} forgotten."
    return "Often: what was saved is of another moment than the weights, or a part of the state is missing."


def same_on_gpu(make_trial, start_worker):
    """Evidence that a killed training on a GPU ends as one of the hand-in's own that nobody killed. Raises Failed."""
    whole = make_trial(device="cuda")
    cut = make_trial(**whole.options)
    _, expected, _ = whole.train(start_worker(), 12)
    cut.kill(start_worker(), 12, 48)
    losses, weights, _ = cut.train(start_worker(), 12)
    off = _off(weights, expected)
    if len(losses) != cut.steps - 48 or off:
        raise Failed(
            f"After a kill, {len(losses)} steps were made; the weights differ by up to {off:.2g}, expected 0.",
            "Often: dropout on a GPU has a generator of its own, torch.cuda.get_rng_state_all().",
        )
    return f"{len(losses)} steps after the kill; all {weights.size:,} weights are equal, bit for bit"


def _off(weights, expected):
    """By how much weights differ at most. Raises Failed where they are not as many."""
    if weights.size != expected.size:
        raise Failed(f"The second process answered {weights.size:,} weights; the model has {expected.size:,}.")
    return float(np.abs(weights - expected).max())


def stops(trial, start_worker, given, every, step, number, during):
    """Evidence that a signal in one of the steps ended the training after it, with a checkpoint. Raises Failed."""
    name = signal.Signals(number).name
    when = "in the forward pass" if during == "forward" else "after the optimizer"
    ended = f"{name} came {when} of step {step + 1}"
    with start_worker() as worker:
        try:
            losses, _, (finished, *_) = trial.train(worker, every, step=step, signal=int(number), during=during)
        except Failed as failed:
            if f"({name})" not in failed.outcome.evidence:
                raise
            why = "Without a handler a signal ends the process: signal.signal(), at the beginning of train()."
            raise Failed(f"{ended}: the grader sent it, and nothing in train() handled it.", why) from None
    if len(losses) != step + 1:
        more = f"{len(losses) - step - 1} more steps were made" if len(losses) > step else "that step was not completed"
        raise Failed(f"{ended}; {more}.", "The time is nearly up: complete the step, save, and return.")
    if finished:
        raise Failed(f"{ended}; train() answered that the run is complete, so nobody would queue it again.")
    if not trial.path.exists():
        raise Failed(f"{ended}; train() returned without a checkpoint.")
    with start_worker() as worker:
        again = trial.train(worker, every)
    return goes_on(trial, given, again, step + 1, ended)


def _size(path):
    return path.stat().st_size if path.exists() else 0
