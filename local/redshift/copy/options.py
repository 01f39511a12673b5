"""What a COPY statement chooses (Developer Guide: copy-parameters-data-conversion)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Options:
    """What a COPY statement says beyond its table and its source.

    :param format: the data format, a key of formats.FORMATS.
    :param json: 'auto', 'auto ignorecase', 'noshred', or a jsonpaths file's s3:// address; None until one is named.
    :param role: the role to assume, 'default' for the default one. :param max_errors: rows that may fail, 0 for none.
    :param time_format: 'auto', 'epochsecs', 'epochmillisecs', a format, or None for the default format.
    :param encoding: a key of encodings.ENCODINGS.
    :param delimiter: one character, None for the format's own; so are `quote`, for CSV, and `null`, a string.
    :param widths: FIXEDWIDTH's, in characters.
    :param replacement: what ACCEPTINVCHARS puts in place of each invalid byte, None without the option.
    """

    format: str = "json"
    json: str | None = None
    role: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    region: str | None = None
    manifest: bool = False
    compression: str | None = None
    time_format: str | None = None
    date_format: str | None = None
    max_errors: int = 0
    ignore_all_errors: bool = False
    replacement: str | None = None
    truncate_columns: bool = False
    blanks_as_null: bool = False
    empty_as_null: bool = False
    trim_blanks: bool = False
    round_decimals: bool = False
    accept_any_date: bool = False
    explicit_ids: bool = False
    ignore_header: int = 0
    encoding: str = "utf8"
    no_load: bool = False
    delimiter: str | None = None
    quote: str | None = None
    widths: tuple[int, ...] | None = None
    null: str | None = None
    escape: bool = False
    remove_quotes: bool = False
    fill_record: bool = False
    ignore_blank_lines: bool = False
    read_ratio: int | None = None
    seen: set[str] = field(default_factory=set)
