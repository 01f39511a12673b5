"""What the front, its sessions and the historian share in memory: the next number, and who has been served."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct

_NUMBER = struct.Struct("=q")


class Numbers:
    """Numbers for queries and transactions, each given once, and a row for each session. Made before the first fork.

    The lock is one that the kernel takes from a process that dies.

    :param first: the first number. :param size: how many sessions there may be, in rows.
    """

    def __init__(self, first: int, size: int) -> None:
        self._descriptor = os.memfd_create("numbers")
        length = _NUMBER.size * (size + 1)
        os.ftruncate(self._descriptor, length)
        self._memory = mmap.mmap(self._descriptor, length)
        _NUMBER.pack_into(self._memory, 0, first)

    def take(self, count: int = 1) -> int:
        """Return a number that nobody else has or gets, the first of `count` consecutive ones."""
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, _NUMBER.size)
        try:
            (number,) = _NUMBER.unpack_from(self._memory)
            _NUMBER.pack_into(self._memory, 0, number + count)
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, _NUMBER.size)
        return int(number)

    def served(self, row: int) -> int:
        """Return the last request of a session's that the historian has served."""
        return int(_NUMBER.unpack_from(self._memory, _NUMBER.size * (row + 1))[0])

    def serve(self, row: int, request: int) -> None:
        """Note that a session's request is served. For the historian."""
        _NUMBER.pack_into(self._memory, _NUMBER.size * (row + 1), request)
