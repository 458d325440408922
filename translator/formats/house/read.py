"""A table of the configuration to a rule, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from functools import partial
from typing import TypeVar

from translator.content.plain import plain
from translator.formats.house.conditions import is_one_word, read_test
from translator.formats.house.paths import Path, parse_path
from translator.formats.house.problems import Keys, MappingError, Problem, Wrong, nearest, refuse_unknown
from translator.formats.house.rules import SPANS, Rule, Source, Test, taken_of
from translator.formats.native.fields import ALIASES, FIELDS, USAGE_NAMES, squash
from translator.formats.native.names import MEANINGS, meaning
from translator.model import KINDS, Json, Kind

RULE_KEYS = ("when", "event", "fields", "drop")
SOURCE_KEYS = ("path", "value", "map", "default")

NAME = "name"
"""The field with the name of a span, whatever its kind."""

USAGE = "usage"
NO_SPAN_FIELDS = frozenset(("arguments", "input", "output", "tool", "tool_description", "tool_type"))
"""Fields of tools that other spans have not: Sentry shows none of them there."""

_STRONG = {"weak_id": "span_id"}
"""Fields that are guesses at what a key means; a rule says what it means."""

_FIELD_NAMES = tuple(sorted({field.name for field in FIELDS} - _STRONG.keys() | {NAME}))
_COUNTED = (Kind.AGENT, Kind.MODEL)
_SHORT = 60

_Read = TypeVar("_Read")


def read_rule(table: Json) -> Rule:
    """The rule that a table of the configuration says.

    Raises:
        MappingError: It says none; the keys of its problems begin in the table.
    """
    problems: list[Problem] = []
    if not isinstance(table, dict):
        raise MappingError([Problem((), f"a rule is a table, not {table!r:.{_SHORT}}")])
    for key in table:
        _attempt(problems, (), partial(refuse_unknown, [key], RULE_KEYS, ()))
    when, told = _tests(table.get("when", {}), problems)
    event = _attempt(problems, (), partial(_event, table))
    kinds = _kinds(event)
    fields = _fields(table.get("fields", {}), kinds, problems)
    dropped = _attempt(problems, (), partial(_dropped, table.get("drop", []))) or []
    if not problems and not when and event is not None and (event.path is None or event.fixed):
        problems.append(
            Problem((), "every line would be this event: `when` is missing",
                    'such as when = { msg = "done" }')
        )  # fmt: skip
    if problems or event is None:
        raise MappingError(problems)
    sources = [event, *(source for _, source in fields)]
    paths = [source.path for source in sources if source.path is not None]
    taken = taken_of([*paths, *told, *dropped])
    return Rule(tuple(when), event, tuple(fields), taken, frozenset(path.text for path in dropped))


def _attempt(problems: list[Problem], keys: Keys, read: Callable[[], _Read]) -> _Read | None:
    """What a function reads; what is wrong is kept, so that all of it can be told at once."""
    try:
        return read()
    except Wrong as wrong:
        said = wrong.problem
        problems.append(Problem((*keys, *said.keys), said.message, said.hint))
        return None


def _tests(said: Json, problems: list[Problem]) -> tuple[list[tuple[Path, Test]], list[Path]]:
    """What must hold, and the paths at which the rule itself says what stands."""
    if not isinstance(said, dict):
        message = f"`when` is a table of paths and values, not {said!r:.{_SHORT}}"
        problems.append(Problem(("when",), message))
        return [], []
    tests: list[tuple[Path, Test]] = []
    told: list[Path] = []
    for text, wanted in said.items():
        test = _attempt(problems, ("when",), partial(read_test, text, wanted))
        if test is not None:
            tests.append(test)
            if is_one_word(wanted):
                told.append(test[0])
    return tests, told


def _event(table: dict[str, Json]) -> Source:
    if "event" not in table:
        raise Wrong((), "`event` is missing", 'such as event = "model.end"')
    said = table["event"]
    if isinstance(said, str):
        return Source(None, _event_name(said))
    if not isinstance(said, dict):
        message = f"`event` is the name of an event, or where it stands, not {said!r:.{_SHORT}}"
        raise Wrong(("event",), message, 'such as event = "model", or event = { path = "kind", map = … }')
    source = _source(("event",), "event", said)
    for word in [*(source.words or {}).values(), *([] if source.fixed is None else [source.fixed])]:
        _event_name(word)
    return source


def _event_name(name: Json) -> str:
    if isinstance(name, str) and (name in SPANS or meaning(name) is not None):
        return name
    raise Wrong(
        ("event",), f"`{name}` is no event of the log format", nearest(str(name), [*SPANS, *MEANINGS])
    )


def _kinds(event: Source | None) -> frozenset[Kind]:
    """The kinds of spans that a rule's lines can be about."""
    if event is None or (event.path is not None and event.words is None):
        return frozenset((*KINDS, Kind.OTHER))
    names = [*(event.words or {}).values(), *([] if event.fixed is None else [event.fixed])]
    said = (Kind.OTHER if name in SPANS else meaning(name) for name in names)
    return frozenset(one if isinstance(one, Kind) else one.kind for one in said if one is not None)


