"""The same four calls as the common loggers of many languages write them, with their own keys around."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.formats.whole import findings, lines_of_file, outline, totals, translated
from translator.formats.native.reader import NativeReader
from translator.formats.records import Unreadable
from translator.model import Kind, Line, Phase

T = 1_795_423_737_500_000
ISO = "2026-11-23T08:48:57.500Z"
SAID: dict[str, Any] = {"tool": "search", "call_id": "c1", "arguments": {"q": "rain"}, "trace_id": "t1"}
UNTRACED = {key: value for key, value in SAID.items() if key != "trace_id"}

LOGGERS: dict[str, dict[str, Any]] = {
    "structlog (Python)": {"event": "tool.start", **SAID, "level": "info", "timestamp": ISO},
    "python-json-logger": {
        "asctime": "2026-11-23 08:48:57,500",
        "levelname": "INFO",
        "name": "agent",
        "lineno": 7,
        "message": "tool.start",
        **SAID,
    },
    "loguru (Python)": {
        "text": "2026-11-23 08:48:57.500 | INFO | __main__:run:7 - tool.start\n",
        "record": {
            "elapsed": {"repr": "0:00:01.500000", "seconds": 1.5},
            "exception": None,
            "extra": SAID,
            "file": {"name": "agent.py", "path": "/app/agent.py"},
            "function": "run",
            "level": {"icon": "i", "name": "INFO", "no": 20},
            "line": 7,
            "message": "tool.start",
            "module": "agent",
            "name": "__main__",
            "process": {"id": 41, "name": "MainProcess"},
            "thread": {"id": 140, "name": "MainThread"},
            "time": {"repr": "2026-11-23 08:48:57.500000+00:00", "timestamp": 1795423737.5},
        },
    },
    "pino (JavaScript)": {
        "level": 30,
        "time": 1795423737500,
        "pid": 41,
        "hostname": "box",
        **SAID,
        "msg": "tool.start",
    },
    "winston (JavaScript)": {**SAID, "level": "info", "message": "tool.start", "timestamp": ISO},
    "bunyan (JavaScript)": {
        "name": "agent",
        "hostname": "box",
        "pid": 41,
        "level": 30,
        **SAID,
        "msg": "tool.start",
        "time": ISO,
        "v": 0,
    },
    "zap (Go)": {
        "level": "info",
        "ts": 1795423737.5,
        "caller": "agent/run.go:7",
        "msg": "tool.start",
        **SAID,
    },
    "zerolog (Go)": {"level": "info", **SAID, "time": "2026-11-23T08:48:57.5Z", "message": "tool.start"},
    "slog (Go)": {"time": "2026-11-23T09:48:57.5+01:00", "level": "INFO", "msg": "tool.start", **SAID},
    "logrus (Go)": {**SAID, "level": "info", "msg": "tool.start", "time": ISO},
    "apex/log (Go)": {"fields": SAID, "level": "info", "timestamp": ISO, "message": "tool.start"},
    "tracing (Rust)": {
        "timestamp": ISO,
        "level": "INFO",
        "fields": {"message": "tool.start", **SAID},
        "target": "agent::run",
    },
    "tracing, flattened (Rust)": {
        "timestamp": ISO,
        "level": "INFO",
        "message": "tool.start",
        **SAID,
        "target": "agent::run",
    },
    "logstash-logback-encoder (Java)": {
        "@timestamp": "2026-11-23T09:48:57.500+01:00",
        "@version": "1",
        "message": "tool.start",
        "logger_name": "Agent",
        "thread_name": "main",
        "level": "INFO",
        "level_value": 20000,
        **SAID,
    },
    "log4j2, ECS (Java)": {
        "@timestamp": ISO,
        "ecs.version": "1.2.0",
        "log.level": "INFO",
        "message": "tool.start",
        "process.thread.name": "main",
        "log.logger": "Agent",
        **SAID,
    },
    "log4j2, JsonLayout (Java)": {
        "instant": {"epochSecond": 1795423737, "nanoOfSecond": 500000000},
        "thread": "main",
        "level": "INFO",
        "loggerName": "Agent",
        "message": "tool.start",
        "contextMap": SAID,
    },
    "Serilog, compact (C#)": {"@t": ISO, "@mt": "tool.start", **SAID},
    "Serilog, JsonFormatter (C#)": {
        "Timestamp": "2026-11-23T09:48:57.5000000+01:00",
        "Level": "Information",
        "MessageTemplate": "tool.start",
        "Properties": SAID,
    },
    "NLog (C#)": {
        "time": "2026-11-23 08:48:57.5000",
        "level": "INFO",
        "message": "tool.start",
        "properties": SAID,
    },
    "Monolog (PHP)": {
        "message": "tool.start",
        "context": SAID,
        "level": 200,
        "level_name": "INFO",
        "channel": "agent",
        "datetime": "2026-11-23T08:48:57.500000+00:00",
        "extra": {},
    },
    "semantic_logger (Ruby)": {
        "host": "box",
        "application": "Agents",
        "environment": "production",
        "timestamp": ISO,
        "level": "info",
        "level_index": 2,
        "pid": 41,
        "thread": "main",
        "name": "Agent",
        "message": "tool.start",
        "payload": SAID,
    },
    "Google Cloud, structured": {"severity": "INFO", "time": ISO, "message": "tool.start", **SAID},
    "Google Cloud, exported": {
        "insertId": "x1",
        "severity": "INFO",
        "timestamp": ISO,
        "logName": "projects/p/logs/run",
        "jsonPayload": {"message": "tool.start", **SAID},
    },
    "Google Cloud, in objects": {
        "severity": "INFO",
        "timestamp": {"seconds": 1795423737, "nanos": 500000000},
        "message": "tool.start",
        **SAID,
    },
    "Elastic Common Schema, nested": {
        "@timestamp": ISO,
        "log": {"level": "info", "logger": "Agent"},
        "ecs": {"version": "8.11"},
        "message": "tool.start",
        "trace": {"id": "t1"},
        "span": {"id": "b7ad6b7169203331"},
        **UNTRACED,
    },
    "Serilog, compact, rendered (C#)": {
        "@t": "2026-11-23T08:48:57.5000000Z",
        "@m": "tool.start",
        "@i": "b2f1a0c3",
        "@tr": "t1",
        "@sp": "b7ad6b7169203331",
        **UNTRACED,
    },
    "Microsoft.Extensions.Logging, console (C#)": {
        "Timestamp": ISO,
        "EventId": 0,
        "LogLevel": "Information",
        "Category": "Agent",
        "Message": "tool.start",
        "State": {"Message": "tool.start", "{OriginalFormat}": "tool.start", **UNTRACED},
        "Scopes": [{"Message": "request", "TraceId": "t1", "SpanId": "b7ad6b7169203331"}],
    },
    "NLog, eventProperties (C#)": {
        "time": ISO,
        "level": "INFO",
        "message": "tool.start",
        "eventProperties": SAID,
    },
    "logger_json, basic (Elixir)": {
        "time": ISO,
        "severity": "info",
        "message": "tool.start",
        "metadata": {**SAID, "span_id": "b7ad6b7169203331"},
    },
    "logger_json, Datadog (Elixir)": {
        "syslog": {"hostname": "box", "severity": "info", "timestamp": ISO},
        "logger": {"thread_name": "#PID<0.1.0>"},
        "message": "tool.start",
        **SAID,
    },
    "semantic_logger, tagged (Ruby)": {
        "timestamp": ISO,
        "level": "info",
        "level_index": 2,
        "name": "Agent",
        "message": "tool.start",
        "named_tags": {"trace_id": "t1"},
        "payload": UNTRACED,
    },
    "tracing, in spans (Rust)": {
        "timestamp": ISO,
        "level": "INFO",
        "fields": {"message": "tool.start", **UNTRACED},
        "target": "agent::run",
        "span": {"name": "step", "trace_id": "t1"},
        "spans": [{"name": "run", "trace_id": "t0"}, {"name": "step", "trace_id": "t1"}],
    },
    "Datadog": {"time": ISO, "msg": "tool.start", "dd": {"trace_id": "t1", "span_id": "5"}, **UNTRACED},
    "jq or printf (shell)": {"event": "tool.start", "ts": 1795423737.5, **SAID},
}


@pytest.mark.parametrize("logger", LOGGERS)
def test_its_line_is_understood(logger: str) -> None:
    event = NativeReader().read(Line(json.dumps(LOGGERS[logger]).encode(), "agent.log", 1))

    assert not isinstance(event, Unreadable)
    assert (event.kind, event.phase, event.time) == (Kind.TOOL, Phase.START, T)
    assert {key: event.fields.get(key) for key in SAID} == SAID


def test_what_stands_around_an_event_only_fills_in_what_it_does_not_say() -> None:
    around = {"tool": "other", "user_id": "u1", "name": "request", "span_id": "b7ad6b7169203331"}
    record = {"time": ISO, "severity": "info", "message": "tool.start", **SAID, "metadata": around}
    event = NativeReader().read(Line(json.dumps(record).encode(), "agent.log", 1))
    assert not isinstance(event, Unreadable)
    assert (event.fields["tool"], event.fields["user_id"]) == ("search", "u1")
    assert "span_id" not in event.fields


def test_metadata_of_ones_own_stays_an_attribute() -> None:
    record = {"ts": ISO, "event": "tool.start", **SAID, "metadata": {"tool": "other"}}
    event = NativeReader().read(Line(json.dumps(record).encode(), "agent.log", 1))
    assert not isinstance(event, Unreadable)
    assert event.extra == {"metadata": {"tool": "other"}}


def test_the_innermost_span_of_tracing_says_what_the_event_does_not() -> None:
    span = {"name": "run_tool", "arguments": "{}", "user": "u1"}
    record = {"timestamp": ISO, "fields": {"message": "tool.start"}, "target": "run", "span": span}
    event = NativeReader().read(Line(json.dumps(record).encode(), "agent.log", 1))
    assert not isinstance(event, Unreadable)
    assert (event.fields["arguments"], event.fields["user_id"]) == ("{}", "u1")
    assert "tool" not in event.fields
    assert event.extra == {"target": "run"}


RECORDED = sorted((Path(__file__).parent / "loggers" / "recorded").iterdir())


@pytest.mark.parametrize("file", RECORDED, ids=[file.stem for file in RECORDED])
def test_a_run_that_a_real_logger_has_written_is_understood(file: Path) -> None:
    spans = translated(lines_of_file(file, "agent.log"))

    assert {line.split(" 0.")[0] for line in outline(spans)} == {
        "agent planner",
        "  model gpt-5-mini",
        "  tool search",
    }
    assert findings(spans) == []
    assert {span.trace_id for span in spans} == {"0af7651916cd43dd8448eb211c80319c"}
    count = totals(spans)
    assert (count["input"], count["output"], count["errors"]) == (120, 9, 1)
    tool = next(span for span in spans if span.kind is Kind.TOOL)
    assert tool.fields["call_id"] == "t1"
    assert tool.fields["error_message"] == "no answer"
