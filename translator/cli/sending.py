"""From settings to a place where spans go: a server, a file, or the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import msgspec
from rich.console import Console

from translator import __version__
from translator.cli.logs import Log
from translator.cli.tree import print_traces
from translator.delivery.destination import Destination
from translator.delivery.sender import Sender as OutboxSender
from translator.delivery.transport import EnvelopeTransport
from translator.envelopes.attributes import Identity, Privacy
from translator.envelopes.encode import SpanEncoder
from translator.envelopes.legacy import AttributeNames
from translator.envelopes.pack import Packer, Sender, SpanPacker, split_spans
from translator.envelopes.transaction import SPOTLIGHT, TransactionPacker, split_transaction
from translator.errors import ConfigurationError
from translator.model import Span
from translator.pipeline.outcome import Delivery
from translator.pipeline.sinks import FileSink, OutboxSink, ShowSink, Sink
from translator.settings import Settings
from translator.state.memory import MemoryStore

CONCURRENCY = 4
"""Envelopes under way at once: one trace each, so there are many small ones."""

SDK_NAME = "sentry.python.log-translator"
"""Spotlight and Sentry tell the platform from the SDK's name, so it says Python."""

STDOUT = "-"


class Output(msgspec.Struct):
    """Where spans go.

    Attributes:
        sink: Takes them.
        delivery: What becomes of them, where they go to a server.
        first_run: Unix seconds when this destination was first served.
        encoder: What puts the spans into Sentry's words; it counts what it masks and shortens.
        own_files: Files and directories that must not be read as logs.
    """

    sink: Sink
    delivery: Delivery | None = None
    first_run: float | None = None
    encoder: SpanEncoder | None = None
    own_files: tuple[Path, ...] = ()

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
def open_output(settings: Settings, log: Log, console: Console) -> Iterator[Output]:
    """Opens the output that the settings choose, and closes it."""
    name = chosen_destination(settings)
    if name is None:
        log.info(
            "nothing_is_sent",
            reason="no destination is set; finished traces are shown here",
            hint="give --dsn, --spotlight or --out",
        )
        yield Output(ShowSink(lambda spans: _show(console, spans)))
    elif name == "out":
        with _opened(settings["out"]) as file:
            encoder = _encoder(settings, _names(settings, "current"), content=True)
            own = () if settings["out"] == STDOUT else (Path(settings["out"]),)
            yield Output(FileSink(encoder, file), encoder=encoder, own_files=own)
    elif (destination := destination_of(settings, name)) is not None:
        yield from _open_server(settings, destination, log)


def _open_server(settings: Settings, destination: Destination, log: Log) -> Iterator[Output]:
    to_spotlight = destination.spotlight
    for warning in destination.warnings:
        log.warning("destination", problem=warning)
    names = _names(settings, "both" if to_spotlight else "current")
    encoder = _encoder(settings, names, content=to_spotlight)
    sender = Sender(
        destination.public_key,
        (SDK_NAME, __version__),
        environment=settings["environment"],
        release=settings["release"],
        sample_rate=settings["traces_sample_rate"],
    )
    packer: Packer = SpanPacker(sender)
    if to_spotlight or settings["wire"] == "transaction":
        reshaped = SPOTLIGHT if to_spotlight else {}
        packer = TransactionPacker(sender, _identity(settings), reshaped)
    directory = state_directory(settings)
    store = MemoryStore(directory / destination.identity, clock=time.time)
    transport = EnvelopeTransport(destination)
    split = split_spans if isinstance(packer, SpanPacker) else split_transaction
    outbox = OutboxSender(store, transport, split=split, concurrency=CONCURRENCY)
    outbox.start()
    try:
        sink = OutboxSink(encoder, packer, store.commit, lambda: store.full)
        yield Output(sink, Delivery(outbox, store), store.first_run, encoder, (directory,))
    finally:
        outbox.stop()
        transport.close()
        store.close()


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
        SDK_NAME, __version__, settings["environment"], settings["release"], settings["server_name"]
    )


def _names(settings: Settings, default: str) -> AttributeNames:
    chosen = settings["attribute_names"] if settings.rank("attribute_names") else default
    return AttributeNames(chosen)


def _encoder(settings: Settings, names: AttributeNames, *, content: bool) -> SpanEncoder:
    said = settings["send_default_pii"]
    privacy = Privacy(content if said is None else said, settings["log_attributes"])
    return SpanEncoder(_identity(settings), privacy, names=names, mask_secrets=settings["mask_secrets"])


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == STDOUT:
        yield sys.stdout.buffer
        return
    with ExitStack() as closing:
        try:
            file = closing.enter_context(Path(name).open("ab"))
        except OSError as error:
            raise ConfigurationError(
                f"cannot be written: {error.strerror}", where=name, hint="check the path after --out"
            ) from error
        yield file


def _show(console: Console, spans: Sequence[Span]) -> None:
    print_traces(console, spans)
