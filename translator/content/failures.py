"""Errors as logs write them: a text, a traceback, an object of some logger or language."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from translator.content.plain import json_text
from translator.content.private import without_content
from translator.content.values import text_of
from translator.model import Json

LONGEST_TYPE = 200
"""Characters of an error's type; what is longer is cut."""

_TYPES = (
    "type", "name", "class", "exc_type", "exception_type", "exceptionType", "error_type",
    "errorType", "error.type", "exception.type", "kind", "code", "error_code", "errorCode",
    "className", "class_name", "@type", "status", "status_code", "statusCode",
)  # fmt: skip
_MESSAGES = (
    "message", "msg", "exc_value", "exception.message", "error_message", "errorMessage",
    "error.message", "value", "detail", "details", "description", "reason", "text", "error",
    "exception", "title",
)  # fmt: skip
_STACKS = (
    "stack", "stacktrace", "stack_trace", "stackTrace", "traceback", "exception.stacktrace",
    "error.stack", "exc_info", "exc_text", "backtrace", "frames", "trace",
)  # fmt: skip
_INSIDE = ("error", "err", "exception", "exc_info")
_DEPTH = 4

_NAME = r"(?:[A-Za-z_$][\w$]*[.:/]{1,2}){0,12}[A-Za-z_$][\w$]*"
_NAMED = re.compile(rf"({_NAME})(?::[ \t]+(.*))?\Z", re.DOTALL)
_ENDS_LIKE_A_TYPE = re.compile(
    r"(?:Error|Exception|Warning|Exit|Interrupt|Failure|Fault|Timeout|Throwable|Group|Iteration)\Z"
)
_PYTHON_FRAME = re.compile(r'^ {2,}(?:\| )?File "', re.MULTILINE)
_FRAME = re.compile(r"^[ \t]{1,40}at \S", re.MULTILINE)
_THROWN = re.compile(r'\A(?:Exception in thread "[^"\n]*"|Uncaught|Unhandled exception\.) ?')


class Failure(msgspec.Struct, frozen=True):
    """What a log says of an error.

    Attributes:
        type: Its class or code, one line of at most `LONGEST_TYPE` characters.
        message: Its message, without what it holds under names of content.
        stack: The traceback as a text, in the form of its language.
        output: The message with all that it holds, where it holds such: it is content.
    """

    type: str | None
    message: str | None
    stack: str | None
    output: str | None = None


def read_failure(value: Json) -> Failure | None:
    """Reads the value of an error field: any JSON.

    Args:
        value: A message, a traceback, True, or an object of any logger.

    Returns:
        The failure, with None for what the value does not say; None where the value says that
        there was no error: None, False, and what is empty.
    """
    found = _read(value, 0)
    told = without_content(value)
    if found is None or told is value:
        return found
    said = _read(told, 0) or _NO_WORD
    output = found.message if found.message != said.message else None
    return Failure(found.type, said.message, said.stack, output)


_NO_WORD = Failure(None, None, None)


def _read(value: Json, depth: int) -> Failure | None:
    if not value:
        return None
    if value is True:
        return Failure(None, None, None)
    if type(value) is str:
        return _of_text(value)
    if type(value) is dict:
        return _of_object(value, depth)
    if type(value) is list:
        return _of_list(value, depth)
    return Failure(_type_of(value), None, None)


def _of_text(text: str) -> Failure | None:
    """A message, or a traceback of Python, Java, JavaScript or .NET with the message in it."""
    stripped = text.strip()
    if not stripped:
        return None
    if _PYTHON_FRAME.search(text):
        kind, message = _split(_last_statement(stripped))
        return Failure(kind, message, text)
    frame = _FRAME.search(text)
    if frame is not None:
        head = text[: frame.start()].strip()
        kind, message = _split(_THROWN.sub("", head))
        return Failure(kind, message, text)
    kind, message = _split(stripped)
    if kind is not None and _ENDS_LIKE_A_TYPE.search(kind):
        return Failure(kind, message, None)
    return Failure(None, text, None)


