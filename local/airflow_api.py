"""Airflow's REST API, as far as `./sparkify run` needs it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx

from local.errors import StackError

_PAGE = 100
_CLOSING_SECONDS = 120.0


class AirflowApi:
    """A logged-in client of one Airflow.

    :param url: the api-server's address. :param login: user. :param password: of that user.
    """

    def __init__(self, url: str, login: str, password: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._credentials = {"username": login, "password": password}
        self._since = datetime.now(UTC)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def ready(self, dag_ids: tuple[str, ...]) -> bool:
        """Tell whether scheduler and dag processor are alive and the DAGs were read since this client was made.

        Raises StackError when a DAG file cannot be imported.
        """
        try:
            if "Authorization" not in self._client.headers:
                self.log_in()
            health = self._get("/api/v2/monitor/health")
        except (httpx.TransportError, StackError):
            return False  # not listening yet, or its database is still busy
        if any(health[part]["status"] != "healthy" for part in ("metadatabase", "scheduler", "dag_processor")):
            return False
        self._raise_import_errors()
        return all(self._read_since(dag_id) for dag_id in dag_ids)

    def unpause(self, dag_id: str) -> None:
        """Let the DAG's runs start."""
        self._send("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def pause(self, dag_id: str) -> None:
        """Keep the DAG's runs from starting."""
        self._send("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": True})

    def is_paused(self, dag_id: str) -> bool:
        """Tell whether the DAG's runs are kept from starting."""
        return bool(self._get(f"/api/v2/dags/{dag_id}")["is_paused"])

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        """Start a run without a logical date and return its id."""
        body = {"logical_date": None, "conf": conf}
        return str(self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return a run's state."""
        return str(self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return a run's task instances."""
        return list(self._pages(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances", "task_instances"))

    def runs(self, dag_id: str, first: datetime | None = None, last: datetime | None = None) -> list[dict[str, Any]]:
        """Return the runs whose logical date lies between `first` and `last`, both included; all runs without them."""
        bounds = {}
        if first and last:
            bounds = {"logical_date_gte": first.isoformat(), "logical_date_lte": last.isoformat()}
        return list(self._pages(f"/api/v2/dags/{dag_id}/dagRuns", "dag_runs", bounds))

    def count_runs(self, dag_id: str, first: datetime, last: datetime, states: list[str]) -> int:
        """Return how many runs between `first` and `last`, both included, are in one of `states`."""
        query = {
            "logical_date_gte": first.isoformat(),
            "logical_date_lte": last.isoformat(),
            "state": states,
            "limit": 1,
        }
        return int(self._get(f"/api/v2/dags/{dag_id}/dagRuns", query)["total_entries"])

    def count_succeeded_tasks(self, dag_id: str, first: datetime, last: datetime) -> int:
        """Return how many tasks succeeded in the runs between `first` and `last`, both included."""
        query = {
            "logical_date_gte": first.isoformat(),
            "logical_date_lte": last.isoformat(),
            "state": ["success"],
            "limit": 1,
        }
        return int(self._get(f"/api/v2/dags/{dag_id}/dagRuns/~/taskInstances", query)["total_entries"])

    def dag_tasks(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the DAG's tasks."""
        return list(self._get(f"/api/v2/dags/{dag_id}/tasks")["tasks"])

    def backfill(self, dag_id: str, first: datetime, last: datetime, *, parallel: int) -> int:
        """Make a run for each logical date from `first` to `last`, both included, again where there was one.

        Airflow allows one backfill of a DAG at a time. An earlier one that is still open, because its `run` was
        killed or because Airflow closes it only some seconds after its last run, is cancelled, and waited for.
        Returns the backfill's id.
        """
        body = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "run_backwards": False,
            "dag_run_conf": {},
            "reprocess_behavior": "completed",
            "max_active_runs": parallel,
        }
        deadline = time.monotonic() + _CLOSING_SECONDS
        while True:
            answer = self._client.post("/api/v2/backfills", json=body)
            if answer.status_code != httpx.codes.CONFLICT or time.monotonic() > deadline:
                return int(_checked(answer)["id"])
            self._cancel_backfills(dag_id)
            time.sleep(1)

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int) -> list[dict[str, Any]]:
        """Return the entries of one try's log."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        answer = self._client.get(path, params={"full_content": "true"}, headers={"Accept": "application/json"})
        return [entry for entry in _checked(answer)["content"] if isinstance(entry, dict)]

    def _cancel_backfills(self, dag_id: str) -> None:
        for open_one in self._pages("/api/v2/backfills", "backfills", {"dag_id": dag_id}):
            if open_one["completed_at"] is None:
                answer = self._client.put(f"/api/v2/backfills/{open_one['id']}/cancel")
                if answer.status_code != httpx.codes.CONFLICT:  # closed by itself meanwhile
                    _checked(answer)

    def log_in(self) -> None:
        """Get a token for the calls that follow; `ready` does so itself."""
        token = _checked(self._client.post("/auth/token", json=self._credentials))["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def _read_since(self, dag_id: str) -> bool:
        answer = self._client.get(f"/api/v2/dags/{dag_id}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        parsed = _checked(answer)["last_parsed_time"]
        return parsed is not None and datetime.fromisoformat(parsed) > self._since

    def _raise_import_errors(self) -> None:
        for error in self._get("/api/v2/importErrors")["import_errors"]:
            if datetime.fromisoformat(error["timestamp"]) > self._since:
                raise StackError(f"Airflow cannot import {error['filename']}:\n{error['stack_trace'].strip()}")

    def _pages(self, path: str, name: str, query: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            page = self._get(path, {**(query or {}), "limit": _PAGE, "offset": offset})
            yield from page[name]
            offset += len(page[name])
            if not page[name] or offset >= page["total_entries"]:
                return

    def _get(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
        return _checked(self._request("GET", path, params=query))

    def _send(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return _checked(self._request(method, path, json=body))

    def _request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **arguments)
        except httpx.TransportError as error:
            raise StackError(f"Airflow at {self._client.base_url} does not answer: {error}") from error


def _checked(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_success:
        body: dict[str, Any] = answer.json()
        return body
    request = answer.request
    raise StackError(f"Airflow answered {answer.status_code} to {request.method} {request.url.path}: {answer.text}")
