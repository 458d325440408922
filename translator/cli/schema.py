"""`translator schema`: the JSON Schemas of the log format and of the configuration."""

from __future__ import annotations

import orjson

from translator.cli.standard_output import standard_output
from translator.formats.native.schema import json_schema
from translator.settings_schema import config_schema


def schema(*, of_config: bool) -> None:
    """Prints the schema of the log format, or that of the configuration."""
    made = config_schema() if of_config else json_schema()
    standard_output().buffer.write(orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n")
