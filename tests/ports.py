"""Ports that tests name before anything listens there, out of the reach of servers that choose theirs meanwhile."""

from __future__ import annotations

import itertools
import os
import socket

from local.ports import HOST, RANGE_SETTING

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
# Named ones lie below those that servers choose from; of both each of the processes that share the tests has its own.
# They begin above 10080, the highest port to which browsers refuse to go (https://fetch.spec.whatwg.org/#port-blocking).
_NAMED = range(10_100, 20_000)
_CHOSEN = range(20_000, 32_000)


def _own(ports: range) -> range:
    width = len(ports) // _WORKERS
    return ports[_WORKER * width : (_WORKER + 1) * width]


_next = itertools.cycle(_own(_NAMED))


def keep_apart() -> None:
    """Have this process's servers, and those of the commands that it starts, choose from ports of its own."""
    own = _own(_CHOSEN)
    os.environ[RANGE_SETTING] = f"{own[0]}-{own[-1]}"


def named_ports(count: int) -> list[int]:
    """Return `count` ports on which nothing listens, others at each call."""
    ports: list[int] = []
    while len(ports) < count:
        port = next(_next)
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)):
                ports.append(port)
    return ports
