"""Questions to the warehouse from Airflow's api-server: short, bounded, and answered with words if they fail."""

import json
import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from functools import partial
from threading import Timer
from typing import TYPE_CHECKING, Any

from sparkify.page.problems import explain
from sparkify.session import Session, open_session

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

CONNECTION = "redshift"
_STATEMENT_TIMEOUT = timedelta(seconds=8)
# For how many seconds a connection is waited for, and by its type the driver's own setting of that.
# redshift_connector's holds for each answer, too, so it is longer than a statement may take.
_PATIENCE = 10
_PATIENCE_SETTINGS = {"redshift": "timeout", "postgres": "connect_timeout"}
# For how many seconds one that has asked is waited for, all its statements together; nobody waits for longer.
_LONGEST = 20.0

log = logging.getLogger(__name__)


class _Quiet(logging.LoggerAdapter):
    """Statements are logged by the session, to a task's log; here they would fill the api-server's."""

    def info(self, msg: object, *args: object, **kwargs: Any) -> None:
        self.debug(msg, *args, **kwargs)


@contextmanager
def questions(label: str, conn_id: str = CONNECTION) -> Iterator[Session]:
    """Open a session for a few questions. Blocks: to be called in a thread.

    :param label: what asks; it stands in each statement's comment.
    :raises PageProblem: if the warehouse cannot be reached or refuses.
    """
    try:
        hook = _hook(conn_id)
        with ExitStack() as bounds:
            hook.get_conn = partial(_connect, hook.get_conn, bounds)  # type: ignore[method-assign]
            yield bounds.enter_context(
                open_session(
                    hook,
                    label=f"sparkify page {label}",
                    log=_Quiet(log),  # type: ignore[arg-type]
                    statement_timeout=_STATEMENT_TIMEOUT,
                )
            )
    except Exception as error:  # noqa: BLE001 - explain raises again what it does not know
        problem = explain(error)
        log.warning("%s: %s", label, error)
        raise problem from None


def _connect(connect: Callable[[], Any], bounds: ExitStack) -> Any:
    """Connect, and see to it that the connection is cut after a while: so the thread that waits for its answer ends.

    The warehouse ends a long statement, but one that has gone without a word, its network say, does not; libpq would
    wait for its answer for ever, and four such waits would take all threads of the page.

    :param bounds: what the connection is used in; its end takes the bound away.
    """
    connection = connect()
    # redshift_connector has no public way to its socket. The duplicate stays this connection's socket even when the
    # driver has closed its own, whose number another may have by then.
    number = getattr(connection, "_usock", connection).fileno()
    held = bounds.enter_context(socket.socket(fileno=os.dup(number)))
    timer = Timer(_LONGEST, _cut, [held])
    timer.daemon = True
    timer.start()
    bounds.callback(timer.join)
    bounds.callback(timer.cancel)
    return connection


def _cut(held: socket.socket) -> None:
    # The other side may have ended it before.
    with suppress(OSError):
        held.shutdown(socket.SHUT_RDWR)


def _hook(conn_id: str) -> "DbApiHook":
    """Make the connection's hook, with bounds on how long it waits and how often it tries.

    BaseHook is the SDK's, and finds connections in the api-server as in a task: it asks the environment, the
    configured secrets backend and the metadata database there, because the api-server declares itself a server
    process (`airflow.api_fastapi.main`).
    """
    from airflow.sdk import BaseHook
    from tenacity import stop_after_attempt

    hook = BaseHook.get_hook(conn_id)
    # Each keeps the connection that it was made from, under a name of its own, and builds its arguments from that.
    held = getattr(hook, "conn", None) or hook.connection
    if setting := _PATIENCE_SETTINGS.get(held.conn_type or ""):
        held.extra = json.dumps({setting: _PATIENCE, **held.extra_dejson})
    again = getattr(type(hook).get_conn, "retry_with", None)
    if again:
        # The redshift hook tries five times, which takes a quarter of a minute: good for a task, not for a reader.
        hook.get_conn = partial(again(stop=stop_after_attempt(1)), hook)
    return hook
