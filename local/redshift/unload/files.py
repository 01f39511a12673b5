"""The files that an UNLOAD writes: none is to be seen before all are complete."""

from __future__ import annotations

import bz2
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from local.redshift.unload.options import UnloadOptions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# How many files a parallel UNLOAD writes at once; a cluster has as many as it has slices.
SLICES = 2
# The memory that each open file takes; S3's parts are of 5 MB at least.
_PART = 8 << 20


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class _Nothing:
    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


_COMPRESSORS: dict[str | None, tuple[str, Callable[[], _Compressor]]] = {
    None: ("", _Nothing),
    "gzip": ("gz", lambda: zlib.compressobj(wbits=31)),
    "bzip2": ("bz2", bz2.BZ2Compressor),
    "zstd": ("zst", zstd.ZstdCompressor),
}


@dataclass
class File:
    """One file: written in parts, and an object only when it is `published`.

    :param lines: the lines written, with the header's. :param size: its bytes as they are in S3.
    """

    client: S3Client
    bucket: str
    key: str
    compressor: _Compressor
    lines: int = 0
    size: int = 0
    raw: int = 0
    _buffer: bytearray = field(default_factory=bytearray)
    _upload: str = ""
    _parts: list[CompletedPartTypeDef] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"s3://{self.bucket}/{self.key}"

    def write(self, line: bytes) -> None:
        """Add one line."""
        self.lines += 1
        self.raw += len(line)
        self._take(self.compressor.compress(line))

    def finish(self) -> None:
        """End the file; nothing can be written behind it. Its memory is given free if it is a large one."""
        self._take(self.compressor.flush())
        if self._upload and self._buffer:
            self._send()

    def publish(self) -> None:
        """Make it an object, in the place of one of the same key."""
        if self._upload:
            self.client.complete_multipart_upload(
                Bucket=self.bucket, Key=self.key, UploadId=self._upload, MultipartUpload={"Parts": self._parts}
            )
            self._upload = ""
        else:
            self.client.put_object(Bucket=self.bucket, Key=self.key, Body=bytes(self._buffer))

    def discard(self) -> None:
        """Give it up. Idempotent."""
        if self._upload:
            self.client.abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self._upload)
            self._upload = ""

    def _take(self, data: bytes) -> None:
        self._buffer += data
        self.size += len(data)
        while len(self._buffer) >= _PART:
            self._send()

    def _send(self) -> None:
        if not self._upload:
            made = self.client.create_multipart_upload(Bucket=self.bucket, Key=self.key)
            self._upload = made["UploadId"]
        number = len(self._parts) + 1
        sent = self.client.upload_part(
            Bucket=self.bucket,
            Key=self.key,
            UploadId=self._upload,
            PartNumber=number,
            Body=bytes(self._buffer[:_PART]),
        )
        del self._buffer[:_PART]
        self._parts.append({"ETag": sent["ETag"], "PartNumber": number})


class Files:
    """All files of one UNLOAD: the rows go to the slices in turn, and each slice begins a new file when one is full.

    :param prefix: what the files' keys start with. :param header: the first line of each.
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str, options: UnloadOptions, header: bytes) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._options = options
        self._header = header
        self._slices = SLICES if options.parallel else 1
        self._open: dict[int, File] = {}
        self._counts = [0] * self._slices
        self.written: list[File] = []
        self.rows = 0

    def write(self, line: bytes) -> None:
        """Add one row's line."""
        number = self.rows % self._slices
        self.rows += 1
        file = self._open.get(number)
        if file is None or file.raw + len(line) > self._options.largest:
            file = self._next(number)
        file.write(line)

    def finish(self) -> None:
        """End all files."""
        for file in self._open.values():
            file.finish()
        self._open = {}
        self.written.sort(key=lambda file: file.key)

    def discard(self) -> None:
        """Give all up. Idempotent."""
        for file in self.written:
            file.discard()

    def _next(self, number: int) -> File:
        if number in self._open:
            self._open[number].finish()
        part = self._counts[number]
        self._counts[number] += 1
        name = f"{number:04}_part_{part:02}" if self._options.parallel else f"{part:03}"
        own, make = _COMPRESSORS[self._options.compression]
        extension = self._options.extension or own
        key = f"{self._prefix}{name}.{extension}" if extension else f"{self._prefix}{name}"
        file = File(self._client, self._bucket, key, make())
        self.written.append(file)
        self._open[number] = file
        if self._header:
            file.write(self._header)
        return file
