"""`python -m translator`, and the console script of the same name."""

from __future__ import annotations

import gc
import io
import sys

EXIT_INTERRUPTED = 130


def collect_seldom() -> None:
    """Looks for garbage less often.

    Spans and their fields are many and make no cycles: to look for some all the time takes a fifth of it.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def main() -> None:
    """Runs the command line and exits with its code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows a question mark; it is no reason to end.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    collect_seldom()
    try:
        # Imported here: who interrupts before it is there shall not see where it was.
        from translator.cli.app import run_app

        sys.exit(run_app(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
