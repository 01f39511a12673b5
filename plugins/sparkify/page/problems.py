"""What went wrong, in words for the page's reader: what it is and what to do; never a host, a statement or a secret."""

import re

from airflow.sdk.exceptions import AirflowNotFoundException

from sparkify.failures import (
    UNDEFINED_TABLE,
    Failure,
    PermanentWarehouseError,
    WarehouseError,
    aws_permanent,
    describe,
    is_aws,
)


class PageProblem(Exception):  # noqa: N818 - a person reads it; it is not always an error
    """Something that keeps the page from showing a part of itself.

    :ivar code: for programs.
    :ivar message: what is wrong.
    :ivar remedy: what to do about it.
    """

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code, self.message, self.remedy = code, message, remedy

    def as_json(self) -> dict[str, str]:
        """The problem as the page's scripts take it."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy}


_LOG = "What it said exactly is in the log of Airflow's api-server."
_NO_TABLES = (
    "no_tables",
    "The warehouse has no such table yet.",
    "Trigger the DAG sparkify_tables with the action create.",
)
# By SQLSTATE, the first that it begins with; then the rest.
_BY_STATE = (
    (UNDEFINED_TABLE, *_NO_TABLES),
    # Redshift's word for a table in a schema that is not there.
    ("3F000", *_NO_TABLES),
    (
        "3D000",
        "no_database",
        "The warehouse has no database of the name that the connection redshift gives.",
        "Correct the connection's database in Airflow, under Admin, Connections.",
    ),
    (
        "42703",
        "old_tables",
        "The warehouse's tables are older than this page.",
        "Trigger the DAG sparkify_tables with the action migrate.",
    ),
    ("57014", "slow", "The warehouse took too long and was stopped.", "Look at its load, and try again."),
    (
        "42501",
        "no_right",
        "The user of the connection redshift may not read this.",
        "Grant it select on the tables, load_audit and quality_results included, and usage of the schema insights and"
        " select on its tables.",
    ),
    (
        "28",
        "login",
        "The warehouse refused the login of the connection redshift.",
        "Correct the connection's login in Airflow, under Admin, Connections.",
    ),
)
_SAID = {"28000": re.compile("authentication failed"), "3D000": re.compile('database ".*" does not exist')}
# A closed port is one, a host that nobody has another, and a warehouse that does not say a word a third.
_DOWN = (
    "down",
    "The warehouse does not answer.",
    f"See that it is running and not paused, and that the connection redshift leads to it. {_LOG}",
)
# A connection with `iam` asks AWS for its password.
_AWS_REFUSED = (
    "aws_refused",
    "AWS refused the credentials for the connection redshift.",
    "See that Airflow's role may call redshift:GetClusterCredentials, or redshift-serverless:GetCredentials, and that"
    f" the connection names its cluster or workgroup, user and database as they are. {_LOG}",
)
_AWS_DOWN = (
    "aws_down",
    "AWS does not give the credentials for the connection redshift.",
    f"See that the api-server reaches AWS and has valid credentials itself, and try again. {_LOG}",
)
_REFUSED = ("refused", "The warehouse refused the question.", _LOG)


def explain(error: BaseException) -> PageProblem:
    """Say what an error of the warehouse, of its connection or of the deployment means to the page's reader.

    :raises BaseException: the error itself, if it is none of these: a bug, which the log is to show.
    """
    if isinstance(error, AirflowNotFoundException):
        return PageProblem(
            "no_connection",
            "Airflow knows no connection redshift, or its secrets backend does not answer.",
            f"Make one in Airflow, under Admin, Connections. {_LOG}",
        )
    if isinstance(error, FileNotFoundError):
        return PageProblem(
            "no_sql", "The project's SQL files are not there.", "Deploy the folder sql/ beside plugins/, or in it."
        )
    if not isinstance(error, WarehouseError | PermanentWarehouseError):
        raise error
    cause = error.__cause__
    if cause and is_aws(cause):
        return PageProblem(*(_AWS_REFUSED if aws_permanent(cause) else _AWS_DOWN))
    state = _state(describe(cause)) if cause else None
    if state:
        for prefix, *words in _BY_STATE:
            if state.startswith(prefix):
                return PageProblem(*words)
        return PageProblem(*_REFUSED)
    return PageProblem(*_DOWN)


def _state(failure: Failure) -> str | None:
    """The SQLSTATE; psycopg gives what refuses a connection none."""
    if failure.sqlstate:
        return failure.sqlstate
    return next((state for state, said in _SAID.items() if said.search(failure.message)), None)
