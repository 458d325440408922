"""What is shown of numbers, and of texts that others have written: lines, names of files, answers."""

from __future__ import annotations

_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def printable(text: str, keep: str = "") -> str:
    """The text without what a terminal would obey.

    Args:
        text: Any text.
        keep: Characters that are left all the same, such as a tab or the end of a line.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else _UNKNOWN for char in text)


def counted(number: int, word: str) -> str:
    """How many there are of what a word names."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
