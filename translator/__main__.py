"""`python -m translator`, and the console script of the same name."""

from __future__ import annotations

import io
import sys

from translator.cli.app import run_app
from translator.cli.garbage import collect_seldom


def main() -> None:
    """Runs the command line and exits with its code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows a question mark; it is no reason to end.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    collect_seldom()
    sys.exit(run_app(sys.argv[1:]))


if __name__ == "__main__":
    main()
