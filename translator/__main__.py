"""`python -m translator`, and the console script of the same name."""

from __future__ import annotations

import sys

from translator.cli.app import run_app


def main() -> None:
    """Runs the command line and exits with its code."""
    sys.exit(run_app(sys.argv[1:]))


if __name__ == "__main__":
    main()
