"""Users, groups and roles (r_CREATE_USER, r_ALTER_USER, r_CREATE_GROUP, r_ALTER_GROUP, r_CREATE_ROLE)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.redshift import logins
from local.redshift.dialect.cursor import Cursor
from local.redshift.dialect.names import literal, quote
from local.redshift.dialect.plan import Plan, block, errand
from local.redshift.dialect.settings import role_setting
from local.redshift.errors import RedshiftError, UnsupportedError

if TYPE_CHECKING:
    from local.redshift.session.frontdesk import FrontDesk

KINDS = ("user", "group", "role")
_MD5 = re.compile("md5([0-9a-fA-F]{32})")
# r_CREATE_USER, of passwords in clear text. What it says of single characters, its own examples do not keep to.
_NEEDED = (re.compile("[A-Z]"), re.compile("[a-z]"), re.compile("[0-9]"))
_PRINTABLE = re.compile("[!-~]{8,64}")


@dataclass(frozen=True)
class Login:
    """CREATE USER or ALTER USER, carried out by the front so that no password reaches PostgreSQL.

    :param user: the user's name. :param statements: what PostgreSQL runs. :param tag: the command tag.
    :param digest: the password's digest; None to leave it alone, '' to let the user have none.
    """

    user: str
    statements: tuple[str, ...]
    tag: str
    digest: str | None = field(default=None, repr=False)

    def run(self, desk: FrontDesk) -> str:
        """Make or change the user in the session's transaction."""
        statements = list(self.statements)
        if self.digest is not None:
            if self.user in desk.config.users:
                raise UnsupportedError(f"the password of {self.user} is set in the stand-in's configuration")
            token = literal(logins.keep_digest(desk.config, self.digest)) if self.digest else "null"
            statements.append(f"perform redshift_internal.keep_login({literal(self.user)}, {token})")
        desk.ask(block("; ".join(statements) + ";", self.tag).sql)
        return self.tag


@dataclass
class _Options:
    """What CREATE USER and ALTER USER say."""

    user: str
    digest: str | None = None
    statements: list[str] = field(default_factory=list)


def create_user(cursor: Cursor) -> Plan:
    """Plan a CREATE USER whose words up to USER are read."""
    options = _Options(_new_name(cursor))
    cursor.accept("with")
    while not cursor.done:
        _option(cursor, options)
    if options.digest is None:
        raise cursor.error()
    made = f"perform redshift_create_role('user', {literal(options.user)})"
    return errand(Login(options.user, (made, *options.statements), "CREATE USER", options.digest))


def alter_user(cursor: Cursor) -> Plan:
    """Plan an ALTER USER whose words up to USER are read."""
    user = cursor.name()
    options = _Options(user, statements=[_expected("user", user)])
    cursor.accept("with")
    if cursor.accept("rename", "to"):
        options.statements.append(f"alter role {quote(user)} rename to {quote(_new_name(cursor))}")
        # The digest has the name in it: like PostgreSQL, Redshift forgets an MD5 password that is renamed.
        cursor.finish()
        return errand(Login(user, (_forgotten(user), *options.statements), "ALTER USER"))
    if cursor.accept("set"):
        options.statements.append(f"alter role {quote(user)} set {role_setting(cursor)}")
    elif cursor.accept("reset"):
        options.statements.append(f"alter role {quote(user)} reset {quote(cursor.name())}")
    while not cursor.done:
        _option(cursor, options)
        cursor.accept_symbol(",")
    return errand(Login(user, tuple(options.statements), "ALTER USER", options.digest))


def _forgotten(user: str) -> str:
    return f"perform redshift_internal.keep_login({literal(user)}, null)"


def _option(cursor: Cursor, options: _Options) -> None:
    role = f"alter role {quote(options.user)}"
    if cursor.accept("password"):
        options.digest = _digest(cursor, options.user)
    elif cursor.accept("valid", "until"):
        options.statements.append(f"{role} valid until {literal(cursor.string())}")
    elif cursor.accept("connection", "limit"):
        limit = -1 if cursor.accept("unlimited") else cursor.number()
        options.statements.append(f"{role} connection limit {limit}")
    elif cursor.accept("in", "group"):
        options.statements += _joins(_names(cursor), [options.user])
    elif cursor.accept("nocreatedb") or cursor.accept("nocreateuser"):
        return
    elif cursor.accept("syslog", "access"):
        cursor.expect("restricted") if not cursor.accept("unrestricted") else _refuse("SYSLOG ACCESS UNRESTRICTED")
    elif cursor.accept("createdb"):
        _refuse("CREATEDB", "there is one database")
    elif cursor.accept("createuser"):
        _refuse("CREATEUSER", "the superusers are in its configuration")
    elif cursor.accept("session", "timeout"):
        _refuse("SESSION TIMEOUT")
    elif cursor.accept("externalid"):
        _refuse("EXTERNALID")
    else:
        raise cursor.error()


