"""How quick the page is: its first paint on a loaded month, and its answers on three years and a million facts.

    python -m tests.benchmarks.page [--data DIR] [--rounds N]

On a real Airflow. First paint is what Chromium itself reports for the page, by a user who has logged in, each time with
an empty browser cache. Then the warehouse is filled by SQL: a run an hour for three years with the rows that its loads
and checks leave, a million plays, answers to the questions for each day. Each part is asked for when nothing is kept
(`cold`) and again at once (`kept`), and the page is opened once more, until it shows everything. Medians of the rounds.

Exits with 1 when the first paint takes a second, a part two seconds cold, or a kept answer 100 ms.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psycopg
from playwright.sync_api import Browser, sync_playwright

from local.airflow_settings import LOGIN
from local.simulator import simulate
from tests.conftest import SAMPLE, stack_of_tests
from tests.stack import RunningStack

PAINT_SECONDS, COLD_SECONDS, KEPT_SECONDS = 1.0, 2.0, 0.1
YEARS, FACTS = 3, 1_000_000
HOURS = YEARS * 8760
# Longer than the page keeps an answer.
FORGOTTEN_SECONDS = 5.5
PARTS = (
    "api/tables",
    "api/calendar",
    "api/calendar/2020",
    "api/calendar/2020/6",
    "api/quality?days=30",
    "api/quality?days=90",
    "api/loads",
    "api/insights",
    "insights/plays_by_level.csv",
)
_FIRST_HOUR = "timestamp '2018-12-01'"
# Straight into the PostgreSQL behind the stand-in: it is not what is measured.
_FILL = (
    f"""insert into load_audit (dag_id, run_id, try_number, table_name, window_start, window_end, outcome, files,
        rows_staged, rows_misfiled, rows_inserted, rows_updated, rows_deleted, seconds, loaded_at)
    select 'sparkify_etl', 'scheduled__' || at, 1, name, at, at + interval '1 hour', 'loaded', 1, 40, 0, 38, 2, 0,
        0.1 + random(), at + interval '65 minutes'
    from generate_series({_FIRST_HOUR}, {_FIRST_HOUR} + interval '{HOURS - 1} hours', interval '1 hour') as at,
        unnest(array['staging.events', 'staging.songs', 'songplays', 'users', 'time']) as name""",
    f"""insert into quality_results (dag_id, run_id, try_number, check_name, table_name, severity, passed, expected,
        observed, window_start, window_end, checked_at, kind)
    select 'sparkify_etl', 'scheduled__' || at, 1, 'songplays.column_' || number || '.null_check', 'songplays',
        case number when 1 then 'warn' else 'fail' end, random() > 0.002, '= 0', '0', at, at + interval '1 hour',
        localtimestamp - ({_FIRST_HOUR} + interval '{HOURS} hours' - at), 'null_check'
    from generate_series({_FIRST_HOUR}, {_FIRST_HOUR} + interval '{HOURS - 1} hours', interval '1 hour') as at,
        generate_series(1, 20) as number""",
    f"""insert into songplays (songplay_id, start_time, user_id, level, session_id, location, user_agent)
    select md5(number::text), {_FIRST_HOUR} + number * interval '{HOURS * 3600 / FACTS} seconds', number % 5000,
        case number % 4 when 0 then 'free' else 'paid' end, number / 20, 'Somewhere ' || number % 300, 'Mozilla/5.0'
    from generate_series(1, {FACTS}) as number""",
    f"""insert into insights.plays_by_level (day, level, plays, listeners)
    select cast({_FIRST_HOUR} as date) + day, level, 400 + day % 90, 50
    from generate_series(0, {YEARS * 365}) as day, unnest(array['free', 'paid']) as level""",
    f"""insert into insights.conversion (day, free_listeners, paid_listeners, conversions, churned)
    select cast({_FIRST_HOUR} as date) + day, 40, 20, day % 3, day % 2 from generate_series(0, {YEARS * 365}) as day""",
    f"""insert into insights.active_listeners (day, listeners, plays)
    select cast({_FIRST_HOUR} as date) + day, 60, 900 from generate_series(0, {YEARS * 365}) as day""",
    f"""insert into insights.known_songs (day, plays, known_plays, known_share)
    select cast({_FIRST_HOUR} as date) + day, 900, 90, 0.1 from generate_series(0, {YEARS * 365}) as day""",
    "analyze",
)


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, help="default: the public sample beside the checkout, else a simulated one"
    )
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        data = chosen.data or SAMPLE
        if not data.is_dir():
            data = Path(directory)
            simulate(data, songs=100, events=8000, days=30, seed=0)
        with stack_of_tests(data) as stack, sync_playwright() as playwright:
            chromium = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            return 0 if _measure(stack, browser, chosen.rounds) else 1


def _measure(stack: RunningStack, browser: Browser, rounds: int) -> bool:
    _, state = stack.load("2018-11-01T00:00:00Z", "2018-12-01T00:00:00Z")
    assert state == "success"
    stack.api.unpause("sparkify_insights")
    run = stack.api.trigger("sparkify_insights", {})
    assert stack.wait_for("sparkify_insights", run) == "success"
    login = _log_in(stack, browser)
    held = _open(stack, browser, login, rounds, "the sample month")
    print(f"Filling: {HOURS} hours, {FACTS} facts, {HOURS * 20} results of checks", flush=True)
    with psycopg.connect(stack.stack.warehouse.postgres.dsn("dev"), autocommit=True) as connection:
        for statement in _FILL:
            connection.execute(statement.encode())
    with httpx.Client(base_url=f"{stack.stack.airflow.url}/sparkify/", timeout=60, trust_env=False) as client:
        client.cookies.update({cookie["name"]: cookie["value"] for cookie in login["cookies"]})
        for part in PARTS:
            held = _ask(client, part, rounds) and held
    return _open(stack, browser, login, rounds, "three years") and held


def _log_in(stack: RunningStack, browser: Browser) -> Any:
    page = browser.new_page()
    page.goto(stack.stack.airflow.url)
    page.locator("input[name=username]").fill(LOGIN)
    page.locator("input[name=password]").fill(stack.stack.airflow.password)
    page.locator("button[type=submit]").click()
    page.get_by_test_id("nav-sidebar").wait_for()
    return page.context.storage_state()


def _open(stack: RunningStack, browser: Browser, login: Any, rounds: int, what: str) -> bool:
    """Open the page anew a few times; nothing that it needs is kept, neither in the browser nor by the page."""
    paints, wholes = [], []
    for _ in range(rounds):
        time.sleep(FORGOTTEN_SECONDS)
        context = browser.new_context(storage_state=login, viewport={"width": 1400, "height": 900})
        page = context.new_page()
        began = time.perf_counter()
        page.goto(f"{stack.stack.airflow.url}/sparkify/page", wait_until="commit")
        page.locator("#refresh:enabled").wait_for()
        page.locator("#as-of:not(:empty)").wait_for()
        wholes.append(time.perf_counter() - began)
        [paint] = page.evaluate("performance.getEntriesByName('first-contentful-paint').map(each => each.startTime)")
        paints.append(paint / 1000)
        context.close()
    held = _say(f"first paint, {what}", statistics.median(paints), PAINT_SECONDS)
    print(f"{f'everything shown, {what}':45} {statistics.median(wholes):7.3f} s", flush=True)
    return held


def _ask(client: httpx.Client, part: str, rounds: int) -> bool:
    cold: list[float] = []
    kept: list[float] = []
    size = 0
    for _ in range(rounds):
        time.sleep(FORGOTTEN_SECONDS)
        for times in (cold, kept):
            began = time.perf_counter()
            answer = client.get(part)
            times.append(time.perf_counter() - began)
            answer.raise_for_status()
            size = len(answer.content)
    held = _say(f"{part}, cold, {size // 1000} kB", statistics.median(cold), COLD_SECONDS)
    return _say(f"{part}, kept", statistics.median(kept), KEPT_SECONDS) and held


def _say(what: str, seconds: float, limit: float) -> bool:
    verdict = "" if seconds < limit else "  MISSED"
    print(f"{what:45} {seconds:7.3f} s   mark {limit} s{verdict}", flush=True)
    return seconds < limit


if __name__ == "__main__":
    sys.exit(main())
