"""Values that cannot be: what is wrong, where, what to do; exit code 2, and never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, Said
from translator.cli.options import HISTORY
from translator.settings_options import OPTIONS, Option

ANY_TEXT = {"paths", "exclude", "out", "environment", "release", "server_name", "service", "state_dir"}
CHECKED = [option for option in OPTIONS if option.name not in ANY_TEXT]
SWITCHES = {"send_default_pii", "mask_secrets", "issues", "quiet"}
NEVER = "no such value"


def told(said: Said, *words: str) -> None:
    """Asserts that a person is told of a mistake, with these words."""
    assert said.code == 2, said
    assert said.err.startswith("error: "), said.err
    assert "\nhint: " in said.err, said.err
    assert [word for word in words if word not in said.err] == [], said.err
    assert said.out == ""


@pytest.mark.parametrize("option", CHECKED, ids=lambda option: option.name)
class TestEveryOption:
    """A value that it cannot have is told with the place that says it."""

    def test_in_its_variable(self, option: Option, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(option.env, NEVER)

        told(run("run", "x", "--once"), f"error: {option.env}: ")

    def test_in_the_file(self, option: Option, run: Run) -> None:
        Path("translator.toml").write_text(f"# first\n\n{option.name} = '{NEVER}'\n")

        told(run("run", "x", "--once"), "error: translator.toml:3: ")


@pytest.mark.parametrize(
    "option", [one for one in CHECKED if one.name not in SWITCHES], ids=lambda option: option.name
)
def test_a_wrong_value_of_a_flag_is_told(option: Option, run: Run) -> None:
    command = ["backfill", "x"] if option.name in HISTORY else ["run", "x", "--once"]
    told(run(*command, f"{option.flag}={NEVER}"), f"error: {option.flag}: ")


WRONG_IN_THE_FILE = {
    "an empty text": ('release = ""', "is empty"),
    "a number for a text": ("environment = 5", "not 5"),
    "a text with a zero byte": (r'out = "a\u0000b"', "expected a text"),
    "a list for a word": ('wire = ["span"]', "expected one of span, transaction, not"),
    "a number among paths": ("paths = [1]", "expected a list of paths"),
    "a date for a time": ("idle_timeout = 2020-01-01", "length of time"),
    "a time below zero": ("idle_timeout = -1", "length of time"),
    "a time that is no number": ("reorder_window = nan", "length of time"),
    "a time without end": ("idle_timeout = inf", "length of time"),
    "a time too long for a timer": ('shutdown_timeout = "99999999999d"', "at most"),
    "a time too long for a number": ("orphan_hold = 1" + "0" * 400, "length of time"),
    "half a byte": ("max_line_bytes = 1.5", "expected a size"),
    "a switch for a size": ("max_line_bytes = true", "expected a size"),
    "a switch for a count": ("log_attributes = false", "expected a whole number"),
    "a sign that is only called a digit": ('log_attributes = "²"', "expected a whole number"),
    "a rate that is no number": ("traces_sample_rate = nan", "from 0 to 1"),
    "a rate below zero": ("traces_sample_rate = -0.1", "from 0 to 1"),
    "a rate too long for a number": ("traces_sample_rate = 1" + "0" * 400, "from 0 to 1"),
    "a switch for a rate": ("traces_sample_rate = true", "from 0 to 1"),
    "a word for a switch": ('quiet = "maybe"', "expected true or false"),
    "a number for a switch": ("mask_secrets = 2", "expected true or false"),
    "a number for an address": ("spotlight = 5", "expected a text"),
    "a section": ('[run]\nrelease = "1"', "unknown key `run`"),
}


@pytest.mark.parametrize("name", WRONG_IN_THE_FILE)
def test_a_wrong_type_in_the_file_is_told_with_its_line(name: str, run: Run) -> None:
    content, word = WRONG_IN_THE_FILE[name]
    Path("translator.toml").write_text(content + "\n")

    told(run("config"), "error: translator.toml:1: ", word)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ('release = "1"\nrelease = "2"\n', "translator.toml:2"),
        ("release: 1\n", "translator.toml:1"),
        ("a = " + "[" * 5_000 + "]" * 5_000, "translator.toml"),
        ("log_attributes = 1" + "0" * 9_000, "translator.toml"),
    ],
    ids=["a key twice", "another language", "a deep nest", "an endless number"],
)
def test_a_file_that_is_no_toml_is_told(content: str, word: str, run: Run) -> None:
    Path("translator.toml").write_text(content)

    told(run("config"), f"error: {word}: is not valid TOML")


MANY = """enviroment = "x"
wire = ["span"]

