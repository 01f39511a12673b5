"""Loopback ports: free ones for what only our own processes use, and a clear refusal for the fixed ones."""

from __future__ import annotations

import functools
import itertools
import os
import random
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import psutil

from local.errors import StackError

HOST = "127.0.0.1"
# Below every system's ephemeral range, so that no outgoing connection takes a port between our choice and the
# server's bind.
_RANGE = "20000-31999"
# Another range, for those who start several stacks at once: two that choose at one moment may choose the same.
RANGE_SETTING = "SPARKIFY_FREE_PORTS"


_lock = threading.Lock()
# What has been found free for a purpose of its own, and may not be bound yet.
_promised: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Return `count` different loopback ports on which nothing listens now.

    Until every port of the range has had its turn, none is returned twice: servers that start side by side choose
    their ports before any of them listens.

    :raises StackError: if SPARKIFY_FREE_PORTS is no range, or too few in it are free.
    """
    ports: list[int] = []
    with _lock, ExitStack() as held:
        choice = _choice()
        for port in itertools.islice(_turns(choice), len(choice)):
            if port in _promised:
                continue
            probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            ports.append(port)
            if len(ports) == count:
                return ports
    raise StackError(f"no free loopback port from {choice[0]} to {choice[-1]}", "stop what holds them")


@functools.cache
def _turns(choice: range) -> Iterator[int]:
    # One after the other from a random begin: two commands that start at one moment seldom come near each other.
    begin = random.randrange(len(choice))  # noqa: S311 - no secret
    return itertools.cycle([*choice[begin:], *choice[:begin]])


def _choice() -> range:
    text = os.environ.get(RANGE_SETTING, "").strip() or _RANGE
    if (found := re.fullmatch(r"(\d+)-(\d+)", text)) and 1024 <= int(found[1]) <= int(found[2]) <= 65535:
        return range(int(found[1]), int(found[2]) + 1)
    raise StackError(f"{RANGE_SETTING} is {text!r}", f"set it to a range above 1023 like {_RANGE}")


def require_free(port: int, *, purpose: str, setting: str) -> None:
    """Raise StackError when `port` is taken, naming its holder (if visible) and the setting to change.

    One that is not is kept from `free_ports` from then on.

    :param purpose: what we wanted the port for, as the user knows it.
    :param setting: the environment variable that chooses another port.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers bind with SO_REUSEADDR: a port in TIME_WAIT is free to them, so it must be free to the
        # probe.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError as error:
            raise StackError(
                f"port {port} ({purpose}) may not be used by this user", f"set {setting} to a port above 1023"
            ) from error
        except OSError as error:
            raise StackError(
                f"port {port} ({purpose}) is taken{_holder(port)}",
                f"stop that, or set {setting} to a free port",
            ) from error
    _promised.add(port)


def _holder(port: int) -> str:
    try:
        listeners = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        pids = {c.pid for c in listeners if c.pid and c.laddr and c.laddr[1] == port}
        return "".join(f" by {psutil.Process(pid).name()} (pid {pid})" for pid in sorted(pids))
    except psutil.Error:
        return ""  # another user's process, or a system that does not show owners
