"""The program's own log: structlog, to standard error."""

from __future__ import annotations

import logging
import os
import sys

import structlog

from translator.cli.printable import printable
from translator.settings import Settings

Log = structlog.typing.FilteringBoundLogger

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def set_up_logging(settings: Settings) -> Log:
    """Sets the log up as the settings say, and gives it back."""
    configure(*said_of_logs(settings))
    log: Log = structlog.get_logger()
    return log


def said_of_logs(settings: Settings) -> tuple[str, str]:
    """The least level that is logged, and the form: what another process needs to log alike."""
    level = "warning" if settings["quiet"] else settings["log_level"]
    form = settings["log_format"]
    if form == "auto":
        form = "console" if sys.stderr.isatty() else "json"
    return level, form


def configure(level: str, form: str) -> None:
    """Sets the log of this process up.

    Args:
        level: The least level that is logged, a key of `LEVELS`.
        form: "console" or "json".
    """
    shown: tuple[structlog.typing.Processor, ...] = (structlog.processors.JSONRenderer(),)
    if form == "console":
        shown = (_printable, structlog.dev.ConsoleRenderer(colors=_coloured()))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            *shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        # Asked anew for each line: a progress bar takes the place of standard error while it is shown.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # The SDK's transport warns through logging of what the sender says better itself.
    logging.getLogger("sentry_sdk").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)


def _printable(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Names of files and answers of servers stand in the log; a traceback has lines."""
    return {
        key: printable(value, keep="\n") if isinstance(value, str) else value for key, value in event.items()
    }


def _coloured() -> bool:
    """Whether standard error shows colours, and whoever looks at it wants them."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
