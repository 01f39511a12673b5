"""Columns that PostgreSQL 8's catalogue had and today's has not: psql and drivers ask for them, told 8.0.2."""

from __future__ import annotations

import re

# What is asked for, and what stands for it today.
_COLUMNS = (
    (r"\bc\.relhasoids\b", "false"),
    (r"\bp\.proisagg\b", "(p.prokind = 'a')"),
    (r"\bp\.proiswindow\b", "(p.prokind = 'w')"),
    (r"\bd\.adsrc\b", "pg_catalog.pg_get_expr(d.adbin, d.adrelid)"),
    (r"\br\.consrc\b", "pg_catalog.pg_get_constraintdef(r.oid)"),
    (r"\bc\.reltriggers\b", "(c.relhastriggers::integer)"),
    (r"\br\.rolcatupdate\b", "false"),
)
_PATTERNS = tuple((re.compile(pattern), replacement) for pattern, replacement in _COLUMNS)


def modernised(text: str) -> str:
    """Return a query on the catalogue with the columns that are gone replaced."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