def _last_statement(text: str) -> str:
    """From the last line of a Python traceback that belongs to no frame to the end."""
    lines = text.split("\n")
    after = max((number for number, line in enumerate(lines) if _PYTHON_FRAME.match(line)), default=-1)
    for number in range(after + 1, len(lines)):
        line = lines[number].lstrip("| ") if lines[number].startswith("  |") else lines[number]
        if line and not line[0].isspace() and line[0] not in "~^+-":
            return "\n".join([line, *lines[number + 1 :]]).strip()
    return lines[-1].strip()


def _split(text: str) -> tuple[str | None, str | None]:
    """`Type: message` apart; all of it as the message where it does not begin with a name."""
    named = _NAMED.match(text)
    if named is None:
        return None, text or None
    return _type_of(named[1]), (named[2] or "").strip() or None


def _of_object(value: Mapping[str, Json], depth: int) -> Failure | None:
    nested = _nested(value, depth)
    kind = next((said for key in _TYPES if (said := _type_of(value.get(key))) is not None), None)
    message = _first_text(value, _MESSAGES)
    stack = next((said for key in _STACKS if (said := _stack(value.get(key)))), None)
    if nested is not None:
        # What is inside is closer to the error than the HTTP status around it.
        kind = nested.type or kind
        message = nested.message or message
        stack = nested.stack or stack
    if stack is not None and (kind is None or message is None):
        told = _of_text(stack)
        if told is not None and told.stack is not None:
            kind, message = kind or told.type, message or told.message
    if kind is None and message is None and stack is None:
        if not any(value.values()):
            return None
        return Failure(None, json_text(value), None)
    return Failure(kind, message, stack)


def _nested(value: Mapping[str, Json], depth: int) -> Failure | None:
    if depth >= _DEPTH:
        return None
    for key in _INSIDE:
        inner = value.get(key)
        if (type(inner) is dict or type(inner) is list) and inner:
            return _read(inner, depth + 1)
    return None


def _of_list(value: list[Json], depth: int) -> Failure | None:
    """A chain of exceptions, of which the first object is the one that ended it; or an exc_info."""
    if depth < _DEPTH:
        for item in value:
            if type(item) is dict and item:
                return _of_object(item, depth + 1)
    texts = [item for item in value if type(item) is str and item.strip()]
    if not texts:
        return Failure(None, json_text(value), None)
    return _of_text("\n".join(text.rstrip("\n") for text in texts))


def _type_of(value: Json) -> str | None:
    """A class or code as one short line, or None where the value is none."""
    if type(value) is dict:
        value = value.get("name")
    if type(value) is int or type(value) is float:
        return str(value)[:LONGEST_TYPE]
    if type(value) is not str:
        return None
    words = " ".join(value[: 4 * LONGEST_TYPE].split())
    return _UNWRAPPED.sub(r"\1", words)[:LONGEST_TYPE].strip() or None


_UNWRAPPED = re.compile(r"\A<class '([^']+)'>\Z")


def _first_text(value: Mapping[str, Json], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        said = value.get(key)
        if type(said) is str and said.strip():
            return said
        if key in _STRUCTURED and type(said) in (dict, list) and (text := text_of(said)):
            return text
    return None


_STRUCTURED = frozenset({"message", "detail", "details", "value", "reason"})


def _stack(value: Json) -> str | None:
    """A stack as a text: as it is, a list of lines, or frames one per line."""
    if type(value) is str:
        return value if value.strip() else None
    if type(value) is dict:
        value = value.get("frames")
    if type(value) is not list or not value:
        return None
    return "\n".join([_frame(item) for item in value])


def _frame(frame: Json) -> str:
    if type(frame) is str:
        return frame.rstrip("\n")
    if type(frame) is not dict:
        return json_text(frame)
    file, line, name = (_first_plain(frame, keys) for keys in _FRAME_KEYS)
    if not file and not name:
        return json_text(frame)
    return f'  File "{file}", line {line or "?"}, in {name or "?"}'


def _first_plain(frame: Mapping[str, Json], keys: tuple[str, ...]) -> str:
    found = next((frame[key] for key in keys if type(frame.get(key)) in (str, int)), "")
    return str(found)


_FRAME_KEYS = (
    ("filename", "file", "abs_path", "fileName", "path", "module"),
    ("lineno", "line", "lineNumber", "line_number"),
    ("name", "function", "method", "methodName", "func"),
)
