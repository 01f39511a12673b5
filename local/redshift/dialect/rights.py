"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES (r_GRANT, r_REVOKE, r_ALTER_DEFAULT_PRIVILEGES)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from local.redshift.dialect.cursor import Cursor, sql_name
from local.redshift.dialect.names import literal, quote, words
from local.redshift.dialect.plan import Plan, block
from local.redshift.errors import RedshiftError, UnsupportedError

# What may be given on each kind of object; ALL is all of them.
_PRIVILEGES = {
    "table": ("select", "insert", "update", "delete", "references", "truncate"),
    "schema": ("create", "usage"),
    "database": ("create", "temporary"),
}
_NOT_HERE = words("drop alter share execute assumerole explain ignore create usage")
# What follows the first word of a right on the system, as in CREATE USER; VACUUM and their like are followed by TO.
_SYSTEM_RIGHTS = words("user schema table or role default model datashare library view rls to from")
_OBJECTS = words("function procedure language model datashare external copy library rls masking job integration all")


@dataclass(frozen=True)
class _Grantee:
    """Who gets a right. :param sql: its name in PostgreSQL's statement. :param kind: user, group, role or public."""

    sql: str
    kind: str
    name: str = ""
    with_option: bool = False

    @property
    def expected(self) -> str:
        """The check that it exists and is of its kind."""
        return f"perform redshift_expect_role({literal(self.kind)}, {literal(self.name)});" if self.name else ""


def grant(cursor: Cursor) -> Plan:
    """Plan a GRANT whose first word is read."""
    if cursor.accept("role"):
        return _grant_roles(cursor)
    privileges = _privileges(cursor)
    _expect_on(cursor)
    given = _given(privileges, *_objects(cursor))
    cursor.expect("to")
    grantees = _grantees(cursor, options=True)
    cursor.finish()
    return _each(grantees, lambda one: f"grant {given} to {one.sql}{_option(one)};", "GRANT")


def revoke(cursor: Cursor) -> Plan:
    """Plan a REVOKE whose first word is read."""
    if cursor.accept("role"):
        return _revoke_roles(cursor)
    only_option = "grant option for " if cursor.accept("grant", "option", "for") else ""
    privileges = _privileges(cursor)
    _expect_on(cursor)
    given = _given(privileges, *_objects(cursor))
    cursor.expect("from")
    grantees = _grantees(cursor, options=False)
    behaviour = _behaviour(cursor)
    return _each(grantees, lambda one: f"revoke {only_option}{given} from {one.sql}{behaviour};", "REVOKE")


def default_privileges(cursor: Cursor) -> Plan:
    """Plan an ALTER DEFAULT PRIVILEGES whose words up to PRIVILEGES are read."""
    scope, expected = "", ""
    if cursor.accept("for", "user"):
        users = _names(cursor)
        expected = "".join(_Grantee(quote(user), "user", user).expected for user in users)
        scope += f" for role {', '.join(map(quote, users))}"
    if cursor.accept("in", "schema"):
        scope += f" in schema {', '.join(map(quote, _names(cursor)))}"
    gives = cursor.accept("grant")
    only_option = ""
    if not gives:
        cursor.expect("revoke")
        only_option = "grant option for " if cursor.accept("grant", "option", "for") else ""
    privileges = _privileges(cursor)
    cursor.expect("on")
    if not cursor.accept("tables"):
        raise UnsupportedError(f"default privileges on {cursor.word().upper()} are not supported")
    listed = _listed(privileges, "table")
    cursor.expect("to" if gives else "from")
    grantees = _grantees(cursor, options=gives)
    behaviour = "" if gives else _behaviour(cursor)
    cursor.finish()
    head = f"alter default privileges{scope}"

    def statement(one: _Grantee) -> str:
        if gives:
            return f"{expected}{head} grant {listed} on tables to {one.sql}{_option(one)};"
        return f"{expected}{head} revoke {only_option}{listed} on tables from {one.sql}{behaviour};"

    return _each(grantees, statement, "ALTER DEFAULT PRIVILEGES")


def _grant_roles(cursor: Cursor) -> Plan:
    roles = _roles(cursor)
    cursor.expect("to")
    grantees = []
    while True:
        grantee = _grantee(cursor, option=("with", "admin", "option"))
        if grantee.kind not in ("user", "role"):
            raise RedshiftError("stand-in: a role is granted to users and roles", code="42601")
        grantees.append(grantee)
        if not cursor.accept_symbol(","):
            break
    cursor.finish()
    expected = "".join(_Grantee(quote(role), "role", role).expected for role in roles)
    listed = ", ".join(map(quote, roles))

    def statement(one: _Grantee) -> str:
        return f"{expected}grant {listed} to {one.sql}{' with admin option' if one.with_option else ''};"

    return _each(grantees, statement, "GRANT")


