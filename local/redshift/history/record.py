"""One statement's record, and the frames in which it goes through the pipe to the historian."""

from __future__ import annotations

import marshal
import select
import struct
from collections.abc import Iterator
from typing import NamedTuple

# A frame: how long it is, its record's number and how many frames of the record follow. The kernel writes it whole or
# not at all, because it is no longer than PIPE_BUF.
_FRAME = struct.Struct("=HqH")
_PIECE = select.PIPE_BUF - _FRAME.size
# More sessions than this are not in the middle of a message at once.
_BEGUN = 1000


class Record(NamedTuple):
    """One statement that has ended.

    :param query: its number. :param transaction: its transaction's. :param process: its session's process id.
    :param label: what SET QUERY_GROUP said; '' where nothing was set. :param leader: see `Origin`.
    :param started: in seconds of the epoch. :param ended: the same. :param code: the SQLSTATE of the error that it
        ended with; '' for none. :param error: that error's message. :param rows: how many the client got.
    :param text: the client's own, secrets masked.
    """

    query: int
    transaction: int
    process: int
    user: str
    label: str
    type: str
    leader: bool
    started: float
    ended: float
    code: str
    error: str
    rows: int
    text: str


class Request(NamedTuple):
    """A session's wish that all that it has told so far is written.

    :param row: its row among the `Numbers`. :param number: what no other request has: rows are used again.
    :param lost: how many of its records did not fit into the pipe since its last request or record.
    """

    row: int
    number: int
    lost: int


def frames(number: int, message: Record | Request) -> Iterator[bytes]:
    """Yield the frames of a message, each to be written at once. :param number: one that is given once."""
    data = marshal.dumps(tuple(message))
    following = (len(data) - 1) // _PIECE
    for start in range(0, len(data), _PIECE):
        piece = data[start : start + _PIECE]
        yield _FRAME.pack(len(piece), number, following) + piece
        following -= 1


class Assembly:
    """Makes messages of what comes out of the pipe.

    Who cannot write a frame writes none of those behind it: a message without its last frame never comes to be.
    """

    def __init__(self) -> None:
        self._incoming = bytearray()
        self._begun: dict[int, bytes] = {}

    def add(self, data: bytes) -> Iterator[Record | Request]:
        """Yield the messages that are complete with this."""
        self._incoming += data
        while len(self._incoming) >= _FRAME.size:
            length, number, following = _FRAME.unpack_from(self._incoming)
            end = _FRAME.size + length
            if len(self._incoming) < end:
                return
            begun = self._begun.pop(number, b"") + self._incoming[_FRAME.size : end]
            del self._incoming[:end]
            if following:
                self._begun[number] = begun
                self._forget()
                continue
            values = marshal.loads(begun)  # noqa: S302  (only the front's own processes hold the other end)
            yield Request(*values) if len(values) == len(Request._fields) else Record(*values)

    def _forget(self) -> None:
        """Let go of the oldest message whose frames have not come, where there are many."""
        if len(self._begun) > _BEGUN:
            del self._begun[next(iter(self._begun))]
