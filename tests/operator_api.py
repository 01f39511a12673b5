"""What an operator does in Airflow, by its REST API; patient, where Airflow is being broken at the same time."""

import time
from datetime import datetime
from typing import Any, Literal

import httpx

from local.airflow_api import AirflowApi

Reprocess = Literal["none", "failed", "completed"]
_PAUSE = 0.5


class OperatorApi(AirflowApi):
    """Airflow's API with what `./sparkify` itself has no need of.

    :param patience: for how many seconds a request is tried again where Airflow does not answer, or answers 5xx.
    """

    def __init__(self, url: str, login: str, password: str, *, patience: float = 0.0) -> None:
        super().__init__(url, login, password)
        self._client = httpx.Client(base_url=url, timeout=30, transport=_Patient(patience))
        self.log_in()

    def make_backfill(
        self,
        dag_id: str,
        first: datetime,
        last: datetime,
        *,
        reprocess: Reprocess = "none",
        backwards: bool = False,
        parallel: int = 8,
    ) -> int:
        """Make a backfill as the dialog does and return its id.

        Waits for an earlier one to be closed, which Airflow does half a minute after its last run unless told to.
        """
        body = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "run_backwards": backwards,
            "dag_run_conf": {},
            "reprocess_behavior": reprocess,
            "max_active_runs": parallel,
        }
        while (answer := self._client.post("/api/v2/backfills", json=body)).status_code == httpx.codes.CONFLICT:
            time.sleep(_PAUSE)
        assert answer.is_success, answer.text
        return int(answer.json()["id"])

    def close_backfills(self, dag_id: str) -> None:
        """Cancel what is open; runs that have ended, or are going on, stay what they are."""
        self._cancel_backfills(dag_id)

    def mark_run_failed(self, dag_id: str, run_id: str) -> None:
        """Mark a run as failed."""
        self._send("PATCH", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}", {"state": "failed"})

    def clear(self, dag_id: str, run_id: str, *, only_failed: bool) -> None:
        """Clear a run's tasks, or those that have failed or could not start for that; they run again."""
        body = {"dry_run": False, "only_failed": only_failed}
        self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/clear", body)

    def clear_runs(self, dag_id: str, run_ids: list[str]) -> None:
        """Clear all tasks of several runs."""
        body = {"dry_run": False, "dag_runs": [{"dag_run_id": run_id} for run_id in run_ids]}
        self._send("POST", f"/api/v2/dags/{dag_id}/clearDagRuns", body)

    def clear_tasks(self, dag_id: str, run_id: str, task_ids: list[str]) -> None:
        """Clear tasks of a run, whatever their state."""
        body = {"dry_run": False, "only_failed": False, "dag_run_id": run_id, "task_ids": task_ids}
        self._send("POST", f"/api/v2/dags/{dag_id}/clearTaskInstances", body)

    def mark_failed(self, dag_id: str, run_id: str, task_id: str) -> None:
        """Mark a task as failed; a running one is told to end."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
        self._send("PATCH", path, {"new_state": "failed"})

    def tasks_in(self, dag_id: str, *states: str) -> list[dict[str, Any]]:
        """Return the task instances of all runs that are in one of the states."""
        return list(
            self._pages(f"/api/v2/dags/{dag_id}/dagRuns/~/taskInstances", "task_instances", {"state": list(states)})
        )

    def count_in(self, dag_id: str, *states: str) -> int:
        """Return how many runs are in one of the states."""
        query = {"state": list(states), "limit": 1}
        return int(self._get(f"/api/v2/dags/{dag_id}/dagRuns", query)["total_entries"])

    def asset_events(self, run_id: str) -> dict[str, dict[str, Any]]:
        """Return the events that a run's tasks have made, by the asset's name; fails if one has two."""
        events = list(self._pages("/api/v2/assets/events", "asset_events", {"source_run_id": run_id}))
        by_name = {str(event["name"]): event for event in events}
        assert len(by_name) == len(events), f"an asset of {run_id} has two events"
        return by_name

    def make_asset_event(self, name: str) -> None:
        """Say that an asset has changed, as the button in its page does."""
        [asset] = [found for found in self._pages("/api/v2/assets", "assets") if found["name"] == name]
        self._send("POST", "/api/v2/assets/events", {"asset_id": asset["id"]})

    def has_queued_events(self, dag_id: str) -> bool:
        """Tell whether asset events are there that will lead to a run of the DAG."""
        return int(self._get(f"/api/v2/dags/{dag_id}/assets/queuedEvents")["total_entries"]) > 0

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str) -> Any:
        """Return what a task has pushed."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}"
        return self._get(path)["value"]

    def asset_graph(self, name: str) -> set[tuple[str, str]]:
        """Return the edges, by label, of the graph that the UI draws around an asset."""
        [asset] = [found for found in self._pages("/api/v2/assets", "assets") if found["name"] == name]
        graph = self._get("/ui/dependencies", {"node_id": f"asset:{asset['id']}", "dependency_type": "data"})
        labels = {node["id"]: str(node["label"]) for node in graph["nodes"]}
        return {(labels[edge["source_id"]], labels[edge["target_id"]]) for edge in graph["edges"]}

    def health(self) -> dict[str, str]:
        """Return what Airflow says of its parts, those that were never started left out."""
        found = self._get("/api/v2/monitor/health")
        return {part: told["status"] for part, told in found.items() if told["status"]}

    def import_errors(self) -> list[str]:
        """Return what Airflow could not read of the DAG files."""
        return [str(error["stack_trace"]) for error in self._get("/api/v2/importErrors")["import_errors"]]


class _Patient(httpx.HTTPTransport):
    def __init__(self, seconds: float) -> None:
        super().__init__(trust_env=False)
        self._seconds = seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and send again until there is an answer, or until the patience ends."""
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                response = super().handle_request(request)
            except httpx.TransportError:
                if time.monotonic() > deadline:
                    raise
            else:
                if response.status_code < 500 or time.monotonic() > deadline:
                    return response
                response.close()
            time.sleep(_PAUSE)
