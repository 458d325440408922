"""The outside of a request: its encoding, and an envelope's lines and lengths."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass

from tests.strict import Json, strict_json


@dataclass(frozen=True)
class Item:
    """One item of an envelope, its payload as it came."""

    headers: Json
    payload: bytes


@dataclass(frozen=True)
class Envelope:
    """An envelope taken apart along its newlines and lengths."""

    headers: Json
    items: list[Item]


class UnsupportedEncodingError(ValueError):
    """A Content-Encoding that this server does not know."""


def decode(encoding: str | None, body: bytes) -> bytes:
    """Undo a Content-Encoding.

    Raises:
        UnsupportedEncodingError: For an encoding other than gzip, deflate and identity.
        ValueError: If the body is not in that encoding.
    """
    try:
        match (encoding or "identity").strip().lower():
            case "identity":
                return body
            case "gzip":
                return gzip.decompress(body)
            case "deflate":
                return zlib.decompress(body)
            case unknown:
                raise UnsupportedEncodingError(f"Content-Encoding is not supported: {unknown}")
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"body is not {encoding}: {error}") from error


def parse_envelope(body: bytes) -> Envelope:
    """Take an envelope apart.

    Raises:
        ValueError: If a header is no JSON object, or a `length` is missing or wrong.
    """
    first, _, rest = body.partition(b"\n")
    envelope = Envelope(parse_object("envelope header", first), [])
    while rest.strip(b"\n"):
        place = f"item {len(envelope.items)}"
        line, _, rest = rest.partition(b"\n")
        headers = parse_object(f"{place} header", line)
        if not isinstance(headers.get("type"), str):
            raise ValueError(f"{place}: type is no string: {headers.get('type')!r:.60}")  # noqa: TRY004
        length = headers.get("length")
        if not isinstance(length, int) or isinstance(length, bool) or length < 0:
            raise ValueError(f"{place}: length is no size: {length!r:.60}")
        if length > len(rest) or rest[length : length + 1] not in {b"", b"\n"}:
            raise ValueError(f"{place}: length {length} is not the payload's")
        envelope.items.append(Item(headers, rest[:length]))
        rest = rest[length + 1 :]
    return envelope


def parse_object(what: str, line: bytes) -> Json:
    """Parse strict JSON that must be an object.

    Args:
        what: What to call it in the error.
        line: The JSON.

    Raises:
        ValueError: If it is no JSON or no object.
    """
    try:
        value = strict_json(line)
    except ValueError as error:
        raise ValueError(f"{what} is not JSON: {error}") from error
    if isinstance(value, dict):
        return value
    raise ValueError(f"{what} is not an object")
