"""JSON as a data format: an object's bytes → documents → rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from local.redshift.copy.blocks import QuickPath
from local.redshift.copy.documents import LONGEST, Documents
from local.redshift.copy.failures import Errors, SourceError
from local.redshift.copy.jsonpaths import Getter, key_getters, path_getters, read_paths
from local.redshift.copy.objects import read_whole
from local.redshift.copy.options import Options
from local.redshift.copy.rows import RowMaker
from local.redshift.copy.values import TargetColumn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# What is made into rows together: enough that a column's work pays, and little enough that it stays in the cache.
_BLOCK = 1 << 18


class JsonFormat:
    """The data format JSON, with keys or a jsonpaths file; see formats.DataFormat.

    Raises SourceError for a jsonpaths file that cannot be read or does not fit the columns.
    """

    def __init__(self, client: S3Client, columns: list[TargetColumn], options: Options, errors: Errors) -> None:
        getters = _getters(client, columns, options.json or "auto")
        self._skip = options.ignore_header
        self._quick = QuickPath(columns, getters, options)
        self._exact = RowMaker(columns, getters, options, errors)
        self.rows = 0
        self.lines = 0

    def pieces(self, chunks: Iterator[bytes], file: str) -> Iterator[bytes]:
        """Yield an object's rows, many at a time."""
        documents = Documents(skip_lines=self._skip)
        for block, final in _blocks(chunks):
            quick = self._quick.make(block) if documents.between and len(block) <= LONGEST else None
            if quick is not None:
                documents.pass_over(block)
                piece, count = quick
            else:
                made = self._exact.make(documents.feed(block, final=final), file)
                count = len(made)
                made.append("")
                piece = "\n".join(made)
            self.rows += count
            self.lines = documents.lines
            if piece:
                yield piece.encode()


def _blocks(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Cut a stream behind line ends, at about _BLOCK bytes each; tell with each block whether it is the last."""
    waiting = b""
    for chunk in chunks:
        waiting += chunk
        place, end = 0, len(waiting)
        while end - place >= _BLOCK and (cut := _cut(waiting, place)):
            yield waiting[place:cut], False
            place = cut
        if end - place > LONGEST:
            yield waiting[place:], False
            place = end
        waiting = waiting[place:]
    yield waiting, True


def _cut(waiting: bytes, place: int) -> int:
    """The place behind the last line end in a block, or behind the first one after it; 0 if there is none."""
    return (waiting.rfind(b"\n", place, place + _BLOCK) + 1) or (waiting.find(b"\n", place + _BLOCK) + 1)


def _getters(client: S3Client, columns: list[TargetColumn], form: str) -> list[Getter]:
    if form == "noshred":
        if [column.type for column in columns] != ["super"]:
            raise SourceError("stand-in: JSON 'noshred' loads one SUPER column and no other")
        return [Getter(lambda document: document)]
    if form.startswith("s3://"):
        paths = read_paths(read_whole(client, form), form)
        if paths is not None:
            if len(paths) != len(columns):
                raise SourceError(
                    f"stand-in: {len(paths)} jsonpaths for {len(columns)} columns",
                    context=f"jsonpaths file : {form}",
                )
            return path_getters(paths, form)
        # A file with another key than "jsonpaths" counts as 'auto' (redshift.md A6).
        form = "auto"
    return key_getters([column.name for column in columns], ignore_case=form == "auto ignorecase")
