"""What a service manager wants to know: that the program is ready, alive, and about to end (sd_notify)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Self

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"


class ServiceManager:
    """Tells systemd how the program is, where systemd has started it; else nobody.

    Args:
        environ: The environment, which says where to tell it.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # An abstract address begins with a NUL byte, which no variable can hold.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._told: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.tell(STOPPING)

    def tell(self, state: str) -> None:
        """Tells a state; `READY` and `STOPPING` but once. That nobody listens is no reason to end."""
        if not self._address or state in self._told:
            return
        if state != ALIVE:
            self._told.add(state)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
            try:
                told.connect(self._address)
                told.sendall(state.encode())
            except OSError:
                self._address = ""
