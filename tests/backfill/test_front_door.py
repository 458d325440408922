"""The backfill as its users run it: files in, spans out, and what it says of them."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests import zst
from tests.backfill.field import (
    Server,
    backfill,
    differences,
    facts_in,
    start,
    workers_of,
    write_runs,
)
from tests.cli.process import on_a_terminal
from translator.cli.sending import CONCURRENCY
from translator.delivery.courier import MOST_POSTED
from translator.state.rejected import read
from translator.state.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAY = 86_400.0
SPANS = 5
"""Of each run, which is one envelope."""
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": zst.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as started:
        yield started


class Logs:
    """Logs in a directory, and backfills of them to a server."""

    def __init__(self, directory: Path, server: Server) -> None:
        self.directory = directory
        self.server = server
        self.to = ("--dsn", server.dsn, "--state-dir", str(directory / "state"))

    def path(self, name: str) -> Path:
        path = self.directory / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def send(self, *arguments: str, name: str = "") -> dict[str, object]:
        """Sends all; gives the summary."""
        done = backfill(str(self.path(name)), *self.to, "--json", "-q", *arguments)
        assert done.returncode == 0, done.stderr
        summary: dict[str, object] = json.loads(done.stdout)
        return summary


@pytest.fixture
def logs(tmp_path: Path, server: Server) -> Logs:
    return Logs(tmp_path, server)


def now() -> float:
    return time.time()


def test_a_dry_run_says_what_there_is_and_sends_nothing(logs: Logs) -> None:
    write_runs([logs.path("a.jsonl")], 20, now() - 39.5 * DAY, every=DAY)

    options = (*logs.to, "--older-than-retention", "skip", "--dry-run")
    said = backfill(str(logs.path("")), *options)
    told = json.loads(backfill(str(logs.path("")), *options, "--json").stdout)

    assert said.returncode == 0
    assert "1 input, " in said.stdout
    assert "200 events, 20 traces, 100 spans\n" in said.stdout
    assert "older than 30 days: skipped" in said.stdout
    assert "50 spans to send: 0 s if the server takes 1,000 spans/s" in said.stdout
    assert (told["spans"], told["older_than_retention"], told["spans_to_send"]) == (100, 50, 50)
    assert datetime.fromisoformat(told["first_time"]) < datetime.now(UTC)
    assert not logs.server.times
    assert not (logs.directory / "state").exists()


def test_what_is_said_of_a_large_log_is_about_right(logs: Logs) -> None:
    spans = write_runs([logs.path("a.jsonl"), logs.path("b.jsonl")], 3_000, now() - 2 * DAY)
    content = logs.path("b.jsonl").read_bytes()
    logs.path("b.jsonl").unlink()
    logs.path("b.jsonl.gz").write_bytes(gzip.compress(content))

    told = json.loads(backfill(str(logs.path("")), "--dry-run", "--json").stdout)

    assert told["estimated"]
    for name, true in (("events", 30_000), ("spans", spans), ("traces", 3_000)):
        assert true * 0.9 < told[name] < true * 1.1, name


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_compressed_logs_of_several_members_are_the_same(ending: str, logs: Logs) -> None:
    spans = write_runs([logs.path("a.jsonl")], 30, now() - DAY)
    content = logs.path("a.jsonl").read_bytes()
    logs.path("a.jsonl").unlink()
    compress = COMPRESSIONS[ending]
    logs.path(f"a.jsonl{ending}").write_bytes(compress(content[:1_000]) + compress(content[1_000:]))

    assert logs.send()["lines"] == {"event": 300}
    assert len(logs.server.spans) == spans


def test_rotated_logs_are_read_in_the_order_of_their_content(logs: Logs) -> None:
    whole = logs.path("whole.jsonl")
    spans = write_runs([whole], 300, now() - DAY, every=1)
    lines = whole.read_bytes().splitlines(keepends=True)
    whole.unlink()
    names = [f"app.log.{number}" for number in range(10, 0, -1)] + ["app.log"]
    for place, name in enumerate(names):
        part = b"".join(lines[place * 290 : (place + 1) * 290])
        logs.path(name + ".gz" * (place % 2)).write_bytes(gzip.compress(part) if place % 2 else part)
        os.utime(logs.path(name + ".gz" * (place % 2)), (1e9 - place, 1e9 - place))

    said = logs.send()

    assert said["notes"] == {}
    assert len(logs.server.spans) == logs.server.times.total() == spans


def test_the_same_content_is_read_once_whatever_it_is_called(logs: Logs) -> None:
    spans = write_runs([logs.path("app.log")], 50, now() - DAY)
    shutil.copy(logs.path("app.log"), logs.path("app.log.1"))
    logs.path("old.gz").write_bytes(gzip.compress(logs.path("app.log").read_bytes()))
    logs.path("link.log").symlink_to(logs.path("app.log"))

    assert logs.send()["files"] == 1
    assert logs.server.times.total() == spans


def test_content_that_only_begins_the_same_is_read_too(logs: Logs) -> None:
    spans = write_runs([logs.path("a.log")], 400, now() - DAY)
    content = logs.path("a.log").read_bytes()
    more = content.splitlines(keepends=True)[0].replace(b'"agent.start"', b'"tool"')
    logs.path("b.log").write_bytes(content + more)

    assert logs.send()["files"] == 2
    assert len(logs.server.spans) > spans


def test_what_has_been_sent_is_sent_already_under_another_name_too(logs: Logs) -> None:
    spans = write_runs([logs.path("app.log")], 400, now() - DAY)
    logs.send()
    content = logs.path("app.log").read_bytes()
    logs.path("app.log").rename(logs.path("app.log.1"))

    assert "already sent" in backfill(str(logs.path("")), *logs.to).stderr
    logs.path("app.log.1").unlink()
    logs.path("app.log.1.gz").write_bytes(gzip.compress(content))
    assert logs.send() == {"already_sent": True, "files": 1}
    assert logs.server.times.total() == spans


def test_again_sends_the_same_spans_anew(logs: Logs) -> None:
    spans = write_runs([logs.path("app.log")], 20, now() - DAY)
    logs.send()
    logs.send("--again")

    assert len(logs.server.spans) == spans
    assert set(logs.server.times.values()) == {2}
    assert logs.server.changed == []


def test_new_files_and_what_is_new_in_old_ones_is_sent_alone(logs: Logs) -> None:
    spans = write_runs([logs.path("a.log")], 400, now() - 2 * DAY)
    logs.send()
    write_runs([logs.path("b.log")], 400, now() - DAY)
    new = logs.path("b.log").read_text().replace('"trace_id":"aaaaaaaa', '"trace_id":"bbbbbbbb')
    logs.path("b.log").write_text(
        new.replace('"span_id":"0', '"span_id":"b').replace('":"aaaaaaaa-', '":"b-')
    )
    assert logs.send()["lines"] == {"event": 4_000}
    assert logs.server.times.total() == 2 * spans
    with logs.path("a.log").open("a") as log:
        late = {"event": "tool", "tool": "late", "trace_id": "c", "duration_ms": 5, "ts": now()}
        log.write(json.dumps(late) + "\n")

    assert logs.send()["lines"] == {"event": 1}
    assert logs.server.times.total() == 2 * spans + 1


@pytest.mark.parametrize(
    ("option", "sent"),
    [
        (("--since", "10d"), 50),
        (("--until", "10d"), 50),
        (("--since", "15d", "--until", "5d"), 50),
    ],
)
def test_only_traces_of_a_time_are_sent(option: tuple[str, ...], sent: int, logs: Logs) -> None:
    write_runs([logs.path("a.log")], 20, now() - 19.5 * DAY, every=DAY)

    summary = logs.send(*option)

    assert len(logs.server.spans) == sent
    assert sum(summary["skipped"].values()) == 100 - sent  # type: ignore[attr-defined]


class TestOld:
    """Traces that are older than the server keeps."""

    def write(self, logs: Logs) -> None:
        write_runs([logs.path("a.log")], 40, now() - 39.5 * DAY, every=DAY)

    def test_they_are_skipped_and_counted(self, logs: Logs) -> None:
        self.write(logs)
        summary = logs.send("--older-than-retention", "skip")

        assert (summary["skipped"], summary["skipped_traces"]) == ({"too_old": 50}, {"too_old": 10})
        assert len(logs.server.spans) == 150
        assert min(start for _, _, _, _, start, _, _ in logs.server.spans.values()) > now() - 30 * DAY

    def test_they_are_moved_as_whole_traces(self, logs: Logs) -> None:
        self.write(logs)
        logs.send("--older-than-retention", "shift", "--retention-days", "10")
        moved = {
            name: attributes["translator.original_start"]["value"]
            for name, attributes in logs.server.attributes.items()
            if "translator.original_start" in attributes
        }

        assert len(logs.server.spans) == 200
        assert len(moved) == 150
        by: dict[str, set[float]] = {}
        for name, original in moved.items():
            trace, _, _, _, begin, _, _ = logs.server.spans[name]
            days = (begin - datetime.fromisoformat(original).timestamp()) / DAY
            by.setdefault(trace, set()).add(round(days, 6))
        assert all(len(days) == 1 and days.pop() % 7 == 0 for days in by.values())
        begins = [facts[4] for facts in logs.server.spans.values()]
        assert now() - 10 * DAY < min(begins)
        assert max(begins) < now()

    def test_they_are_sent_as_they_are(self, logs: Logs) -> None:
        self.write(logs)
        logs.send("--older-than-retention", "send")

        assert len(logs.server.spans) == 200


def test_spans_keep_to_a_rate(logs: Logs) -> None:
    spans = write_runs([logs.path("a.log")], 20, now() - DAY)
    begun = time.monotonic()
    logs.send("--max-rate", "50")

    assert len(logs.server.spans) == spans
    assert time.monotonic() - begun > (spans - 5) / 50


def test_a_rate_limit_is_waited_out_and_told(logs: Logs) -> None:
    spans = write_runs([logs.path("a.log")], 20, now() - DAY)
    logs.server.answers = [(429, {"X-Sentry-Rate-Limits": "12:span:key"})]

    said = backfill(str(logs.path("")), *logs.to)

    assert said.returncode == 0, said.stderr
    assert "rate limited, goes on in 2 s" in said.stderr or "rate limited, goes on in 1 s" in said.stderr
    assert len(logs.server.spans) == spans


def test_a_terminal_shows_how_far_it_is(logs: Logs) -> None:
    write_runs([logs.path("a.log")], 200, now() - DAY)

    code, shown = on_a_terminal("backfill", str(logs.path("")), *logs.to, "--max-rate", "500")

    assert code == 0
    assert " acknowledged, " in shown
    assert " spans/s, " in shown
    assert "2,000 events" in shown


def test_standard_input_is_read_as_it_comes(logs: Logs) -> None:
    spans = write_runs([logs.path("a.log")], 50, now() - DAY)
    with start("-", *logs.to) as process:
        _, said = process.communicate(logs.path("a.log").read_text(), timeout=60)

    assert process.returncode == 0, said
    assert len(logs.server.spans) == spans


def test_a_damaged_input_is_told_and_the_others_are_sent(logs: Logs) -> None:
    spans = write_runs([logs.path("bad.log")], 400, now() - DAY) + 1
    content = logs.path("bad.log").read_bytes()
    logs.path("bad.log").unlink()
    good = {"event": "tool", "tool": "good", "trace_id": "c", "duration_ms": 5, "ts": now()}
    logs.path("good.log").write_text(json.dumps(good) + "\n")
    logs.path("bad.log.gz").write_bytes(gzip.compress(content)[:-500])

    said = backfill(str(logs.path("")), *logs.to)
    assert said.returncode == 2
    assert "bad.log.gz: cannot be read" in said.stderr
    assert "execute_tool good" in {facts[2] for facts in logs.server.spans.values()}
    assert spans / 2 < len(logs.server.spans)
    logs.path("bad.log.gz").write_bytes(gzip.compress(content))
    logs.send()

    assert len(logs.server.spans) >= spans


@pytest.mark.parametrize("workers", ["1", "3"])
def test_the_spans_are_those_of_one_process(workers: str, logs: Logs) -> None:
    paths = [logs.path(f"{name}.log") for name in "abc"]
    write_runs(paths, 200, now() - DAY)
    logs.send()
    alone = dict(logs.server.spans)
    logs.send("--again", "--workers", workers)

    assert logs.server.spans == alone
    assert logs.server.changed == []
    assert set(logs.server.times.values()) == {2}


def test_workers_say_no_more_than_was_asked_for(logs: Logs) -> None:
    write_runs([logs.path("a.log")], 20, now() - DAY)
    logs.server.answers = [(503, {})]

    said = backfill(str(logs.path("")), *logs.to, "--workers", "1", "-q")

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@pytest.mark.parametrize("workers", [(), ("--workers", "2")], ids=["here", "in workers"])
def test_what_looks_like_an_event_and_cannot_be_read_is_set_aside(
    workers: tuple[str, ...], logs: Logs
) -> None:
    write_runs([logs.path("a.log")], 20, now() - DAY)
    lost = '{"event":"agent.start","agent":"x"}'
    text = logs.path("a.log").read_text()
    logs.path("a.log").write_text(f'{text}words\n{lost}\n{{"event":"tool", "tool\n')

    said = logs.send(*workers, name="a.log")

    (path,) = (logs.directory / "state").rglob("rejected.jsonl")
    kept = sorted(read(path), key=lambda record: record.reason)
    assert said["lines"] == {"event": 200, "no_timestamp": 1, "not_json": 2}
    assert [(one.reason, one.line.offset) for one in kept if one.line is not None] == [
        ("no_timestamp", len(text) + 6),
        ("not_json", len(text) + 6 + len(lost) + 1),
    ]
    assert kept[0].line is not None
    assert kept[0].line.restored().data == lost.encode()


def test_every_answer_is_heeded_while_envelopes_follow_one_another(logs: Logs) -> None:
    spans = write_runs([logs.path("a.log")], 60, now() - DAY)
    limit = {"X-Sentry-Rate-Limits": "1:span:project"}
    logs.server.answers = [
        *[(200, {})] * 8, (400, {}), (413, {}), (503, {}), (429, {"Retry-After": "1"}), (200, limit),
    ]  # fmt: skip

    done = backfill(str(logs.path("")), *logs.to, "--json", "-q")
    sent = json.loads(done.stdout)["sent"]

    assert done.returncode == 1
    # One is set aside, one goes in two halves, and two are sent again.
    assert (sent["set_aside"], sent["spans_acknowledged"]) == (5, spans - 5)
    assert len(logs.server.spans) == logs.server.times.total() == spans - 5
    assert logs.server.changed == []


def test_a_key_that_is_refused_ends_it_and_the_next_run_goes_on(logs: Logs) -> None:
    spans = write_runs([logs.path("a.log")], 50, now() - DAY)
    logs.server.answers = [(200, {}), *[(403, {})] * 20]

    said = backfill(str(logs.path("")), *logs.to)
    assert said.returncode == 3
    assert "could not be sent" in said.stderr
    logs.server.answers = []
    logs.send()

    assert len(logs.server.spans) == logs.server.times.total() == spans


def test_an_interrupted_one_goes_on(logs: Logs) -> None:
    spans = write_runs([logs.path("a.log")], 2_000, now() - DAY)
    with start(str(logs.path("")), *logs.to, "--max-rate", "3000", "--shutdown-timeout", "0.2") as process:
        logs.server.wait_for(3_000)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in said
    before = len(logs.server.spans)
    assert before < spans

    summary = logs.send("--max-rate", "3000")

    assert len(logs.server.spans) == logs.server.times.total() == spans
    (directory,) = (logs.directory / "state").glob("*/backfill")
    with closing(SqliteStore(directory, clock=now)) as store:
        pace = float(store.recall("pace") or 0)
    # What the first run has sent says nothing of the second.
    assert pace * float(str(summary["seconds"])) == pytest.approx(spans - before, rel=0.05)


def test_it_is_interrupted_calmly_while_its_workers_begin(logs: Logs) -> None:
    write_runs([logs.path("a.log")], 400, now() - DAY)
    with start(str(logs.path("")), *logs.to, "--workers", "2") as process:
        while not workers_of(process) and process.returncode is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.002)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 130, said
    assert "the same command goes on" in said
    assert "Traceback" not in said


def forget_traces(path: Path, after: float) -> None:
    """Leaves the trace ids out of the lines of a log after a part of it."""
    lines = path.read_text().splitlines(keepends=True)
    first = round(len(lines) * after)
    lines[first:] = [re.sub(r'"trace_id":"[^"]+",', "", line) for line in lines[first:]]
    path.write_text("".join(lines))


def test_lines_that_stop_to_name_their_traces_are_read_as_by_one(logs: Logs) -> None:
    for name in "ab":
        write_runs([logs.path(f"{name}.log")], 1_500, now() - 2 * DAY + 15_000 * (name == "b"), every=10)
        text = logs.path(f"{name}.log").read_text()
        for said in ('"trace_id":"', '"span_id":"', '"call_id":"', '"conversation_id":"'):
            text = text.replace(said, f"{said}{name}-")
        logs.path(f"{name}.log").write_text(text)
    forget_traces(logs.path("b.log"), 0.6)
    out = logs.directory / "out.jsonl"
    alone = backfill(str(logs.path("")), "--out", str(out), "-q")
    logs.send("--workers", "2")

    assert alone.returncode == 0
    assert logs.server.spans == facts_in(out)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("of_containers", [False, True], ids=["into a file", "of containers, to a server"])
def test_traces_over_many_logs_are_those_of_one(logs: Logs, *, of_containers: bool) -> None:
    begin = now() - 10 * DAY
    paths = [logs.path(f"many/{number:02}.log") for number in range(20)]
    write_runs([logs.path("one/a.log")], 5_000, begin, every=2)
    write_runs(paths, 5_000, begin, every=2)
    for path in paths if of_containers else []:
        lines = path.read_text().splitlines()
        path.write_text(
            "".join(json.dumps({"log": f"{line}\n", "stream": "stdout"}) + "\n" for line in lines)
        )

    assert backfill(str(logs.path("one")), "--out", str(logs.path("out/one")), "-q").returncode == 0
    if of_containers:
        logs.send("--workers", "2", name="many")
        came = logs.server.spans
    else:
        assert backfill(str(logs.path("many")), "--out", str(logs.path("out/many")), "-q").returncode == 0
        came = facts_in(logs.path("out/many"))

    assert len(came) == 5_000 * SPANS
    assert differences(came, facts_in(logs.path("out/one"))) == {}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("named", [True, False], ids=["named", "some unnamed"])
def test_kills_lose_nothing_and_change_nothing(logs: Logs, *, named: bool) -> None:
    paths = [logs.path(f"{name}.log") for name in "abc"]
    # Without names, runs that overlap would be told apart by guesses.
    spans = write_runs(paths, 8_000, now() - 10 * DAY, every=2 if named else 10)
    if not named:
        forget_traces(paths[1], 0.5)
    with Server() as other:
        reference = Logs(logs.directory, other)
        reference.send()
        expected = other.spans
    logs.server.failing = 0.005
    kills = under_way = 0
    while True:
        workers = 1 + kills % 3
        with start(str(logs.path("")), *logs.to, "--workers", str(workers)) as process:
            try:
                # Later and later: on a slow machine, too, some run comes to its end.
                _, said = process.communicate(timeout=logs.server.random.uniform(1.0, 7.0 + kills / 2))
                break
            except Exception:  # noqa: BLE001 - it is still at work
                process.kill()
                kills += 1
                under_way += workers * (MOST_POSTED + CONCURRENCY)
                assert kills < 60

    assert process.returncode == 0
    assert differences(logs.server.spans, expected) == {}, f"{kills} kills; {said}"
    assert logs.server.changed == []
    assert not named or len(expected) == spans
    again = logs.server.times.total() - len(expected)
    assert again <= under_way * SPANS, "only what was under way is sent again"
    print(f"{kills} kills, {spans} spans, {again} sent again")
