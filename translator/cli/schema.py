"""`translator schema`: the JSON Schemas of the log format and of the configuration."""

from __future__ import annotations

import sys
from typing import Annotated

import orjson
import typer

from translator.formats.native.schema import json_schema
from translator.settings_schema import config_schema

OfConfig = Annotated[bool, typer.Option("--of-config", help="That of translator.toml instead.")]


def schema(*, of_config: OfConfig = False) -> None:
    """Print the JSON Schema (draft 2020-12) of the log format.

    Example: translator schema > agent-log.schema.json
    """
    made = config_schema() if of_config else json_schema()
    sys.stdout.buffer.write(orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n")
