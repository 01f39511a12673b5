"""Log lines as the sample writes them: compact JSON, one key order, `\\/` for a slash and `\\u` for all but ASCII.

The line is assembled from ready pieces, because a million `json.dumps` of eighteen keys cost more than the rest.
"""

from __future__ import annotations

import json

KEYS = (
    "artist",
    "auth",
    "firstName",
    "gender",
    "itemInSession",
    "lastName",
    "length",
    "level",
    "location",
    "method",
    "page",
    "registration",
    "sessionId",
    "song",
    "status",
    "ts",
    "userAgent",
    "userId",
)

# Each page's method and status, as the sample has them.
PAGES = {
    "About": ("GET", 200),
    "Downgrade": ("GET", 200),
    "Error": ("GET", 404),
    "Help": ("GET", 200),
    "Home": ("GET", 200),
    "Login": ("PUT", 307),
    "Logout": ("PUT", 307),
    "NextSong": ("PUT", 200),
    "Save Settings": ("PUT", 307),
    "Settings": ("GET", 200),
    "Submit Downgrade": ("PUT", 307),
    "Submit Upgrade": ("PUT", 307),
    "Upgrade": ("GET", 200),
}

_PAGE_TEXT = {page: f'{method}","page":"{page}' for page, (method, _) in PAGES.items()}
_STATUS_TEXT = {page: f'"status":{status},"ts":' for page, (_, status) in PAGES.items()}


def text(value: str) -> str:
    """Return a JSON string with slashes escaped, as the sample's writer does."""
    return json.dumps(value).replace("/", "\\/")


def as_logged(value: str) -> str:
    """Return text as it reaches the log: its UTF-8 was twice read as Latin-1 on the way, as in the sample.

    Names beyond ASCII therefore never equal the catalogue's, which are right.
    """
    if value.isascii():
        return value
    return value.encode().decode("latin-1").encode().decode("latin-1")


class Listener:
    """A user's own pieces of a line."""

    __slots__ = ("_agent", "_before_item", "_before_length", "_before_method", "_before_session")

    def __init__(
        self,
        *,
        user_id: int,
        first_name: str,
        last_name: str,
        gender: str,
        location: str,
        registration: int,
        user_agent: str,
    ) -> None:
        self._before_item = f',"auth":"Logged In","firstName":{text(first_name)},"gender":"{gender}","itemInSession":'
        self._before_length = f',"lastName":{text(last_name)},"length":'
        self._before_method = f'","location":{text(location)},"method":"'
        self._before_session = f'","registration":{registration}.0,"sessionId":'
        self._agent = f',"userAgent":{text(user_agent)},"userId":"{user_id}"}}'

    def line(
        self,
        page: str,
        session: int,
        item: int,
        ts: int,
        level: str,
        artist: str = "null",
        title: str = "null",
        length: str = "null",
    ) -> str:
        """Return a line of a user who is logged in; ts in epoch milliseconds, the song's fields as JSON text."""
        return (
            f'{{"artist":{artist}{self._before_item}{item}{self._before_length}{length},"level":"{level}'
            f'{self._before_method}{_PAGE_TEXT[page]}{self._before_session}{session},"song":{title},'
            f"{_STATUS_TEXT[page]}{ts}{self._agent}"
        )


def logged_out_line(page: str, session: int, item: int, ts: int, level: str) -> str:
    """Return a line of nobody in particular: no name, place, agent or registration, and an empty userId."""
    return (
        '{"artist":null,"auth":"Logged Out","firstName":null,"gender":null,'
        f'"itemInSession":{item},"lastName":null,"length":null,"level":"{level}","location":null,'
        f'"method":"{_PAGE_TEXT[page]}","registration":null,"sessionId":{session},"song":null,'
        f'{_STATUS_TEXT[page]}{ts},"userAgent":null,"userId":""}}'
    )
