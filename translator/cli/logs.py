"""The program's own log: structlog, to standard error."""

from __future__ import annotations

import logging
import sys

import structlog

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
    level = "warning" if settings["quiet"] else settings["log_level"]
    form = settings["log_format"]
    if form == "auto":
        form = "console" if sys.stderr.isatty() else "json"
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # The SDK's transport warns through logging of what the sender says better itself.
    logging.getLogger("sentry_sdk").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    log: Log = structlog.get_logger()
    return log
