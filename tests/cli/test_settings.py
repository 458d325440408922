"""Where settings come from, and what is said of those that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from translator.settings_options import OPTIONS, Option

KEY = "0123456789abcdef0123456789abcdef"
DSN = f"https://{KEY}@o1.ingest.example.com/42"
VALUES = {
    "dsn": (DSN, f'"{DSN}"', "o1.ingest.example.com/42"),
    "spotlight": ("http://localhost:1/stream", '"http://localhost:1/stream"', "http://localhost:1/stream"),
    "send_default_pii": ("true", "true", "true"),
    "traces_sample_rate": ("0.25", "0.25", "0.25"),
    "format": ("native", '"native"', "native"),
    "wire": ("transaction", '"transaction"', "transaction"),
    "attribute_names": ("legacy", '"legacy"', "legacy"),
    "mask_secrets": ("false", "false", "false"),
    "issues": ("true", "true", "true"),
    "log_attributes": ("7", "7", "7"),
    "attributes": ("team=a", '{ team = "a" }', "team=a"),
    "from": ("end", '"end"', "end"),
    "reorder_window": ("1m", '"1m"', "60"),
    "idle_timeout": ("1.5h", '"1.5h"', "5400"),
    "orphan_hold": ("250ms", '"250ms"', "0.25"),
    "shutdown_timeout": ("3", "3", "3"),
    "max_line_bytes": ("2MiB", '"2MiB"', "2097152"),
    "max_outbox_bytes": ("2MiB", '"2MiB"', "2097152"),
    "since": ("2026-05-01", '"2026-05-01"', "2026-05-01"),
    "until": ("7d", '"7d"', "7d"),
    "older_than_retention": ("shift", '"shift"', "shift"),
    "retention_days": ("90", "90", "90"),
    "max_rate": ("250", "250", "250"),
    "workers": ("3", "3", "3"),
    "listen": ("127.0.0.1:9464", '"127.0.0.1:9464"', "127.0.0.1:9464"),
    "heartbeat": ("5m", '"5m"', "300"),
    "log_level": ("debug", '"debug"', "debug"),
    "log_format": ("json", '"json"', "json"),
    "quiet": ("true", "true", "true"),
}
"""Per option: as a text, in TOML, and as it is shown; for others a plain text will do."""
SWITCHES = {
    "send_default_pii": "--send-default-pii",
    "mask_secrets": "--no-mask-secrets",
    "issues": "--issues",
    "quiet": "--quiet",
}
NO_FLAG = {"paths"}


def values_of(option: Option) -> tuple[str, str, str]:
    return VALUES.get(option.name, ("some-text", '"some-text"', "some-text"))


def shown(output: str, name: str) -> list[str]:
    """The row of one setting: its name, value, origin and variable."""
    (row,) = (line.split() for line in output.splitlines() if line.split()[:1] == [name])
    return row


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
class TestEveryOption:
    """Each can be set in three ways, and `config` says in which it was."""

    def test_by_its_flag(self, option: Option, run: Run) -> None:
        text, _, expected = values_of(option)
        flags = [SWITCHES[option.name]] if option.name in SWITCHES else [option.flag, text]
        if option.name in NO_FLAG:
            # They are arguments of the commands that read.
            assert run("config", *flags).code == 2
            return

        said = run("config", *flags)

        assert said.code == 0, said.err
        assert expected in shown(said.out, option.name)[1]
        assert option.flag in shown(said.out, option.name)

    def test_by_its_variable(self, option: Option, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        text, _, expected = values_of(option)
        monkeypatch.setenv(option.env, text)

        said = run("config")

        assert said.code == 0, said.err
        assert expected in shown(said.out, option.name)[1]
        assert shown(said.out, option.name)[2] == option.env

    def test_in_the_file(self, option: Option, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(option.env, raising=False)
        _, toml, expected = values_of(option)
        Path("translator.toml").write_text(f"# settings\n{option.name} = {toml}\n")

        said = run("config")

        assert said.code == 0, said.err
        assert expected in shown(said.out, option.name)[1]
        assert shown(said.out, option.name)[2].startswith("translator.toml:2")


def test_a_flag_wins_over_the_environment_over_the_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("translator.toml").write_text('environment = "file"\nrelease = "file"\nserver_name = "file"\n')
    monkeypatch.setenv("SENTRY_ENVIRONMENT", "variable")
    monkeypatch.setenv("SENTRY_RELEASE", "variable")

    said = run("config", "--environment", "flag")

    assert [shown(said.out, name)[1] for name in ("environment", "release", "server_name")] == [
        "flag", "variable", "file",
    ]  # fmt: skip


def test_another_file_can_be_named(run: Run) -> None:
    Path("other.toml").write_text('release = "7"\n')

    assert shown(run("config", "--config", "other.toml").out, "release")[1] == "7"


def test_the_key_of_a_dsn_is_never_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", DSN)

    said = run("config")

    assert KEY not in said.out + said.err
    assert "o1.ingest.example.com/42" in said.out


MISTAKES: dict[str, tuple[str | bytes, list[str]]] = {
    "an unknown key": ('relase = "1"\n', ["translator.toml:1", "relase", "release"]),
    "a wrong type": ("\nreorder_window = true\n", ["translator.toml:2", "reorder_window", "5s"]),
    "a word that is none of those": ('wire = "spam"\n', ["translator.toml:1", "wire", "span, transaction"]),
    "a rate above one": ("traces_sample_rate = 2\n", ["traces_sample_rate", "0 to 1"]),
    "no TOML": ("environment = \n", ["translator.toml", "line 1"]),
    "no UTF-8": (b"release = \xff\n", ["translator.toml"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_file_is_told_with_its_place(name: str, run: Run) -> None:
    content, words = MISTAKES[name]
    Path("translator.toml").write_bytes(content if isinstance(content, bytes) else content.encode())

    said = run("config")

    assert said.code == 2
    assert said.err.startswith("error: ")
    assert [word for word in words if word not in said.err] == []


def test_a_file_that_is_not_there_is_told(run: Run) -> None:
    said = run("config", "--config", "nowhere.toml")

    assert said.code == 2
    assert "nowhere.toml" in said.err
    assert "hint: " in said.err


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TRANSLATOR_REORDER_WINDOW", "soon"), ("SENTRY_TRACES_SAMPLE_RATE", "much"),
        ("TRANSLATOR_WIRE", "span2"), ("TRANSLATOR_LOG_ATTRIBUTES", "-1"),
        ("SENTRY_SEND_DEFAULT_PII", "perhaps"), ("TRANSLATOR_MAX_LINE_BYTES", "1 elephant"),
    ],
)  # fmt: skip
def test_a_variable_that_cannot_be_is_told(
    variable: str, value: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)

    said = run("config")

    assert said.code == 2
    assert variable in said.err


def test_a_narrow_terminal_leaves_no_value_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", DSN)
    monkeypatch.setenv("COLUMNS", "40")
    narrow = run("config").out
    monkeypatch.setenv("COLUMNS", "80")
    usual = run("config").out

    assert "dsn = https://***@o1.ingest.example.com/42\n  (SENTRY_DSN)\n" in narrow
    assert max(map(len, usual.splitlines())) <= 80
    assert KEY not in narrow + usual


def test_the_state_directory_that_is_used_is_shown(run: Run) -> None:
    rows = [row.split() for row in run("config").out.splitlines()]

    (path,) = [row[1] for row in rows if row[:1] == ["state_dir"]]
    assert path.endswith("/state/translator")


@pytest.mark.parametrize(
    ("flag", "said", "shown"),
    [("--idle-timeout", "10000d", "864000000"), ("--max-rate", "1234567.5", "1234567.5"),
     ("--traces-sample-rate", "0.1", "0.1")],
)  # fmt: skip
def test_numbers_are_shown_with_all_their_digits(flag: str, said: str, shown: str, run: Run) -> None:
    rows = [row.split() for row in run("config", flag, said).out.splitlines()]

    assert [row[1] for row in rows if flag in row] == [shown]


def test_an_empty_flag_is_told_as_that(run: Run) -> None:
    said = run("config", "--dsn", "")

    assert said.code == 2
    assert "error: --dsn: `dsn`: is empty (a variable that is not set?)" in said.err
