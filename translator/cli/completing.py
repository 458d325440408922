"""What a shell offers for the values of options; where it is told nothing, it offers files."""

from __future__ import annotations

from collections.abc import Callable

from translator.settings_options import Option
from translator.settings_values import words_of

Completion = Callable[[str], list[tuple[str, str]]]


def values_of(option: Option) -> Completion | None:
    """What completes the value of an option: its words, where it is one of a few; None for any other."""
    if option.name == "format":
        return _formats
    words = words_of(option.convert)
    return (lambda incomplete: _beginning(incomplete, words)) if words else None


def codes(incomplete: str) -> list[tuple[str, str]]:
    """The codes of `check`, each with what it is about."""
    from translator.checks.codes import CODES

    return [(code.name, code.title) for code in CODES if code.name.startswith(incomplete)]


def _formats(incomplete: str) -> list[tuple[str, str]]:
    from translator.formats.registry import AUTO, FORMATS

    return _beginning(incomplete, (AUTO, *(known.name for known in FORMATS)))


def _beginning(incomplete: str, words: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(word, "") for word in words if word.startswith(incomplete)]