[[sources]]
name = "a b"
pathes = ["x"]
log_level = "info"
traces_sample_rate = 3

[[formats.shop]]
evnt = "model"
"""


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("translator.toml").write_text(MANY)
    monkeypatch.setenv("TRANSLATOR_IDLE_TIMEOUT", "never")

    said = run("run", "x", "--orphan-hold", "long")

    lines = said.err.splitlines()
    in_the_file = [
        line.removeprefix("error: translator.toml:") for line in lines if "translator.toml:" in line
    ]
    assert said.code == 2
    assert [line.split(":")[0] for line in in_the_file if "evnt" not in line and "event" not in line] == [
        "1", "2", "4", "5", "6", "7", "8",
    ]  # fmt: skip
    for words in (
        "translator.toml:1: unknown key `enviroment` (did you mean `environment`?)",
        "translator.toml:6: unknown key `pathes` of a source (did you mean `paths`?)",
        "translator.toml:7: unknown key `log_level` of a source (it is for all sources: it stands above",
        "translator.toml:11: unknown key `evnt`",
        "TRANSLATOR_IDLE_TIMEOUT: `idle_timeout`: expected a length of time",
        "--orphan-hold: `orphan_hold`: expected a length of time",
    ):
        assert f"error: {words}" in said.err


def test_the_nearest_word_is_named(run: Run) -> None:
    told(run("run", "x", "--attribute-names", "legasy"), "current, legacy, both", "did you mean `legacy`?")


def test_the_nearest_key_is_named_and_otherwise_where_all_are(run: Run) -> None:
    Path("near.toml").write_text('release = "1"\nenviroment = "x"\n')
    Path("far.toml").write_text('zebra = "x"\n')

    told(run("config", "--config", "near.toml"), "near.toml:2: unknown key", "did you mean `environment`?")
    told(run("config", "--config", "far.toml"), "far.toml:1: unknown key `zebra`", "translator config")


def test_a_directory_is_no_file(run: Run) -> None:
    Path("settings").mkdir()

    told(run("config", "--config", "settings"), "settings: cannot be read: Is a directory", "--config")


@pytest.mark.parametrize("command", ["run", "backfill", "preview", "config", "check"])
def test_every_command_tells_of_a_wrong_file(command: str, run: Run) -> None:
    Path("translator.toml").write_text("reorder-windows = 1\n")

    told(run(command), "translator.toml:1: unknown key `reorder-windows`", "`reorder_window`")


@pytest.mark.parametrize(
    "dsn",
    [
        "hunter2", "https://hunter2", "https://hunter2@/1", "https://hunter2@host", "https://hunter2@host/x",
        "ftp://hunter2@host/1", "https://hunter2@host:x/1", "https://hun ter2@host/1", "https://hunter2@[::1/1",
    ],
)  # fmt: skip
def test_a_malformed_dsn_is_told_without_repeating_it(
    dsn: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_flag = run("backfill", "x", "--dsn", dsn)
    monkeypatch.setenv("SENTRY_DSN", dsn)
    by_variable = run("backfill", "x")
    shown = run("config")

    for said, place in ((by_flag, "--dsn"), (by_variable, "SENTRY_DSN"), (shown, "SENTRY_DSN")):
        told(said, f"error: {place}: the ", "https://KEY@HOST/PROJECT")
        assert "ter2" not in said.err


def test_a_home_that_is_not_there_is_told(run: Run) -> None:
    Path("a.jsonl").touch()
    key = "0123456789abcdef0123456789abcdef"

    said = run(
        "backfill", "a.jsonl", "--dsn", f"http://{key}@127.0.0.1:1/1", "--state-dir", "~no-such-user/x"
    )

    told(said, "~no-such-user/x", "--state-dir")


def test_without_any_home_what_needs_none_works(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_number: int) -> None:
        raise KeyError("uid not found")

    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr("pwd.getpwuid", unknown)

    assert run("config").code == 0
