"""The page in Airflow, as its users meet it: by the navigation, mouse and keyboard, in the dark and on a telephone."""

import csv
import inspect
import io
import json
import re
import shutil
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import psycopg
import pytest
from playwright.sync_api import Browser, Error, Frame, Locator, Page, Route, expect, sync_playwright

from local.airflow_settings import LOGIN
from sparkify.page.answers import Answers
from sparkify.page.app import create_app
from tests import expected, expected_insights
from tests.conftest import stack_of_tests
from tests.stack import RunningStack, until

pytestmark = pytest.mark.slow
MONTH = ("2018-11-01T00:00:00Z", "2018-12-01T00:00:00Z")
BROKEN = ("2018-12-01T00:00:00Z", "2018-12-01T02:00:00Z")
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_KEPT_SECONDS: float = inspect.signature(Answers).parameters["keep_seconds"].default
# Milliseconds; a bound against hanging, for what waits on Airflow.
_PATIENCE = 60_000
# Of each chart, the columns of the answer that its series draw; the others draw the first so many rows.
DRAWN = {
    "top_songs": (4,),
    "top_artists": (3,),
    "hours_of_day": (1,),
    "weekdays": (1,),
    "conversion": (1, 2, 3, 4),
    "active_listeners": (1,),
    "longest_sessions": (5,),
    "top_locations": (2,),
    "known_songs": (3,),
}


class Loaded:
    """A stack with the month loaded and the insights computed, and two hours of December whose file is broken.

    :ivar run_id: of the month's run. :ivar failed_id: of the one that failed.
    """

    def __init__(self, stack: RunningStack) -> None:
        self.stack, self.airflow = stack, stack.stack.airflow
        self.run_id, state = stack.load(*MONTH)
        assert state == "success"
        stack.put("log_data/2018/12/2018-12-01-events.json", '{"ts": "nonsense"}\n')
        self.failed_id, state = stack.load(*BROKEN)
        assert state == "failed"
        # In a stack without the schedule, events of assets start no runs, either.
        stack.api.unpause("sparkify_insights")
        assert stack.wait_for("sparkify_insights", stack.api.trigger("sparkify_insights", {})) == "success"

    def token(self, **claims: str | None) -> str:
        """A login's token; with claims, one that says these of its user, signed as Airflow signs."""
        credentials = {"username": LOGIN, "password": self.airflow.password}
        answer = httpx.post(f"{self.airflow.url}/auth/token", json=credentials, trust_env=False)
        token = str(answer.json()["access_token"])
        held = jwt.decode(token, options={"verify_signature": False})
        secret = json.loads((self.airflow.directory / "keys.json").read_text())["jwt"]
        return jwt.encode(held | claims, secret, jwt.get_unverified_header(token)["alg"]) if claims else token

    def change(self, statement: str) -> None:
        """Change something in the warehouse by hand."""
        with psycopg.connect(self.stack.stack.warehouse.redshift.dsn, autocommit=True) as connection:
            connection.execute(statement.encode())
        # What the page was told just before is given again for as long; nobody asks meanwhile.
        time.sleep(_KEPT_SECONDS + 0.5)

    def get(self, path: str, token: str | None = None) -> httpx.Response:
        """Ask for one of the page's addresses."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.get(f"{self.airflow.url}/sparkify{path}", headers=headers, timeout=30, trust_env=False)


@pytest.fixture(scope="module")
def loaded(month: Path) -> Iterator[Loaded]:
    """A stack of this file's own: what the page shows is all that was ever loaded."""
    with stack_of_tests(month) as running:
        yield Loaded(running)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium that `./sparkify test` installs."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "Chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def login(loaded: Loaded, browser: Browser) -> Any:
    """The cookies of somebody who has logged in."""
    page = browser.new_page()
    page.goto(loaded.airflow.url)
    page.locator("input[name=username]").fill(LOGIN)
    page.locator("input[name=password]").fill(loaded.airflow.password)
    page.locator("button[type=submit]").click()
    page.get_by_test_id("nav-sidebar").wait_for()
    state = page.context.storage_state()
    page.close()
    return state


