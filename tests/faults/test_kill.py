"""Killed at a hundred random instants: nothing is lost, and nothing is sent as something else."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.field import FIGURES, T0
from tests.faults.subject import TranslatorSubject
from tests.receiver import Answer, Fault
from translator.model import Line, Span
from translator.pipeline.translation import Translation, Windows

KILLS = 100
LONGEST_LIFE = 2.0
LINES_A_SECOND = 400
ROTATE_AFTER = 700

Identity = tuple[str, str, str | None, int]


class Writer(threading.Thread):
    """An agent that logs runs with parallel tools, and whose log is rotated by renaming."""

    def __init__(self, log: Path) -> None:
        super().__init__(name="writer")
        self.lines: list[bytes] = []
        self._log = log
        self._ended = threading.Event()
        self._generation = 0

    def run(self) -> None:
        number = 0
        while not self._ended.is_set():
            for line in self._of_run(number):
                with self._log.open("ab") as file:
                    file.write(line)
                self.lines.append(line)
                if len(self.lines) % ROTATE_AFTER == 0:
                    self._generation += 1
                    self._log.rename(self._log.with_name(f"agent.log.{self._generation}"))
                self._ended.wait(1 / LINES_A_SECOND)
            number += 1

    def finish(self) -> None:
        self._ended.set()
        self.join()

    def _of_run(self, number: int) -> list[bytes]:
        at = T0 + number * 10
        with_ids = number % 3 != 0

        def event(name: str, offset: float, **fields: object) -> bytes:
            record = {"event": name, "ts": at + offset, "trace_id": f"run {number}", **fields}
            return json.dumps(record).encode() + b"\n"

        def ids(place: int) -> dict[str, object]:
            return {"call_id": f"{number}-{place}"} if with_ids else {}

        model = {"model": "gpt-4o"}
        return [
            event("agent.start", 0, agent="A", conversation_id=f"c {number // 5}"),
            event("model.start", 1, **model, **ids(0), input="hello " * 20),
            event("model.end", 2, **model, **ids(0), usage={"input_tokens": 3, "output_tokens": 4}),
            event("tool.start", 3, tool="left", **ids(1)),
            event("tool.start", 3.1, tool="right", **ids(2)),
            event("tool.end", 4, tool="left", **ids(1)),
            event("tool.error", 4.1, tool="right", **ids(2), error="no"),
            event("agent.end", 5, agent="A"),
        ]


def expected(lines: list[bytes]) -> set[Identity]:
    translation = Translation(Windows().of_whole_input())
    translation.feed([Line(line.rstrip(b"\n"), "agent.log", 0) for line in lines], 0.0)
    return {identity(span) for span in translation.drain(0.0) if span.incomplete is None}


def identity(span: Span) -> Identity:
    return span.trace_id, span.span_id, span.parent_id, span.start


def answers(chance: random.Random) -> list[Answer | int | Fault]:
    bad: list[Answer | int | Fault] = [
        503, 500, "reset", "half", "garbage", Answer(429, {"Retry-After": "1"}, b"{}"),
        Answer(200, {"X-Sentry-Rate-Limits": "1:span:key"}),
    ]  # fmt: skip
    return [chance.choice(bad) if chance.random() < 0.1 else 200 for _ in range(20_000)]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_kills_lose_and_change_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(20261123)  # noqa: S311
    logs = tmp_path / "logs"
    logs.mkdir()
    subject = TranslatorSubject(tmp_path, "--shutdown-timeout", "30s")
    subject.receiver.script(answers(chance))
    writer = Writer(logs / "agent.log")
    writer.start()
    try:
        pause = threading.Event()
        for _ in range(KILLS):
            subject.start([str(logs / "agent.log*")])
            pause.wait(chance.random() * LONGEST_LIFE)
            subject.kill()
        writer.finish()
        wanted = expected(writer.lines)
        subject.receiver.behave()
        subject.start([str(logs / "agent.log*")])
        with suppress(AssertionError):
            subject.receiver.wait_for(lambda r: len(r.latest) >= len(wanted), timeout=60)
        subject.stop()
    finally:
        writer.finish()
        subject.close()

    received = {
        (str(s["trace_id"]), str(s["span_id"]), s.get("parent_span_id"), round(s["start_timestamp"] * 1e6))
        for s in subject.receiver.latest.values()
    }
    again = len(subject.receiver.spans) - len(subject.receiver.latest)
    record_property(
        FIGURES,
        f"{KILLS} kills, {len(writer.lines)} lines, {len(wanted)} spans: {len(wanted - received)} lost, "
        f"{len(received - wanted)} changed, {again} sent again with the same ids and start",
    )
    assert (sorted(wanted - received), sorted(received - wanted)) == ([], []), subject.process.said()[-2_000:]
