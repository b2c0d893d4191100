"""Mails as they arrive at a real mail server, read by parsers that are not ours: who gets what, how often, and when."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.errors import NotFound
from server.meeting import commands
from tests.factories import ALICE, INVITEES, SECRETARY, actor, invitee
from tests.fakes import FakeClock
from tests.unit.mail.office import DAY_MS, SENDER, MailOffice, MailServer, crowd, open_office

HOUR_MS = 3_600_000
ALICES = "alice.amalia@contoh.go.id"


def to(server: MailServer, address: str = ALICES) -> list[str]:
    """What came to this address, as METHOD and SEQUENCE."""
    return [f"{one.method} {one.event['SEQUENCE']}" for one in server.box.mails if one.recipient == address]


async def test_two_hundred_people_get_one_mail_each_with_their_own_link_and_attendee(
    office: MailOffice, server: MailServer
) -> None:
    meeting_id = await office.meeting(crowd(200))
    await office.wish(meeting_id, commands.SendInvitations())
    await office.desk.step()
    assert server.box.mails == []  # the planner may still be clicking
    await office.pass_ms(2_000)
    for _ in range(5):
        await office.desk.step()
    mails = server.box.mails
    state = await office.rooms.state(meeting_id)
    assert sorted(one.recipient for one in mails) == sorted(one.email for one in state.people.values())
    for one in mails:
        attendee = one.event["ATTENDEE"]
        assert str(attendee) == f"mailto:{one.recipient}"
        link = await office.links.open_answer(one.link("a"))
        assert (link.meeting_id, state.people[link.person_id].email) == (meeting_id, one.recipient)
        assert (await office.links.open(one.link("j"))).link_id == link.link_id
        text = one.part("text/plain").get_content() + one.part("text/html").get_content()
        assert set(re.findall(r"[\w.]+@contoh\.go\.id", text)) <= {one.recipient}
    assert {post.state for post in await office.desk.posts(meeting_id)} == {"sent"}


async def test_a_mail_is_letter_and_event_in_one(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    one = next(one for one in server.box.mails if one.recipient == ALICES)
    assert [part.get_content_type() for part in one.mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/pdf",
    ]
    calendar = one.part("text/calendar")
    raw = calendar.get_payload(decode=True)
    assert isinstance(raw, bytes)
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    assert (one.method, calendar.get_content_charset()) == ("REQUEST", "utf-8")
    assert b"METHOD:REQUEST\r\n" in raw
    event = one.event
    assert event["UID"] == f"{meeting_id}@balai"
    starts = datetime.fromtimestamp((office.clock.now_ms() + DAY_MS) // 1000 - 2, UTC)
    assert event["DTSTART"].dt == starts
    assert b"DTSTART:20260102T020000Z" in raw
    assert event["ORGANIZER"] == f"mailto:{SENDER}"
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert event["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert one.mail["From"].addresses[0].addr_spec == SENDER
    pdf = one.part("application/pdf").get_payload(decode=True)
    assert isinstance(pdf, bytes)
    assert pdf.startswith(b"%PDF")
    assert "Kepala Seksi" in one.part("text/html").get_content()


async def test_the_time_changed_twice_in_a_minute_is_one_update(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    starts_ms = (await office.rooms.state(meeting_id)).plan.starts_ms
    await office.change(meeting_id, starts_ms=starts_ms + HOUR_MS, ends_ms=starts_ms + 2 * HOUR_MS)
    await office.pass_ms(30_000)
    await office.change(meeting_id, starts_ms=starts_ms + 2 * HOUR_MS, ends_ms=starts_ms + 3 * HOUR_MS)
    await office.pass_ms(40_000)
    assert to(server) == ["REQUEST 0"]
    assert await office.desk.settling(meeting_id)
    await office.pass_ms(20_000)
    await office.pass_ms(HOUR_MS)
    assert to(server) == ["REQUEST 0", "REQUEST 1"]
    last = server.box.mails[-1]
    assert last.event["DTSTART"].dt.timestamp() * 1000 == starts_ms + 2 * HOUR_MS
    assert "Perubahan" in last.mail["Subject"]
    assert len({one.event["UID"] for one in server.box.mails}) == 1


async def test_changed_and_changed_back_is_no_mail(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    await office.change(meeting_id, place="Aula")
    await office.change(meeting_id, place="")
    await office.pass_ms(60_000)
    assert to(server) == ["REQUEST 0"]


async def test_who_is_taken_out_alone_is_cancelled_and_who_comes_new_alone_is_invited(
    office: MailOffice, server: MailServer
) -> None:
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    before = len(server.box.mails)
    kept = tuple(invitee(one.name, one.role, f"p{at}") for at, one in enumerate(INVITEES, 1) if at != 3)
    await office.change(meeting_id, invitees=(*kept, invitee("Citra Dewi")))
    await office.pass_ms(2_000)
    assert {one.recipient for one in server.box.mails[before:]} == {ALICES, "citra.dewi@contoh.go.id"}
    assert to(server) == ["REQUEST 0", "CANCEL 1"]
    gone = next(one for one in server.box.mails if one.method == "CANCEL")
    assert gone.event["STATUS"] == "CANCELLED"
    assert "RSVP" not in gone.event["ATTENDEE"].params
    assert not gone.link("a")


async def test_a_cancelled_meeting_is_cancelled_for_all_at_once(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    await office.change(meeting_id, place="Aula")
    await office.wish(meeting_id, commands.CancelMeeting("Bupati berhalangan"))
    await office.pass_ms(2_000)
    assert to(server) == ["REQUEST 0", "CANCEL 1"]
    assert len(server.box.mails) == 2 * len(INVITEES)
    assert "Bupati berhalangan" in server.box.mails[-1].part("text/plain").get_content()


async def test_who_moves_to_another_address_is_cancelled_at_the_old_one(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    state = await office.rooms.state(meeting_id)
    people = [invitee(one.name, one.role, one.person_id) for one in state.people.values()]
    moved = commands.Invitee("Alice Amalia", "participant", ALICE, people[2].function, email="alice@baru.go.id")
    await office.change(meeting_id, invitees=(*people[:2], moved, *people[3:]))
    await office.pass_ms(2_000)
    assert to(server) == ["REQUEST 0", "CANCEL 1"]
    assert to(server, "alice@baru.go.id") == ["REQUEST 2"]


async def test_nothing_is_sent_before_somebody_sends_it(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()
    await office.change(meeting_id, place="Aula")
    await office.pass_ms(HOUR_MS)
    assert server.box.mails == []


async def test_a_server_that_is_down_loses_nothing_and_is_tried_again(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()
    await server.stop()
    await office.invite(meeting_id)
    assert office.desk.fault
    assert {post.state for post in await office.desk.posts(meeting_id)} == {"queued"}
    await server.start()
    await office.pass_ms(60_000)
    assert sorted(one.recipient for one in server.box.mails) == sorted(one.email for one in INVITEES)
    assert not office.desk.fault


async def test_a_busy_server_is_asked_again_later_and_a_refusal_is_told(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()
    server.box.refusal = "451 sedang sibuk"
    await office.invite(meeting_id)
    await office.desk.step()
    assert server.box.refused == len(INVITEES)  # not twice in the same moment
    assert all("sedang sibuk" in post.reason for post in await office.desk.posts(meeting_id))
    server.box.refusal = "550 tidak dikenal"
    await office.pass_ms(30_000)
    posts = await office.desk.posts(meeting_id)
    assert {(post.state, post.reason) for post in posts} == {("failed", "550 tidak dikenal")}
    server.box.refusal = ""
    await office.pass_ms(DAY_MS // 4)
    assert server.box.mails == []
    await office.desk.again(meeting_id, ALICE)
    await office.desk.step()
    assert [one.recipient for one in server.box.mails] == [ALICES]
    with pytest.raises(NotFound):
        await office.desk.again(meeting_id, ALICE)


async def test_no_more_than_so_many_in_a_minute(tmp_path: Path, server: MailServer) -> None:
    office = await open_office(tmp_path / "slow", FakeClock(), server.port, per_minute=2)
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    await office.desk.step()
    assert len(server.box.mails) == 2
    await office.pass_ms(60_001)
    assert len(server.box.mails) == 4
    await office.close()


async def test_a_wrong_address_is_told_and_the_others_are_written_to(office: MailOffice, server: MailServer) -> None:
    nasty = commands.Invitee("Budi", "participant", email="budi@contoh.go.id\r\nBcc: semua@contoh.go.id")
    meeting_id = await office.meeting((*INVITEES[:3], nasty))
    await office.invite(meeting_id)
    assert len(server.box.mails) == 3
    failed = next(post for post in await office.desk.posts(meeting_id) if post.state == "failed")
    assert (failed.name, failed.reason) == ("Budi", "mail.address")


async def test_what_was_typed_reaches_no_header(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()
    evil = 'Rapat\r\nBcc: semua@contoh.go.id\r\n\r\n<script>alert("1")</script>'
    await office.change(meeting_id, title=evil)
    people = (
        *INVITEES[:2],
        commands.Invitee('Alice"\r\nX-Evil: 1;RSVP=FALSE', "participant", email=ALICES, function="<b>Kepala</b>"),
    )
    await office.change(meeting_id, invitees=people, title=evil)
    await office.invite(meeting_id)
    one = next(one for one in server.box.mails if one.recipient == ALICES)
    assert one.mail["Bcc"] is None
    assert one.mail["X-Evil"] is None
    assert not one.mail.defects
    html = one.part("text/html").get_content()
    assert "<script>" not in html
    assert "<b>Kepala</b>" not in html
    assert one.event["ATTENDEE"].params["RSVP"] == "TRUE"


async def test_after_a_crash_mails_go_on_where_they_were(tmp_path: Path, server: MailServer) -> None:
    """Nothing is closed in order: a second process finds the facts, whose mails the first one had not even queued."""
    clock = FakeClock()
    first = await open_office(tmp_path / "data", clock, server.port)
    meeting_id = await first.meeting()
    await first.wish(meeting_id, commands.SendInvitations())
    await first.close()
    clock.advance(5_000)
    second = await open_office(tmp_path / "data", clock, server.port)
    await second.desk.step()
    assert len(server.box.mails) == len(INVITEES)
    await second.desk.step()
    assert len(server.box.mails) == len(INVITEES)
    await second.close()


async def test_answers_change_no_mail(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    starts_ms = (await office.rooms.state(meeting_id)).plan.starts_ms
    await office.wish(meeting_id, commands.AnswerInvitation(ALICE, "yes", starts_ms), actor(ALICE))
    await office.wish(meeting_id, commands.SendInvitations("urgent"), actor(SECRETARY))
    await office.pass_ms(HOUR_MS)
    assert len(server.box.mails) == len(INVITEES)
