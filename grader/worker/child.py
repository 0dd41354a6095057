"""The worker: imports the given code and a task file, then answers calls. Everything here is untrusted output."""

from __future__ import annotations

import importlib
import os
import random
import re
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from grader.worker import limits, protocol, stack

MAX_TEXT = 400
_INNER = "Traceback (most recent call last):"
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}m")
"""What makes a text bold or red on a terminal, as in torch's own errors: without its first letter it is noise."""


def serve(sock: socket.socket, options: dict[str, Any]) -> None:
    """Set this process up as `options` says, then answer requests until the grader hangs up."""
    _set_up(options)
    listener = _watched() if options.get("watched") else None
    protocol.send(sock, {"ready": True}, [] if listener is None else [listener])
    if listener is not None:
        os.close(listener)
    while True:
        try:
            request, fds = protocol.receive(sock, 16)
        except (EOFError, OSError):
            return
        reply = _answer(request, fds, options)
        for fd in fds:
            os.close(fd)
        try:
            protocol.send(sock, reply)
        except (TypeError, ValueError) as error:  # an answer that is not JSON, or far too long
            protocol.send(sock, {"error": _describe(error, options["code"])})


def _set_up(options: dict[str, Any]) -> None:
    os.environ.update(options["env"])
    tempfile.tempdir = None  # the server's choice, should an import have asked: temporary files go with the worker
    os.environ.pop("OPENBLAS_NUM_THREADS", None)
    os.umask(0o022)
    if options.get("cores"):
        os.sched_setaffinity(0, options["cores"])
    limits.drop(options["uid"])
    os.chdir(options["scratch"])
    sys.path.insert(0, options["code"])  # it holds the assignment's own files only, and some package may be named llama
    stack.answer_signals()
    seed = int.from_bytes(os.urandom(4), "big")  # forks would otherwise share their random numbers
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - whatever the task uses
    for name, prepare in _FRAMEWORKS.items():
        if name in sys.modules:
            prepare(sys.modules[name], seed, options.get("threads", 0))


def _prepare_torch(torch: Any, seed: int, threads: int) -> None:
    torch.manual_seed(seed)
    if threads:
        torch.set_num_threads(threads)


def _prepare_tensorflow(tensorflow: Any, seed: int, threads: int) -> None:
    """Settings only: its thread pools start with the first operation, and take as many cores as are allowed then."""
    tensorflow.random.set_seed(seed)
    if threads:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)


_FRAMEWORKS = {"torch": _prepare_torch, "tensorflow": _prepare_tensorflow}
"""What a fork of the server needs of a framework that is imported: random numbers of its own, and the threads."""


def _watched() -> int:
    from grader.iowatch import filter as syscall_filter

    return syscall_filter.install()


def _answer(request: dict[str, Any], fds: list[int], options: dict[str, Any]) -> dict[str, Any]:
    try:
        if "import" in request:
            for name in request["import"]:
                importlib.import_module(name)
            return {"value": None}
        function: Callable[..., Any] = getattr(sys.modules[options["entry"]], request["call"])
        inputs = [
            protocol.read_array(fd, spec["dtype"], spec["shape"])
            for fd, spec in zip(fds, request["inputs"], strict=False)
        ]
        args = [inputs[a["array"]] if isinstance(a, dict) and "array" in a else a for a in request["args"]]
        value = function(*args)
        if not request["outputs"]:
            return {"value": value}
        return {"arrays": _write(value, request["outputs"], fds[len(inputs) :])}
    except BaseException as error:
        return {"error": _describe(error, options["code"])}


def _write(value: Any, capacities: list[int], fds: list[int]) -> list[dict[str, Any]]:
    arrays = [np.asarray(a) for a in (value if isinstance(value, tuple) else (value,))]
    if len(arrays) != len(capacities):
        raise TypeError(f"expected {len(capacities)} arrays, found {len(arrays)}")
    for array, capacity, fd in zip(arrays, capacities, fds, strict=True):
        if array.nbytes <= capacity and array.dtype != object:
            protocol.write_array(fd, array)
    return [{"dtype": str(a.dtype), "shape": list(a.shape)} for a in arrays]


def _describe(error: BaseException, code: str) -> dict[str, Any]:
    """The error as a student should see it: its type, its text, and the innermost line in their own files."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(code)]
    if isinstance(error, SyntaxError) and error.filename:
        where = {"file": Path(error.filename).name, "line": error.lineno, "text": (error.text or "").strip()}
    elif frames:
        inner = next((f for f in reversed(frames) if Path(f.filename).name.startswith("task")), frames[-1])
        where = {"file": Path(inner.filename).name, "line": inner.lineno, "text": inner.line or ""}
    else:
        where = {}
    try:
        text = str(error.msg if isinstance(error, SyntaxError) else error)
    except BaseException:
        text = "(its text cannot be made)"
    text = _COLOUR.sub("", text)
    if _INNER in text:  # raised in a DataLoader worker: torch quotes that process's traceback
        text, where = _quoted(text.partition(_INNER)[2], code, where)
    return {"type": type(error).__name__, "text": text[:MAX_TEXT], "where": where}


def _quoted(trace: str, code: str, where: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The last line of a quoted traceback, and its innermost line in the student's files."""
    lines = trace.strip().splitlines()
    for number, line in enumerate(lines):
        if (frame := re.search(r'File "(.+)", line (\d+)', line)) and frame[1].startswith(code):
            where = {
                "file": Path(frame[1]).name,
                "line": int(frame[2]),
                "text": "".join(lines[number + 1 : number + 2]).strip(),
            }
    return lines[-1] if lines else "", where
