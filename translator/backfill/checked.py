"""Inputs read for checking: in the order of a backfill, with memory for what is open alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from translator.backfill.merge import Merge
from translator.backfill.run import HELD_BYTES
from translator.checks.diagnostic import Diagnostic
from translator.errors import InputError
from translator.files.inputs import Input, open_input
from translator.pipeline.beside import BesideFiles
from translator.pipeline.checking import Checker

MOST_HELD = 10_000
"""Diagnostics that wait to be put into the order of files and lines."""


def check_inputs(
    inputs: Sequence[Input],
    checker: Checker,
    *,
    max_line_bytes: int,
    reorder: float,
    on_damaged: Callable[[InputError], None],
) -> Iterator[list[Diagnostic]]:
    """What is wrong with inputs, in batches as it is found: each in the order of files and lines.

    Small inputs with few findings give one batch.

    Args:
        inputs: Oldest first.
        checker: Looks at their lines.
        max_line_bytes: The longest line that is read.
        reorder: Seconds of the log's time for which a line of a large input may be late.
        on_damaged: Told of an input that cannot be read, or not further.
    """
    order = {one.name: place for place, one in enumerate(inputs)}

    def ordered(found: list[Diagnostic]) -> list[Diagnostic]:
        return sorted(found, key=lambda one: (order.get(one.origin.file, -1), one.origin.number))

    merge = Merge(inputs, lambda one, _position, batch: open_input(one, max_line_bytes, batch_bytes=batch))
    beside = BesideFiles()
    found: list[Diagnostic] = []
    until: int | None = None
    while True:
        try:
            batch = merge.next()
        except InputError as error:
            on_damaged(error)
            merge.give_up()
            continue
        if batch is None:
            break
        place, read = batch
        found += checker.feed(inputs[place].name, beside.add(read.lines), (until or 0) / 1e6)
        if checker.earliest is not None:
            merge.seen(place, checker.earliest)
        if len(found) > MOST_HELD:
            yield ordered(found)
            found = []
        reached = merge.read_until
        if reached is None or (until is None and checker.held_bytes < HELD_BYTES):
            continue
        reached -= round(reorder * 1e6)
        if until is None or reached > until:
            until = reached
            found += checker.until(until)
            yield ordered(found)
            found = []
    yield ordered(found + checker.drain((until or 0) / 1e6))
