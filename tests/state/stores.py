"""Stores to test, and what to put into them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.state.memory import MemoryStore
from translator.model import Checkpoint, Line
from translator.state.sqlite import SqliteStore
from translator.state.store import Stored

T0 = 1_700_000_000.0
AnyStore = MemoryStore | SqliteStore


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: float = T0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def sqlite_store(directory: Path, **options: Any) -> SqliteStore:
    """A store on disk."""
    return SqliteStore(directory, clock=options.pop("clock", Clock()), **options)


def checkpoint(file_id: str, offset: int, **others: Any) -> Checkpoint:
    """How far a file has been read."""
    values = {
        "source": f"/logs/{file_id}.log", "path": f"/logs/{file_id}.log.1", "device": 2**63 + 1,
        "inode": 2**64 - 1, "lines": offset // 2, "size": offset + 5, "head": "aa", "head_size": 3,
        "tail": "bb", "tail_size": 4,
    }  # fmt: skip
    return Checkpoint(file_id=file_id, offset=offset, **{**values, **others})


def line(data: bytes, number: int = 1, **others: Any) -> Line:
    """A line of a log."""
    return Line(data, others.pop("source", "/logs/a.log"), number, offset=number * 100, **others)


def names(taken: Iterable[Stored]) -> list[str]:
    """The names that the envelopes were made with."""
    return [str(json.loads(stored.envelope.payload)["name"]) for stored in taken]
