"""Attributes: as span v2 writes them, and as they are told before a span's values are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from translator.model import Json

Typed = dict[str, dict[str, Any]]
"""Attributes as span v2 writes them: `{key: {"type": …, "value": …}}`."""


class Part(NamedTuple):
    """One attribute that is known but for its value: a constant, or what is made of one field.

    Attributes:
        type: Its type on the wire.
        value: The constant.
        field: The field, or the log's own key; empty for a constant.
        convert: How the value is made of the field, where it is not the field as it is.
    """

    type: str
    value: Json = None
    field: str = ""
    convert: Callable[[Json], Json] | None = None


def string(value: str) -> dict[str, Any]:
    """An attribute that is a text."""
    return {"type": "string", "value": value}
