"""Spans of one shape are one text but for their values: it is written once, then only filled.

A template is made of an outline, so it says what the outline says, and it is exact: a span whose values
are not what a template can take is left to the plain way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import orjson

from translator.content.names import named_after, span_name
from translator.envelopes.attributes import (
    SEGMENT_ID,
    SEGMENT_NAME,
    Identity,
    Privacy,
    outline,
    own_attributes,
)
from translator.envelopes.extra import add_extra, plain_extra
from translator.envelopes.secrets import may_hold_secret
from translator.envelopes.typed import Part
from translator.model import Json, Kind, Span

_MOST = 512
_LONGEST = 16_384
"""How many templates are kept, and of how many bytes: hostile logs must not fill the memory."""

_SIGHTS = 32
_MOST_SEEN = 4_096
"""How often a shape is met before it gets a template, and of how many shapes that is counted."""

_SCALARS = frozenset((str, int, float, bool))
_IDS = 60
"""Bytes of a list that begins with a trace id and a span id: they are hexadecimal, and hold no secrets."""
_PLACE = b"\n"
"""What stands for a value while a template is made: no text in JSON has a line break."""
_BETWEEN = b",\n  "
"""What orjson writes between the indented items of a list."""


class Template(msgspec.Struct, frozen=True):
    """The text of spans of one shape.

    Attributes:
        pieces: The text, with an empty place after each piece for a value.
        name: The operation and the field that the name is made of; None where it is made of more.
        fields: The fields whose values are in it, in order.
        conversions: Which values are converted, and how.
        own_at: Where among the values the attributes come that are computed of several fields.
        keys: The attributes that it has itself.
        extra: Whether the log's own keys are in it.
    """

    pieces: list[bytes]
    name: tuple[str, str] | None
    fields: tuple[str, ...]
    conversions: tuple[tuple[int, Callable[[Json], Json]], ...]
    own_at: int
    keys: frozenset[str]
    extra: bool

    def fill(self, span: Span, privacy: Privacy, *, mask_secrets: bool) -> tuple[str, bytes] | None:
        """The JSON object of a span.

        Args:
            span: The span.
            privacy: What may be sent.
            mask_secrets: Whether secrets are looked for.

        Returns:
            Its name and its bytes; None where a value does not fit, or where there may be a secret.
        """
        fields = span.fields
        if self.name is not None and (subject := fields[self.name[1]]):
            name = f"{self.name[0]} {subject}"
        else:
            name = span_name(span.kind, fields)
        parent_id, segment_name = span.parent_id, span.segment_name or name
        start, end = span.start / 1e6, span.end / 1e6
        values: list[Json] = (
            [span.trace_id, span.span_id, name, start, end, span.segment_id, segment_name]
            if parent_id is None
            else [span.trace_id, span.span_id, parent_id, name, start, end, span.segment_id, segment_name]
        )
        values += map(fields.__getitem__, self.fields)
        if self.extra:
            values += span.extra.values()
        for at, convert in self.conversions:
            value = values[at] = convert(values[at])
            if value is None:
                return None
        own = own_attributes(span, self.keys, privacy)
        lists = False
        if not self.extra:
            add_extra(own, span.extra, self.keys, content=privacy.content, most=privacy.log_attributes)
            if not self.keys.isdisjoint(own):
                return None
            lists = any(attribute["type"] == "array" for attribute in own.values())
        try:
            said = orjson.dumps(values, option=orjson.OPT_INDENT_2)
            rest = orjson.dumps(own) if own else b""
        except TypeError:
            return None
        # What may be masked is masked attribute by attribute; a list of two texts may be a header.
        if mask_secrets and (lists or may_hold_secret(said[_IDS:] + rest)):
            return None
        filling = said[4:-2].split(_BETWEEN)
        filling.insert(self.own_at, b"," + rest[1:-1] if own else b"")
        pieces = self.pieces.copy()
        pieces[1::2] = filling
        return name, b"".join(pieces)


class Templates:
    """The templates for the shapes of a log's spans.

    Args:
        identity: What is said of every span.
        privacy: What may be sent.
        mask_secrets: Whether secrets are looked for.
    """

    def __init__(self, identity: Identity, privacy: Privacy, *, mask_secrets: bool) -> None:
        self._identity = identity
        self._privacy = privacy
        self._mask_secrets = mask_secrets
        self._made: dict[tuple[Any, ...], Template | None] = {}
        self._seen: dict[int, int] = {}

    def fill(self, span: Span) -> tuple[str, bytes] | None:
        """The name and the JSON object of a span; None where it is to be put together in the plain way."""
        fields, extra = span.fields, span.extra
        # The id of a kind, for its hash is computed anew each time.
        key = (
            id(span.kind), span.parent_id is None, span.segment_id == span.span_id, fields.get("operation"),
            fields.get("op"), *fields, *map(type, fields.values()), None, *extra, *map(type, extra.values()),
        )  # fmt: skip
        try:
            template = self._made[key]
        except KeyError:
            template = self._met(key, span)
        except TypeError:
            return None
        if template is None:
            return None
        return template.fill(span, self._privacy, mask_secrets=self._mask_secrets)

    def _met(self, key: tuple[Any, ...], span: Span) -> Template | None:
        """The template for a shape that has none yet, once it has come often enough."""
        shape = hash(key)
        sights = self._seen.get(shape, 0) + 1
        if sights < _SIGHTS:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            self._seen[shape] = sights
            return None
        template = _template(span, self._identity, self._privacy)
        if template is not None and self._mask_secrets and may_hold_secret(b"".join(template.pieces)):
            template = None
        if sum(len(word) for word in key if type(word) is str) <= _LONGEST:
            if len(self._made) >= _MOST:
                del self._made[next(iter(self._made))]
            self._made[key] = template
        del self._seen[shape]
        return template


def _template(span: Span, identity: Identity, privacy: Privacy) -> Template | None:
    """The template for all spans of this one's shape; None where their values do not allow one."""
    parts = outline(span, identity, privacy)
    own_keys = frozenset(parts)
    extra = plain_extra(span.extra, own_keys, content=privacy.content, most=privacy.log_attributes)
    record = ["trace_id", "span_id", "name", "start_timestamp", "end_timestamp", SEGMENT_ID, SEGMENT_NAME]
    if span.parent_id is not None:
        record.insert(2, "parent_span_id")
    names = [part.field for part in parts.values() if part.field and part.field not in record]
    converts = [part.convert for part in parts.values() if part.field and part.field not in record]
    values = [span.fields[name] for name in names]
    if extra is not None:
        values += span.extra.values()
        converts += [part.convert for part in extra.values()]
    if not all(_is_scalar(value, convert) for value, convert in zip(values, converts, strict=True)):
        return None
    if any(part.type == "array" for part in parts.values()):
        return None
    text = _text_of_record(span) + _text_of(parts) + _PLACE
    if extra:
        text += b"," + _text_of(extra)
    conversions = ((at, convert) for at, convert in enumerate(converts, len(record)) if convert is not None)
    own_at = len(record) + len(names)
    pieces = [piece for said in (text + b"}}").split(_PLACE) for piece in (said, b"")][:-1]
    name = None
    if span.kind in (Kind.MODEL, Kind.AGENT, Kind.TOOL):
        operation, field = named_after(span.kind, span.fields)
        name = (operation, field) if field in span.fields else None
    return Template(pieces, name, tuple(names), tuple(conversions), own_at, own_keys, extra is not None)


def _is_scalar(value: Json, convert: Callable[[Json], Json] | None) -> bool:
    return type(value) in _SCALARS if convert is None else True


def _text_of_record(span: Span) -> bytes:
    parent = b"" if span.parent_id is None else b'"parent_span_id":\n,'
    status = b"error" if "failure" in span.fields else b"ok"
    is_segment = b"true" if span.segment_id == span.span_id else b"false"
    return (
        b'{"trace_id":\n,"span_id":\n,' + parent + b'"name":\n,"status":"' + status + b'","is_segment":'
        + is_segment + b',"start_timestamp":\n,"end_timestamp":\n,"attributes":{'
    )  # fmt: skip


def _text_of(parts: Mapping[str, Part]) -> bytes:
    """The JSON of attributes, with a `_PLACE` for what is no constant."""
    made = []
    for key, part in parts.items():
        value = _PLACE if part.field else orjson.dumps(part.value)
        made.append(orjson.dumps(key) + b':{"type":' + orjson.dumps(part.type) + b',"value":' + value + b"}")
    return b",".join(made)
