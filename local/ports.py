"""Loopback ports: free ones for what only our own processes use, and a clear refusal for the fixed ones."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack

import psutil

from local.errors import StackError

HOST = "127.0.0.1"
# Below every system's ephemeral range, so that no outgoing connection takes a port between our choice and the
# server's bind.
_LOWEST, _HIGHEST = 20_000, 32_000


def free_ports(count: int) -> list[int]:
    """Return `count` different loopback ports on which nothing listens now."""
    ports: list[int] = []
    with ExitStack() as held:
        for port in random.sample(range(_LOWEST, _HIGHEST), _HIGHEST - _LOWEST):
            if len(ports) == count:
                break
            probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            ports.append(port)
    if len(ports) < count:
        raise StackError(f"no free loopback port between {_LOWEST} and {_HIGHEST}", "stop what holds them")
    return ports


def require_free(port: int, *, purpose: str, setting: str) -> None:
    """Raise StackError when `port` is taken, naming its holder (if visible) and the setting to change.

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


def _holder(port: int) -> str:
    try:
        listeners = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        pids = {c.pid for c in listeners if c.pid and c.laddr and c.laddr[1] == port}
        return "".join(f" by {psutil.Process(pid).name()} (pid {pid})" for pid in sorted(pids))
    except psutil.Error:
        return ""  # another user's process, or a system that does not show owners
