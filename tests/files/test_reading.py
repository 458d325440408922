"""Whole files, standard input, compressed or damaged ones."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import zst
from tests.files.following import texts
from translator.errors import InputError
from translator.files import inputs
from translator.files.access import of_file
from translator.files.compressed import DAMAGED, Decompressor
from translator.files.reading import read_lines
from translator.files.stdin import StdinTailer

PACKERS: list[Callable[[bytes], bytes]] = [
    gzip.compress, bz2.compress, lzma.compress, zst.compress,
]  # fmt: skip


@pytest.mark.parametrize("pack", [*PACKERS, bytes])
@pytest.mark.parametrize("data", [b"", b"one", b"\n".join(texts(0, 30_000))])
def test_whole_files(tmp_path: Path, pack: Callable[[bytes], bytes], data: bytes) -> None:
    path = tmp_path / "a.log.1"
    path.write_bytes(pack(data))
    lines = [line for batch in read_lines(str(path)) for line in batch]

    assert [line.data for line in lines] == (data.split(b"\n") if data else [])
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert {line.source for line in lines} <= {str(tmp_path / "a.log")}


@pytest.mark.parametrize("pack", PACKERS)
def test_a_file_cut_off_gives_its_lines_and_then_an_error(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "a.log.gz"
    packed = pack(os.urandom(300_000).hex().encode() + b"\n" + b"\n".join(texts(0, 1000)))
    path.write_bytes(packed[:-100])
    with pytest.raises(InputError, match=r"a\.log\.gz"):
        list(read_lines(str(path)))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="FileNotFoundError"):
        list(read_lines(str(tmp_path / "none.log")))


@given(
    st.sampled_from(PACKERS), st.lists(st.integers(0, 5000), min_size=1, max_size=4),
    st.integers(0, 20_000), st.integers(1, 5000), st.integers(0, 40),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_decompressing_from_any_offset(
    pack: Callable[[bytes], bytes], members: list[int], offset: int, limit: int, padding: int
) -> None:
    parts = [b"".join(b"%d," % number for number in range(size)) for size in members]
    whole = b"".join(parts)
    packed = b"".join(map(pack, parts)) + b"\0" * padding
    descriptor = os.memfd_create("packed")
    try:
        os.write(descriptor, packed)
        decompressor = Decompressor(packed[:6])
        before, beyond = decompressor.skip(of_file(descriptor), min(offset, len(whole)), 100)
        rest = beyond
        while data := decompressor.read(of_file(descriptor), limit):
            rest += data
        assert before == whole[: min(offset, len(whole))][-100:]
        assert rest == whole[min(offset, len(whole)) :]
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("pack", PACKERS)
def test_decompressing_what_comes_byte_by_byte_with_silence(
    pack: Callable[[bytes], bytes],
) -> None:
    packed = pack(b"one\n" * 50) + pack(b"two\n" * 50) + b"\0" * 3
    silent = False

    def read_at(_count: int, offset: int) -> bytes:
        nonlocal silent
        silent = not silent
        if silent:
            raise BlockingIOError
        return packed[offset : offset + 1]

    decompressor = Decompressor(packed[:6])
    content = b""
    while True:
        try:
            data = decompressor.read(read_at, 64)
        except BlockingIOError:
            continue
        if not data:
            break
        content += data

    assert content == b"one\n" * 50 + b"two\n" * 50


@pytest.mark.parametrize("pack", [*PACKERS, bytes])
def test_who_reads_standard_input_hears_that_nothing_comes(
    pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = pack(b"\n".join(texts(0, 100)))
    reading, writing = os.pipe()
    monkeypatch.setattr(inputs, "standard_input", lambda: reading)
    batches = inputs.open_input(inputs.Input("-"))
    os.write(writing, packed[: len(packed) // 2])
    before = [next(batches) for _ in range(2)]
    os.write(writing, packed[len(packed) // 2 :])
    os.close(writing)
    found = [line.data for batch in (*before, *batches) for line in batch.lines]
    os.close(reading)

    assert found == texts(0, 100)


def test_memory_stays_flat_for_a_bomb() -> None:
    descriptor = os.memfd_create("bomb")
    try:
        for pack in PACKERS:
            packed = pack(bytes(100_000_000))
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, packed, 0)
            decompressor = Decompressor(packed[:6])
            sizes = []
            while data := decompressor.read(of_file(descriptor), 100_000):
                sizes.append(len(data))
            assert sum(sizes) == 100_000_000
            assert max(sizes) <= 100_000
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(("window_log", "read"), [(10, True), (27, True), (28, False), (41, False)])
def test_a_window_above_128_mib_is_damage(window_log: int, read: bool) -> None:  # noqa: FBT001
    header, last_block_of_one_byte = bytes([0, window_log - 10 << 3]), b"\x09\0\0x"
    packed = b"\x28\xb5\x2f\xfd" + header + last_block_of_one_byte
    descriptor = os.memfd_create("window")
    os.write(descriptor, packed)
    try:
        decompressor = Decompressor(packed[:6])
        with nullcontext() if read else pytest.raises(DAMAGED, match=r"window|memory"):
            assert decompressor.read(of_file(descriptor), 100) == b"x"
    finally:
        os.close(descriptor)


def test_standard_input() -> None:
    reading, writing = os.pipe()
    changed = threading.Event()
    tailer = StdinTailer(reading, 1000, changed)
    os.write(writing, b"one\ntwo\nhal")
    os.close(writing)
    lines = []
    while not tailer.ended:
        tailer.scan()
        changed.wait(5)
        changed.clear()
        for batch in tailer.poll():
            assert batch.checkpoint is None
            lines += batch.lines
    os.close(reading)

    assert [(line.data, line.offset, line.source) for line in lines] == [
        (b"one", 0, "-"), (b"two", 4, "-"), (b"hal", 8, "-"),
    ]  # fmt: skip
    assert (tailer.positions(), tailer.forgotten()) == ([], [])
