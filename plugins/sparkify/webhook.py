"""Posting JSON to a webhook whose URL and headers are secrets."""

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

# For connecting, and for each read after that: a webhook that hangs must not hold a worker.
_TIMEOUT_SECONDS = 5.0


class WebhookError(Exception):
    """The webhook was not told; the message quotes neither its URL nor a header."""


class _NoRedirects(HTTPRedirectHandler):
    """Followed, a redirect would turn the post into a request without its body, and carry the headers to any host."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> int:
    """Post `body` as JSON and return the status of the answer.

    :param headers: sent along, an authorisation say.
    :raises WebhookError: for whatever else than an answer that says it was taken.
    """
    if not url.startswith(("http://", "https://")):
        raise WebhookError("it is no http(s) URL")
    try:
        request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})  # noqa: S310
        with build_opener(_NoRedirects).open(request, timeout=_TIMEOUT_SECONDS) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        raise WebhookError(str(error)) from None
    except URLError as error:
        raise WebhookError(str(error.reason)) from None
    except (OSError, HTTPException, ValueError, TypeError) as error:
        # Their texts quote what they do not like: a URL with a blank in it, a header with a line end.
        raise WebhookError(type(error).__name__) from None
