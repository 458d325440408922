"""Stack traces as logs write them, in the form of their language, to the frames that Sentry shows."""

from __future__ import annotations

import re

from translator.model import Json

Frame = dict[str, Json]
"""`filename`, and where they are known `function`, `module`, `lineno` and `colno`."""

MOST_FRAMES = 100
"""Frames of one stack; of more, the outermost and the innermost are kept."""

_LONGEST = 500_000
_LONGEST_LINE = 1_000
"""Characters that are looked through, of a stack and of a line of it."""


_FORMS: tuple[tuple[str, bool], ...] = (
    # Python.
    (r'\s{0,20}(?:\| )?File "(?P<filename>[^"\n]+)", line (?P<lineno>\d+)(?:, in (?P<function>.+))?', True),
    # JavaScript, with and without a function.
    ((r"\s{0,20}at (?:(?P<function>[^\n(]+) \()?"
      r"(?P<filename>[^\s()]+):(?P<lineno>\d+):(?P<colno>\d+)\)?"), False),
    # Java and Kotlin; newer ones write a module before the class.
    ((r"\s{0,20}at (?:[\w.@-]+/)?(?P<module>[\w$.]+)\.(?P<function>[\w$<>]+)\((?P<filename>[^\s():]+)(?::"
      r"(?P<lineno>\d+))?\)"), False),
    # .NET.
    (r"\s{0,20}at (?P<function>[^\n]+\)) in (?P<filename>[^\n]+):line (?P<lineno>\d+)", False),
    # Go: a line with the function, then one with the file.
    ((r"(?P<function>[^\s(][^\n]*)\([^\n()]*\)\n\t(?P<filename>[^\s:]+):(?P<lineno>\d+)"
      r"(?: \+0x[0-9a-f]+)?"), False),
    # Rust: a line with number and function, then one with the file.
    ((r"\s{0,6}\d+: (?P<function>[^\n]+)\n\s+at (?P<filename>[^\s:]+):(?P<lineno>\d+)"
      r"(?::(?P<colno>\d+))?"), False),
    # Ruby.
    (r"\s{0,20}(?:from )?(?P<filename>[^\s:]+\.rb):(?P<lineno>\d+):in [`'](?P<function>[^'\n]+)'", False),
    # PHP.
    (r"#\d+ (?P<filename>[^\n(]+)\((?P<lineno>\d+)\): (?P<function>[^\n(]+)\([^\n]*", False),
)  # fmt: skip
"""How languages write a frame, and whether the outermost call comes first."""

_PATTERNS = tuple((re.compile(rf"^{frame}$", re.MULTILINE), oldest_first) for frame, oldest_first in _FORMS)
_NUMBERS = ("lineno", "colno")


def read_frames(stack: str) -> list[Frame]:
    """The frames of a stack trace, the outermost call first; none where its form is not known.

    Args:
        stack: The text, as the language prints it.
    """
    # Frames are short: what is longer is none, and would only take time.
    text = "\n".join(line[:_LONGEST_LINE] for line in stack[:_LONGEST].splitlines())
    found: list[Frame] = []
    for pattern, oldest_first in _PATTERNS:
        frames = [_frame(matched) for matched in pattern.finditer(text)]
        # Forms of two languages may fit: the one that tells more is right.
        if sum(map(len, frames)) > sum(map(len, found)):
            found = frames if oldest_first else frames[::-1]
    if len(found) > MOST_FRAMES:
        found = found[: MOST_FRAMES // 2] + found[-MOST_FRAMES // 2 :]
    return found


def _frame(matched: re.Match[str]) -> Frame:
    said = {name: value.strip() for name, value in matched.groupdict().items() if value}
    return {name: int(value) if name in _NUMBERS else value for name, value in said.items()}