def _refuse(what: str, why: str = "") -> None:
    raise UnsupportedError(f"{what} is not supported{f': {why}' if why else ''}")


def _digest(cursor: Cursor, user: str) -> str:
    if cursor.accept("disable"):
        return ""
    given = cursor.string()
    if given.lower().startswith("sha256|"):
        raise UnsupportedError("SHA-256 passwords are not supported: the front asks for MD5")
    if match := _MD5.fullmatch(given):
        return match.group(1).lower()
    if not _PRINTABLE.fullmatch(given) or not all(needed.search(given) for needed in _NEEDED):
        said = "stand-in: a password has 8 to 64 printable characters: a capital, a small letter and a digit among them"
        raise RedshiftError(said, code="22023")
    return logins.digest(user, given)


def create_group(cursor: Cursor) -> Plan:
    """Plan a CREATE GROUP whose words up to GROUP are read."""
    group = _new_name(cursor)
    users: list[str] = []
    if not cursor.done:
        cursor.accept("with")
        cursor.expect("user")
        users = _names(cursor)
    cursor.finish()
    made = f"perform redshift_create_role('group', {literal(group)})"
    return _run([made, *_joins([group], users)], "CREATE GROUP")


def alter_group(cursor: Cursor) -> Plan:
    """Plan an ALTER GROUP whose words up to GROUP are read."""
    group = cursor.name()
    statements = [_expected("group", group)]
    if cursor.accept("add", "user"):
        statements += _joins([group], _names(cursor))
    elif cursor.accept("drop", "user"):
        users = _names(cursor)
        statements += [_expected("user", user) for user in users]
        statements.append(f"revoke {quote(group)} from {', '.join(map(quote, users))}")
    else:
        cursor.expect("rename", "to")
        statements.append(f"alter role {quote(group)} rename to {quote(_new_name(cursor))}")
    cursor.finish()
    return _run(statements, "ALTER GROUP")


def create_role(cursor: Cursor) -> Plan:
    """Plan a CREATE ROLE whose words up to ROLE are read."""
    role = _new_name(cursor)
    if cursor.accept("externalid"):
        _refuse("EXTERNALID")
    cursor.finish()
    return _run([f"perform redshift_create_role('role', {literal(role)})"], "CREATE ROLE")


def alter_role(cursor: Cursor) -> Plan:
    """Plan an ALTER ROLE whose words up to ROLE are read."""
    role = cursor.name()
    cursor.accept("with")
    if not cursor.accept("rename", "to"):
        raise UnsupportedError("this form of ALTER ROLE is not supported; RENAME TO is")
    statement = f"alter role {quote(role)} rename to {quote(_new_name(cursor))}"
    cursor.finish()
    return _run([_expected("role", role), statement], "ALTER ROLE")


def drop_role(cursor: Cursor, kind: str) -> Plan:
    """Plan a DROP USER, DROP GROUP or DROP ROLE whose words up to the kind are read."""
    guarded = kind == "user" and cursor.accept("if", "exists")
    names = _names(cursor) if kind == "user" else [cursor.name()]
    forces = kind == "role" and cursor.accept("force")
    if kind == "role" and not forces:
        cursor.accept("restrict")
    cursor.finish()
    how = f"{str(guarded).lower()}, {str(forces).lower()}"
    statements = [f"perform redshift_drop_role({literal(kind)}, {literal(name)}, {how})" for name in names]
    return _run(statements, f"DROP {kind.upper()}")


def _run(statements: list[str], tag: str) -> Plan:
    return block("; ".join(statements) + ";", tag)


def _expected(kind: str, name: str) -> str:
    return f"perform redshift_expect_role({literal(kind)}, {literal(name)})"


def _joins(groups: list[str], users: list[str]) -> list[str]:
    """Return the statements that put users into groups."""
    if not users:
        return []
    expected = [_expected("group", group) for group in groups] + [_expected("user", user) for user in users]
    return [*expected, f"grant {', '.join(map(quote, groups))} to {', '.join(map(quote, users))}"]


def _names(cursor: Cursor) -> list[str]:
    names = [cursor.name()]
    while cursor.accept_symbol(","):
        names.append(cursor.name())
    return names


def _new_name(cursor: Cursor) -> str:
    name = cursor.name()
    if name == "public" or name.startswith("pg_"):
        raise RedshiftError(f'role name "{name}" is reserved', code="42939")
    return name