@pytest.fixture
def page(browser: Browser, login: Any) -> Iterator[Page]:
    """A window of somebody who has logged in; a script's error ends the test."""
    context = browser.new_context(storage_state=login, viewport={"width": 1400, "height": 900})
    context.set_default_timeout(_PATIENCE)
    page = context.new_page()
    errors: list[object] = []

    def note(error: object) -> None:
        errors.append(error)

    page.on("pageerror", note)
    yield page
    context.close()
    assert errors == []


def framed(page: Page, loaded: Loaded) -> Frame:
    """Open the page through Airflow's navigation, and wait until it has all that it shows."""
    page.goto(loaded.airflow.url)
    page.get_by_role("link", name="Sparkify", exact=True).click()
    frame = page.locator("iframe[title=Sparkify]").element_handle().content_frame()
    assert frame
    expect(frame.get_by_role("heading", name="Share of plays with a known song")).to_be_visible(timeout=_PATIENCE)
    expect(frame.locator("[aria-busy=true]")).to_have_count(0, timeout=_PATIENCE)
    return frame


def rows_of(frame: Frame, question: str) -> list[list[str]]:
    """The cells of an insight's table of numbers."""
    return frame.locator(f"#{question} tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )


def as_shown(question: str, column: int, value: Any) -> Any:
    """What a reader is shown of a value."""
    if question == "weekdays" and column == 0:
        return WEEKDAYS[value]
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if (question, column) in {("longest_sessions", 1), ("longest_sessions", 2)}:
        return str(value)
    if isinstance(value, float):
        return pytest.approx(value * 100 if question == "known_songs" else value, abs=0.0051)
    return f"{value:,}" if isinstance(value, int) else value


def as_read(cell: str, wanted: Any) -> Any:
    """A cell, as a number where one is wanted that was rounded."""
    if isinstance(wanted, str):
        return cell
    return float(cell.removesuffix(" %").replace(",", ""))


def test_the_navigation_leads_to_a_page_whose_numbers_are_those_of_the_files(loaded: Loaded, page: Page) -> None:
    frame = framed(page, loaded)
    data = loaded.stack.data
    tables = frame.locator("table.tables tbody tr")
    shown = dict(tables.evaluate_all("rows => rows.map(row => [0, 1].map(at => row.children[at].textContent))"))
    assert shown == {name: f"{len(rows):,}" for name, rows in expected.tables(data).items()}
    for question, answer in expected_insights.answers(data).items():
        wanted = [[as_shown(question, *cell) for cell in enumerate(row)] for row in sorted(answer)]
        found = rows_of(frame, question)
        assert len(found) == len(wanted), question
        for cells, row in zip(found, wanted, strict=True):
            assert [as_read(cell, value) for cell, value in zip(cells, row, strict=True)] == row, question


def test_each_chart_draws_the_numbers_of_the_files(loaded: Loaded, page: Page) -> None:
    frame = framed(page, loaded)
    answers = {name: sorted(rows) for name, rows in expected_insights.answers(loaded.stack.data).items()}
    series = "id => Chart.getChart(document.querySelector(`#${id} canvas`)).data.datasets.map(each => each.data)"
    for question, columns in DRAWN.items():
        rows = answers[question]
        if rows and question.startswith(("top_", "longest_")):
            rows = rows[:10]
        wanted = [[row[column] for row in rows] for column in columns]
        assert frame.evaluate(series, question) == [pytest.approx(each) for each in wanted], question
    days = sorted({row[0] for row in answers["plays_by_level"]})
    plays = {(day, level): count for day, level, count, _ in answers["plays_by_level"]}
    levels = [[plays.get((day, level), 0) for day in days] for level in ("free", "paid")]
    assert frame.evaluate(series, "plays_by_level") == levels


def test_the_calendar_counts_the_hours_and_an_hour_opens_its_run(loaded: Loaded, page: Page) -> None:
    frame = framed(page, loaded)
    expect(frame.locator(".legend")).to_contain_text("2 failed")
    frame.get_by_role("button", name=re.compile("^Nov")).click()
    plays = expected.tables(loaded.stack.data)["songplays"]
    played = len({play[1].replace(minute=0, second=0, microsecond=0) for play in plays})
    expect(frame.locator(".legend")).to_contain_text(f"{played} loaded")
    expect(frame.locator(".legend")).to_contain_text(f"{720 - played} empty")
    frame.get_by_role("link", name=re.compile("^2018-11-12 06:00 UTC: loaded")).click()
    page.wait_for_url(f"**/dags/sparkify_etl/runs/{loaded.run_id.replace('+', '%2B').replace(':', '%3A')}**")
    # Airflow's own page of the run, and not a second Airflow within the first.
    expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=_PATIENCE)
    assert len(page.frames) == 1


