"""From settings to a place where spans go: a server, a file, or the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import msgspec
import orjson
from rich.console import Console

from translator import __version__
from translator.cli.logs import Log
from translator.cli.standard_output import standard_output
from translator.cli.tree import print_traces
from translator.delivery.destination import Destination
from translator.delivery.limits import LONGEST_SECONDS
from translator.delivery.sender import Sender
from translator.delivery.transport import EnvelopeTransport
from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.envelopes.legacy import AttributeNames
from translator.errors import ConfigurationError
from translator.files.names import expanded
from translator.model import Span
from translator.pipeline.durable import DurableSink
from translator.pipeline.outcome import Delivery
from translator.pipeline.outgoing import Outgoing
from translator.pipeline.sinks import FileSink, OutboxSink, ShowSink, Sink
from translator.pipeline.translation import Translation
from translator.report.traces import traces_of
from translator.settings import Settings
from translator.state.sqlite import SqliteStore
from translator.state.store import Store

CONCURRENCY = 4
"""Envelopes under way at once: one trace each, so there are many small ones."""

SDK_NAME = "sentry.python.log-translator"
"""Spotlight and Sentry tell the platform from the SDK's name, so it says Python."""

SDK = {"name": SDK_NAME, "version": __version__}

STDOUT = "-"

RATE_LIMITS = "rate_limits"
"""The fact in the store that holds until when (Unix seconds) each category has to wait."""

DESTINATION = "destination"
"""The fact that names the destination to people."""

LAST_ANSWER = "last_answer"
"""The fact that holds what came of the last attempt to send, and when (Unix seconds)."""


class Keep(msgspec.Struct, frozen=True):
    """What is kept across restarts.

    Attributes:
        translation: What turns lines into spans, which goes on from where the last process left off; None
            where only the outbox is kept.
        wait: Waits so many seconds for a full disk; true when it is time to end.
    """

    translation: Translation | None
    wait: Callable[[float], bool]


OUTBOX_ALONE = Keep(None, lambda _seconds: True)
"""For what can be read again, or goes to no server."""


class Output(msgspec.Struct):
    """Where spans go.

    Attributes:
        sink: Takes them.
        clock: The clock of the windows: seconds, never going back, also over restarts.
        totals: What was counted since the state was begun, by a dotted name.
        store: What is kept, where they go to a server.
        delivery: What becomes of them, where they go to a server.
        first_run: Unix seconds when this destination was first served.
        encoder: What puts the spans into Sentry's words; it counts what it masks and shortens.
        own_files: Files and directories that must not be read as logs.
        directory: Where the state of this destination is kept.
    """

    sink: Sink
    clock: Callable[[], float] = time.monotonic
    totals: Callable[[], Mapping[str, int]] = dict
    store: Store | None = None
    delivery: Delivery | None = None
    first_run: float | None = None
    encoder: SpanEncoder | None = None
    own_files: tuple[Path, ...] = ()
    directory: Path | None = None

    def hopeless(self) -> bool:
        """Whether nothing can be sent any more, so that waiting for room is in vain."""
        return self.delivery is not None and self.delivery.hopeless()


def chosen_destination(settings: Settings) -> str | None:
    """Which of "out", "spotlight" and "dsn" it is: the one that the strongest word has set.

    Raises:
        ConfigurationError: Two of them are set by words of equal strength.
    """
    wanted = {
        "out": settings["out"] is not None,
        "spotlight": destination_of(settings, "spotlight") is not None,
        "dsn": settings["dsn"] is not None,
    }
    named = sorted((name for name, is_set in wanted.items() if is_set), key=settings.rank)
    if not named:
        return None
    if len(named) > 1 and settings.rank(named[-1]) == settings.rank(named[-2]):
        raise ConfigurationError(
            f"both `{named[-2]}` and `{named[-1]}` say where to send",
            where=f"{settings.origin(named[-2])}, {settings.origin(named[-1])}",
            hint="give one of --dsn, --spotlight and --out; a flag wins over the environment",
        )
    return named[-1]


def destination_of(settings: Settings, name: str) -> Destination | None:
    """The server that "dsn" or "spotlight" names; None where it is not set, or off.

    Raises:
        ConfigurationError: It names none; the flag, the variable or the file's line is told.
    """
    said = settings[name]
    if said is None:
        return None
    try:
        return Destination.from_dsn(said) if name == "dsn" else Destination.from_spotlight(said)
    except ConfigurationError as error:
        raise ConfigurationError(error.message, where=settings.origin(name), hint=error.hint) from None


