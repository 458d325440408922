"""Several sources in one sidecar, each with settings and a project of its own; and SIGHUP."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

import pytest

from tests.backfill.field import Server, write_runs
from tests.cli.conftest import Run
from tests.cli.process import lines_until, started

SOURCE = """
[[sources]]
name = "{name}"
paths = ["{path}"]
dsn = "{dsn}"
from = "beginning"
reorder_window = 0
{more}
"""


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Server()) for _ in range(2)]


def source(name: str, path: Path, server: Server, more: str = "") -> str:
    return SOURCE.format(name=name, path=path, dsn=server.dsn, more=more)


def run_with(tmp_path: Path, text: str, *flags: str) -> tuple[list[str], dict[str, str]]:
    (tmp_path / "translator.toml").write_text(text)
    arguments = ["run", "--config", str(tmp_path / "translator.toml"), "--state-dir", str(tmp_path / "state")]
    return [*arguments, *flags], {"SENTRY_ENVIRONMENT": "everywhere", "TRANSLATOR_LOG_FORMAT": "json"}


def logged(process: Popen[str], event: str) -> dict[str, object]:
    """The next such line of the program's log."""
    found: dict[str, object] = json.loads(lines_until(process.stderr, f'"{event}"')[-1])
    return found


def values(server: Server, key: str) -> set[object]:
    """What the spans that a server got have under a key."""
    return {attributes.get(key, {}).get("value") for attributes in server.attributes.values()}


def test_each_source_goes_to_its_own_project_with_its_own_settings(
    tmp_path: Path, servers: list[Server]
) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    write_runs([one], 3, time.time() - 60)
    write_runs([other], 5, time.time() - 60)
    more = 'environment = "its own"\nattributes = { team = "a", tier = 2 }'
    text = source("one", one, servers[0], more) + source("other", other, servers[1])
    arguments, environment = run_with(tmp_path, text, "--once", "--log-attributes", "0")

    with started(*arguments, environment=environment) as process:
        assert process.wait() == 0

    assert [len(server.spans) for server in servers] == [15, 25]
    assert values(servers[0], "sentry.environment") == {"its own"}
    assert values(servers[1], "sentry.environment") == {"everywhere"}
    assert values(servers[0], "team") == {"a"}
    assert values(servers[0], "tier") == {2}
    assert values(servers[1], "team") == {None}
    assert values(servers[0], "log.caller") == values(servers[1], "log.caller") == {None}
    assert len([path for path in (tmp_path / "state").iterdir() if path.is_dir()]) == 2


def test_a_project_that_refuses_does_not_hold_up_another(tmp_path: Path, servers: list[Server]) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    write_runs([one, other], 4, time.time() - 60)
    servers[0].answers = [(403, {})] * 50
    text = source("one", one, servers[0]) + source("other", other, servers[1])
    arguments, environment = run_with(tmp_path, text, "--listen", "127.0.0.1:0")

    with started(*arguments, environment=environment) as process:
        port = logged(process, "listening")["port"]
        servers[1].wait_for(4)
        logged(process, "sending_stopped")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            metrics = answer.read().decode()
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 3

    assert 'translator_sending{source="one"} 0.0' in metrics
    assert 'translator_sending{source="other"} 1.0' in metrics
    assert servers[0].spans == {}


def test_a_source_that_cannot_begin_is_told_and_the_others_go_on(
    tmp_path: Path, servers: list[Server]
) -> None:
    log = tmp_path / "one.jsonl"
    write_runs([log], 2, time.time() - 60)
    text = source("one", log, servers[0]) + source("other", log, servers[1])
    arguments, environment = run_with(tmp_path, text)

    with started(*arguments, environment=environment) as first:
        servers[0].wait_for(10)
        (tmp_path / "translator.toml").write_text(text + source("third", log, servers[1]))
        with started(*arguments, environment=environment) as second:
            # Two of the three are in the hands of the first.
            told = {str(logged(second, "source_failed")["source"]) for _ in range(2)}
            servers[1].wait_for(20)
            second.send_signal(signal.SIGTERM)
            assert second.wait() == 3
        first.send_signal(signal.SIGTERM)
        assert first.wait() == 0

    assert told == {"one", "other"}