def test_the_hour_that_failed_is_reached_and_opened_by_keyboard(loaded: Loaded, page: Page) -> None:
    frame = framed(page, loaded)
    frame.locator("#refresh").focus()
    grid = frame.get_by_role("grid")
    for _ in range(30):
        page.keyboard.press("Tab")
        if grid.locator(":focus").count():
            break
    # Tab stops once in the calendar, at what needs an eye first.
    expect(grid.locator(":focus")).to_have_attribute("aria-label", re.compile("^2018-12-01 00:00 UTC: failed"))
    page.keyboard.press("ArrowDown")
    expect(grid.locator(":focus")).to_have_attribute("aria-label", "2018-12-02 00:00 UTC: not asked for")
    page.keyboard.press("End")
    expect(grid.locator(":focus")).to_have_attribute("aria-label", "2018-12-02 23:00 UTC: not asked for")
    page.keyboard.press("PageUp")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(grid.locator(":focus")).to_have_attribute("aria-label", re.compile("^2018-12-01 01:00 UTC: failed"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{loaded.failed_id.replace('+', '%2B').replace(':', '%3A')}**")


def test_a_check_that_failed_is_seen_with_what_was_expected_and_found_and_whose_rows(
    loaded: Loaded, page: Page
) -> None:
    loaded.change(
        "insert into quality_results (dag_id, run_id, try_number, check_name, table_name, severity, passed, expected,"
        f" observed, checked_at, samples) values ('sparkify_etl', '{loaded.run_id}', 2, 'users.level.accepted_values',"
        """ 'users', 'fail', false, 'free or paid', '2 rows', getdate(), '["user 8", "user 10"]')"""
    )
    frame = framed(page, loaded)
    problem = frame.locator("table.problems tbody tr").first
    for text in ("users.level.accepted_values", "free or paid", "2 rows", "user 8", "user 10"):
        expect(problem).to_contain_text(text)
    expect(frame.locator("#quality .badges")).to_contain_text("1 failed")
    expect(frame.locator("#quality details[open] summary", has_text="users")).to_contain_text("1 of")


def test_a_download_holds_the_answer(loaded: Loaded, page: Page) -> None:
    frame = framed(page, loaded)
    with page.expect_download() as downloading:
        frame.get_by_role("link", name="Busiest days of the week as CSV").click()
    file = downloading.value
    assert file.suggested_filename == "sparkify_weekdays.csv"
    [header, *rows] = csv.reader(io.StringIO(Path(file.path()).read_text(encoding="utf-8")))
    assert header == ["weekday", "plays", "listeners"]
    answer = sorted(expected_insights.answers(loaded.stack.data)["weekdays"])
    assert rows == [[str(value) for value in row] for row in answer]


def test_the_page_follows_airflows_theme_while_it_is_open(loaded: Loaded, page: Page, tmp_path: Path) -> None:
    frame = framed(page, loaded)
    background = "() => getComputedStyle(document.body).backgroundColor"
    root = frame.locator("html")
    seen = set()
    for theme, other in (("dark", "light"), ("light", "dark")):
        page.evaluate(f"document.documentElement.classList.replace('{other}', '{theme}')")
        expect(root).to_have_class(theme)
        seen.add(frame.evaluate(background))
        page.screenshot(path=tmp_path / f"{theme}.png")
    assert len(seen) == 2


def test_on_a_telephone_nothing_is_wider_than_the_screen(loaded: Loaded, page: Page, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(f"{loaded.airflow.url}/sparkify/page")
    expect(page.get_by_role("heading", name="Share of plays with a known song")).to_be_visible(timeout=_PATIENCE)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    hour = page.locator(".hours .cell").last.bounding_box()
    assert hour
    assert hour["x"] + hour["width"] <= 390
    page.screenshot(path=tmp_path / "narrow.png", full_page=True)


def alone(page: Page, loaded: Loaded) -> None:
    """Open the page by itself, and wait until it has all that it shows."""
    page.goto(f"{loaded.airflow.url}/sparkify/page")
    expect(page.get_by_role("heading", name="Share of plays with a known song")).to_be_visible(timeout=_PATIENCE)
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=_PATIENCE)


def days_shown(page: Page) -> Locator:
    """The days by which the first check is shown."""
    return page.locator("#quality .days").first.locator("i")


def let_come(page: Page, held: Route) -> None:
    """Let an answer come that was held back, and wait until a later one has come, too."""
    held.fulfill(response=held.fetch())
    page.evaluate("async () => { await (await fetch('api/loads')).json(); }")


def test_a_slow_answer_does_not_overwrite_that_of_a_later_choice(loaded: Loaded, page: Page) -> None:
    alone(page, loaded)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for address in ("**/api/quality?days=90", "**/api/calendar/2018/11"):
        page.route(address, hold)
    with page.expect_request("**/api/quality?days=90"):
        page.select_option("#days", "90")
    page.select_option("#days", "7")
    expect(days_shown(page)).to_have_count(7)
    with page.expect_request("**/api/calendar/2018/11"):
        page.get_by_role("button", name=re.compile("^Nov")).click()
    page.get_by_role("button", name=re.compile("^Dec")).click()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert len(held) == 2
    for route in held:
        let_come(page, route)
    assert days_shown(page).count() == 7
    assert page.locator("#days").input_value() == "7"
    assert page.locator("#hours h3").text_content() == "December 2018"
    expect(page.locator(".strip [aria-pressed=true]")).to_contain_text("Dec")


def test_whoever_chooses_by_keyboard_is_still_there_afterwards(loaded: Loaded, page: Page) -> None:
    empty = [{"month": f"2017-{month:02}", "days": [None] * 28, "counts": {}} for month in range(1, 13)]

    def two_years(route: Route) -> None:
        told = route.fetch().json() | {"years": [2017, 2018]}
        route.fulfill(json=told | ({"year": 2017, "months": empty} if route.request.url.endswith("/2017") else {}))

    page.route(re.compile("/api/calendar(/2017)?$"), two_years)
    alone(page, loaded)
    page.locator("#days").focus()
    page.keyboard.press("ArrowUp")
    expect(days_shown(page)).to_have_count(7)
    expect(page.locator("#days")).to_be_focused()
    november = page.get_by_role("button", name=re.compile("^Nov"))
    november.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#hours h3")).to_have_text("November 2018")
    expect(november).to_be_focused()
    page.locator("#year").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#hours")).to_contain_text("No hour of this year was loaded.")
    expect(page.locator("#year")).to_be_focused()
    expect(page.locator("#year")).to_have_value("2017")


def test_seconds_that_round_to_a_hundred_are_written_as_such(loaded: Loaded, page: Page) -> None:
    def long(route: Route) -> None:
        told = route.fetch().json()
        for run in told["runs"]:
            run["tables"] = {"users": {"seconds": 99.6, "staged": 0, "written": 1}}
        route.fulfill(json=told)

    page.route("**/api/loads", long)
    alone(page, loaded)
    assert page.locator("#loads tbody tr").first.locator("td").nth(1).text_content() == "100 s"


def test_a_part_that_cannot_be_drawn_says_so_and_the_others_stand(loaded: Loaded, page: Page) -> None:
    errors: list[str] = []

    def note(error: Error) -> None:
        errors.append(error.message)

    # A window of its own, for in the fixture's a script's error ends the test.
    other = page.context.new_page()
    other.on("pageerror", note)
    other.route("**/api/tables", lambda route: route.fulfill(json={"now": None, "tables": None}))
    alone(other, loaded)
    expect(other.locator("#tables").get_by_role("alert")).to_contain_text("This part cannot be drawn.")
    expect(other.locator("#quality .badges")).to_be_visible()
    expect(other.locator("#refresh")).to_be_enabled()
    assert len(errors) == 1


def test_a_choice_made_after_the_login_has_ended_is_told_so_where_it_was_made(loaded: Loaded, page: Page) -> None:
    alone(page, loaded)
    page.context.clear_cookies()
    page.get_by_role("button", name=re.compile("^Nov")).click()
    expect(page.locator("#hours").get_by_role("alert")).to_contain_text("Your login has ended.")
    expect(page.locator("#hours h3")).to_have_count(0)


def test_a_choice_made_while_the_warehouse_is_down_is_told_so_where_it_was_made(loaded: Loaded, page: Page) -> None:
    alone(page, loaded)
    token = loaded.token()
    loaded.stack.stack.warehouse.stop_front()
    november, ninety = "/api/calendar/2018/11", "/api/quality?days=90"
    try:
        assert until(lambda: {loaded.get(path, token).status_code for path in (november, ninety)} == {503})
        page.get_by_role("button", name=re.compile("^Nov")).click()
        expect(page.locator("#hours").get_by_role("alert")).to_contain_text("The warehouse does not answer.")
        expect(page.locator("#hours h3")).to_have_count(0)
        page.select_option("#days", "90")
        expect(page.locator("#quality").get_by_role("alert")).to_contain_text("The warehouse does not answer.")
        expect(days_shown(page)).to_have_count(0)
    finally:
        loaded.stack.stack.warehouse.start_front()
    # What went wrong is kept for some seconds, too. Then the same choice is shown.
    assert until(lambda: {loaded.get(path, token).status_code for path in (november, ninety)} == {200})
    page.get_by_role("button", name=re.compile("^Nov")).click()
    expect(page.locator("#hours h3")).to_have_text("November 2018")
    page.get_by_role("button", name="Refresh").click()
    expect(days_shown(page)).to_have_count(90)


def addresses() -> list[str]:
    """An address of every route there is."""
    values = {"{year}": "2018", "{month}": "11", "{question}": "weekdays", "{name:path}": "page.css"}
    found = []
    for route in create_app().routes:
        path = route.path  # type: ignore[attr-defined]
        for name, value in values.items():
            path = path.replace(name, value)
        found.append(path)
    return found


def test_without_airflows_login_no_route_answers_and_without_the_right_none_does_either(loaded: Loaded) -> None:
    viewer, nobody = loaded.token(role="viewer"), loaded.token(role=None)
    assert len(addresses()) >= 10
    for path in addresses():
        assert loaded.get(path).status_code == 401, path
        assert loaded.get(path, nobody).status_code == 403, path
        assert loaded.get(path, viewer).status_code == 200, path


def test_what_the_page_tells_is_kept_by_no_browser(loaded: Loaded) -> None:
    answer = loaded.get("/api/tables", loaded.token())
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_the_calendar_shows_a_run_that_goes_on(loaded: Loaded) -> None:
    loaded.stack.api.pause("sparkify_etl")
    waiting = loaded.stack.api.trigger("sparkify_etl", {"start": BROKEN[0], "end": "2018-12-01T01:00:00Z"})
    token = loaded.token()

    def first_hour() -> dict[str, Any]:
        return dict(loaded.get("/api/calendar/2018/12", token).json()["hours"][0])

    assert until(lambda: first_hour()["status"] == "running")
    assert first_hour()["run_id"] == waiting
    loaded.stack.api.unpause("sparkify_etl")
    assert loaded.stack.wait_for("sparkify_etl", waiting) == "failed"
    assert until(lambda: first_hour()["status"] == "failed")


def test_a_warehouse_that_is_down_is_told_in_words_and_the_rest_of_the_page_stays(loaded: Loaded, page: Page) -> None:
    frame = framed(page, loaded)
    loaded.stack.stack.warehouse.stop_front()
    until(lambda: loaded.get("/api/tables", loaded.token()).status_code == 503)
    said = loaded.get("/api/tables", loaded.token()).json()
    assert said["problem"]["code"] == "down"
    assert "127.0.0.1" not in json.dumps(said)
    frame.get_by_role("button", name="Refresh").click()
    expect(frame.get_by_role("alert")).to_have_count(5, timeout=_PATIENCE)
    expect(frame.get_by_role("alert").first).to_contain_text("The warehouse does not answer. See that it is running")
    expect(frame.get_by_role("heading", name="Insights")).to_be_visible()
