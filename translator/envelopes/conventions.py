"""What Sentry's conventions say of an attribute: its current name and its type."""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

from sentry_conventions.attributes import (
    ATTRIBUTE_METADATA,
    AttributeMetadata,
    AttributeType,
    DeprecationStatus,
)

from translator.content.plain import json_text
from translator.model import Json

_RENAMES = (DeprecationStatus.BACKFILL, DeprecationStatus.NORMALIZE)
"""Deprecations under which the value stays as it is and only the name changes."""

_VARIABLE = "<key>"
_FAMILIES = {
    key.removesuffix(_VARIABLE): metadata
    for key, metadata in ATTRIBUTE_METADATA.items()
    if key.endswith("." + _VARIABLE) and metadata.deprecation is None
}

_TYPES = {
    AttributeType.STRING: "string",
    AttributeType.BOOLEAN: "boolean",
    AttributeType.INTEGER: "integer",
    AttributeType.DOUBLE: "double",
    AttributeType.STRING_ARRAY: "array",
}
"""The types of the conventions in the words of the wire; others are sent as JSON strings."""

_AMOUNTS = ("gen_ai.usage.", "gen_ai.cost.")
"""Beginnings of the names of tokens and costs, which are never below zero."""

_INT64 = 2**63


class Known(NamedTuple):
    """An attribute that the conventions know.

    Attributes:
        key: Its current name.
        type: Its type on the wire.
    """

    key: str
    type: str

    def fitting(self, value: Json) -> Json:
        """A value as it is sent under this name, or None where it cannot be."""
        sent = coerced(value, self.type)
        amount = self.key.startswith(_AMOUNTS)
        return None if amount and isinstance(sent, int | float) and sent < 0 else sent


def type_of(key: str) -> str:
    """The type on the wire of an attribute that the conventions know by this name."""
    return _TYPES.get(ATTRIBUTE_METADATA[key].type, "string")


def known(key: str) -> Known | None:
    """The current name and type of a key that a log has in common with the conventions.

    Only keys with a dot count: `method` or `code` in a log are words, not attributes. Sentry's own
    (`sentry.…`) are not the log's to say.
    """
    if "." not in key or key.startswith("sentry."):
        return None
    metadata = ATTRIBUTE_METADATA.get(key)
    if metadata is None:
        return _of_family(key)
    name = key
    if metadata.deprecation is not None:
        replacement = metadata.deprecation.replacement
        if metadata.deprecation.status not in _RENAMES or replacement is None:
            return None
        name, metadata = replacement, ATTRIBUTE_METADATA.get(replacement, metadata)
    if metadata.deprecation is not None or name.startswith("sentry."):
        return None
    return Known(name, _wire(metadata))


def _of_family(key: str) -> Known | None:
    prefix = key
    while "." in prefix:
        prefix = prefix.rpartition(".")[0]
        metadata = _FAMILIES.get(prefix + ".")
        if metadata is not None:
            return Known(key, _wire(metadata))
    return None


def _wire(metadata: AttributeMetadata) -> str:
    return _TYPES.get(metadata.type, "string")


def coerced(value: Json, wire_type: str) -> Json:
    """The value as the wire's type has it, or None where it cannot be one."""
    kind = type(value)
    if wire_type == "string":
        return value if kind is str else json_text(value)
    if wire_type == "boolean":
        return value if kind is bool else None
    if wire_type == "array":
        items = value if kind is list else [value]
        return items if all(type(item) is str for item in items) else None
    if kind is str:
        try:
            value = float(value)
        except ValueError:
            return None
        kind = float
    if kind is float and isfinite(value):
        if wire_type == "double":
            return value
        return int(value) if value == int(value) and abs(value) < _INT64 else None
    return value if kind is int and -_INT64 <= value < _INT64 else None
