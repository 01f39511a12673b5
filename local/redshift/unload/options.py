"""UNLOAD's parameters: one row of a table each (Developer Guide: r_UNLOAD)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from local.redshift.copy import parameters, reading
from local.redshift.copy.options import Options
from local.redshift.dialect.cursor import Cursor
from local.redshift.dialect.tokens import Kind
from local.redshift.errors import RedshiftError, UnsupportedError

MEGABYTE = 1 << 20
LARGEST_FILE = int(Decimal("6.2") * 1024 * MEGABYTE)


@dataclass
class UnloadOptions:
    """What an UNLOAD statement says beyond its query and its prefix.

    :param access: the authorisation and the region, which are COPY's. :param format: 'text', 'csv' or 'json'.
    :param delimiter: one character, None for the format's own. :param widths: FIXEDWIDTH's, in characters.
    :param null: what stands for NULL, None for the format's own. :param largest: most bytes in a file, uncompressed.
    :param extension: what is added to the files' names after a dot; the compression's own if there is none.
    """

    access: Options = field(default_factory=Options)
    format: str = "text"
    delimiter: str | None = None
    widths: tuple[int, ...] | None = None
    null: str | None = None
    header: bool = False
    add_quotes: bool = False
    escape: bool = False
    compression: str | None = None
    manifest: bool = False
    verbose: bool = False
    allow_overwrite: bool = False
    clean_path: bool = False
    parallel: bool = True
    largest: int = LARGEST_FILE
    extension: str | None = None
    seen: set[str] = field(default_factory=set)


Reader = Callable[[Cursor, UnloadOptions], None]


def _of_copy(name: str) -> Reader:
    def read(cursor: Cursor, options: UnloadOptions) -> None:
        parameters.READERS[name](cursor, options.access)

    return read


def _format(cursor: Cursor, options: UnloadOptions) -> None:
    cursor.accept("as")
    for word, reader in _FORMATS.items():
        if cursor.accept(word):
            reader(cursor, options)
            return
    raise cursor.error()


def _text_format(name: str) -> Reader:
    def read(_: Cursor, options: UnloadOptions) -> None:
        if options.format != "text":
            raise RedshiftError(f"stand-in: both {options.format.upper()} and {name.upper()}", code="42601")
        options.format = name

    return read


def _manifest(cursor: Cursor, options: UnloadOptions) -> None:
    options.manifest = True
    options.verbose = cursor.accept("verbose")


def _parallel(cursor: Cursor, options: UnloadOptions) -> None:
    options.parallel = (
        cursor.accept("on") or cursor.accept("true") or not (cursor.accept("off") or cursor.accept("false"))
    )


def _largest(cursor: Cursor, options: UnloadOptions) -> None:
    cursor.accept("as")
    token = cursor.next()
    if token.kind is not Kind.NUMBER:
        raise RedshiftError(f'syntax error at or near "{token.value}"', code="42601")
    unit = 1024 if cursor.accept("gb") else 1
    if unit == 1:
        cursor.accept("mb")
    size = int(Decimal(token.value) * unit * MEGABYTE)
    if not 5 * MEGABYTE <= size <= LARGEST_FILE:
        raise RedshiftError("stand-in: MAXFILESIZE is between 5 MB and 6.2 GB", code="22023")
    options.largest = size


def _encrypted(cursor: Cursor, _: UnloadOptions) -> None:
    if not cursor.accept("auto"):
        raise UnsupportedError("UNLOAD … ENCRYPTED is not supported: it asks for a key, and the stand-in has no KMS")


_FORMATS: dict[str, Reader] = {
    "csv": _text_format("csv"),
    "json": _text_format("json"),
    "parquet": reading.refused("UNLOAD … PARQUET is not supported"),
}
READERS: dict[str, Reader] = {
    **{
        name: _of_copy(name)
        for name in (
            *("iam_role", "credentials", "with", "access_key_id", "secret_access_key", "session_token", "region"),
        )
    },
    **_FORMATS,
    "format": _format,
    "delimiter": reading.delimiter,
    "fixedwidth": reading.fixed_width,
    "null": reading.null,
    "header": reading.flag("header"),
    "addquotes": reading.flag("add_quotes"),
    "escape": reading.flag("escape"),
    "gzip": reading.compression("gzip"),
    "bzip2": reading.compression("bzip2"),
    "zstd": reading.compression("zstd"),
    "manifest": _manifest,
    "allowoverwrite": reading.flag("allow_overwrite"),
    "cleanpath": reading.flag("clean_path"),
    "parallel": _parallel,
    "maxfilesize": _largest,
    "extension": reading.as_string("extension"),
    "encrypted": _encrypted,
    "partition": reading.refused("UNLOAD … PARTITION BY is not supported"),
    "rowgroupsize": reading.refused("UNLOAD … ROWGROUPSIZE is not supported: it is for PARQUET"),
    "kms_key_id": reading.refused("UNLOAD … KMS_KEY_ID is not supported: the stand-in has no KMS"),
    "master_symmetric_key": reading.refused("UNLOAD … MASTER_SYMMETRIC_KEY is not supported"),
}
# What the guide says cannot be used together; the last pair's outcome it does not say.
_EXCLUDED = (
    ("csv", ("fixedwidth", "addquotes")),
    ("json", ("delimiter", "header", "fixedwidth", "addquotes", "escape", "null")),
    ("fixedwidth", ("delimiter", "header")),
    ("cleanpath", ("allowoverwrite",)),
)
_UNKNOWN = (("csv", "escape"), ("fixedwidth", "addquotes"), ("fixedwidth", "escape"))


def read_options(cursor: Cursor) -> UnloadOptions:
    """Take the parameters behind TO, in any order; each may come once."""
    options = reading.read_each(cursor, READERS, UnloadOptions())
    _check(options)
    return options


def _check(options: UnloadOptions) -> None:
    used = options.seen | {options.format}
    for one, others in _EXCLUDED:
        for other in others:
            if {one, other} <= used:
                raise RedshiftError(f"stand-in: {other.upper()} cannot be used with {one.upper()}", code="42601")
    for one, other in _UNKNOWN:
        if {one, other} <= used:
            raise UnsupportedError(f"{other.upper()} with {one.upper()} is not supported: the result is not documented")
    access = options.access
    if access.role is None and access.access_key is None:
        raise RedshiftError("stand-in: UNLOAD needs an authorisation, IAM_ROLE for example", code="42601")
    if (access.access_key is None) != (access.secret_key is None):
        raise RedshiftError("stand-in: UNLOAD needs ACCESS_KEY_ID and SECRET_ACCESS_KEY together", code="42601")
