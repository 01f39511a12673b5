"""From documents to rows in PostgreSQL's COPY format: by the quick path where it serves, else value by value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.redshift.copy import failures
from local.redshift.copy.batches import quick_maker
from local.redshift.copy.documents import Document
from local.redshift.copy.failures import Errors, LoadError, ValueFaultError
from local.redshift.copy.jsonpaths import Getter
from local.redshift.copy.options import Options
from local.redshift.copy.values import NULL, TargetColumn, converter

# What is read, converted and handed to PostgreSQL together: so many documents, or so many bytes of them.
_BATCH = 256
_BATCH_BYTES = 1 << 20
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
        members = [getter.member for getter in getters]
        plain = [member for member in members if member is not None]
        self._quick = quick_maker(columns, plain, options) if len(plain) == len(members) else None
        self.rows = 0

    def pieces(self, documents: Iterator[Document], file: str) -> Iterator[str]:
        """Yield the rows of one object's documents, many at a time.

        Raises TooManyErrors when as many documents failed as the statement allows.
        """
        for batch in _batches(documents):
            made = self._quick([document.value for document in batch]) if self._quick else None
            if made is not None:
                self.rows += len(batch)
                yield made
                continue
            rows = [row for document in batch if (row := self._row(document, file)) is not None]
            if rows:
                self.rows += len(rows)
                rows.append("")
                yield "\n".join(rows)

    def _row(self, document: Document, file: str) -> str | None:
        if document.fault is not None:
            self._errors.add(_error(document, file, failures.BAD_LINE, document.fault))
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
            raw_line=document.text(),
            raw_value="" if found is None else str(found),
            start_offset=document.offset,
        )


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.raw)
        if len(batch) == _BATCH or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _error(document: Document, file: str, code: int, reason: str) -> LoadError:
    return LoadError(
        file=file,
        line=document.line,
        code=code,
        reason=reason,
        raw_line=document.text(),
        start_offset=document.offset,
    )
