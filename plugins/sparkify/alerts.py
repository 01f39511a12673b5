"""Tell a webhook that a task has failed for good, or that a run has missed its deadline.

Off unless the connection `sparkify_alerts` exists. Its password is the webhook's whole URL, which is a secret as a
rule: so Airflow keeps it encrypted, and masks it in logs. Its extra `headers`, an object, goes along.
"""

import asyncio
import logging
from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sparkify.window import WindowError, parse_utc, resolve_window

if TYPE_CHECKING:
    from airflow.sdk import Connection, Context

CONNECTION = "sparkify_alerts"
_LONGEST_REASON = 2000
log = logging.getLogger(__name__)


def task_failed(context: "Context") -> None:
    """Send what failed; an `on_failure_callback`, which Airflow calls once, when no retry is left."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = BaseHook.get_connection(CONNECTION)
    except AirflowNotFoundException:
        _nobody()
        return
    task_instance = context["ti"]
    error = context.get("exception")
    params = context.get("params") or {}
    reason = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else str(error or "no reason given")
    _post(
        connection,
        {
            "event": "task_failed",
            "dag_id": task_instance.dag_id,
            "run_id": task_instance.run_id,
            # A DAG whose form asks for no window loads none.
            "partition": _partition(context.get("dag_run"), params) if "start" in params else None,
            "task_id": task_instance.task_id,
            "try_number": task_instance.try_number,
            "reason": reason,
            "link": getattr(task_instance, "log_url", None),
        },
    )


async def deadline_missed(context: Mapping[str, Any]) -> None:
    """Send which run is late; a DeadlineAlert's callback, which Airflow's triggerer calls once for each run.

    A backfill's runs are queued all at once and wait for each other: that one of them is late says nothing. Nor is a
    run late that has failed in time, whose task was told then: Airflow 3.3.2 drops the deadlines only of those that
    succeed.

    Not one for the executor: Airflow 3.3.2 gives its callbacks a token with which they may read no connection.

    :param context: what Airflow gives to such callbacks: the run as its API shows it, and the deadline.
    """
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    run, deadline = context["dag_run"], context.get("deadline") or {}
    if run["run_type"] == "backfill" or run["state"] in ("failed", "success"):
        return
    try:
        connection = await BaseHook.aget_connection(CONNECTION)
    except AirflowNotFoundException:
        _nobody()
        return
    moments = {
        name: parse_utc(str(run[name])) if run.get(name) else None
        for name in ("logical_date", "data_interval_start", "data_interval_end", "run_after")
    }
    base = _setting("api", "base_url")
    await asyncio.to_thread(
        _post,
        connection,
        {
            "event": "deadline_missed",
            "dag_id": run["dag_id"],
            "run_id": run["dag_run_id"],
            "partition": _partition(SimpleNamespace(**moments), run.get("conf") or {}),
            "task_id": None,
            "try_number": None,
            "reason": f"not finished by {deadline.get('deadline_time')}",
            "link": f"{base.rstrip('/')}/dags/{run['dag_id']}/runs/{quote(run['dag_run_id'])}" if base else None,
        },
    )


def _partition(run: Any, params: Mapping[str, Any]) -> dict[str, str] | None:
    """The window of the run, or None for a run without one, or with a form that says nonsense."""
    try:
        window = resolve_window(run, params)
    except (WindowError, AttributeError):
        return None
    return {"start": window.start.isoformat(), "end": window.end.isoformat()}


def _nobody() -> None:
    log.debug("No connection %s: nobody is told", CONNECTION)


def _post(connection: "Connection", alert: dict[str, Any]) -> None:
    """Post the alert. Whatever goes wrong is logged and not raised: the task's own outcome stands."""
    from airflow.sdk.log import redact

    # Imported only where there is somebody to tell.
    from sparkify.webhook import WebhookError, post

    masked: Any = redact(alert)
    alert = {**masked, "reason": masked["reason"][:_LONGEST_REASON]}
    what = f"Task {alert['task_id']} failed" if alert["task_id"] else "Deadline missed"
    text = f"{what} in run {alert['run_id']} of {alert['dag_id']}: {alert['reason']}"
    try:
        status = post(connection.password or "", connection.extra_dejson.get("headers", {}), {"text": text, **alert})
    except WebhookError as error:
        log.error("The URL in the password of %s could not be told: %s", CONNECTION, error)  # noqa: TRY400
    else:
        log.info("Told %s of it: HTTP %s", CONNECTION, status)


def _setting(section: str, name: str) -> str:
    from airflow.sdk.configuration import conf

    return str(conf.get(section, name, fallback="") or "")
