"""A user's first runs: log in, open the DAG, fill in the form, press Trigger, watch it turn green; then a backfill."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

from local.airflow_settings import LOGIN
from tests import expected
from tests.stack import RunningStack, until

pytestmark = pytest.mark.slow


@pytest.fixture
def page() -> Iterator[Page]:
    """A page in the Chromium that `./sparkify test` installs."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "Chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        )
        yield browser.new_page(viewport={"width": 1400, "height": 900})
        browser.close()


def log_in(page: Page, stack: RunningStack) -> None:
    page.goto(f"{stack.stack.airflow.url}/dags/sparkify_etl")
    page.locator("input[name=username]").fill(LOGIN)
    page.locator("input[name=password]").fill(stack.stack.airflow.password)
    page.locator("button[type=submit]").click()


def pick(page: Page, field: str, date: str, time: str) -> None:
    """Fill in one of the form's date-time fields by its picker."""
    fill_in(page, page.get_by_role("dialog").locator("[data-part=root]", has_text=field).last, date, time)


def fill_in(page: Page, group: Locator, date: str, time: str) -> None:
    """Fill in the one date-time field that `group` holds."""
    group.get_by_test_id("datetime-input").click()
    page.get_by_placeholder("YYYY/MM/DD").locator("visible=true").fill(date)
    page.get_by_placeholder("HH:mm").locator("visible=true").fill(time)
    # A second click closes the picker; Escape would close the form.
    group.get_by_test_id("datetime-input").click()
    expect(page.get_by_placeholder("HH:mm").locator("visible=true")).to_have_count(0)


def test_a_run_triggered_in_the_web_ui_with_the_form_filled_in_turns_green(
    airflow_stack: RunningStack, page: Page, tmp_path: Path
) -> None:
    before = {run["dag_run_id"] for run in airflow_stack.api.runs("sparkify_etl")}
    log_in(page, airflow_stack)
    page.get_by_role("button", name="Trigger").first.click()
    pick(page, "Start of the window", "2018/11/09", "00:00")
    pick(page, "End of the window", "2018/11/10", "00:00")
    page.screenshot(path=tmp_path / "form.png")
    page.get_by_role("dialog").get_by_role("button", name="Trigger").last.click()
    [run_id] = until(lambda: {run["dag_run_id"] for run in airflow_stack.api.runs("sparkify_etl")} - before)
    page.goto(f"{airflow_stack.stack.airflow.url}/dags/sparkify_etl/runs/{run_id}")
    # The run's own badge and one a task.
    expect(page.get_by_text("Success", exact=True)).to_have_count(10, timeout=120_000)
    page.screenshot(path=tmp_path / "run.png")
    assert airflow_stack.wait_for("sparkify_etl", run_id) == "success"
    day = datetime(2018, 11, 9), datetime(2018, 11, 10)
    assert airflow_stack.table("songplays", *day) == expected.tables(airflow_stack.data, *day)["songplays"]


def test_a_backfill_made_in_the_web_ui_loads_each_hour_of_its_range(airflow_stack: RunningStack, page: Page) -> None:
    log_in(page, airflow_stack)
    page.get_by_role("button", name="Trigger").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Run this Dag for a range of dates").click()
    fields = dialog.get_by_test_id("datetime-input").locator("xpath=..")
    fill_in(page, fields.nth(0), "2018/11/10", "06:00")
    fill_in(page, fields.nth(1), "2018/11/10", "08:00")
    dialog.get_by_text("All Runs").click()
    expect(dialog.get_by_text("3 runs will be triggered")).to_be_visible()
    dialog.get_by_role("button", name="Run Backfill").click()
    hours = datetime(2018, 11, 10, 6, tzinfo=UTC), datetime(2018, 11, 10, 8, tzinfo=UTC)
    until(lambda: airflow_stack.api.count_runs("sparkify_etl", *hours, ["success"]) == 3)
    window = datetime(2018, 11, 10, 6), datetime(2018, 11, 10, 9)
    assert airflow_stack.table("songplays", *window) == expected.tables(airflow_stack.data, *window)["songplays"]


def test_the_dag_page_explains_itself(airflow_stack: RunningStack, page: Page) -> None:
    log_in(page, airflow_stack)
    page.get_by_role("button", name="Dag Docs").first.click()
    expect(page.get_by_text("To load an old window").first).to_be_visible()
