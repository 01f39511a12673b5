"""Windows that a run's own checks have found wrong, and what mends them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sparkify.quality.results import DataQualityError
from tests import expected_insights
from tests.pipeline import Pipeline
from tests.warehouse.checking import check_warehouse, check_window, not_passed
from tests.warehouse.insights import answers, refresh
from tests.warehouse.test_pipeline_changes import DAY, TS, Source, event

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("pipeline", ["redshift"], indirect=True)]
FORM = {"start": DAY[0], "end": DAY[1]}
CHECK = "quality_results.failed_windows"
A_FAILED = "2018-11-12 07:00:00 2018-11-12 08:00:00 a"
OF_THE_PAST = "2018-11-12 06:00:00 2018-11-12 09:00:00 b"


@dataclass(frozen=True)
class Batch:
    """What one try of a run has recorded of its window, in hours of a day, and when its run has loaded that.

    :ivar loaded: a minute; None: load_audit does not know any more. :ivar began: the minute in which that load began.
    """

    run: str
    hours: tuple[int, int]
    failed: bool
    loaded: int | None
    checked: int
    number: int = 1
    dag: str = "sparkify_etl"
    severity: str = "fail"
    began: int | None = None

    @property
    def window(self) -> str:
        return ", ".join(f"'2018-11-12 {hour:02}:00'" for hour in self.hours)

    def record(self, pipeline: Pipeline) -> None:
        """Write it as loads and checks do: two results, one of which says how it went; named by the try."""
        run = f"'{self.dag}', '{self.run}', {self.number}"
        for name, passed in ((f"rows_{self.number}", True), (f"values_{self.number}", not self.failed)):
            pipeline.execute(
                "insert into quality_results (dag_id, run_id, try_number, check_name, table_name, severity, passed,"
                f" expected, observed, window_start, window_end, checked_at) values ({run}, '{name}', 'songplays',"
                f" '{self.severity}', {passed}, '= 0', '0', {self.window}, '2026-01-01 00:{self.checked:02}')"
            )
        if self.loaded is not None:
            began = self.loaded if self.began is None else self.began
            pipeline.execute(
                "insert into load_audit (dag_id, run_id, try_number, table_name, window_start, window_end, outcome,"
                " files, rows_staged, rows_misfiled, rows_inserted, rows_updated, rows_deleted, seconds, loaded_at,"
                f" began_at) values ({run}, 'songplays', {self.window}, 'loaded', 0, 0, 0, 1, 0, 0, 1,"
                f" '2026-01-01 00:{self.loaded:02}', '2026-01-01 00:{began:02}')"
            )


FAILED = Batch("a", (7, 8), True, loaded=1, checked=2)


@pytest.mark.parametrize(
    ("others", "left"),
    [
        pytest.param([], [A_FAILED], id="it alone"),
        pytest.param([Batch("a", (7, 8), False, 1, 2, number=2)], [], id="a later try within the second passes"),
        pytest.param([Batch("a", (7, 8), True, 1, 2, number=2)], [A_FAILED], id="a later try fails, too"),
        pytest.param([Batch("a", (7, 8), False, 3, 4)], [], id="Airflow forgets the run and its first try passes"),
        pytest.param(
            [Batch("a", (7, 8), False, 3, 4, number=2), Batch("a", (7, 8), True, 5, 6)],
            [A_FAILED],
            id="Airflow forgets a run that has passed and its first try fails",
        ),
        pytest.param([Batch("b", (6, 9), False, 3, 4)], [], id="another run loads more and passes"),
        pytest.param([Batch("b", (6, 9), False, 2, 2)], [], id="another run does within the second"),
        pytest.param([Batch("b", (6, 9), True, 3, 4)], [OF_THE_PAST], id="another run loads more and fails"),
        pytest.param([Batch("b", (6, 9), False, 0, 4)], [A_FAILED], id="another run had loaded before"),
        pytest.param(
            [Batch("b", (6, 9), False, 0, 4), Batch("b", (6, 9), False, 5, 6, number=2)],
            [],
            id="another run had loaded before and loads again",
        ),
        pytest.param([Batch("b", (6, 9), False, 0, 1)], [A_FAILED], id="another run has loaded and checked before"),
        pytest.param([Batch("b", (7, 8), False, 3, 4, dag="other")], [A_FAILED], id="another DAG's run"),
        pytest.param(
            [Batch("b", (6, 7), False, 3, 4), Batch("c", (8, 9), False, 3, 4)], [A_FAILED], id="its neighbours"
        ),
        pytest.param([Batch("b", (6, 9), False, 1, 2, began=0)], [A_FAILED], id="another had loaded within the second"),
        pytest.param([Batch("b", (6, 9), False, 2, 2, began=0)], [], id="another waited for the table and loads later"),
        pytest.param([Batch("b", (6, 9), False, None, 4)], [], id="a load is not known any more"),
        pytest.param([Batch("b", (1, 2), True, 1, 2, severity="warn")], [A_FAILED], id="a warning elsewhere"),
    ],
)
def test_a_window_that_failed_stays_until_it_is_loaded_again_whole_and_passes(
    pipeline: Pipeline, others: list[Batch], left: list[str]
) -> None:
    for batch in (FAILED, *others):
        batch.record(pipeline)
    [result] = [each for each in check_warehouse(pipeline) if each["check"] == CHECK]
    assert (result["passed"], result["observed"], result["samples"]) == (not left, str(len(left)), left)


def test_a_window_with_a_pruned_load_is_mended_by_what_was_checked_later(pipeline: Pipeline) -> None:
    Batch("a", (7, 8), True, None, 2).record(pipeline)
    assert CHECK in not_passed(check_warehouse(pipeline))
    Batch("b", (7, 8), False, 3, 4).record(pipeline)
    assert CHECK not in not_passed(check_warehouse(pipeline))


def test_a_failed_check_of_a_run_keeps_the_answers_until_its_window_is_loaded_again(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    source = Source(pipeline, tmp_path)
    source.song("a")
    source.events(event(), event(itemInSession=1, ts=TS + 60_000))
    pipeline.load(*DAY)
    refresh(pipeline)
    before = answers(pipeline)
    assert before["active_listeners"]
    source.events(*(event(itemInSession=item, ts=TS + item * 60_000) for item in range(6)))
    lose_plays_of(pipeline, "manual__lost")
    # The other checks of whole tables see nothing wrong.
    assert not_passed(check_warehouse(pipeline)) == {CHECK}
    with pytest.raises(DataQualityError, match=rf"{CHECK}.*rows 2018-11-12 00:00:00 2018-11-13 00:00:00 manual__lost"):
        refresh(pipeline)
    assert answers(pipeline) == before
    pipeline.load(*DAY)
    refresh(pipeline)
    assert answers(pipeline) == expected_insights.answers(tmp_path)


def lose_plays_of(pipeline: Pipeline, run_id: str) -> None:
    """Run a load that loses plays, and their moments, up to its own checks."""
    before = ("stage_events", "stage_songs", "load_users", "load_songs", "load_artists", "load_songplays")
    pipeline.run_tasks("sparkify_etl", FORM, before, run_id=run_id)
    pipeline.execute("delete from songplays where start_time >= '2018-11-12 07:02'")
    pipeline.run("sparkify_etl", FORM, only="load_time", run_id=run_id)
    results: list[dict[str, Any]] = check_window(pipeline, FORM, run_id)
    assert not_passed(results) == {"songplays.songplay_id.reconciliation"}
