"""The page's web application, mounted by Airflow's api-server below `/sparkify`."""

from functools import partial
from typing import Annotated, Literal

from fastapi import FastAPI, Path, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.types import ASGIApp

from sparkify.insights import QUESTIONS
from sparkify.page import files, reading
from sparkify.page.access import DEMANDED
from sparkify.page.answers import Answers
from sparkify.page.csv_lines import csv_lines
from sparkify.page.headers import SecurityHeaders
from sparkify.page.problems import PageProblem
from sparkify.window import FIRST_YEAR, LAST_YEAR

Year = Annotated[int, Path(ge=FIRST_YEAR, le=LAST_YEAR)]
Month = Annotated[int, Path(ge=1, le=12)]
Question = Annotated[str, Path(pattern=f"^({'|'.join(QUESTIONS)})$")]


class _App(FastAPI):
    """FastAPI whose own last answer, to an error that nobody has caught, gets the headers, too.

    What is added as a middleware lies within the one that gives that answer.
    """

    def build_middleware_stack(self) -> ASGIApp:
        return SecurityHeaders(super().build_middleware_stack())


def create_app() -> FastAPI:
    """Make the application. Every route demands Airflow's login and the right to read the DAG."""
    # Without Airflow's own pages about an API: they would be open to anybody.
    app = _App(title="Sparkify", dependencies=DEMANDED, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(PageProblem, _tell)
    answers = Answers()

    @app.get("/page")
    async def page() -> FileResponse:
        return files.page()

    @app.get("/static/{name:path}")
    async def static(name: str, request: Request) -> Response:
        return files.static(name, request.headers.get("if-none-match"))

    @app.get("/api/tables")
    async def tables() -> JSONResponse:
        return JSONResponse(await answers.get("tables", reading.tables))

    @app.get("/api/calendar")
    async def latest_year() -> JSONResponse:
        return JSONResponse(await answers.get(("year", None), partial(reading.year, None)))

    @app.get("/api/calendar/{year}")
    async def calendar_year(year: Year) -> JSONResponse:
        return JSONResponse(await answers.get(("year", year), partial(reading.year, year)))

    @app.get("/api/calendar/{year}/{month}")
    async def calendar_month(year: Year, month: Month) -> JSONResponse:
        return JSONResponse(await answers.get(("month", year, month), partial(reading.month, year, month)))

    @app.get("/api/quality")
    async def quality(days: Annotated[Literal["7", "30", "90"], Query()] = "30") -> JSONResponse:
        return JSONResponse(await answers.get(("quality", days), partial(reading.quality, int(days))))

    @app.get("/api/loads")
    async def loads() -> JSONResponse:
        return JSONResponse(await answers.get("loads", reading.load_runs))

    @app.get("/api/insights")
    async def insights() -> JSONResponse:
        return JSONResponse(await answers.get("insights", reading.insights))

    @app.get("/insights/{question}.csv")
    async def download(question: Question) -> StreamingResponse:
        answer = await answers.get(("csv", question), partial(reading.whole_answer, question))
        return StreamingResponse(
            csv_lines(answer.columns, answer.rows),
            media_type="text/csv; charset=utf-8; header=present",
            headers={"content-disposition": f'attachment; filename="sparkify_{question}.csv"'},
        )

    return app


async def _tell(_: Request, problem: Exception) -> JSONResponse:
    assert isinstance(problem, PageProblem)  # noqa: S101 - what it is registered for
    return JSONResponse({"problem": problem.as_json()}, status_code=503)
