"""The certificates of the key that signs pictures: our own root, and what it vouches for. Values only.

Both live long, because what a certificate signed counts no longer than it does; a key is issued anew in
time. Does not know where they are kept.
"""

import re
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipeline import SigningKey

_ROOT_LIFE, _LIFE = timedelta(days=40 * 365), timedelta(days=30 * 365)
_RENEWED_BEFORE = timedelta(days=365)
_CLOCKS_DIFFER = timedelta(days=1)
_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----\n?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Our own root, which issues the certificates of keys."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """A key that signs, its certificate, who issued that, and who issued earlier ones."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate
    issuer: Issuer
    earlier: tuple[x509.Certificate, ...] = ()

    @property
    def roots(self) -> tuple[bytes, ...]:
        """Give every root in PEM, the newest first."""
        return tuple(map(_pem_of, (self.issuer.certificate, *self.earlier)))

    def written(self) -> bytes:
        """Write all down in PEM; `read` gives it back."""
        return b"".join(
            (
                _pem_of(self.key),
                _pem_of(self.certificate),
                _pem_of(self.issuer.key),
                _pem_of(self.issuer.certificate),
                *map(_pem_of, self.earlier),
            )
        )

    def signing_key(self) -> SigningKey:
        """Give what signs."""
        return SigningKey(
            key_pem=_pem_of(self.key),
            chain_pem=_pem_of(self.certificate) + _pem_of(self.issuer.certificate),
            expires_s=self.certificate.not_valid_after_utc.timestamp(),
        )


def made(now: datetime) -> Keys:
    """Make a root and a key that it vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"root {secrets.token_hex(4)}")
    root = (
        _certificate(key.public_key(), name=name, now=now, life=_ROOT_LIFE)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(is_root=True), critical=True)
        .sign(key, SHA256())
    )
    return _issued(Issuer(key=key, certificate=root), now)


def renewed(keys: Keys, now: datetime) -> Keys:
    """Issue a key anew where its certificate is about to end; by a new root, too, where that one is."""
    if now + _RENEWED_BEFORE <= keys.certificate.not_valid_after_utc:
        return keys
    if now + 2 * _RENEWED_BEFORE < keys.issuer.certificate.not_valid_after_utc:
        return replace(_issued(keys.issuer, now), earlier=keys.earlier)
    return followed(keys, now)


def followed(keys: Keys, now: datetime) -> Keys:
    """Make a new root and a new key after earlier ones."""
    return replace(made(now), earlier=(keys.issuer.certificate, *keys.earlier))


def read(content: bytes) -> Keys:
    """Read what was written down. Raises ValueError."""
    blocks = list(_BLOCK.finditer(content))
    try:
        key, root_key = (_key(m[0]) for m in blocks if m[1] == b"PRIVATE KEY")
        certificate, root, *earlier = (
            x509.load_pem_x509_certificate(m[0]) for m in blocks if m[1] == b"CERTIFICATE"
        )
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("no such key") from error
    if certificate.public_key() != key.public_key() or root.public_key() != root_key.public_key():
        raise ValueError("keys and certificates do not belong together")
    issuer = Issuer(key=root_key, certificate=root)
    return Keys(key=key, certificate=certificate, issuer=issuer, earlier=tuple(earlier))


def blocks_of(content: bytes) -> tuple[bytes, ...]:
    """Give the parts of a PEM file."""
    return tuple(m[0] for m in _BLOCK.finditer(content))


def _issued(issuer: Issuer, now: datetime) -> Keys:
    """Make a key, with a certificate that C2PA takes: one that is only for C2PA is refused."""
    key = ec.generate_private_key(ec.SECP256R1())
    for_mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    life = min(_LIFE, issuer.certificate.not_valid_after_utc - now)
    certificate = (
        _certificate(key.public_key(), name=_name("pictures"), now=now, life=life)
        .issuer_name(issuer.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(is_root=False), critical=True)
        .add_extension(for_mail, critical=False)
        .add_extension(authority, critical=False)
        .sign(issuer.key, SHA256())
    )
    return Keys(key=key, certificate=certificate, issuer=issuer)


def _certificate(
    key: ec.EllipticCurvePublicKey, *, name: x509.Name, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root,
        key_cert_sign=is_root,
        crl_sign=is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(of: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "geuryeojwo (self-issued)"),
            x509.NameAttribute(NameOID.COMMON_NAME, of),
        ]
    )


def _pem_of(part: ec.EllipticCurvePrivateKey | x509.Certificate) -> bytes:
    if isinstance(part, x509.Certificate):
        return part.public_bytes(Encoding.PEM)
    return part.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("no key of an elliptic curve")
    return key
