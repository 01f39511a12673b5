"""The page's statements: the files of `sql/page`, and how values come into them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sparkify.page.problems import explain
from sparkify.session import Session
from sparkify.sql_files import sql_folder

# The form that the other SQL files have, too, so that the linter can fill it in.
_PLACE = re.compile(r"'\{\{ (\w+) \}\}'")


@dataclass(frozen=True)
class Statement:
    """A statement with `%s` for its values.

    :ivar names: of the values, in the order of their places.
    """

    text: str
    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Statement":
        """Put `%s` where the text has a quoted `{{ name }}`: what is filled in is a parameter and never text."""
        return cls(_PLACE.sub("%s", text), tuple(_PLACE.findall(text)))

    def fetch(self, session: Session, **values: Any) -> list[tuple[Any, ...]]:
        """Run it with the values and return its rows.

        :raises KeyError: if a value is missing.
        """
        named: Mapping[str, Any] = values
        return session.fetch(self.text, tuple(named[name] for name in self.names))


@cache
def statement(name: str) -> Statement:
    """Return the statement of `sql/page/<name>.sql`.

    :raises PageProblem: if the deployment has not taken the files along.
    """
    try:
        return Statement.parse((sql_folder() / "page" / f"{name}.sql").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise explain(error) from None
