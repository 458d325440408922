"""What was found, counted: how much of it is shown, and what is to be said of it in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from translator.checks.codes import BY_NAME, Severity
from translator.checks.diagnostic import Diagnostic


class FileReport(msgspec.Struct):
    """What was read of one file, and found in it.

    Attributes:
        format: The name of its format; empty where nothing of it was understood.
        lines: Lines by what became of them: "event", "ignored", "not_json", ...
        events: Events by kind.
        codes: Diagnostics by code, also those that are not shown.
    """

    format: str = ""
    lines: Counter[str] = msgspec.field(default_factory=Counter)
    events: Counter[str] = msgspec.field(default_factory=Counter)
    codes: Counter[str] = msgspec.field(default_factory=Counter)

    def severities(self) -> Counter[Severity]:
        """Diagnostics by how bad they are."""
        found: Counter[Severity] = Counter()
        for name, count in self.codes.items():
            found[BY_NAME[name].severity] += count
        return found


class Findings:
    """Counts diagnostics, and lets pass what is to be shown of them.

    Args:
        most: Of one code and file; None for all.
        ignored: Codes, or beginnings of them, that do not count at all.

    Attributes:
        files: By path, in the order in which they were read.
        hidden: By code, how many are not shown.
        complete: Whether all that was to be read could be.
    """

    def __init__(self, most: int | None = None, ignored: tuple[str, ...] = ()) -> None:
        self.files: dict[str, FileReport] = {}
        self.hidden: Counter[str] = Counter()
        self.complete = True
        self._most = most
        self._ignored = ignored

    def report(self, file: str) -> FileReport:
        """What is known of a file."""
        found = self.files.get(file)
        if found is None:
            found = self.files[file] = FileReport()
        return found

    def passed(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Counts diagnostics, and gives those that are to be shown."""
        shown: list[Diagnostic] = []
        for diagnostic in diagnostics:
            code = diagnostic.code
            if code.name.startswith(self._ignored or "-"):
                continue
            codes = self.report(diagnostic.origin.file).codes
            if code.once and codes[code.name]:
                continue
            codes[code.name] += 1
            if self._most is None or codes[code.name] <= self._most:
                shown.append(diagnostic)
            else:
                self.hidden[code.name] += 1
        return shown

    def severities(self) -> Counter[Severity]:
        """All diagnostics by how bad they are."""
        found: Counter[Severity] = Counter()
        for report in self.files.values():
            found.update(report.severities())
        return found
