"""COPY's parameters: one row of a table each (Developer Guide: copy-parameters-data-conversion)."""

from __future__ import annotations

from collections.abc import Callable

from local.redshift.copy import reading
from local.redshift.copy.encodings import ENCODINGS
from local.redshift.copy.options import Options
from local.redshift.copy.text_parameters import TEXT_READERS, text_format
from local.redshift.dialect.cursor import Cursor
from local.redshift.dialect.tokens import Kind
from local.redshift.errors import RedshiftError, UnsupportedError

Reader = Callable[[Cursor, Options], None]


def _switch(*words: str) -> Reader:
    """Take one of the words or none: what has no effect on what is loaded."""

    def read(cursor: Cursor, _: Options) -> None:
        any(cursor.accept(word) for word in words)

    return read


def _as_number(attribute: str, most: int) -> Reader:
    def read(cursor: Cursor, options: Options) -> None:
        cursor.accept("as")
        value = cursor.number()
        if not 0 <= value <= most:
            raise RedshiftError(f"stand-in: {attribute} {value} is not between 0 and {most}", code="22023")
        setattr(options, attribute, value)

    return read


def _comprows(cursor: Cursor, _: Options) -> None:
    """Take how many rows the compression's analysis would look at: it has no effect on what is loaded."""
    cursor.number()


def _json(cursor: Cursor, options: Options) -> None:
    cursor.accept("as")
    token = cursor.peek()
    options.json = cursor.string() if token is not None and token.kind is Kind.STRING else "auto"
    if options.json not in ("auto", "auto ignorecase", "noshred") and not options.json.startswith("s3://"):
        raise RedshiftError(
            f"stand-in: JSON '{options.json}' is neither auto, auto ignorecase nor noshred, nor an s3:// address",
            code="42601",
        )


def _format(cursor: Cursor, options: Options) -> None:
    cursor.accept("as")
    word = cursor.word()
    if word not in _FORMATS:
        raise RedshiftError(f'syntax error at or near "{word}"', code="42601")
    options.seen.add(word)
    READERS[word](cursor, options)


def _accept_invalid(cursor: Cursor, options: Options) -> None:
    options.replacement = "?"
    explicit = cursor.accept("as")
    token = cursor.peek()
    if explicit or (token is not None and token.kind is Kind.STRING):
        options.replacement = cursor.string()
    if len(options.replacement.encode()) != 1:
        raise RedshiftError("stand-in: ACCEPTINVCHARS takes one ASCII character", code="42601")


def _encoding(cursor: Cursor, options: Options) -> None:
    cursor.accept("as")
    token = cursor.next()
    options.encoding = token.value.lower()
    if options.encoding not in ENCODINGS:
        raise RedshiftError(f"stand-in: ENCODING {token.value} is none of {', '.join(ENCODINGS).upper()}", code="42601")


def _iam_role(cursor: Cursor, options: Options) -> None:
    _authorise_once(options)
    options.role = "default" if cursor.accept("default") else cursor.string()


_KEYS = {"aws_access_key_id", "aws_secret_access_key"}


def _credentials(cursor: Cursor, options: Options) -> None:
    _authorise_once(options)
    cursor.accept("as")
    pairs = dict(part.partition("=")[::2] for part in cursor.string().split(";"))
    if "master_symmetric_key" in pairs:
        raise UnsupportedError("COPY of encrypted data, with a master_symmetric_key, is not supported")
    if pairs.keys() == {"aws_iam_role"}:
        options.role = pairs["aws_iam_role"]
    elif _KEYS <= pairs.keys() <= {*_KEYS, "token"}:
        options.access_key, options.secret_key = pairs["aws_access_key_id"], pairs["aws_secret_access_key"]
        options.session_token = pairs.get("token")
    else:
        raise RedshiftError("stand-in: cannot read CREDENTIALS; see the forms in Redshift's manual", code="42601")


def _with_credentials(cursor: Cursor, options: Options) -> None:
    cursor.expect("credentials")
    _credentials(cursor, options)


def _access_key(cursor: Cursor, options: Options) -> None:
    _authorise_once(options)
    options.access_key = cursor.string()


