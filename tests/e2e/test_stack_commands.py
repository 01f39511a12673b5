"""The commands of ./sparkify on a real stack."""

import csv
import json
import os
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import httpx
import psutil
import psycopg
import pytest

from local import sessions
from tests import expected, expected_insights
from tests.e2e.commands import Place, place

pytestmark = pytest.mark.slow


@pytest.fixture
def here() -> Iterator[Place]:
    with place() as made:
        yield made


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Place, dict[str, str]]]:
    """A running `./sparkify warehouse` and the line that it printed."""
    with place() as made:
        running = made.start("warehouse")
        assert running.stdout is not None
        try:
            yield made, json.loads(running.stdout.readline())
        finally:
            running.terminate()
            running.communicate()


@pytest.fixture(scope="module")
def loaded(sample_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Path]]:
    """A home in which `run` has loaded the sample once, and the report."""
    report = tmp_path_factory.mktemp("report") / "report.json"
    with place() as made:
        done = made.run("run", "--data", str(sample_dir), "--report", str(report))
        assert done.returncode == 0, done.stdout + done.stderr
        made.wait_for_no_process()
        yield made, report


def listening(home: Path) -> set[tuple[str, str]]:
    """The server and address of everything that the servers of a home listen on."""
    found = set()
    for file in home.glob("*/*.pid"):
        for process in sessions.members(json.loads(file.read_text())["pid"]):
            for connection in process.net_connections("inet"):
                if connection.status == psutil.CONN_LISTEN:
                    found.add((file.stem, connection.laddr[0]))
    return found


def test_the_printed_line_lets_clients_into_redshift_and_s3(served: tuple[Place, dict[str, str]]) -> None:
    _, told = served
    assert set(told) == {"redshift", "s3_endpoint", "access_key", "secret_key", "iam_role", "region"}
    with psycopg.connect(told["redshift"]) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    s3 = boto3.client(
        "s3",
        endpoint_url=told["s3_endpoint"],
        region_name=told["region"],
        aws_access_key_id=told["access_key"],
        aws_secret_access_key=told["secret_key"],
    )
    s3.create_bucket(Bucket="printed", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="printed", Key="a", Body=b"b")
    s3.copy_object(Bucket="printed", Key="c", CopySource={"Bucket": "printed", "Key": "a"})
    assert s3.get_object(Bucket="printed", Key="c")["Body"].read() == b"b"


def test_sql_uses_the_running_warehouse_and_prints_csv_into_a_pipe(served: tuple[Place, dict[str, str]]) -> None:
    here, _ = served
    done = here.run("sql", "select 1 as one, 'a,b' as text, null as nothing")
    assert (done.stdout, done.stderr, done.returncode) == ('one,text,nothing\n1,"a,b",\n', "", 0)


def test_an_error_in_sql_is_one_line_and_exit_code_1(served: tuple[Place, dict[str, str]]) -> None:
    here, _ = served
    done = here.run("sql", "select nothing\nfrom nowhere")
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr == 'error: relation "nowhere" does not exist\n'


def test_another_command_is_told_who_uses_the_home(served: tuple[Place, dict[str, str]]) -> None:
    here, _ = served
    done = here.run("run")
    assert done.returncode == 2
    assert "another ./sparkify (pid" in done.stderr
    assert "`warehouse`) is using" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_busy_port_is_one_line_with_a_remedy(here: Place) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(here.environment["SPARKIFY_S3_PORT"])))
        taken.listen()
        done = here.run("warehouse")
    assert done.returncode == 2
    assert "(S3) is taken by" in done.stderr
    assert "set SPARKIFY_S3_PORT to a free port" in done.stderr
    assert done.stderr.count("\n") == 1


def test_one_bound_of_the_window_alone_is_refused_before_anything_starts(here: Place) -> None:
    done = here.run("run", "--from", "2018-11-01")
    assert (done.returncode, done.stderr) == (2, "sparkify: --from is given without --to; give both or neither\n")
    assert not here.home.exists()


def test_data_writes_a_data_set_and_never_over_another(here: Place, tmp_path: Path) -> None:
    arguments = ("data", "--out", str(tmp_path / "out"), "--songs", "5", "--events", "50", "--days", "2", "--seed", "3")
    assert here.run(*arguments).returncode == 0
    assert len(list((tmp_path / "out" / "log_data").rglob("*-events.json"))) == 2
    again = here.run(*arguments)
    assert again.returncode == 2
    assert "is not an empty folder" in again.stderr


