"""The commands of ./sparkify. What a command needs is imported when it runs: help and errors come at once."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from local import processes
from local.console import Steps, err
from local.errors import CancelledError, StackError

app = typer.Typer(
    name="sparkify",
    help="S3 logs and songs → Redshift star schema, through a real Airflow, on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
package_app = typer.Typer(help="Pack the project for a deployment: docs/deploy/README.md.", no_args_is_help=True)
app.add_typer(package_app, name="package")
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
_ENVIRONMENT = 2  # exit code: nothing was loaded because something around us is not right


class _Stop(BaseException):
    """A signal asked the command to end."""

    def __init__(self, number: int) -> None:
        self.number = number


@app.command()
def run(
    data: Annotated[
        Path | None,
        typer.Option(help="Folder with log_data/ and song_data/. Default: a simulated month.", metavar="DIR"),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Start of the window, UTC. Default: the first log file's day.", metavar="T"),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="End of the window, not included. Default: after the last file's day.", metavar="T"),
    ] = None,
    hourly: Annotated[bool, typer.Option("--hourly", help="One run per hour, by Airflow's backfill.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget everything loaded before.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack up until Ctrl-C; print its login.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write what was loaded to this file, as JSON.", metavar="FILE")
    ] = None,
) -> None:
    """Load a month of logs and songs from S3 into the warehouse, check it, print it, stop."""
    from local import run as job

    raise typer.Exit(job.run(job.Options(data, start, end, hourly, fresh, keep, report)))


@app.command()
def up() -> None:
    """Run the whole stack in the foreground, web page included, until Ctrl-C. Its state survives."""
    from local.home import Home
    from local.run import hold
    from local.settings import home_directory
    from local.stack import Stack

    home = Home(home_directory())
    with home.held("up"), Steps() as steps:
        home.require_space()
        stack = Stack(home, scheduled=True, interactive=True)
        try:
            with steps.step("Starting PostgreSQL, S3, the Redshift stand-in and Airflow"):
                stack.start().close()
            steps.close()
            hold(stack)
        finally:
            with steps.step("Stopping the stack"):
                stack.stop()


@app.command()
def warehouse() -> None:
    """Run only the Redshift stand-in and S3 in the foreground; print one line of JSON when they are ready."""
    from local import settings
    from local.home import Home
    from local.stack import addresses
    from local.warehouse import Warehouse

    home = Home(settings.home_directory())
    with home.held("warehouse"):
        home.require_space()
        settings.require_ports(settings.REDSHIFT, settings.S3)
        redshift, s3 = settings.REDSHIFT.number(), settings.S3.number()
        with Warehouse(home.path, redshift_port=redshift, s3_port=s3) as running:
            home.publish(addresses(running))
            print(json.dumps(addresses(running)), flush=True)  # noqa: T201 - for programs, not for the console
            while True:
                running.check()
                time.sleep(1)


@app.command()
def sql(
    statement: Annotated[str | None, typer.Argument(help="One statement. Without it: a prompt.")] = None,
) -> None:
    """Query the warehouse: one statement, or a prompt. Starts it if it is not running."""
    from local import prompt

    with _addresses("sql") as found:
        raise typer.Exit(prompt.run(found["redshift"], statement))


@app.command()
def hours(
    start: Annotated[str, typer.Option("--from", help="First hour, UTC.", metavar="T")],
    end: Annotated[str, typer.Option("--to", help="End of the range, not included.", metavar="T")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array instead of a table.")] = False,
) -> None:
    """List which hours are loaded, empty, running, missing or failed; exit with 1 if one is missing or failed."""
    from local import hours as command
    from local.window import between

    with _addresses("hours") as found:
        raise typer.Exit(command.run(found, between(start, end), as_json=as_json))


@app.command()
def insights(
    folder: Annotated[
        Path | None, typer.Option("--csv", help="Write a file for each to this folder instead.", metavar="DIR")
    ] = None,
) -> None:
    """Print the answers to the analytics team's questions, or write each as CSV."""
    from local import insights as command

    with _addresses("insights") as found:
        raise typer.Exit(command.run(found["redshift"], folder))


@app.command(context_settings=_PASSED_ON, add_help_option=False)
def airflow(context: typer.Context) -> None:
    """Airflow's own command line with the stack's environment; everything after it is passed on."""
    from local import airflow_cli

    raise typer.Exit(airflow_cli.run(context.args))


@app.command()
def data(
    to: Annotated[Path, typer.Option("--out", help="Folder to write to; new or empty.", metavar="DIR")],
    songs: Annotated[int, typer.Option(help="Songs in the catalogue.", min=1)] = 1000,
    events: Annotated[int, typer.Option(help="Log lines.", min=0)] = 10_000,
    days: Annotated[int, typer.Option(help="Days from 2018-11-01, a log file each.", min=1)] = 30,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
) -> None:
    """Simulate a data set in the public sample's layout."""
    from local.simulator import simulate

    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StackError(f"{to} exists and is not an empty folder", "name a new one")
    with Steps() as steps, steps.step("Simulating") as step:
        step.note = str(simulate(to, songs=songs, events=events, days=days, seed=seed))


@package_app.command()
def mwaa(
    to: Annotated[Path, typer.Option("--out", help="Folder to write to; new or empty.", metavar="DIR")],
    airflow_version: Annotated[
        str, typer.Option("--airflow", help="The environment's version.", metavar="VERSION")
    ] = "3.3.1",
    env: Annotated[
        Path | None, typer.Option(help="Settings for the start-up script, lines NAME=VALUE.", metavar="FILE")
    ] = None,
) -> None:
    """Write what Amazon MWAA reads from its bucket: dags/, plugins.zip, requirements.txt and startup.sh."""
    from local import package_mwaa

    for path in package_mwaa.write(to, airflow_version=airflow_version, env=env):
        print(path)  # noqa: T201 - for programs, too


@app.command(context_settings=_PASSED_ON, add_help_option=False)
def test(context: typer.Context) -> None:
    """Lint, type-check and test: \\[fast] \\[pytest arguments]. `fast` leaves out what is marked slow."""
    from local import checks

    raise typer.Exit(checks.run(context.args))


@app.command()
def lock() -> None:
    """Resolve the three lock files again from their .in files."""
    from local import checks

    raise typer.Exit(checks.lock())


@app.command()
def docs() -> None:
    """Write the generated documents again: the stand-in's conformance table."""
    from local import checks

    raise typer.Exit(checks.docs())


def main() -> None:
    """Run the command; foreseeable errors become one line and exit code 2, signals an ordered stop."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        app(prog_name="./sparkify")
    except StackError as error:
        err.print(f"sparkify: {error}", markup=False, style="red")
        sys.exit(_ENVIRONMENT)
    except BrokenPipeError:
        sys.exit(128 + signal.SIGPIPE)
    except (_Stop, CancelledError) as stopped:
        sys.exit(128 + getattr(stopped, "number", signal.SIGTERM))


def _addresses(command: str) -> Any:
    from local.borrow import warehouse as borrowed

    return borrowed(command)


def _stop(number: int, _: FrameType | None) -> None:
    # Once: the stop that follows is bounded, and a second signal must not interrupt it half way.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    processes.cancel()
    raise _Stop(number)


if __name__ == "__main__":
    main()
