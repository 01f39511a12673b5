"""From documents to rows in PostgreSQL's COPY format, value by value: the exact path, which finds every error."""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import isinf
from typing import Any

from local.redshift.copy import failures
from local.redshift.copy.documents import Document
from local.redshift.copy.failures import Errors, LoadError, ValueFaultError
from local.redshift.copy.jsonpaths import Getter
from local.redshift.copy.options import Options
from local.redshift.copy.values import NULL, TargetColumn, converter

# What the system tables keep of a text, in characters.
_KEPT = 1024
_TOO_LARGE = ValueFaultError(failures.BAD_FLOAT, "stand-in: the number is beyond DOUBLE PRECISION")
_MISSING = ValueFaultError(failures.MISSING_NOT_NULL, "Missing data for not-null field")


class RowMaker:
    """Makes rows of documents, and records the documents that cannot be rows.

    :param columns: the columns to load, in their order. :param getters: what fetches each one's value.
    """

    def __init__(self, columns: list[TargetColumn], getters: list[Getter], options: Options, errors: Errors) -> None:
        self._columns = columns
        self._fields = [
            (getter.get, converter(column, options), column.not_null)
            for column, getter in zip(columns, getters, strict=True)
        ]
        self._errors = errors
        self._malformed = failures.BAD_SUPER if options.json == "noshred" else failures.BAD_LINE

    def make(self, documents: Iterable[Document], file: str) -> list[str]:
        """Return the rows of one object's documents.

        Raises TooManyErrors when as many documents failed as the statement allows.
        """
        return [row for document in documents if (row := self._row(document, file)) is not None]

    def _row(self, document: Document, file: str) -> str | None:
        if document.fault is not None:
            self._errors.add(_error(document, file, self._malformed, document.fault))
            return None
        value: Any = document.value
        if value.__class__ is not dict and value.__class__ is not list:
            reason = "stand-in: a document must be an object or an array"
            self._errors.add(_error(document, file, failures.BAD_LINE, reason))
            return None
        row: list[str] = []
        index = 0
        found: Any = None
        try:
            for get, convert, not_null in self._fields:
                found = get(value)
                if found.__class__ is float and isinf(found):
                    raise _TOO_LARGE
                text = NULL if found is None else convert(found)
                if not_null and text == NULL:
                    self._errors.add(self._value_error(document, file, index, found, _MISSING))
                    return None
                row.append(text)
                index += 1
        except ValueFaultError as fault:
            self._errors.add(self._value_error(document, file, index, found, fault))
            return None
        return "\t".join(row)

    def _value_error(self, document: Document, file: str, index: int, found: Any, fault: ValueFaultError) -> LoadError:
        column = self._columns[index]
        return LoadError(
            file=file,
            line=document.line,
            code=fault.code,
            reason=fault.reason,
            column=column.name,
            type=column.shown_type,
            length=column.length,
            position=fault.position,
            raw_line=document.text()[:_KEPT],
            raw_value=_shown(found),
            start_offset=document.offset,
        )


def _error(document: Document, file: str, code: int, reason: str) -> LoadError:
    return LoadError(
        file=file,
        line=document.line,
        code=code,
        reason=reason,
        raw_line=document.text()[:_KEPT],
        start_offset=document.offset,
    )


def _shown(value: Any) -> str:
    """A value as stl_load_errors shows it: a string as it is, all else as JSON, nothing for null."""
    if value is None:
        return ""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:_KEPT]
