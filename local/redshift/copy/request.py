"""What a COPY statement asks for (Developer Guide: r_COPY)."""

from __future__ import annotations

from dataclasses import dataclass

from local.redshift.copy.options import Options


@dataclass(frozen=True)
class CopyRequest:
    """COPY table [(columns)] FROM source options.

    :param table: the table's name, perhaps after its schema's. :param columns: the column list, None without one.
    :param source: an s3:// address: a prefix, or a manifest.
    """

    table: tuple[str, ...]
    columns: tuple[str, ...] | None
    source: str
    options: Options
