"""Which process of the front serves which session: cancel requests arrive at another one."""

from __future__ import annotations

import hmac
import mmap
import os
import signal
import struct
from contextlib import suppress

# The front's process, the session's process id, how long its key is, and the key.
_SLOT = struct.Struct("=iiB32s")


class Registry:
    """A table in memory that the front shares with all its sessions.

    Each row is written by one process only: by the session while it runs, and by the front before and after. So it
    needs no lock.

    :param size: how many sessions there may be, in rows.
    """

    def __init__(self, size: int) -> None:
        self._memory = mmap.mmap(-1, size * _SLOT.size)
        self._free = list(range(size))
        self._size = size

    def take(self) -> int | None:
        """Return a row for a new session, or None when all are taken. For the front itself."""
        return self._free.pop() if self._free else None

    def give_back(self, row: int) -> None:
        """Clear the row of a session that has ended. For the front itself."""
        self._write(row, 0, 0, b"")
        self._free.append(row)

    def enter(self, row: int, process: int, key: bytes) -> None:
        """Note that this process serves the session `process`, and the key that cancels it."""
        self._write(row, os.getpid(), process, key)

    def interrupt(self, process: int, key: bytes | None = None) -> None:
        """Tell the front's process that serves a session to give up the errand it is on, if it is on one.

        :param key: what a cancel request gave as its key; None where the asker's right is known already.
        """
        for row in range(self._size):
            served_by, session, length, known = _SLOT.unpack_from(self._memory, row * _SLOT.size)
            if served_by and session == process and (key is None or hmac.compare_digest(key, known[:length])):
                with suppress(ProcessLookupError):
                    os.kill(served_by, signal.SIGUSR1)

    def _write(self, row: int, served_by: int, process: int, key: bytes) -> None:
        _SLOT.pack_into(self._memory, row * _SLOT.size, served_by, process, len(key), key)
