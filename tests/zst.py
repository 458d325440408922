"""Packs as the `zstd` command does: with Python's own library from 3.14 on, before with the package of it."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def compress(data: bytes) -> bytes:
    """One frame with a checksum."""
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})
