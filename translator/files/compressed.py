"""Compressed files to their content, bit by bit."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from translator.files.access import ReadAt

MAGIC_BYTES = 6

_INPUT_BYTES = 64 * 1024

DAMAGED = (EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError, OSError)
"""What reading a compressed file may raise; EOFError where its end is missing (as yet)."""


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def wants_input(self) -> bool: ...

    def decode(self, data: bytes, limit: int) -> bytes: ...


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def wants_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decode(self, data: bytes, limit: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, limit)


class _Blocks:
    def __init__(self, inner: bz2.BZ2Decompressor | lzma.LZMADecompressor | zstd.ZstdDecompressor) -> None:
        self._inner = inner

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def wants_input(self) -> bool:
        return self._inner.needs_input

    def decode(self, data: bytes, limit: int) -> bytes:
        return self._inner.decompress(data, limit)


_CODECS: dict[bytes, Callable[[], _Decoder]] = {
    b"\x1f\x8b": _Gzip,
    b"BZh": lambda: _Blocks(bz2.BZ2Decompressor()),
    b"\xfd7zXZ\0": lambda: _Blocks(lzma.LZMADecompressor()),
    b"\x28\xb5\x2f\xfd": lambda: _Blocks(zstd.ZstdDecompressor()),
}

_SKIPPABLE = tuple(bytes((first, 0x2A, 0x4D, 0x18)) for first in range(0x50, 0x60))
"""What frames begin with that zstd passes over, as pzstd writes them; their size follows."""

_SKIPPABLE_HEADER = 8

_NOT_COMPLETE = "the compressed file is not complete"


def is_damage(error: Exception) -> bool:
    """Whether bad content raised one of `DAMAGED`; if not, the system did, and may think better of it."""
    return not isinstance(error, OSError) or error.errno is None


def is_compressed(first: bytes) -> bool:
    """Whether a file that begins with these bytes is compressed (gzip, bzip2, xz, zstd)."""
    return first.startswith((*_CODECS, *_SKIPPABLE))


def _codec_of(first: bytes) -> Callable[[], _Decoder] | None:
    return next((make for magic, make in _CODECS.items() if first.startswith(magic)), None)


class Decompressor:
    """Reads the content of a compressed file from its beginning on, in flat memory.

    Attributes:
        position: Bytes of content handed out.
        consumed: Bytes of the file that have been read for them.
    """

    def __init__(self) -> None:
        self._decoder: _Decoder | None = None
        # What has been read of the file and not unpacked, and how much more of it is to be passed over.
        self._rest = b""
        self._passing = 0
        self.position = 0
        self.consumed = 0

    def read(self, read_at: ReadAt, limit: int) -> bytes:
        """The next bytes of content, `limit` at most; none at its end.

        Args:
            read_at: Reads the file, which may be opened anew at each call.
            limit: Bytes.

        Raises:
            EOFError: The file ends before its content does: it is being written, or cut off.
            OSError: As `read_at`, and what has been read before it is not lost where it is called again;
                without `errno` where something else follows the content.
        """
        while True:
            decoder = self._decoder
            if decoder is None or decoder.eof:
                decoder = self._next_member(read_at)
            if decoder is None:
                return b""
            data, self._rest = self._rest, b""
            ended = False
            if not data and decoder.wants_input:
                data = self._input(read_at)
                ended = not data
            # With no more input it may still have something to give that was above the limit.
            content = decoder.decode(data, limit)
            if content:
                self.position += len(content)
                return content
            if ended and not decoder.eof:
                raise EOFError(_NOT_COMPLETE)

    def skip(self, read_at: ReadAt, offset: int, keep: int) -> tuple[bytes, bytes]:
        """Goes on to an offset.

        Args:
            read_at: Reads the file.
            offset: Where to stop, in bytes of content.
            keep: How many bytes before the offset are handed back.

        Returns:
            The bytes before the offset, and those after it that have been read too far; fewer
            before it than there should be where the content ends earlier.
        """
        before = b""
        while self.position < offset:
            content = self.read(read_at, min(_INPUT_BYTES * 4, offset - self.position))
            if not content:
                return b"", b""
            kept = keep + max(0, self.position - offset)
            before = (before + content)[-kept:] if kept else b""
        beyond = self.position - offset
        return (before[: len(before) - beyond], before[len(before) - beyond :]) if beyond else (before, b"")

    def _next_member(self, read_at: ReadAt) -> _Decoder | None:
        """Goes on to the next of several streams in one file, over padding and skippable frames."""
        if self._decoder is not None:
            self._rest, self._decoder = self._decoder.unused_data, None
        while True:
            passed = min(self._passing, len(self._rest))
            self._passing -= passed
            self._rest = self._rest[passed:]
            if not self._passing:
                self._rest = self._rest.lstrip(b"\0")
                if make := _codec_of(self._rest):
                    self._decoder = make()
                    return self._decoder
                if self._rest.startswith(_SKIPPABLE) and len(self._rest) >= _SKIPPABLE_HEADER:
                    size = int.from_bytes(self._rest[_SKIPPABLE_HEADER // 2 : _SKIPPABLE_HEADER], "little")
                    self._passing = _SKIPPABLE_HEADER + size
                    continue
                if len(self._rest) >= _SKIPPABLE_HEADER:
                    break
            more = self._input(read_at)
            if not more:
                break
            self._rest += more
        if self._passing or self._rest.startswith(_SKIPPABLE):
            raise EOFError(_NOT_COMPLETE)
        if not self._rest:
            return None
        if any(magic.startswith(self._rest) for magic in (*_CODECS, *_SKIPPABLE)):
            raise EOFError(_NOT_COMPLETE)
        raise OSError("what follows the compressed content is something else")

    def _input(self, read_at: ReadAt) -> bytes:
        data = read_at(_INPUT_BYTES, self.consumed)
        self.consumed += len(data)
        return data
