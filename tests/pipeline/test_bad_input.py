"""Bad input: counted, named by file and line, and the good lines around it come out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pipeline.program import T0, TRACE, translator
from tests.receiver import Receiver


def good(place: int) -> bytes:
    return json.dumps(
        {"event": "tool", "tool": f"good {place}", "ts": T0 + place, "trace_id": TRACE, "duration_ms": 5}
    ).encode()


SKIPPED = {
    "not_json": [b"\x00\xff\xfe", b"Traceback (most recent call last):", b'{"event":"tool"', b'{"a":' * 10_000
                 + b"1" + b"}" * 10_000],
    "not_an_object": [b"[1,2]", b"null", b'"text"'],
    "no_timestamp": [b'{"event":"tool.start","tool":"t"}', b'{"event":"tool.end","ts":"never"}',
                     b'{"event":"tool","ts":NaN}', b'{"event":"tool","ts":1e400}',
                     b'{"event":"tool","ts":-5}'],
    "too_long": [b'{"event":"tool","ts":1795423737,"tool":"' + b"x" * 50_000_000 + b'"}'],
}  # fmt: skip
SILENT = {"blank": [b"", b"   ", b"\r"], "ignored": [b"{}", b'{"event":"user.login","ts":1795423737}']}
MENDED = {
    "a byte order mark": b"\xef\xbb\xbf" + good(1_001),
    "a carriage return": good(1_002) + b"\r",
    "a lone surrogate": b'{"event":"tool","tool":"good 1003 \\ud800","ts":1795424000}',
    "bytes that are not UTF-8": b'{"event":"tool","tool":"good 1004 \xff","ts":1795424000}',
    "NaN in a field": b'{"event":"tool","tool":"good 1005","ts":1795424000,"temperature":NaN}',
    "wrong types": b'{"event":"tool","tool":"good 1006","ts":1795424000,"duration_ms":[],"error":{}}',
    "an absurd number": b'{"event":"tool","tool":"good 1007","ts":1795424000,"duration_ms":1e300}',
    "an absurd integer": b'{"event":"tool","tool":"good 1008","ts":1795424000,"n":' + b"9" * 400 + b"}",
    "a nest of 900": b'{"event":"tool","tool":"good 1009","ts":1795424000,"arguments":' + b"[" * 900
                     + b"]" * 900 + b"}",
}  # fmt: skip


def skipped_lines(log: str) -> list[tuple[str, int, str]]:
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [
        (Path(entry["file"]).name, entry["line"], entry["reason"])
        for entry in entries
        if entry["event"] == "line_skipped"
    ]


def test_what_cannot_be_read_is_named_and_the_lines_around_it_come_out(
    receiver: Receiver, tmp_path: Path
) -> None:
    lines: list[bytes] = []
    expected: list[tuple[str, int, str]] = []
    counts: dict[str, int] = {}
    for reason, bad in {**SKIPPED, **SILENT}.items():
        for line in bad:
            lines += (good(len(lines)), line)
            counts[reason] = counts.get(reason, 0) + 1
            if reason in SKIPPED:
                expected.append(("agent.jsonl", len(lines), reason))
    lines.append(good(len(lines)))
    log = tmp_path / "agent.jsonl"
    log.write_bytes(b"\n".join(lines))

    done = translator(
        "backfill", str(log), "--dsn", receiver.dsn, "--state-dir", str(tmp_path / "state"),
        "--log-level", "debug", "--log-format", "json",
    )  # fmt: skip

    assert done.returncode == 0
    assert "Traceback" not in done.stderr.replace("Traceback (most", "")
    assert {span["name"] for span in receiver.spans} == {
        f"execute_tool good {place}" for place in range(0, len(lines), 2)
    }
    assert skipped_lines(done.stderr) == expected
    summary = " ".join(done.stderr.split())
    for reason, count in counts.items():
        assert f"{reason.replace('_', ' ')} {count}" in summary


@pytest.mark.parametrize("name", MENDED)
def test_what_can_be_mended_is_sent(name: str, receiver: Receiver, tmp_path: Path) -> None:
    log = tmp_path / "agent.jsonl"
    log.write_bytes(b"\n".join((good(0), MENDED[name], good(1))))

    done = translator(
        "backfill",
        str(log),
        "--dsn",
        receiver.dsn,
        "--state-dir",
        str(tmp_path / "state"),
        "--send-default-pii",
    )

    assert done.returncode == 0
    assert len(receiver.spans) == 3
    assert all(span["name"].startswith("execute_tool good") for span in receiver.spans)
