"""Approved minutes are signed twice in one file, as pyHanko's validator says; the digest can be recomputed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from server.documents import compose
from server.documents.digest import canonical, digest
from server.documents.kept import KeptPapers
from server.documents.pades import PadesSigner, Pkcs12Key, first_line
from server.documents.papers import OfficePapers, Signing
from server.documents.signing import SignatureKeyError, Signer
from server.errors import NotFound, Unavailable
from server.meeting import commands
from server.meeting.facts import NumberedFact
from tests.factories import CHAIR, SECRETARY, Ledger, actor
from tests.fakes import FakeClock
from tests.unit.documents import keys
from tests.unit.documents.told import OFFICE, told
from tests.unit.meeting.test_approving import COURSE, closed, go_on
from web.i18n import Catalogues

WORDS = Catalogues().words
URL = "https://rapat.contoh.go.id"


def approved() -> Ledger:
    ledger = closed()
    for _, command, who in COURSE[:7]:
        go_on(ledger, command, who)
    paper = compose.notula("m1", ledger.facts, ledger.now_ms)
    ledger.wish(commands.ApproveMinutes(digest(paper), ledger.state.minutes.version), actor(CHAIR))
    return ledger


class Rooms:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]:
        return self.ledger.facts[number:]


def office(ledger: Ledger, folder: Path, signer: Signer | None, public_url: str = URL) -> OfficePapers:
    signing = Signing(KeptPapers(folder / "signed"), signer)
    return OfficePapers(Rooms(ledger), WORDS, OFFICE, FakeClock(), public_url=public_url, signing=signing)


async def test_chair_and_secretary_sign_one_file_and_both_signatures_are_valid(tmp_path: Path) -> None:
    ledger = approved()
    path, root = keys.make(tmp_path)
    papers = office(ledger, tmp_path, PadesSigner(Pkcs12Key(path, keys.PASSPHRASE)))
    for person_id in (CHAIR, SECRETARY):
        signed = await papers.sign("m1", person_id)
        assert signed.previous == ledger.state.minutes.signed_digest
        ledger.wish(commands.SignMinutes(signed.previous, signed.digest, signed.manner), actor(person_id))
    content = await papers.signed("m1", ledger.state.minutes.signed_digest)
    first = await papers.signed("m1", ledger.state.minutes.signatures[0].digest)
    assert content.startswith(first)  # by incremental update: what was signed is still there, byte for byte
    reader = PdfFileReader(BytesIO(content))
    context = ValidationContext(trust_roots=[Certificate.load(root)], allow_fetching=False)
    assert [one.field_name for one in reader.embedded_signatures] == ["right", "left"]
    for embedded in reader.embedded_signatures:
        status = await async_validate_pdf_signature(embedded, signer_validation_context=context)
        assert status.bottom_line, status.pretty_print_details()
        assert str(embedded.sig_object["/SubFilter"]) == "/ETSI.CAdES.detached"
    fields = [one for page in pypdf.PdfReader(BytesIO(content)).pages for one in page.get("/Annots") or []]
    boxes = sorted([float(side) for side in one.get_object()["/Rect"]] for one in fields if "/FT" in one.get_object())
    assert len(boxes) == 2
    assert boxes[0][2] < boxes[1][0]  # beside each other, on the paper
    assert all(0 < left < right < 596 and 0 < low < high < 842 for left, low, right, high in boxes)


async def test_a_visible_field_stands_between_the_caption_and_the_name(tmp_path: Path) -> None:
    ledger = approved()
    path, _ = keys.make(tmp_path)
    papers = office(ledger, tmp_path, PadesSigner(Pkcs12Key(path, keys.PASSPHRASE)))
    content = await papers.signed("m1", (await papers.sign("m1", CHAIR)).digest)
    page = pypdf.PdfReader(BytesIO(content)).pages[-1]
    heights: dict[str, float] = {}

    def note(text: str, page_at: Sequence[float], at: Sequence[float], _: object, __: object) -> None:
        heights[text.strip()] = at[4] * page_at[1] + at[5] * page_at[3] + page_at[5]

    page.extract_text(visitor_text=note)
    boxes = [one.get_object()["/Rect"] for one in page["/Annots"]]
    assert len(boxes) == 2
    for caption, name in (("Notulis,", "Sari Secretary"), ("Pimpinan rapat,", "Rahayu Chair")):
        above = next(height for text, height in heights.items() if text.endswith(caption))
        below = next(height for text, height in heights.items() if text == name)
        assert all(below < float(low) < float(high) < above for _, low, _, high in boxes)


async def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    ledger = approved()
    path, root = keys.make(tmp_path)
    papers = office(ledger, tmp_path, PadesSigner(Pkcs12Key(path, keys.PASSPHRASE)))
    signed = await papers.sign("m1", CHAIR)
    content = bytearray(await papers.signed("m1", signed.digest))
    content[len(content) // 4] ^= 1
    context = ValidationContext(trust_roots=[Certificate.load(root)], allow_fetching=False)
    embedded = PdfFileReader(BytesIO(bytes(content)), strict=False).embedded_signatures[0]
    status = await async_validate_pdf_signature(embedded, signer_validation_context=context)
    assert not status.bottom_line
    (tmp_path / "signed" / "m1" / f"{signed.digest}.pdf").write_bytes(bytes(content))
    with pytest.raises(NotFound, match=r"minutes\.no_file"):
        await papers.signed("m1", signed.digest)


async def test_a_key_that_cannot_be_opened_is_said_at_once(tmp_path: Path) -> None:
    path, _ = keys.make(tmp_path)
    (tmp_path / "passphrase").write_text("salah\n")
    with pytest.raises(SignatureKeyError):
        Pkcs12Key(path, first_line(str(tmp_path / "passphrase")))
    path.write_bytes(b"not a key")
    with pytest.raises(SignatureKeyError):
        Pkcs12Key(path, keys.PASSPHRASE)
    with pytest.raises(Unavailable, match=r"signature\.none"):
        await office(approved(), tmp_path, None).sign("m1", CHAIR)


async def test_the_unsigned_notula_has_the_same_bytes_each_time_and_leads_to_its_verification(tmp_path: Path) -> None:
    ledger = approved()
    papers = office(ledger, tmp_path, None)
    first = await papers.notula_pdf("m1", "id")
    assert first == await papers.notula_pdf("m1", "id")
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(first)).pages)
    assert f"/verify/m1-{ledger.state.minutes.digest[:16]}" in text.replace("\n", "")
    assert "Disahkan oleh Rahayu Chair" in text
    assert "KONSEP" not in text
    assert "/verify/" not in str(await office(ledger, tmp_path, None, "").paper("m1", "notula", "docx", "id"))


def test_the_digest_is_that_of_the_bytes_that_anybody_can_have_and_later_facts_leave_it() -> None:
    ledger = approved()
    before = compose.notula("m1", ledger.facts, ledger.now_ms)
    assert sha256(canonical(before)).hexdigest() == ledger.state.minutes.digest
    ledger.wish(commands.SignMinutes("", "cd" * 32, "scan"), actor(CHAIR))
    ledger.wish(commands.FreezeMinutes(), actor(SECRETARY))
    ledger.wish(commands.RecordRalat("r1", "Tanggal yang benar 5 Januari"), actor(SECRETARY))
    after = compose.notula("m1", ledger.facts, ledger.now_ms + 1_000_000)
    assert canonical(after) == canonical(before)
    assert [one.text("text") for one in after.of("ralat")] == ["Tanggal yang benar 5 Januari"]
    assert json.loads(canonical(after))["meeting_id"] == "m1"


def test_every_change_of_the_text_changes_the_digest() -> None:
    facts = told()
    seen = {digest(compose.notula("m1", facts[:count], facts[-1].at_ms)) for count in range(7, len(facts) + 1)}
    assert len(seen) > 10


async def test_a_ralat_is_printed_at_the_end(tmp_path: Path) -> None:
    ledger = approved()
    ledger.wish(commands.SignMinutes("", "cd" * 32, "scan"), actor(CHAIR))
    ledger.wish(commands.FreezeMinutes(), actor(SECRETARY))
    ledger.wish(commands.RecordRalat("r1", "Tanggal yang benar 5 Januari"), actor(SECRETARY))
    content = await office(ledger, tmp_path, None).notula_pdf("m1", "id")
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content)).pages)
    assert text.index("Sari Secretary") < text.index("Ralat nomor 1") < text.index("Tanggal yang benar 5 Januari")


async def test_a_scan_is_kept_under_its_hash(tmp_path: Path) -> None:
    papers = office(approved(), tmp_path, None)
    content = await papers.notula_pdf("m1", "id")
    signed = await papers.take_scan("m1", "", [content])
    assert (signed.digest, signed.manner) == (sha256(content).hexdigest(), "scan")
    assert await papers.signed("m1", signed.digest) == content
    assert (tmp_path / "signed" / "m1" / f"{signed.digest}.pdf").stat().st_mode & 0o077 == 0
    await papers.discard("m1", signed.digest)
    with pytest.raises(NotFound):
        await papers.signed("m1", signed.digest)
