"""TLS on the front's side: the context that every session shares, and the handshake."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from local.redshift.config import ConfigurationError, Tls


def server_context(tls: Tls) -> ssl.SSLContext:
    """Return the context with the configured certificate: TLS 1.2 or later, as Redshift asks for.

    Raises ConfigurationError if a file cannot be read, does not fit, or is a key that others can read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if Path(tls.key).stat().st_mode & 0o077:
            raise ConfigurationError(f"{tls.key} is a private key and open to other users: chmod 600 {tls.key}")
        context.load_cert_chain(tls.certificate, tls.key)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(f"cannot use the certificate {tls.certificate}: {error}") from error
    return context


def accepted(connection: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
    """Return the connection behind a TLS handshake; OSError if the client does not go through with it."""
    return context.wrap_socket(connection, server_side=True)
