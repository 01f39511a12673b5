"""What a table's content stands for, remembered so that work on an unchanged source is left out.

A version is a text that names a content: of a mirror the fingerprint of what lies in S3, of a table made from the
mirror the mirror's version that it was made from. It lies in a table of its own of at most one row, written in the
transaction that changes the content, under that content's lock. A table of its own, because under serializable
isolation Redshift finds conflicts by table: two dimensions that kept their versions in one would abort each other.

To have a table reconciled again in spite of its version, delete the row.
"""

from sparkify.identifiers import table_name
from sparkify.session import Session


def read_versions(session: Session, *tables: str) -> tuple[str | None, ...]:
    """Return the version that each table holds, None where it holds none; one statement, one snapshot."""
    asked = ", ".join(f"(select max(version) from {table_name(table)})" for table in tables)
    [found] = session.fetch(f"select {asked}")
    return tuple(None if version is None else str(version) for version in found)


def write_version(session: Session, table: str, version: str) -> None:
    """Replace the version, within the transaction that brought the content to it."""
    session.execute(f"delete from {table_name(table)}")
    session.execute(f"insert into {table_name(table)} (version) values (%s)", (version,))
