"""Bytes of something that is stored, wherever it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

ReadAt = Callable[[int, int], bytes]
"""Gives at most so many bytes from an offset on; none at the end."""


def of_file(descriptor: int) -> ReadAt:
    """Reads an open file."""
    return partial(os.pread, descriptor)
