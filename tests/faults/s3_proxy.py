"""Stands between S3 and its clients: answers in its place as S3 does in bad times, loses bodies, hides new objects."""

import asyncio
import contextlib
import socket
import struct
import threading
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from typing import Literal

import aiohttp
from aiohttp import web
from yarl import URL

from local.ports import HOST

Kind = Literal["internal_error", "slow_down", "reset", "truncated", "lagging"]
_ERRORS = {
    "internal_error": (500, "InternalError", "We encountered an internal error. Please try again."),
    "slow_down": (503, "SlowDown", "Please reduce your request rate."),
}
# What belongs to one connection and is not passed on, https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
_OF_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "expect", "te", "trailer", "upgrade"}
_XML = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass
class Disturbance:
    """What happens to some of the requests that come next.

    :ivar requests: to how many of those that it is about.
    :ivar hidden: lagging: objects whose key contains this are not listed.
    :ivar of: truncated: only objects whose key ends so.
    :ivar met: set with the first. :ivar over: set with the last.
    """

    kind: Kind
    requests: int
    hidden: str = ""
    of: str = ""
    met: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def fits(self, request: web.BaseRequest) -> bool:
        """Tell whether it is about this request."""
        listing = request.method == "GET" and request.query.get("list-type") == "2"
        if self.kind == "lagging":
            return listing and request.query.get("prefix", "").startswith("log_data/")
        if self.kind == "truncated":
            return request.method == "GET" and not listing and request.path.endswith(self.of)
        return True


class S3Proxy:
    """Listens on a port of this machine and passes on to S3's.

    :param port: to listen on. :param target: S3's.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self._armed: list[Disturbance] = []
        self._refusing = False
        self._runner: web.ServerRunner | None = None
        self._site: web.TCPSite | None = None
        self._above: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Get ready, and listen."""
        # Passed on as it is: not decompressed, and with no connection kept that a restart of S3 would break.
        self._above = aiohttp.ClientSession(
            auto_decompress=False, connector=aiohttp.TCPConnector(force_close=True, limit=0)
        )
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None))
        await self._runner.setup()
        await self.listen()

    async def listen(self) -> None:
        """Let clients in."""
        assert self._runner
        self._refusing = False
        self._site = web.TCPSite(self._runner, HOST, self.port, reuse_address=True)
        await self._site.start()

    async def refuse(self) -> None:
        """Let no client in, until `listen` is called again; the next request on a kept connection ends that."""
        assert self._site
        self._refusing = True
        await self._site.stop()

    async def stop(self) -> None:
        """End everything."""
        if self._runner:
            await self._runner.cleanup()
        if self._above:
            await self._above.close()

    async def arm(self, disturbance: Disturbance) -> None:
        """Disturb the requests that it fits."""
        self._armed.append(disturbance)

    async def disarm(self, disturbance: Disturbance) -> None:
        """Stop a disturbance before it is over."""
        with contextlib.suppress(ValueError):
            self._armed.remove(disturbance)

    def _disturbed(self, request: web.BaseRequest) -> Disturbance | None:
        for disturbance in self._armed:
            if disturbance.fits(request):
                disturbance.requests -= 1
                disturbance.met.set()
                if disturbance.requests <= 0:
                    self._armed.remove(disturbance)
                    disturbance.over.set()
                return disturbance
        return None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        # A client that asks first whether it may send a body has to be told.
        if request.headers.get("Expect", "").lower() == "100-continue" and request.transport:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await request.read()
        disturbance = self._disturbed(request)
        if self._refusing or (disturbance and disturbance.kind == "reset"):
            return _reset(request)
        if disturbance and disturbance.kind in _ERRORS:
            return _error(*_ERRORS[disturbance.kind])
        assert self._above
        url = URL(f"http://{HOST}:{self.target}{request.raw_path}", encoded=True)
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _OF_CONNECTION]
        try:
            async with self._above.request(
                request.method,
                url,
                headers=headers,
                data=body or None,
                allow_redirects=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, OSError):
            return _reset(request)
        kept = [(n, v) for n, v in answer.headers.items() if n.lower() not in _OF_CONNECTION | {"content-length"}]
        if disturbance and disturbance.kind == "lagging" and answer.status == 200:
            content = _without(content, disturbance.hidden)
        length = int(answer.headers.get("Content-Length", len(content))) if request.method == "HEAD" else len(content)
        response = web.StreamResponse(status=answer.status, reason=answer.reason)
        response.headers.extend(kept)
        response.content_length = length
        await response.prepare(request)
        if request.method != "HEAD":
            if disturbance and disturbance.kind == "truncated":
                # All that was announced, but half of it: the connection then ends as if all was well.
                await response.write(content[: length // 2])
                if request.transport:
                    request.transport.close()
                return response
            await response.write(content)
        await response.write_eof()
        return response


def _error(status: int, code: str, message: str) -> web.Response:
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>'
        "<RequestId>0</RequestId></Error>"
    )
    return web.Response(status=status, text=text, content_type="application/xml")


def _reset(request: web.BaseRequest) -> web.Response:
    """End the connection without an answer; what is returned goes nowhere."""
    if request.transport:
        sock = request.transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert isinstance(request.transport, asyncio.Transport)
        request.transport.abort()
    return web.Response(status=500)


def _without(listing: bytes, hidden: str) -> bytes:
    """Return a listing without the objects whose key contains `hidden`."""
    ET.register_namespace("", _XML)
    root = ET.fromstring(listing)  # noqa: S314  (our own S3)
    namespace = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    for item in root.findall(f"{namespace}Contents"):
        if hidden in (item.findtext(f"{namespace}Key") or ""):
            root.remove(item)
    count = root.find(f"{namespace}KeyCount")
    if count is not None:
        count.text = str(len(root.findall(f"{namespace}Contents")))
    return ET.tostring(root, xml_declaration=True, encoding="UTF-8")
