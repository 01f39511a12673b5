"""The backend's error texts and tags, in Redshift's words, as users' transcripts show them."""

from __future__ import annotations

import re

from local.redshift.errors import boxed

_CONFLICTS = ("40001", "40P01")
_TYPE = re.compile(r"for type (character(?: varying)?\(\d+\))")


def redshift_error(fields: dict[str, str], process: int) -> dict[str, str]:
    """Return an ErrorResponse's fields as Redshift would send them.

    :param process: the session's process id.
    """
    code = fields.get("C", "")
    if code in _CONFLICTS:
        # The tables and transactions of the cycle are not known here; the numbers are zero, the words are Redshift's.
        detail = (
            f"Serializable isolation violation on table - 0, transactions forming the cycle are: 0, 0 (pid:{process})"
        )
        said = ": ".join(filter(None, (fields.get("M"), fields.get("D"))))
        return {"S": "ERROR", "V": "ERROR", "C": "XX000", "M": "1023", "D": detail, "H": f"stand-in: {said}"}
    if code == "21000" and fields.get("M") == "MERGE command cannot affect row a second time":
        return {"S": "ERROR", "V": "ERROR", "C": "XX000", "M": "Found multiple matches to update the same tuple."}
    if code == "22001" and (match := _TYPE.search(fields.get("M", ""))):
        return _too_long(match.group(1), process)
    if code == "23514":
        # Only byte lengths are checks: Redshift has no CHECK.
        place = f"{fields.get('t', '')}, constraint {fields.get('n', '')}"
        return {**_too_long("character varying", process), "H": f"stand-in: in table {place}: counted in bytes"}
    if code == "23502" and "c" in fields:
        return {**without_places(fields), "M": f"Cannot insert a NULL value into column {fields['c']}"}
    return without_places(fields)


def without_places(fields: dict[str, str]) -> dict[str, str]:
    """Return the fields without positions and contexts: they point into a statement that the client has never seen."""
    return {code: value for code, value in fields.items() if code not in "PpqW"}


def _too_long(kind: str, process: int) -> dict[str, str]:
    message = "Value too long for character type"
    detail = boxed(message, context=f"Value too long for type {kind}", location="string.cpp", pid=process)
    return {"S": "ERROR", "V": "ERROR", "C": "XX000", "M": message, "D": detail}
