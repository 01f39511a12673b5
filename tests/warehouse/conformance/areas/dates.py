"""Dates and times.

Boundaries, not durations, are what DATEDIFF counts; the functions' types are Redshift's, not PostgreSQL's.
"""

from __future__ import annotations

from datetime import datetime

from tests.warehouse.conformance.case import Case

CASES = [
    Case(
        fact="DATEDIFF counts the boundaries between two values, so one second can be a year",
        source="r_DATEDIFF_function",
        sql="select datediff(year, '2008-12-31 23:59:59'::timestamp, '2009-01-01'::timestamp)",
        rows=[(1,)],
    ),
    Case(
        fact="DATEADD turns a DATE into a TIMESTAMP",
        source="r_DATEADD_function",
        sql="select dateadd(day, 1, '2018-11-30'::date)",
        rows=[(datetime(2018, 12, 1),)],
    ),
]
