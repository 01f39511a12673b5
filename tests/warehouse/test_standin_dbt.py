"""dbt-redshift, unchanged and with its own redshift_connector, builds a small project on the stand-in."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from local.processes import clean_environment
from local.warehouse import Warehouse
from tests.warehouse.dbt.environment import dbt
from tests.warehouse.standin import connect, rows

pytestmark = pytest.mark.slow

_PROJECT = Path(__file__).parent / "dbt" / "project"


class Project:
    """A copy of the project, with a schema of its own."""

    def __init__(self, directory: Path, warehouse: Warehouse) -> None:
        self.directory = directory
        self.schema = f"dbt_{uuid.uuid4().hex[:8]}"
        self.connection = connect(warehouse)
        address = warehouse.redshift
        self._environment = clean_environment(
            {
                "STAND_IN_HOST": address.host,
                "STAND_IN_PORT": str(address.port),
                "STAND_IN_USER": address.user,
                "STAND_IN_SCHEMA": self.schema,
                "DBT_ENV_SECRET_PASSWORD": address.password,
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "DBT_VERSION_CHECK": "false",
            }
        )
        shutil.copytree(_PROJECT, directory, dirs_exist_ok=True)

    def dbt(self, *arguments: str, fails: bool = False) -> dict[str, str]:
        """Run dbt and return the status of each node by its name."""
        command = [str(dbt()), *arguments, "--project-dir", str(self.directory), "--profiles-dir", str(self.directory)]
        done = subprocess.run(
            command, cwd=self.directory, env=self._environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return self.results()

    def results(self) -> dict[str, str]:
        """The status of each node of the last run by its name."""
        results = self.document("run_results")["results"]
        return {result["unique_id"].split(".")[2]: result["status"] for result in results}

    def document(self, name: str) -> dict[str, Any]:
        """A document that dbt wrote."""
        document: dict[str, Any] = json.loads((self.directory / "target" / f"{name}.json").read_text())
        return document

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query in the project's schema."""
        return rows(self.connection, sql.replace("{schema}", self.schema))

    def add(self, line: str) -> None:
        """Append a row to the seed."""
        with (self.directory / "seeds" / "raw_plays.csv").open("a") as seed:
            seed.write(f"{line}\n")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, warehouse: Warehouse) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("dbt"), warehouse)
    yield made
    rows(made.connection, f"drop schema if exists {made.schema} cascade")
    made.connection.close()


def test_dbt_builds_tests_and_documents_a_project_and_builds_it_again(project: Project) -> None:
    first = project.dbt("build")
    assert set(first.values()) == {"success", "pass"}
    assert {"raw_plays", "plays", "listeners", "days_by_merge", "days_by_delete_insert", "levels"} <= set(first)
    assert project.rows("select * from {schema}.listeners order by listener") == [
        ("Ada", 2, datetime(2018, 11, 1, 23, 59, 59), "Prelude / Fugue"),
        ("Bix", 1, datetime(2018, 11, 2), "Prelude"),
        ("Cleo", 1, datetime(2018, 11, 3, 8, 30), "Song, with a comma"),
    ]
    assert project.rows("select seconds, days_in from {schema}.plays where play_id = 3") == [(0.0, 1)]

    project.add("5,Cleo,Prelude,2018-11-03 22:00:00,30")
    project.add("6,Dex,Fugue,2018-11-05 22:00:00,30")
    second = project.dbt("build", "--vars", "{run: 2}")
    assert set(second.values()) == {"success", "pass"}
    # An incremental model reads from the day before its last one; what lies earlier stays what the first run made it.
    for model in ("days_by_merge", "days_by_delete_insert"):
        assert project.rows(f"select * from {{schema}}.{model} order by day") == [
            (date(2018, 11, 1), 2, 1),
            (date(2018, 11, 2), 1, 2),
            (date(2018, 11, 3), 2, 2),
            (date(2018, 11, 5), 1, 2),
        ]
    assert project.rows("select run, plays from {schema}.days_appended order by run") == [(1, 4), (2, 6)]
    # The snapshot keeps what a listener's row was before.
    assert project.rows(
        "select plays, dbt_valid_to is null from {schema}.levels where listener = 'Cleo' order by dbt_valid_from"
    ) == [(1, False), (2, True)]

    project.dbt("docs", "generate")
    plays = project.document("catalog")["nodes"]["model.listening.plays"]
    assert plays["metadata"]["comment"] == "One row a play"
    assert plays["columns"]["play_id"]["comment"] == "The play's number, it's unique"
    assert plays["columns"]["song"]["type"] == "character varying(18)"
    stats = {name: stat["value"] for name, stat in plays["stats"].items()}
    assert (stats["diststyle"], stats["sortkey1"], stats["rows"]) == ("KEY(listener)", "played_at", 6)


def test_a_dbt_test_that_fails_fails_the_build(project: Project) -> None:
    project.add("7,Eve,A song that nobody knows,2018-11-06,1")
    project.dbt("build", "--full-refresh", fails=True)
    failed = {name for name, status in project.results().items() if status == "fail"}
    assert [name.split("__")[0] for name in failed] == ["accepted_values_plays_song"]
