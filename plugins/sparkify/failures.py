"""Which errors another try can mend: by SQLSTATE and text for the warehouse, by code and status for AWS."""

import re
import ssl
from dataclasses import dataclass

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

UNDEFINED_TABLE = "42P01"
# The statement ran out of time, or was cancelled: at once again it would only do the same.
_CANCELLED = "57014"


class WarehouseError(AirflowException):
    """The warehouse failed in a way that another try may not meet again.

    :ivar soon: whether another try is worth its while within seconds, a lost connection or a conflict say.
    """

    def __init__(self, message: str, *, soon: bool = True) -> None:
        super().__init__(message)
        self.soon = soon


class PermanentWarehouseError(AirflowFailException):
    """The warehouse refused the statement or the data; Airflow does not retry this."""


@dataclass(frozen=True)
class Rule:
    """One row of the classification; all that it names must fit.

    :ivar why: what such an error is.
    :ivar permanent: whether a retry would only repeat it.
    :ivar states: beginnings of SQLSTATEs; none: any.
    :ivar text: found in message or detail, or None: any.
    """

    why: str
    permanent: bool
    states: tuple[str, ...] = ()
    text: re.Pattern[str] | None = None

    def fits(self, failure: "Failure") -> bool:
        """Tell whether the rule is about this failure."""
        if self.states and not (failure.sqlstate or "").startswith(self.states):
            return False
        return self.text is None or self.text.search(f"{failure.message}\n{failure.detail}") is not None


def _text(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


# The first that fits decides. Redshift reports most of what happens in the cluster under XX000, so there the text
# decides. What fits none is retried: retries are bounded.
RULES = (
    Rule("conflict of transactions", False, ("XX000",), _text(r"^\s*1023\b|serializable isolation violation")),
    # A table that another transaction is just replacing.
    Rule("relation replaced meanwhile", False, ("XX000",), _text(r"^\s*1018\b")),
    # Reading the catalogue while another session drops a table: dbt-labs/dbt-adapters issue 617, dbt-core issue 1305.
    Rule("table dropped meanwhile", False, (), _text(r"relation with OID \d+|dropped by concurrent transaction")),
    # dbt-labs/dbt-adapters issue 1542.
    Rule("conflict of DDL", False, ("XX000",), _text("conflict with concurrent transaction")),
    Rule("S3 fails or throttles", False, ("XX000",), _text(r"S3ServiceException.*Status (5\d\d|429)|SlowDown")),
    Rule(
        "S3 cannot be reached", False, ("XX000",), _text(r"S3CurlException|connection (reset|refused|timed out|failed)")
    ),
    Rule("disk full", False, ("XX000",), _text("disk full")),
    Rule("refused by the cluster", True, ("XX000",)),
    # Classes of SQLSTATE that say what is wrong with the statement or the data.
    Rule("not supported", True, ("0A",)),
    Rule("data", True, ("22", "23")),
    Rule("login", True, ("28",)),
    Rule("dependent objects", True, ("2B",)),
    Rule("database or schema", True, ("3D", "3F")),
    Rule("syntax, name or right", True, ("42",)),
    # Drivers' own, without a SQLSTATE.
    Rule("certificate", True, (), _text("certificate verify failed|server refuses ssl|server does not support ssl")),
    Rule(
        "placeholders", True, (), _text("only '?%s'?.* (are supported|allowed)|placeholders? .*parameters|not all arg")
    ),
)


@dataclass(frozen=True)
class Failure:
    """What a driver's exception says, whichever driver raised it."""

    sqlstate: str | None
    message: str
    detail: str

    @property
    def permanent(self) -> bool:
        """Whether a retry would only repeat it."""
        return next((rule.permanent for rule in RULES if rule.fits(self)), False)

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


def translate(error: BaseException, doing: str, *, soon: bool = True) -> AirflowException:
    """Return the exception to raise in place of a driver's: permanent errors end the task at once.

    Connecting raises others, too: AWS's, of whom a login by IAM asks for credentials; and Airflow's for a connection
    that is not defined, which is also what it says of one that it cannot read for a moment.

    :param soon: whether a transient one is worth another try within seconds.
    """
    failure = describe(error)
    state = f" (SQLSTATE {failure.sqlstate})" if failure.sqlstate else ""
    message = f"{doing}: {failure}{state}"
    if aws_permanent(error) if is_aws(error) else failure.permanent:
        return PermanentWarehouseError(message)
    later = failure.sqlstate == _CANCELLED or isinstance(error, AirflowNotFoundException)
    return WarehouseError(message, soon=soon and not later)


def is_permanent(error: BaseException) -> bool:
    """Tell whether Airflow should give up at once; for what no operator has translated: hooks' and AWS errors.

    AWS's clients have retried what they know to be transient by then; a right that is lacking, a name that does not
    exist or a request that is malformed is the same in a minute. Programming errors are, too.
    """
    if isinstance(error, AirflowFailException | ssl.SSLCertVerificationError):
        return True
    if isinstance(error, TypeError | AttributeError | NameError | AssertionError | NotImplementedError):
        return True
    if is_aws(error):
        return aws_permanent(error)
    return _package(error) in ("redshift_connector", "psycopg", "psycopg2") and describe(error).permanent


def _package(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]


def is_aws(error: BaseException) -> bool:
    """Tell whether an exception is botocore's."""
    return _package(error) == "botocore"


# A 3xx (a bucket of another region) or 4xx status is permanent but for these: throttling, a service behind the one
# asked that is busy or away, an object of IAM's that somebody else is just changing, and credentials that expired
# while the task ran.
_AWS_TRANSIENT = {
    *("SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"),
    *("BandwidthLimitExceeded", "PriorRequestNotComplete", "RequestTimeout", "RequestTimeTooSkewed"),
    *("OperationAborted", "ConcurrentModification", "ExpiredToken", "ExpiredTokenException"),
    *("DependentServiceRequestThrottlingFault", "DependentServiceUnavailableFault"),
}
_AWS_PERMANENT_TYPES = {
    *("NoCredentialsError", "PartialCredentialsError", "ParamValidationError", "ProfileNotFound", "NoRegionError"),
    *("InvalidConfigError",),
}


def aws_permanent(error: BaseException) -> bool:
    """Tell whether an exception of botocore says what a retry cannot mend."""
    answer = getattr(error, "response", None)
    if not isinstance(answer, dict):
        return type(error).__name__ in _AWS_PERMANENT_TYPES
    code = str(answer.get("Error", {}).get("Code", ""))
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode") or (int(code) if code.isdigit() else 0)
    return code not in _AWS_TRANSIENT and 300 <= status < 500 and status not in (408, 429)
