"""Checkpoints and envelopes as rows of `state.sqlite`, and back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import msgspec

from translator.model import Checkpoint, Envelope
from translator.state.store import Stored

ROW_BYTES = 200
"""What a row needs besides its texts: numbers, the index, the rest of a page."""

_CHECKPOINT_COLUMNS = msgspec.structs.fields(Checkpoint)
_NAMES = ", ".join(f'"{field.name}"' for field in _CHECKPOINT_COLUMNS)
_PLACES = ", ".join("?" * len(_CHECKPOINT_COLUMNS))

UPSERT_CHECKPOINT = f"INSERT OR REPLACE INTO checkpoints ({_NAMES}) VALUES ({_PLACES})"  # noqa: S608
SELECT_CHECKPOINTS = f"SELECT {_NAMES} FROM checkpoints ORDER BY file_id"  # noqa: S608

INSERT_ENVELOPE = """
INSERT INTO outbox (position, attempts, created, bytes, trace_id, category, spans, header, item_header,
    payload, span_ids)
VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ENVELOPE_COLUMNS = """
row, attempts, position, bytes, created, trace_id, category, spans, header, item_header, payload, span_ids
"""

_decode_header = msgspec.json.Decoder(dict[str, Any]).decode


class Held(msgspec.Struct, frozen=True):
    """A row of the outbox, with what only the store needs to know of it.

    Attributes:
        stored: What is handed out.
        position: Its place in the order.
        size: How many bytes it needs.
        created: When it came into the outbox, in Unix seconds.
    """

    stored: Stored
    position: int
    size: int
    created: float


def from_checkpoint(checkpoint: Checkpoint) -> tuple[object, ...]:
    """The values of `UPSERT_CHECKPOINT`."""
    values = msgspec.structs.asdict(checkpoint)
    values["source"] = os.fsencode(checkpoint.source)
    values["path"] = os.fsencode(checkpoint.path)
    values["device"] = str(checkpoint.device)
    values["inode"] = str(checkpoint.inode)
    return tuple(values.values())


def to_checkpoint(row: Sequence[Any]) -> Checkpoint:
    """A checkpoint of a row of `SELECT_CHECKPOINTS`."""
    file_id, source, path, device, inode, *others = row
    return Checkpoint(file_id, os.fsdecode(source), os.fsdecode(path), int(device), int(inode), *others)


def from_envelope(envelope: Envelope, position: int, created: float) -> tuple[tuple[object, ...], int]:
    """The values of `INSERT_ENVELOPE`, and how many bytes they need."""
    header = msgspec.json.encode(envelope.header)
    item_header = msgspec.json.encode(envelope.item_header)
    span_ids = " ".join(envelope.span_ids)
    size = ROW_BYTES + len(envelope.payload) + len(header) + len(item_header) + len(span_ids)
    return (
        position, created, size, envelope.trace_id, envelope.category, envelope.spans,
        header, item_header, envelope.payload, span_ids,
    ), size  # fmt: skip


def to_held(row: Sequence[Any]) -> Held:
    """A row of the outbox of its `ENVELOPE_COLUMNS`.

    Raises:
        msgspec.MsgspecError: Its header is not JSON: the file is damaged in a way that SQLite cannot see.
    """
    (
        number,
        attempts,
        position,
        size,
        created,
        trace_id,
        category,
        spans,
        header,
        item_header,
        payload,
        ids,
    ) = row
    envelope = Envelope(
        trace_id, category, spans, _decode_header(header), _decode_header(item_header), payload,
        tuple(ids.split()),
    )  # fmt: skip
    return Held(Stored(number, envelope, attempts), position, size, created)
