"""What the stack forgets by itself, so that its home does not grow for ever."""

from __future__ import annotations

import os
import time
from pathlib import Path

KEEP_DAYS = 7


def prune_logs(logs: Path, *, days: float = KEEP_DAYS) -> int:
    """Remove the log files below `logs` that nobody has written for `days`, and the folders left empty.

    Returns how many files went. Idempotent; symbolic links are neither followed nor removed.
    """
    before = time.time() - days * 86_400
    removed = 0
    # From the leaves up, so that a folder is empty by the time it is looked at.
    for folder, _, names in os.walk(logs, topdown=False):
        place = Path(folder)
        for path in (place / name for name in names):
            if not path.is_symlink() and path.stat().st_mtime < before:
                path.unlink()
                removed += 1
        if place != logs and not any(place.iterdir()):
            place.rmdir()
    return removed
