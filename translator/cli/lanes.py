"""Several sources at once, each in a thread of its own: none waits for another, or fails with it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

import typer

from translator.cli.following import Following
from translator.cli.logs import Log
from translator.errors import TranslatorError
from translator.settings import Settings
from translator.settings_sources import MOST_SOURCES

RETRY_SECONDS = 30.0
"""How long a source that could not go on rests before it is tried again."""

_LOOK_SECONDS = 0.5


class _Lane:
    """One source and what became of following it."""

    def __init__(self, following: Following, future: Future[None], wake: threading.Event) -> None:
        self.following = following
        self.future = future
        self.ended_at = 0.0
        self.told = False
        self._wake = wake
        future.add_done_callback(self._ended)

    @property
    def outcome(self) -> BaseException | None:
        """What it ended with, if it has ended and not well."""
        return self.future.exception() if self.future.done() else None

    def _ended(self, _future: Future[None]) -> None:
        self.ended_at = time.monotonic()
        self._wake.set()


class Lanes:
    """Follows sources until told to stop, or until all have ended.

    Args:
        follow: Makes what follows a source of its settings.
        log: The program's own.
        stopping: Set when it is time to end.
        reloading: Set when the settings shall be read anew.
        wake: Set whenever there is something to look at.
        reload: Reads them; raises ConfigurationError where they cannot be used.
    """

    def __init__(
        self,
        follow: Callable[[Settings], Following],
        log: Log,
        *,
        stopping: threading.Event,
        reloading: threading.Event,
        wake: threading.Event,
        reload: Callable[[], Sequence[Settings]],
    ) -> None:
        self._follow = follow
        self._log = log
        self._stopping = stopping
        self._reloading = reloading
        self._wake = wake
        self._reload = reload
        self._lanes: dict[str, _Lane] = {}
        self._threads = ThreadPoolExecutor(MOST_SOURCES, thread_name_prefix="source")

    def run(self, sources: Sequence[Settings], *, once: bool) -> None:
        """Follows the sources.

        Args:
            sources: Their settings.
            once: Whether each is read through and not tried again.

        Raises:
            TranslatorError: What went wrong last with one of them; all others have gone on to their ends.
            OSError, typer.Exit: Likewise.
            Exception: The program has a fault. The others have ended in order all the same.
        """
        try:
            for settings in sources:
                self._begin(settings)
            self._look_after_them(once=once)
        finally:
            for lane in self._lanes.values():
                lane.following.stop()
            wait([lane.future for lane in self._lanes.values()])
        self._conclude()

    def _look_after_them(self, *, once: bool) -> None:
        while not self._stopping.is_set():
            if self._reloading.is_set():
                self._reloading.clear()
                self._changed()
            if all(lane.future.done() for lane in self._lanes.values()) and (once or len(self._lanes) == 1):
                break
            if not once:
                self._try_again()
            self._wake.wait(_LOOK_SECONDS)
            self._wake.clear()

    def _begin(self, settings: Settings) -> None:
        following = self._follow(settings)
        self._lanes[settings.name] = _Lane(following, self._threads.submit(following.run), self._wake)

    def _changed(self) -> None:
        """Takes the settings that there are now, if they are good: only what differs begins anew."""
        try:
            sources = {settings.name: settings for settings in self._reload()}
        except TranslatorError as error:
            stay = "the settings stay as they were"
            hint = f"{error.hint}; {stay}" if error.hint else stay
            self._log.error("reload_failed", error=str(error), hint=hint)
            return
        ended = [
            name
            for name, lane in self._lanes.items()
            if name not in sources or not same(lane.following.settings, sources[name])
        ]
        for name in ended:
            self._lanes[name].following.stop()
        for name in ended:
            lane = self._lanes.pop(name)
            wait([lane.future])
            self._tell(lane)
        kept = len(self._lanes)
        begun = [settings for name, settings in sources.items() if name not in self._lanes]
        for settings in begun:
            self._begin(settings)
        self._log.info("reloaded", kept=kept, ended=len(ended), begun=len(begun))

    def _try_again(self) -> None:
        """Begins anew with what failed a while ago."""
        for lane in list(self._lanes.values()):
            if not lane.future.done():
                continue
            self._tell(lane, again=RETRY_SECONDS)
            if time.monotonic() - lane.ended_at >= RETRY_SECONDS:
                self._begin(lane.following.settings)

    def _tell(self, lane: _Lane, again: float | None = None) -> None:
        """Says once what went wrong with a source; what is a fault of the program is raised."""
        error, name = lane.outcome, lane.following.settings.name
        if error is None or lane.told or isinstance(error, typer.Exit):
            return
        if not isinstance(error, TranslatorError | OSError):
            raise error
        lane.told = True
        # What the system denies now it may grant later.
        hint = error.hint if isinstance(error, TranslatorError) else "what was not read is still in the logs"
        self._log.error("source_failed", source=name, error=str(error), hint=hint, again_in=again)

    def _conclude(self) -> None:
        lanes = [lane for lane in self._lanes.values() if lane.outcome is not None]
        # An error says more than an exit code.
        lanes.sort(key=lambda lane: isinstance(lane.outcome, typer.Exit))
        for lane in lanes[1:]:
            self._tell(lane)
        if lanes and lanes[0].outcome is not None:
            raise lanes[0].outcome


def same(one: Settings, other: Settings) -> bool:
    """Whether two sets of settings lead to the same."""
    return one.said() == other.said() and one.formats_table == other.formats_table
