"""The errors of a load whose staging table is not what it should load any more: it is gone, or out of date."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sparkify.failures import UNDEFINED_TABLE, PermanentWarehouseError, describe

if TYPE_CHECKING:
    from sparkify.audit import NewerLoad


class StagingGoneError(PermanentWarehouseError):
    """A load was started again after its run's staging table was dropped."""


class StagingOutOfDateError(PermanentWarehouseError):
    """A load was started again after another run had staged its window anew and loaded it."""

    def __init__(self, staging: str | None, staged_by: str | None, table: str, newer: "NewerLoad") -> None:
        super().__init__(
            f"{staging} is out of date: {newer.run} has staged {newer.window} later and loaded other rows of it into "
            f"{table}, which was left as it is. To load what the source holds now, clear the task {staged_by!r} with "
            "its downstream tasks; that is needed unless that run's window holds all of this one's"
        )


@contextmanager
def telling_what_to_clear(staging: str | None, staged_by: str | None) -> Iterator[None]:
    """Turn "relation does not exist" about `staging` into what to do about it.

    :param staging: the staging table that the block reads, if any.
    :param staged_by: the task that makes it.
    :raises StagingGoneError: if the block failed because `staging` does not exist.
    """
    try:
        yield
    except PermanentWarehouseError as error:
        failure = describe(error.__cause__ or error)
        if staging and failure.sqlstate == UNDEFINED_TABLE and staging.rpartition(".")[2] in failure.message:
            raise StagingGoneError(
                f"{staging} does not exist: the run's staging was dropped. Clear the task {staged_by!r} with its "
                "downstream tasks, not this task alone"
            ) from error
        raise
