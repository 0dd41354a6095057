"""Arrays that a worker is given: it reads them, and nobody changes them."""

from __future__ import annotations

import mmap
import os
import socket
import struct
import threading
import time

import numpy as np
import pytest

from grader.worker import protocol

linux = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="seals are Linux's")


def test_nan_is_found_however_deep_it_lies():
    answer = [float("nan")]
    for _ in range(5000):
        answer = [answer]
    assert protocol.has_nan(answer)
    assert protocol.has_nan({"a": [1, {"b": float("nan")}]})
    assert not protocol.has_nan({"a": [1, {"b": "nan"}], "c": None})


def test_bytes_that_trickle_in_do_not_extend_the_time():
    mine, theirs = socket.socketpair()
    stop = threading.Event()

    def trickle():
        theirs.sendall(struct.pack(">I", 10000))
        while not stop.wait(0.0005):
            theirs.sendall(b" ")

    thread = threading.Thread(target=trickle)
    thread.start()
    begin = time.monotonic()
    with pytest.raises(TimeoutError):
        protocol.receive(mine, within=0.3)
    seconds = time.monotonic() - begin
    stop.set()
    thread.join()
    assert seconds < 2


@linux
@pytest.mark.parametrize("seal", [protocol._SEAL_INPUT, 1 << 20], ids=["this kernel", "one before F_SEAL_FUTURE_WRITE"])
def test_an_input_can_be_read_but_not_changed(monkeypatch, seal):
    monkeypatch.setattr(protocol, "_SEAL_INPUT", seal)
    given = np.arange(12.0).reshape(3, 4)
    fd = protocol.input_memory(given)
    try:
        for change in (
            lambda: os.pwrite(fd, b"x", 0),
            lambda: os.ftruncate(fd, 8),
            lambda: os.ftruncate(fd, 1 << 12),
            lambda: mmap.mmap(fd, given.nbytes),
        ):
            with pytest.raises(PermissionError):
                change()
        assert np.array_equal(protocol.read_array(fd, "float64", (3, 4)), given)
    finally:
        os.close(fd)
