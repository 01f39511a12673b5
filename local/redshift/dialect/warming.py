"""Statements planned before the first client comes, so that no session pays for what is made at first use.

The grammar builds tables and compiles patterns when it first meets a construct. A forked session inherits what its
parent has met, and would otherwise make it again for itself: a tenth of what a short session costs.
"""

from __future__ import annotations

from local.redshift.dialect.statements import plans

_ONE_OF_EACH = (
    "begin",
    "commit",
    "rollback",
    "set timezone to 'UTC'",
    "lock table a.b",
    "create temp table c (like a.b)",
    "drop table if exists a.b",
    "select set_config('timezone', $1, false), pg_backend_pid(), getdate()",
    "select max(a), count(*), count(distinct b), sum(case when c is null then 1 else 0 end) from t where d >= $1",
    "select t.a, coalesce(t.b, s.b), x.n from t left join s on t.a = s.a, (select 1 as n) as x"
    " where t.d between $1 and $2 and t.a in (select a from u) and not exists (select 1 from v where v.a = t.a)"
    " group by 1, 2, 3 having count(*) > 1 order by 1 limit 5",
    "with w as (select a, row_number() over (partition by a order by b desc, c) as n from t)"
    " select a from w where n = 1",
    "insert into t (a, b) select a, extract(hour from d)::int from s where d >= $1 and d < $2",
    "insert into t (a, b) values ($1, $2), ($3, $4)",
    "update t set a = s.a from (select a, k from u) as s where s.k = t.k and (t.a <> s.a or t.a is null)",
    "delete from t where d >= $1 and d < $2",
)


def warm() -> None:
    """Plan one statement of each kind. Idempotent."""
    for statement in _ONE_OF_EACH:
        plans(statement)
