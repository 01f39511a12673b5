"""Users, groups and rights.

A right is PostgreSQL's own, so that a statement without it fails; a user that SQL made can log in.
"""

from __future__ import annotations

from tests.warehouse.conformance.case import Case

_GRANT = "r_GRANT"
_USER = "r_CREATE_USER"
# Roles outlive a schema, so each case makes its own in a transaction that is never committed.
_USERS = ("begin", "create user reader password 'Reader123'", "create user writer password 'Writer123'")
_TABLE = (*_USERS, "create table t (a int, b int)")
_MAY = (
    "select has_table_privilege('reader', 't', 'select'), has_table_privilege('reader', 't', 'insert'), "
    "has_table_privilege('writer', 't', 'select')"
)

CASES = [
    Case(
        fact="GRANT gives single rights on a table, REVOKE takes them",
        source=_GRANT,
        sql=(*_TABLE, "grant select, insert on table t to reader, writer", "revoke insert on t from reader", _MAY),
        rows=[(True, False, True)],
    ),
    Case(
        fact="GRANT ALL gives every right on a table but those to drop and to alter it",
        source=_GRANT,
        sql=(*_TABLE, "grant all privileges on t to reader", _MAY),
        rows=[(True, True, False)],
        differs="on Redshift it gives these two as well",
    ),
    Case(
        fact="GRANT … ON ALL TABLES IN SCHEMA gives them on the tables that there are",
        source=_GRANT,
        sql=(
            *_USERS,
            "create schema granted",
            "create table granted.t (a int)",
            "grant select on all tables in schema granted to reader",
            "create table granted.u (a int)",
            "select has_table_privilege('reader', 'granted.t', 'select'), "
            "has_table_privilege('reader', 'granted.u', 'select')",
        ),
        rows=[(True, False)],
    ),
    Case(
        fact="GRANT … ON SCHEMA and ON DATABASE give the right to create in them",
        source=_GRANT,
        sql=(
            *_USERS,
            "create schema granted",
            "grant create, usage on schema granted to reader",
            "grant create, temp on database dev to reader",
            "select has_schema_privilege('reader', 'granted', 'create'), "
            "has_schema_privilege('writer', 'granted', 'usage'), has_database_privilege('reader', 'dev', 'create'), "
            "has_database_privilege('writer', 'dev', 'create')",
        ),
        rows=[(True, False, True, False)],
    ),
    Case(
        fact="Everybody may create in the schema public, until that is revoked",
        source=_GRANT,
        sql=(
            *_USERS,
            "select has_schema_privilege('reader', 'public', 'create'), "
            "has_schema_privilege('reader', 'public', 'usage')",
        ),
        rows=[(True, True)],
    ),
    Case(
        fact="GRANT … TO GROUP gives a right to the users of a group",
        source=_GRANT,
        sql=(*_TABLE, "create group readers with user reader", "grant select on t to group readers", _MAY),
        rows=[(True, False, False)],
    ),
    Case(
        fact="ALTER GROUP adds and drops users, and renames the group",
        source="r_ALTER_GROUP",
        sql=(
            *_TABLE,
            "create group readers with user reader",
            "grant select on t to group readers",
            "alter group readers add user writer",
            "alter group readers drop user reader",
            "alter group readers rename to writers",
            _MAY,
        ),
        rows=[(False, False, True)],
    ),
    Case(
        fact="pg_group lists groups, and not roles",
        source="r_CREATE_GROUP",
        sql=(
            *_USERS,
            "create group some_group",
            "create role some_role",
            "select groname from pg_group where groname like 'some%'",
        ),
        rows=[("some_group",)],
    ),
    Case(
        fact="GRANT names users, groups and roles apart",
        source=_GRANT,
        sql=(*_TABLE, "grant select on t to group reader"),
        error='group "reader" does not exist',
        code="42704",
    ),
    Case(
        fact="GRANT can give a right on single columns",
        source=_GRANT,
        sql=(
            *_TABLE,
            "grant select (a), update (b) on t to reader",
            "select has_column_privilege('reader', 't', 'a', 'select'), "
            "has_column_privilege('reader', 't', 'b', 'select')",
        ),
        rows=[(True, False)],
    ),
    Case(
        fact="WITH GRANT OPTION is for users, not for groups",
        source=_GRANT,
        sql=("create table t (a int)", "grant select on t to group anybody with grant option"),
        error="OPTION is for users only",
        code="0LP01",
    ),
    Case(
        fact="ALTER DEFAULT PRIVILEGES gives rights on tables that will be",
        source="r_ALTER_DEFAULT_PRIVILEGES",
        sql=(
            *_USERS,
            "create group readers with user reader",
            "alter default privileges grant select on tables to group readers",
            "create table t (a int, b int)",
            _MAY,
        ),
        rows=[(True, False, False)],
    ),
    Case(
        fact="A role is granted to users and other roles, and gives them its rights",
        source="r_CREATE_ROLE",
        sql=(
            *_TABLE,
            "create role inner_role",
            "create role outer_role",
            "grant select on t to role inner_role",
            "grant role inner_role to role outer_role",
            "grant role outer_role to reader",
            _MAY,
        ),
        rows=[(True, False, False)],
    ),
    Case(
        fact="A role that somebody has is dropped with FORCE only",
        source="r_DROP_ROLE",
        sql=(*_USERS, "create role held", "grant role held to reader", "drop role held"),
        error="cannot drop this role since it has been granted on a user",
        code="2BP01",
    ),
    Case(
        fact="DROP ROLE … FORCE takes a role from those who have it",
        source="r_DROP_ROLE",
        sql=(*_USERS, "create role held", "grant role held to reader", "drop role held force", "select 1"),
        rows=[(1,)],
    ),
    Case(
        fact="A user who owns something cannot be dropped",
        source="r_DROP_USER",
        sql=(*_USERS, "create schema authorization reader", "drop user reader"),
        error='user "reader" can\'t be dropped because the user owns some object',
        code="55006",
    ),
    Case(
        fact="A user who has a right cannot be dropped",
        source="r_DROP_USER",
        sql=(*_TABLE, "grant select on t to reader", "drop user reader"),
        error='user "reader" can\'t be dropped because the user has a privilege on some object',
        code="55006",
    ),
    Case(
        fact="A group that has a right cannot be dropped",
        source="r_DROP_GROUP",
        sql=(*_TABLE, "create group readers", "grant select on t to group readers", "drop group readers"),
        error='group "readers" can\'t be dropped because the group has a privilege on some object',
        code="55006",
    ),
    Case(
        fact="A password in clear text has 8 to 64 characters, with a capital, a small letter and a digit",
        source=_USER,
        sql="create user careless password 'abc'",
        error="a password has 8 to 64 printable characters",
        code="22023",
    ),
    Case(
        fact="CREATE USER rolls back with its transaction",
        source=_USER,
        sql=(
            "begin",
            "create user fleeting password 'Fleeting1'",
            "rollback",
            "select count(*) from pg_user where usename = 'fleeting'",
        ),
        rows=[(0,)],
    ),
    Case(
        fact="DROP USER IF EXISTS passes over who is not there",
        source="r_DROP_USER",
        sql=("drop user if exists nobody_at_all", "select 1"),
        rows=[(1,)],
    ),
    Case(
        fact="CREATE USER … CREATEUSER makes a superuser",
        source=_USER,
        sql="create user mighty password 'Mighty123' createuser",
        error="CREATEUSER is not supported",
        refused=True,
    ),
    Case(
        fact="A password can be given as its SHA-256",
        source=_USER,
        sql="create user hashed password 'sha256|Mypassword1'",
        error="SHA-256 passwords are not supported",
        refused=True,
    ),
    Case(
        fact="The rights to drop and to alter a table can be granted",
        source=_GRANT,
        sql=("create table t (a int)", "grant drop on t to public"),
        error="the right to DROP a table is not supported",
        refused=True,
    ),
    Case(
        fact="GRANT ASSUMEROLE limits which IAM roles a user's COPY may use",
        source=_GRANT,
        sql="grant assumerole on all to public for copy",
        error="rights on ALL are not supported",
        refused=True,
    ),
    Case(
        fact="System rights can be granted to roles",
        source=_GRANT,
        sql="grant create user to role somebody",
        error="rights on the system are not supported",
        refused=True,
    ),
]
