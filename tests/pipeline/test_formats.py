"""Logs that agents already write, through the program: a directory of them, and sessions that grow."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.formats.claude_code.transcripts import Transcripts, session
from tests.formats.openai_agents.test_openai_agents import RUN
from tests.formats.otlp.exports import line, span
from tests.formats.otlp.test_otlp import AGENTS, OTEL, TOOLS
from tests.judges import assessment, kafka_schema, relay_transactions
from tests.pipeline.program import translator
from tests.pipeline.test_live import append, sidecar
from tests.receiver import Receiver

INTERLEAVED = frozenset({"order"})
OTLP = [
    line([span(2, 1, 1, 40, "chat", a=OTEL), span(3, 1, 41, 60, "look", a=TOOLS["otel"])]),
    line([span(1, 4, 0, 90, "Bot", a=AGENTS["otel"]), span(4, None, 0, 95, "POST /chat")]),
]


def write(path: Path, made: Transcripts) -> None:
    """Writes the files of a session below a directory, as Claude Code lays them out."""
    for name, records in made.files.items():
        place = path / name.removeprefix("/logs/")
        place.parent.mkdir(parents=True, exist_ok=True)
        append(place, *(json.dumps(record) + "\n" for record in records))
        if name in made.meta:
            place.with_suffix(".meta.json").write_text(json.dumps(made.meta[name]))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    path = tmp_path / "logs"
    path.mkdir()
    write(path, session(3))
    append(path / "traces.jsonl", *(json.dumps(record) + "\n" for record in OTLP))
    append(path / "agents.jsonl", *(json.dumps(record) + "\n" for record in RUN))
    (path / "settings.json").write_text('{\n  "theme": "dark"\n}\n')
    return path


def expected() -> int:
    made = session(3).expected
    return made["turns"] + made["responses"] + made["tools"] + len(OTLP) * 2 + 9


@pytest.mark.parametrize("content", [True, False], ids=["content", "no content"])
def test_a_directory_of_many_formats_is_read_without_an_option(
    content: bool,  # noqa: FBT001
    logs: Path,
    receiver: Receiver,
    tmp_path: Path,
) -> None:
    asked = ("--send-default-pii",) if content else ()
    done = translator(
        "backfill", str(logs), "--dsn", receiver.dsn, *asked, "--state-dir", str(tmp_path / "s")
    )

    assert done.returncode == 0, done.stderr
    spans = list(receiver.latest.values())
    assert len(spans) == expected()
    assert kafka_schema(spans) == []
    assert assessment(spans, pii=content, skip=INTERLEAVED | {"conversations"}) == []
    receiver.assert_clean()


def test_as_transactions_relay_takes_them_too(logs: Path, receiver: Receiver, tmp_path: Path) -> None:
    done = translator(
        "backfill",
        str(logs),
        "--dsn",
        receiver.dsn,
        "--wire",
        "transaction",
        "--state-dir",
        str(tmp_path / "s"),
    )

    assert done.returncode == 0, done.stderr
    assert relay_transactions(receiver.transactions) == []
    assert sum(1 + len(transaction["spans"]) for transaction in receiver.transactions) == expected()


def test_a_session_that_grows_is_sent_once_and_complete_over_a_kill(
    receiver: Receiver, tmp_path: Path
) -> None:
    made = session(11, turns=2)
    logs = tmp_path / "logs"
    logs.mkdir()
    options = (str(logs), "--dsn", receiver.dsn, "--state-dir", str(tmp_path / "state"))
    places = {name: logs / name.removeprefix("/logs/") for name in made.files}
    left = {name: iter(records) for name, records in made.files.items()}
    half = len(made.order) // 2

    def grow(names: list[str]) -> None:
        for name in names:
            place = places[name]
            place.parent.mkdir(parents=True, exist_ok=True)
            if name in made.meta:
                place.with_suffix(".meta.json").write_text(json.dumps(made.meta[name]))
            append(place, json.dumps(next(left[name])) + "\n")

    with sidecar(*options) as running:
        running.wait_for_log("following")
        grow(made.order[:half])
        receiver.wait_for(lambda r: len(r.latest) >= 3, timeout=30)
        running.process.send_signal(signal.SIGKILL)
        running.process.wait(10)
        grow(made.order[half : half + 3])
    total = made.expected["turns"] + made.expected["responses"] + made.expected["tools"]
    with sidecar(*options) as running:
        running.wait_for_log("following")
        grow(made.order[half + 3 :])
        receiver.wait_for(lambda r: len(r.latest) == total, timeout=60)
        assert running.terminate() == 0

    spans = list(receiver.latest.values())
    assert not [span for span in spans if "translator.incomplete" in span["attributes"]]
    assert assessment(spans, pii=False, skip=INTERLEAVED) == []
    assert len({span["trace_id"] for span in spans}) == 2


ROLLOUTS = Path(__file__).parents[1] / "formats" / "codex" / "recorded" / "0.149.0"


def test_rollouts_that_grow_give_what_they_give_when_they_are_read_whole(
    receiver: Receiver, tmp_path: Path
) -> None:
    logs, out = tmp_path / "logs", tmp_path / "whole.jsonl"
    logs.mkdir()
    assert translator("backfill", str(ROLLOUTS), "--out", str(out)).returncode == 0
    spans = map(json.loads, out.read_text().splitlines())
    whole = {(span["trace_id"], span["span_id"]): span for span in spans}
    assert len(whole) > 20
    with sidecar(str(logs), "--dsn", receiver.dsn, "--state-dir", str(tmp_path / "state")) as running:
        running.wait_for_log("following")
        for recorded in sorted(ROLLOUTS.iterdir()):
            for record in recorded.read_text(encoding="utf-8").splitlines(keepends=True):
                append(logs / recorded.name, record)
        receiver.wait_for(lambda r: len(r.latest) == len(whole), timeout=60)
        assert running.terminate() == 0

    assert receiver.latest.keys() == whole.keys()
    for key, sent in receiver.latest.items():
        for name in ("start_timestamp", "end_timestamp", "parent_span_id", "status"):
            assert sent.get(name) == whole[key].get(name)
    assert len(receiver.spans) == len(whole)
