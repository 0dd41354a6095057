"""Where a process stands: the stack that it prints on request, read for a line of the student's file.

The worker registers Python's faulthandler for one signal: it prints the stack of the main thread to the worker's output
without the interpreter's help, so also from inside a collective that never returns.
"""

from __future__ import annotations

import faulthandler
import re
import signal

SIGNAL = signal.SIGUSR1
_FRAME = re.compile(r'^  File "(.+)", line (\d+) in (\S+)$', re.MULTILINE)
_START = "most recent call first"
_COMMUNICATION = ("/torch/distributed/", "/tensorflow/python/distribute/")
_WRAPPERS = ("wrapper", "decorate_context", "inner", "inner_func")


def answer_signals() -> None:
    """Print the stack on SIGNAL from now on (in the worker)."""
    faulthandler.register(SIGNAL, file=2, all_threads=False)


def place(printed: str, folder: str, task: str) -> str:
    """The innermost line of the task file, or of another file in `folder`, in the last stack that was printed.

    With the collective, where the stack shows one: "task.py:12, in all_reduce". Empty when there is no stack.
    """
    _, found, stack = printed.rpartition(_START)
    frames = _FRAME.findall(stack) if found else []
    mine = [i for i, (file, *_) in enumerate(frames) if file.startswith(f"{folder}/")]
    if not mine:
        return ""
    at = next((i for i in mine if frames[i][0].endswith(f"/{task}.py")), mine[0])
    file, line, _ = frames[at]
    calls = [name for path, _, name in frames[:at] if any(part in path for part in _COMMUNICATION)]
    calls = [name for name in calls if name not in _WRAPPERS]
    return f"{file.rpartition('/')[2]}:{line}" + (f", in {calls[-1]}" if calls else "")
