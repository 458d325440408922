"""How diagnostics look in a terminal: the line, what is wrong with it underlined, and how to mend it."""

from __future__ import annotations

import re
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from translator.checks.codes import BY_NAME, PAGE, Severity
from translator.checks.diagnostic import Diagnostic
from translator.checks.findings import FileReport, Findings
from translator.checks.places import Spot, spot_of
from translator.cli.printable import counted, printable
from translator.envelopes.secrets import mask_text
from translator.errors import ConfigurationError, InputError
from translator.model import KINDS

INDENT = "    "
_MOST_FILES = 30
_LEAST_CELLS = 20
_LONGEST_MASKED = 4_096
_CUT = "…"
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}


class Plain:
    """Tells diagnostics to a person.

    Args:
        console: Where to; how wide it is, and whether it has colours.
        quiet: Whether to leave out the summary.
        masked: Whether secrets in excerpts are masked.
    """

    def __init__(self, console: Console, *, quiet: bool, masked: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._masked = masked

    def show(self, diagnostic: Diagnostic) -> None:
        """Prints one: where and what, the excerpt, the hint."""
        spot = spot_of(diagnostic)
        style = _STYLES[diagnostic.code.severity]
        self._print(
            Text.assemble(
                (place_of(diagnostic, spot), "bold"), ": ", (diagnostic.code.name, style), " ",
                printable(diagnostic.message),
            )
        )  # fmt: skip
        if spot.text:
            excerpt, before, width = cut_out(
                spot, max(self._console.width - len(INDENT), _LEAST_CELLS), masked=self._masked
            )
            self._print(Text(INDENT + excerpt))
            if width:
                self._print(Text.assemble(INDENT + " " * before, ("^" * width, style)))
        said = f"{INDENT}{printable(diagnostic.hint)} ({diagnostic.code.link})"
        self._print(Text(said, style="dim"))

    def end(self, findings: Findings) -> None:
        """Prints how many there are that were not shown, and what was read."""
        for name, count in sorted(findings.hidden.items()):
            more = f"{count:,} more of {name}: {BY_NAME[name].title} (--all shows them)"
            self._print(Text(more, style="dim"))
        if self._quiet:
            return
        found = findings.severities()
        if len(findings.files) > 1:
            self._files(findings)
        total = FileReport()
        for report in findings.files.values():
            total.lines.update(report.lines)
            total.events.update(report.events)
        self._print(Text(f"{counted(len(findings.files), 'file')}: {_read(total)}", style="dim"))
        if not found.total():
            if findings.complete:
                self._print(Text("nothing to say", style="bold green"))
            return
        said = [counted(found[severity], severity.value) for severity in Severity]
        worst = next(severity for severity in Severity if found[severity])
        self._print(Text(", ".join(said), style=_STYLES[worst]))

    def _files(self, findings: Findings) -> None:
        """A line for each file; where there are many, only for those with findings."""
        files = findings.files
        shown = [file for file in files if len(files) <= _MOST_FILES or files[file].codes]
        for file in shown[:_MOST_FILES]:
            report = files[file]
            severities = report.severities()
            said = ", ".join(counted(severities[one], one.value) for one in Severity if severities[one])
            told = f"{printable(file)} ({report.format or 'no format'}): {_read(report)}"
            self._print(Text(f"{told}; {said or 'nothing to say'}", style="dim"))
        if len(shown) > _MOST_FILES:
            self._print(Text(f"and {len(shown) - _MOST_FILES:,} more files", style="dim"))

    def _print(self, text: Text) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)


def place_of(diagnostic: Diagnostic, spot: Spot) -> str:
    """File, line and column, as editors understand them; the file alone where no line can be named."""
    origin = diagnostic.origin
    file = printable(origin.file)
    return f"{file}:{origin.number}:{spot.column}" if origin.number else file


def cut_out(spot: Spot, cells: int, *, masked: bool) -> tuple[str, int, int]:
    """The part of a line around a place that fits into so many cells of a terminal.

    Args:
        spot: The place.
        cells: How many there are.
        masked: Whether secrets are masked.

    Returns:
        The part, the cells before what is to be underlined, and the cells of that.
    """
    marked = spot.text[spot.start : spot.start + spot.length]
    before, after = spot.text[: spot.start], spot.text[spot.start + spot.length :]
    if masked:
        # Secrets are known by what stands around them, so that not too little is looked at.
        before, after = mask_text(before[-_LONGEST_MASKED:]), mask_text(after[:_LONGEST_MASKED])
        marked = mask_text(marked[:_LONGEST_MASKED])
    before, marked, after = (printable(part, "\t").expandtabs(1) for part in (before, marked, after))
    marked = _head(marked, cells * 2 // 3)
    room = cells - cell_len(marked)
    left = _tail(before, max(room // 3, room - cell_len(after)))
    right = _head(after, room - cell_len(left))
    return left + marked + right, cell_len(left), cell_len(marked)


def explain(console: Console, name: str) -> None:
    """Prints the section of the documents on a code.

    Raises:
        ConfigurationError: There is no such code.
        InputError: The documents are not there.
    """
    code = BY_NAME.get(name.upper())
    if code is None:
        raise ConfigurationError(
            f"there is no code `{name}`", where="--explain", hint=f"{PAGE} lists all codes"
        )
    section = re.search(rf"^### {code.name}\n(.*?)(?=^##|\Z)", _page(), re.MULTILINE | re.DOTALL)
    if section is None:
        raise InputError("says nothing of it", where=PAGE, hint="install it again")
    said = f"{code.name} ({code.severity.value})\n{section[1].rstrip()}"
    console.print(Text(said), highlight=False, soft_wrap=True)


def _page() -> str:
    """The page on the codes: beside this file in a wheel, among the documents in a checkout."""
    here = Path(__file__).parent
    for place in (here / "checks.md", here.parents[1] / "docs" / "checks.md"):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise InputError("the documents are missing from this installation", hint="install it again")


def _read(report: FileReport) -> str:
    """What was read, and what became of it."""
    lines = report.lines
    said = f"{counted(lines.total(), 'line')}, {counted(report.events.total(), 'event')}"
    kinds = [f"{report.events[kind]:,} {kind.value}" for kind in KINDS if report.events[kind]]
    if kinds:
        said += f" ({', '.join(kinds)})"
    passed = [f"{word.replace('_', ' ')} {count:,}" for word, count in lines.items() if word != "event"]
    return said + (f"; passed over: {', '.join(passed)}" if passed else "")


def _head(text: str, cells: int) -> str:
    """As much of the beginning as fits."""
    if cell_len(text) <= cells:
        return text
    kept, used = 0, 1
    for char in text:
        used += cell_len(char)
        if used > cells:
            break
        kept += 1
    return text[:kept] + _CUT if cells > 0 else ""


def _tail(text: str, cells: int) -> str:
    """As much of the end as fits."""
    if cell_len(text) <= cells:
        return text
    kept, used = len(text), 1
    for char in reversed(text):
        used += cell_len(char)
        if used > cells:
            break
        kept -= 1
    return _CUT + text[kept:] if cells > 0 else ""
