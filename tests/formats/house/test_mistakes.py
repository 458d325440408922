"""Rules that cannot be used: what is said of them, with which line, and all of it at once."""

from __future__ import annotations

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.house.test_house import SHOP, rule
from translator.errors import ConfigurationError
from translator.formats.house.load import load_formats
from translator.formats.house.problems import MappingError
from translator.settings import resolve
from translator.toml_lines import line_of

PATH = "a key that holds a space or a dot stands in quotes"

WRONG = (
    (rule(when=""), 3, "every line would be this event", 'such as when = { msg = "done" }'),
    (
        rule('event = { path = "k", default = "model" }', when=""),
        3,
        "every line would be this event",
        "such as",
    ),
    (rule(event=""), 3, "`event` is missing", "such as"),
    (rule('event = "modle"'), 5, "`modle` is no event of the log format", "did you mean `model`?"),
    (rule('event = { path = "k", map = { v = "modle" } }'), 5, "`modle` is no event", "did you mean"),
    (rule('event = ["model"]'), 5, "`event` is the name of an event, or where it stands", "such as"),
    (rule(fields='modle = "x"'), 7, "unknown field `modle`", "did you mean `model`?"),
    (rule(fields='session_id = "x"'), 7, "unknown field `session_id`", "it is called `conversation_id` here"),
    (rule(fields='id = "x"'), 7, "unknown field `id`", "it is called `span_id` here"),
    (
        rule(fields='when = "x"'),
        7,
        "unknown field `when`",
        "`when` of a rule stands above its table `fields`",
    ),
    (rule(fields='zebra = "x"'), 7, "unknown field `zebra`", "`translator schema` lists all fields"),
    (rule(fields='arguments = "x"'), 7, "`arguments` is no field of `model`", "it is one of `tool`"),
    (rule('event = "span"', fields='output = "x"'), 7, "`output` is no field of `span`", "log.* attributes"),
    (
        rule('event = "tool"', fields='usage.input_tokens = "x"'),
        7,
        "`usage` is no field of `tool`",
        "`model`",
    ),
    (
        rule(fields='usage.input_token = "x"'),
        7,
        "unknown count `input_token`",
        "did you mean `input_tokens`?",
    ),
    (rule(fields='"usage.input_tokens" = "x"\nusage = "y"'), 8, "`usage` is either one object or counts", ""),
    (rule(fields='model = "a..b"'), 7, "`a..b` is no path", ""),
    (rule(fields='model = "a b"'), 7, PATH, "{ value = … }"),
    (rule(fields='model = "a[0].b"'), 7, "write `a.0` for `a[0]`", ""),
    (rule(fields='model = "a[x]"'), 7, "a key with brackets stands in quotes", ""),
    (rule(fields='model = "$.a"'), 7, "leave out the `$`", ""),
    (rule(fields='model = "a."'), 7, "a step is missing at its end", ""),
    (rule(fields='model = ""'), 7, "expected a path", ""),
    (rule(fields="model = 3"), 7, "expected a path", "{ value = … }"),
    (rule(fields='model = { paht = "x" }'), 7, "unknown key `paht` of `model`", "did you mean `path`?"),
    (rule(fields='model = { value = "x", path = "y" }'), 7, "`value` stands alone", ""),
    (rule(fields='model = { map = { a = "b" } }'), 7, "expected `path` or `value`", ""),
    (rule(fields='model = { path = "x", map = {} }'), 7, "`map` is a table", ""),
    (rule(fields='model = { path = "x", map = ["a"] }'), 7, "`map` is a table", ""),
    (rule(when='when = { k = { regex = "(" } }'), 4, "not a regular expression", ""),
    (rule(when="when = { k = { regex = 3 } }"), 4, "`regex` takes a text", ""),
    (rule(when='when = { k = { starts = "x" } }'), 4, "unknown key `starts` in the test of `k`", "known are"),
    (rule(when='when = { llm.model = "x" }'), 4, "unknown key `model`", '"llm.model" = …'),
    (rule(when='when = { k = { exists = "no" } }'), 4, "`exists` is true or false", ""),
    (rule(when="when = { k = {} }"), 4, "expected a value, or one of", ""),
    (rule(when="when = { k = [] }"), 4, "expected a list of values", ""),
    (rule(when='when = { "" = 3 }'), 4, "expected a path", ""),
    (rule(when='when = "x"'), 4, "`when` is a table", ""),
    (rule('event = "model"\ndrop = "x"'), 6, "`drop` is a list of paths", ""),
    (rule('event = "model"\ndrop = ["a..b"]'), 6, "`a..b` is no path", ""),
    ('[[formats.native]]\nevent = "model"\n', 3, "`native` is the name of a format that is built in", ""),
    ('[[formats.wrapped]]\nevent = "model"\n', 3, "`wrapped` is the name of a format that is built in", ""),
    ('[formats.mine]\nevent = "model"\n', 3, "`mine` has no rules", "write [[formats.mine]] above each"),
    ("[formats]\nmine = [3]\n", 4, "a rule is a table, not 3", ""),
    ('formats = "mine"\n', 3, "`formats` holds one list of rules for each format", "[[formats.mine]]"),
    ('[[format.mine]]\nevent = "model"\n', 3, "`format` is one name", "[[formats.NAME]]"),
    ('[[formats."a b"]]\nevent = "model"\n', 3, "`a b` is no name", ""),
    (
        '[[formats.mine]]\nwhenn = { a = 1 }\nevent = "model"\n',
        4,
        "unknown key `whenn`",
        "did you mean `when`?",
    ),
)


