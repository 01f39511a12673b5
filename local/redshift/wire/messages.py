"""Messages of the PostgreSQL protocol, version 3: how they are built and taken apart."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

PROTOCOL_3 = 196608
CANCEL_REQUEST = 80877102
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
READY_IDLE = b"I"
READY_TRANSACTION = b"T"
READY_FAILED = b"E"

_LENGTH = struct.Struct("!i")


class ProtocolError(Exception):
    """The peer sent something that is not the protocol."""


def message(kind: bytes, payload: bytes = b"") -> bytes:
    """Return one message of the given one-byte kind."""
    return kind + _LENGTH.pack(len(payload) + 4) + payload


def text(value: str) -> bytes:
    """Return a zero-terminated string."""
    return value.encode("utf-8", "surrogateescape") + b"\0"


def take_text(payload: bytes, offset: int) -> tuple[str, int]:
    """Return the zero-terminated string at `offset` and the offset behind it; ProtocolError if it never ends."""
    end = payload.find(b"\0", offset)
    if end < 0:
        raise ProtocolError("a string in a message does not end")
    return payload[offset:end].decode("utf-8", "surrogateescape"), end + 1


def startup(parameters: Mapping[str, str]) -> bytes:
    """Return a StartupMessage."""
    body = b"".join(text(key) + text(value) for key, value in parameters.items()) + b"\0"
    return struct.pack("!ii", len(body) + 8, PROTOCOL_3) + body


def startup_parameters(body: bytes) -> dict[str, str]:
    """Return the parameters in a StartupMessage's body, which follows the protocol number."""
    parameters: dict[str, str] = {}
    offset = 0
    while offset < len(body) and body[offset]:
        key, offset = take_text(body, offset)
        parameters[key], offset = take_text(body, offset)
    return parameters


def fields(payload: bytes) -> dict[str, str]:
    """Return the fields of an ErrorResponse or NoticeResponse by their one-letter codes."""
    found: dict[str, str] = {}
    offset = 0
    while offset < len(payload) and payload[offset]:
        code = chr(payload[offset])
        found[code], offset = take_text(payload, offset + 1)
    return found


def _with_fields(kind: bytes, values: Mapping[str, str]) -> bytes:
    body = b"".join(code.encode() + text(value) for code, value in values.items())
    return message(kind, body + b"\0")


def error(values: Mapping[str, str]) -> bytes:
    """Return an ErrorResponse with the given fields."""
    return _with_fields(b"E", values)


def notice(severity: str, body: str) -> bytes:
    """Return a NoticeResponse; Redshift also uses the severity INFO, after COPY for one."""
    return _with_fields(b"N", {"S": severity, "V": severity, "C": "00000", "M": body})


def notice_fields(values: Mapping[str, str]) -> bytes:
    """Return a NoticeResponse with the given fields."""
    return _with_fields(b"N", values)


def parameter_status(name: str, value: str) -> bytes:
    """Return a ParameterStatus."""
    return message(b"S", text(name) + text(value))


def command_complete(tag: str) -> bytes:
    """Return a CommandComplete."""
    return message(b"C", text(tag))


def ready(status: bytes) -> bytes:
    """Return a ReadyForQuery with the given transaction status."""
    return message(b"Z", status)


def query(sql: str) -> bytes:
    """Return a simple Query."""
    return message(b"Q", text(sql))


def parse(name: str, sql: str, rest: bytes) -> bytes:
    """Return a Parse; `rest` holds the parameter types as the client sent them."""
    return message(b"P", text(name) + text(sql) + rest)


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result. :param type: its type's number in pg_type. :param modifier: its atttypmod."""

    name: str
    type: int
    modifier: int


def row_columns(payload: bytes) -> list[ResultColumn]:
    """Return the columns of a RowDescription."""
    (count,) = struct.unpack_from("!h", payload)
    columns: list[ResultColumn] = []
    offset = 2
    for _ in range(count):
        name, offset = take_text(payload, offset)
        type_, _size, modifier = struct.unpack_from("!ihi", payload, offset + 6)
        columns.append(ResultColumn(name, type_, modifier))
        offset += 18
    return columns


def row_values(payload: bytes) -> list[str | None]:
    """Return the values of a DataRow in text format."""
    (count,) = struct.unpack_from("!h", payload)
    values: list[str | None] = []
    offset = 2
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(payload, offset)
        offset += 4
        if length < 0:
            values.append(None)
        else:
            values.append(payload[offset : offset + length].decode())
            offset += length
    return values
