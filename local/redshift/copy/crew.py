"""Processes beside a session's own that make blocks into rows: one core is not enough to keep PostgreSQL busy.

A worker is a fork of the session, so it knows the load's columns and options. It closes the session's connections
before anything else, and ends when the session closes its pipe or is gone, however that came about. What a worker does
not answer the session makes itself: a worker that dies costs time, and no rows.
"""

from __future__ import annotations

import gc
import mmap
import os
import signal
import struct
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

# A block's rows and how many they are.
Made = tuple[bytes, int]
Make = Callable[[bytes], Made | None]

# Two keep up with PostgreSQL; each holds what a session holds.
_MOST = 2
# So many blocks show that a load is worth the forks.
_FIRST = 8
# What waits for a worker while it makes another.
_SLOTS = 2
_SLOT = 1 << 20
_LEAST = 1 << 16
_REQUEST = struct.Struct("!qq")
# What became of a block, the size of its rows and their number.
_ANSWER = struct.Struct("!qqq")
_MADE, _GIVEN_UP, _TOO_LARGE = range(3)


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew:
    """Makes the rows of a load's blocks ahead of the session, in order, in as many processes as pay.

    :param make: what makes a block's rows, None for a block that it gives up; it must not touch any connection.

    Loads of a few blocks start no process. `close` ends those that are there.
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self._workers: list[_Worker] = []
        self._seen = 0

    def close(self) -> None:
        """End the workers; more blocks would start others."""
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def ahead(self, blocks: Iterator[tuple[bytes, bool]]) -> Iterator[tuple[bytes, bool, Callable[[], Made | None]]]:
        """Yield each block, whether it is the last, and what returns its rows; None for a block that is given up.

        What `blocks` raises is raised behind the blocks that came before it.
        """
        waiting: deque[tuple[bytes, bool, _Worker | None]] = deque()
        failure: Exception | None = None
        try:
            while True:
                while waiting and (waiting[0][2] is None or self._busy()):
                    yield self._first(waiting)
                try:
                    block, final = next(blocks)
                except StopIteration:
                    break
                except Exception as error:  # noqa: BLE001 - it is raised again in its turn
                    failure = error
                    break
                worker = min(self._workers, key=_held) if self._worth(block, final=final) else None
                waiting.append((block, final, worker))
                if worker is not None:
                    worker.give(block)
            while waiting:
                yield self._first(waiting)
        finally:
            if waiting:
                # Nobody takes what they are at: other blocks would get these blocks' answers.
                self.close()
        if failure is not None:
            raise failure

    def _first(
        self, waiting: deque[tuple[bytes, bool, _Worker | None]]
    ) -> tuple[bytes, bool, Callable[[], Made | None]]:
        block, final, worker = waiting.popleft()
        if worker is None:
            return block, final, lambda: self._make(block)
        try:
            made = worker.take()
        except _UnansweredError:
            return block, final, lambda: self._make(block)
        return block, final, lambda: made

    def _busy(self) -> bool:
        return all(worker.held == _SLOTS for worker in self._workers)

    def _worth(self, block: bytes, *, final: bool) -> bool:
        """Whether a block is one for the workers, who are started when there have been enough of these."""
        if final or not _LEAST <= len(block) <= _SLOT:
            return False
        self._seen += 1
        if self._seen == _FIRST and cores() > 1:
            with suppress(OSError):
                self._workers += [_Worker(self._make) for _ in range(_MOST)]
        return bool(self._workers)


class _UnansweredError(Exception):
    """A worker has ended, or its answer is longer than what it was given to write it to."""


class _Worker:
    """One process, and the memory that it shares with the session.

    :param held: how many blocks it has been given and not answered; it answers in their order.
    """

    def __init__(self, make: Make) -> None:
        self.held = 0
        self._memory = mmap.mmap(-1, _SLOTS * _SLOT)
        self._given = self._taken = 0
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        try:
            self._process = os.fork()
        except OSError:
            for descriptor in (requests, self._requests, self._answers, answers):
                os.close(descriptor)
            raise
        if not self._process:
            _serve(make, self._memory, requests, answers)
        os.close(requests)
        os.close(answers)

    def give(self, block: bytes) -> None:
        """Give it a block, which it must have a slot for."""
        place = self._given % _SLOTS * _SLOT
        self._memory[place : place + len(block)] = block
        self._given += 1
        self.held += 1
        with suppress(BrokenPipeError):
            os.write(self._requests, _REQUEST.pack(place, len(block)))

    def take(self) -> Made | None:
        """Wait for the answer to the first of the blocks that it holds; _UnansweredError if there is none."""
        place = self._taken % _SLOTS * _SLOT
        self._taken += 1
        self.held -= 1
        answer = os.read(self._answers, _ANSWER.size)
        if not answer:
            raise _UnansweredError
        what, size, count = _ANSWER.unpack(answer)
        if what == _TOO_LARGE:
            raise _UnansweredError
        return (self._memory[place : place + size], count) if what == _MADE else None

    def close(self) -> None:
        """End it, and wait for its end."""
        os.close(self._requests)
        os.close(self._answers)
        os.waitpid(self._process, 0)


def _held(worker: _Worker) -> int:
    return worker.held


def _serve(make: Make, memory: mmap.mmap, requests: int, answers: int) -> NoReturn:
    """Be a worker, and never return."""
    try:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        # A block's rows are thousands of objects and no cycle.
        gc.disable()
        _keep_only({0, 1, 2, requests, answers})
        while request := os.read(requests, _REQUEST.size):
            place, size = _REQUEST.unpack(request)
            os.write(answers, _ANSWER.pack(*_answer(make(memory[place : place + size]), memory, place)))
    finally:
        # The session's own end is none of a worker's business, its errors neither: it makes those blocks again.
        os._exit(0)


def _answer(made: Made | None, memory: mmap.mmap, place: int) -> tuple[int, int, int]:
    if made is None:
        return _GIVEN_UP, 0, 0
    rows, count = made
    if len(rows) > _SLOT:
        return _TOO_LARGE, 0, 0
    memory[place : place + len(rows)] = rows
    return _MADE, len(rows), count


def _keep_only(kept: set[int]) -> None:
    """Close all other descriptors: a connection lives as long as anybody holds it."""
    for number in [int(path.name) for path in Path("/dev/fd").iterdir()]:
        if number not in kept:
            # The one that the listing itself used is closed already.
            with suppress(OSError):
                os.close(number)
