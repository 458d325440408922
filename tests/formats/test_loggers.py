"""The same four calls as the common loggers of many languages write them, with their own keys around."""

from __future__ import annotations

import json
from typing import Any

import pytest

from translator.formats.native.reader import NativeReader
from translator.formats.records import Unreadable
from translator.model import Kind, Line, Phase

T = 1_795_423_737_500_000
ISO = "2026-11-23T08:48:57.500Z"
SAID: dict[str, Any] = {"tool": "search", "call_id": "c1", "arguments": {"q": "rain"}, "trace_id": "t1"}

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
    "jq or printf (shell)": {"event": "tool.start", "ts": 1795423737.5, **SAID},
}


@pytest.mark.parametrize("logger", LOGGERS)
def test_its_line_is_understood(logger: str) -> None:
    event = NativeReader().read(Line(json.dumps(LOGGERS[logger]).encode(), "agent.log", 1))

    assert not isinstance(event, Unreadable)
    assert (event.kind, event.phase, event.time) == (Kind.TOOL, Phase.START, T)
    assert {key: event.fields.get(key) for key in SAID} == SAID
