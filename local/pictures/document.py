"""The pictures' places in the README."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from local.errors import StackError
from local.pictures import flow, schema
from local.settings import ROOT

if TYPE_CHECKING:
    from airflow.sdk import DAG

README = ROOT / "README.md"
_TABLES = ("songplays", "users", "songs", "artists", "time")
_DAGS = ("sparkify_etl", "sparkify_insights")


def pictures() -> dict[str, str]:
    """Return each picture as Mermaid's text, by the name of its place."""
    tables = [schema.read_table((ROOT / "sql" / "tables" / f"{name}.sql").read_text(), name) for name in _TABLES]
    return {"flow": flow.draw([_read_dag(name) for name in _DAGS]), "schema": schema.draw(tables)}


def with_pictures(text: str, drawn: dict[str, str]) -> str:
    """Return a document with the pictures in their places.

    :raises StackError: if a place is missing.
    """
    for name, picture in drawn.items():
        begin, end = f"<!-- {name}: made by ./sparkify docs -->\n", f"<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise StackError(f"{README.name} has no place for the {name}", f"put {begin.strip()} and {end} in it")
        text = f"{before}{begin}```mermaid\n{picture}\n```\n{end}{after}"
    return text


def write() -> None:
    """Draw them into the README. Idempotent."""
    README.write_text(with_pictures(README.read_text(), pictures()))


def _read_dag(name: str) -> DAG:
    from airflow.sdk import DAG

    plugins = str(ROOT / "plugins")
    if plugins not in sys.path:
        sys.path.append(plugins)
    spec = importlib.util.spec_from_file_location(f"drawn_{name}", ROOT / "dags" / f"{name}.py")
    if spec is None or spec.loader is None:
        raise StackError(f"dags/{name}.py cannot be read", "see whether it is there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    [dag] = [value for value in vars(module).values() if isinstance(value, DAG)]
    return dag
