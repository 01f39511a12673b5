"""Generated secrets, kept in files that only their owner reads."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write `text` to `path` with mode 0600, whole or not at all."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    aside.replace(path)


def keep(path: Path, make: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """Return the secrets in `path`, making and keeping those that are missing.

    :param make: a maker for each name. A second call returns what the first one made.
    """
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = {name: maker() for name, maker in make.items() if name not in kept}
    if missing:
        kept |= missing
        write(path, json.dumps(kept))
    return kept


def token() -> str:
    """Return 192 random bits as URL-safe text."""
    return secrets.token_urlsafe(24)
