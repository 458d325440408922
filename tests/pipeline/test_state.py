"""What outlives the process: status, what was set aside, limits, and reading once at a time."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from tests.pipeline.program import event, translator, write
from tests.pipeline.test_live import append, sidecar
from tests.receiver import Answer, Receiver
from translator.cli.app import run_app
from translator.state.database import DirectoryLock
from translator.state.sqlite import SqliteStore

KEPT = "0123456789abcdef"


def tool(number: int) -> str:
    return json.dumps(event("tool", number, tool=f"t{number}", duration_ms=5)) + "\n"


@pytest.fixture
def to(receiver: Receiver, tmp_path: Path) -> tuple[str, ...]:
    return "--dsn", receiver.dsn, "--state-dir", str(tmp_path / "state")


def test_once_reads_only_what_is_new(receiver: Receiver, to: tuple[str, ...], tmp_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    append(log, tool(1), tool(2))
    assert translator("run", "--once", str(log), *to).returncode == 0
    append(log, tool(3))

    again = translator("run", "--once", str(log), *to)

    assert again.returncode == 0
    assert "1 line," in again.stderr
    assert len(receiver.spans) == len(receiver.latest) == 3


def test_what_is_open_at_the_end_of_once_is_completed_by_the_next(
    receiver: Receiver, to: tuple[str, ...], tmp_path: Path
) -> None:
    log = tmp_path / "a.jsonl"
    append(log, json.dumps(event("tool.start", 0, tool="t")) + "\n")
    translator("run", "--once", str(log), *to)
    assert [span["status"] for span in receiver.spans] == ["error"]
    append(log, json.dumps(event("tool.end", 5, tool="t")) + "\n")

    translator("run", "--once", str(log), *to)

    assert [span["status"] for span in receiver.spans] == ["error", "ok"]
    assert len(receiver.latest) == 1


def test_what_could_not_be_sent_is_sent_by_the_next_process(
    receiver: Receiver, to: tuple[str, ...], tmp_path: Path
) -> None:
    log = write(tmp_path / "a.jsonl", event("tool", 0, tool="t"))
    receiver.script([Answer(403, {}, b'{"detail":"disabled"}')])
    assert translator("run", "--once", log, *to).returncode == 3

    assert translator("run", "--once", log, *to).returncode == 0
    assert [span["name"] for span in receiver.spans] == ["execute_tool t"]


def test_a_rate_limit_is_kept_over_a_restart(receiver: Receiver, to: tuple[str, ...], tmp_path: Path) -> None:
    log = write(tmp_path / "a.jsonl", event("tool", 0, tool="t"))
    receiver.script([Answer(429, {"X-Sentry-Rate-Limits": "3600:span:key"}, b"{}")])
    with sidecar(log, *to, "--from", "beginning") as running:
        receiver.wait_for(lambda r: len(r.requests) == 1, timeout=15)
        assert running.terminate() == 3

    with sidecar(log, *to, "--from", "beginning", "--shutdown-timeout", "1s") as running:
        running.wait_for_log("following")
        assert running.terminate() == 3
    assert len(receiver.requests) == 1


def test_status_tells_of_a_running_and_a_stopped_sidecar(
    receiver: Receiver, to: tuple[str, ...], tmp_path: Path
) -> None:
    log = tmp_path / "a.jsonl"
    log.touch()
    with sidecar(str(log), *to) as running:
        running.wait_for_log("following")
        append(log, tool(1), json.dumps(event("agent.start", 2, agent="A")) + "\n", "{half")
        receiver.wait_for(lambda r: len(r.spans) == 1, timeout=15)
        told = json.loads(translator("status", *to[2:], "--json").stdout)["destinations"][0]
        assert told["pid"] == running.process.pid
        assert running.terminate() == 0

    said = translator("status", *to[2:]).stdout
    told = json.loads(translator("status", *to[2:], "--json").stdout)["destinations"][0]
    assert told["pid"] is None
    assert told["open_spans"] == 1
    (file,) = told["files"]
    assert (file["path"], file["lines"], file["lag"]) == (str(log), 2, 5)
    assert told["counters"]["lines.event"] == 2
    assert told["outbox"]["envelopes"] == 0
    assert KEPT not in said
    for word in ("not running", "a.jsonl", "open      1 span", "lines.event 2"):
        assert word in said


def test_without_a_state_status_says_so(tmp_path: Path) -> None:
    said = translator("status", "--state-dir", str(tmp_path))

    assert said.returncode == 2
    assert "no state is here" in said.stderr


def test_status_tells_of_backfills(receiver: Receiver, to: tuple[str, ...], tmp_path: Path) -> None:
    receiver.script([Answer(400, {}, b'{"detail":"bad item"}')])
    log = tmp_path / "a.jsonl"
    append(log, tool(1))
    assert translator("backfill", str(log), *to).returncode == 1

    said = translator("status", *to[2:]).stdout
    (told,) = json.loads(translator("status", *to[2:], "--json").stdout)["destinations"]

    assert "(backfill, not running)" in said
    assert "envelope.malformed 1" in said
    assert told["backfill"] is True
    assert Path(told["state"], "rejected.jsonl").exists()


@pytest.mark.parametrize("damaged", ["a", "b"])
def test_a_state_that_cannot_be_read_hides_no_other(
    damaged: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    homes = {"a": tmp_path / "one", "b": tmp_path / "one" / "backfill", "c": tmp_path / "two"}
    for name, home in homes.items():
        store = SqliteStore(home, clock=time.time)
        store.remember("destination", f"server {name}")
        store.close()
    (homes[damaged] / "state.sqlite").write_bytes(b"")

    assert run_app(("status", "--state-dir", str(tmp_path))) == 3
    said = capfd.readouterr()
    assert run_app(("status", "--state-dir", str(tmp_path), "--json")) == 3
    told = json.loads(capfd.readouterr().out)

    healthy = [f"server {name}" for name in homes if name != damaged]
    assert [word for word in ("server a", "server b", "server c") if word in said.out] == healthy
    assert "unknown (cannot be read: " in said.out
    assert "state.sqlite: cannot be read" in said.err
    assert f"next start of {'the sidecar' if damaged == 'a' else 'a backfill'}" in said.err
    assert [each["destination"] for each in told["destinations"]] == healthy
    (unreadable,) = told["unreadable"]
    assert unreadable.startswith(f"{homes[damaged] / 'state.sqlite'}: cannot be read")


def test_status_does_not_take_files_for_gone_that_it_cannot_find(
    to: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("here", "there"):
        tmp_path.joinpath(place).mkdir()
    append(tmp_path / "here" / "a.jsonl", tool(1))
    monkeypatch.chdir(tmp_path / "here")
    assert translator("run", "--once", "a.jsonl", *to).returncode == 0
    here = translator("status", *to[2:]).stdout.splitlines()[-1].split()
    monkeypatch.chdir(tmp_path / "there")
    append(tmp_path / "there" / "a.jsonl", "another file\n")
    there = translator("status", *to[2:]).stdout.splitlines()[-1].split()

    assert (here[-2], here[-1]) == (here[1], "0")
    assert there[-1] == "?"


def test_a_second_sidecar_on_the_same_state_refuses(
    receiver: Receiver, to: tuple[str, ...], tmp_path: Path
) -> None:
    log = tmp_path / "a.jsonl"
    log.touch()
    with sidecar(str(log), *to) as running:
        running.wait_for_log("following")

        second = translator("run", str(log), *to)

        assert second.returncode == 3
        assert "another translator uses this state" in second.stderr
        assert running.terminate() == 0
    assert receiver.requests == []


def test_what_was_set_aside_is_tried_again(receiver: Receiver, to: tuple[str, ...], tmp_path: Path) -> None:
    receiver.script([Answer(400, {}, b'{"detail":"bad item"}')])
    log = tmp_path / "a.jsonl"
    append(log, tool(1), '{"event":"tool","tool":"no time"}\n', '{"event":"tool"\n', "just text\n")
    assert translator("run", "--once", str(log), *to).returncode == 1
    (rejected,) = tmp_path.glob("state/*/rejected.jsonl")
    kept = [json.loads(line) for line in rejected.read_text().splitlines()]
    assert sorted(record["reason"] for record in kept) == ["malformed", "no_timestamp", "not_json"]

    told = translator("backfill", "--rejected", "--dry-run", *to)

    assert (told.returncode, told.stdout) == (0, "set aside: 1 envelope, 2 lines; nothing is sent\n")
    assert [json.loads(line) for line in rejected.read_text().splitlines()] == kept
    assert receiver.spans == []

    again = translator("backfill", "--rejected", *to)

    assert again.returncode == 0, again.stderr
    assert [span["name"] for span in receiver.spans] == ["execute_tool t1"]
    left = [json.loads(line)["reason"] for line in rejected.read_text().splitlines()]
    assert sorted(left) == ["no_timestamp", "not_json"]


def test_what_sources_have_set_aside_is_tried_again(
    receiver: Receiver, to: tuple[str, ...], tmp_path: Path
) -> None:
    receiver.script([Answer(400, {}, b'{"detail":"bad item"}')])
    append(tmp_path / "a.jsonl", tool(1))
    (tmp_path / "b.jsonl").touch()
    (tmp_path / "translator.toml").write_text(
        "".join(f'[[sources]]\nname = "{name}"\npaths = ["{tmp_path}/{name}.jsonl"]\n' for name in "ab")
    )
    assert translator("run", "--once", "--config", str(tmp_path / "translator.toml"), *to).returncode == 1
    (rejected,) = tmp_path.glob("state/*-a/rejected.jsonl")

    held = DirectoryLock(rejected.parent)
    refused = translator("backfill", "--rejected", *to)
    held.release()
    again = translator("backfill", "--rejected", *to)

    assert refused.returncode == 3
    assert "another translator uses this state" in refused.stderr
    assert again.returncode == 0, again.stderr
    assert [span["name"] for span in receiver.spans] == ["execute_tool t1"]
    assert list(tmp_path.glob("state/*/rejected*")) == []


def page_with(url: str, wanted: str) -> str:
    """A page, as soon as it has this text in it."""
    waiting = threading.Event()
    for _ in range(200):
        with urllib.request.urlopen(url, timeout=5) as page:  # noqa: S310 - on loopback
            text: str = page.read().decode()
        if wanted in text:
            return text
        waiting.wait(0.05)
    raise AssertionError(text)


def test_it_listens_only_where_it_was_told_to(
    receiver: Receiver, to: tuple[str, ...], tmp_path: Path
) -> None:
    log = tmp_path / "a.jsonl"
    log.touch()
    with sidecar(str(log), *to, "--listen", "127.0.0.1:0", "--heartbeat", "1s") as running:
        running.wait_for_log("following")
        append(log, tool(1))
        receiver.wait_for(lambda r: len(r.spans) == 1, timeout=15)
        port = next(entry["port"] for entry in running.log if entry.get("event") == "listening")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
            metrics = page.read().decode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as page:
            assert page.status == 200
        running.wait_for_log("heartbeat")
        assert running.terminate() == 0

    assert 'translator_lines_total{outcome="event"} 1.0' in metrics


def test_once_ends_when_the_outbox_is_full_and_the_key_refused(
    receiver: Receiver, to: tuple[str, ...], tmp_path: Path
) -> None:
    records = [event("tool", i, tool=f"t{i}", trace_id=f"{i}", note="x" * 2_000) for i in range(3_000)]
    log = write(tmp_path / "a.jsonl", event("tool", 0, tool="first"))
    receiver.script([Answer(403, {}, b'{"detail":"disabled"}')])
    assert translator("run", "--once", log, *to, "--max-outbox-bytes", "1").returncode == 3
    write(tmp_path / "a.jsonl", event("tool", 0, tool="first"), *records)
    receiver.script([Answer(403, {}, b'{"detail":"disabled"}')])

    stuck = translator("run", "--once", log, *to, "--max-outbox-bytes", "1")

    assert stuck.returncode == 3
    assert translator("run", "--once", log, *to).returncode == 0
    assert len(receiver.latest) == 3_001


def test_a_full_outbox_pauses_the_reading(receiver: Receiver, to: tuple[str, ...], tmp_path: Path) -> None:
    log = tmp_path / "a.jsonl"
    records = [event("tool", i, tool=f"t{i}", trace_id=f"{i}", note="x" * 2_000) for i in range(3_000)]
    write(log, *records)
    receiver.script([503] * 3)
    with sidecar(str(log), *to, "--from", "beginning", "--max-outbox-bytes", "100kB") as running:
        receiver.wait_for(lambda r: len(r.latest) == 3_000, timeout=60)
        assert running.terminate() == 0
