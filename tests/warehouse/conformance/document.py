"""The conformance table as Markdown, made from the cases."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.warehouse.conformance.case import Area, Case, Status, all_areas

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "redshift-stand-in.md"
_INTRODUCTION = """\
<!-- Made by ./sparkify docs from tests/warehouse/conformance. Edit the cases there. -->

# What the Redshift stand-in does

`local/redshift` stands in for Amazon Redshift on a laptop and in tests. Every line below is a test that runs with
redshift_connector and with psycopg; its source is a page of the Amazon Redshift Database Developer Guide, or
`observed` for what public transcripts of real clusters show. **Supported**: it does what Redshift does, errors
included. **Refused**: Redshift can, the stand-in says that it does not (SQLSTATE 0A000, unless the line says another).
**Differs**: it does something else, and the line says what. A statement that is not listed and that the stand-in does
not know is refused too: nothing reaches PostgreSQL in the hope that it fits.
"""


def render(areas: Sequence[Area]) -> str:
    """The document's text for these areas."""
    counts = Counter(case.status for area in areas for case in area.cases)
    totals = " · ".join(f"{counts[status]} {status}" for status in Status)
    return "\n".join([_INTRODUCTION, totals, *(_section(area) for area in areas)]).rstrip() + "\n"


def _section(area: Area) -> str:
    return "\n".join(
        ["", f"## {area.title}", "", "| | Redshift | Source |", "|---|---|---|", *(_line(case) for case in area.cases)]
    )


def _line(case: Case) -> str:
    fact = case.fact + (f". *Here:* {case.differs}" if case.differs else "")
    return f"| {case.status} | {_cell(fact)} | {_cell(case.source)} |"


def _cell(text: str) -> str:
    return textwrap.shorten(text, 10_000).replace("|", "\\|")


def write() -> None:
    """Bring the document up to date. Idempotent."""
    DOCUMENT.write_text(render(all_areas()))