def _revoke_roles(cursor: Cursor) -> Plan:
    roles = _roles(cursor)
    cursor.expect("from")
    grantees = _grantees(cursor, options=False)
    cursor.finish()
    expected = "".join(_Grantee(quote(role), "role", role).expected for role in roles)
    listed = ", ".join(map(quote, roles))
    return _each(grantees, lambda one: f"{expected}revoke {listed} from {one.sql};", "REVOKE")


def _roles(cursor: Cursor) -> list[str]:
    roles = [cursor.name()]
    while cursor.accept_symbol(","):
        cursor.expect("role")
        roles.append(cursor.name())
    return roles


def _privileges(cursor: Cursor) -> list[tuple[str, list[str]]]:
    """Take privileges, each with the columns that it is limited to."""
    if cursor.accept("all"):
        cursor.accept("privileges")
        return [("all", _columns(cursor))]
    found = []
    while True:
        word = cursor.word()
        found.append(("temporary" if word == "temp" else word, _columns(cursor)))
        if not cursor.accept_symbol(","):
            return found


def _expect_on(cursor: Cursor) -> None:
    if (token := cursor.peek()) is not None and token.word(*_SYSTEM_RIGHTS):
        raise UnsupportedError("rights on the system are not supported")
    cursor.expect("on")


def _columns(cursor: Cursor) -> list[str]:
    token = cursor.peek()
    return cursor.names() if token is not None and token.symbol("(") else []


def _objects(cursor: Cursor) -> tuple[str, str]:
    """Take what a right is on: its kind, and PostgreSQL's words for it."""
    if cursor.accept("all", "tables", "in", "schema"):
        return "table", f"all tables in schema {', '.join(map(quote, _names(cursor)))}"
    for kind in ("schema", "database"):
        if cursor.accept(kind):
            return kind, f"{kind} {', '.join(map(quote, _names(cursor)))}"
    if not cursor.accept("table") and (token := cursor.peek()) is not None and token.word(*_OBJECTS):
        raise UnsupportedError(f"rights on {token.value.upper()} are not supported")
    names = [sql_name(cursor.qualified())]
    while cursor.accept_symbol(","):
        names.append(sql_name(cursor.qualified()))
    return "table", f"table {', '.join(names)}"


def _given(privileges: list[tuple[str, list[str]]], kind: str, objects: str) -> str:
    return f"{_listed(privileges, kind)} on {objects}"


def _listed(privileges: list[tuple[str, list[str]]], kind: str) -> str:
    """Return privileges as PostgreSQL lists them; ALL is what can be given on this kind."""
    listed = []
    for privilege, columns in privileges:
        names = _PRIVILEGES[kind] if privilege == "all" else (privilege,)
        if columns and privilege == "all":
            names = ("select", "update")
        for name in names:
            if name not in _PRIVILEGES[kind]:
                if name in _NOT_HERE:
                    raise UnsupportedError(f"the right to {name.upper()} a {kind} is not supported")
                raise RedshiftError(f"invalid privilege type {name.upper()} for {kind}", code="0LP01")
            if columns and name not in ("select", "update"):
                raise RedshiftError(f"invalid privilege type {name.upper()} for column", code="0LP01")
            listed.append(f"{name} ({', '.join(map(quote, columns))})" if columns else name)
    return ", ".join(listed)


def _grantees(cursor: Cursor, *, options: bool) -> list[_Grantee]:
    found = [_grantee(cursor, option=("with", "grant", "option") if options else ())]
    while cursor.accept_symbol(","):
        found.append(_grantee(cursor, option=("with", "grant", "option") if options else ()))
    return found


def _grantee(cursor: Cursor, *, option: tuple[str, ...]) -> _Grantee:
    if cursor.accept("public"):
        return _Grantee("public", "public")
    kind = next((kind for kind in ("group", "role") if cursor.accept(kind)), "user")
    name = cursor.name()
    with_option = bool(option) and cursor.accept(*option)
    if with_option and kind != "user":
        raise RedshiftError(f"stand-in: WITH {option[1].upper()} OPTION is for users only", code="0LP01")
    return _Grantee(quote(name), kind, name, with_option)


def _option(grantee: _Grantee) -> str:
    return " with grant option" if grantee.with_option else ""


def _behaviour(cursor: Cursor) -> str:
    behaviour = " cascade" if cursor.accept("cascade") else ""
    cursor.accept("restrict")
    cursor.finish()
    return behaviour


def _names(cursor: Cursor) -> list[str]:
    names = [cursor.name()]
    while cursor.accept_symbol(","):
        names.append(cursor.name())
    return names


def _each(grantees: list[_Grantee], statement: Callable[[_Grantee], str], tag: str) -> Plan:
    return block("".join(one.expected + statement(one) for one in grantees), tag)
