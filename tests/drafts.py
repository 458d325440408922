"""A valid request, to be spoiled in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.examples import (
    START,
    compress,
    encode,
    envelope_headers,
    request_headers,
    span_item,
    trace_spans,
)
from tests.rules import Verdict, inspect

if TYPE_CHECKING:
    from tests.strict import Json

KEY = "0123456789abcdef0123456789abcdef"
DSN = f"http://{KEY}@127.0.0.1:9000/1"
NOW = START + 100
ODDITIES: tuple[Any, ...] = (None, True, -1, 10**400, 0.5, "", "x", "[", [], [[]], {}, {"": {}})
HEX = "lower-case hex digits, or all zero"


@dataclass
class Draft:
    """A valid request, to be spoiled in one place before it is judged."""

    path: str = "/api/1/envelope/"
    fields: dict[str, str] = field(default_factory=lambda: request_headers(DSN))
    headers: Json = field(default_factory=lambda: envelope_headers(DSN, NOW))
    spans: list[Any] = field(default_factory=trace_spans)
    item: Json = field(default_factory=dict)
    payload: Json = field(default_factory=dict)
    more: list[tuple[Json, Any]] = field(default_factory=list)
    event: Json | None = None
    body: bytes | None = None
    stream: bool = False

    def encoded(self) -> bytes:
        """The envelope in bytes."""
        if self.event is not None:
            main: tuple[Json, Json] = ({"type": "transaction", **self.item}, self.event)
        else:
            header, payload = span_item(self.spans)
            main = ({**header, **self.item}, {**payload, **self.payload})
        return encode(self.headers, main, *self.more)

    def judge(self) -> Verdict:
        """What the rules say of it."""
        body = self.body if self.body is not None else compress(self.encoded())
        fields = self.fields
        return inspect(self.path, fields, body, dsn=DSN, now=NOW, stream=self.stream)


Spoil = Callable[[Draft], object]


def corrupted(value: Any) -> Iterator[Any]:
    """Copies of a JSON value, each with something out of place at one point."""
    yield from ODDITIES
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            for odd in corrupted(value[key]):
                copy = value.copy()
                copy[key] = odd
                yield copy


def attributes(draft: Draft, place: int) -> Json:
    """The attributes of the span at a place."""
    found: Json = draft.spans[place]["attributes"]
    return found
