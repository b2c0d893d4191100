"""Letters that go out signed: one file for all, whose hash is a fact before anybody has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from server.documents.kept import KeptPapers
from server.documents.pades import PadesSigner, Pkcs12Key
from server.documents.papers import Signing
from server.documents.signing import Asks, Request
from server.errors import Unavailable
from server.meeting import commands
from server.meeting.facts import LetterIssued
from server.store.store import Store
from tests.factories import SECRETARY, actor
from tests.fakes import FakeClock
from tests.unit.documents import keys
from tests.unit.mail.office import MailOffice, MailServer, crowd, open_office


@dataclass
class Fallible:
    """The office's real key, behind a line that may be down."""

    key: PadesSigner
    down: bool = False

    @property
    def manner(self) -> Literal["certificate", "service"]:
        return self.key.manner

    @property
    def asks(self) -> Asks:
        return self.key.asks

    async def sign(self, content: bytes, request: Request) -> bytes:
        if self.down:
            raise Unavailable("signature.failed")
        return await self.key.sign(content, request)


@dataclass
class Signed:
    office: MailOffice
    signer: Fallible
    root: Certificate


@pytest.fixture
async def signed(tmp_path: Path, server: MailServer) -> AsyncIterator[Signed]:
    path, root = keys.make(tmp_path)
    signer = Fallible(PadesSigner(Pkcs12Key(path, keys.PASSPHRASE)))
    signing = Signing(KeptPapers(tmp_path / "signed"), signer)
    office = await open_office(tmp_path / "data", FakeClock(), server.port, signing=signing)
    yield Signed(office, signer, Certificate.load(root))
    await office.close()


def files(server: MailServer) -> list[bytes]:
    return [one.part("application/pdf").get_payload(decode=True) for one in server.box.mails]  # type: ignore[misc]


async def issued(store: Store, meeting_id: str) -> list[LetterIssued]:
    return [one.fact for one in await store.journal.read(meeting_id) if isinstance(one.fact, LetterIssued)]


async def test_all_get_the_one_signed_file_whose_hash_is_a_fact(signed: Signed, server: MailServer) -> None:
    office = signed.office
    meeting_id = await office.meeting(crowd(6))
    await office.invite(meeting_id)
    assert len(files(server)) == 6
    assert len(set(files(server))) == 1
    content = files(server)[0]
    facts = await issued(office.store, meeting_id)
    assert [(one.language, one.digest, one.manner) for one in facts] == [
        ("id", sha256(content).hexdigest(), "certificate")
    ]
    embedded = PdfFileReader(BytesIO(content)).embedded_signatures
    context = ValidationContext(trust_roots=[signed.root], allow_fetching=False)
    status = await async_validate_pdf_signature(embedded[0], signer_validation_context=context)
    assert status.bottom_line, status.pretty_print_details()


async def test_a_letter_that_reads_otherwise_is_signed_anew_and_an_answer_changes_nothing(
    signed: Signed, server: MailServer
) -> None:
    office = signed.office
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    count = len(files(server))
    start = (await office.rooms.state(meeting_id)).plan.starts_ms
    await office.wish(meeting_id, commands.AnswerInvitation(SECRETARY, "yes", start), actor(SECRETARY))
    await office.pass_ms(60_000)
    assert len(await issued(office.store, meeting_id)) == 1
    await office.change(meeting_id, place="Aula")
    await office.pass_ms(60_000)
    facts = await issued(office.store, meeting_id)
    assert len({one.digest for one in facts}) == len(facts) == 2
    assert {sha256(one).hexdigest() for one in files(server)[count:]} == {facts[1].digest}


async def test_while_nothing_can_be_signed_letters_wait_and_then_go_out(signed: Signed, server: MailServer) -> None:
    office, signed.signer.down = signed.office, True
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    assert files(server) == []
    posts = await office.desk.posts(meeting_id)
    assert all(one.state == "queued" and one.reason and one.attempts == 0 for one in posts)
    signed.signer.down = False
    await office.pass_ms(60_000)
    assert len(files(server)) == len(posts)
    assert {one.state for one in await office.desk.posts(meeting_id)} == {"sent"}