def _fields(
    said: Json, kinds: frozenset[Kind], problems: list[Problem]
) -> list[tuple[tuple[str, ...], Source]]:
    if not isinstance(said, dict):
        message = f"`fields` is a table of names and paths, not {said!r:.{_SHORT}}"
        problems.append(Problem(("fields",), message))
        return []
    found: list[tuple[tuple[str, ...], Source]] = []

    def read(keys: Keys, name: str, where: Json) -> None:
        def one() -> tuple[tuple[str, ...], Source]:
            return _place(keys, name, kinds), _source(keys, name, where)

        field = _attempt(problems, ("fields",), one)
        if field is not None:
            found.append(field)

    for name, where in said.items():
        if name == USAGE and isinstance(where, dict) and not any(key in where for key in SOURCE_KEYS):
            for part, inner in where.items():
                read((USAGE, part), f"{USAGE}.{part}", inner)
        else:
            read((name,), name, where)
    if any(place == (USAGE,) for place, _ in found) and any(len(place) > 1 for place, _ in found):
        message = "`usage` is either one object or counts by themselves, not both"
        problems.append(Problem(("fields", USAGE), message))
    return found


def _place(keys: Keys, name: str, kinds: frozenset[Kind]) -> tuple[str, ...]:
    """Where in a line of the log format a field stands."""
    part = name.removeprefix(f"{USAGE}.")
    if part != name:
        if part not in USAGE_NAMES:
            raise Wrong(keys, f"unknown count `{part}`", nearest(part, USAGE_NAMES))
        _refuse_foreign(keys, USAGE, kinds)
        return (USAGE, part)
    if name not in _FIELD_NAMES and name not in USAGE_NAMES:
        raise Wrong(keys, f"unknown field `{name}`", _hint_at_field(name))
    _refuse_foreign(keys, name, kinds)
    return (name,)


def _hint_at_field(name: str) -> str:
    if name in RULE_KEYS:
        return f"`{name}` of a rule stands above its table `fields`"
    for kind in KINDS:
        alias = ALIASES[kind].get(squash(name))
        if alias is not None:
            called = _STRONG.get(alias[0].name, alias[0].name)
            return f"it is called `{called}` here"
    hint = nearest(name, [*_FIELD_NAMES, *USAGE_NAMES])
    return hint if hint.startswith("did") else "`translator schema` lists all fields of the log format"


def _refuse_foreign(keys: Keys, name: str, kinds: frozenset[Kind]) -> None:
    if any(_is_field_of(kind, name) for kind in kinds):
        return
    fitting = (kind for kind in KINDS if _is_field_of(kind, name))
    hint = f"it is one of {_named(fitting)}; keys that no field takes are sent as log.* attributes"
    raise Wrong(keys, f"`{name}` is no field of {_named(sorted(kinds))}", hint)


def _named(kinds: Iterable[Kind]) -> str:
    return ", ".join(f"`{'span' if kind is Kind.OTHER else kind}`" for kind in kinds)


def _is_field_of(kind: Kind, name: str) -> bool:
    if kind is Kind.OTHER:
        return name == NAME or (name not in NO_SPAN_FIELDS and squash(name) in ALIASES[Kind.TOOL])
    return squash(name) in ALIASES[kind] or (name in USAGE_NAMES and kind in _COUNTED)


def _source(keys: Keys, name: str, said: Json) -> Source:
    if not isinstance(said, dict):
        return Source(_path(keys, name, said))
    refuse_unknown(said, SOURCE_KEYS, keys, f" of `{name}`")
    if "value" in said:
        if len(said) > 1:
            raise Wrong(keys, f"`{name}`: `value` stands alone")
        return Source(None, _json(said["value"]))
    if "path" not in said:
        raise Wrong(keys, f"`{name}`: expected `path` or `value`")
    words = said.get("map")
    if words is not None and (not isinstance(words, dict) or not words):
        raise Wrong((*keys, "map"), f"`{name}`: `map` is a table of what stands for what")
    return Source(_path(keys, name, said["path"]), _json(said.get("default")), _json(words))


def _dropped(said: Json) -> list[Path]:
    if not isinstance(said, list):
        raise Wrong(("drop",), f"`drop` is a list of paths, not {said!r:.{_SHORT}}")
    return [_path(("drop",), "drop", text) for text in said]


def _path(keys: Keys, name: str, said: Json) -> Path:
    try:
        return parse_path(said)
    except ValueError as error:
        raise Wrong(keys, f"`{name}`: {error}", _hint_at_value(said)) from None


def _hint_at_value(said: Json) -> str:
    if isinstance(said, (bool, int, float, date, time)) or (isinstance(said, str) and " " in said):
        return "a value that is always the same is { value = … }"
    return ""


def _json(value: Json) -> Json:
    """A value of the configuration as one of a log; TOML has dates and times, JSON has texts for them."""
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value.isoformat() if isinstance(value, (datetime, date, time)) else plain(value)
