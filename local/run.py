"""`./sparkify run`: the main job on the laptop, from a folder of files to a checked star schema."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from local import airflow_settings, dataset, report, window
from local.airflow_api import AirflowApi
from local.console import Steps, out
from local.dataset import DataSet
from local.errors import StackError
from local.etl import Etl
from local.home import Home
from local.mirror import mirror
from local.s3 import S3Server
from local.settings import home_directory
from local.stack import Stack
from local.window import Window

# Set by the launcher, which is another process: when the command began, and how long .venv took.
STARTED, INSTALLED = "SPARKIFY_STARTED", "SPARKIFY_INSTALL_SECONDS"
_PARTS = ("install", "start", "load", "etl", "insights")


@dataclass(frozen=True)
class Options:
    """What `run` was asked for; the names are its options'."""

    data: Path | None
    start: str | None
    end: str | None
    hourly: bool
    fresh: bool
    keep: bool
    report: Path | None


def run(options: Options) -> int:
    """Start the stack, load the data, check it, print and report, stop the stack; return the exit code.

    0 when every run and every check of severity `fail` succeeded, else 1. Raises StackError for what the user can
    put right before anything is loaded. Running it again over the same state gives the same rows.
    """
    asked = _asked_window(options)
    if options.report and not options.report.absolute().parent.is_dir():
        raise StackError(f"{options.report.absolute().parent} is not a folder", "give --report a file in one")
    home = Home(home_directory())
    with home.held("run"), Steps() as steps:
        if options.fresh:
            home.wipe()
        data = _data(options, home, steps)
        whole = asked or window.over_days(*data.days())
        if options.hourly:
            whole.require_whole_hours()
        home.require_space(data.size)
        home.remember_data(data.name)
        stack = Stack(home, scheduled=False, interactive=options.keep)
        try:
            result = _load(stack, data, whole, steps, options)
            if options.keep:
                _finish(result, options)
                steps.close()
                hold(stack)
        finally:
            with steps.step("Stopping the stack"):
                stack.stop()
    if not options.keep:
        _finish(result, options)
    return 0 if result.good else 1


def hold(stack: Stack) -> None:
    """Print how to reach the stack and keep it up until a signal; ServerDiedError when a server ends."""
    out.print(f"Airflow: {stack.airflow.url}", markup=False)
    out.print(f"  login {airflow_settings.LOGIN}, password {stack.airflow.password}", markup=False)
    out.print(f"Warehouse: {stack.warehouse.redshift.dsn}", markup=False)
    out.print("Ctrl-C stops everything; the data stays.", markup=False)
    while True:
        stack.check()
        time.sleep(1)


def _load(stack: Stack, data: DataSet, whole: Window, steps: Steps, options: Options) -> report.Report:
    seconds = {"install": float(os.environ.get(INSTALLED) or 0)}

    def fill(s3: S3Server) -> None:
        with steps.step("Putting the data into S3") as step:
            done = mirror(s3.client(), airflow_settings.SOURCE_BUCKET, data.files, step.task.update)
            step.note = f"{done.uploaded} objects uploaded, {done.kept} unchanged, {done.deleted} removed"
        seconds["load"] = step.seconds

    with steps.step("Starting PostgreSQL, S3, the Redshift stand-in and Airflow") as step:
        api: AirflowApi = stack.start(with_s3=fill)
        etl = Etl(api, stack.check, stack.airflow.unpaused)
        etl.create_tables()
    seconds["start"] = step.seconds
    with steps.step(f"Loading {whole.hours} hours, {'hour by hour' if options.hourly else 'in one run'}") as step:
        outcome = (etl.load_hourly if options.hourly else etl.load)(whole, step.task.update)
    seconds["etl"] = step.seconds
    computed = None
    if outcome.success:
        with steps.step("Checking the whole warehouse and computing the insights") as step:
            computed = etl.refresh_insights(step.task.update)
        seconds["insights"] = step.seconds
    api.close()
    result = report.read(stack.warehouse.redshift, whole, outcome, computed)
    result.seconds = {name: seconds[name] for name in _PARTS if name in seconds}
    return result


def _finish(result: report.Report, options: Options) -> None:
    began = float(os.environ.get(STARTED) or 0)
    result.seconds["total"] = time.time() - began if began else sum(result.seconds.values())
    result.print(out)
    if options.report:
        result.write(options.report)


def _asked_window(options: Options) -> Window | None:
    if (options.start is None) != (options.end is None):
        given, missing = ("--from", "--to") if options.end is None else ("--to", "--from")
        raise StackError(f"{given} is given without {missing}", "give both or neither")
    if options.start is None or options.end is None:
        return None
    return window.between(options.start, options.end)


def _data(options: Options, home: Home, steps: Steps) -> DataSet:
    if options.data:
        return dataset.from_folder(options.data)
    with steps.step("Simulating a month of plays"):
        return dataset.simulated(home.path / "simulated")
