"""Errors that reach the client as an ErrorResponse."""

from __future__ import annotations

NOT_SUPPORTED = "0A000"
SYNTAX = "42601"
INTERNAL = "XX000"


class RedshiftError(Exception):
    """An error that the front itself raises to the client.

    :param message: the primary text. :param code: its SQLSTATE. :param detail: the DETAIL text.
    :param hint: the HINT text. :param severity: ERROR, or FATAL where the connection ends.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = INTERNAL,
        detail: str | None = None,
        hint: str | None = None,
        severity: str = "ERROR",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.detail = detail
        self.hint = hint
        self.severity = severity

    def fields(self) -> dict[str, str]:
        """Return the ErrorResponse's fields by their one-letter codes."""
        fields = {"S": self.severity, "V": self.severity, "C": self.code, "M": self.message}
        if self.detail is not None:
            fields["D"] = self.detail
        if self.hint is not None:
            fields["H"] = self.hint
        return fields


class UnsupportedError(RedshiftError):
    """A statement that the stand-in refuses, because it or Redshift does not support it."""

    def __init__(self, what: str, *, hint: str | None = None) -> None:
        super().__init__(f"stand-in: {what}", code=NOT_SUPPORTED, hint=hint)


class StatementSyntaxError(RedshiftError):
    """A statement that does not parse."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code=SYNTAX)


def boxed(
    error: str, *, context: str = "", query: int = 0, location: str = "", process: str = "padbmaster", pid: int
) -> str:
    """Return the DETAIL text in which Redshift boxes an internal error of code 8001, as users' transcripts show it.

    :param error: the error's own line. :param context: what was being read. :param query: the query's id.
    :param location: source file and line; empty where it is not known. :param pid: the session's process id.
    """
    rule = "-" * 47
    rows = [
        ("error:", error),
        ("code:", "8001"),
        ("context:", context),
        ("query:", str(query)),
        ("location:", location),
        ("process:", f"{process} [pid={pid}]"),
    ]
    lines = "\n".join(f"  {name:<10} {value}".rstrip() for name, value in rows)
    return f"\n  {rule}\n{lines}\n  {rule}\n"
