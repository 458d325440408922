"""Flags of the commands, made from the one table of settings."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from translator.cli.completing import values_of
from translator.model import Json
from translator.settings_options import BY_NAME, Option
from translator.settings_values import (
    Convert,
    to_address,
    to_count,
    to_days,
    to_pace,
    to_rate,
    to_seconds,
    to_size,
    to_when,
    to_workers,
    words_of,
)

DESTINATION = (
    "dsn", "spotlight", "out", "state_dir", "environment", "release", "server_name", "service", "attributes",
    "traces_sample_rate", "issues", "shutdown_timeout", "wire", "attribute_names",
)  # fmt: skip
CONTENT = ("send_default_pii", "mask_secrets", "log_attributes")
READING = ("format", "exclude", "reorder_window", "idle_timeout", "max_line_bytes")
FOLLOWING = ("from", "orphan_hold", "max_outbox_bytes", "listen", "heartbeat")
HISTORY = ("since", "until", "older_than_retention", "retention_days", "max_rate", "workers")
LOGGING = ("log_level", "log_format", "quiet")

PANELS = {
    "Sending": DESTINATION,
    "Content": CONTENT,
    "Reading": READING,
    "Following": FOLLOWING,
    "History": HISTORY,
    "The program's own log": LOGGING,
}
"""The settings of help under their headings, in the order in which they are wanted."""

_PANEL_OF = {name: panel for panel, names in PANELS.items() for name in names}
_SWITCHES = frozenset(("send_default_pii", "mask_secrets", "issues"))
_METAVARS = {
    "dsn": "DSN", "spotlight": "[URL]", "out": "FILE", "state_dir": "DIR", "environment": "NAME",
    "release": "NAME", "server_name": "NAME", "service": "NAME", "attributes": "NAME=VALUE", "format": "NAME",
    "exclude": "GLOB",
}  # fmt: skip
_METAVARS_OF: dict[Convert, str] = {
    to_seconds: "TIME", to_size: "SIZE", to_count: "N", to_rate: "RATE", to_address: "ADDRESS",
    to_when: "WHEN", to_days: "DAYS", to_pace: "SPANS", to_workers: "N",
}  # fmt: skip
"""What stands for a value in help; for one of a few words, those words."""


def with_settings(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command the flags of these options, and `--config`.

    The command's first parameter receives the resolved `Settings`; its other parameters stay flags
    and arguments of its own. A parameter called `paths` is the setting of that name.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        # The type of the settings need not be there: importing it is what makes commands slow to begin.
        signature = inspect.signature(command, eval_str=True, locals={"Settings": object})
        own = list(signature.parameters.values())[1:]
        shared = [_parameter(BY_NAME[name]) for name in names]
        config = inspect.Parameter(
            "config",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                Path | None,
                typer.Option(
                    "--config",
                    metavar="FILE",
                    help="Configuration file instead of ./translator.toml.",
                ),
            ],
        )
        own_names = {parameter.name for parameter in own}

        def run(**given: Json) -> None:
            from translator.settings import resolve

            flags = {name: given.get(_python_name(name)) for name in names}
            if "paths" in own_names:
                flags["paths"] = given["paths"]
            settings = resolve(flags, os.environ, given["config"])
            arguments = {name: given[name] for name in own_names if name != "paths"}
            command(settings, **arguments)

        keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
        parameters = [*keyword, *shared, config]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # read by Typer
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        run.__doc__ = command.__doc__
        run.__name__ = command.__name__
        return run

    return decorate


def _python_name(name: str) -> str:
    return f"{name}_" if name == "from" else name


def _parameter(option: Option) -> inspect.Parameter:
    kind: Any = str | None
    declared: tuple[str, ...] = (option.flag,)
    if option.name in _SWITCHES:
        kind = bool | None
        declared = (f"{option.flag}/--no-{option.flag[2:]}",)
    elif option.name == "quiet":
        kind = bool | None
        declared = (option.flag, "-q")
    default = "" if option.default in (None, "", (), {}) or option.name == "quiet" else _shown(option)
    info = typer.Option(
        *declared,
        help=f"{option.help}{default} [env: {option.env}]",
        metavar=_metavar(option) if kind == str | None else None,
        rich_help_panel=_PANEL_OF[option.name],
        autocompletion=values_of(option),
        show_default=False,
    )
    return inspect.Parameter(
        _python_name(option.name),
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind, info],
    )


def _metavar(option: Option) -> str:
    words = words_of(option.convert)
    if words:
        return "|".join(words)
    return _METAVARS.get(option.name) or _METAVARS_OF[option.convert]


def _shown(option: Option) -> str:
    default = option.default
    if isinstance(default, bool):
        default = "on" if default else "off"
    elif option.convert is to_seconds:
        default = _in_unit(default, (("h", 3600), ("m", 60), ("s", 1)))
    elif option.convert is to_size:
        default = _in_unit(default, (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)))
    return f" Default: {default:g}." if isinstance(default, float) else f" Default: {default}."


def _in_unit(value: float, units: Sequence[tuple[str, int]]) -> str:
    """A value in the largest unit of which it is a whole number."""
    return next((f"{value // size:g}{unit}" for unit, size in units if value % size == 0), f"{value:g}")


Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PATHS]...", help="Files, directories, globs, or - for standard input."),
]
