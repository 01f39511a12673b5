"""Which objects a COPY reads, and their bytes, read ahead in parallel (copy-parameters-data-source-s3)."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from local.redshift.copy.compression import decompressed
from local.redshift.copy.encodings import as_utf8
from local.redshift.copy.failures import SourceError
from local.redshift.copy.options import Options

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A few megabytes in flight whatever the objects' sizes: every object read ahead holds at most _CHUNKS chunks.
_READERS = 8
_CHUNKS = 4
_CHUNK = 1 << 18
# Seconds between two looks at the client while S3 is silent.
_PATIENCE = 0.1
T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """One object to load. :param mandatory: whether its absence fails the load."""

    bucket: str
    key: str
    mandatory: bool = True

    @property
    def url(self) -> str:
        """Its address."""
        return f"s3://{self.bucket}/{self.key}"


def parse_url(url: str) -> tuple[str, str]:
    """Return the bucket and the key of an s3:// address."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def service_error(error: Exception, context: str) -> SourceError:
    """Return S3's error in Redshift's words; a failed connection has no status of its own and is given 503."""
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        meta = error.response.get("ResponseMetadata", {})
        status = meta.get("HTTPStatusCode", 0)
        code = _CODES.get(str(details.get("Code")), details.get("Code", ""))
        message = details.get("Message") or code
        if code == "NoSuchKey":
            message = "The specified key does not exist."
        rid, extended = meta.get("RequestId", ""), meta.get("HostId", "")
        retry = int(status >= 500 or code in ("NoSuchKey", "SlowDown"))
        text = f"{message},Status {status},Error {code},Rid {rid},ExtRid {extended},CanRetry {retry}"
    else:
        text = f"{error},Status 503,Error {type(error).__name__},Rid ,ExtRid ,CanRetry 1"
    return SourceError(f"S3ServiceException:{text}", context=context, location="s3_utility.cpp")


# HEAD and some GET requests carry only a status.
_CODES = {"404": "NoSuchKey", "403": "AccessDenied"}


def patiently(work: Callable[[], T], wait: Callable[[], None]) -> T:
    """Return what `work` returns or raise what it raises; it may hang on S3, and `wait` is called meanwhile.

    :param wait: raises to give up waiting; the work is then left to itself.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is for who waits
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    while not wait_for([future], timeout=_PATIENCE).done:
        wait()
    return future.result()


def read_whole(client: S3Client, url: str, *, most: int = 64 << 20) -> bytes:
    """Return an object's bytes; SourceError if it cannot be read or is larger than `most` bytes."""
    bucket, key = parse_url(url)
    context = f"S3 key being read : {url}"
    try:
        stream = client.get_object(Bucket=bucket, Key=key)["Body"]
        body = stream.read(most + 1)
        if len(body) <= most:
            # Only a read that finds nothing more compares what came with the length that was announced.
            stream.read(1)
    except (ClientError, BotoCoreError, OSError) as error:
        raise service_error(error, context) from error
    if len(body) > most:
        raise SourceError(f"stand-in: {url} is larger than {most} bytes", context=context)
    return body


def listed(client: S3Client, url: str) -> list[Source]:
    """Return the objects whose keys start with the prefix; SourceError if there are none."""
    bucket, prefix = parse_url(url)
    found: list[Source] = []
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            found += [Source(bucket, item["Key"]) for item in page.get("Contents", [])]
    except (ClientError, BotoCoreError, OSError) as error:
        raise service_error(error, f"Listing bucket={bucket} prefix={prefix}") from error
    if not found:
        raise SourceError(f"The specified S3 prefix '{prefix}' does not exist", location="s3_utility.cpp")
    return found


def from_manifest(client: S3Client, url: str) -> list[Source]:
    """Return the objects that a manifest names, in its order; SourceError if it cannot be read."""
    try:
        body = read_whole(client, url)
    except SourceError as error:
        if "NoSuchKey" in error.error or "AccessDenied" in error.error:
            text = "COPY with MANIFEST parameter requires full path of an S3 object."
            raise SourceError(text, context=f"Manifest file location={url}") from error
        raise
    context = f"Manifest file location={url}"
    try:
        entries = json.loads(body)["entries"]
        sources = [
            Source(*parse_url(_text(entry["url"])), mandatory=entry.get("mandatory", False) is True)
            for entry in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"stand-in: the manifest cannot be read: {error!r}", context=context) from error
    if not sources:
        raise SourceError("stand-in: the manifest names no file", context=context)
    return sources


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.startswith("s3://"):
        raise ValueError(f"url {value!r} is not an s3:// address")
    return value


class ObjectReader:
    """Reads objects ahead, several at once, and hands them out one after the other.

    :param client: the S3 client, which may be used by several threads.
    :param sources: the objects in the order to load them. :param manifest: the manifest's address, if there is one.
    :param options: the statement's, for compression and encoding.

    A context manager: leaving it stops the readers.
    """

    def __init__(self, client: S3Client, sources: list[Source], *, manifest: str | None, options: Options) -> None:
        self._client = client
        self._sources = sources
        self._manifest = manifest
        self._compression = options.compression
        self._encoding = options.encoding
        self._queues: list[queue.Queue[bytes | Exception | None]] = []
        self._next = 0
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(_READERS * 4)
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> ObjectReader:
        self._queues = [queue.Queue(_CHUNKS) for _ in self._sources]
        for _ in range(min(_READERS, len(self._sources))):
            thread = threading.Thread(target=self._work, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for _thread in self._threads:
            self._slots.release()

    def objects(self, wait: Callable[[], None]) -> Iterator[tuple[Source, Iterator[bytes]]]:
        """Yield each object and its bytes, which must be used up before the next.

        :param wait: called again and again while there is nothing to read.
        """
        for index, source in enumerate(self._sources):
            chunks = self._chunks(index, wait)
            if self._compression:
                chunks = decompressed(chunks, self._compression, f"S3 key being read : {source.url}")
            yield source, as_utf8(chunks, self._encoding)
            self._slots.release()

    def _chunks(self, index: int, wait: Callable[[], None]) -> Iterator[bytes]:
        while True:
            try:
                item = self._queues[index].get(timeout=_PATIENCE)
            except queue.Empty:
                wait()
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item

    def _work(self) -> None:
        while True:
            self._slots.acquire()
            with self._lock:
                index = self._next
                self._next += 1
            if index >= len(self._sources) or self._stopped.is_set():
                return
            self._read(index)

    def _read(self, index: int) -> None:
        source = self._sources[index]
        try:
            body = self._client.get_object(Bucket=source.bucket, Key=source.key)["Body"]
            for chunk in body.iter_chunks(_CHUNK):
                self._put(index, chunk)
        except (ClientError, BotoCoreError, OSError) as error:
            missing = isinstance(error, ClientError) and error.response["Error"].get("Code") == "NoSuchKey"
            if missing and self._manifest and not source.mandatory:
                self._put(index, MissingError(source.url))
            elif missing and self._manifest:
                context = f"Manifest file location={self._manifest} url={source.url}"
                self._put(index, SourceError("Mandatory url is not present in manifest file.", context=context))
            else:
                self._put(index, service_error(error, f"S3 key being read : {source.url}"))
            return
        self._put(index, None)

    def _put(self, index: int, item: bytes | Exception | None) -> None:
        while not self._stopped.is_set():
            try:
                self._queues[index].put(item, timeout=_PATIENCE)
            except queue.Full:
                continue
            return


class MissingError(Exception):
    """An object that a manifest names, and does not insist on, is not there."""
