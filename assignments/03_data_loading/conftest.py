"""Fixtures of both frameworks' checks: fresh files on a simulated parallel filesystem; see judging.py."""

import contextlib

import numpy as np
import pytest

from grader import floor, machine
from grader.bench import SIDE
from grader.verdict import Failed

SAMPLES = 101  # a prime: no batch size and no number of workers divides it
RACE_SAMPLES = 96  # whole batches, the same number for each of two workers


@pytest.fixture
def judging(given):
    """The course's own copy of judging.py."""
    return given("judging")


@pytest.fixture
def data(given):
    """The course's own copy of data.py."""
    return given("data")


@pytest.fixture
def causes(request, judging):
    """What often lies behind a finding, for the framework that is judged."""
    return judging.CAUSES[request.node.stash[SIDE].framework]


@pytest.fixture
def make_files(folder, data, causes, judging, place):
    """Make a set of `count` fresh samples below a folder that plays the parallel filesystem."""

    def make(count, side=96, distinct=None):
        source = folder(writable=False) / "images"
        data.make_files(source, count, int.from_bytes(np.random.default_rng().bytes(4)), side, distinct)
        return judging.Files(data, causes, source, folder(writable=True), place)

    return make


@pytest.fixture
def files(make_files):
    """SAMPLES samples, read by the grader before anybody counts opens."""
    made = make_files(SAMPLES)
    assert len(made.pixels) == SAMPLES
    return made


@pytest.fixture
def packed(files, submission):
    """The samples as the hand-in packs them, in a process of its own: nothing stays in its memory."""
    return files.pack(submission)


@pytest.fixture
def cores():
    """Two cores, or one: the seven batches of an epoch would not reach all the workers of a whole node."""
    return tuple(machine.cores()[:2])


@pytest.fixture
def race_epochs(race, submission, baseline, make_files, judging):
    """Race epochs over a few sets of files whose opens are held for three times the decoding of a sample."""

    def run(entry, samples=RACE_SAMPLES, **settings):
        sets = [make_files(samples) for _ in range(3)]
        decode_s = judging.decode_seconds(sets[0])
        for files in sets:
            files.pack(submission)
        used = []

        @contextlib.contextmanager
        def lane(runner, part):
            files = sets[len(race.pairs) % len(sets)]  # the two sides of a pair read the same samples
            files.show() if runner is baseline else files.hide()
            with runner.worker(watch=getattr(files, part), **settings) as worker:
                worker.call("open_loader", str(getattr(files, part)))
                if runner is baseline:  # nothing is held yet; the start has neither workers nor handles to set up
                    worker.call("first_batch")
                else:
                    files.read(worker, entry)
                worker.io.hold_s = 3 * decode_s

                def call(_):  # every epoch has a probe and an order of its own
                    before = worker.cpu_seconds()
                    seconds, _ = files.read(worker, entry, within=2 + 100 * samples * decode_s)
                    if runner is submission:
                        used.append(worker.cpu_seconds() - before)
                    return None, seconds

                yield call

        moved = sum(map(len, sets[0].images.values())) + sum(pixels.nbytes for pixels in sets[0].pixels.values())
        outcome = race.run(
            lambda: lane(baseline, "source"),
            lambda: lane(submission, "packed"),
            lambda: None,
            floor=floor.traffic(moved, len(machine.cores())),
        )
        sets[0].show()
        decode_s = min(decode_s, judging.decode_seconds(sets[0]))  # a core may be faster now than it was before
        least = len(used) * samples * decode_s / 2
        if sum(used) < least:
            raise Failed(
                f"The timed epochs used {sum(used):.2f} s of CPU; decoding alone takes about {2 * least:.2f} s.",
                "Samples of an earlier epoch were kept. A real data set is larger than memory.",
            )
        return outcome

    return run
