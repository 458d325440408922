"""Every wrapper, put around lines: what the reader has to take off again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Wrap = Callable[[list[str], int], list[str]]
"""Lines of one program, and its number, to lines as the wrapper writes them."""

SEEN = 1_795_423_800_000_000
"""When the wrapper sees the first line, in microseconds; each line comes a millisecond later."""


def iso(place: int) -> str:
    """When the line at this place is seen, as RFC 3339."""
    return datetime.fromtimestamp((SEEN + place * 1000) / 1e6, UTC).isoformat().replace("+00:00", "Z")


def each(make: Callable[[str, int, int], Any]) -> Wrap:
    """A wrapper that makes one record or text of each line."""

    def wrap(lines: list[str], program: int) -> list[str]:
        made = [make(line, program, place) for place, line in enumerate(lines)]
        return [one if isinstance(one, str) else json.dumps(one) for one in made]

    return wrap


def kubernetes(program: int) -> dict[str, Any]:
    """What Fluent Bit's filter adds."""
    return {
        "pod_name": f"agents-{program}",
        "namespace_name": "prod",
        "container_name": "app",
        "docker_id": f"{program:08x}",
        "labels": {"app": "agents"},
    }


def filebeat_frame(place: int, program: int) -> dict[str, Any]:
    """What Filebeat adds."""
    return {
        "@timestamp": iso(place),
        "@metadata": {"beat": "filebeat", "type": "_doc", "version": "8.15.0"},
        "agent": {"type": "filebeat", "name": "box", "version": "8.15.0", "ephemeral_id": "e"},
        "ecs": {"version": "8.0.0"},
        "host": {"name": "box"},
        "input": {"type": "filestream"},
        "log": {"file": {"path": f"/var/log/agent-{program}.log"}, "offset": place * 10},
    }


def _pieces(size: int) -> Callable[[str], list[str]]:
    def cut(line: str) -> list[str]:
        return [line[at : at + size] for at in range(0, len(line), size)] or [""]

    return cut


def docker_in_pieces(lines: list[str], program: int) -> list[str]:  # noqa: ARG001
    """Docker's json-file, in which lines are cut."""
    return [
        json.dumps({"log": piece + ("\n" if last else ""), "stream": "stdout", "time": iso(place)})
        for place, line in enumerate(lines)
        for piece, last in _marked(line, 40)
    ]


def cri_in_pieces(lines: list[str], program: int) -> list[str]:  # noqa: ARG001
    """CRI, in which lines are cut."""
    return [
        f"{iso(place)} stdout {'F' if last else 'P'} {piece}"
        for place, line in enumerate(lines)
        for piece, last in _marked(line, 40)
    ]


def fluentd_in_pieces(lines: list[str], program: int) -> list[str]:
    """Fluentd behind docker's log driver."""
    made = []
    for place, line in enumerate(lines):
        pieces = _marked(line, 40)
        for ordinal, (piece, last) in enumerate(pieces):
            record: dict[str, Any] = {
                "source": "stdout",
                "log": piece,
                "container_id": f"{program:064x}",
                "container_name": f"/agents-{program}",
            }
            if len(pieces) > 1:
                record |= {
                    "partial_message": "true",
                    "partial_id": f"{program}-{place}",
                    "partial_ordinal": str(ordinal + 1),
                    "partial_last": "true" if last else "false",
                }
            made.append(json.dumps(record))
    return made


def journald_in_pieces(lines: list[str], program: int) -> list[str]:
    """journald, which cuts lines at 48 KiB."""
    return [
        json.dumps(journald(piece, program, place) | ({} if last else {"_LINE_BREAK": "line-max"}))
        for place, line in enumerate(lines)
        for piece, last in _marked(line, 40)
    ]


def _marked(line: str, size: int) -> list[tuple[str, bool]]:
    pieces = _pieces(size)(line)
    return [(piece, place == len(pieces) - 1) for place, piece in enumerate(pieces)]


def journald(line: str, program: int, place: int) -> dict[str, Any]:
    """`journalctl -o json`."""
    return {
        "__CURSOR": f"s=1;i={place}",
        "__REALTIME_TIMESTAMP": str(SEEN + place * 1000),
        "_BOOT_ID": "00000000000000000000000000000001",
        "_TRANSPORT": "stdout",
        "_STREAM_ID": f"{program:032x}",
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "agents",
        "_HOSTNAME": "box",
        "_PID": str(1000 + program),
        "_SYSTEMD_UNIT": "agents.service",
        "MESSAGE": line,
    }


def subscription(lines: list[str], program: int) -> list[str]:
    """CloudWatch's subscription records: two events in each."""
    return [
        json.dumps(
            {
                "messageType": "DATA_MESSAGE",
                "owner": "123456789012",
                "logGroup": "/agents",
                "logStream": f"app/{program}",
                "subscriptionFilters": ["all"],
                "logEvents": [
                    {
                        "id": str(place + at),
                        "timestamp": (SEEN + (place + at) * 1000) // 1000,
                        "message": text,
                    }
                    for at, text in enumerate(lines[place : place + 2])
                ],
            }
        )
        for place in range(0, len(lines), 2)
    ]


