"""A flag wins over the environment, that over the file, that over the default, whatever the type."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.conftest import Run


class Case(NamedTuple):
    """An option, and another value in each place."""

    name: str
    toml: str
    variable: tuple[str, str]
    flags: tuple[str, ...]
    shown: tuple[str, str, str, str]


CASES = (
    Case("release", '"f"', ("SENTRY_RELEASE", "v"), ("--release", "g"), ("-", "f", "v", "g")),
    Case("mask_secrets", "false", ("TRANSLATOR_MASK_SECRETS", "on"), ("--no-mask-secrets",),
         ("true", "false", "true", "false")),
    Case("send_default_pii", "true", ("SENTRY_SEND_DEFAULT_PII", "0"), ("--send-default-pii",),
         ("-", "true", "false", "true")),
    Case("traces_sample_rate", "0", ("SENTRY_TRACES_SAMPLE_RATE", "0.5"), ("--traces-sample-rate=0.25",),
         ("1", "0", "0.5", "0.25")),
    Case("log_attributes", "0", ("TRANSLATOR_LOG_ATTRIBUTES", "8"), ("--log-attributes", "0"),
         ("64", "0", "8", "0")),
    Case("reorder_window", "0", ("TRANSLATOR_REORDER_WINDOW", "250ms"), ("--reorder-window", "1.5h"),
         ("5", "0", "0.25", "5400")),
    Case("max_line_bytes", '"1 KiB"', ("TRANSLATOR_MAX_LINE_BYTES", "2kB"), ("--max-line-bytes", "3"),
         ("16777216", "1024", "2000", "3")),
    Case("wire", '"transaction"', ("TRANSLATOR_WIRE", "span"), ("--wire", "transaction"),
         ("span", "transaction", "span", "transaction")),
    Case("from", '"end"', ("TRANSLATOR_FROM", "beginning"), ("--from", "auto"),
         ("auto", "end", "beginning", "auto")),
    Case("spotlight", "true", ("SENTRY_SPOTLIGHT", "http://v"), ("--spotlight", "http://g"),
         ("-", "1", "http://v", "http://g")),
    Case("quiet", "false", ("TRANSLATOR_QUIET", "no"), ("-q",), ("false", "false", "false", "true")),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_stronger_place_wins_also_with_a_value_that_is_nothing(
    case: Case, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [_setting(run("config").out, case.name)]
    Path("translator.toml").write_text(f"{case.name} = {case.toml}\n")
    found.append(_setting(run("config").out, case.name))
    monkeypatch.setenv(*case.variable)
    found.append(_setting(run("config").out, case.name))
    found.append(_setting(run("config", *case.flags).out, case.name))

    assert [value for value, _ in found] == list(case.shown)
    origins = ["default", "translator.toml:1", case.variable[0]]
    assert [origin for _, origin in found[:3]] == origins
    assert found[3][1].startswith("--")


def test_an_empty_variable_counts_as_not_set(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("translator.toml").write_text('release = "file"\n')
    monkeypatch.setenv("SENTRY_RELEASE", "")
    monkeypatch.setenv("SENTRY_DSN", "")

    said = run("config").out

    assert _setting(said, "release") == ("file", "translator.toml:1")
    assert _setting(said, "dsn") == ("-", "default")


def test_a_key_of_the_file_may_have_dashes(run: Run) -> None:
    Path("translator.toml").write_text('\n\nlog-level = "debug"\n')

    assert _setting(run("config").out, "log_level") == ("debug", "translator.toml:3")


def test_a_named_file_stands_instead_of_the_usual_one(run: Run) -> None:
    Path("translator.toml").write_text('release = "usual"\nserver_name = "usual"\n')
    Path("other.toml").write_text('release = "other"\n')

    said = run("config", "--config", "other.toml").out

    assert _setting(said, "release") == ("other", "other.toml:1")
    assert _setting(said, "server_name") == ("-", "default")


def test_paths_come_from_the_arguments_or_the_variable_or_the_file(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("file", "variable", "argument"):
        record = f'{{"event":"tool","tool":"{name}","ts":1795423737}}\n'
        Path(f"{name}.jsonl").write_text(record)
    Path("translator.toml").write_text('paths = ["file.jsonl"]\n')
    by_file = run("preview").out
    monkeypatch.setenv("TRANSLATOR_PATHS", "variable.jsonl:file.jsonl")
    by_variable = run("preview").out
    by_argument = run("preview", "argument.jsonl").out

    shown = [
        [name for name in ("file", "variable", "argument") if f"execute_tool {name}" in out]
        for out in (by_file, by_variable, by_argument)
    ]
    assert shown == [["file"], ["file", "variable"], ["argument"]]


def test_a_glob_and_a_text_in_brackets_are_shown_as_they_are(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSLATOR_PATHS", "logs/a[bc].jsonl")

    said = run("config", "--release", "[/bold]1")

    assert said.code == 0
    assert _setting(said.out, "paths")[0] == "logs/a[bc].jsonl"
    assert _setting(said.out, "release")[0] == "[/bold]1"


@pytest.mark.parametrize("word", ["1", "t", "TRUE", "yes", "On", "y"])
def test_words_for_yes(word: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_SEND_DEFAULT_PII", word)

    assert _setting(run("config").out, "send_default_pii")[0] == "true"


@pytest.mark.parametrize("word", ["0", "f", "False", "no", "OFF", "n"])
def test_words_for_no(word: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSLATOR_MASK_SECRETS", word)

    assert _setting(run("config").out, "mask_secrets")[0] == "false"


def _setting(output: str, name: str) -> tuple[str, str]:
    """The value that `config` shows, and where it comes from."""
    (row,) = (line.split() for line in output.splitlines() if line.split()[:1] == [name])
    return row[1], row[2]
