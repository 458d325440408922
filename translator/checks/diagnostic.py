"""One thing that is said of one line."""

from __future__ import annotations

import msgspec

from translator.checks.codes import BY_NAME, Code

MOST_BYTES = 64 * 1024
"""Bytes of a line that are kept for its excerpt."""


class Origin(msgspec.Struct, frozen=True):
    """The line that a diagnostic is about.

    Attributes:
        file: Its path.
        number: Its number, from 1; 0 where no one line can be named.
        data: The bytes as they stand in the file, the first `MOST_BYTES`.
        inner: The line that was inside of it, where it was wrapped.
        mark: A text in it that names the one of several spans in it which is meant, such as its id.
    """

    file: str
    number: int
    data: bytes = b""
    inner: bytes = b""
    mark: str = ""


class Diagnostic(msgspec.Struct, frozen=True):
    """One thing that is said of one line.

    Attributes:
        code: What is wrong.
        origin: Where.
        message: The same for this very line, in words for a person.
        hint: How to mend it.
        path: The keys down to what it is about; empty for the line as a whole.
        on_value: Whether it is about the value, not about the key.
        literal: What it is about, where it has no path: a text that stands in the line.
        column: Where that is, where that alone is known: 1-based, in characters; 0 for not.
    """

    code: Code
    origin: Origin
    message: str
    hint: str
    path: tuple[str, ...] = ()
    on_value: bool = False
    literal: str = ""
    column: int = 0


def say(
    name: str,
    origin: Origin,
    message: str = "",
    *,
    hint: str = "",
    path: tuple[str, ...] = (),
    on_value: bool = False,
    literal: str = "",
    column: int = 0,
) -> Diagnostic:
    """A diagnostic of a code; what is not said is as the table of codes has it."""
    code = BY_NAME[name]
    return Diagnostic(code, origin, message or code.title, hint or code.hint, path, on_value, literal, column)
