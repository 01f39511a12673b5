"""ALTER TABLE.

One change a statement, with the few combinations that the manual has.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

_ALTER = "r_ALTER_TABLE"
_APPEND = "r_ALTER_TABLE_APPEND"
_TABLE = "create table t (a int distkey sortkey, b varchar(3), c int)"
_SHOW = 'select "column", encoding, distkey, sortkey from pg_table_def where tablename = \'t\' order by "column"'
_PAIR = (
    "create table t (a int, b varchar(3))",
    "create table s (b varchar(3), a int)",
    "insert into s values ('x', 1), ('y', 2)",
)

CASES = [
    Case(
        fact="ALTER TABLE adds a column with its default and encoding",
        source=_ALTER,
        sql=(
            _TABLE,
            "insert into t values (1, 'x', 2)",
            "alter table t add column d varchar(5) default 'new' encode zstd not null",
            "select d from t",
        ),
        rows=[("new",)],
    ),
    Case(
        fact="ALTER TABLE adds one column a statement",
        source=_ALTER,
        sql=(_TABLE, "alter table t add column d int, e int"),
        error="adds one column at a time",
        code="0A000",
    ),
    Case(
        fact="A column that is added NOT NULL needs a default",
        source="observed",
        sql=(_TABLE, "alter table t add column d int not null"),
        error="ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression",
        code="0A000",
    ),
    Case(
        fact="A column that is added cannot be an IDENTITY or a key",
        source=_ALTER,
        sql=(_TABLE, "alter table t add column d int identity(1, 1)"),
        error="takes no key and no IDENTITY",
        code="0A000",
    ),
    Case(
        fact="ALTER TABLE drops a column",
        source=_ALTER,
        sql=(_TABLE, "alter table t drop column c", _SHOW),
        rows=[("a", "none", True, 1), ("b", "none", False, 0)],
    ),
    Case(
        fact="A distribution or sort key column cannot be dropped",
        source=_ALTER,
        sql=(_TABLE, "alter table t drop column a"),
        error="is in the distribution or sort key",
        code="0A000",
    ),
    Case(
        fact="A table's last column cannot be dropped",
        source=_ALTER,
        sql=("create table t (a int)", "alter table t drop column a"),
        error="last column",
        code="0A000",
    ),
    Case(
        fact="A column of a key is dropped with CASCADE only",
        source=_ALTER,
        sql=("create table t (a int, b int unique)", "alter table t drop column b"),
        error="other objects depend on it",
        code="2BP01",
    ),
    Case(
        fact="A renamed column stays distribution and sort key",
        source=_ALTER,
        sql=(_TABLE, "alter table t rename column a to z", _SHOW),
        rows=[("b", "none", False, 0), ("c", "none", False, 0), ("z", "none", True, 1)],
    ),
    Case(
        fact="ALTER TABLE … RENAME TO renames a table or a view",
        source=_ALTER,
        sql=(
            _TABLE,
            "create view v as select c from t",
            "alter table t rename to u",
            "alter table v rename to w",
            "select c from w",
        ),
        rows=[],
    ),
    Case(
        fact="A permanent table cannot be renamed to a name with #",
        source=_ALTER,
        sql=(_TABLE, "alter table t rename to #t"),
        error="cannot be renamed",
        code="42602",
    ),
    Case(
        fact="Distribution key and sort key can change in one statement",
        source=_ALTER,
        sql=(_TABLE, "alter table t alter distkey c, alter compound sortkey (b, c)", _SHOW),
        rows=[("a", "none", False, 0), ("b", "none", False, 1), ("c", "none", True, 2)],
    ),
    Case(
        fact="ALTER DISTSTYLE and ALTER SORTKEY NONE take the keys away",
        source=_ALTER,
        sql=(_TABLE, "alter table t alter diststyle even, alter sortkey none", _SHOW),
        rows=[("a", "none", False, 0), ("b", "none", False, 0), ("c", "none", False, 0)],
    ),
    Case(
        fact="ALTER SORTKEY AUTO keeps the sort key that a table has",
        source=_ALTER,
        sql=(_TABLE, "alter table t alter sortkey auto", _SHOW),
        rows=[("a", "none", True, 1), ("b", "none", False, 0), ("c", "none", False, 0)],
    ),
    Case(
        fact="The distribution of a table with an interleaved sort key stays",
        source=_ALTER,
        sql=("create table t (a int, b int) interleaved sortkey(a, b)", "alter table t alter distkey a"),
        error="interleaved sort key",
        code="0A000",
    ),
    Case(
        fact="ALTER COLUMN … ENCODE changes several encodings in one statement",
        source=_ALTER,
        sql=(_TABLE, "alter table t alter column b encode lzo, alter column c encode zstd", _SHOW),
        rows=[("a", "none", True, 1), ("b", "lzo", False, 0), ("c", "zstd", False, 0)],
    ),
    Case(
        fact="ALTER COLUMN … ENCODE refuses the encoding that the column has",
        source=_ALTER,
        sql=("create table t (a int encode zstd)", "alter table t alter column a encode zstd"),
        error="has the encoding zstd already",
        code="0A000",
    ),
    Case(
        fact="ALTER COLUMN … TYPE changes a VARCHAR's size",
        source=_ALTER,
        sql=(
            _TABLE,
            "alter table t alter column b type varchar(6)",
            "insert into t (b) values ('éée')",
            "select b from t",
        ),
        rows=[("éée",)],
    ),
    Case(
        fact="ALTER COLUMN … TYPE does not go below what the column holds",
        source=_ALTER,
        sql=(_TABLE, "insert into t (b) values ('abc')", "alter table t alter column b type varchar(2)"),
        error="holds values of 3 bytes",
        code="0A000",
    ),
    Case(
        fact="ALTER COLUMN … TYPE changes a VARCHAR's size and nothing else",
        source=_ALTER,
        sql=(_TABLE, "alter table t alter column c type bigint"),
        error="only the size of a VARCHAR column can be altered",
        code="0A000",
    ),
    Case(
        fact="ALTER COLUMN … TYPE does not run in a transaction block",
        source="observed",
        sql=(_TABLE, "begin", "alter table t alter column b type varchar(9)"),
        error="ALTER TABLE ALTER COLUMN cannot run inside a transaction block",
        code="25001",
    ),
    Case(
        fact="A column with a default keeps its size",
        source=_ALTER,
        sql=("create table t (a varchar(3) default 'x')", "alter table t alter column a type varchar(9)"),
        error="a column with a default cannot be altered",
        code="0A000",
    ),
    Case(
        fact="Keys are added and dropped by name, and not enforced",
        source=_ALTER,
        sql=(
            "create table t (a int not null)",
            "alter table t add constraint the_key primary key (a)",
            "insert into t values (1), (1)",
            "alter table t drop constraint the_key",
            "select count(*) from t",
        ),
        rows=[(2,)],
    ),
    Case(
        fact="A primary key is not added over a column that may be NULL",
        source=_ALTER,
        sql=(_TABLE, "alter table t add primary key (a)"),
        error="may be NULL",
        code="0A000",
    ),
    Case(
        fact="ALTER TABLE APPEND moves the rows and leaves the source empty, whatever the columns' order",
        source=_APPEND,
        sql=(*_PAIR, "alter table t append from s", "select (select count(*) from t), (select count(*) from s)"),
        rows=[(2, 0)],
    ),
    Case(
        fact="ALTER TABLE APPEND does not run in a transaction block",
        source=_APPEND,
        sql=(*_PAIR, "begin", "alter table t append from s"),
        error="cannot run inside a transaction block",
        code="25001",
    ),
    Case(
        fact="ALTER TABLE APPEND … IGNOREEXTRA leaves out what only the source has",
        source=_APPEND,
        sql=(
            *_PAIR,
            "alter table s add column extra int",
            "alter table t append from s ignoreextra",
            "select a, b from t order by a",
        ),
        rows=[(1, "x"), (2, "y")],
    ),
    Case(
        fact="ALTER TABLE APPEND … FILLTARGET fills what only the target has with its default",
        source=_APPEND,
        sql=(
            *_PAIR,
            "alter table t add column extra int default 5",
            "alter table t append from s filltarget",
            "select a, extra from t order by a",
        ),
        rows=[(1, 5), (2, 5)],
    ),
    Case(
        fact="ALTER TABLE APPEND fails over a column that only one table has",
        source=_APPEND,
        sql=(*_PAIR, "alter table s add column extra int", "alter table t append from s"),
        error="columns differ",
        code="0A000",
    ),
    Case(
        fact="ALTER TABLE APPEND fails over a column of another size",
        source=_APPEND,
        sql=(
            "create table t (a varchar(3))",
            "create table s (a varchar(4))",
            "alter table t append from s",
        ),
        error="is not the same in both tables",
        code="0A000",
    ),
    Case(
        fact="ALTER TABLE APPEND takes tables of one distribution",
        source=_APPEND,
        sql=("create table t (a int) diststyle all", "create table s (a int)", "alter table t append from s"),
        error="one distribution and sort key",
        code="0A000",
    ),
    Case(
        fact="ALTER TABLE APPEND takes permanent tables",
        source=_APPEND,
        sql=("create table t (a int)", "create temp table s (a int)", "alter table t append from s"),
        error="two permanent tables",
        code="0A000",
    ),
    Case(
        fact="ALTER COLUMN SET or DROP DEFAULT does not exist",
        source="observed",
        sql=(_TABLE, "alter table t alter column c drop default"),
        error="ALTER COLUMN SET/DROP DEFAULT is not supported",
        code="0A000",
    ),
]
