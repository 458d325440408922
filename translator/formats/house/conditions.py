"""What must hold of a value: the right side of `when`."""

from __future__ import annotations

import re

from translator.formats.house.paths import Path, parse_path
from translator.formats.house.problems import Wrong, refuse_unknown
from translator.formats.house.rules import Test, word_of
from translator.model import Json

TEST_KEYS = ("exists", "prefix", "regex", "not")
_SHORT = 60


def is_one_word(said: Json) -> bool:
    """Whether a test holds for one value alone, so that this value says nothing."""
    return not isinstance(said, (dict, list))


def read_test(text: str, said: Json) -> tuple[Path, Test]:
    """A path, and what must hold of the value there.

    Raises:
        Wrong: It cannot be used.
    """
    try:
        return parse_path(text), _test(text, said)
    except re.error as error:
        raise Wrong((text,), f"`{text}`: not a regular expression: {error}") from None
    except Wrong:
        raise
    except ValueError as error:
        raise Wrong((text,), str(error)) from None


def _test(text: str, said: Json) -> Test:
    if isinstance(said, list):
        if not said or any(isinstance(item, (dict, list)) for item in said):
            raise ValueError(f"`{text}`: expected a list of values, not {said!r:.{_SHORT}}")
        words = {word_of(item) for item in said}
        return lambda value: value is not None and word_of(value) in words
    if not isinstance(said, dict):
        word = word_of(said)
        return lambda value: value is not None and word_of(value) == word
    if not said:
        raise ValueError(f"`{text}`: expected a value, or one of {', '.join(TEST_KEYS)}")
    for key in said:
        if key not in TEST_KEYS and isinstance(said[key], (str, int, float, list, dict)):
            _refuse_test_key(text, said)
    tests = [_special(text, kind, inner) for kind, inner in said.items()]
    return lambda value: all(test(value) for test in tests)


def _refuse_test_key(text: str, said: dict[str, Json]) -> None:
    try:
        refuse_unknown(said, TEST_KEYS, (text,), f" in the test of `{text}`")
    except Wrong as wrong:
        key = wrong.problem.keys[-1]
        hint = f'{wrong.problem.hint}; a path with dots stands in quotes: "{text}.{key}" = …'
        raise Wrong(wrong.problem.keys, wrong.problem.message, hint) from None


def _special(text: str, kind: str, said: Json) -> Test:
    if kind == "exists":
        if not isinstance(said, bool):
            raise ValueError(f"`{text}`: `exists` is true or false, not {said!r:.{_SHORT}}")
        return lambda value: (value is not None) == said
    if kind == "not":
        other = _test(text, said)
        return lambda value: not other(value)
    if not isinstance(said, str) or not said:
        raise ValueError(f"`{text}`: `{kind}` takes a text, not {said!r:.{_SHORT}}")
    if kind == "prefix":
        return lambda value: type(value) is str and value.startswith(said)
    pattern = re.compile(said)
    return lambda value: type(value) is str and pattern.search(value) is not None
