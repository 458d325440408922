"""Prints the fault table, of the translator or of any other program that follows logs.

python -m tests.faults [--command 'rsyslogd … {patterns} … {state} … {out}'] [--only TEXT]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.faults.field import HEAD, Field
from tests.faults.scenarios import FAULTS
from tests.faults.subject import CommandSubject, Subject, TranslatorSubject


def main() -> None:
    """Runs every scenario once, and prints what was lost and what came twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--command", help="a program that writes the lines it follows to {out}")
    parser.add_argument("--only", default="", help="rows whose name holds this text")
    arguments = parser.parse_args()
    print(HEAD)
    for name, scenario in FAULTS.items():
        if arguments.only not in name:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            directory = Path(scratch)
            logs = directory / "logs"
            logs.mkdir()
            subject: Subject = (
                CommandSubject(arguments.command, directory)
                if arguments.command
                else TranslatorSubject(directory)
            )
            field = Field(subject, logs)
            try:
                scenario(field)
                result = field.result(name)
            finally:
                subject.close()
        print(result.row(), flush=True)


if __name__ == "__main__":
    main()
