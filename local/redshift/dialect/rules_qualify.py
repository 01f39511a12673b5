"""QUALIFY, which PostgreSQL lacks: a query around the query (r_QUALIFY_clause in the Database Developer Guide).

The inner query computes the select list, the condition and the keys to order by; the outer one filters, then orders,
limits and removes duplicates, which come after QUALIFY. What `*` stands for is not known here, so a relation travels
as one composite value and is unfolded outside.
"""

from __future__ import annotations

from sqlglot import exp

from local.redshift.dialect.building import call
from local.redshift.errors import UnsupportedError

_OUTER = "redshift_qualified"
_KEEP = "redshift_keep"
# The clauses that come after QUALIFY, and the CTEs, which both queries see from the outer one.
_LATER = ("order", "limit", "offset", "distinct", "with_")


def qualify(tree: exp.Expr) -> exp.Expr:
    """Return the tree with every QUALIFY replaced; raises UnsupportedError where that cannot be done with certainty."""
    ctes = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    for query in list(tree.find_all(exp.Select)):
        if query.args.get("qualify") is None:
            continue
        outer = _Filter(query, ctes).rewritten()
        if query is tree:
            tree = outer
        else:
            query.replace(outer)
    return tree


class _Filter:
    """One SELECT with a QUALIFY on its way to two.

    :param query: the SELECT. :param ctes: the names of the statement's common table expressions.
    """

    def __init__(self, query: exp.Select, ctes: set[str]) -> None:
        self.query = query
        self.ctes = ctes
        self.inner: list[exp.Expr] = []
        self.outer: list[exp.Expr] = []

    def rewritten(self) -> exp.Select:
        """The outer query."""
        condition = self.query.args["qualify"].this.copy()
        self._substitute(condition)
        for item in self.query.expressions:
            self._project(item)
        inner = self.query.copy()
        later = {name: inner.args.get(name) for name in _LATER}
        for name in (*_LATER, "qualify"):
            inner.set(name, None)
        order = later["order"]
        if order is not None:
            for key in order.expressions:
                self._order(key)
        self.inner.append(exp.alias_(condition, _KEEP))
        inner.set("expressions", self.inner)
        source = exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier(_OUTER)))
        where = exp.Where(this=_column(_KEEP))
        outer = exp.Select(expressions=self.outer, from_=exp.From(this=source), where=where)
        for name, clause in later.items():
            if clause is not None:
                outer.set(name, clause)
        return outer

    def _substitute(self, condition: exp.Expr) -> None:
        """Put window functions in the place of the select list's names for them."""
        named = {item.alias.lower(): item.this for item in self.query.expressions if isinstance(item, exp.Alias)}
        for column in list(condition.find_all(exp.Column)):
            meant = named.get(column.name.lower())
            if meant is not None and not column.table and meant.find(exp.Window):
                column.replace(exp.Paren(this=meant.copy()))

    def _project(self, item: exp.Expr) -> None:
        if isinstance(item, exp.Star):
            for relation in self._relations():
                self._whole(relation)
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            name = item.table.lower()
            self._whole(next((r for r in self._relations() if r.alias_or_name.lower() == name), None))
        else:
            place = self._inside(item.this.copy() if isinstance(item, exp.Alias) else item.copy())
            self.outer.append(exp.alias_(_column(place), _name(item), quoted=True))

    def _whole(self, relation: exp.Expr | None) -> None:
        if relation is None or not relation.alias_or_name:
            raise UnsupportedError("SELECT * with QUALIFY from a relation without a name is not supported")
        name = relation.alias_or_name
        row: exp.Expr = exp.column(name)
        if isinstance(relation, exp.Table) and (relation.db or name.lower() not in self.ctes):
            # The brackets tell the row from a column of the relation's name; the type of a table's row is known.
            row = call("coalesce", exp.Column(this=exp.Star(), table=exp.to_identifier(name)))
        place = self._inside(row)
        self.outer.append(exp.Dot(this=exp.Paren(this=_column(place)), expression=exp.Star()))

    def _relations(self) -> list[exp.Expr]:
        source = self.query.args.get("from_")
        joins = self.query.args.get("joins") or []
        if any(join.args.get("using") or join.args.get("method") for join in joins):
            raise UnsupportedError("SELECT * with QUALIFY and JOIN … USING is not supported; name the columns")
        return [source.this, *(join.this for join in joins)] if source else []

    def _order(self, key: exp.Ordered) -> None:
        names = {_name(item) for item in self.query.expressions if not item.is_star}
        value = key.this
        if isinstance(value, exp.Literal) or (
            isinstance(value, exp.Column) and not value.table and value.name.lower() in names
        ):
            return
        key.set("this", _column(self._inside(value.copy())))

    def _inside(self, value: exp.Expr) -> str:
        """Have the inner query compute a value, and return its name."""
        name = f"redshift_{len(self.inner)}"
        self.inner.append(exp.alias_(value, name))
        return name


def _column(name: str) -> exp.Column:
    return exp.column(name, table=_OUTER)


def _name(item: exp.Expr) -> str:
    """Return a result column's name."""
    while isinstance(item, exp.Cast | exp.Paren | exp.Window | exp.WithinGroup):
        item = item.this
    if isinstance(item, exp.Alias | exp.Column):
        return item.alias_or_name.lower()
    if isinstance(item, exp.Anonymous):
        return str(item.this).lower()
    return "case" if isinstance(item, exp.Case) else "?column?"
