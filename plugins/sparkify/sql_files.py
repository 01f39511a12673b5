"""The SQL files: where they lie, and a file's SELECT as part of another statement.

They lie beside plugins/, or in it where a deployment takes plugins/ only, as Amazon MWAA does.
"""

from pathlib import Path

_PLUGINS = Path(__file__).resolve().parent.parent


def sql_folder(plugins: Path = _PLUGINS) -> Path:
    """Return the folder with `tables/`, `load/` and the other SQL.

    :param plugins: the folder that holds the package `sparkify`.
    :raises FileNotFoundError: if it is in neither place; the DAGs that need it then show this as their import error.
    """
    places = (plugins / "sql", plugins.parent / "sql")
    for place in places:
        if (place / "tables").is_dir():
            return place
    raise FileNotFoundError(f"sql/ is in neither of {', '.join(map(str, places))}: deploy it beside plugins/, or in it")


def select_of(sql: str) -> str:
    """Return the SELECT of a file, fit to stand in parentheses.

    :param sql: the file's text, rendered.
    """
    return sql.strip().rstrip(";").rstrip()
