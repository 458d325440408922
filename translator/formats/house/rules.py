"""Rules of a house format: which lines they are for, which event those are, and where its fields stand."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from translator.formats.house.paths import Path, parse_path
from translator.formats.native.fields import FIELDS, USAGE_NAMES
from translator.formats.native.names import MEANINGS, meaning
from translator.model import Json

SPANS = {"span": "tool", "span.start": "tool.start", "span.end": "tool.end"}
"""Events of spans that are no agent, model call or tool, and what they are read like."""

FIELD_NAMES = frozenset(field.name for field in FIELDS) - {"weak_id"}
NAME = "name"
"""The field with the name of a span that is none of the four."""

RULE_KEYS = ("when", "event", "fields")
SOURCE_KEYS = ("path", "value", "map", "default")
TEST_KEYS = ("exists", "prefix", "regex", "not")
_SHORT = 60

Test = Callable[[Json], bool]


class RuleError(ValueError):
    """A rule cannot be used.

    Args:
        key: The key of the rule at which it is wrong.
        message: What is wrong.
        hint: What to do about it.
    """

    def __init__(self, key: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.key = key
        self.message = message
        self.hint = hint


class Source(msgspec.Struct, frozen=True):
    """Where a value comes from.

    Attributes:
        path: Where it stands; None for a fixed value.
        fixed: The fixed value, or what counts where nothing stands.
        words: What stands for what; None to take it as it is.
    """

    path: Path | None
    fixed: Json = None
    words: Mapping[str, Json] | None = None

    def of(self, record: dict[str, Json]) -> Json:
        """The value in a record; None where there is none."""
        value = self.path.find(record) if self.path is not None else None
        if value is not None and self.words is not None:
            value = self.words.get(_word(value))
        return self.fixed if value is None else value


class Rule(msgspec.Struct, frozen=True):
    """One shape of lines.

    Attributes:
        when: What must hold of a record.
        event: The event's name.
        fields: Names of the log format, and where their values stand.
        taken: Keys of the record that fields come from; the others are passed on as they are.
    """

    when: tuple[tuple[Path, Test], ...]
    event: Source
    fields: tuple[tuple[tuple[str, ...], Source], ...]
    taken: frozenset[str]

    def event_of(self, record: dict[str, Json]) -> str | None:
        """The event that a record is by this rule; None if it is none."""
        for path, test in self.when:
            if not test(path.find(record)):
                return None
        said = self.event.of(record)
        return said if type(said) is str else None


def read_rule(table: Json) -> Rule:
    """The rule that a table of the configuration says.

    Raises:
        RuleError: It says none.
    """
    if type(table) is not dict:
        raise RuleError("", "expected a table")
    _known(table, RULE_KEYS, "")
    if "event" not in table:
        raise RuleError("", "`event` is missing", 'such as event = "model.end"')
    when = _tests(table.get("when", {}))
    event = _event(table["event"])
    if not when and event.path is None:
        raise RuleError(
            "", "every line would be this event: `when` is missing", 'such as when = { msg = "done" }'
        )
    fields = _fields(table.get("fields", {}))
    sources = [event, *(source for _, source in fields)]
    paths = [source.path for source in sources if source.path is not None] + [path for path, _ in when]
    taken = frozenset(key for path in paths for key in (path.text, path.parts[0]))
    return Rule(when, event, fields, taken)


def _known(table: dict[str, Json], names: Iterable[str], where: str) -> None:
    for key in table:
        if key not in names:
            raise RuleError(key, f"unknown key `{key}`{where}", _nearest(key, names))


def _nearest(word: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(names), 1)
    return f"did you mean `{near[0]}`?" if near else "known are " + ", ".join(sorted(names))[:400]


def _tests(said: Json) -> tuple[tuple[Path, Test], ...]:
    if type(said) is not dict:
        raise RuleError("when", f"`when` is a table of paths and values, not {said!r:.{_SHORT}}")
    tests: list[tuple[Path, Test]] = []
    for text, wanted in said.items():
        try:
            tests.append((parse_path(text), _test(wanted)))
        except re.error as error:
            raise RuleError(text, f"`{text}`: not a regular expression: {error}") from None
        except RuleError:
            raise
        except ValueError as error:
            raise RuleError(text, str(error)) from None
    return tuple(tests)


def _test(wanted: Json) -> Test:
    if type(wanted) is list:
        words = {_word(item) for item in wanted}
        return lambda value: value is not None and _word(value) in words
    if type(wanted) is not dict:
        word = _word(wanted)
        return lambda value: value is not None and _word(value) == word
    _known(wanted, TEST_KEYS, " in a test")
    tests = [_special(kind, said) for kind, said in wanted.items()]
    return lambda value: all(test(value) for test in tests)


def _special(kind: str, said: Json) -> Test:
    if kind == "exists":
        return lambda value: (value is not None) == bool(said)
    if kind == "not":
        other = _test(said)
        return lambda value: not other(value)
    if type(said) is not str:
        raise ValueError(f"`{kind}` takes a text, not {said!r:.{_SHORT}}")
    if kind == "prefix":
        return lambda value: type(value) is str and value.startswith(said)
    pattern = re.compile(said)
    return lambda value: type(value) is str and pattern.search(value) is not None


def _event(said: Json) -> Source:
    if type(said) is str:
        _event_name(said)
        return Source(None, said)
    source = _source("event", said)
    for word in [*(source.words or {}).values(), *([source.fixed] if source.fixed is not None else [])]:
        _event_name(word)
    return source


def _event_name(name: Json) -> None:
    if type(name) is not str or (name not in SPANS and meaning(name) is None):
        hint = _nearest(str(name), [*SPANS, *MEANINGS])
        raise RuleError("event", f"`{name}` is no event of the log format", hint)


def _fields(said: Json) -> tuple[tuple[tuple[str, ...], Source], ...]:
    if type(said) is not dict:
        raise RuleError("fields", f"`fields` is a table of names and paths, not {said!r:.{_SHORT}}")
    found: list[tuple[tuple[str, ...], Source]] = []
    for name, where in said.items():
        if name == "usage" and type(where) is dict and not any(key in where for key in SOURCE_KEYS):
            found += [(_usage_name(f"usage.{part}"), _source(part, inner)) for part, inner in where.items()]
        else:
            found.append((_field_name(name), _source(name, where)))
    return tuple(found)


def _field_name(name: str) -> tuple[str, ...]:
    if name.startswith("usage."):
        return _usage_name(name)
    if name in FIELD_NAMES or name in USAGE_NAMES or name == NAME:
        return (name,)
    raise RuleError(name, f"unknown field `{name}`", _nearest(name, [*FIELD_NAMES, *USAGE_NAMES]))


def _usage_name(name: str) -> tuple[str, ...]:
    part = name.removeprefix("usage.")
    if part not in USAGE_NAMES:
        raise RuleError(part, f"unknown count `{part}`", _nearest(part, USAGE_NAMES))
    return ("usage", part)


def _source(name: str, said: Json) -> Source:
    if type(said) is not dict:
        return Source(_path(name, said))
    _known(said, SOURCE_KEYS, f" of `{name}`")
    if "value" in said:
        if len(said) > 1:
            raise RuleError(name, f"`{name}`: `value` stands alone")
        return Source(None, said["value"])
    if "path" not in said:
        raise RuleError(name, f"`{name}`: expected `path` or `value`")
    words = said.get("map")
    if words is not None and (type(words) is not dict or not words):
        raise RuleError(name, f"`{name}`: `map` is a table of what stands for what")
    return Source(_path(name, said["path"]), said.get("default"), words)


def _path(name: str, said: Json) -> Path:
    try:
        return parse_path(said)
    except ValueError as error:
        raise RuleError(name, f"`{name}`: {error}") from None


def _word(value: Json) -> str:
    """A value as the key of a table of the configuration, where all keys are texts."""
    if type(value) is bool:
        return "true" if value else "false"
    return value if type(value) is str else str(value)
