"""What must be true once the faults are over and every run has ended."""

import psycopg

from local.airflow_settings import MANIFEST_BUCKET
from tests import expected
from tests.faults.drill import ETL, Drill
from tests.stack import until


def assert_tables_are_those_of_one_load(drill: Drill) -> None:
    """Row by row what the files say, by an account that is not ours: nothing twice, nothing lost."""
    wanted = expected.tables(drill.stack.data, drill.first, drill.end)
    found = drill.stack.tables()
    for name, rows in wanted.items():
        assert rows, f"no {name} to lose"
        assert found[name] - rows == set(), f"{name} holds rows that it must not"
        assert rows - found[name] == set(), f"{name} lacks rows"


def assert_every_hour_is_told_right(drill: Drill) -> None:
    """Each hour has one run, which is green, and its last load says how many rows it staged."""
    runs = drill.api.runs(ETL)
    assert {run["state"] for run in runs} == {"success"}
    assert len(runs) == len(drill.hours)
    told = dict(
        drill.stack.query(
            "select window_start, rows_staged from load_status where table_name = 'staging.events'"
            f" and window_start >= '{drill.first}' and window_end <= '{drill.end}'"
        )
    )
    staged = dict.fromkeys(drill.hours, 0)
    for event in expected.within(expected.read_events(drill.stack.data), drill.first, drill.end):
        staged[expected.moment(event).replace(minute=0, second=0, microsecond=0)] += 1
    assert told == staged


def assert_nothing_is_held(drill: Drill) -> None:
    """No statement runs in the warehouse, no transaction is open, and no table is locked."""
    with psycopg.connect(drill.stack.stack.warehouse.postgres.dsn("dev"), autocommit=True) as server:

        def free() -> bool:
            at_work = server.execute(
                "select query from pg_stat_activity where datname = 'dev' and backend_type = 'client backend'"
                " and pid <> pg_backend_pid() and state <> 'idle'"
            ).fetchall()
            locks = server.execute(
                "select relation::regclass from pg_locks join pg_database d on d.oid = database"
                " where datname = 'dev' and locktype = 'relation' and pid <> pg_backend_pid()"
            ).fetchall()
            prepared = server.execute("select gid from pg_prepared_xacts").fetchall()
            return not (at_work or locks or prepared)

        # What a killed task has left ends when its statement does.
        assert until(free, seconds=60)


def assert_housekeeping_leaves_nothing(drill: Drill) -> None:
    """After sparkify_housekeeping there is no run's staging table and no manifest."""
    drill.api.unpause("sparkify_housekeeping")
    run_id = drill.api.trigger("sparkify_housekeeping", {})
    assert drill.stack.wait_for("sparkify_housekeeping", run_id) == "success"
    tables = drill.stack.query(
        "select table_name from information_schema.tables where table_schema = 'staging'"
        " and table_name like 'events\\_%'"
    )
    assert tables == []
    left = drill.stack.s3.list_objects_v2(Bucket=MANIFEST_BUCKET).get("Contents", [])
    assert [item["Key"] for item in left] == []


def assert_airflow_is_well(drill: Drill) -> None:
    """Every part says that it is healthy, and every DAG file can be read."""
    assert set(until(lambda: healthy if set((healthy := drill.api.health()).values()) == {"healthy"} else {})) >= {
        "metadatabase",
        "scheduler",
        "dag_processor",
    }
    assert drill.api.import_errors() == []
