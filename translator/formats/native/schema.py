"""The log format as a JSON Schema, made from the tables that the reader reads by."""

from __future__ import annotations

from typing import Any

from translator.formats.native.fields import ALIASES, FIELDS, USAGE_NAMES, Field, Type
from translator.formats.native.names import ENDS, FAILURES, STARTS, WHOLES
from translator.formats.native.reader import CONTAINERS, EVENT_KEYS
from translator.model import KINDS, Kind

_WITH_NAME = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}

TYPES: dict[Type, dict[str, Any]] = {
    Type.TIME: {"type": ["string", "number", "object"]},
    Type.DURATION: {"type": ["number", "string", "object"], "minimum": 0},
    Type.ID: {"type": ["string", "integer", "null"]},
    Type.TEXT: {"type": ["string", "null"]},
    Type.NUMBER: {"type": ["number", "string", "null"]},
    Type.AMOUNT: {"type": ["number", "string", "null"], "minimum": 0},
    Type.INTEGER: {"type": ["integer", "number", "string", "null"]},
    Type.FLAG: {"type": ["boolean", "integer", "string", "null"]},
    Type.JSON: {},
    Type.TEXTS: {"type": ["string", "array", "null"], "items": {"type": "string"}},
    Type.NAMED: {
        "anyOf": [
            {"type": ["string", "null"]},
            _WITH_NAME,
            {"type": "object", "required": ["function"], "properties": {"function": _WITH_NAME}},
        ]
    },
}
"""What JSON each type of field may be."""


def event_names() -> list[str]:
    """Every event name in its normal form, the plainest first."""
    names: list[str] = []
    for kind in (Kind.AGENT, Kind.MODEL, Kind.TOOL):
        names += [f"{kind.value}.{word}" for word in (STARTS[kind][0], ENDS[kind][0], "error")]
    names += ["model.chunk", *(name for kind in KINDS for name in WHOLES[kind])]
    return names


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of one line.

    It describes the lines that are events, with every field under its own name and its aliases;
    names match without regard to case, `_`, `-` and `.`, which a schema cannot say.
    """
    properties: dict[str, Any] = {
        key: {"description": "The event's name, in the first of these keys that holds a known one."}
        for key in EVENT_KEYS
    }
    for field in FIELDS:
        for name in (field.name, *field.aliases):
            properties.setdefault(name, _property(field, name))
    for name in USAGE_NAMES:
        properties.setdefault(name, {"type": ["integer", "number", "string", "null"]})
    for name in CONTAINERS:
        properties.setdefault(
            name, {"description": "An object whose keys count as if they stood one level up."}
        )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:log-to-span-translator:log-format",
        "title": "A log line of an AI agent",
        "description": "One JSON object per line. All but an event name and a time are optional.",
        "type": "object",
        "anyOf": [
            *({"required": [key]} for key in EVENT_KEYS),
            *({"required": [key]} for key in CONTAINERS),
        ],
        "properties": properties,
        "$defs": {
            "event": {
                "description": (
                    "Event names in their normal form: lower case, with `.` for `_ - / :` and space, "
                    "and between the words of CamelCase."
                ),
                "enum": event_names(),
            },
            "failures": {
                "description": "Words that, in place of `end`, end a span with an error.",
                "enum": list(FAILURES),
            },
        },
        "x-aliases": {
            kind.value: {name: field.name for name, (field, _) in sorted(ALIASES[kind].items())}
            for kind in KINDS
        },
    }


def _property(field: Field, name: str) -> dict[str, Any]:
    described: dict[str, Any] = {"description": f"Another name for `{field.name}`. {field.doc}"}
    if name == field.name:
        # Loggers use some of the aliases for things of their own: only the name itself is typed.
        described = {"description": field.doc, **TYPES[field.type]}
    if len(field.kinds) < len(Kind):
        described["$comment"] = "of " + ", ".join(sorted(field.kinds))
    return described
