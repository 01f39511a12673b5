"""SET_CONFIG: SET as a function (Developer Guide, SET_CONFIG)."""

from __future__ import annotations

from sqlglot import exp

from local.redshift.dialect.building import call
from local.redshift.dialect.settings import NATIVE
from local.redshift.errors import UnsupportedError


def set_config(args: list[exp.Expr]) -> exp.Expr:
    """SET_CONFIG('parameter', value, is_local) for the parameters that PostgreSQL shares with Redshift."""
    name, value, local = args
    if not (isinstance(name, exp.Literal) and name.is_string and name.this.lower() in NATIVE - {"client_encoding"}):
        raise UnsupportedError("SET_CONFIG takes the name of a parameter that the stand-in does not simulate")
    return call("set_config", name, value, local)
