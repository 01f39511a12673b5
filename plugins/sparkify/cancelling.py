"""Ending, from outside, what a task's session has running in the warehouse."""

import threading
from typing import TYPE_CHECKING

from sparkify.failures import PermanentWarehouseError, WarehouseError
from sparkify.session import Session, open_session

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.sdk.types import Logger

# Airflow follows its SIGTERM by a SIGKILL after five seconds.
_BOUND_SECONDS = 4.0
# getdate() has whole seconds, and clocks need not tick together.
_SLACK_SECONDS = 3


def end_session(hook: "DbApiHook", session: Session, log: "Logger") -> None:
    """End a session's backend by a second connection: its statement, its transaction and its locks are gone then.

    To be called while the session's own connection is still open, from a signal handler say. Takes at most some
    seconds, and raises nothing: whoever calls this has worse to tell. redshift_connector has no means to cancel, and a
    backend notices a closed connection only once its statement is done.
    """
    # In a thread, since connecting takes as long as the hook likes; a daemon, so that it keeps nobody from ending.
    thread = threading.Thread(target=_end, args=(hook, session, log), daemon=True, name="end_session")
    thread.start()
    thread.join(_BOUND_SECONDS)
    if thread.is_alive():
        log.warning(
            "The warehouse did not answer within %s s: the statement of backend %s may run until its time-out",
            _BOUND_SECONDS,
            session.backend_pid,
        )


def _end(hook: "DbApiHook", session: Session, log: "Logger") -> None:
    pid = session.backend_pid
    try:
        with open_session(hook, label=f"end backend {pid}", log=log) as second:
            if _is_another(second, session, log):
                log.info("Backend %s is not ours any more; nothing to end", pid)
                return
            second.fetch(f"select pg_terminate_backend({pid})")
            log.info("Ended backend %s in the warehouse", pid)
    except (PermanentWarehouseError, WarehouseError) as error:
        log.warning("Backend %s could not be ended: %s", pid, error)


def _is_another(second: Session, session: Session, log: "Logger") -> bool:
    """Tell whether the backend is gone and its pid a younger session's."""
    # The age as it is now: connecting may have taken a while.
    ours = (
        f"select count(*) from stv_sessions where process = {session.backend_pid}"
        f" and starttime <= dateadd(second, {_SLACK_SECONDS - int(session.age)}, getdate())"
    )
    try:
        return int(second.value(ours)) == 0
    except PermanentWarehouseError as error:
        # Serverless has no stv_ views. The session's connection is open, so that its pid is nobody else's.
        log.info("stv_sessions cannot be read: %s", error)
        return False
