"""What an errand, a statement that the front carries out itself, may ask of its session."""

from __future__ import annotations

from typing import Protocol

from local.redshift.config import Config
from local.redshift.wire.messages import ResultColumn


class BackendError(Exception):
    """PostgreSQL refused a statement that the front sent on the client's behalf.

    :param fields: its ErrorResponse's fields by their one-letter codes.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields.get("M", ""))
        self.fields = fields


class FrontDesk(Protocol):
    """The client's session, seen from an errand."""

    @property
    def config(self) -> Config:
        """The front's configuration."""
        ...

    @property
    def process(self) -> int:
        """The session's process id, as pg_backend_pid() gives it."""
        ...

    @property
    def query(self) -> int:
        """The errand's own query id."""
        ...

    @property
    def user(self) -> str:
        """The client's login name."""
        ...

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction block is open and has not failed."""
        ...

    @property
    def columns(self) -> list[ResultColumn]:
        """The columns of what `ask` returned last."""
        ...

    def ask(self, sql: str) -> list[list[str | None]]:
        """Run a statement in the client's session and transaction; BackendError if it fails."""
        ...

    def begin_copy(self, sql: str) -> None:
        """Start a COPY … FROM STDIN in the client's session; BackendError if it fails."""
        ...

    def copy_data(self, data: bytes) -> None:
        """Send rows to the COPY; BackendError if PostgreSQL has refused one, or was told to cancel."""
        ...

    def end_copy(self) -> None:
        """End the COPY and take its rows; BackendError if PostgreSQL refuses."""
        ...

    def fail_copy(self, reason: str) -> None:
        """Give the COPY up; the transaction that it runs in fails."""
        ...

    def breathe(self) -> None:
        """Look after the connections while waiting; raises if the client is gone or the statement's time is over."""
        ...

    def cancel(self, process: int) -> None:
        """Cancel what another session runs, by its process id; BackendError if the user may not."""
        ...

    def notify(self, severity: str, text: str) -> None:
        """Send a notice to the client."""
        ...

    def remember(self, name: str, value: int) -> None:
        """Keep a number in the session's settings, even though the transaction has failed."""
        ...