def test_settings_are_read_anew_when_they_are_good(tmp_path: Path, servers: list[Server]) -> None:
    one, other, third = (tmp_path / f"{name}.jsonl" for name in ("one", "other", "third"))
    write_runs([one], 1, time.time() - 60)
    write_runs([other], 1, time.time() - 60)
    write_runs([third], 2, time.time() - 60)
    text = source("one", one, servers[0]) + source("other", other, servers[1])
    arguments, environment = run_with(tmp_path, text)

    with started(*arguments, environment=environment) as process:
        servers[0].wait_for(5)
        servers[1].wait_for(5)
        (tmp_path / "translator.toml").write_text("enviroment = 'x'\n" + text)
        process.send_signal(signal.SIGHUP)
        failed = logged(process, "reload_failed")
        changed = source("one", one, servers[0], 'environment = "new"') + source("third", third, servers[1])
        (tmp_path / "translator.toml").write_text(changed)
        process.send_signal(signal.SIGHUP)
        reloaded = logged(process, "reloaded")
        servers[1].wait_for(15)
        write_runs([tmp_path / "more.jsonl"], 2, time.time() - 30)
        more = (tmp_path / "more.jsonl").read_text().replace("aaaaaaaa", "bbbbbbbb")
        with one.open("a") as file:
            file.write(more.replace('"span_id":"0000', '"span_id":"1111'))
        servers[0].wait_for(15)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0

    assert "translator.toml:1: unknown key `enviroment`" in str(failed["error"])
    assert failed["hint"] == "did you mean `environment`?; the settings stay as they were"
    assert {name: reloaded[name] for name in ("kept", "ended", "begun")} == {
        "kept": 0,
        "ended": 2,
        "begun": 2,
    }
    assert values(servers[0], "sentry.environment") == {"everywhere", "new"}
    assert set(servers[0].times.values()) == {1}


def test_what_has_not_changed_goes_on_undisturbed(tmp_path: Path, servers: list[Server]) -> None:
    log = tmp_path / "one.jsonl"
    write_runs([log], 1, time.time() - 60)
    arguments, environment = run_with(tmp_path, source("one", log, servers[0]))

    with started(*arguments, environment=environment) as process:
        servers[0].wait_for(5)
        (tmp_path / "translator.toml").write_text(
            source("one", log, servers[0]) + source("other", log, servers[1])
        )
        process.send_signal(signal.SIGHUP)
        assert logged(process, "reloaded")["kept"] == 1
        servers[1].wait_for(5)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def test_without_sources_the_only_one_is_read_anew(tmp_path: Path, servers: list[Server]) -> None:
    log = tmp_path / "one.jsonl"
    write_runs([log], 1, time.time() - 60)
    text = f'paths = ["{log}"]\nfrom = "beginning"\nreorder_window = 0\n'
    arguments, environment = run_with(tmp_path, text, "--dsn", servers[0].dsn)

    with started(*arguments, environment=environment) as process:
        servers[0].wait_for(5)
        (tmp_path / "translator.toml").write_text(text + 'service = "shop"\n')
        process.send_signal(signal.SIGHUP)
        assert logged(process, "reloaded")["begun"] == 1
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait() == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[sources]]\npaths = ['x']\n", ["translator.toml:1", "`name`"]),
        ("[[sources]]\nname = 'a b'\npaths = ['x']\n", ["translator.toml:2", "`name`"]),
        ("[[sources]]\nname = 'a'\n", ["translator.toml:1", "has no `paths`"]),
        ("[[sources]]\nname = 'a'\npaths = ['x']\n\n" * 2, ["translator.toml:6", "a second source"]),
        (
            "[[sources]]\nname = 'a'\npaths = ['x']\nenviroment = 'x'\n",
            ["translator.toml:4", "`environment`?"],
        ),
        (
            "[[sources]]\nname = 'a'\npaths = ['x']\nlisten = ':1'\n",
            ["translator.toml:4", "unknown key `listen`"],
        ),
        (
            "[[sources]]\nname = 'a'\npaths = ['x']\nreorder_window = 'x'\n",
            ["translator.toml:4", "length of time"],
        ),
        ("[[sources]]\nname = 'a'\npaths = ['x']\ndsn = 'x'\n", ["translator.toml:4", "DSN"]),
        ("[[sources]]\nname = 'a'\npaths = ['-', 'x']\n", ["standard input"]),
        ("paths = ['y']\n\n[[sources]]\nname = 'a'\npaths = ['x']\n", ["translator.toml:1", "both"]),
        ("sources = 5\n", ["translator.toml:1", "list of tables"]),
    ],
)
def test_mistakes_are_told_with_their_line(text: str, words: list[str], run: Run) -> None:
    Path("translator.toml").write_text(text)

    said = run("run", "--once")

    assert said.code == 2
    assert [word for word in words if word not in said.err] == [], said.err


def test_paths_of_the_command_line_are_read_instead(run: Run) -> None:
    Path("translator.toml").write_text("[[sources]]\nname = 'a'\npaths = ['never']\n")
    write_runs([Path("log.jsonl")], 1, time.time() - 60)

    said = run("run", "log.jsonl", "--once", "--out", "spans.jsonl")

    assert said.code == 0, said.err
    assert len(Path("spans.jsonl").read_text().splitlines()) == 5


def test_config_shows_what_each_source_says(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", "https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1")
    Path("translator.toml").write_text(
        "[[sources]]\nname = 'a'\npaths = ['x']\n"
        "dsn = 'https://fedcba9876543210fedcba9876543210@o1.ingest.sentry.io/2'\n"
    )

    said = run("config")

    (row,) = (line.split() for line in said.out.splitlines() if line.startswith("a: dsn"))
    assert row[2].endswith("@o1.ingest.sentry.io/2")
    assert "fedcba" not in said.out
    assert row[3].startswith("translator.toml:4")
