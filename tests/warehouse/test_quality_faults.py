"""Faults planted in a warehouse that is loaded with the month, each found by the checks that are there for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.warehouse import Warehouse
from sparkify.identifiers import staging_table
from tests.pipeline import COLUMNS, Pipeline, execute, load_dag
from tests.warehouse.checking import check_warehouse, check_window, not_passed

pytestmark = pytest.mark.slow
FORM = {"start": "2018-11-01", "end": "2018-12-01"}
RUN = "manual__faults"
BUCKET = "quality-faults"
# A play whose moment no other play has, of a listener with other plays.
LONELY = (
    "(select min(songplay_id) from songplays where start_time in"
    " (select start_time from songplays group by start_time having count(*) = 1))"
)
FIRST_SONG = " where song_id = (select min(song_id) from songs)"
FIRST_ARTIST = " where artist_id = (select min(artist_id) from artists)"
FIRST_USER = " where user_id = (select min(user_id) from users)"
ITS_MOMENT = f"(select start_time from songplays where songplay_id = {LONELY})"
STAGING = "{staging}"


def moment(at: str) -> str:
    """A row of `time` for a moment, with its own parts."""
    parts = ", ".join(f"extract({part} from {at})" for part in ("hour", "day", "week", "month", "year", "dow"))
    return f"insert into time ({COLUMNS['time']}) select {at}, {parts}"


def twice(table: str, key: str) -> str:
    """The first row of a table once more."""
    columns = COLUMNS[table]
    return (
        f"insert into {table} ({columns}) select {columns} from {table} where {key} = (select min({key}) from {table})"
    )


def stranger(at: str) -> str:
    """A play that no file has, of a listener who is there."""
    return (
        f"insert into songplays ({COLUMNS['songplays']}) select md5('stranger'), {at}, min(user_id), 'free',"
        " cast(null as varchar), cast(null as varchar), 1, 'Oslo', 'agent' from users"
    )


@dataclass(frozen=True)
class Fault:
    """What is done to which tables, and the checks that must not pass then, all others passing."""

    what: str
    statements: tuple[str, ...]
    found_by: frozenset[str]
    tables: tuple[str, ...] = field(default=())


def fault(what: str, *statements: str, by: str, tables: str = "") -> Fault:
    touched = tables.split() or [statements[0].split()[{"update": 1}.get(statements[0].split()[0], 2)]]
    return Fault(what, statements, frozenset(by.split()), tuple(touched))


KEY = "songplays.songplay_id.reconciliation"
FAULTS = [
    fault("a play twice", twice("songplays", "songplay_id"), by="songplays.songplay_id.unique_check"),
    fault("a user twice", twice("users", "user_id"), by="users.user_id.unique_check"),
    fault("a song twice", twice("songs", "song_id"), by="songs.song_id.unique_check"),
    fault("an artist twice", twice("artists", "artist_id"), by="artists.artist_id.unique_check"),
    fault("a moment twice", twice("time", "start_time"), by="time.start_time.unique_check"),
    fault(
        "a listener of plays lost",
        "delete from users where user_id = (select min(user_id) from songplays)",
        by="songplays.user_id.references users.user_id.reconciliation",
    ),
    fault(
        "a user without plays lost",
        "delete from users where user_id not in (select user_id from songplays)",
        by="users.user_id.reconciliation",
    ),
    fault(
        "a play of nobody known",
        f"update songplays set user_id = 999999 where songplay_id = {LONELY}",
        by=f"songplays.user_id.references {KEY}",
    ),
    fault(
        "a play of a song that is nowhere",
        "update songplays set song_id = 'SOX' where song_id is not null",
        by="songplays.song_id.references",
    ),
    fault(
        "a play of an artist who is nowhere",
        "update songplays set artist_id = 'ARX' where artist_id is not null",
        by="songplays.artist_id.references",
    ),
    fault(
        "a song of an artist who is nowhere",
        f"update songs set artist_id = 'ARX'{FIRST_SONG}",
        by="songs.artist_id.references",
    ),
    fault(
        "a play without its moment",
        f"delete from time where start_time = {ITS_MOMENT}",
        by="songplays.start_time.references songplays.start_time.reconciliation",
    ),
    fault(
        "a moment without a play",
        moment("cast('2018-11-12 07:00:00.001' as timestamp)"),
        by="songplays.start_time.reconciliation",
    ),
    fault(
        "a play of no listener",
        f"update songplays set user_id = null where songplay_id = {LONELY}",
        by=f"songplays.user_id.null_check {KEY}",
    ),
    fault(
        "a play of no session",
        f"update songplays set session_id = null where songplay_id = {LONELY}",
        by=f"songplays.session_id.null_check {KEY}",
    ),
    fault(
        "a play given to another listener",
        "update songplays set user_id = (select max(user_id) from users) where songplay_id = ("
        "select min(songplay_id) from songplays where user_id <> (select max(user_id) from users))",
        by=KEY,
    ),
    fault(
        "a play of a wrong level",
        f"update songplays set level = 'gold' where songplay_id = {LONELY}",
        by="songplays.level.accepted_values",
    ),
    fault(
        "a play of no level",
        f"update songplays set level = null where songplay_id = {LONELY}",
        by="songplays.level.null_check",
    ),
    fault(
        "a user of a wrong level",
        f"update users set level = 'gold'{FIRST_USER}",
        by="users.level.accepted_values",
    ),
    fault(
        "a user of a wrong gender",
        f"update users set gender = 'X'{FIRST_USER}",
        by="users.gender.accepted_values",
    ),
    fault(
        "a user of whom no event tells",
        "insert into users (user_id, last_event_at) values (999999, '2018-11-12')",
        by="users.level.null_check users.first_name.null_check",
    ),
    fault(
        "a user set back to an earlier event",
        f"update users set last_event_at = '2018-11-01'{FIRST_USER}",
        by="users.older_than_staged",
    ),
    fault(
        "a user whose milliseconds were read as seconds",
        f"update users set last_event_at = '50000-01-01'{FIRST_USER}",
        by="users.last_event_at.not_from_the_future",
    ),
    fault(
        "an hour missing from the facts though it was loaded",
        *(
            f"delete from {table}"
            f" where start_time < (select dateadd(hour, 1, date_trunc('hour', min(start_time))) from {table})"
            for table in ("songplays", "time")
        ),
        by=KEY,
        tables="songplays time",
    ),
    fault(
        "one play too few",
        f"delete from time where start_time = {ITS_MOMENT}",
        f"delete from songplays where songplay_id = {LONELY}",
        by=KEY,
        tables="songplays time",
    ),
    fault("one play too many", stranger(ITS_MOMENT), by=KEY),
    fault(
        "one play too many and one too few",
        f"delete from time where start_time = {ITS_MOMENT}",
        f"delete from songplays where songplay_id = {LONELY}",
        stranger("(select min(start_time) from songplays)"),
        by=KEY,
        tables="songplays time",
    ),
    fault(
        "a play an hour late by a skewed clock",
        moment(f"dateadd(hour, 1, {ITS_MOMENT})"),
        f"update songplays set start_time = dateadd(hour, 1, start_time) where songplay_id = {LONELY}",
        "delete from time where start_time not in (select start_time from songplays)",
        by=KEY,
        tables="songplays time",
    ),
    fault(
        "a play from the future",
        stranger("cast('2999-01-01' as timestamp)"),
        moment("cast('2999-01-01' as timestamp)"),
        by="songplays.start_time.not_from_the_future",
        tables="songplays time",
    ),
    fault(
        "a play whose milliseconds were read as seconds",
        stranger("cast('50833-10-21 07:13:20' as timestamp)"),
        moment("cast('50833-10-21 07:13:20' as timestamp)"),
        by="songplays.start_time.not_from_the_future",
        tables="songplays time",
    ),
    fault(
        "a play whose seconds were read as milliseconds",
        stranger("cast('1970-01-18 20:20:06' as timestamp)"),
        moment("cast('1970-01-18 20:20:06' as timestamp)"),
        by="songplays.start_time.min",
        tables="songplays time",
    ),
    fault(
        "a play with an artist and no song",
        "update songplays set song_id = null where song_id is not null",
        by="songplays.artist_id.artist_with_song",
    ),
    fault(
        "an hour that is not its moment's",
        f"update time set hour = mod(hour + 1, 24) where start_time = {ITS_MOMENT}",
        by="time.of_start_time",
    ),
    fault(
        "a weekday that counts from Monday",
        f"update time set weekday = mod(weekday + 6, 7) where start_time = {ITS_MOMENT}",
        by="time.of_start_time",
    ),
    fault("a negative duration", f"update songs set duration = -1{FIRST_SONG}", by="songs.duration.min"),
    fault("no duration at all", f"update songs set duration = 0{FIRST_SONG}", by="songs.duration.min"),
    fault("durations in milliseconds", "update songs set duration = duration * 1000", by="songs.duration.max"),
    fault("a year with a digit too many", f"update songs set year = 19991{FIRST_SONG}", by="songs.year.sensible_year"),
    fault("a song without a title", f"update songs set title = null{FIRST_SONG}", by="songs.title.null_check"),
    fault("no songs", "delete from songs", by="songs.row_count"),
    fault("an artist without a name", f"update artists set name = null{FIRST_ARTIST}", by="artists.name.null_check"),
    fault("a latitude beyond the pole", f"update artists set latitude = 91{FIRST_ARTIST}", by="artists.latitude.max"),
    fault(
        "a longitude beyond the date line",
        f"update artists set longitude = -181{FIRST_ARTIST}",
        by="artists.longitude.min",
    ),
    fault(
        "a staged event of a wrong level",
        f"update {STAGING} set level = 'gold' where page = 'Home'"
        f" and ts = (select min(ts) from {STAGING} where page = 'Home')",
        by="staging.events.level.accepted_values",
    ),
    fault(
        "a staged session of two users",
        f"update {STAGING} set user_id = (select max(user_id) from {STAGING}) where page <> 'NextSong' and ts = ("
        f"select min(ts) from {STAGING} where page <> 'NextSong' and user_id < (select max(user_id) from {STAGING})"
        f" and session_id in (select session_id from {STAGING} where page = 'NextSong'))",
        by="staging.events.sessions_of_two_users",
    ),
    fault(
        "a staged play of no length",
        f"update {STAGING} set length = 0 where page = 'NextSong'"
        f" and ts = (select min(ts) from {STAGING} where page = 'NextSong')",
        by="staging.events.length.play_has_length",
    ),
]


@pytest.fixture(scope="module")
def loaded(warehouse: Warehouse, month: Path) -> Iterator[Pipeline]:
    """The month, loaded and not checked, its staging still there; copies of all tables beside it."""
    warehouse.s3.client().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    with pytest.MonkeyPatch.context() as patch:
        pipeline = Pipeline(warehouse, BUCKET, patch)
        pipeline.manage_tables("reset", "reset")
        pipeline.put_folder(month)
        dag = load_dag("sparkify_etl")
        context, _ = pipeline.context("sparkify_etl", {**dag.params.dump(), **FORM}, RUN)
        for task in dag.topological_sort():
            if task.task_id in ("check_quality", "drop_staging"):
                continue
            execute(task, context)
        for name in (*COLUMNS, "staging.events"):
            table = of_run(STAGING) if name == "staging.events" else name
            columns = _columns(pipeline, table)
            pipeline.execute(f"create table {_copy(table)} (like {table})")
            pipeline.execute(f"insert into {_copy(table)} ({columns}) select {columns} from {table}")
        yield pipeline
        for name in (*COLUMNS, of_run(STAGING)):
            pipeline.execute(f"drop table {_copy(name)}")


def of_run(text: str) -> str:
    """A statement about the run's own staging table."""
    return text.replace(
        STAGING, staging_table("staging.events", type("Run", (), {"dag_id": "sparkify_etl", "run_id": RUN})())
    )


