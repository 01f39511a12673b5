"""The page's own files: markup, styles, scripts and the charting library, all served from here."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import HTTPException
from fastapi.responses import FileResponse, Response

_FOLDER = Path(__file__).resolve().parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def _served() -> dict[str, tuple[Path, str]]:
    """By the name in its address each file, and a tag of its content: there is no path to climb out of."""
    found = (path for path in _FOLDER.rglob("*") if path.suffix in _TYPES)
    return {
        path.relative_to(_FOLDER).as_posix(): (path, f'"{hashlib.sha256(path.read_bytes()).hexdigest()[:32]}"')
        for path in found
    }


def page() -> FileResponse:
    """The page's markup."""
    return FileResponse(_FOLDER / "page.html", media_type="text/html", headers={"cache-control": "no-store"})


def static(name: str, known: str | None) -> Response:
    """One of the files that the page needs.

    :param known: the tag of what the browser has; if it has this, it is told so.
    """
    path, tag = _served().get(name, (None, ""))
    if path is None:
        raise HTTPException(404)
    # To be asked for again each time: an upgrade is then seen at once, and costs an answer without a body.
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if known == tag:
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=headers)
