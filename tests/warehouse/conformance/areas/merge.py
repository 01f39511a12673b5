"""MERGE.

The clauses are fewer than PostgreSQL's, and both are required.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

_PAGE = "r_MERGE"
_TABLES = (
    "create table target (id int, name varchar(20))",
    "create table source (id int, name varchar(20))",
    "insert into target values (11, 'Alice'), (23, 'Bill'), (30, 'Tony')",
    "insert into source values (23, 'David'), (22, 'Clarence')",
)
_EXAMPLE = (
    "create table target (id int, name varchar(20))",
    "create table source (id int, name varchar(20))",
    "insert into target values (30, 'Tony'), (30, 'Daisy'), (11, 'Alice'), (23, 'Bill'), (23, 'Nikki')",
    "insert into source values (23, 'David'), (22, 'Clarence')",
)
_READ = "select id, name from target order by id, name"
_UPSERT = "when matched then update set name = source.name when not matched then insert values (source.id, source.name)"

CASES = [
    Case(
        fact="MERGE updates the rows that match and inserts the rest",
        source=_PAGE,
        sql=(*_TABLES, f"merge into target using source on target.id = source.id {_UPSERT}", _READ),
        rows=[(11, "Alice"), (22, "Clarence"), (23, "David"), (30, "Tony")],
    ),
    Case(
        fact="MERGE deletes the rows that match where that is its clause",
        source=_PAGE,
        sql=(
            *_TABLES,
            "merge into target using source as s on target.id = s.id when matched then delete "
            "when not matched then insert (name, id) values (upper(s.name), s.id)",
            _READ,
        ),
        rows=[(11, "Alice"), (22, "CLARENCE"), (30, "Tony")],
    ),
    Case(
        fact="MERGE takes a subquery as its source",
        source=_PAGE,
        sql=(
            *_TABLES,
            "merge into target using (select id, name from source where id = 22) s on target.id = s.id "
            "when matched then delete when not matched then insert values (s.id, s.name)",
            "select count(*) from target",
        ),
        rows=[(4,)],
    ),
    Case(
        fact="MERGE takes a view as its source",
        source=_PAGE,
        sql=(
            *_TABLES,
            "create view incoming as select id, name from source",
            f"merge into target using incoming as source on target.id = source.id {_UPSERT}",
            "select count(*) from target",
        ),
        rows=[(4,)],
    ),
    Case(
        fact="MERGE's subquery cannot read the target",
        source=_PAGE,
        sql=(*_TABLES, f"merge into target using (select * from target) source on target.id = source.id {_UPSERT}"),
        error="Source view/subquery in Merge statement cannot reference target table.",
    ),
    Case(
        fact="MERGE's source view cannot read the target, not through another view either",
        source=_PAGE,
        sql=(
            *_TABLES,
            "create view near as select id, name from target",
            "create view far as select id, name from near",
            f"merge into target using far as source on target.id = source.id {_UPSERT}",
        ),
        error="Source view/subquery in Merge statement cannot reference target table.",
    ),
    Case(
        fact="MERGE's source cannot be its target",
        source=_PAGE,
        sql=(*_TABLES, f"merge into target using target as source on target.id = source.id {_UPSERT}"),
        error="source and target cannot be the same table",
        code="0A000",
    ),
    Case(
        fact="MERGE fails when several source rows match one target row",
        source=_PAGE,
        sql=(
            *_TABLES,
            "insert into source values (23, 'Daniel')",
            f"merge into target using source on target.id = source.id {_UPSERT}",
        ),
        error="Found multiple matches to update the same tuple.",
    ),
    Case(
        fact="MERGE … DELETE fails, too, when several source rows match one target row",
        source=_PAGE,
        sql=(
            *_TABLES,
            "insert into source values (23, 'Daniel')",
            "merge into target using source on target.id = source.id when matched then delete "
            "when not matched then insert values (source.id, source.name)",
        ),
        error="Found multiple matches to update the same tuple.",
    ),
    Case(
        fact="MERGE inserts every source row that matches nothing, equal ones as well",
        source=_PAGE,
        sql=(
            *_TABLES,
            "insert into source values (22, 'Clarence')",
            f"merge into target using source on target.id = source.id {_UPSERT}",
            "select count(*) from target where id = 22",
        ),
        rows=[(2,)],
    ),
    Case(
        fact="MERGE updates all target rows that one source row matches",
        source=_PAGE,
        sql=(
            *_EXAMPLE,
            f"merge into target using source on target.id = source.id {_UPSERT}",
            "select id, name from target where id = 23",
        ),
        rows=[(23, "David"), (23, "David")],
    ),
    Case(
        fact="MERGE … REMOVE DUPLICATES updates what matches, once, and keeps duplicates that match nothing",
        source=_PAGE,
        sql=(*_EXAMPLE, "merge into target using source on target.id = source.id remove duplicates", _READ),
        rows=[(11, "Alice"), (22, "Clarence"), (23, "David"), (30, "Daisy"), (30, "Tony")],
    ),
    Case(
        fact="MERGE … REMOVE DUPLICATES takes tables of the same columns",
        source=_PAGE,
        sql=(
            *_TABLES,
            "alter table target add column extra int",
            "merge into target using source on target.id = source.id remove duplicates",
        ),
        error="takes tables of the same columns",
        code="0A000",
    ),
    Case(
        fact="MERGE … REMOVE DUPLICATES takes a subquery as its source",
        source=_PAGE,
        sql=(*_TABLES, "merge into target using (select * from source) s on target.id = s.id remove duplicates"),
        error="REMOVE DUPLICATES from a subquery is not supported",
        refused=True,
    ),
    Case(
        fact="MERGE needs both of its clauses",
        source=_PAGE,
        sql=(
            *_TABLES,
            "merge into target using source on target.id = source.id when matched then update set name = source.name",
        ),
        error="syntax error",
        code="42601",
    ),
    Case(
        fact="MERGE's WHEN takes no further condition",
        source=_PAGE,
        sql=(
            *_TABLES,
            "merge into target using source on target.id = source.id when matched and source.id > 1 then delete "
            "when not matched then insert values (source.id, source.name)",
        ),
        error='syntax error at or near "and"',
        code="42601",
    ),
    Case(
        fact="MERGE has no DO NOTHING",
        source=_PAGE,
        sql=(
            *_TABLES,
            "merge into target using source on target.id = source.id when matched then do nothing "
            "when not matched then insert values (source.id, source.name)",
        ),
        error='syntax error at or near "do"',
        code="42601",
    ),
    Case(
        fact="MERGE's SET names its column without the table",
        source=_PAGE,
        sql=(
            *_TABLES,
            "merge into target using source on target.id = source.id when matched then "
            "update set target.name = source.name when not matched then insert values (source.id, source.name)",
        ),
        error='syntax error at or near "."',
        code="42601",
    ),
    Case(
        fact="MERGE's target takes no alias",
        source=_PAGE,
        sql=(*_TABLES, f"merge into target t using source on t.id = source.id {_UPSERT}"),
        error='syntax error at or near "t"',
        code="42601",
    ),
    Case(
        fact="MERGE's ON takes equalities",
        source=_PAGE,
        sql=(*_TABLES, f"merge into target using source on target.id > source.id {_UPSERT}"),
        error="equalities joined by AND",
        code="0A000",
    ),
    Case(
        fact="MERGE cannot follow a WITH",
        source=_PAGE,
        sql=(
            *_TABLES,
            f"with s as (select 1) merge into target using source on target.id = source.id {_UPSERT}",
        ),
        error="syntax error",
        code="42601",
    ),
]