def told(path: Path, text: str) -> ConfigurationError:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        resolve({}, {}, path)
    return caught.value


@pytest.mark.parametrize(("text", "line", "message", "hint"), WRONG, ids=[wrong[2][:40] for wrong in WRONG])
def test_what_is_wrong_with_a_rule_is_said(
    text: str, line: int, message: str, hint: str, tmp_path: Path
) -> None:
    path = tmp_path / "translator.toml"
    error = told(path, "# mine\n\n" + text)
    assert message in error.message
    assert hint in (error.hint or "")
    assert error.where == f"{path}:{line}"


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "translator.toml"
    wrong = rule('event = "modle"', fields='agnet = "a"\nmodel = "a..b"') + rule(
        when="when = { k = { exists = 1 } }"
    )
    error = told(path, rule() + wrong.replace("mine", "yours"))
    assert str(error).splitlines() == [
        f"{path}:8: `modle` is no event of the log format (did you mean `model`?)",
        f"error: {path}:10: unknown field `agnet` (did you mean `agent`?)",
        f"error: {path}:11: `model`: `a..b` is no path: a step is missing at character 3",
        f"error: {path}:13: `k`: `exists` is true or false, not 1",
    ]


LINES = (
    (
        "the second rule, where the first has the same key",
        rule(fields='model = "m"') + rule(fields="model = 3"),
        10,
    ),
    ("behind another format", rule().replace("mine", "mine2") + rule(fields="model = 3"), 10),
    ("behind a comment that looks like it", rule(fields="# model = 4\nmodel = 3"), 6),
    (
        "behind a text that looks like it",
        'release = """\n[[formats.mine]]\n"""\n' + rule(fields="model = 3"),
        8,
    ),
    ("in a table of its own", rule() + "[formats.mine.fields.usage]\ninput_tokn = 'x'\n", 7),
    (
        "with quotes and spaces",
        rule(fields="model = 3").replace("[[formats.mine]]", '[[ formats . "mine" ]]'),
        5,
    ),
    ("with carriage returns", rule(fields="model = 3").replace("\n", "\r\n"), 5),
    ("in an inline list", '[formats]\nmine = [\n {event="modle"},\n]\n', 2),
)


@pytest.mark.parametrize(("text", "line"), [case[1:] for case in LINES], ids=[case[0] for case in LINES])
def test_the_line_of_a_mistake_is_that_of_its_key(text: str, line: int, tmp_path: Path) -> None:
    path = tmp_path / "translator.toml"
    assert told(path, text).where == f"{path}:{line}"


def test_each_rule_has_the_line_of_its_head(tmp_path: Path) -> None:
    path = tmp_path / "translator.toml"
    path.write_text(
        rule() + "# [[formats.mine]]\n" + rule() + "[[formats.mine2]]\nwhen = {a=1}\nevent='tool'\n"
    )
    assert resolve({}, {}, path).house["mine"].origins == (f"{path}:1", f"{path}:7")
    path.write_text("[formats]\nmine = [{event='tool', when={a=1}}, {event='tool', when={a=2}}]\n")
    assert resolve({}, {}, path).house["mine"].origins == (f"{path}:2", f"{path}:2")


@given(
    st.lists(st.sampled_from(["x = 1", "# y = 2", "", 'm = """\na = 1\n"""', "l = [\n1,\n2,\n]"]), max_size=9)
)
@settings(max_examples=60, deadline=None)
def test_a_key_is_found_behind_any_statements(before: list[str]) -> None:
    unique = [text.replace(text[0], f"{text[0]}{number}", 1) if text[:1].isalpha() else text
              for number, text in enumerate(before)]  # fmt: skip
    text = "\n".join([*unique, "[there]", "is = [\n  1,\n]", "after = 2"])
    assert line_of(text, ("there", "is", 0)) == text.split("\n").index("is = [") + 1
    assert line_of(text, ("there", "is not")) == text.split("\n").index("[there]") + 1


TABLE: dict[str, Any] = tomllib.loads(SHOP.read_text(encoding="utf-8"))["formats"]
SAID = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.dates()
    | st.sampled_from(["model", "a.b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["path", "map", "value", "not"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_anything_may_be_written_in_a_rule(data: st.DataObject) -> None:
    changed = copy.deepcopy(TABLE)
    here: Any = changed
    while True:
        keys = list(range(len(here))) if isinstance(here, list) else sorted(here)
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], (dict, list)) or not here[key] or data.draw(st.integers(0, 3)) == 0:
            break
        here = here[key]
    here[key] = data.draw(SAID)
    try:
        (made,) = load_formats(changed)
    except MappingError:
        return
    made.matches({"logger": "llm", "msg": "chat completed"})


def test_the_sample_is_right() -> None:
    assert [origin.rpartition(":")[2] for origin in resolve({}, {}, SHOP).house["shop"].origins] == [
        "3",
        "21",
        "34",
    ]
