"""`python -m translator`, and the console script of the same name."""

from __future__ import annotations

import io
import sys

from translator.cli.garbage import collect_seldom
from translator.cli.standard_error import forgive_standard_error

EXIT_INTERRUPTED = 130


def main() -> None:
    """Runs the command line and exits with its code."""
    # A terminal that cannot show a character shows a question mark; it is no reason to end.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    forgive_standard_error()
    collect_seldom()
    try:
        # Imported here: who interrupts before it is there shall not see where it was.
        from translator.cli.app import run_app

        sys.exit(run_app(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
