"""What `translator check` says of an example, in the words of the documents."""

from __future__ import annotations

import re
from io import StringIO
from typing import NamedTuple

from rich.console import Console

from tests.docs.pages import DOCS
from translator.checks.codes import CODES
from translator.checks.diagnostic import Diagnostic
from translator.checks.findings import Findings
from translator.cli.diagnostics import Plain
from translator.files.lines import MAX_LINE_BYTES, LineSplitter
from translator.pipeline.checking import Checker
from translator.pipeline.translation import Windows

PAGE = DOCS / "checks.md"
SOURCE = "agent.jsonl"
COLUMNS = 100
TABLE_HEAD = "| code of a finding | what is wrong | words of the summary |\n|---|---|---|\n"

_SECTION = re.compile(
    r"^### (\w+)\n\n(.*?)```jsonl\n(.*?)```\n\n```text\n(.*?)```\n\nRight:\n\n```jsonl\n(.*?)```$",
    re.MULTILINE | re.DOTALL,
)
_LIMIT = re.compile(r"`--max-line-bytes (\d+)`")


class Example(NamedTuple):
    """The section of a code.

    Attributes:
        code: Its name.
        prose: What is said of it.
        bad: Lines that give it.
        told: What stands below them.
        good: Lines that give nothing.
    """

    code: str
    prose: str
    bad: str
    told: str
    good: str

    @property
    def limit(self) -> int:
        """The longest line that is read, where the section says it."""
        said = _LIMIT.search(self.prose)
        return int(said[1]) if said is not None else MAX_LINE_BYTES


def examples() -> list[Example]:
    """The sections of all codes."""
    return [Example(*found.groups()) for found in _SECTION.finditer(PAGE.read_text(encoding="utf-8"))]


def diagnostics(text: str, limit: int = MAX_LINE_BYTES) -> list[Diagnostic]:
    """What is said of the lines of one whole file, in their order."""
    checker = Checker(Windows().of_history(), Findings())
    splitter = LineSplitter(SOURCE, limit)
    lines = [*splitter.feed(text.encode()), *splitter.finish()]
    found = checker.feed(SOURCE, lines, 0.0) + checker.drain(0.0)
    return sorted(found, key=lambda one: one.origin.number)


def shown(text: str, limit: int = MAX_LINE_BYTES) -> str:
    """The same as it is shown."""
    out = StringIO()
    plain = Plain(Console(file=out, width=COLUMNS, color_system=None), quiet=True, masked=True)
    for diagnostic in diagnostics(text, limit):
        plain.show(diagnostic)
    return out.getvalue()


def code_table() -> str:
    """Every code, and the words of the summary for it."""
    rows = (
        f"| [{code.name}](#{code.name.lower()}) | {code.title} | "
        f"{', '.join(f'`{word}`' for word in code.words) or '–'} |\n"
        for code in CODES
    )
    return TABLE_HEAD + "".join(rows)


def refreshed(text: str) -> str:
    """The page with what the code says now."""
    for found in reversed(list(_SECTION.finditer(text))):
        example = Example(*found.groups())
        begin, end = found.span(4)
        text = text[:begin] + shown(example.bad, example.limit) + text[end:]
    return re.sub(rf"^{re.escape(TABLE_HEAD)}(?:\|.*\n)*", lambda _: code_table(), text, flags=re.MULTILINE)
