"""The records of what is set aside: an envelope or a line, and why."""

from __future__ import annotations

import base64
import os

import msgspec

from translator.model import Envelope, Json, Line


class RejectedEnvelope(msgspec.Struct, frozen=True):
    """An envelope as it stands in the log; `payload` is text, for it is JSON in UTF-8."""

    trace_id: str
    category: str
    spans: int
    header: dict[str, Json]
    item_header: dict[str, Json]
    payload: str
    span_ids: list[str] = []

    def restored(self) -> Envelope:
        """The envelope, to be tried again."""
        return Envelope(
            self.trace_id, self.category, self.spans, self.header, self.item_header,
            self.payload.encode(), tuple(self.span_ids),
        )  # fmt: skip


class RejectedLine(msgspec.Struct, frozen=True, omit_defaults=True):
    r"""A line as it stands in the log.

    Attributes:
        file: Its file; bytes of the name that are not UTF-8 are written as `\xff`.
        offset: Where it begins there, in bytes.
        number: Its number there, from 1.
        size: How many bytes of it are kept; `bytes` in the log.
        data: The bytes as text.
        data_base64: The bytes where they are not UTF-8.
        too_long: Whether it was too long to be read, so that its bytes are not kept.
    """

    file: str
    offset: int
    number: int
    size: int = msgspec.field(name="bytes")
    data: str | None = None
    data_base64: str | None = None
    too_long: bool = False

    def restored(self) -> Line:
        """The line, to be tried again."""
        return Line(self.content(), self.file, self.number, self.too_long, self.offset)

    def content(self) -> bytes:
        """The bytes of the line, as far as they are kept."""
        return base64.b64decode(self.data_base64) if self.data_base64 else (self.data or "").encode()


class Rejected(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record of the log.

    Attributes:
        time: When it was set aside, in Unix seconds.
        reason: A bounded word.
        detail: More of it, in words for a person.
        envelope: What was set aside, if it is an envelope.
        line: What was set aside, if it is a line.
    """

    time: float
    reason: str
    detail: str
    envelope: RejectedEnvelope | None = None
    line: RejectedLine | None = None


def of_envelope(envelope: Envelope, reason: str, detail: str, now: float) -> Rejected:
    """The record of an envelope."""
    kept = RejectedEnvelope(
        envelope.trace_id, envelope.category, envelope.spans, envelope.header, envelope.item_header,
        envelope.payload.decode("utf-8", "replace"), list(envelope.span_ids),
    )  # fmt: skip
    return Rejected(now, reason, _clean(detail), envelope=kept)


def of_line(line: Line, reason: str, detail: str, now: float) -> Rejected:
    """The record of a line."""
    text: str | None = None
    encoded: str | None = None
    try:
        text = line.data.decode()
    except UnicodeDecodeError:
        encoded = base64.b64encode(line.data).decode()
    kept = RejectedLine(
        os.fsencode(line.source).decode("utf-8", "backslashreplace"), line.offset, line.number,
        len(line.data), text, encoded, line.too_long,
    )  # fmt: skip
    return Rejected(now, reason, _clean(detail), line=kept)


def _clean(detail: str) -> str:
    """Text of which every character can be written."""
    return detail.encode("utf-8", "backslashreplace").decode()
