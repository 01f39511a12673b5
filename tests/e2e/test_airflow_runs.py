"""The DAG in a real scheduler, triggered through the REST API."""

import json
from datetime import datetime

import psycopg
import pytest

from tests import expected
from tests.stack import RunningStack, until

pytestmark = pytest.mark.slow


def day_of(number: int) -> tuple[str, str, datetime, datetime]:
    start, end = datetime(2018, 11, number), datetime(2018, 11, number + 1)
    return f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}", start, end


def test_a_run_triggered_through_the_rest_api_loads_exactly_its_window(airflow_stack: RunningStack) -> None:
    start, end, first, last = day_of(5)
    run_id, state = airflow_stack.load(start, end)
    assert state == "success"
    assert set(airflow_stack.tries(run_id).values()) == {("success", 1)}
    wanted = expected.tables(airflow_stack.data, first, last)
    assert airflow_stack.table("songplays", first, last) == wanted["songplays"]
    assert airflow_stack.table("time", first, last) == wanted["time"]


@pytest.mark.parametrize(("cuts", "tries"), [(1, 1), (3, 2)], ids=["quickly in the task", "then by Airflow"])
def test_a_task_whose_connection_is_cut_is_tried_again_and_the_rows_are_right(
    airflow_stack: RunningStack, cuts: int, tries: int
) -> None:
    start, end, first, last = day_of(6)
    postgres = airflow_stack.stack.warehouse.postgres
    with (
        psycopg.connect(airflow_stack.stack.warehouse.redshift.dsn) as holder,
        psycopg.connect(postgres.dsn("dev"), autocommit=True) as server,
    ):
        # Held, so that the load stands still at a known point while its connection is cut.
        holder.execute("lock table staging.lock_songplays")
        run_id = airflow_stack.api.trigger("sparkify_etl", {"start": start, "end": end})
        cut: list[int] = []
        for _ in range(cuts):
            [(pid, done)] = until(
                lambda: server.execute(
                    "select pid, pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'"
                    " and query like '%%lock_songplays%%' and pid <> all(%s)",
                    [cut],
                ).fetchall()
            )
            assert done
            cut.append(pid)
        holder.rollback()
    assert airflow_stack.wait_for("sparkify_etl", run_id) == "success"
    assert airflow_stack.tries(run_id)["load_songplays"] == ("success", tries)
    wanted = expected.tables(airflow_stack.data, first, last)
    assert airflow_stack.table("songplays", first, last) == wanted["songplays"]


def test_bad_data_fails_its_task_at_once_without_a_retry_and_the_log_names_the_place(
    airflow_stack: RunningStack,
) -> None:
    start, end, first, last = day_of(7)
    key = "log_data/2018/11/2018-11-07-events.json"
    good = airflow_stack.get(key)
    broken = good.decode().splitlines()
    broken[2] = json.dumps({**json.loads(broken[2]), "sessionId": "abc"})
    airflow_stack.put(key, "\n".join(broken))
    run_id, state = airflow_stack.load(start, end)
    airflow_stack.put(key, good)
    assert state == "failed"
    tries = airflow_stack.tries(run_id)
    assert tries["stage_events"] == ("failed", 1)
    assert tries["load_users"][0] == tries["load_songplays"][0] == "upstream_failed"
    log = airflow_stack.log(run_id, "stage_events")
    for part in ("2018-11-07-events.json", "line 3", "session_id", "abc", "Invalid digit"):
        assert part in log
    assert airflow_stack.table("songplays", first, last) == set()


@pytest.mark.parametrize(
    "form", [{"start": "2018-11-01T00:00:00Z"}, {"start": "2018-11-02T00:00:00Z", "end": "2018-11-01T00:00:00Z"}]
)
def test_a_form_that_gives_no_window_fails_at_once_and_says_why(
    airflow_stack: RunningStack, form: dict[str, str]
) -> None:
    run_id = airflow_stack.api.trigger("sparkify_etl", form)
    assert airflow_stack.wait_for("sparkify_etl", run_id) == "failed"
    assert airflow_stack.tries(run_id)["stage_events"] == ("failed", 1)
    assert "fill in both" in (log := airflow_stack.log(run_id, "stage_events")) or "must lie after" in log


def test_no_password_and_no_key_is_in_any_log(airflow_stack: RunningStack) -> None:
    airflow_stack.load("2018-11-08T00:00:00Z", "2018-11-09T00:00:00Z")
    warehouse = airflow_stack.stack.warehouse
    secrets = [warehouse.redshift.password, warehouse.s3.secret_key, warehouse.postgres.password]
    logs = list((airflow_stack.stack.home.path / "airflow" / "logs").rglob("*.log"))
    assert logs
    for log in logs:
        text = log.read_text()
        assert not [secret for secret in secrets if secret in text], log


def test_a_backfill_loads_an_hour_a_run_and_the_day_comes_out_as_in_one_run(airflow_stack: RunningStack) -> None:
    _, _, first, last = day_of(12)
    hours = [datetime.fromisoformat(f"2018-11-12T{hour:02}:00+00:00") for hour in (0, 5)]
    airflow_stack.api.backfill("sparkify_etl", *hours, parallel=3)
    states = until(
        lambda: (
            states
            if len(states := [run["state"] for run in airflow_stack.api.runs("sparkify_etl", *hours)]) == 6
            and set(states) <= {"success", "failed"}
            else []
        )
    )
    assert states == ["success"] * 6
    until_six = datetime(2018, 11, 12, 6)
    wanted = expected.tables(airflow_stack.data, first, until_six)
    assert airflow_stack.table("songplays", first, last) == wanted["songplays"]
    outcomes = airflow_stack.query(
        "select window_start, outcome from load_status where table_name = 'staging.events'"
        " and window_start >= '2018-11-12' and window_end <= '2018-11-12 06:00' order by window_start"
    )
    assert [hour for hour, _ in outcomes] == [datetime(2018, 11, 12, hour) for hour in range(6)]
    staging = airflow_stack.query(
        "select table_name from information_schema.tables where table_schema = 'staging'"
        " and table_name like 'events\\_%'"
    )
    finished = {name for (name,) in staging}
    assert len(finished) <= 3  # those of the runs that failed above are kept for diagnosis
