"""Asset events in a real Airflow: one for each table whose rows a load has changed, and no other."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from local.airflow_settings import LOGIN
from tests import expected
from tests.operator_api import OperatorApi
from tests.stack import RunningStack

pytestmark = pytest.mark.slow
DAY = datetime(2018, 11, 20)
HOUR = timedelta(hours=1)


@pytest.fixture
def api(airflow_stack: RunningStack) -> OperatorApi:
    airflow = airflow_stack.stack.airflow
    made = OperatorApi(airflow.url, LOGIN, airflow.password)
    made.log_in()
    return made


def _load(stack: RunningStack, start: datetime) -> str:
    run_id, state = stack.load(start.replace(tzinfo=UTC).isoformat(), (start + HOUR).replace(tzinfo=UTC).isoformat())
    assert state == "success"
    return run_id


def _audited(stack: RunningStack, run_id: str) -> dict[str, tuple[int, int, int, int]]:
    rows = stack.query(
        "select table_name, rows_staged, rows_inserted, rows_updated, rows_deleted from load_audit"
        f" where run_id = '{run_id}'"
    )
    return {name: (staged, inserted, updated, deleted) for name, staged, inserted, updated, deleted in rows}


def test_a_loaded_hour_tells_of_the_tables_that_changed_and_loaded_again_of_no_fact_or_dimension(
    airflow_stack: RunningStack, api: OperatorApi
) -> None:
    events = expected.read_events(airflow_stack.data)
    hours = [DAY + number * HOUR for number in range(24)]
    busiest = max(hours, key=lambda hour: len(expected.within(events, hour, hour + HOUR)))
    plays = expected.tables(airflow_stack.data, busiest, busiest + HOUR)["songplays"]
    assert plays
    # Another test may have loaded them: the same rows again would be no change.
    for table in ("songplays", "time"):
        airflow_stack.execute(
            f"delete from {table} where start_time >= '{busiest}' and start_time < '{busiest + HOUR}'"
        )

    first = _load(airflow_stack, busiest)
    told = api.asset_events(first)
    audited = _audited(airflow_stack, first)
    assert set(told) == {name for name, counts in audited.items() if any(counts)}
    assert {"staging.events", "songplays", "time"} <= set(told)
    assert told["songplays"]["source_task_id"] == "load_songplays"
    assert told["songplays"]["extra"] == {
        "run_id": first,
        "window_start": busiest.replace(tzinfo=UTC).isoformat(),
        "window_end": (busiest + HOUR).replace(tzinfo=UTC).isoformat(),
        "rows_staged": 0,
        "rows_inserted": len(plays),
        "rows_updated": 0,
        "rows_deleted": 0,
    }

    again = _load(airflow_stack, busiest)
    # The same rows were deleted and inserted.
    assert _audited(airflow_stack, again)["songplays"] == (0, len(plays), 0, len(plays))
    assert set(api.asset_events(again)) == {"staging.events"}


def test_an_empty_hour_tells_of_nothing(airflow_stack: RunningStack, api: OperatorApi) -> None:
    empty = datetime(2019, 3, 1, 4)
    # The catalogue is there already, or else its first load would be told.
    _load(airflow_stack, empty)
    assert api.asset_events(_load(airflow_stack, empty + HOUR)) == {}


def test_the_uis_asset_graph_leads_from_s3_to_the_insights(airflow_stack: RunningStack, api: OperatorApi) -> None:
    events = ("s3://sparkify-source/log_data", "sparkify_etl.stage_events", "staging.events")
    songs = ("s3://sparkify-source/song_data", "sparkify_etl.stage_songs", "staging.songs")
    facts = ("sparkify_etl.load_songplays", "songplays")
    answers = ("sparkify_insights.refresh_insights", "insights.top_songs")
    for path in (
        (*events, *facts, *answers),
        (*songs, *facts, *answers),
        (*songs, "sparkify_etl.load_artists", "artists", *answers),
        (*events, "sparkify_etl.load_users", "users"),
        (*events, *facts, "sparkify_etl.load_time", "time"),
    ):
        # Drawn around its last asset, whatever that is made of.
        assert set(pairwise(path)) <= api.asset_graph(path[-1])
