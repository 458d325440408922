"""`translator schema`: the JSON Schema of the log format."""

from __future__ import annotations

import sys

import orjson

from translator.formats.native.schema import json_schema


def schema() -> None:
    """Print the JSON Schema (draft 2020-12) of the log format.

    Example: translator schema > agent-log.schema.json
    """
    sys.stdout.buffer.write(orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2) + b"\n")
