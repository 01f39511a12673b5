"""What an UNLOAD statement asks for."""

from __future__ import annotations

from dataclasses import dataclass

from local.redshift.unload.options import UnloadOptions


@dataclass(frozen=True)
class UnloadRequest:
    """UNLOAD ('query') TO 's3://…' options.

    :param query: in PostgreSQL's dialect. :param prefix: the s3:// address that the files' names start with.
    """

    query: str
    prefix: str
    options: UnloadOptions
