"""What is sent is in gzip's format, whoever makes it."""

from __future__ import annotations

import gzip
import importlib
import sys

import pytest

from translator.delivery import compression

DATA = b'{"version":2,"items":[]}' * 1_000


@pytest.mark.parametrize("level", range(1, 10))
@pytest.mark.parametrize("data", [b"", b"{", DATA])
def test_what_is_compressed_comes_back(data: bytes, level: int) -> None:
    assert gzip.decompress(compression.gzipped(data, level)) == data


def test_equal_bytes_are_compressed_to_equal_bytes() -> None:
    assert compression.gzipped(DATA, 1) == compression.gzipped(DATA, 1)
    assert len(compression.gzipped(DATA, 1)) < len(DATA) / 20


def test_without_the_library_zlib_compresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal", None)
    try:
        importlib.reload(compression)
        assert compression.gzipped(DATA, 1) == gzip.compress(DATA, 1, mtime=0)
    finally:
        monkeypatch.undo()
        importlib.reload(compression)
