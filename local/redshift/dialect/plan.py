"""What is to be done for one statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from local.redshift.history.origin import Origin
    from local.redshift.session.frontdesk import FrontDesk

# What the backend parses in place of a statement that the front carries out: a statement without rows or effect, which
# a failed transaction refuses as it refuses every statement.
PLACEHOLDER = "set redshift.placeholder to ''"


class Errand(Protocol):
    """A statement that the front carries out itself, in the client's session."""

    def run(self, desk: FrontDesk) -> str:
        """Carry it out and return its command tag; raises RedshiftError or BackendError."""
        ...


@dataclass(frozen=True)
class Plan:
    """One statement as the backend is to see it.

    :param sql: the statement in PostgreSQL's dialect. :param tag: the command tag to report instead of the backend's.
    :param errand: what the front does itself; `sql` is then only a placeholder.
    :param controls_transaction: whether it begins or ends a transaction.
    :param quiet: whether the backend's notices are kept from the client.
    :param origin: the statement as the client wrote it; None for what the front itself asks.
    """

    sql: str
    tag: str | None = None
    errand: Errand | None = None
    controls_transaction: bool = False
    quiet: bool = False
    origin: Origin | None = None


def errand(work: Errand) -> Plan:
    """Return the plan for a statement that the front carries out."""
    return Plan(PLACEHOLDER, errand=work)


def block(body: str, tag: str) -> Plan:
    """Return the plan for several statements that must be one for the client."""
    mark = "$sparkify$"
    while mark in body:
        mark = f"{mark[:-1]}_$"
    return Plan(f"do {mark} begin {body} end {mark}", tag=tag)
