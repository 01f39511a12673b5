"""JSON as a data format: an object's bytes → documents → rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from local.redshift.copy.blocks import QuickPath
from local.redshift.copy.crew import Crew, Made
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
_PART = _BLOCK >> 4


class JsonFormat:
    """The data format JSON, with keys or a jsonpaths file; see formats.DataFormat.

    Raises SourceError for a jsonpaths file that cannot be read or does not fit the columns.
    """

    def __init__(self, client: S3Client, columns: list[TargetColumn], options: Options, errors: Errors) -> None:
        getters = _getters(client, columns, options.json or "auto")
        self._skip = options.ignore_header
        self._quick = QuickPath(columns, getters, options)
        self._crew = Crew(self._quick.make)
        self._exact = RowMaker(columns, getters, options, errors)
        self.rows = 0
        self.lines = 0

    def pieces(self, chunks: Iterator[bytes], file: str) -> Iterator[bytes]:
        """Yield an object's rows, many at a time."""
        documents = Documents(skip_lines=self._skip)
        for block, final, make in self._crew.ahead(_cut(chunks, _BLOCK)):
            quick = make() if _is_whole(block, documents) else None
            if quick is not None or final or len(block) <= _PART:
                yield from self._piece(block, quick, documents, file, final=final)
                continue
            # One odd document does not send its whole block the long way.
            for part, _ in _cut(iter([block]), _PART):
                quick = self._quick.make(part) if _is_whole(part, documents) else None
                yield from self._piece(part, quick, documents, file, final=False)

    def close(self) -> None:
        """End the processes that help; see formats.DataFormat."""
        self._crew.close()

    def _piece(
        self, block: bytes, quick: Made | None, documents: Documents, file: str, *, final: bool
    ) -> Iterator[bytes]:
        """Yield a block's rows, by the exact path where the quick one has given it up."""
        if quick is not None:
            documents.pass_over(block)
            piece, count = quick
        else:
            made = self._exact.make(documents.feed(block, final=final), file)
            count = len(made)
            made.append("")
            piece = "\n".join(made).encode()
        self.rows += count
        self.lines = documents.lines
        if piece:
            yield piece


def _is_whole(block: bytes, documents: Documents) -> bool:
    """Whether a block begins between two documents, and is none that no document may be as long as."""
    return documents.between and len(block) <= LONGEST


def _cut(chunks: Iterator[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Cut a stream behind line ends, at about `size` bytes each; tell with each block whether it is the last."""
    waiting = b""
    for chunk in chunks:
        waiting += chunk
        place, end = 0, len(waiting)
        while end - place >= size and (cut := _line_end(waiting, place, size)):
            yield waiting[place:cut], False
            place = cut
        if end - place > LONGEST:
            yield waiting[place:], False
            place = end
        waiting = waiting[place:]
    yield waiting, True


def _line_end(waiting: bytes, place: int, size: int) -> int:
    """The place behind the last line end within `size` bytes, or behind the first one after them; 0 if none is."""
    return (waiting.rfind(b"\n", place, place + size) + 1) or (waiting.find(b"\n", place + size) + 1)


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
        # A file with another key than "jsonpaths" counts as 'auto' (Developer Guide: copy-parameters-data-format).
        form = "auto"
    return key_getters([column.name for column in columns], ignore_case=form == "auto ignorecase")
