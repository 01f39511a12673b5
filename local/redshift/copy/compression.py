"""Objects' compression: GZIP, BZIP2, ZSTD, in streams of one or several members (copy-parameters-data-conversion)."""

from __future__ import annotations

import bz2
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from local.redshift.copy.failures import SourceError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# What one step gives at most: a kilobyte of zeros may stand for megabytes.
_MOST = 1 << 20


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decompressor in the manner of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, /, max_length: int) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


_DECOMPRESSORS: dict[str, Callable[[], _Decompressor]] = {
    "gzip": _Gzip,
    "bzip2": bz2.BZ2Decompressor,
    "zstd": zstd.ZstdDecompressor,
}


def decompressed(chunks: Iterator[bytes], kind: str, context: str) -> Iterator[bytes]:
    """Yield a stream's bytes decompressed, at most a megabyte at a time.

    :param kind: 'gzip', 'bzip2' or 'zstd'. :param context: what is read, for errors.

    Raises SourceError for a stream that is damaged or ends early.
    """
    current = _DECOMPRESSORS[kind]()
    begun = False
    for chunk in chunks:
        data = chunk
        begun = begun or bool(data)
        while data or not (current.needs_input or current.eof):
            if current.eof:
                current = _DECOMPRESSORS[kind]()
            try:
                yield current.decompress(data, _MOST)
            except (zlib.error, zstd.ZstdError, OSError) as error:
                raise SourceError(f"stand-in: the {kind} data is damaged: {error}", context=context) from error
            data = current.unused_data if current.eof else b""
    if begun and not current.eof:
        raise SourceError(f"stand-in: the {kind} data ends early", context=context)
