"""Two projects in one sidecar: whatever one of them answers, the other has its spans; also after a kill."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL, SIGTERM
from subprocess import Popen

import pytest

from tests.backfill.field import write_runs
from tests.cli.process import started
from tests.receiver import Answer, Receiver

SOURCE = """
[[sources]]
name = "{name}"
paths = ["{path}"]
dsn = "{dsn}"
from = "beginning"
reorder_window = 0
"""
LIMITED = {"Retry-After": "2", "X-Sentry-Rate-Limits": "2::organization"}
BAD = {
    "500": Answer(500),
    "429": Answer(429, LIMITED),
    "403": Answer(403, body=b'{"detail":"disabled"}'),
    "silent": Answer(500),
}
SECONDS = 90.0
BEGIN = round(time.time() - 600)


@pytest.fixture
def receivers() -> Iterator[list[Receiver]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Receiver()) for _ in range(2)]


def append_runs(log: Path, first: int, count: int) -> None:
    """Appends the last of so many runs to a log: those from `first` on."""
    every = log.parent / f"all-{log.name}"
    write_runs([every], first + count, BEGIN)
    lines = every.read_text().splitlines(keepends=True)
    with log.open("a") as file:
        file.writelines(lines[first * 10 :])


@pytest.mark.timeout(400)
@pytest.mark.parametrize("bad", BAD)
def test_one_that_fails_does_not_hold_up_the_other(
    bad: str, tmp_path: Path, receivers: list[Receiver]
) -> None:
    failing, well = receivers
    logs = [tmp_path / "failing.jsonl", tmp_path / "well.jsonl"]
    text = "".join(
        SOURCE.format(name=log.stem, path=log, dsn=receiver.dsn)
        for log, receiver in zip(logs, receivers, strict=True)
    )
    (tmp_path / "translator.toml").write_text(text)
    gate = threading.Event()
    failing.script([replace(BAD[bad], gate=gate) if bad == "silent" else BAD[bad]] * 500)

    def sidecar() -> Popen[str]:
        return stack.enter_context(
            started(
                "run", "--config", str(tmp_path / "translator.toml"), "--state-dir", str(tmp_path / "state")
            )
        )

    def arrive(receiver: Receiver, spans: int) -> None:
        receiver.wait_for(lambda got: len(got.latest) >= spans, SECONDS)

    with ExitStack() as stack:
        for log in logs:
            append_runs(log, 0, 2)
        process = sidecar()
        arrive(well, 10)
        failing.wait_for(lambda got: bool(got.requests), SECONDS)
        append_runs(logs[1], 2, 2)
        arrive(well, 20)
        process.send_signal(SIGKILL)
        process.wait()

        append_runs(logs[0], 2, 1)
        append_runs(logs[1], 4, 1)
        process = sidecar()
        arrive(well, 25)
        assert failing.latest == {}
        if bad == "403":
            # A key that was refused is not tried again before the next start.
            process.send_signal(SIGTERM)
            assert process.wait() == 3
            failing.behave()
            process = sidecar()
        failing.behave()
        gate.set()
        arrive(failing, 15)
        process.send_signal(SIGTERM)
        assert process.wait() == 0

    assert [len(receiver.latest) for receiver in receivers] == [15, 25]
    for receiver in receivers:
        receiver.assert_clean()