@contextmanager
def open_output(settings: Settings, log: Log, console: Console, keep: Keep) -> Iterator[Output]:
    """Opens the output that the settings choose, and closes it.

    Args:
        settings: What is wanted.
        log: Takes warnings.
        console: Shows traces where nothing else is chosen.
        keep: What is kept across restarts, where spans go to a server.

    Raises:
        ConfigurationError: The settings do not say where to send, or say it twice.
        StateError: What is kept cannot be read, or another sidecar uses it.
    """
    name = chosen_destination(settings)
    if name is None:
        log.info(
            "nothing_is_sent",
            reason="no destination is set; finished traces are shown here",
            hint="give --dsn, --spotlight or --out",
        )
        here = local_encoder(settings)
        yield Output(ShowSink(lambda spans: _show(console, here, spans)), encoder=here)
    elif name == "out":
        with _opened(settings["out"]) as file:
            encoder = SpanEncoder(
                _identity(settings),
                _privacy(settings, content=True),
                names=_names(settings, "current"),
                mask_secrets=settings["mask_secrets"],
            )
            own = () if settings["out"] == STDOUT else (Path(expanded(settings["out"])),)
            yield Output(FileSink(encoder, file), encoder=encoder, own_files=own)
    elif (destination := destination_of(settings, name)) is not None:
        yield from _open_server(settings, destination, log, keep)


def _open_server(settings: Settings, destination: Destination, log: Log, keep: Keep) -> Iterator[Output]:
    for warning in destination.warnings:
        log.warning("destination", problem=warning)
    outgoing = outgoing_to(settings, destination)
    encoder, packer = outgoing.encoder(), outgoing.packer()
    directory = state_directory(settings)
    own = directory / (f"{destination.identity}-{settings.name}" if settings.name else destination.identity)
    sink: OutboxSink | DurableSink
    clock = time.monotonic
    store = SqliteStore(own, clock=time.time, max_bytes=settings["max_outbox_bytes"])
    for problem in store.problems:
        log.warning("state", problem=problem)
    if keep.translation is None:
        sink = OutboxSink(encoder, packer, store)
    else:
        sink = DurableSink(keep.translation, encoder, packer, store, sdk=SDK, wall=time.time, wait=keep.wait)
        clock = _clock_from(sink.recover())
    store.remember(DESTINATION, destination.masked)
    transport = EnvelopeTransport(destination, on_limits=lambda limits: _keep_limits(store, limits))
    transport.limits.impose(_kept_limits(store))
    outbox = Sender(store, transport, split=outgoing.split, concurrency=CONCURRENCY)
    outbox.start()
    try:
        delivery = Delivery(outbox, store)
        totals = sink.totals if isinstance(sink, DurableSink) else dict
        yield Output(sink, clock, totals, store, delivery, store.first_run, encoder, (directory,), own)
    finally:
        outbox.stop()
        transport.close()
        store.close()


def outgoing_to(settings: Settings, destination: Destination) -> Outgoing:
    """How spans become envelopes for a server."""
    to_spotlight = destination.spotlight
    return Outgoing(
        destination,
        _identity(settings),
        _privacy(settings, content=to_spotlight),
        _names(settings, "both" if to_spotlight else "current"),
        settings["mask_secrets"],
        to_spotlight or settings["wire"] == "transaction",
        settings["traces_sample_rate"],
        settings["issues"],
    )


def local_encoder(settings: Settings) -> SpanEncoder:
    """Puts spans into Sentry's words, under current names, for people at this machine."""
    return SpanEncoder(
        _identity(settings), _privacy(settings, content=True), mask_secrets=settings["mask_secrets"]
    )


def _clock_from(start: float) -> Callable[[], float]:
    """A clock that never goes back, and begins at `start` now."""
    begun = time.monotonic()
    return lambda: start + time.monotonic() - begun


def _keep_limits(store: Store, limits: Mapping[str | None, float]) -> None:
    now = time.time()
    kept = {category or "": now + seconds for category, seconds in limits.items()}
    store.remember(RATE_LIMITS, orjson.dumps(kept).decode())


def _kept_limits(store: Store) -> dict[str | None, float]:
    kept = orjson.loads(store.recall(RATE_LIMITS) or "{}")
    now = time.time()
    # The clock may have been ahead when they were kept.
    return {
        category or None: min(until - now, LONGEST_SECONDS) for category, until in kept.items() if until > now
    }


def state_directory(settings: Settings) -> Path:
    """Where the state is kept."""
    chosen = settings["state_dir"]
    directory = settings.state_home / "translator" if chosen is None else Path(chosen)
    try:
        return directory.expanduser()
    except RuntimeError:
        raise ConfigurationError(
            "there is no such home directory", where=str(directory), hint="give another --state-dir"
        ) from None


def _identity(settings: Settings) -> Identity:
    return Identity(
        SDK_NAME,
        __version__,
        settings["environment"],
        settings["release"],
        settings["server_name"],
        settings["service"],
        settings["attributes"],
    )


def _names(settings: Settings, default: str) -> AttributeNames:
    chosen = settings["attribute_names"] if settings.rank("attribute_names") else default
    return AttributeNames(chosen)


def _privacy(settings: Settings, *, content: bool) -> Privacy:
    said = settings["send_default_pii"]
    return Privacy(content if said is None else said, settings["log_attributes"])


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == STDOUT:
        yield standard_output().buffer
        return
    with ExitStack() as closing:
        try:
            file = closing.enter_context(Path(expanded(name)).open("ab"))
        except OSError as error:
            raise ConfigurationError(
                f"cannot be written: {error.strerror}", where=name, hint="check the path after --out"
            ) from error
        yield file


def _show(console: Console, encoder: SpanEncoder, spans: Sequence[Span]) -> None:
    print_traces(console, traces_of([encoder.encode(span).data for span in spans]))
