"""Old logs go when the stack starts; everything else stays."""

import os
import time
from pathlib import Path

from local.retention import prune_logs


def write(path: Path, *, days_ago: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    then = time.time() - days_ago * 86_400
    os.utime(path, (then, then))
    return path


def test_log_files_older_than_a_week_go_with_the_folders_left_empty(tmp_path: Path) -> None:
    write(tmp_path / "dag_id=a" / "run_id=1" / "attempt=1.log", days_ago=8)
    young = write(tmp_path / "dag_id=a" / "run_id=2" / "attempt=1.log", days_ago=6)
    assert prune_logs(tmp_path) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [young]
    assert not (tmp_path / "dag_id=a" / "run_id=1").exists()
    assert prune_logs(tmp_path) == 0


def test_what_a_link_in_the_logs_points_to_stays(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "file", days_ago=99)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "latest").symlink_to(outside.parent)
    assert prune_logs(tmp_path / "logs") == 0
    assert outside.exists()


def test_logs_that_are_not_there_yet_are_no_error(tmp_path: Path) -> None:
    assert prune_logs(tmp_path / "none") == 0
