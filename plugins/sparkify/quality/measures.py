"""How each kind of check is measured in a table's one scan, and which rows to show where it does not pass."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sparkify.quality.expectations import Expectation
from sparkify.quality.fragments import Fragment, Scope, compose, joined, where

# As many keys as a person looks at.
SAMPLES = 5


@dataclass
class Rows:
    """The rows that one statement reads: a table's, bounded, with the joins that its measures have asked for.

    What is joined stands in the statement's WITH, so that it is read once though it is asked for twice.

    :ivar table: the table's name; `checked` in the statement.
    :ivar key: the columns by which a person finds a row again.
    :ivar bounds: predicates on `checked`.
    :ivar moment: the TIMESTAMP column of `checked` by which a row is in the scope or not, or None.
    """

    table: str
    key: tuple[str, ...]
    scope: Scope
    bounds: Sequence[Fragment]
    moment: str | None = None
    joins: list[tuple[Fragment, str]] = field(default_factory=list)

    def join(self, other: Fragment, column: str) -> str:
        """Join keys to a column, so that no row is lost or doubled.

        :param other: a SELECT of distinct values named `match_key`.
        :return: the name of what is joined.
        """
        self.joins.append((other, column))
        return f"matched_{len(self.joins)}"

    def comparable(self, relation: str) -> list[Fragment]:
        """Return the predicates, beyond the bounds, that a row is to be compared with a table's."""
        if self.scope.against != relation or not self.moment:
            return []
        return self.scope.conditions(self.moment, "checked", windowed=False)

    def heading(self) -> Fragment:
        """WITH, to stand before the SELECT; to be asked for when all joins are made, as the source is."""
        named = [
            compose("matched_{number} as (\n{other}\n)", number=str(number), other=other)
            for number, (other, _) in enumerate(self.joins, 1)
        ]
        return compose("with {named}\n\n", named=joined(",\n\n", named)) if named else Fragment("")

    def source(self, *further: Fragment, joining: bool = True) -> Fragment:
        """FROM and WHERE, with further predicates.

        :param joining: whether the joins are wanted.
        """
        joins = (
            f"\nleft join matched_{number} on checked.{column} = matched_{number}.match_key"
            for number, (_, column) in enumerate(self.joins, 1)
        )
        return compose(
            "\nfrom {table} as checked{joins}{where}",
            table=self.table,
            joins="".join(joins) if joining else "",
            where=where([*self.bounds, *further]),
        )

    def sample(self, offending: Fragment) -> Fragment:
        """The SELECT of the first keys of rows for which a predicate holds."""
        keys = ", ".join(f"checked.{column}" for column in self.key)
        return compose(
            "{heading}select {keys}{source}\norder by {keys}\nlimit {limit}",
            heading=self.heading(),
            keys=keys,
            source=self.source(offending),
            limit=str(SAMPLES),
        )


class Measure(Protocol):
    """What a check counts or computes of a table's rows."""

    def expression(self, rows: Rows) -> Fragment:
        """The aggregate that measures it."""

    def samples(self, rows: Rows, expectation: Expectation) -> Fragment | None:
        """A SELECT of keys of rows that are not as expected; None where no row is to blame more than another."""


@dataclass(frozen=True)
class RowCount:
    """How many rows there are."""

    def expression(self, rows: Rows) -> Fragment:  # noqa: ARG002
        """Count."""
        return Fragment("count(*)")

    def samples(self, rows: Rows, expectation: Expectation) -> None:
        """No row is to blame."""


@dataclass(frozen=True)
class Comparable:
    """How many rows are to be compared with another table's, the others' runs being about to change that.

    :ivar relation: the other table.
    """

    relation: str

    def expression(self, rows: Rows) -> Fragment:
        """Count them."""
        left = joined(" and ", rows.comparable(self.relation))
        return compose("coalesce(sum(case when {left} then 1 else 0 end), 0)", left=left)

    def samples(self, rows: Rows, expectation: Expectation) -> None:
        """No row is to blame."""


@dataclass(frozen=True)
class Offending:
    """How many rows a predicate finds that should find none.

    :ivar predicate: over `checked`.
    """

    predicate: str

    def expression(self, rows: Rows) -> Fragment:  # noqa: ARG002
        """Count the rows that it finds."""
        return Fragment(f"coalesce(sum(case when {self.predicate} then 1 else 0 end), 0)")

    def samples(self, rows: Rows, expectation: Expectation) -> Fragment:  # noqa: ARG002
        """The rows that it finds."""
        return rows.sample(Fragment(self.predicate))


@dataclass(frozen=True)
class Distinct:
    """How many values a column has, or with `surplus` how many more rows have a value than there are values."""

    column: str
    surplus: bool

    def expression(self, rows: Rows) -> Fragment:  # noqa: ARG002
        """Count values. As an expression: Redshift trusts a declared primary key and may drop a DISTINCT on it."""
        values = f"count(distinct cast(checked.{self.column} as varchar(256)))"
        return Fragment(f"count(checked.{self.column}) - {values}" if self.surplus else values)

    def samples(self, rows: Rows, expectation: Expectation) -> Fragment | None:  # noqa: ARG002
        """The values that are there several times."""
        if not self.surplus:
            return None
        return compose(
            "select checked.{column}{source}\ngroup by checked.{column}\nhaving count(*) > 1\n"
            "order by checked.{column}\nlimit {limit}",
            column=self.column,
            source=rows.source(Fragment(f"checked.{self.column} is not null")),
            limit=str(SAMPLES),
        )


