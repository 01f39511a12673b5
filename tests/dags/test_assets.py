"""The asset graph that the DAGs declare, and what their assets are called."""

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import Asset

from sparkify.assets import source_assets, table_asset, warn_if_elsewhere
from tests.pipeline import load_dag

LOGS, SONGS = (source_assets()[name].name for name in ("logs", "songs"))
STAGING = {"staging.events", "staging.songs"}
STAR_SCHEMA = {"songplays", "users", "songs", "artists", "time"}


def _edges() -> dict[str, set[str]]:
    """From each asset to those that some task makes of it."""
    edges: dict[str, set[str]] = defaultdict(set)
    for dag_id in ("sparkify_etl", "sparkify_insights"):
        for task in load_dag(dag_id).tasks:
            for source in task.inlets:
                edges[source.name] |= {outlet.name for outlet in task.outlets}
    return edges


def _reachable(start: str) -> set[str]:
    edges, waiting = _edges(), [start]
    seen: set[str] = set()
    while waiting:
        for name in edges[waiting.pop()] - seen:
            seen.add(name)
            waiting.append(name)
    return seen


def test_the_graph_leads_from_s3_through_staging_to_facts_dimensions_and_insights() -> None:
    edges = _edges()
    assert edges[LOGS] == {"staging.events"}
    assert edges[SONGS] == {"staging.songs"}
    assert edges["staging.events"] == {"songplays", "users"}
    assert edges["staging.songs"] == {"songplays", "songs", "artists"}
    assert "time" in edges["songplays"]
    insights = {name for name in edges["songplays"] if name.startswith("insights.")}
    assert len(insights) == 10
    assert _reachable(LOGS) >= {"staging.events", "songplays", "users", "time"} | insights
    assert _reachable(LOGS) | _reachable(SONGS) >= STAGING | STAR_SCHEMA | insights


def test_every_table_has_one_task_that_makes_it() -> None:
    makers = defaultdict(list)
    for task in load_dag("sparkify_etl").tasks:
        for outlet in task.outlets:
            makers[outlet.name].append(task.task_id)
    assert dict(makers) == {
        "staging.events": ["stage_events"],
        "staging.songs": ["stage_songs"],
        "songplays": ["load_songplays"],
        "users": ["load_users"],
        "songs": ["load_songs"],
        "artists": ["load_artists"],
        "time": ["load_time"],
    }


@pytest.mark.parametrize(
    ("name", "uri", "group"),
    [
        ("songplays", "redshift://redshift:5439/sparkify/public/songplays", "star schema"),
        ("staging.events", "redshift://redshift:5439/sparkify/staging/events", "staging"),
        ("insights.top_songs", "redshift://redshift:5439/sparkify/insights/top_songs", "insights"),
    ],
)
def test_a_table_has_the_providers_own_form_of_uri_and_a_group(name: str, uri: str, group: str) -> None:
    asset = table_asset(name)
    assert (asset.name, asset.uri, asset.group) == (name, uri, group)
    assert asset.normalized_uri == uri, "Airflow would know this table by another name"


def test_an_asset_is_the_same_wherever_it_is_named() -> None:
    assert table_asset("songplays") == table_asset("songplays")
    [task] = [task for task in load_dag("sparkify_etl").tasks if task.task_id == "load_songplays"]
    assert task.outlets == [table_asset("songplays")]


@pytest.mark.parametrize("name", ["songplay", "public.songplays", "load_audit", "staging.events; drop"])
def test_a_table_that_no_load_makes_is_no_asset(name: str) -> None:
    with pytest.raises(Exception, match=r"is no table|is not a table name"):
        table_asset(name)


def test_sources_are_those_of_the_public_data_set_unless_the_environment_names_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SOURCE", "LOG_LAYOUT", "SONG_PREFIX"):
        monkeypatch.delenv(f"AIRFLOW_VAR_SPARKIFY_{name}", raising=False)
    assert _uris() == ["s3://udacity-dend/log_data", "s3://udacity-dend/song_data"]
    monkeypatch.setenv("AIRFLOW_VAR_SPARKIFY_SOURCE", "s3://ours/raw/")
    monkeypatch.setenv("AIRFLOW_VAR_SPARKIFY_LOG_LAYOUT", "logs/v*/%Y/%m/%d/%H.json")
    monkeypatch.setenv("AIRFLOW_VAR_SPARKIFY_SONG_PREFIX", "s3://songs/all/")
    assert _uris() == ["s3://ours/raw/logs", "s3://songs/all"]
    # Airflow holds a name for the old asset for a while, and fails tasks of the new one.
    assert [asset.name for asset in source_assets().values()] == _uris()


def _uris() -> list[str]:
    return [asset.uri for asset in source_assets().values() if isinstance(asset, Asset)]


@pytest.mark.parametrize(("url", "warned"), [("s3://ours/log_data/", False), ("s3://others/log_data/", True)])
def test_a_task_that_reads_from_elsewhere_than_the_graph_says_warns(url: str, warned: bool) -> None:
    told: list[Any] = []
    log = SimpleNamespace(warning=lambda *parts: told.append(parts))
    task: Any = SimpleNamespace(inlets=[Asset(uri="s3://ours/log_data"), table_asset("songplays")], log=log)
    warn_if_elsewhere(task, url)
    assert [parts[1:] for parts in told] == ([("s3://ours/log_data", url)] if warned else [])
