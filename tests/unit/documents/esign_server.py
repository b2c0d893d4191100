"""A signing service that behaves at the wire as BSrE's eSign client service does (API version 1), with keys of its own.

No assertion lives here. `asked` keeps what it was sent, for tests to look at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO

from aiohttp import encode_basic_auth
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, Request, Response, json_response
from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.unit.documents.authority import Authority

USERNAME, PASSWORD = "balai", "rahasia-server"
BUDI, SITI, LAPSED = "3201010203700001", "3201014203800002", "3201010505750003"
PASSPHRASES = {BUDI: "Frasa#Budi1", SITI: "Frasa#Siti2"}


@dataclass
class EsignServer:
    """`answer`: "pdf", "document" (a number to fetch it by), or how it misbehaves: "page", "unsigned", "broken"."""

    authority: Authority = field(default_factory=Authority)
    answer: str = "pdf"
    asked: list[dict[str, str]] = field(default_factory=list)
    documents: dict[str, bytes] = field(default_factory=dict)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        app = Application(client_max_size=50_000_000)
        app.router.add_get("/api/user/status/{nik}", self._status)
        app.router.add_post("/api/sign/pdf", self._sign)
        app.router.add_get("/api/sign/download/{number}", self._download)
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/")

    def _knows(self, request: Request) -> bool:
        return request.headers.get("Authorization") == encode_basic_auth(USERNAME, PASSWORD, "utf-8")

    async def _status(self, request: Request) -> Response:
        if not self._knows(request):
            return json_response({"error": "Unauthorized", "status": 401}, status=401)
        nik = request.match_info["nik"]
        if nik in PASSPHRASES:
            return json_response({"status_code": 1111, "status": "ISSUE", "message": "User telah memiliki sertifikat"})
        if nik == LAPSED:
            return json_response({"status_code": 1112, "status": "EXPIRED", "message": "Sertifikat kedaluwarsa"})
        return json_response({"status_code": 1110, "status": "NOT_REGISTERED", "message": "User tidak terdaftar"})

    async def _sign(self, request: Request) -> Response:
        if not self._knows(request):
            return json_response({"error": "Unauthorized", "status": 401}, status=401)
        fields = await request.post()
        content = fields["file"].file.read()  # type: ignore[union-attr]
        self.asked.append({name: value for name, value in fields.items() if isinstance(value, str)})
        nik, passphrase = str(fields.get("nik", "")), str(fields.get("passphrase", ""))
        if nik not in PASSPHRASES:
            return json_response({"error": "User tidak terdaftar", "status_code": 2011}, status=400)
        if passphrase != PASSPHRASES[nik]:
            said = {"error": "Proses signing gagal : Passphrase anda salah", "status_code": 2031}
            return json_response(said, status=400)
        if fields.get("tampilan") not in ("visible", "invisible"):
            return json_response({"error": "Parameter tampilan salah", "status_code": 2004}, status=400)
        return await self._answer(await self._signed(content, nik), content)

    async def _signed(self, content: bytes, nik: str) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        own = self.authority.issue(f"Pemilik {nik[-1]}", key.public_key())
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        known = SimpleCertificateStore()
        known.register(self.authority.trusted)
        certificate = Certificate.load(own.public_bytes(Encoding.DER))
        signer = SimpleSigner(certificate, PrivateKeyInfo.load(der), known)
        about = PdfSignatureMetadata(f"sig{len(self.asked)}", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        signed = BytesIO()
        await PdfSigner(about, signer).async_sign_pdf(IncrementalPdfFileWriter(BytesIO(content)), output=signed)
        return signed.getvalue()

    async def _answer(self, signed: bytes, content: bytes) -> Response:
        if self.answer == "document":
            self.documents["d-1"] = signed
            return json_response({"message": "Proses berhasil", "id_dokumen": "d-1"}, headers={"id_dokumen": "d-1"})
        if self.answer == "page":
            return Response(text="<html>proxy</html>", content_type="text/html")
        if self.answer == "broken":
            signed = signed[: len(content) // 4] + b"?" + signed[len(content) // 4 + 1 :]
        return Response(body=content if self.answer == "unsigned" else signed, content_type="application/pdf")

    async def _download(self, request: Request) -> Response:
        return Response(body=self.documents[request.match_info["number"]], content_type="application/pdf")
