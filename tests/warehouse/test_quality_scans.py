"""How often the whole set of checks reads the facts, by PostgreSQL's own counters."""

from pathlib import Path

import pytest

from tests.benchmarks.quality_scans import SCANS, load_without_checks, rows_read
from tests.pipeline import Pipeline
from tests.warehouse.checking import check_warehouse, check_window

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("pipeline", ["redshift"], indirect=True)]
FORM = {"start": "2018-11-01", "end": "2018-12-01"}


def test_all_checks_of_a_month_and_of_whole_tables_read_the_facts_at_most_three_times(
    pipeline: Pipeline, month: Path
) -> None:
    pipeline.put_folder(month)
    load_without_checks(pipeline, FORM, "manual__scans")
    [(facts,)] = pipeline.query("select count(*) from songplays")
    before = rows_read(pipeline.warehouse, "songplays")
    results = check_window(pipeline, FORM, "manual__scans") + check_warehouse(pipeline)
    read = rows_read(pipeline.warehouse, "songplays") - before
    assert all(each["passed"] for each in results)
    # Each of the two reads all facts at least once: less would mean that the counters are late.
    assert 2 * facts <= read <= SCANS * facts


def test_a_later_hours_own_checks_read_its_own_facts_only(pipeline: Pipeline, month: Path) -> None:
    pipeline.put_folder(month)
    load_without_checks(pipeline, {"start": "2018-11-01", "end": "2018-11-15"}, "manual__before")
    hour = {"start": "2018-11-15T17:00", "end": "2018-11-15T18:00"}
    load_without_checks(pipeline, hour, "manual__hour")
    [(facts,)] = pipeline.query("select count(*) from songplays where start_time >= '2018-11-15 17:00'")
    before = rows_read(pipeline.warehouse, "songplays")
    check_window(pipeline, hour, "manual__hour")
    assert 0 < facts <= rows_read(pipeline.warehouse, "songplays") - before <= SCANS * facts
