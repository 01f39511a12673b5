"""Which errors of the warehouse a second try can mend."""

import re
from dataclasses import dataclass

from airflow.sdk.exceptions import AirflowException, AirflowFailException

# Classes of SQLSTATE that say what is wrong with the statement or the data: trying again changes nothing.
# 22 data, 23 constraint, 28 login, 2B dependent objects, 3D and 3F database and schema, 42 syntax, names, rights,
# 0A unsupported.
_PERMANENT_CLASSES = ("0A", "22", "23", "28", "2B", "3D", "3F", "42")
# Redshift reports most of what happens in the cluster under XX000, so there the text decides: serialization
# conflicts come as "1023", a table that another transaction is just replacing as "1018", DDL that meets other DDL
# as a conflict (dbt-labs/dbt-adapters issue 1542), S3's own errors with their HTTP status.
_TRANSIENT_TEXT = re.compile(
    r"^\s*10(23|18)\b|serializable isolation violation|conflict with concurrent transaction"
    r"|S3ServiceException.*Status (5\d\d|429)|SlowDown|S3CurlException"
    r"|connection (reset|refused|timed out|failed)|disk full",
    re.IGNORECASE | re.DOTALL,
)
UNDEFINED_TABLE = "42P01"


class WarehouseError(AirflowException):
    """The warehouse failed in a way that another try may not meet again."""


class PermanentWarehouseError(AirflowFailException):
    """The warehouse refused the statement or the data; Airflow does not retry this."""


@dataclass(frozen=True)
class Failure:
    """What a driver's exception says, whichever driver raised it."""

    sqlstate: str | None
    message: str
    detail: str

    @property
    def permanent(self) -> bool:
        """Whether a retry would only repeat it. What is not known is retried: retries are bounded."""
        if self.sqlstate is None:
            return False
        if self.sqlstate == "XX000":
            return not _TRANSIENT_TEXT.search(f"{self.message}\n{self.detail}")
        return self.sqlstate[:2] in _PERMANENT_CLASSES

    def __str__(self) -> str:
        return "\n".join(part for part in (self.message, self.detail) if part)


def describe(error: BaseException) -> Failure:
    """Read SQLSTATE, message and detail from an exception of redshift_connector or psycopg."""
    fields = error.args[0] if error.args and isinstance(error.args[0], dict) else None
    if fields is not None:
        return Failure(fields.get("C"), str(fields.get("M", "")), str(fields.get("D", "")))
    diagnosis = getattr(error, "diag", None)
    return Failure(
        getattr(error, "sqlstate", None) or getattr(error, "pgcode", None),
        getattr(diagnosis, "message_primary", None) or str(error) or type(error).__name__,
        getattr(diagnosis, "message_detail", None) or "",
    )


def translate(error: BaseException, doing: str) -> AirflowException:
    """Return the exception to raise in place of a driver's: permanent errors end the task at once."""
    failure = describe(error)
    kind = PermanentWarehouseError if failure.permanent else WarehouseError
    state = f" (SQLSTATE {failure.sqlstate})" if failure.sqlstate else ""
    return kind(f"{doing}: {failure}{state}")
