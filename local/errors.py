"""What the laptop stack raises when something foreseeable is wrong."""

from __future__ import annotations


class StackError(Exception):
    """A foreseeable failure: what happened, and what to do next, in one line each.

    :param message: what is wrong, with the place (path, port, process).
    :param remedy: what the user can do about it.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message}; {remedy}" if remedy else message)
        self.message = message
        self.remedy = remedy


class CancelledError(Exception):
    """The user asked to stop while something was still under way."""


class ServerDiedError(StackError):
    """A server ended that should be running; carries the last lines of its log."""

    def __init__(self, name: str, code: int | None, log: str, tail: str) -> None:
        ended = f"{name} ended with exit code {code}" if code is not None else f"{name} did not become ready"
        super().__init__(f"{ended}; last lines of {log}:\n{tail}" if tail else f"{ended}; its log {log} is empty")
        self.server = name
        self.code = code
