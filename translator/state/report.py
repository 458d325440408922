"""What a state tells of a sidecar, running or not, without touching it."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from translator.errors import StateError
from translator.model import Checkpoint
from translator.state import rows
from translator.state.database import BACKFILL_DIRECTORY, LOCK_FILE, STATE_FILE
from translator.state.schema import refuse_newer

_TOTALS = "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(spans), 0), min(created) FROM outbox"


class StateReport(msgspec.Struct, frozen=True):
    """The state of one destination.

    Attributes:
        directory: Where it is kept.
        of_backfills: Whether it is that of backfills, not of a sidecar.
        pid: The process that uses it; None where none does.
        checkpoints: How far each known file has been read.
        counters: What was counted since the state was begun, by a dotted name.
        envelopes: Envelopes in the outbox.
        envelope_bytes: Bytes of them.
        unsent_spans: Spans in them.
        oldest: When the oldest of them was put there, in Unix seconds; None for an empty outbox.
        rejected: What was set aside, by what it was and the reason.
        facts: Small facts by name.
    """

    directory: str
    of_backfills: bool
    pid: int | None
    checkpoints: list[Checkpoint]
    counters: dict[str, int]
    envelopes: int
    envelope_bytes: int
    unsent_spans: int
    oldest: float | None
    rejected: dict[str, int]
    facts: dict[str, str]


def find_states(directory: Path) -> list[Path]:
    """The directories of all states that a state directory holds: of sidecars, and of backfills in them.

    Raises:
        StateError: This user may not look for them.
    """
    found: list[Path] = []
    try:
        for own in sorted(directory.iterdir()):
            found += [each for each in (own, own / BACKFILL_DIRECTORY) if _is_there(each / STATE_FILE)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StateError(
            f"cannot be read: {error.strerror}",
            where=str(error.filename),
            hint="ask as the user that the sidecar runs as",
        ) from None
    return found


def _is_there(path: Path) -> bool:
    """Whether there is such a file; not being allowed to know is an error."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read_report(directory: Path) -> StateReport:
    """What the state of one destination tells.

    Raises:
        StateError: It cannot be read, or a newer version wrote it.
    """
    path = directory / STATE_FILE
    of_backfills = directory.name == BACKFILL_DIRECTORY
    try:
        # A path may have signs in it that mean something in a URI.
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=5.0)) as connection:
            refuse_newer(connection, str(path))
            connection.execute("BEGIN")
            envelopes, size, spans, oldest = connection.execute(_TOTALS).fetchone()
            return StateReport(
                directory=str(directory),
                of_backfills=of_backfills,
                pid=_user(directory / LOCK_FILE),
                checkpoints=[rows.to_checkpoint(row) for row in connection.execute(rows.SELECT_CHECKPOINTS)],
                counters=dict(connection.execute("SELECT name, total FROM counters ORDER BY name")),
                envelopes=envelopes,
                envelope_bytes=size,
                unsent_spans=spans,
                oldest=oldest,
                rejected={
                    f"{what}.{reason}" if reason else what: total
                    for what, reason, total in connection.execute(
                        "SELECT what, reason, total FROM rejected ORDER BY what, reason"
                    )
                },
                facts=dict(connection.execute("SELECT name, value FROM facts ORDER BY name")),
            )
    except sqlite3.Error as error:
        whose = "a backfill to this destination" if of_backfills else "the sidecar"
        raise StateError(
            f"cannot be read: {error}",
            where=str(path),
            hint=f"the next start of {whose} sets a damaged state aside and begins another",
        ) from error


def _user(lock: Path) -> int | None:
    """The process that holds the lock; None where nobody does."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        said = os.read(descriptor, 32).strip()
        return int(said) if said.isdigit() else 0
    else:
        return None
    finally:
        os.close(descriptor)