def test_the_report_counts_what_plain_python_counts(loaded: tuple[Place, Path], sample_dir: Path) -> None:
    _, report = loaded
    told = json.loads(report.read_text())
    assert told["window"] == ["2018-11-01T00:00:00Z", "2018-12-01T00:00:00Z"]
    assert told["runs"] == {"success": 1, "failed": 0}
    assert told["quality"]["failed"] == 0
    assert told["quality"]["passed"] > 0
    assert set(told["seconds"]) == {"install", "start", "load", "etl", "insights", "total"}
    wanted = expected.tables(sample_dir)
    for table in ("songplays", "users", "songs", "artists", "time"):
        assert told["rows"][table] == len(wanted[table]), table


def test_the_report_and_the_files_have_the_answers_of_plain_python(
    loaded: tuple[Place, Path], sample_dir: Path, tmp_path: Path
) -> None:
    here, report = loaded
    wanted = expected_insights.answers(sample_dir)
    told = json.loads(report.read_text())["insights"]
    assert told["plays"] == sum(plays for _, _, plays in wanted["active_listeners"])
    assert told["plays_by_day"] == {day.isoformat(): plays for day, _, plays in wanted["active_listeners"]}
    assert [(place["location"], place["plays"]) for place in told["top_locations"]] == [
        (location, plays) for _, location, plays, _ in sorted(wanted["top_locations"])
    ]
    assert told["paid_plays"] == sum(plays for _, level, plays, _ in wanted["plays_by_level"] if level == "paid")
    assert told["known_plays"] == sum(known for _, _, known, _ in wanted["known_songs"])
    done = here.run("insights", "--csv", str(tmp_path / "csv"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert {file.stem for file in (tmp_path / "csv").iterdir()} == set(wanted)
    for question, rows in wanted.items():
        with (tmp_path / "csv" / f"{question}.csv").open(newline="") as file:
            lines = [tuple(line) for line in csv.reader(file)][1:]
        assert lines == [tuple(map(str, row)) for row in sorted(rows)], question


def test_loading_again_reports_the_same_rows(loaded: tuple[Place, Path], sample_dir: Path, tmp_path: Path) -> None:
    here, report = loaded
    again = tmp_path / "again.json"
    done = here.run("run", "--data", str(sample_dir), "--report", str(again))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 objects uploaded" in done.stdout
    first, second = json.loads(report.read_text()), json.loads(again.read_text())
    for part in ("window", "runs", "rows", "songplays_with_song"):
        assert first[part] == second[part], part
    assert (second["quality"]["failed"], second["quality"]["warned"]) == (0, 0)
    assert second["quality"]["passed"] == first["quality"]["passed"] > 0


def test_hourly_over_a_day_loads_that_day_again_and_changes_no_table(
    loaded: tuple[Place, Path], sample_dir: Path, tmp_path: Path
) -> None:
    here, report = loaded
    hourly = tmp_path / "hourly.json"
    window = ("--from", "2018-11-05", "--to", "2018-11-05T06:00")
    for _ in range(2):
        done = here.run("run", "--data", str(sample_dir), "--hourly", *window, "--report", str(hourly))
        assert done.returncode == 0, done.stdout + done.stderr
        first, second = json.loads(report.read_text()), json.loads(hourly.read_text())
        assert second["runs"] == {"success": 6, "failed": 0}
        whole = first["rows"] | {"staging_events": second["rows"]["staging_events"]}
        assert second["rows"] == whole


def test_a_backfill_whose_run_was_killed_does_not_stand_in_the_way_of_the_next(
    loaded: tuple[Place, Path], sample_dir: Path
) -> None:
    here, _ = loaded
    command = ("run", "--data", str(sample_dir), "--hourly", "--from")
    killed = here.start(*command, "2018-11-08", "--to", "2018-11-14")
    assert killed.stdout is not None
    while "Starting PostgreSQL" not in (line := killed.stdout.readline()):
        assert line, killed.communicate()
    tasks = here.home / "airflow" / "logs" / "dag_id=sparkify_etl"
    deadline = time.monotonic() + 60
    while not list(tasks.glob("run_id=backfill__2018-11-08*")):
        assert time.monotonic() < deadline, "the backfill does not begin"
        time.sleep(0.1)
    killed.kill()
    killed.communicate()
    done = here.run(*command, "2018-11-09", "--to", "2018-11-09T02:00")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Runs: 2 succeeded, 0 failed" in done.stdout


def test_a_failed_load_says_why_reports_it_and_exits_with_1(here: Place, tmp_path: Path) -> None:
    day = tmp_path / "data" / "log_data" / "2018" / "11" / "2018-11-01-events.json"
    day.parent.mkdir(parents=True)
    day.write_text('{"artist": null, "page": \n')
    (tmp_path / "data" / "song_data").mkdir()
    report = tmp_path / "report.json"
    done = here.run("run", "--data", str(tmp_path / "data"), "--report", str(report))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "stage_events (run manual__" in done.stdout
    assert "log_data/2018/11/2018-11-01-events.json" in done.stdout
    told = json.loads(report.read_text())
    assert told["runs"] == {"success": 0, "failed": 1}
    assert told["rows"]["songplays"] == 0
    here.wait_for_no_process()


def test_another_data_set_needs_fresh(loaded: tuple[Place, Path]) -> None:
    here, _ = loaded
    done = here.run("run")
    assert done.returncode == 2
    assert "use --fresh to begin anew" in done.stderr


def test_airflows_own_command_line_works_without_a_running_stack(loaded: tuple[Place, Path]) -> None:
    here, _ = loaded
    done = here.run("airflow", "dags", "list", "--output", "json")
    assert done.returncode == 0, done.stderr
    found = {dag["dag_id"]: dag["is_paused"] for dag in json.loads(done.stdout[done.stdout.index("[{") :])}
    # What `run` unpaused for its load is paused again: a later `up` must not begin with hours that nobody asked for.
    assert found["sparkify_etl"] == "True"
    assert "sparkify_tables" in found
    here.wait_for_no_process()


def test_up_serves_the_page_on_loopback_only_keeps_secrets_and_stops_on_ctrl_c(loaded: tuple[Place, Path]) -> None:
    here, _ = loaded
    up = here.start("up")
    assert up.stdout is not None
    told = ""
    while "Ctrl-C" not in told:
        line = up.stdout.readline()
        assert line, up.communicate()
        told += line
    url = f"http://127.0.0.1:{here.environment['SPARKIFY_UI_PORT']}"
    assert url in told
    password = told.split("password ")[1].split()[0]
    login = {"username": "admin", "password": password}
    assert httpx.post(f"{url}/auth/token", json=login, trust_env=False).status_code == 201
    assert httpx.get(f"{url}/api/v2/dags", trust_env=False).status_code == 401
    names, addresses = zip(*listening(here.home), strict=True)
    assert set(addresses) == {"127.0.0.1"}
    assert {"api-server", "postgres", "redshift", "s3"} <= set(names)
    assert_no_secret_is_visible(here, password)
    up.send_signal(2)
    up.communicate()
    assert up.returncode == 130
    here.wait_for_no_process()


def assert_no_secret_is_visible(here: Place, password: str) -> None:
    secrets = [password]
    for path in ("postgres/password.json", "s3/keys.json", "redshift/password.json", "airflow/keys.json"):
        file = here.home / path
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        # S3's access key is a name: it stands in every signed request, and in the server's log.
        secrets += [value for name, value in json.loads(file.read_text()).items() if name != "access_key"]
    arguments = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    logs = [file.read_text(errors="replace") for file in here.home.rglob("*.log") if file.is_file()]
    for secret in secrets:
        assert secret not in arguments
        assert not any(secret in log for log in logs)


def test_root_keeps_postgres_where_its_user_can_reach_it(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives PostgreSQL to another user")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    here = Place(closed / "home")
    assert here.run("sql", "create table kept (a int)").returncode == 0
    data = (here.home / "postgres").readlink()
    assert data.parent == Path("/var/lib/sparkify")
    assert here.run("sql", "select count(*) from kept").stdout == "count\n0\n"
    # The checkout goes, and with it the link: what it pointed to goes at somebody's next start.
    (here.home / "postgres").unlink()
    again = here.run("sql", "select count(*) from kept")
    assert again.returncode == 1, again.stdout
    (here.home / "postgres").unlink()
    other = Place(closed / "other")
    assert other.run("sql", "select 1").returncode == 0
    assert not data.exists()
    from local.home import Home

    Home(other.home).wipe()
