"""The SQL files are found where each kind of deployment puts them."""

from pathlib import Path

import pytest

from sparkify.sql_files import sql_folder


@pytest.mark.parametrize("place", ["sql", "plugins/sql"])
def test_sql_is_found_beside_the_plugins_and_within_them(tmp_path: Path, place: str) -> None:
    (tmp_path / place / "tables").mkdir(parents=True)

    assert sql_folder(tmp_path / "plugins") == tmp_path / place


def test_missing_sql_is_refused_with_the_places_that_were_looked_at(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"plugins/sql, .*/sql: deploy it"):
        sql_folder(tmp_path / "plugins")
