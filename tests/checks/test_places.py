"""Columns: a key is found in the text of a line as a JSON parser would find it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.checks.diagnostic import Origin, say
from translator.checks.places import find_key, spot_of

KEYS = st.text(max_size=6) | st.sampled_from(["a", "b", '"', "\\", "{", "ключ", "a:b", ","])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(['"}', "\\", "[,"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def paths(record: dict[str, Any], above: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    found: list[tuple[tuple[str, ...], Any]] = []
    for key, value in record.items():
        found.append(((*above, key), value))
        if isinstance(value, dict):
            found += paths(value, (*above, key))
    return found


@given(
    record=st.dictionaries(KEYS, VALUES, max_size=4),
    spaced=st.booleans(),
    ascii_only=st.booleans(),
)
def test_every_key_is_found_where_it_stands(
    record: dict[str, Any], *, spaced: bool, ascii_only: bool
) -> None:
    text = json.dumps(record, ensure_ascii=ascii_only, indent=1 if spaced else None)

    for path, value in paths(record):
        places = find_key(text, path)
        assert places is not None, path
        (begin, end), (value_begin, value_end) = places
        assert json.loads(text[begin:end]) == path[-1]
        if isinstance(value, dict | list):
            assert text[value_begin:value_end] in "{["
        else:
            assert json.loads(text[value_begin:value_end]) == value


@given(record=st.dictionaries(KEYS, VALUES, max_size=3), absent=st.lists(KEYS, min_size=1, max_size=3))
def test_no_other_key_is(record: dict[str, Any], absent: list[str]) -> None:
    path = tuple(absent)
    there = {path for path, _ in paths(record)}

    assert (find_key(json.dumps(record), path) is not None) == (path in there)


@given(
    text=st.text(alphabet='{}[]",:\\ ab1', max_size=40), path=st.lists(st.text("ab", max_size=2), max_size=3)
)
def test_no_text_is_too_broken(text: str, path: list[str]) -> None:
    found = find_key(text, tuple(path))

    assert found is None or 0 <= found[0][0] < found[0][1] <= len(text)


def test_of_a_key_that_stands_twice_the_last_is_found() -> None:
    assert find_key('{"a":1,"a":2}', ("a",)) == ((7, 10), (11, 12))


def test_columns_are_characters_not_bytes() -> None:
    line = '{"ünï":"ö","modle":1}'

    spot = spot_of(say("W204", Origin("f", 1, line.encode()), path=("modle",)))

    assert (spot.column, line[spot.column - 1 :][:7]) == (12, '"modle"')


@pytest.mark.parametrize(
    ("data", "column"), [(b'time={"event":"x","k":1}', 19), (b'"{\\"event\\":\\"x\\"}"', 1)]
)
def test_inside_of_a_wrapped_line_the_column_is_that_of_the_file(data: bytes, column: int) -> None:
    spot = spot_of(say("W204", Origin("f", 1, data, b'{"event":"x","k":1}'), path=("k",)))

    assert spot.column == column
    assert spot.text[spot.start : spot.start + spot.length] == '"k"'


def test_a_line_that_was_cut_off_still_has_its_excerpt() -> None:
    spot = spot_of(say("W204", Origin("f", 1, b'{"event":"x","k'), path=("k",)))

    assert (spot.text, spot.length, spot.column) == ('{"event":"x","k', 0, 1)
