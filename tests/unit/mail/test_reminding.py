"""Reminders as they arrive: who gets which, when, once; and nobody of what no longer holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.meeting import commands
from tests.factories import ALICE, BUDI, INVITEES, SECRETARY, actor
from tests.fakes import FakeClock
from tests.unit.mail.office import DAY_MS, MailOffice, MailServer, QuickPapers, open_office

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
ALICES, BUDIS = "alice.amalia@contoh.go.id", "budi.santoso@contoh.go.id"


@pytest.fixture
async def office(tmp_path: Path, server: MailServer) -> AsyncIterator[MailOffice]:
    office = await open_office(tmp_path / "data", FakeClock(), server.port, papers=QuickPapers())
    yield office
    await office.close()


async def in_three_days(office: MailOffice) -> str:
    meeting_id = await office.meeting()
    now = (await office.rooms.state(meeting_id)).plan
    shift = 2 * DAY_MS
    await office.change(meeting_id, starts_ms=now.starts_ms + shift, ends_ms=now.ends_ms + shift)
    await office.invite(meeting_id)
    return meeting_id


def came(server: MailServer, begins: str) -> list[str]:
    return sorted(one.recipient for one in server.box.mails if one.mail["Subject"].startswith(begins))


async def answer(office: MailOffice, meeting_id: str, person_id: str, said: str) -> None:
    starts_ms = (await office.rooms.state(meeting_id)).plan.starts_ms
    wish = commands.AnswerInvitation(person_id, "no" if said == "no" else "yes", starts_ms)
    await office.wish(meeting_id, wish, actor(person_id))


async def test_who_is_silent_is_asked_and_who_comes_is_reminded(office: MailOffice, server: MailServer) -> None:
    meeting_id = await in_three_days(office)
    await answer(office, meeting_id, ALICE, "yes")
    await answer(office, meeting_id, BUDI, "no")
    await office.pass_ms(DAY_MS - MINUTE_MS)
    assert came(server, "Mohon jawaban") == []
    await office.pass_ms(2 * MINUTE_MS)
    everybody = sorted(one.email for one in INVITEES)
    assert came(server, "Mohon jawaban") == [one for one in everybody if one not in (ALICES, BUDIS)]
    await office.pass_ms(DAY_MS)
    for _ in range(3):
        await office.desk.step()
    assert came(server, "Pengingat") == [one for one in everybody if one != BUDIS]
    one = next(one for one in server.box.mails if one.mail["Subject"].startswith("Pengingat"))
    assert [part.get_content_type() for part in one.mail.walk()] == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip
    assert one.link("j")
    await office.pass_ms(DAY_MS - HOUR_MS)
    assert len(came(server, "Pengingat")) == 2 * (len(INVITEES) - 1)
    await office.pass_ms(10 * MINUTE_MS)
    assert len(came(server, "Pengingat")) == 2 * (len(INVITEES) - 1)
    assert {one.event["SEQUENCE"] for one in server.box.mails if one.mail["Subject"].startswith("Undangan")} == {0}


async def test_a_meeting_may_have_its_own_reminders_or_none(office: MailOffice, server: MailServer) -> None:
    meeting_id = await in_three_days(office)
    await office.wish(meeting_id, commands.SetReminders((180,), ()), actor(SECRETARY))
    await office.pass_ms(3 * DAY_MS - 3 * HOUR_MS - MINUTE_MS)
    assert came(server, "Pengingat") == came(server, "Mohon") == []
    await office.pass_ms(2 * MINUTE_MS)
    assert len(came(server, "Pengingat")) == len(INVITEES)
    await office.wish(meeting_id, commands.SetReminders((), ()), actor(SECRETARY))
    await office.pass_ms(2 * HOUR_MS)
    assert len(came(server, "Pengingat")) == len(INVITEES)


async def test_after_another_time_nobody_is_reminded_of_the_old_one(office: MailOffice, server: MailServer) -> None:
    meeting_id = await in_three_days(office)
    await office.wish(meeting_id, commands.SetReminders((1440,), ()), actor(SECRETARY))
    starts_ms = (await office.rooms.state(meeting_id)).plan.starts_ms
    await office.pass_ms(2 * DAY_MS - MINUTE_MS)
    await office.change(meeting_id, starts_ms=starts_ms + DAY_MS, ends_ms=starts_ms + DAY_MS + HOUR_MS)
    await office.pass_ms(2 * MINUTE_MS)
    await office.pass_ms(MINUTE_MS)
    assert came(server, "Pengingat") == []
    await office.pass_ms(DAY_MS)
    assert len(came(server, "Pengingat")) == len(INVITEES)
    await office.change(meeting_id, place="Aula")  # a new letter, but no second reminder
    await office.pass_ms(2 * MINUTE_MS)
    await office.pass_ms(HOUR_MS)
    assert len(came(server, "Perubahan")) == 2 * len(INVITEES)
    assert len(came(server, "Pengingat")) == len(INVITEES)


async def test_whoever_was_invited_late_is_not_reminded_at_once(office: MailOffice, server: MailServer) -> None:
    meeting_id = await office.meeting()  # tomorrow: the letter comes within the day before
    await office.invite(meeting_id)
    await office.pass_ms(HOUR_MS)
    assert came(server, "Pengingat") == came(server, "Mohon") == []


async def test_the_secretary_asks_the_silent_but_not_again_and_again(office: MailOffice, server: MailServer) -> None:
    meeting_id = await in_three_days(office)
    await answer(office, meeting_id, ALICE, "yes")
    assert await office.desk.ask(meeting_id) == len(INVITEES) - 1
    assert await office.desk.ask(meeting_id) == 0
    await office.desk.step()
    assert ALICES not in came(server, "Mohon jawaban")
    assert len(came(server, "Mohon jawaban")) == len(INVITEES) - 1
    await office.pass_ms(7 * HOUR_MS)
    assert await office.desk.ask(meeting_id) == len(INVITEES) - 1
    await answer(office, meeting_id, BUDI, "no")  # before it went out
    await office.change(meeting_id, place="Aula")
    await office.pass_ms(MINUTE_MS)
    assert len([one for one in came(server, "Mohon jawaban") if one == BUDIS]) == 1


async def test_a_cancelled_meeting_reminds_nobody(office: MailOffice, server: MailServer) -> None:
    meeting_id = await in_three_days(office)
    await office.desk.ask(meeting_id)
    await office.wish(meeting_id, commands.CancelMeeting())
    await office.pass_ms(2_000)
    await office.pass_ms(3 * DAY_MS)
    assert came(server, "Mohon") == came(server, "Pengingat") == []
