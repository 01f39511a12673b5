"""A certificate for servers on this machine: an authority of its own, whose key nobody keeps, signs it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local import secret_files

# Systems that limit how long a server's certificate may last take 825 days.
_LASTS = timedelta(days=800)
_RENEWED = timedelta(days=30)
# Clocks differ, in containers say.
_EARLIER = timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """Where a server's certificate lies.

    :param authority: what clients trust, PEM. :param chain: the server's certificate and the authority's, PEM.
    :param key: the server's private key, PEM, readable by its owner alone.
    """

    authority: Path
    chain: Path
    key: Path


def keep(directory: Path) -> Certificate:
    """Return the certificate in `directory`, made when it is missing or ends within 30 days.

    It is for localhost, 127.0.0.1 and ::1. A second call returns what the first one made.
    """
    kept = Certificate(directory / "authority.pem", directory / "server.pem", directory / "server.key")
    if not _lasts(kept):
        _make(kept)
    return kept


def _lasts(kept: Certificate) -> bool:
    # The authority is written last, so an interrupted start leaves nothing that looks whole.
    if not (kept.authority.exists() and kept.chain.exists() and kept.key.exists()):
        return False
    ends = x509.load_pem_x509_certificate(kept.chain.read_bytes()).not_valid_after_utc
    return ends - datetime.now(UTC) > _RENEWED


def _make(kept: Certificate) -> None:
    kept.authority.unlink(missing_ok=True)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = _name("Sparkify's stand-in for Redshift: authority")
    signed_by = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        _builder(name, name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(signed_by, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    server = (
        _builder(_name("localhost"), name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signed_by), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    secret_files.write(kept.key, private.decode())
    pem = [certificate.public_bytes(serialization.Encoding.PEM).decode() for certificate in (server, authority)]
    secret_files.write(kept.chain, "".join(pem))
    secret_files.write(kept.authority, pem[1])


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _LASTS)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
