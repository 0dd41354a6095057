"""TODO regions: split, framed, put together; broken marks are said."""

import pytest

from grader import todo
from grader.errors import UsageError

START = "a\n    # TODO(1): x\n    old\n    # END TODO(1)\nb\n# TODO(2)\n# END TODO(2)\n"


def test_regions_and_frame_together_are_the_file():
    assert todo.regions(START) == {1: "    old\n", 2: ""}
    assert todo.frame(START) == START.replace("    old\n", "")
    assert todo.compose(todo.frame(START), todo.regions(START)) == START


def test_compose_replaces_only_the_given_regions():
    assert todo.compose(START, {2: "new\n"}) == START.replace("# END TODO(2)", "new\n# END TODO(2)")
    with pytest.raises(UsageError, match=r"has no TODO\(3\); it has 1, 2"):
        todo.compose(START, {3: ""})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# TODO(1)\n", r"TODO\(1\) has no END"),
        ("# END TODO(1)\n", "without"),
        ("# TODO(1)\n# TODO(2)\n# END TODO(2)\n", r"TODO\(2\) begins before END TODO\(1\)"),
        ("# TODO(1)\n# END TODO(1)\n# TODO(1)\n# END TODO(1)\n", "twice"),
    ],
)
def test_broken_marks_name_the_place(text, message):
    with pytest.raises(UsageError, match=message):
        todo.regions(text)


def test_untouched_lists_regions_as_shipped_also_without_marks():
    assert todo.untouched(START, START) == [1, 2]
    assert todo.untouched(START.replace("old", "new"), START) == [2]
    assert todo.untouched("somebody deleted the marks\n", START) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("# TODO(2)", "# TOOD(2)", "t.py:8: END TODO(2) without TODO(2) before it"),
        ("# END TODO(2)", "# END", "t.py: TODO(2) has no END TODO(2)"),
        ("", "", ""),
    ],
)
def test_damaged_marks_are_named(old, new, said):
    start = "a = 1\n# TODO(1)\nb = 2\n# END TODO(1)\nc = 3\n# TODO(2)\nd = 4\n# END TODO(2)\n"
    assert todo.damage(start.replace(old, new) if old else start, start, "t.py") == said


def test_a_region_that_is_gone_is_named():
    start = "# TODO(1)\nb = 2\n# END TODO(1)\n# TODO(2)\nd = 4\n# END TODO(2)\n"
    assert todo.damage(start[: start.index("# TODO(2)")], start) == "task.py has no TODO(2) any more"