@dataclass(frozen=True)
class Extreme:
    """The least or greatest value of a column.

    :ivar function: `min` or `max`.
    """

    function: str
    column: str

    def expression(self, rows: Rows) -> Fragment:  # noqa: ARG002
        """The value; null where there is none."""
        return Fragment(f"{self.function}(checked.{self.column})")

    def samples(self, rows: Rows, expectation: Expectation) -> Fragment:
        """The rows whose value is not as expected of the extreme one."""
        return rows.sample(compose("not ({expected})", expected=expectation.predicate(f"checked.{self.column}")))


@dataclass(frozen=True)
class Other:
    """Where else a column's values are.

    A query bounds itself to the run's window. To bound it again would have a planner without statistics expect no row.

    :ivar relation: a table, or a query in parentheses with its alias.
    :ivar is_query: which of the two.
    :ivar column: their column there.
    :ivar window_column: the TIMESTAMP column there that bounds it to the scope.
    :ivar within: a query of all values that matter, so that not all of a large table is read.
    """

    relation: str
    is_query: bool
    column: str
    window_column: str | None = None
    within: str | None = None

    def keys(self, scope: Scope, same: Sequence[str] = ()) -> Fragment:
        """The SELECT of each value but null, once; by groups: Redshift may drop a DISTINCT on a primary key."""
        conditions: list[Fragment] = []
        if self.window_column:
            conditions += scope.compared_with(self.relation).conditions(self.window_column, windowed=not self.is_query)
        if self.within:
            conditions.append(Fragment(f"{self.column} in (\n{self.within}\n)"))
        return compose(
            "select {column} as match_key{same}\nfrom {relation}{where}\ngroup by {column}\nhaving count({column}) > 0",
            column=self.column,
            same="".join(f", min({name}) as same_{number}" for number, name in enumerate(same)),
            relation=self.relation,
            where=where(conditions),
        )


@dataclass(frozen=True)
class References:
    """How many rows have a value that is not among another table's."""

    column: str
    other: Other

    def expression(self, rows: Rows) -> Fragment:
        """Count the rows without a match."""
        return compose("coalesce(sum(case when {orphan} then 1 else 0 end), 0)", orphan=self._orphan(rows))

    def samples(self, rows: Rows, expectation: Expectation) -> Fragment:  # noqa: ARG002
        """The rows without a match."""
        return rows.sample(self._orphan(rows))

    def _orphan(self, rows: Rows) -> Fragment:
        alias = rows.join(self.other.keys(rows.scope), self.column)
        orphan = Fragment(f"checked.{self.column} is not null and {alias}.match_key is null")
        return joined(" and ", [orphan, *rows.comparable(self.other.relation)])


@dataclass(frozen=True)
class Reconciliation:
    """How many values are on one side only, or with other columns that differ.

    A value that is there several times counts once: uniqueness is another check.

    :ivar same: columns, named alike on both sides, that follow from the value.
    """

    column: str
    other: Other
    same: tuple[str, ...] = ()

    def expression(self, rows: Rows) -> Fragment:
        """Count rows without an equal partner, and partners without a row."""
        alias = rows.join(self.other.keys(rows.scope, self.same), self.column)
        compared = rows.comparable(self.other.relation)
        return compose(
            "coalesce(sum(case when {wrong} then 1 else 0 end), 0)\n"
            "    + (select count(*) from {alias})\n"
            "    - count(distinct case when {met} then checked.{column} end)",
            wrong=joined(" and ", [Fragment(self._wrong(alias)), *compared]),
            alias=alias,
            met=joined(" and ", [Fragment(f"{alias}.match_key is not null"), *compared]),
            column=self.column,
        )

    def samples(self, rows: Rows, expectation: Expectation) -> Fragment:  # noqa: ARG002
        """Values and how they are wrong: which side lacks them, or that both have them and differ."""
        alias = rows.join(self.other.keys(rows.scope, self.same), self.column)
        compared = rows.comparable(self.other.relation)
        return compose(
            "{heading}select found, sample\nfrom (\n"
            "select\n    cast(case when {alias}.match_key is null then 'unexpected' else 'differs' end as varchar(16))"
            " as found,\n"
            "    cast(checked.{column} as varchar(256)) as sample{surplus}\nunion all\nselect\n"
            "    cast('missing' as varchar(16)) as found,\n    cast({alias}.match_key as varchar(256)) as sample\n"
            "from {alias}\nleft join (\nselect checked.{column} as present_key{present}\n) as present"
            " on {alias}.match_key = present.present_key\nwhere present.present_key is null\n"
            ") as differences\norder by found, sample\nlimit {limit}",
            heading=rows.heading(),
            column=self.column,
            surplus=rows.source(Fragment(self._wrong(alias)), *compared),
            alias=alias,
            present=rows.source(*compared, joining=False),
            limit=str(SAMPLES),
        )

    def _wrong(self, alias: str) -> str:
        differs = (
            f" or case when checked.{name} = {alias}.same_{number}"
            f" or (checked.{name} is null and {alias}.same_{number} is null) then 0 else 1 end = 1"
            for number, name in enumerate(self.same)
        )
        return f"({alias}.match_key is null{''.join(differs)})"