def _string(attribute: str) -> Reader:
    def read(cursor: Cursor, options: Options) -> None:
        setattr(options, attribute, cursor.string())

    return read


def _authorise_once(options: Options) -> None:
    if options.role is not None or options.access_key is not None:
        raise RedshiftError("stand-in: COPY takes one authorisation, not several", code="42601")


# What only other data formats take (Developer Guide: copy-parameters-data-format, JSON).
_NOT_WITH_JSON: dict[str, Reader] = {
    **TEXT_READERS,
    "readratio": _as_number("read_ratio", 200),
}
READERS: dict[str, Reader] = {
    "iam_role": _iam_role,
    "credentials": _credentials,
    "with": _with_credentials,
    "access_key_id": _access_key,
    "secret_access_key": _string("secret_key"),
    "session_token": _string("session_token"),
    "region": reading.as_string("region"),
    "manifest": reading.flag("manifest"),
    "format": _format,
    "json": _json,
    "gzip": reading.compression("gzip"),
    "bzip2": reading.compression("bzip2"),
    "zstd": reading.compression("zstd"),
    "lzop": reading.refused("LZOP is not supported"),
    "timeformat": reading.as_string("time_format"),
    "dateformat": reading.as_string("date_format"),
    "maxerror": _as_number("max_errors", 100_000),
    "ignoreallerrors": reading.flag("ignore_all_errors"),
    "acceptinvchars": _accept_invalid,
    "acceptanydate": reading.flag("accept_any_date"),
    "truncatecolumns": reading.flag("truncate_columns"),
    "blanksasnull": reading.flag("blanks_as_null"),
    "emptyasnull": reading.flag("empty_as_null"),
    "trimblanks": reading.flag("trim_blanks"),
    "roundec": reading.flag("round_decimals"),
    "explicit_ids": reading.flag("explicit_ids"),
    "ignoreheader": _as_number("ignore_header", 2**31 - 1),
    "noload": reading.flag("no_load"),
    "compupdate": _switch("preset", "on", "true", "off", "false"),
    "statupdate": _switch("on", "true", "off", "false"),
    "comprows": _comprows,
    "encoding": _encoding,
    **_NOT_WITH_JSON,
    **{
        name: reading.refused(f"COPY … {name.upper()} is not supported")
        for name in ("parquet", "orc", "avro", "shapefile")
    },
    "encrypted": reading.refused("COPY … ENCRYPTED is not supported"),
    "master_symmetric_key": reading.refused("COPY … MASTER_SYMMETRIC_KEY is not supported"),
    "ssh": reading.refused("COPY … SSH is not supported"),
}


_FORMATS = ("json", "csv", "delimiter", "fixedwidth", "parquet", "orc", "avro", "shapefile")


def read_options(cursor: Cursor) -> Options:
    """Take the parameters behind FROM, in any order; each may come once."""
    options = reading.read_each(cursor, READERS, Options())
    _check(options)
    return options


def _check(options: Options) -> None:
    if "readratio" in options.seen:
        raise RedshiftError("stand-in: READRATIO is for DynamoDB only", code="42601")
    if options.json is None:
        options.format = text_format(options)
    elif excluded := sorted(options.seen & _NOT_WITH_JSON.keys()):
        raise RedshiftError(f"stand-in: {excluded[0].upper()} cannot be used with JSON", code="42601")
    if options.role is None and options.access_key is None:
        raise RedshiftError("stand-in: COPY needs an authorisation, IAM_ROLE for example", code="42601")
    if (options.access_key is None) != (options.secret_key is None):
        raise RedshiftError("stand-in: COPY needs ACCESS_KEY_ID and SECRET_ACCESS_KEY together", code="42601")
    if options.session_token is not None and options.access_key is None:
        raise RedshiftError("stand-in: a SESSION_TOKEN belongs to an ACCESS_KEY_ID", code="42601")
    if options.ignore_all_errors and "maxerror" in options.seen:
        raise RedshiftError("stand-in: IGNOREALLERRORS excludes MAXERROR", code="42601")
