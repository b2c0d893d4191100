"""A certificate authority and a signer's PKCS#12 file, made for a test. No assertion lives here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from cryptography.x509.oid import NameOID

PASSPHRASE = b"kata-sandi"


def make(folder: Path) -> tuple[Path, bytes]:
    """(the PKCS#12 file, the authority's certificate as DER)."""
    root_key, root_name = ec.generate_private_key(ec.SECP256R1()), _name("Otoritas Contoh")
    root = _certificate(root_name, root_name, root_key, root_key.public_key(), authority=True)
    key = ec.generate_private_key(ec.SECP256R1())
    own = _certificate(_name("Sekretariat Daerah"), root_name, root_key, key.public_key(), authority=False)
    path = folder / "office.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, own, [root], BestAvailableEncryption(PASSPHRASE)))
    path.chmod(0o600)
    return path, root.public_bytes(Encoding.DER)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    name: x509.Name,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    public: ec.EllipticCurvePublicKey,
    *,
    authority: bool,
) -> x509.Certificate:
    signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = _builder(name, issuer, public, authority=authority).add_extension(signed_by, critical=False)
    return builder.sign(issuer_key, SHA256())


def _builder(
    name: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, *, authority: bool
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=not authority, content_commitment=not authority, key_cert_sign=authority, crl_sign=authority,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
