"""Fixtures of the checks; what they judge with is in judging.py and choices.py."""

import contextlib
import importlib.util

import pytest

from grader import core_use, floor
from grader.verdict import NotMeasured


@pytest.fixture
def judge(given):
    """The functions of judging.py."""
    return given("judging")


@pytest.fixture
def choices(given):
    """The functions of choices.py."""
    return given("choices")


@pytest.fixture
def results(folder):
    """An empty folder for the results of a search."""
    return folder(writable=True)


@pytest.fixture
def submitit():
    """submitit is installed. Not measured where it is not."""
    if importlib.util.find_spec("submitit") is None:
        raise NotMeasured("submitit is not installed here.", next="pip install submitit")


@pytest.fixture
def race_searches(race, submission, baseline, folder, judge, two_cores):
    """Race whole searches, two jobs at a time: the hand-in's against the start's, a configuration in each job."""

    def run():
        use = core_use.CoreUse(2)
        reference = judge.reference(baseline.worker(threads=1))

        @contextlib.contextmanager
        def lane(runner):
            with runner.worker(cores=two_cores, threads=1) as worker:

                def call(search):
                    place = folder(writable=True)
                    place.chmod(0o777)  # both sides write, each as its own user
                    if runner is baseline:
                        return None, search.timed(worker, place)
                    _, seconds = use.timed(worker, lambda: (None, search.timed(worker, place)))
                    search.judge(place, reference)
                    return None, seconds

                yield call

        return race.run(
            lambda: lane(baseline),
            lambda: lane(submission),
            judge.Search,
            agree=lambda _base, _mine: use.judge(),
            floor=floor.arithmetic(judge.Search().operations, "float32", 2),
        )

    return run