def _copy(table: str) -> str:
    return f"copy_of_{table.rpartition('.')[2]}"


def _columns(pipeline: Pipeline, table: str) -> str:
    if table in COLUMNS:
        return COLUMNS[table]
    name = table.rpartition(".")[2]
    rows = pipeline.query(f"select column_name from information_schema.columns where table_name = '{name}' order by 1")
    return ", ".join(column for (column,) in rows)


def test_the_faults_are_more_than_twenty_and_no_two_are_called_alike() -> None:
    assert len({each.what for each in FAULTS}) == len(FAULTS) > 20


def test_a_clean_month_gives_no_failure_and_no_warning(loaded: Pipeline) -> None:
    results = check_window(loaded, FORM, RUN) + check_warehouse(loaded)
    assert not_passed(results) == set()
    assert len(results) > 50
    [unasked] = [each for each in results if each["observed"].startswith("not asked")]
    assert unasked["check"] == "songplays.start_time.freshness"


@pytest.mark.parametrize("planted", FAULTS, ids=lambda each: each.what.replace(" ", "-"))
def test_a_planted_fault_is_found_by_the_checks_that_are_there_for_it(loaded: Pipeline, planted: Fault) -> None:
    try:
        for statement in planted.statements:
            loaded.execute(of_run(statement))
        # The run's own checks last: that they have failed is a fault for those of whole tables.
        results = check_warehouse(loaded) + check_window(loaded, FORM, RUN)
    finally:
        loaded.execute("delete from quality_results")
        for table in map(of_run, planted.tables):
            columns = _columns(loaded, table)
            loaded.execute(f"delete from {table}")
            loaded.execute(f"insert into {table} ({columns}) select {columns} from {_copy(table)}")
    assert not_passed(results) == planted.found_by


def test_every_check_that_can_be_planted_finds_a_fault() -> None:
    found = {name for each in FAULTS for name in each.found_by}
    assert len(found) >= 30


def test_a_failed_check_names_up_to_five_rows_by_their_keys(loaded: Pipeline) -> None:
    keys = [key for (key,) in loaded.query("select songplay_id from songplays order by songplay_id limit 7")]
    listed = ", ".join(f"'{key}'" for key in keys)
    loaded.execute(f"update songplays set level = 'gold' where songplay_id in ({listed})")
    try:
        [result] = [each for each in check_warehouse(loaded) if not each["passed"]]
    finally:
        loaded.execute("delete from songplays")
        loaded.execute(
            f"insert into songplays ({COLUMNS['songplays']}) select {COLUMNS['songplays']} from copy_of_songplays"
        )
    assert result["observed"] == "7"
    assert result["samples"] == keys[:5]
    [(kind, column, samples)] = loaded.query(
        "select kind, column_name, samples from quality_results where not passed and observed = '7'"
    )
    assert (kind, column, json.loads(samples)) == ("accepted_values", "level", keys[:5])
