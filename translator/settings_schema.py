"""`translator.toml` as a JSON Schema, made from the table of settings, for editors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from translator.files.lines import MAX_LINE_BYTES
from translator.formats.house.load import FORMATS_KEY
from translator.formats.registry import AUTO, FORMATS
from translator.model import Json
from translator.settings_options import OPTIONS, Option
from translator.settings_sources import NAME_PATTERN, SOURCE_OPTIONS, SOURCES_KEY
from translator.settings_values import (
    LONGEST_DAYS,
    MOST_WORKERS,
    Convert,
    to_address,
    to_attributes,
    to_count,
    to_days,
    to_flag,
    to_pace,
    to_paths,
    to_rate,
    to_seconds,
    to_size,
    to_spotlight,
    to_text,
    to_when,
    to_workers,
    words_of,
)

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_SIZE: Schema = {
    "type": ["integer", "string"],
    "minimum": 1,
    "pattern": r"^\s*0*[1-9][0-9]*\s*([kKmMgG][iI]?)?[bB]?\s*$",
    "examples": ["4MiB", MAX_LINE_BYTES],
}
_SECONDS: Schema = {
    "type": ["number", "string"],
    "minimum": 0,
    "maximum": LONGEST_DAYS * 86_400,
    "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)?\s*$",
    "examples": ["250ms", "5s", "30m", "1.5h"],
}

_TYPES: dict[Convert, Schema] = {
    to_text: _TEXT,
    to_flag: {"type": "boolean"},
    to_seconds: _SECONDS,
    to_size: _SIZE,
    to_paths: {"type": ["array", "string"], "items": _TEXT},
    to_rate: {"type": "number", "minimum": 0, "maximum": 1},
    to_pace: {"type": "number", "exclusiveMinimum": 0},
    to_count: {"type": "integer", "minimum": 0},
    to_days: {"type": "integer", "minimum": 1, "maximum": LONGEST_DAYS},
    to_workers: {"type": "integer", "minimum": 1, "maximum": MOST_WORKERS},
    to_address: {"type": "string", "examples": ["127.0.0.1:9464"]},
    to_spotlight: {"type": ["boolean", "string"]},
    to_when: {"type": "string", "examples": ["2026-05-01", "7d"]},
    to_attributes: {
        "type": "object",
        "additionalProperties": {"type": ["string", "number", "boolean"]},
        "propertyNames": {"not": {"pattern": r"^(sentry|gen_ai)\."}},
    },
}
"""By what converts a setting, what JSON it may be."""


def config_schema() -> Schema:
    """The schema (draft 2020-12) of the file."""
    by_name = {option.name: option for option in OPTIONS}
    called = {"description": "What the source is called.", "type": "string", "pattern": NAME_PATTERN}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:log-to-span-translator:config",
        "title": "translator.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **_properties(OPTIONS),
            SOURCES_KEY: {
                "description": "Files that are read with settings, and go to a project, of their own.",
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["name", "paths"],
                    "properties": {"name": called, **_properties(by_name[name] for name in SOURCE_OPTIONS)},
                },
            },
            FORMATS_KEY: {
                "description": "Formats of one's own: by their names, one table for each shape of line.",
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "object"}},
            },
        },
    }


def _properties(options: Iterable[Option]) -> dict[str, Schema]:
    return {option.name: _property(option) for option in options}


def _property(option: Option) -> Schema:
    described: Schema = {"description": option.help, **_type_of(option)}
    default: Json = option.default
    if default not in (None, (), {}):
        described["default"] = default
    return described


def _type_of(option: Option) -> Schema:
    if option.name == "format":
        # Formats of one's own have names of one's own.
        return {"type": "string", "examples": [AUTO, *(known.name for known in FORMATS)]}
    words = words_of(option.convert)
    return {"enum": list(words)} if words else _TYPES[option.convert]
