"""PAdES levels, as pyHanko's validator sees them: with a trusted time, and with proof that lasts (B-T, B-LT).

The authority answers over HTTP as a real one does; nothing but the wire is ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from aiohttp.web import Application
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import DocumentSecurityStore, async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from server.documents.pades import PadesSigner, Pkcs12Key, Trust, read_authorities
from server.documents.signatures_seen import signatures_in
from server.documents.signing import SignatureKeyError
from server.errors import Unavailable
from server.meeting import commands
from tests.factories import CHAIR, SECRETARY, actor
from tests.unit.documents.authority import Authority
from tests.unit.documents.test_signing import approved, office


@pytest.fixture
async def authority() -> AsyncIterator[Authority]:
    one = Authority()
    async with one.serve():
        yield one


def key(authority: Authority, folder: Path) -> Pkcs12Key:
    private = ec.generate_private_key(ec.SECP256R1())
    own = authority.issue("Sekretariat Daerah", private.public_key())
    path = folder / "office.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", private, own, [authority.root], NoEncryption()))
    return Pkcs12Key(path, None)


def trust(authority: Authority, folder: Path, *, lasting: bool) -> Trust:
    (folder / "authorities.pem").write_bytes(authority.pem)
    return Trust(f"{authority.url}/tsa", read_authorities(str(folder / "authorities.pem")) if lasting else ())


async def test_with_a_timestamp_service_the_signature_carries_a_trusted_time(
    authority: Authority, tmp_path: Path
) -> None:
    papers = office(
        approved(), tmp_path, PadesSigner(key(authority, tmp_path), trust(authority, tmp_path, lasting=False))
    )
    content = await papers.signed("m1", (await papers.sign("m1", CHAIR)).digest)
    context = ValidationContext(trust_roots=[authority.trusted], allow_fetching=False)
    embedded = PdfFileReader(BytesIO(content)).embedded_signatures[0]
    status = await async_validate_pdf_signature(embedded, signer_validation_context=context)
    assert status.bottom_line
    assert status.timestamp_validity is not None
    assert status.timestamp_validity.trusted
    [seen] = await asyncio.to_thread(signatures_in, content)
    assert (seen.field, seen.subject, seen.level, seen.whole) == ("right", "Sekretariat Daerah", "t", True)


async def test_two_signatures_last_without_any_service_that_still_answers(authority: Authority, tmp_path: Path) -> None:
    ledger = approved()
    papers = office(ledger, tmp_path, PadesSigner(key(authority, tmp_path), trust(authority, tmp_path, lasting=True)))
    for person_id in (CHAIR, SECRETARY):
        signed = await papers.sign("m1", person_id)
        ledger.wish(commands.SignMinutes(signed.previous, signed.digest, signed.manner), actor(person_id))
    content = await papers.signed("m1", ledger.state.minutes.signed_digest)
    assert {"tsa", "ocsp"} <= set(authority.asked)
    reader = PdfFileReader(BytesIO(content))
    assert "/DSS" in reader.root
    proof = DocumentSecurityStore.read_dss(reader)
    for embedded in reader.embedded_regular_signatures:  # from the file alone: nothing may be fetched
        context = proof.as_validation_context(
            {"trust_roots": [authority.trusted], "allow_fetching": False, "revocation_mode": "require"}
        )
        status = await async_validate_pdf_signature(embedded, signer_validation_context=context)
        assert status.bottom_line, status.pretty_print_details()
    seen = await papers.signatures("m1", ledger.state.minutes.signed_digest)
    assert [(one.field, one.level, one.whole) for one in seen] == [("right", "lt", True), ("left", "lt", True)]


async def test_a_revoked_certificate_signs_nothing(authority: Authority, tmp_path: Path) -> None:
    signer = PadesSigner(key(authority, tmp_path), trust(authority, tmp_path, lasting=True))
    with signer._key.open() as own:
        authority.revoked.add(own.signing_cert.serial_number)
    with pytest.raises(Unavailable, match=r"signature\.revocation"):
        await office(approved(), tmp_path, signer).sign("m1", CHAIR)
    assert not (tmp_path / "signed").exists()


@pytest.mark.parametrize("lasting", [False, True])
async def test_where_no_timestamp_is_given_nothing_is_signed_and_it_can_be_tried_again(
    authority: Authority, tmp_path: Path, lasting: bool
) -> None:
    own, ledger = key(authority, tmp_path), approved()
    async with TestServer(Application()) as server:  # answers 404 to everything
        authorities = trust(authority, tmp_path, lasting=lasting).authorities
        for url in (str(server.make_url("/tsa")), "http://127.0.0.1:9/tsa"):  # port 9: nobody listens
            with pytest.raises(Unavailable, match=r"signature\.timestamp"):
                await office(ledger, tmp_path, PadesSigner(own, Trust(url, authorities))).sign("m1", CHAIR)
    assert not (tmp_path / "signed").exists()
    papers = office(ledger, tmp_path, PadesSigner(own, trust(authority, tmp_path, lasting=lasting)))
    assert (await papers.sign("m1", CHAIR)).previous == ""


async def test_what_is_not_whole_is_seen(authority: Authority, tmp_path: Path) -> None:
    papers = office(approved(), tmp_path, PadesSigner(key(authority, tmp_path)))
    content = bytearray(await papers.signed("m1", (await papers.sign("m1", CHAIR)).digest))
    [seen] = await asyncio.to_thread(signatures_in, bytes(content))
    assert (seen.level, seen.whole) == ("b", True)
    content[len(content) // 4] ^= 1
    [seen] = await asyncio.to_thread(signatures_in, bytes(content))
    assert not seen.whole
    assert await asyncio.to_thread(signatures_in, b"no pdf") == ()


def test_a_file_without_certificates_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("none")
    with pytest.raises(SignatureKeyError, match=r"signature\.authorities"):
        read_authorities(str(tmp_path / "a.pem"))
    assert read_authorities("") == ()
