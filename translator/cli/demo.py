"""`translator demo`: everything in one process on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from pathlib import Path

from rich.console import Console

from translator.cli.logs import set_up_logging
from translator.cli.sending import Keep, open_output
from translator.cli.tree import print_traces
from translator.content.plain import json_bytes
from translator.demo.agent_process import start_agent
from translator.demo.receiver import DemoReceiver
from translator.errors import DeliveryError, InputError
from translator.files.tail import Tailer
from translator.files.watch import Watcher
from translator.pipeline.run import Follower
from translator.pipeline.translation import Translation, Windows
from translator.report.traces import traces_of
from translator.settings import Settings, resolve

AGENT_SECONDS = 60.0
WINDOWS = Windows(reorder=1.0, orphan=1.0)
_SHOWN_LINES = 5
_TELLING = ("event", "agent", "model", "tool", "input", "arguments", "usage", "result", "output")


def demo() -> None:
    """Plays a sample agent, a sidecar and a receiver, and shows what has arrived."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="translator-demo-") as name, DemoReceiver() as receiver:
        directory = Path(name)
        log = directory / "agent.jsonl"
        log.touch()
        _say(console, "1", f"A sample agent (Python, structlog) writes JSON lines to {log.name}:")
        settings = resolve(
            {
                "dsn": receiver.dsn,
                "send_default_pii": True,
                "state_dir": str(directory / "state"),
                "environment": "demo",
                "log_level": "warning",
            },
            {},
            Path(os.devnull),
        )
        translation = _play(settings, log, console)
        _say(
            console, "3",
            f"The receiver got {len(receiver.spans)} spans in {receiver.envelopes} envelopes "
            f"({receiver.received_bytes:,} bytes) over HTTP. The traces in them:",
        )  # fmt: skip
        console.print()
        print_traces(console, traces_of(map(json_bytes, receiver.spans.values())))
        expected = sum(translation.spans.values())
        if len(receiver.spans) != expected or not expected:
            raise DeliveryError(f"{len(receiver.spans)} of {expected} spans arrived")
    console.print("Your own logs:  translator preview agent.jsonl", highlight=False)
    console.print("To Sentry:      SENTRY_DSN=… translator backfill agent.jsonl", highlight=False)


def _play(settings: Settings, log: Path, console: Console) -> Translation:
    """Runs the agent and the sidecar beside it until all that was logged has been sent."""
    translation = Translation(WINDOWS)
    stopping, changed = threading.Event(), threading.Event()
    keep = Keep(translation, stopping.wait)
    with (
        open_output(settings, set_up_logging(settings), console, keep) as output,
        Watcher([str(log)], changed),
    ):
        source = Tailer([str(log)], start=lambda _file, _stat: 0)
        follower = Follower(source, translation, output.sink, output.clock)
        sidecar = threading.Thread(
            target=follower.follow, kwargs={"changed": changed, "stopping": stopping}, name="sidecar"
        )
        sidecar.start()
        try:
            agent = start_agent(log)
            try:
                code = agent.wait(AGENT_SECONDS)
            except subprocess.TimeoutExpired:
                agent.kill()
                code = agent.wait()
            if code:
                raise InputError(f"the sample agent ended with code {code}")
            _show_lines(console, log)
            _say(
                console,
                "2",
                "The sidecar tails the file, rebuilds the traces and sends them to a DSN.",
            )
        finally:
            stopping.set()
            changed.set()
            sidecar.join()
        follower.read_through(threading.Event())
        follower.finish(close_open=True)
        source.close()
        if output.delivery is not None:
            output.delivery.finish(AGENT_SECONDS)
    return translation


def _show_lines(console: Console, log: Path) -> None:
    """The first lines, with what tells most at their beginning."""
    lines = log.read_text(encoding="utf-8").splitlines()
    for line in lines[:_SHOWN_LINES]:
        record = json.loads(line)
        first = {key: record.pop(key) for key in _TELLING if key in record}
        shown = json.dumps({**first, **record}, ensure_ascii=False)
        room = max(console.width - 4, 20)
        cut = shown if len(shown) <= room else shown[: room - 1] + "…"
        console.print("   " + cut, style="dim", markup=False, highlight=False)
    console.print(f"   … {len(lines)} lines in all", style="dim", highlight=False)


def _say(console: Console, number: str, text: str) -> None:
    console.print(f"[bold]{number}.[/bold] {text}", highlight=False)
