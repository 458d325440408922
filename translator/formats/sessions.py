"""What readers of recorded sessions share: one session a file, whose turns rest until they are over."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from translator.formats.reading import StatefulReader
from translator.formats.seen import Seen
from translator.model import Event

MOST_SESSIONS = 20_000
"""Files whose session is remembered; above it the oldest is forgotten."""

Session = TypeVar("Session")


class Sessions(msgspec.Struct, Generic[Session]):
    """All that such a reader remembers.

    Attributes:
        sessions: By the name of their file.
        dues: By the name of the file, when something in it has waited long enough, in seconds.
        seen: What has been read, in whatever file it stood.
    """

    sessions: dict[str, Session] = {}
    dues: dict[str, int] = {}
    seen: Seen = {}


State = TypeVar("State", bound=Sessions[Any])


class SessionReader(StatefulReader[State], ABC, Generic[State, Session]):
    """Keeps the sessions of files, and lets go what has rested in them; formats say what that is.

    Args:
        counts: What it counts in.
        state: The state in which nothing has been read.
        begin: Makes the session of a file that is new.
    """

    def __init__(self, counts: Counter[str], state: State, begin: Callable[[], Session]) -> None:
        super().__init__(counts, state)
        self._begin = begin

    def expire(self, now: float) -> Sequence[Event]:
        """What has waited long enough."""
        return self._let_go(now)

    def next_due(self) -> float | None:
        """When the earliest of it has."""
        return float(min(self.state.dues.values())) if self.state.dues else None

    def finish(self) -> Sequence[Event]:
        """All that waits."""
        return self._let_go(None)

    def _session(self, source: str) -> Session:
        """The session of a file."""
        sessions: dict[str, Session] = self.state.sessions
        session = sessions.get(source)
        if session is None:
            session = sessions[source] = self._begin()
            if len(sessions) > MOST_SESSIONS:
                del sessions[next(iter(sessions))]
        return session

    @abstractmethod
    def _rested(self, session: Session, source: str, now: float | None) -> list[Event]:
        """The events of a session in which something has waited long enough.

        Args:
            session: The session.
            source: Its file.
            now: Seconds; None where the input has ended.
        """

    def _let_go(self, now: float | None) -> list[Event]:
        events: list[Event] = []
        for source, due in list(self.state.dues.items()):
            if now is not None and due > now:
                continue
            self.state.dues.pop(source, None)
            session = self.state.sessions.get(source)
            if session is not None:
                events += self._rested(session, source, now)
        return events
