"""`translator preview`: what would be sent, as trees."""

from __future__ import annotations

from rich.console import Console

from translator.cli.logs import set_up_logging
from translator.cli.options import LOGGING, Paths, with_settings
from translator.cli.summary import Skipped, print_summary
from translator.cli.tree import print_traces
from translator.pipeline.translation import Translation
from translator.pipeline.whole import read_all, wanted_files
from translator.settings import Settings


@with_settings("exclude", "format", "idle_timeout", "max_line_bytes", *LOGGING)
def preview(settings: Settings, paths: Paths = None) -> None:  # noqa: ARG001 - a setting
    """Show the traces of logs as trees in the terminal; nothing is sent.

    Example: translator preview agent.jsonl
    """
    log = set_up_logging(settings)
    files = wanted_files(settings["paths"], exclude=settings["exclude"])
    translation = Translation(
        settings.windows.of_whole_input(),
        format_name=settings["format"],
        formats=settings.formats,
        on_skip=Skipped(log),
    )
    spans = read_all(files, translation, settings["max_line_bytes"])
    print_traces(Console(), spans)
    if not settings["quiet"]:
        print_summary(translation.counted(), settings, Console(stderr=True))
