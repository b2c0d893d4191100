"""Signing through a service that speaks BSrE's protocol: everybody with their own certificate, no secret left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

import pypdf
import pytest
import structlog
from aiohttp.test_utils import TestServer
from aiohttp.web import Application
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from server.clock import SystemClock
from server.config import SignatureSection
from server.documents.esign import EsignService
from server.documents.signing import Credentials
from server.errors import BalaiError, Refused, Unavailable
from server.meeting import commands
from server.signing_doctor import signature
from tests.factories import CHAIR, SECRETARY, actor
from tests.unit.documents.esign_server import BUDI, LAPSED, PASSPHRASES, PASSWORD, SITI, USERNAME, EsignServer
from tests.unit.documents.test_signing import approved, office

Refusal: TypeAlias = tuple[str, int]  # the code, and how often something was sent to be signed


@pytest.fixture
def server() -> EsignServer:
    return EsignServer()


@pytest.fixture
async def service(server: EsignServer) -> AsyncIterator[EsignService]:
    async with server.serve() as url:
        yield EsignService(f"{url}/", USERNAME, PASSWORD)


def own(nik: str) -> Credentials:
    return Credentials(nik, PASSPHRASES.get(nik, "x"))


@pytest.mark.parametrize("answer", ["pdf", "document"])
async def test_chair_and_secretary_sign_with_their_own_certificates(
    server: EsignServer, service: EsignService, tmp_path: Path, answer: str
) -> None:
    server.answer, ledger = answer, approved()
    papers = office(ledger, tmp_path, service)
    for person_id, nik in ((CHAIR, BUDI), (SECRETARY, SITI)):
        signed = await papers.sign("m1", person_id, own(nik))
        assert signed.manner == "service"
        ledger.wish(commands.SignMinutes(signed.previous, signed.digest, signed.manner), actor(person_id))
    content = await papers.signed("m1", ledger.state.minutes.signed_digest)
    context = ValidationContext(trust_roots=[server.authority.trusted], allow_fetching=False)
    found = PdfFileReader(BytesIO(content)).embedded_signatures
    assert [one.signer_cert.subject.native["common_name"] for one in found] == ["Pemilik 1", "Pemilik 2"]
    for one in found:
        status = await async_validate_pdf_signature(one, signer_validation_context=context)
        assert status.bottom_line, status.pretty_print_details()
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages).replace("\n", " ")
    assert "Balai Sertifikasi Elektronik (BSrE)" in text
    [first, _] = server.asked
    assert {**first, "reason": ""} == {
        "nik": BUDI, "passphrase": PASSPHRASES[BUDI], "tampilan": "invisible", "reason": "", "location": "Contoh",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("credentials", "refused"),
    [
        (None, ("nik", 0)),
        (Credentials("", "x"), ("nik", 0)),
        (Credentials(BUDI, ""), ("passphrase", 0)),
        (Credentials(BUDI, "salah"), ("passphrase", 1)),
        (Credentials("3201010203700009", "x"), ("nik", 0)),
        (Credentials(LAPSED, "x"), ("certificate", 0)),
    ],
)
async def test_a_refusal_is_a_code_of_ours_and_no_passphrase_is_sent_in_vain(
    server: EsignServer,
    service: EsignService,
    tmp_path: Path,
    credentials: Credentials | None,
    refused: tuple[str, int],
) -> None:
    code, sent = refused
    with structlog.testing.capture_logs() as logged, pytest.raises(Refused, match=rf"signature\.{code}$") as told:
        await office(approved(), tmp_path, service).sign("m1", CHAIR, credentials)
    assert len(server.asked) == sent
    assert not (tmp_path / "signed").exists()
    everything = f"{logged} {credentials!r} {told.value.values} {told.value.__cause__!r}"
    for secret in ("salah", *PASSPHRASES, *PASSPHRASES.values()):
        assert secret not in everything


@pytest.mark.parametrize("answer", ["page", "unsigned", "broken"])
async def test_what_is_no_signed_file_is_not_taken_for_one(
    server: EsignServer, service: EsignService, tmp_path: Path, answer: str
) -> None:
    server.answer = answer
    with pytest.raises(Unavailable, match=r"signature\.service$"):
        await office(approved(), tmp_path, service).sign("m1", CHAIR, own(BUDI))
    assert not (tmp_path / "signed").exists()


async def test_a_service_that_is_away_or_does_not_know_us_loses_nothing(server: EsignServer, tmp_path: Path) -> None:
    async def of(url: str, password: str = PASSWORD) -> tuple[str, str]:
        """What the signer is told, and what the doctor."""
        section = SignatureSection(service_url=url, service_username=USERNAME, service_password=password)
        with pytest.raises(BalaiError) as told:
            await office(approved(), tmp_path, EsignService(url, USERNAME, password)).sign("m1", CHAIR, own(BUDI))
        return told.value.code, (await signature(section, SystemClock())).what

    assert await of("http://127.0.0.1:9") == ("signature.service", "signature.service_away")
    async with TestServer(Application()) as other:
        assert await of(str(other.make_url(""))) == ("signature.service", "signature.service_away")
    async with server.serve() as url:
        assert await of(url, "lain") == ("signature.service_login", "signature.service_login")
        good = SignatureSection(service_url=url, service_username=USERNAME, service_password=PASSWORD)
        assert (await signature(good, SystemClock())).what == "signature.service"
    assert not (tmp_path / "signed").exists()
