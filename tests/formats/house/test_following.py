"""A house format in the sidecar: no option, and other rules after a kill."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from tests.formats.house.test_house import T0, rule
from tests.pipeline.test_live import append, sidecar
from tests.receiver import Receiver


def record(at: int, key: str, model: str) -> str:
    return json.dumps({key: "v", "at": T0 + at, "m": model, "ms": 5}) + "\n"


def test_rules_may_change_while_the_sidecar_is_dead(receiver: Receiver, tmp_path: Path) -> None:
    log, config = tmp_path / "service.log", tmp_path / "translator.toml"
    options = (
        str(log),
        "--dsn",
        receiver.dsn,
        "--state-dir",
        str(tmp_path / "state"),
        "--config",
        str(config),
    )
    fields = 'timestamp = "at"\nmodel = "m"\nduration_ms = "ms"'
    config.write_text(rule(fields=fields))
    with sidecar(*options) as running:
        running.wait_for_log("following")
        append(log, record(0, "k", "first"))
        receiver.wait_for(lambda r: len(r.latest) == 1, timeout=30)
        append(log, record(1, "k", "second"), record(2, "q", "third"))
        running.process.send_signal(signal.SIGKILL)
        running.process.wait(10)
    config.write_text(rule(when='when = { q = "v" }', fields=fields).replace("mine", "yours"))
    with sidecar(*options) as running:
        running.wait_for_log("following")
        append(log, record(3, "q", "fourth"), record(4, "k", "fifth"))
        receiver.wait_for(lambda r: "chat fourth" in {span["name"] for span in r.latest.values()}, timeout=30)
        assert running.terminate() == 0
    names = {str(span["name"]) for span in receiver.latest.values()}
    assert {"chat first", "chat fourth"} <= names
    assert "chat fifth" not in names
