"""SET, RESET and SHOW: Redshift's parameters, PostgreSQL's, and those that exist here in name only."""

from __future__ import annotations

from local.redshift.dialect.cursor import Cursor
from local.redshift.dialect.names import literal, quote
from local.redshift.dialect.plan import Plan
from local.redshift.dialect.tokens import Kind
from local.redshift.dialect.transactions import set_transaction
from local.redshift.errors import RedshiftError, UnsupportedError

# PostgreSQL's own do the same.
NATIVE = {
    *("statement_timeout", "search_path", "timezone", "datestyle", "client_encoding", "extra_float_digits"),
    *("application_name", "client_min_messages", "lock_timeout", "intervalstyle"),
}
# They steer what the stand-in does not have: queues, caches, planner. The value is kept and shown.
NOMINAL = {
    "query_group": "",
    "wlm_query_slot_count": "1",
    "enable_result_cache_for_session": "on",
    "analyze_threshold_percent": "10",
    "describe_field_name_in_uppercase": "off",
    "downcase_delimited_identifier": "on",
    "enable_case_sensitive_identifier": "off",
    "error_on_nondeterministic_update": "off",
    "json_serialization_enable": "off",
    "mv_enable_aqmv_for_session": "on",
    "max_cursor_result_set_size": "0",
    "stored_proc_log_min_messages": "log",
    "use_fips_ssl": "off",
}
# These would change what statements mean, so only the value that the stand-in implements is taken.
_FIXED = {
    "enable_case_sensitive_identifier": ("off", "false"),
    "downcase_delimited_identifier": ("on", "true"),
    "describe_field_name_in_uppercase": ("off", "false"),
    "error_on_nondeterministic_update": ("off", "false"),
}


def set_parameter(cursor: Cursor) -> Plan:
    """Plan a SET whose first word is read."""
    scope = "set "
    if cursor.accept("local"):
        scope = "set local "
    else:
        cursor.accept("session")
    if cursor.accept("transaction"):
        return set_transaction(cursor, session=False)
    if cursor.accept("characteristics", "as", "transaction"):
        return set_transaction(cursor, session=True)
    if cursor.accept("time", "zone"):
        return Plan(f"{scope}time zone {_value(cursor)}")
    name = cursor.name()
    if name == "authorization":
        raise UnsupportedError("SET SESSION AUTHORIZATION is not supported")
    if not (cursor.accept("to") or cursor.accept_symbol("=")):
        raise cursor.error()
    value = _value(cursor)
    bare = value.strip("'").lower()
    if name in _FIXED and bare not in (*_FIXED[name], "default"):
        raise UnsupportedError(f"{name} can only be {_FIXED[name][0]}")
    if name == "client_encoding" and bare not in ("utf8", "utf-8", "unicode", "default"):
        raise UnsupportedError("client_encoding can only be UTF8")
    return Plan(f"{scope}{_parameter(name)} to {value}", tag="SET")


def role_setting(cursor: Cursor) -> str:
    """Take what follows ALTER USER … SET, and return it for PostgreSQL."""
    name = cursor.name()
    if not (cursor.accept("to") or cursor.accept_symbol("=")):
        raise cursor.error()
    if name not in NATIVE:
        raise UnsupportedError(f"ALTER USER … SET {name} is not supported")
    return f"{name} to {_value(cursor)}"


def reset_parameter(cursor: Cursor) -> Plan:
    """Plan a RESET whose first word is read."""
    name = cursor.name()
    cursor.finish()
    return Plan("reset all" if name == "all" else f"reset {_parameter(name)}", tag="RESET")


def show_parameter(cursor: Cursor) -> Plan:
    """Plan a SHOW whose first word is read."""
    name = cursor.name()
    if name == "time":
        cursor.expect("zone")
        name = "timezone"
    elif name == "transaction" and not cursor.done:
        cursor.expect("isolation", "level")
        name = "transaction_isolation"
    cursor.finish()
    if name in NOMINAL:
        shown = f"current_setting('redshift.{name}', true)"
        return Plan(
            f"select coalesce(nullif({shown}, ''), {literal(NOMINAL[name])}) as {quote(name)}",
            tag="SHOW",
        )
    if name in NATIVE or name in ("server_version", "transaction_isolation", "standard_conforming_strings"):
        return Plan(f"show {name}")
    raise RedshiftError(f'unrecognized configuration parameter "{name}"', code="42704")


def _parameter(name: str) -> str:
    if name in NOMINAL:
        return f"redshift.{name}"
    if name in NATIVE:
        return name
    raise RedshiftError(f'unrecognized configuration parameter "{name}"', code="42704")


def _value(cursor: Cursor) -> str:
    parts = []
    while not cursor.done:
        token = cursor.next()
        if token.kind is Kind.STRING:
            parts.append(literal(token.value).strip())
        elif token.kind is Kind.QUOTED:
            parts.append(quote(token.value.lower()))
        elif token.kind in (Kind.WORD, Kind.NUMBER) or token.symbol(",", "-", "."):
            parts.append(token.value)
        else:
            raise UnsupportedError(f"cannot read the value {token.value}")
    if not parts:
        raise cursor.error()
    text = "".join(part if part in (",", "-", ".") else f" {part}" for part in parts).strip()
    return text.replace("- ", "-")
