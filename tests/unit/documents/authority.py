"""A small certificate authority that answers over HTTP: OCSP, CRL and timestamps (RFC 6960, 5280, 3161).

No assertion lives here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.tsp import TimeStampReq
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

PublicKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
Usages: TypeAlias = Sequence[x509.ObjectIdentifier]
DAY = timedelta(days=1)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """`url`: where `serve` answers; its certificates say so. `revoked`: serial numbers."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.url = ""
        self.revoked: set[int] = set()
        self.asked: list[str] = []
        builder = self._builder(name("Otoritas Contoh"), self.key.public_key(), authority=True)
        self.root = builder.sign(self.key, SHA256())

    @property
    def pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)

    @property
    def trusted(self) -> Certificate:
        return Certificate.load(self.root.public_bytes(Encoding.DER))

    def issue(
        self, common_name: str, public: PublicKey, usage: Sequence[x509.ObjectIdentifier] = ()
    ) -> x509.Certificate:
        builder = self._builder(name(common_name), public, authority=False)
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=True)
        if self.url:
            at = x509.UniformResourceIdentifier(f"{self.url}/ocsp")
            answers = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, at)
            builder = builder.add_extension(x509.AuthorityInformationAccess([answers]), critical=False)
            at = x509.UniformResourceIdentifier(f"{self.url}/crl")
            point = x509.DistributionPoint([at], relative_name=None, reasons=None, crl_issuer=None)
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        return builder.sign(self.key, SHA256())

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Its address, for as long as it answers."""
        app = Application()
        app.router.add_post("/tsa", self._stamp)
        app.router.add_post("/ocsp", self._status)
        app.router.add_get("/crl", self._list)
        async with TestServer(app) as server:
            self.url = str(server.make_url("")).rstrip("/")
            key = rsa.generate_private_key(65537, 2048)
            own = self.issue("Layanan Waktu Contoh", key.public_key(), [ExtendedKeyUsageOID.TIME_STAMPING])
            der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            self.stamper = DummyTimeStamper(
                Certificate.load(own.public_bytes(Encoding.DER)), PrivateKeyInfo.load(der), fixed_dt=datetime.now(UTC)
            )
            yield self.url

    async def _stamp(self, request: Request) -> Response:
        self.asked.append("tsa")
        asked = TimeStampReq.load(await request.read())
        return Response(
            body=self.stamper.request_tsa_response(asked).dump(), content_type="application/timestamp-reply"
        )

    async def _status(self, request: Request) -> Response:
        self.asked.append("ocsp")
        asked = ocsp.load_der_ocsp_request(await request.read())
        gone, now = asked.serial_number in self.revoked, datetime.now(UTC)
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number, asked.hash_algorithm,
            ocsp.OCSPCertStatus.REVOKED if gone else ocsp.OCSPCertStatus.GOOD,
            now - timedelta(minutes=1), now + DAY, now - DAY if gone else None, None,
        ).responder_id(ocsp.OCSPResponderEncoding.HASH, self.root)  # fmt: skip
        answer = builder.sign(self.key, SHA256())
        return Response(body=answer.public_bytes(Encoding.DER), content_type="application/ocsp-response")

    async def _list(self, _: Request) -> Response:
        self.asked.append("crl")
        now = datetime.now(UTC)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.root.subject)
        builder = builder.last_update(now - timedelta(minutes=1)).next_update(now + DAY)
        for serial in self.revoked:
            gone = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - DAY).build()
            builder = builder.add_revoked_certificate(gone)
        listed = builder.sign(self.key, SHA256())
        return Response(body=listed.public_bytes(Encoding.DER), content_type="application/pkix-crl")

    def _builder(self, subject: x509.Name, public: PublicKey, *, authority: bool) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=not authority, key_cert_sign=authority, crl_sign=authority,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        issuer = subject if authority else self.root.subject
        signed_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + 365 * DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(signed_by, critical=False)
        )
