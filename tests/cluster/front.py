"""What stands for AWS: moto's server, behind a front that writes down every call, and can fail or answer late.

moto knows no Redshift Serverless; the front answers for that itself, see :mod:`tests.cluster.serverless_double`.
"""

import http.client
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from moto.server import ThreadedMotoServer

from tests.cluster.serverless_double import RefusedError, ServerlessDouble

_SCOPE = re.compile(r"Credential=[^/]+/\d+/[\w-]+/([\w-]+)/aws4_request")
READS = ("Describe", "Get", "List")


@dataclass(frozen=True)
class Call:
    """One call as it came over the wire: the service, the action, and its parameters, flat or as JSON."""

    service: str
    action: str
    params: dict[str, Any] = field(compare=False)

    @property
    def name(self) -> str:
        """The call as policies name it."""
        return f"{self.service}:{self.action}"

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return not self.action.startswith(READS)


@dataclass
class Front:
    """A running front.

    :ivar url: the endpoint for all services.
    :ivar calls: what was called, in order.
    :ivar failures: by call name, what its next calls get instead of an answer: an error's code, or code and text; None
        lets one pass.
    :ivar statuses: what the next looks at a cluster see instead of its status, for moto's is available at once.
    """

    url: str
    serverless: ServerlessDouble
    calls: list[Call] = field(default_factory=list)
    failures: dict[str, list[str | tuple[str, str] | None]] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)

    def client(self, service: str, region: str = "us-west-2") -> Any:
        """A client past the record: for the tests' own looks and changes."""
        import boto3

        make: Any = boto3.client
        return make(
            service,
            region_name=region,
            endpoint_url=f"{self.url}/unrecorded",
            aws_access_key_id="tests",
            aws_secret_access_key="tests",
        )

    @property
    def changing(self) -> list[str]:
        """The calls that may have changed something."""
        return [call.name for call in self.calls if call.changes]


@contextmanager
def running_front() -> Iterator[Front]:
    """Start moto, empty, and the front."""
    moto = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    server.moto, server.front = (host, port), Front(address, ServerlessDouble())  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        connection = http.client.HTTPConnection(host, port)
        connection.request("POST", "/moto-api/reset")
        assert connection.getresponse().status == 200
        connection.close()
        yield server.front  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        moto.stop()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        front: Front = self.server.front
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scope = _SCOPE.search(self.headers.get("Authorization", ""))
        service = scope[1] if scope else "unsigned"
        if target := self.headers.get("X-Amz-Target"):
            call = Call(service, target.rpartition(".")[2], json.loads(body))
        else:
            params = dict(parse_qsl(body.decode(), keep_blank_values=True))
            call = Call(service, params.pop("Action"), params)
        if not self.path.startswith("/unrecorded"):
            front.calls.append(call)
            if front.failures.get(call.name):
                failure = front.failures[call.name].pop(0)
                if failure is not None:
                    self._refuse(service, *((failure,) if isinstance(failure, str) else failure))
                    return
        if service == "redshift-serverless":
            self._of_double(front.serverless, call)
        else:
            self._of_moto(front, call, body)

    def _refuse(self, service: str, code: str, said: str = "as told by the test") -> None:
        status = 503 if code == "ServiceUnavailable" else 400
        if service == "redshift-serverless":
            self._send(status, json.dumps({"__type": code, "message": said}).encode(), "application/x-amz-json-1.1")
            return
        text = f"<Error><Code>{code}</Code><Message>{said}</Message></Error>"
        whole = (
            f"<Response><Errors>{text}</Errors></Response>"
            if service == "ec2"
            else f"<ErrorResponse>{text}</ErrorResponse>"
        )
        self._send(status, whole.encode(), "text/xml")

    def _of_double(self, double: ServerlessDouble, call: Call) -> None:
        try:
            answer = double.answer(call.action, call.params)
            self._send(200, json.dumps(answer, default=str).encode(), "application/x-amz-json-1.1")
        except RefusedError as error:
            self._refuse(call.service, error.code, str(error))

    def _of_moto(self, front: Front, call: Call, body: bytes) -> None:
        host, port = self.server.moto
        connection = http.client.HTTPConnection(host, port, timeout=30)
        headers = {key: value for key, value in self.headers.items() if key.lower() not in ("host", "connection")}
        connection.request("POST", "/", body=body, headers=headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        if call.name == "redshift:DescribeClusters" and front.statuses and b"<ClusterStatus>" in said:
            status = front.statuses.pop(0).encode()
            said = re.sub(rb"<ClusterStatus>[^<]*", b"<ClusterStatus>" + status, said)
        self._send(answer.status, said, answer.headers.get("Content-Type", "text/xml"))

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
