"""Flags of the commands, made from the one table of settings."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from translator.model import Json
from translator.settings import BY_NAME, Option, resolve

DESTINATION = (
    "dsn", "spotlight", "out", "wire", "attribute_names", "environment", "release", "server_name",
    "service", "attributes", "issues", "traces_sample_rate", "state_dir", "shutdown_timeout",
)  # fmt: skip
CONTENT = ("send_default_pii", "mask_secrets", "log_attributes")
MONITORING = ("listen", "heartbeat")
READING = ("exclude", "format", "reorder_window", "idle_timeout", "orphan_hold", "max_line_bytes")
HISTORY = ("since", "until", "older_than_retention", "retention_days", "max_rate", "workers")
LOGGING = ("log_level", "log_format", "quiet")

_PANELS = {
    **dict.fromkeys(DESTINATION, "Sending"),
    **dict.fromkeys(CONTENT, "Content"),
    **dict.fromkeys((*READING, "from"), "Reading"),
    "max_outbox_bytes": "Sending",
    **dict.fromkeys(HISTORY, "History"),
    **dict.fromkeys(MONITORING, "Monitoring"),
    **dict.fromkeys(LOGGING, "The program's own log"),
}
_SWITCHES = frozenset(("send_default_pii", "mask_secrets", "issues"))
_METAVARS = {
    "dsn": "DSN", "spotlight": "[URL]", "out": "FILE", "state_dir": "DIR", "log_attributes": "N",
    "traces_sample_rate": "RATE", "reorder_window": "TIME", "idle_timeout": "TIME",
    "orphan_hold": "TIME", "shutdown_timeout": "TIME", "max_line_bytes": "SIZE",
    "environment": "NAME", "release": "NAME", "server_name": "NAME", "format": "NAME", "service": "NAME",
    "attributes": "NAME=VALUE",
    "wire": "span|transaction", "attribute_names": "NAMES", "from": "WHERE", "log_level": "LEVEL",
    "log_format": "FORM", "max_outbox_bytes": "SIZE", "exclude": "GLOB", "listen": "ADDRESS",
    "heartbeat": "TIME", "since": "WHEN", "until": "WHEN", "older_than_retention": "skip|shift|send",
    "retention_days": "DAYS", "max_rate": "SPANS", "workers": "N",
}  # fmt: skip


def with_settings(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a command the flags of these options, and `--config`.

    The command's first parameter receives the resolved `Settings`; its other parameters stay flags
    and arguments of its own. A parameter called `paths` is the setting of that name.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
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
        metavar=_METAVARS.get(option.name) if kind == str | None else None,
        rich_help_panel=_PANELS[option.name],
        show_default=False,
    )
    return inspect.Parameter(
        _python_name(option.name),
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind, info],
    )


def _shown(option: Option) -> str:
    default = option.default
    if isinstance(default, bool):
        default = "on" if default else "off"
    return f" Default: {default:g}." if isinstance(default, float) else f" Default: {default}."


Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATHS", help="Files, directories, globs, or - for standard input."),
]
