"""Hostile mails: whatever comes, reading ends soon, in a value or in one error; and what a mail says is bounded."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import Invalid
from server.mail import itip, replies
from server.mail.bounces import Bounce
from server.mail.trust import is_genuine
from tests.unit.mail import others
from tests.unit.mail.others import Invited

NOW_MS = int(datetime(2026, 1, 1, 2, tzinfo=UTC).timestamp() * 1000)
ALICE = Invited("00112233445566aa", "alice@contoh.go.id", "Alice", "<a.b@contoh.go.id>", 1, NOW_MS + 86_400_000, NOW_MS)
MAILS = (
    others.outlook(ALICE), others.gmail(ALICE), others.apple(ALICE), others.thunderbird(ALICE),
    others.delegated(ALICE, "dewi@contoh.go.id", "Dewi"), others.counter(ALICE, NOW_MS), others.plain(ALICE, "Hadir"),
    others.out_of_office(ALICE), others.postfix_bounce(ALICE), others.exchange_bounce(ALICE),
)  # fmt: skip
PIECES = (
    b"\r\n", b"\r\n\r\n", b"--", b"Content-Type: multipart/mixed; boundary=x\r\n", b'charset="punycode"', b"=?", b"?=",
    b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n", b"DTSTAMP:99999999T999999Z\r\n", b"SEQUENCE:-1\r\n", b"\0", b"\xff",
    b"From: a@b, c@d\r\n", b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b\r\n", b"RRULE:FREQ=SECONDLY\r\n",
    b"Action: failed\r\n", b"Content-Transfer-Encoding: base64\r\n", b"message/rfc822",
    b"message/delivery-status", b";" * 50, b"=" * 30,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_whatever_is_done_to_a_mail_it_is_read_or_refused(data: st.DataObject) -> None:
    raw = data.draw(st.sampled_from(MAILS))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 200))
        raw = raw[:at] + data.draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=40))) + raw[at + cut :]
    try:
        read = replies.read(raw)
    except Invalid:
        return
    assert len(read.text) <= replies.TEXT_LENGTH
    assert "\n" not in read.subject + read.sender_name + read.sender
    if read.reply is not None:
        assert 0 <= read.reply.sequence < 2**31
        assert read.reply.stamp_ms >= 0


@given(st.binary(max_size=3_000))
def test_bytes_of_any_kind_are_read_or_refused(raw: bytes) -> None:
    for read in (replies.read, itip.reply, itip.counter):
        with suppress(Invalid):
            read(raw)


def nested(depth: int) -> bytes:
    head = "".join(f"Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n" for at in range(depth))
    return f"From: a@b.example\r\n{head}Content-Type: text/plain\r\n\r\nHadir\r\n".encode()


def test_depth_parts_and_size_have_an_end() -> None:
    assert replies.read(nested(5)).text == "Hadir"
    for raw in (
        nested(replies.MOST_BOUNDARIES - 20),
        b"x" * (replies.MOST_BYTES + 1),
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + b"\r\n--x\r\n\r\na" * 90,
    ):
        with pytest.raises(Invalid):
            replies.read(raw)
    many = b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 60 + b"END:VCALENDAR\r\n"
    with pytest.raises(Invalid):
        itip.reply(many)


@pytest.mark.parametrize(
    ("charset", "raw", "read"),
    [
        ("utf-8", "Hádir".encode(), "Hádir"),
        ("windows-1252", "Hádir – ya".encode("cp1252"), "Hádir – ya"),
        ("iso-8859-1", "Hádir".encode("latin-1"), "Hádir"),
        ("gb2312", "你好".encode("gb2312"), "你好"),
        ("punycode", b"Hadir-", "Hadir-"),
        ("unicode_escape", rb"\u0041", r"\u0041"),
        ("tidak-ada", b"Hadir", "Hadir"),
        ("utf-8", b"Ha\xffdir", "Ha\ufffddir"),
    ],
)
def test_character_sets_are_read_and_codecs_that_are_none_are_not_run(charset: str, raw: bytes, read: str) -> None:
    mail = f"From: a@b.example\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode() + raw
    assert replies.read(mail).text == read


def test_a_report_of_success_is_no_bounce_and_a_strange_one_names_nobody() -> None:
    read = replies.read(others.postfix_bounce(ALICE))
    assert read.bounce == Bounce(
        "alice@contoh.go.id", "5.1.1", True, "550 5.1.1 <alice@contoh.go.id>: Recipient address rejected: User unknown"
    )
    assert read.about[0] == ALICE.message_id
    delivered = replies.read(others.postfix_bounce(ALICE, "2.0.0", "delivered"))
    assert delivered.kind == "delay"
    assert delivered.bounce is not None
    assert not delivered.bounce.permanent


@pytest.mark.parametrize(
    ("header", "good"),
    [
        ("mx.contoh.go.id; spf=pass smtp.mailfrom=alice@contoh.go.id", True),
        ("mx.contoh.go.id; dmarc=pass (p=none) header.from=contoh.go.id", True),
        ("mx.contoh.go.id 1; dkim=pass header.d=go.id", True),
        ("MX.contoh.go.id; auth=pass smtp.auth=alice@contoh.go.id", True),
        ("mx.contoh.go.id; auth=pass smtp.auth=budi@contoh.go.id", False),
        ("mx.contoh.go.id; dkim=pass header.d=id", False),
        ("mx.contoh.go.id; dkim=pass header.d=xcontoh.go.id", False),
        ("mx.contoh.go.id; spf=softfail smtp.mailfrom=alice@contoh.go.id", False),
        ("mx.contoh.go.id; none", False),
        ("mx.contoh.go.id.jahat.example; dkim=pass header.d=contoh.go.id", False),
        ("x; mx.contoh.go.id; dkim=pass header.d=contoh.go.id", False),
        ("mx.contoh.go.id (; dkim=pass header.d=contoh.go.id)", False),
    ],
)
def test_only_a_pass_for_the_senders_own_domain_counts(header: str, good: bool) -> None:
    assert is_genuine((header,), "mx.contoh.go.id", "alice@contoh.go.id") is good
