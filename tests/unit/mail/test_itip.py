"""Calendar objects in and out; answers as calendars write them, and what is none."""

from __future__ import annotations

from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from icalendar import Calendar

from server.errors import Invalid
from server.mail import itip
from server.mail.itip import Occasion, Reply
from server.mail.smtp import Signature

MEETING = "00112233445566aa"
STAMP_MS = 1_767_232_800_000
OCCASION = Occasion(
    MEETING, 3, STAMP_MS, STAMP_MS, STAMP_MS + 3_600_000, "Rapat; koordinasi, «ü»\r\nX-EVIL:1", "", "Baris\nkedua",
    "https://rapat.example/", "rapat@contoh.go.id", 'Setda "Umum"', "alice@contoh.go.id", "Alice;RSVP=FALSE", "chair",
)  # fmt: skip


def answer(lines: str, method: str = "REPLY") -> bytes:
    text = (
        f"BEGIN:VCALENDAR\nPRODID:-//Orang Lain//ID\nVERSION:2.0\nMETHOD:{method}\nBEGIN:VEVENT\nUID:{MEETING}@balai\n"
        f"DTSTAMP:20260101T020000Z\nSEQUENCE:2\nORGANIZER:mailto:rapat@contoh.go.id\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    return text.replace("\n", "\r\n").encode()


def test_what_is_written_is_read_by_another_parser() -> None:
    for write, method, status in ((itip.request, "REQUEST", "CONFIRMED"), (itip.cancel, "CANCEL", "CANCELLED")):
        raw = write(OCCASION)
        assert max(map(len, raw.split(b"\r\n"))) <= 75
        calendar = Calendar.from_ical(raw)
        event = calendar.walk("VEVENT")[0]
        assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == (method, status, 3)
        assert event["SUMMARY"] == "Rapat; koordinasi, «ü» X-EVIL:1"
        assert event["DESCRIPTION"] == "Baris\nkedua"
        assert "LOCATION" not in event
        assert event["ATTENDEE"] == "mailto:alice@contoh.go.id"
        assert event["ATTENDEE"].params["CN"] == "Alice;RSVP=FALSE"
        assert event["ORGANIZER"].params["CN"] == "Setda 'Umum'"
        assert event["ATTENDEE"].params.get("RSVP") == ("TRUE" if method == "REQUEST" else None)


@pytest.mark.parametrize("mailbox", ["mailto:Alice@Contoh.go.id", "MAILTO:alice@contoh.go.id"])
def test_an_answer_is_read(mailbox: str) -> None:
    raw = answer(f'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:dewi@contoh.go.id":{mailbox}\nCOMMENT:Tugas luar')
    wanted = Reply(MEETING, "alice@contoh.go.id", "DELEGATED", 2, STAMP_MS, "dewi@contoh.go.id", "Tugas luar")
    assert itip.reply(raw) == wanted


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"BEGIN:VCALENDAR\r\n",
        answer("ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.go.id", "REQUEST"),
        answer("ATTENDEE;PARTSTAT=SOMETHING:mailto:a@b.go.id"),
        answer("ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.go.id\nATTENDEE;PARTSTAT=ACCEPTED:mailto:c@b.go.id"),
        answer("COMMENT:no attendee"),
        answer("ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.go.id").replace(b"@balai", b"@lain"),
        b"x" * (itip.REPLY_BYTES + 1),
    ],
)
def test_what_is_no_answer_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        itip.reply(raw)


def test_a_signed_mail_is_verified_by_who_knows_the_public_key(tmp_path: Path) -> None:
    key = generate_private_key(65_537, 2_048)
    path = tmp_path / "dkim.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])
    mail = b"From: rapat@contoh.go.id\r\nTo: a@b.go.id\r\nSubject: Undangan\r\n\r\nIsi\r\n"
    signed = Signature("contoh.go.id", "balai", str(path)).sign(mail)
    assert dkim.verify(signed, dnsfunc=lambda *_, **__: record)
    assert not dkim.verify(signed.replace(b"Undangan", b"Tagihan"), dnsfunc=lambda *_, **__: record)
    path.write_text("no key")
    with pytest.raises(Invalid):
        Signature("contoh.go.id", "balai", str(path))
