"""What psql and drivers, told 8.0.2, ask of the catalogue in words that today's PostgreSQL does not take.

They ask for columns that are gone; in Redshift's dialect, where a condition may name a result column; and for indexes
and constraints, of which they must see what Redshift would have: declared keys, and none of the stand-in's own.
"""

from __future__ import annotations

import re

# What is asked for, and what stands for it today.
_WORDS = (
    # psql's \\d: the index of a sort key, and the constraints that hold a table's attributes, are the stand-in's own.
    (r"\bpg_catalog\.pg_index i(?=\s+LEFT JOIN pg_catalog\.pg_constraint con\b)", "pg_catalog.redshift_indexes i"),
    (r"\bpg_catalog\.pg_constraint r(?=\s+WHERE r\.conrelid)", "pg_catalog.redshift_constraints r"),
    (
        r"\bpg_catalog\.pg_class c(?=\s+LEFT JOIN pg_catalog\.pg_namespace n ON n\.oid = c\.relnamespace)",
        "pg_catalog.redshift_relations c",
    ),
    # psql's \\dn and redshift_connector's get_schemas: one schema holds the stand-in's own tables.
    (r"\bpg_catalog\.pg_namespace n(?=\s+WHERE n\.nspname !~ '\^pg_')", "pg_catalog.redshift_schemas n"),
    (r"\bpg_catalog\.pg_namespace(?=\s+WHERE nspname <> 'pg_toast')", "pg_catalog.redshift_schemas"),
    # redshift_connector's get_primary_keys.
    (
        r"\bpg_catalog\.pg_class ci,\s*pg_catalog\.pg_attribute a,\s*pg_catalog\.pg_index i\b",
        "pg_catalog.redshift_key_class ci, pg_catalog.redshift_key_attribute a, pg_catalog.redshift_key_index i",
    ),
    # Its get_tables and get_columns.
    (
        r"\bpg_catalog\.pg_class c(?=\s+(?:LEFT JOIN pg_catalog\.pg_description d|ON \(c\.relnamespace = n\.oid\)))",
        "pg_catalog.redshift_relations c",
    ),
    (r"(\bWHERE c\.relnamespace = n\.oid\b.*?) AND TABLE_SCHEM LIKE\b", r"\1 AND n.nspname LIKE"),
    (r"(\bWHERE c\.relnamespace = n\.oid\b.*?) AND TABLE_NAME LIKE\b", r"\1 AND c.relname LIKE"),
    (r"(?i)(?<=\bthen )(-?\d+)(?=when )", r"\1 "),
    (r"\bleft\(pg_catalog\.pg_get_expr\(def\.adbin, def\.adrelid\), 16\) = 'default_identity'", "a.attidentity <> ''"),
    (
        r"(CASE WHEN (?:(?!\bCASE\b).)*? END) AS IS_AUTOINCREMENT, IS_AUTOINCREMENT AS",
        r"\1 AS IS_AUTOINCREMENT, \1 AS",
    ),
    # Columns of PostgreSQL 8's.
    (r"\bc\.relhasoids\b", "false"),
    (r"\bp\.proisagg\b", "(p.prokind = 'a')"),
    (r"\bp\.proiswindow\b", "(p.prokind = 'w')"),
    (r"\bd\.adsrc\b", "pg_catalog.pg_get_expr(d.adbin, d.adrelid)"),
    (r"\br\.consrc\b", "pg_catalog.pg_get_constraintdef(r.oid)"),
    (r"\bc\.reltriggers\b", "(c.relhastriggers::integer)"),
    (r"\br\.rolcatupdate\b", "false"),
)
_PATTERNS = tuple((re.compile(pattern), replacement) for pattern, replacement in _WORDS)


def modernised(text: str) -> str:
    """Return a query on the catalogue in words that PostgreSQL takes."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
