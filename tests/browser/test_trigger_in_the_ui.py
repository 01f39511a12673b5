"""A user's first run: log in, open the DAG, fill in the form, press Trigger, watch it turn green."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

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


def test_a_run_triggered_in_the_web_ui_with_the_form_filled_in_turns_green(
    airflow_stack: RunningStack, page: Page, tmp_path: Path
) -> None:
    before = {run for (run,) in airflow_stack.query("select distinct run_id from load_audit")}
    page.goto(f"{airflow_stack.stack.airflow.url}/dags/sparkify_etl")
    page.locator("input[name=username]").fill(LOGIN)
    page.locator("input[name=password]").fill(airflow_stack.stack.airflow.password)
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Trigger").first.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[name=element_start]").fill("2018-11-09T00:00")
    dialog.locator("input[name=element_end]").fill("2018-11-10T00:00")
    page.screenshot(path=tmp_path / "form.png")
    dialog.get_by_role("button", name="Trigger").last.click()
    [run_id] = until(lambda: {run for (run,) in airflow_stack.query("select distinct run_id from load_audit")} - before)
    page.goto(f"{airflow_stack.stack.airflow.url}/dags/sparkify_etl/runs/{run_id}")
    expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=120_000)
    page.screenshot(path=tmp_path / "run.png")
    day = datetime(2018, 11, 9), datetime(2018, 11, 10)
    assert airflow_stack.wait_for("sparkify_etl", run_id) == "success"
    assert airflow_stack.table("songplays", *day) == expected.tables(airflow_stack.data, *day)["songplays"]


def test_the_dag_page_explains_itself(airflow_stack: RunningStack, page: Page) -> None:
    page.goto(f"{airflow_stack.stack.airflow.url}/dags/sparkify_etl")
    page.locator("input[name=username]").fill(LOGIN)
    page.locator("input[name=password]").fill(airflow_stack.stack.airflow.password)
    page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Dag Docs").first.click()
    expect(page.get_by_text("To load an old window").first).to_be_visible()
