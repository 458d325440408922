"""What each command ends with, as a process: 0, 1, 2 or 3; for 130 see `test_signals`."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cli.process import lines_until, started
from tests.pipeline.program import translator
from tests.receiver import Answer, Receiver

SAMPLE = str(Path(__file__).parents[2] / "samples" / "python" / "agent.jsonl")
NOBODY = "http://0123456789abcdef0123456789abcdef@127.0.0.1:1/1"

FINE = (
    ("--version",), ("--help",), ("run", "--help"), ("schema",), ("schema", "--of-config"), ("config",),
    ("demo",), ("preview", SAMPLE), ("check", SAMPLE), ("check", "--explain", "E101"), ("backfill", SAMPLE),
    ("backfill", SAMPLE, "--dry-run"), ("backfill", SAMPLE, "--out", "-"), ("run", SAMPLE, "--once"),
)  # fmt: skip
MISTAKES = (
    (), ("fly",), ("run", "--fly"), ("run",), ("backfill",), ("check",), ("preview",), ("status",),
    ("run", "nowhere.jsonl", "--once"), ("backfill", "nowhere.jsonl"), ("check", "nowhere.jsonl"),
    ("preview", "nowhere.jsonl"), ("backfill", "."), ("check", "."), ("preview", "."), ("run", ".", "--once"),
    ("run", SAMPLE, "--once", "--dsn", "https://x"), ("backfill", SAMPLE, "--dsn", "https://x"),
    ("config", "--dsn", "https://x"), ("config", "--config", "nowhere.toml"), ("check", "--explain", "X1"),
    ("run", SAMPLE, "--listen", "no-such-host.invalid:1"), ("demo", "--config", "nowhere.toml"),
    ("backfill", SAMPLE, "--rejected", "--dsn", NOBODY), ("backfill", "--rejected", "--dry-run"),
    ("backfill", "--rejected", "--json", "--dsn", NOBODY), ("backfill", SAMPLE, "--json", "--out", "-"),
    ("backfill", "--rejected", "--again", "--dsn", NOBODY), ("run", SAMPLE, "--once", "--wire", "morse"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("arguments", FINE, ids=" ".join)
def test_all_is_well(arguments: tuple[str, ...]) -> None:
    said = translator(*arguments)

    assert said.returncode == 0, said.stderr
    assert said.stdout


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_a_mistake_of_the_user(arguments: tuple[str, ...]) -> None:
    said = translator(*arguments)

    assert said.returncode == 2
    assert "Traceback" not in said.stderr
    assert said.stderr
    assert said.stdout == ""


def test_findings_of_a_check() -> None:
    Path("a.jsonl").write_text('{"event": "tool", "ts": "yesterday"}\n{"event": \n')

    assert translator("check", "a.jsonl").returncode == 1


@pytest.mark.parametrize("command", [("backfill",), ("run", "--once")], ids=" ".join)
@pytest.mark.parametrize(("status", "code"), [(200, 0), (400, 1), (403, 3)])
def test_what_the_server_has_made_of_it(
    command: tuple[str, ...], status: int, code: int, receiver: Receiver
) -> None:
    receiver.script([Answer(status)] * 9)

    said = translator(*command, SAMPLE, "--dsn", receiver.dsn, "--state-dir", "state")

    assert said.returncode == code, said.stderr


@pytest.mark.parametrize("command", [("backfill",), ("run", "--once"), ("run",)], ids=" ".join)
@pytest.mark.parametrize("state", ["file/state", "file"])
def test_a_state_that_cannot_be_kept(command: tuple[str, ...], state: str) -> None:
    Path("file").touch()

    said = translator(*command, SAMPLE, "--dsn", NOBODY, "--state-dir", state)

    assert said.returncode == 3
    assert f"error: {state}" in said.stderr
    assert "--state-dir" in said.stderr


def test_a_port_and_a_state_that_another_sidecar_has() -> None:
    own = ("run", SAMPLE, "--dsn", NOBODY, "--shutdown-timeout", "0", "--log-format", "json")
    with started(*own, "--state-dir", "one", "--listen", "127.0.0.1:0") as first:
        port = json.loads(lines_until(first.stderr, '"listening"')[-1])["port"]
        lines_until(first.stderr, '"following"')
        on_its_port = translator(*own, "--state-dir", "two", "--listen", f"127.0.0.1:{port}")
        in_its_state = translator(*own, "--state-dir", "one")
        first.send_signal(signal.SIGTERM)
        first.communicate()

    assert on_its_port.returncode == 2
    assert f"error: --listen: cannot listen on 127.0.0.1:{port}: Address already in use" in on_its_port.stderr
    assert in_its_state.returncode == 3
    assert f"another translator uses this state (process {first.pid})" in in_its_state.stderr
    assert "--state-dir" in in_its_state.stderr
