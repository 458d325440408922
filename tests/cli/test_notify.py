"""What systemd is told: ready when files are followed, alive while they are, stopping at the end."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from tests.cli.process import started
from translator.cli.notify import ALIVE, READY, STOPPING, ServiceManager


def listener(address: str) -> socket.socket:
    found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    found.bind(address)
    found.settimeout(30)
    return found


def test_the_sidecar_tells_how_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    address = str(tmp_path / "notify")
    with (
        listener(address) as told,
        started("run", str(tmp_path), "--out", os.devnull, environment={"NOTIFY_SOCKET": address}) as process,
    ):
        assert READY in (told.recv(100).decode(), told.recv(100).decode())
        assert {told.recv(100).decode() for _ in range(3)} == {ALIVE}
        process.send_signal(signal.SIGTERM)
        last = ALIVE
        while last == ALIVE:
            last = told.recv(100).decode()
        assert last == STOPPING
        assert process.wait() == 0


def test_an_abstract_socket_is_found() -> None:
    with listener("\0translator-test-notify") as told:
        manager = ServiceManager({"NOTIFY_SOCKET": "@translator-test-notify"})
        manager.tell(READY)
        manager.tell(READY)
        manager.tell(ALIVE)

        assert [told.recv(100).decode() for _ in range(2)] == [READY, ALIVE]


def test_where_nobody_listens_nothing_happens(tmp_path: Path) -> None:
    for environ in ({}, {"NOTIFY_SOCKET": str(tmp_path / "nobody")}):
        manager = ServiceManager(environ)
        manager.tell(READY)
        manager.tell(ALIVE)
