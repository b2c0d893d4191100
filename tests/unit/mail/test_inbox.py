"""Answers that come back by mail: applied once, from whom they say, to the time that holds; all else is shown and
changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from server.errors import BalaiError, Unavailable
from server.meeting import commands
from tests.factories import ALICE, BUDI, OFFICE, actor
from tests.fakes import FakeClock
from tests.unit.mail import others
from tests.unit.mail.inbox import ReadingOffice, forged, holder, reading
from tests.unit.mail.office import MailOffice, MailServer, QuickPapers, open_office
from tests.unit.mail.others import Invited

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
ALICES, DEWIS = "alice.amalia@contoh.go.id", "dewi@contoh.go.id"


async def invited(office: MailOffice, server: MailServer, address: str = ALICES) -> Invited:
    """A meeting whose people got their mails; who reads one, five minutes later."""
    meeting_id = await office.meeting()
    await office.invite(meeting_id)
    office.clock.advance(5 * MINUTE_MS)
    return latest(office, server, address)


def latest(office: MailOffice, server: MailServer, address: str = ALICES) -> Invited:
    mail = next(one for one in reversed(server.box.mails) if one.recipient == address)
    return holder(mail, office.clock.now_ms())


@pytest.fixture
async def office(tmp_path: Path, server: MailServer) -> AsyncIterator[MailOffice]:
    office = await open_office(tmp_path / "data", FakeClock(), server.port, papers=QuickPapers())
    yield office
    await office.close()


@pytest.fixture
def desk(office: MailOffice) -> ReadingOffice:
    return reading(office)


@pytest.mark.parametrize("program", others.PROGRAMS)
@pytest.mark.parametrize("answer", ["yes", "no", "maybe"])
async def test_an_answer_of_each_program_is_applied(
    program: str, answer: str, office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    alice = await invited(office, server)
    arrival = await desk.comes(others.PROGRAMS[program](alice, answer))
    assert arrival is not None
    assert (arrival.kind, arrival.state, arrival.reason) == ("answer", "done", "")
    reply = await desk.reply(alice.meeting_id, ALICE)
    assert reply is not None
    assert (reply.answer, reply.way, reply.written_ms) == (answer, "mail", alice.now_ms)
    assert desk.box.marked == {1: "done"}


async def test_a_message_is_read_once_whatever_happens(office: MailOffice, server: MailServer) -> None:
    alice = await invited(office, server)
    desk = reading(office)
    await desk.comes(others.outlook(alice, "no", "Tugas luar"))
    reply = await desk.reply(alice.meeting_id, ALICE)
    assert reply is not None
    assert reply.message == "Tugas luar"
    await office.wish(alice.meeting_id, commands.AnswerInvitation(ALICE, "yes", alice.starts_ms), actor(ALICE))
    await desk.inbox.step(desk.box)
    assert desk.box.fetched == [1]
    desk.box.validity = 8  # the server numbers anew: all is read again, and known by its bytes
    await desk.inbox.step(desk.box)
    assert desk.box.fetched == [1, 1]
    reply = await desk.reply(alice.meeting_id, ALICE)
    assert reply is not None
    assert reply.answer == "yes"


async def test_two_answers_that_cross_are_settled_by_when_they_were_written(
    office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    alice = await invited(office, server)
    declined = others.gmail(alice, "no")
    office.clock.advance(MINUTE_MS)
    web = commands.AnswerInvitation(ALICE, "yes", alice.starts_ms)
    await office.wish(alice.meeting_id, web, actor(ALICE))
    office.clock.advance(MINUTE_MS)
    arrival = await desk.comes(declined)  # written before, come after
    assert arrival is not None
    assert (arrival.state, arrival.reason) == ("open", "older")
    reply = await desk.reply(alice.meeting_id, ALICE)
    assert reply is not None
    assert reply.answer == "yes"
    later = replace(alice, now_ms=office.clock.now_ms())
    await desk.comes(others.apple(later, "maybe"))
    await desk.comes(others.thunderbird(later.later(-30_000), "no"))  # two programs of one person, out of order
    reply = await desk.reply(alice.meeting_id, ALICE)
    assert reply is not None
    assert reply.answer == "maybe"


async def test_a_clock_that_runs_ahead_blocks_nothing(
    office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    alice = await invited(office, server)
    await desk.comes(others.outlook(alice.later(24 * HOUR_MS), "no"))
    office.clock.advance(MINUTE_MS)
    await desk.comes(others.outlook(alice.later(MINUTE_MS), "yes"))
    reply = await desk.reply(alice.meeting_id, ALICE)
    assert reply is not None
    assert reply.answer == "yes"


async def test_an_answer_to_a_time_that_no_longer_holds_is_stale(
    office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    alice = await invited(office, server)
    starts_ms = alice.starts_ms + HOUR_MS
    await office.change(alice.meeting_id, starts_ms=starts_ms, ends_ms=starts_ms + HOUR_MS)
    arrival = await desk.comes(others.outlook(alice))
    assert arrival is not None
    assert (arrival.state, arrival.reason, arrival.answer) == ("open", "changed", "yes")
    assert await desk.reply(alice.meeting_id, ALICE) is None
    await office.pass_ms(MINUTE_MS)
    again = latest(office, server)
    assert again.sequence == 1
    await desk.comes(others.outlook(again))
    reply = await desk.reply(alice.meeting_id, ALICE)
    assert reply is not None
    assert reply.starts_ms == starts_ms


async def test_another_place_leaves_an_earlier_answer_good(
    office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    alice = await invited(office, server)
    await office.change(alice.meeting_id, place="Aula")
    await office.pass_ms(MINUTE_MS)
    assert latest(office, server).sequence == 1
    await desk.comes(others.outlook(alice))
    reply = await desk.reply(alice.meeting_id, ALICE)
    assert reply is not None
    assert reply.answer == "yes"


async def test_forged_answers_change_nothing_and_say_why(
    office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    alice = await invited(office, server)
    budi = latest(office, server, "budi.santoso@contoh.go.id")
    forgeries = {
        "sender": others.outlook(forged(alice, "jahat@luar.example"), "no"),
        "attendee": others.outlook(replace(alice, email="jahat@luar.example"), "no"),
        "sequence": others.outlook(replace(alice, sequence=9), "no"),
        "unknown": others.outlook(replace(alice, meeting_id="0" * 16), "no"),
        "unreadable": b"From: jahat@luar.example" + b"\n--" * 400,
    }
    for reason, raw in forgeries.items():
        arrival = await desk.comes(raw)
        assert arrival is not None, reason
        assert (arrival.state, arrival.reason) == ("open", reason)
        assert (arrival.meeting_id == alice.meeting_id) == (reason not in ("unknown", "unreadable"))
    two = others.outlook(budi, "no").replace(b"From: ", b"From: jahat@luar.example, ", 1)
    arrival = await desk.comes(two)
    assert arrival is not None
    assert (arrival.sender, arrival.reason) == ("", "sender")
    assert (await office.rooms.state(alice.meeting_id)).correspondence.replies == {}
    assert set(desk.box.marked.values()) == {"done", "aside"}


RESULT = "Authentication-Results: {server}; dkim={dkim} (a comment; dkim=pass) header.d={domain}\r\n"


@pytest.mark.parametrize(
    ("results", "good"),
    [
        ([("mail.contoh.go.id", "pass", "contoh.go.id")], True),
        ([("mail.contoh.go.id", "pass", "luar.example")], False),
        ([("mail.contoh.go.id", "fail", "contoh.go.id")], False),
        ([("lain.example", "pass", "contoh.go.id")], False),
        ([("mail.contoh.go.id", "fail", "contoh.go.id"), ("mail.contoh.go.id", "pass", "contoh.go.id")], False),
        ([], False),
    ],
)
async def test_where_the_office_says_so_only_verified_senders_count(
    results: list[tuple[str, str, str]], good: bool, office: MailOffice, server: MailServer
) -> None:
    alice = await invited(office, server)
    desk = reading(office, "mail.contoh.go.id")
    head = "".join(RESULT.format(server=one[0], dkim=one[1], domain=one[2]) for one in results).encode()
    arrival = await desk.comes(head + others.outlook(alice))
    assert arrival is not None
    assert arrival.reason == ("" if good else "unverified")
    assert (await desk.reply(alice.meeting_id, ALICE) is not None) == good


async def test_a_stand_in_is_named_by_mail_and_by_web(
    office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    alice = await invited(office, server)
    await desk.comes(others.delegated(alice, DEWIS, "Dewi Lestari"))
    reply = await desk.reply(alice.meeting_id, ALICE)
    assert reply is not None
    said = (reply.answer, reply.stand_in_name, reply.stand_in_email, reply.way)
    assert said == ("stand_in", "Dewi Lestari", DEWIS, "mail")
    confirmed = await desk.comes(others.from_stand_in(alice.later(MINUTE_MS), DEWIS))
    assert confirmed is not None
    assert (confirmed.state, confirmed.reason, confirmed.person_id) == ("done", "stand_in", ALICE)
    stranger = await desk.comes(others.from_stand_in(alice.later(MINUTE_MS), "jahat@luar.example"))
    assert stranger is not None
    assert (stranger.state, stranger.reason) == ("open", "stand_in")
    by_web = commands.AnswerInvitation(BUDI, "stand_in", alice.starts_ms, "link", "Citra", "Sekretaris Dinas")
    await office.wish(alice.meeting_id, by_web, actor(BUDI))
    reply = await desk.reply(alice.meeting_id, BUDI)
    assert reply is not None
    assert (reply.stand_in_name, reply.way) == ("Citra", "link")


async def test_words_another_time_and_notes_from_holidays_are_shown_and_answer_nothing(
    office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    alice = await invited(office, server)
    words = await desk.comes(others.plain(alice, "Hadir, Pak."))
    assert words is not None
    assert (words.kind, words.state, words.text, words.person_id) == ("message", "open", "Hadir, Pak.", ALICE)
    proposed = await desk.comes(others.counter(alice, alice.starts_ms + HOUR_MS))
    assert proposed is not None
    assert (proposed.kind, proposed.state, proposed.starts_ms) == ("counter", "open", alice.starts_ms + HOUR_MS)
    assert proposed.text == "Apakah bisa siang?"
    away = await desk.comes(others.out_of_office(alice))
    assert away is not None
    assert (away.kind, away.state, away.person_id) == ("automatic", "done", ALICE)
    assert away.text == "Saya cuti sampai tanggal 9."
    assert await desk.reply(alice.meeting_id, ALICE) is None
    other = await desk.comes(others.plain(replace(alice, message_id="<x@y>"), "Penawaran"))
    assert other is not None
    assert (other.meeting_id, other.reason) == ("", "unmatched")
    assert "Penawaran" not in other.text  # what is none of ours is not kept


@pytest.mark.parametrize("bounce", [others.postfix_bounce, others.exchange_bounce])
async def test_an_unknown_address_is_told_and_nothing_more_is_written_to_it(
    bounce: object, office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    assert callable(bounce)
    alice = await invited(office, server)
    arrival = await desk.comes(bounce(alice))
    assert arrival is not None
    assert (arrival.kind, arrival.state, arrival.person_id) == ("bounce", "done", ALICE)
    post = next(one for one in await office.desk.posts(alice.meeting_id) if one.person_id == ALICE)
    assert (post.state, post.reason) == ("failed", "mail.no_address")
    before = len(server.box.mails)
    await office.change(alice.meeting_id, place="Aula")
    await office.pass_ms(MINUTE_MS)
    assert {one.recipient for one in server.box.mails[before:]} == {
        "rahayu.chair@contoh.go.id", "sari.secretary@contoh.go.id", "budi.santoso@contoh.go.id",
        "oki.observer@contoh.go.id",
    }  # fmt: skip
    posts = [one for one in await office.desk.posts(alice.meeting_id) if one.person_id == ALICE]
    assert {(one.state, one.reason) for one in posts} == {("failed", "mail.no_address")}
    await office.desk.again(alice.meeting_id, ALICE)
    await office.desk.step()
    assert server.box.mails[-1].recipient == ALICES


async def test_a_delay_is_told_and_a_forged_bounce_silences_nobody(
    office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    alice = await invited(office, server)
    await desk.comes(others.postfix_bounce(alice, "4.4.1", "delayed"))
    posts = {one.person_id: one for one in await office.desk.posts(alice.meeting_id)}
    assert (posts[ALICE].state, posts[ALICE].reason) == ("sent", "mail.delayed")
    guessed = alice.message_id.replace(f".{ALICE}.", f".{BUDI}.")
    for message_id in (guessed, "<x@y>", f"<{alice.meeting_id}.{BUDI}.0@contoh.go.id>"):
        forgery = await desk.comes(others.postfix_bounce(replace(alice, message_id=message_id)))
        assert forgery is not None
        assert (forgery.state, forgery.reason, forgery.meeting_id) == ("open", "unmatched", "")
    posts = {one.person_id: one for one in await office.desk.posts(alice.meeting_id)}
    assert {one.state for one in posts.values()} == {"sent"}


async def test_a_mail_that_ends_the_process_is_set_aside_and_those_behind_it_are_read(
    office: MailOffice, server: MailServer, desk: ReadingOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await invited(office, server)
    deadly = b"From: a@b.example\r\n\r\n"
    real = desk.box.fetch

    async def fetch(uid: int) -> object:
        found = await real(uid)
        if found is not None and found.raw == deadly and len(desk.box.fetched) <= 3:
            raise MemoryError
        return found

    monkeypatch.setattr(desk.box, "fetch", fetch)
    desk.box.put(deadly)
    desk.box.put(others.outlook(alice))
    for _ in range(3):
        with pytest.raises(MemoryError):
            await desk.inbox.step(desk.box)
    await desk.inbox.step(desk.box)
    assert desk.box.marked == {1: "aside", 2: "done"}
    assert await desk.reply(alice.meeting_id, ALICE) is not None


async def test_while_a_meeting_cannot_be_reached_its_answers_wait(
    office: MailOffice, server: MailServer, desk: ReadingOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await invited(office, server)
    desk.box.put(others.outlook(alice))

    async def away(*_: object) -> int:
        raise Unavailable("store.unavailable")

    with monkeypatch.context() as patched:
        patched.setattr(office.rooms, "submit", away)
        with pytest.raises(BalaiError):
            await desk.inbox.step(desk.box)
    assert desk.box.marked == {}
    await desk.inbox.step(desk.box)
    assert await desk.reply(alice.meeting_id, ALICE) is not None


async def test_a_cancelled_meeting_takes_no_answers(
    office: MailOffice, server: MailServer, desk: ReadingOffice
) -> None:
    alice = await invited(office, server)
    await office.wish(alice.meeting_id, commands.CancelMeeting(), OFFICE)
    arrival = await desk.comes(others.outlook(alice))
    assert arrival is not None
    assert (arrival.state, arrival.reason) == ("open", "over")
