"""Whole files, standard input, compressed or damaged ones."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import zst
from tests.files.following import Sidecar, texts
from translator.errors import InputError
from translator.files import inputs
from translator.files.access import of_file
from translator.files.compressed import DAMAGED, Decompressor
from translator.files.inputs import find_inputs, open_input
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


@pytest.mark.parametrize("cut", [1, 8, 20, 2000, 100_000])
@pytest.mark.parametrize("read", ["whole", "batches"])
def test_of_a_file_cut_off_all_that_can_be_unpacked_is_read(tmp_path: Path, read: str, cut: int) -> None:
    path = tmp_path / "a.log.gz"
    noise = [os.urandom(400).hex().encode() for _ in range(1000)]  # more than one batch, and hard to pack
    cut_off = gzip.compress(b"\n".join(noise) + b"\n")[:-cut]
    path.write_bytes(cut_off)
    (one,) = find_inputs([str(path)], lambda _line: 7)
    batches = read_lines(str(path)) if read == "whole" else (batch.lines for batch in open_input(one))
    lines: list[bytes] = []
    with pytest.raises(InputError, match=r"a\.log\.gz: cannot be read"):
        lines.extend(line.data for batch in batches for line in batch)

    # The line in which the end is missing comes, too, as from an uncompressed file.
    assert lines == zlib.decompressobj(31).decompress(cut_off).splitlines()
    assert lines[:-1] == noise[: len(lines) - 1]
    assert one.first_time == 7


def test_half_a_line_is_no_line_while_the_disk_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntwo\nthr")
    real = os.pread

    def failing(descriptor: int, size: int, offset: int) -> bytes:
        if offset:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(descriptor, size, offset)

    monkeypatch.setattr(os, "pread", failing)
    lines: list[bytes] = []
    with pytest.raises(InputError, match=r"a\.log: cannot be read"):
        lines.extend(line.data for batch in read_lines(str(path)) for line in batch)

    assert lines == [b"one", b"two"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        list(read_lines(str(tmp_path / "none.log")))


def test_going_on_in_compressed_content_holds_no_more_than_a_piece_of_it() -> None:
    descriptor = os.memfd_create("packed")
    try:
        os.write(descriptor, gzip.compress(b"x" * 50_000_000, 1))
        tracemalloc.start()
        before, beyond = Decompressor().skip(of_file(descriptor), 49_999_999, 0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        os.close(descriptor)

    assert (before, beyond) == (b"", b"")
    assert most < 5_000_000


@given(
    st.sampled_from(PACKERS), st.lists(st.integers(0, 5000), min_size=1, max_size=4),
    st.integers(0, 20_000), st.integers(1, 5000), st.integers(0, 40), st.sampled_from([0, 1, 100]),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_decompressing_from_any_offset(
    pack: Callable[[bytes], bytes], members: list[int], offset: int, limit: int, padding: int, keep: int
) -> None:
    parts = [b"".join(b"%d," % number for number in range(size)) for size in members]
    whole = b"".join(parts)
    packed = b"".join(map(pack, parts)) + b"\0" * padding
    descriptor = os.memfd_create("packed")
    try:
        os.write(descriptor, packed)
        decompressor = Decompressor()
        before, beyond = decompressor.skip(of_file(descriptor), min(offset, len(whole)), keep)
        rest = beyond
        while data := decompressor.read(of_file(descriptor), limit):
            rest += data
        wanted = whole[: min(offset, len(whole))]
        assert before == (wanted[-keep:] if keep else b"")
        assert rest == whole[min(offset, len(whole)) :]
    finally:
        os.close(descriptor)


def skippable(size: int, kind: int = 0x50) -> bytes:
    """A frame of zstd's that holds no content."""
    return bytes((kind, 0x2A, 0x4D, 0x18)) + size.to_bytes(4, "little") + b"\x28\xb5\x2f\xfd" * (size // 4)


PASSED_OVER = [skippable(0), skippable(4, 0x5F), skippable(200_000), b"\0" * 100_000, b""]


@pytest.mark.parametrize("between", PASSED_OVER, ids=len)
@pytest.mark.parametrize("pack", PACKERS)
def test_frames_without_content_and_padding_are_passed_over(
    tmp_path: Path, pack: Callable[[bytes], bytes], between: bytes
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(skippable(40) + pack(b"one\ntw") + between + pack(b"o\n") + between)

    assert [line.data for batch in read_lines(str(path)) for line in batch] == [b"one", b"two"]


@pytest.mark.parametrize("rest", [b"three\n", b"\x01garbage", b"\0\0\0x", skippable(4) + b"not compressed"])
@pytest.mark.parametrize("pack", PACKERS)
def test_what_is_not_compressed_behind_what_is_is_told(
    tmp_path: Path, pack: Callable[[bytes], bytes], rest: bytes
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(pack(b"one\ntwo\n") + rest)
    lines: list[bytes] = []
    with pytest.raises(InputError, match="something else"):
        lines.extend(line.data for batch in read_lines(str(path)) for line in batch)

    assert lines == [b"one", b"two"]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_frame_that_is_passed_over_may_be_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(zst.compress(b"one\n") + skippable(4)[:-cut])
    with pytest.raises(InputError, match="not complete"):
        list(read_lines(str(path)))


@pytest.mark.parametrize("size", [4, 7, 50])
def test_members_that_come_bit_by_bit(tmp_path: Path, size: int) -> None:
    packed = skippable(8) + zst.compress(b"one\n") + b"\0\0" + skippable(12) + zst.compress(b"two\n")
    path = tmp_path / "a.log.zst"
    sidecar = Sidecar(path)
    for start in range(0, len(packed), size):
        with path.open("ab") as file:
            file.write(packed[start : start + size])
        sidecar.look()
    sidecar.wait()

    assert sidecar.data == [b"one", b"two"]
    assert not sidecar.problems


def test_a_followed_file_with_something_else_behind_its_content_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "a.log.gz"
    path.write_bytes(gzip.compress(b"one\ntwo\n") + b"three\n")
    sidecar = Sidecar(path)
    sidecar.wait(60)

    assert sidecar.data == [b"one", b"two"]
    assert [str(error) for _, error in sidecar.problems] == [
        "damaged: what follows the compressed content is something else"
    ]


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

    decompressor = Decompressor()
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
            decompressor = Decompressor()
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
        decompressor = Decompressor()
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
