"""Arrays that a worker is given: it reads them, and nobody changes them."""

from __future__ import annotations

import mmap
import os

import numpy as np
import pytest

from grader.worker import protocol

linux = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="seals are Linux's")


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
