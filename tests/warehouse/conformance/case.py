"""A fact about Redshift, and how the stand-in is asked for it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import ModuleType

from tests.warehouse.conformance import areas


class Status(StrEnum):
    """How the stand-in stands to a fact."""

    SUPPORTED = "supported"
    REFUSED = "refused"
    DIFFERS = "differs"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fact, as SQL whose last statement shows it.

    :param fact: what Redshift does, as a sentence; unique among all areas.
    :param source: where that is known from: a page of the Database Developer Guide by its file name
        (`r_DATEDIFF_function`), or `observed` for a public transcript of a real cluster.
    :param sql: the statements, run in order by one session in a schema of the case's own, each in a transaction of its
        own unless one of them begins a block. `{bucket}` and `{role}` stand for the case's bucket and a role that may
        read it.
    :param rows: what the last statement returns, in order. :param error: a part of the message that it ends with.
    :param code: that error's SQLSTATE. :param detail: a part of its detail.
    :param refused: Redshift takes the statement and the stand-in says that it does not.
    :param differs: what the stand-in does otherwise than Redshift, where `rows` or `error` show the stand-in's way.
    :param files: objects to put in the bucket first, by key.
    """

    fact: str
    source: str
    sql: str | tuple[str, ...]
    rows: list[tuple[object, ...]] | None = None
    error: str | None = None
    code: str = ""
    detail: str = ""
    refused: bool = False
    differs: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.rows is None) == (self.error is None):
            raise ValueError(f"{self.fact}: either rows or an error show a fact")
        if self.refused and (self.error is None or self.differs):
            raise ValueError(f"{self.fact}: a refusal is an error, and nothing else differs")

    @property
    def status(self) -> Status:
        """Whether the fact holds for the stand-in."""
        if self.refused:
            return Status.REFUSED
        return Status.DIFFERS if self.differs else Status.SUPPORTED

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements in order."""
        return (self.sql,) if isinstance(self.sql, str) else self.sql


@dataclass(frozen=True)
class Area:
    """The facts of one subject. :param title: the heading. :param cases: its facts, in the order they are told."""

    title: str
    cases: tuple[Case, ...]


def all_areas() -> list[Area]:
    """Every area, by its module's name. Raises ValueError if two cases state the same fact."""
    found = [_area(importlib.import_module(f"{areas.__name__}.{name}")) for name in _names()]
    facts = [case.fact for area in found for case in area.cases]
    if repeated := {fact for fact in facts if facts.count(fact) > 1}:
        raise ValueError(f"stated twice: {sorted(repeated)}")
    return found


def _names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(areas.__path__))


def _area(module: ModuleType) -> Area:
    return Area((module.__doc__ or module.__name__).strip().splitlines()[0].rstrip("."), tuple(module.CASES))
