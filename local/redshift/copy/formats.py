"""The data formats of COPY: each turns the bytes of objects into rows, and says which records cannot be rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from local.redshift.copy.failures import Errors
from local.redshift.copy.json_format import JsonFormat
from local.redshift.copy.options import Options
from local.redshift.copy.text_format import csv, delimited, fixed_width
from local.redshift.copy.values import TargetColumn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class DataFormat(Protocol):
    """What reads one COPY's objects, one after the other.

    :param rows: the rows made so far, of all objects. :param lines: the lines read so far of the present object.
    """

    @property
    def rows(self) -> int: ...

    @property
    def lines(self) -> int: ...

    def pieces(self, chunks: Iterator[bytes], file: str) -> Iterator[bytes]:
        """Yield an object's rows in PostgreSQL's COPY text format, whole rows, many at a time.

        :param chunks: the object's bytes, decompressed, cut anywhere. :param file: its address, for the errors.

        Records that cannot be rows are added to the load's errors, which raise TooManyErrors when that ends the load.
        """
        ...

    def close(self) -> None:
        """Give back what the reading needed; nothing more will be read."""
        ...


# Made for a load's columns, its options and its errors; the client reads what else the format needs, a jsonpaths file.
Maker = Callable[["S3Client", list[TargetColumn], Options, Errors], DataFormat]

FORMATS: dict[str, Maker] = {
    "json": JsonFormat,
    "csv": csv,
    "delimited": delimited,
    "fixedwidth": fixed_width,
}