def merged(line: str, around: dict[str, Any]) -> dict[str, Any]:
    """What a collector makes of a line it has parsed; a text stays text."""
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        return {**around, "message": line}
    return {key: value for key, value in around.items() if key not in record} | record


WRAPS: dict[str, Wrap] = {
    "docker": each(lambda line, _, n: {"log": f"{line}\n", "stream": "stdout", "time": iso(n)}),
    "docker, in pieces": docker_in_pieces,
    "CRI": each(lambda line, _, n: f"{iso(n)} stdout F {line}"),
    "CRI, in pieces": cri_in_pieces,
    "journald": each(journald),
    "journald, bytes": each(
        lambda line, p, n: {**journald(line, p, n), "MESSAGE": list(line.encode("utf-8", "replace"))}
    ),
    "journald, in pieces": journald_in_pieces,
    "Fluent Bit": each(lambda line, _, n: {"date": (SEEN + n * 1000) / 1e6, "log": line}),
    "Fluent Bit, Kubernetes": each(
        lambda line, p, n: {
            "@timestamp": iso(n), "stream": "stdout", "_p": "F", "log": line, "kubernetes": kubernetes(p),
        }
    ),
    "Fluent Bit, CRI": each(
        lambda line, _, n: {"time": iso(n), "stream": "stdout", "logtag": "F", "message": line}
    ),
    "Fluentd": each(
        lambda line, p, _: {
            "container_id": f"{p:064x}", "container_name": f"/agents-{p}", "source": "stdout", "log": line,
        }
    ),
    "Fluentd, in pieces": fluentd_in_pieces,
    "Vector": each(
        lambda line, p, n: {
            "file": f"/var/log/{p}.log", "host": "box", "message": line, "source_type": "file",
            "timestamp": iso(n),
        }
    ),
    "Filebeat": each(lambda line, p, n: {**filebeat_frame(n, p), "message": line}),
    "CloudWatch": each(
        lambda line, p, n: {
            "logStreamName": f"app/{p}", "timestamp": (SEEN + n * 1000) // 1000, "message": line,
            "ingestionTime": SEEN // 1000, "eventId": str(n),
        }
    ),
    "CloudWatch, subscription": subscription,
    "Lambda": each(
        lambda line, p, n: {"timestamp": iso(n), "level": "INFO", "requestId": f"r{p}", "message": line}
    ),
    "Google Cloud": each(
        lambda line, p, n: {
            "insertId": f"{p}-{n}", "logName": "projects/p/logs/stdout", "severity": "INFO",
            "receiveTimestamp": iso(n), "timestamp": iso(n), "textPayload": line,
            "resource": {"type": "k8s_container", "labels": {"pod_name": f"agents-{p}"}},
        }
    ),
    "syslog, RFC 5424": each(lambda line, p, n: f"<14>1 {iso(n)} box agents {1000 + p} - - {line}"),
    "syslog, RFC 3164": each(lambda line, p, _: f"<14>Nov 23 08:50:00 box agents[{1000 + p}]: {line}"),
    "text": each(lambda line, _, n: f"{iso(n)} INFO [runner] {{x}} {line}"),
    "docker compose": each(lambda line, p, _: f"agents-{p}  | {line}"),
    "a logger's message": each(lambda line, _, n: {"level": "info", "time": iso(n), "msg": line}),
}  # fmt: skip
"""Every wrapper that keeps the line as a text."""

MERGES: dict[str, Wrap] = {
    "Fluent Bit, merged": each(
        lambda line, p, n: merged(
            line, {"date": (SEEN + n * 1000) / 1e6, "stream": "stdout", "kubernetes": kubernetes(p)}
        )
    ),
    "Fluent Bit, merged under a key": each(
        lambda line, p, n: {
            "date": (SEEN + n * 1000) / 1e6, "log": line, "log_processed": json.loads(line),
            "kubernetes": kubernetes(p),
        }
    ),
    "Vector, merged": each(
        lambda line, _, n: merged(line, {"source_type": "docker_logs", "timestamp": iso(n), "host": "box"})
    ),
    "Filebeat, merged": each(lambda line, p, n: merged(line, filebeat_frame(n, p))),
    "Filebeat, under json": each(lambda line, p, n: {**filebeat_frame(n, p), "json": json.loads(line)}),
    "Google Cloud, jsonPayload": each(
        lambda line, _, n: {
            "insertId": str(n), "logName": "projects/p/logs/stdout", "timestamp": iso(n),
            "resource": {"type": "global"}, "jsonPayload": json.loads(line),
        }
    ),
    "Lambda, object": each(
        lambda line, p, n: {
            "timestamp": iso(n), "level": "INFO", "requestId": f"r{p}", "message": json.loads(line),
        }
    ),
}  # fmt: skip
"""Every wrapper that has parsed the line."""
