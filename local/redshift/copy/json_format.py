"""JSON as a data format: an object's bytes → documents → rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from local.redshift.copy.documents import Document, Documents
from local.redshift.copy.failures import Errors
from local.redshift.copy.jsonpaths import Getter, key_getters, path_getter, read_paths
from local.redshift.copy.objects import SourceError, read_whole
from local.redshift.copy.options import Options
from local.redshift.copy.rows import RowMaker
from local.redshift.copy.values import TargetColumn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class JsonFormat:
    """The data format JSON, with keys or a jsonpaths file; see formats.DataFormat.

    Raises SourceError for a jsonpaths file that cannot be read or does not fit the columns.
    """

    def __init__(self, client: S3Client, columns: list[TargetColumn], options: Options, errors: Errors) -> None:
        self._skip = options.ignore_header
        self._maker = RowMaker(columns, _getters(client, columns, options.json or "auto"), options, errors)
        self.lines = 0

    @property
    def rows(self) -> int:
        """The rows made so far."""
        return self._maker.rows

    def pieces(self, chunks: Iterator[bytes], file: str) -> Iterator[bytes]:
        """Yield an object's rows, many at a time."""
        self.lines = 0
        documents = Documents(chunks, skip_lines=self._skip)
        for piece in self._maker.pieces(self._watched(documents), file):
            yield piece.encode()

    def _watched(self, documents: Documents) -> Iterator[Document]:
        for document in documents:
            self.lines = document.line
            yield document


def _getters(client: S3Client, columns: list[TargetColumn], form: str) -> list[Getter]:
    if form.startswith("s3://"):
        paths = read_paths(read_whole(client, form), form)
        if paths is not None:
            if len(paths) != len(columns):
                raise SourceError(
                    f"stand-in: {len(paths)} jsonpaths for {len(columns)} columns",
                    context=f"jsonpaths file : {form}",
                )
            return [path_getter(path, form) for path in paths]
        # A file with another key than "jsonpaths" counts as 'auto' (redshift.md A6).
        form = "auto"
    return key_getters([column.name for column in columns], ignore_case=form == "auto ignorecase")
