"""What the user sees while something takes time: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

out = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
err = Console(stderr=True, highlight=False, soft_wrap=True)
_PLAIN_EVERY_SECONDS = 10.0


class Task:
    """One line of progress."""

    def __init__(self, owner: Steps, name: str) -> None:
        self._owner, self._name = owner, name
        self._id = owner.progress.add_task(name, total=None, count="") if owner.progress else None
        self._spoke = time.monotonic()

    def update(self, done: int, total: int, what: str = "") -> None:
        """Show how far it is; as a plain line not more often than every ten seconds."""
        if self._owner.progress and self._id is not None:
            text = f"{self._name} · {what}" if what else self._name
            self._owner.progress.update(
                self._id, completed=done, total=total, description=text, count=f"{done}/{total}"
            )
        elif time.monotonic() - self._spoke > _PLAIN_EVERY_SECONDS:
            self._spoke = time.monotonic()
            out.print(f"  {self._name}: {done} of {total}{f', {what}' if what else ''}", markup=False)

    def finish(self, seconds: float, note: str) -> None:
        """Replace the line by its result."""
        if self._owner.progress and self._id is not None:
            self._owner.progress.remove_task(self._id)
        out.print(f"{self._name}{f': {note}' if note else ''} ({seconds:.1f} s)", markup=False)

    def abandon(self) -> None:
        """Remove the line without a result."""
        if self._owner.progress and self._id is not None:
            self._owner.progress.remove_task(self._id)


class Steps:
    """The lines of progress of one command; several may run side by side. A context manager."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        if out.is_terminal:
            self.progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[count]}"),
                TimeElapsedColumn(),
                console=out,
                transient=True,
            )

    def __enter__(self) -> Steps:
        if self.progress:
            self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take the live lines off the screen; results are printed as before. Idempotent."""
        if self.progress:
            self.progress.stop()

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show a step while it runs, and its result and duration when it is done."""
        step = Step(Task(self, name))
        began = time.monotonic()
        try:
            yield step
        except BaseException:
            step.task.abandon()
            raise
        step.seconds = time.monotonic() - began
        step.task.finish(step.seconds, step.note)


class Step:
    """A running step.

    :ivar note: what to say of it when it is done. :ivar seconds: how long it took, once done.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.note = ""
        self.seconds = 0.0
