"""A series in everybody's calendar: one mail for all of its meetings, and one for each change, read by icalendar."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from server.meeting import commands
from server.meeting.commands import Invitee, PlanMeeting
from server.meeting.recurrence import Rule
from server.recurring import SeriesKeeper
from tests.factories import OFFICE, plan
from tests.fakes import FakeClock
from tests.unit.mail.office import DAY_MS, MailOffice, MailServer, Received, open_office

HOUR_MS = 3_600_000
ALICES = "alice.amalia@contoh.go.id"


@dataclass
class House:
    office: MailOffice
    keeper: SeriesKeeper
    server: MailServer
    series_id: str = ""

    async def begin(self, rule: Rule) -> None:
        office = self.office
        self.series_id = await office.meeting(wish=plan(starts_ms=office.clock.now_ms() + 2 * DAY_MS))
        await self.keeper.begin(self.series_id, rule, OFFICE)

    async def invite(self) -> None:
        await self.office.wish(self.series_id, commands.SendInvitations())
        await self.keeper.sync(self.series_id)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(4):
            await self.office.pass_ms(61_000)

    async def meetings(self) -> list[tuple[int, str]]:
        return list(await self.office.store.listings.occurrences(self.series_id))

    async def wish(self, meeting_id: str, **changes: Any) -> PlanMeeting:
        """The plan of that meeting as it stands, but for these."""
        state = await self.office.rooms.state(meeting_id)
        people = tuple(
            Invitee(**{name: getattr(one, name) for name in Invitee.__dataclass_fields__})
            for one in state.people.values()
        )
        now = state.plan
        standing = PlanMeeting(now.title, now.starts_ms, now.ends_ms, now.zone, state.items, people, now.place)
        return replace(standing, **changes)

    def mails(self, since: int = 0) -> list[Received]:
        return [one for one in self.server.box.mails if one.recipient == ALICES][since:]


@pytest.fixture
async def house(tmp_path: Path, server: MailServer) -> AsyncIterator[House]:
    office = await open_office(tmp_path / "data", FakeClock(), server.port)
    yield House(office, SeriesKeeper(office.rooms, office.store.listings, office.clock), server)
    await office.close()


def calendar(one: Received) -> Calendar:
    return Calendar.from_ical(one.part("text/calendar").get_content())


def instant(value: Any) -> int:
    return round(value.dt.astimezone(UTC).timestamp() * 1000)


async def test_fifty_two_meetings_are_one_mail_with_their_rule_and_zone(house: House) -> None:
    await house.begin(Rule("weekly", count=52))
    assert 8 <= len(await house.meetings()) <= 9  # two months ahead
    await house.invite()
    (one,) = house.mails()
    event = one.event
    assert event["RRULE"].to_ical().decode().replace(";WKST=MO", "") == "FREQ=WEEKLY;COUNT=52;BYDAY=SA"
    assert str(event["DTSTART"].params["TZID"]) == "Asia/Jakarta"
    assert [str(zone["TZID"]) for zone in calendar(one).walk("VTIMEZONE")] == ["Asia/Jakarta"]
    assert str(event["UID"]) == f"{house.series_id}@balai"
    assert "52 kali" in one.part("text/plain").get_content()
    house.office.clock.advance(20 * DAY_MS)
    await house.keeper.look()
    assert len(await house.meetings()) >= 10
    await house.settle()
    assert len(house.mails()) == 1


async def test_one_that_is_cancelled_leaves_the_others_and_is_left_out_of_what_follows(house: House) -> None:
    await house.begin(Rule("weekly", count=10))
    await house.invite()
    slot_ms, meeting_id = (await house.meetings())[2]
    await house.keeper.cancel_one(meeting_id, "Libur nasional", OFFICE)
    await house.settle()
    (mail,) = house.mails(1)
    event = mail.event
    assert mail.method == "CANCEL"
    assert (str(event["UID"]), instant(event["RECURRENCE-ID"])) == (f"{house.series_id}@balai", slot_ms)
    assert event["SEQUENCE"] == 1
    assert "Libur nasional" in mail.part("text/plain").get_content()
    await house.keeper.sync(house.series_id)
    assert [one for slot, one in await house.meetings() if slot == slot_ms] == [meeting_id]  # not made again
    later = (await house.meetings())[-1][1]
    await house.keeper.cancel_from(later, "Selesai", OFFICE)
    await house.settle()
    (mail,) = house.mails(2)
    assert (mail.method, mail.event["SEQUENCE"]) == ("REQUEST", 1)
    assert instant(mail.event["EXDATE"].dts[0]) == slot_ms
    assert "UNTIL" in mail.event["RRULE"]


async def test_one_that_is_moved_twice_in_a_minute_is_told_once(house: House) -> None:
    await house.begin(Rule("weekly", count=6))
    await house.invite()
    slot_ms, meeting_id = (await house.meetings())[0]
    for hours in (1, 3):
        moved = await house.wish(
            meeting_id, starts_ms=slot_ms + hours * HOUR_MS, ends_ms=slot_ms + (hours + 2) * HOUR_MS
        )
        await house.office.wish(meeting_id, moved)
        await house.office.pass_ms(10_000)
    await house.settle()
    (mail,) = house.mails(1)
    event = mail.event
    assert mail.method == "REQUEST"
    assert (instant(event["RECURRENCE-ID"]), instant(event["DTSTART"])) == (slot_ms, slot_ms + 3 * HOUR_MS)
    assert "RRULE" not in event
    assert event["SEQUENCE"] == 1


async def test_this_and_all_that_follow_end_one_series_and_begin_another(house: House) -> None:
    await house.begin(Rule("weekly", count=8))
    await house.invite()
    slot_ms, meeting_id = (await house.meetings())[2]  # the fourth
    held = [one for _, one in (await house.meetings())[3:]]
    wish = await house.wish(meeting_id, starts_ms=slot_ms + DAY_MS, ends_ms=slot_ms + DAY_MS + 2 * HOUR_MS)
    await house.keeper.change_from(meeting_id, wish, OFFICE)
    await house.settle()
    told = sorted(house.mails(1), key=lambda one: str(one.event["UID"]) != f"{house.series_id}@balai")
    assert [one.method for one in told] == ["REQUEST", "REQUEST"]
    old, new = (one.event for one in told)
    assert (old["SEQUENCE"], "UNTIL" in old["RRULE"]) == (1, True)
    assert str(new["UID"]) == f"{meeting_id}@balai"
    assert new["RRULE"]["COUNT"] == [5]
    assert new["RRULE"]["BYDAY"] == ["SU"]
    assert [one for _, one in await house.office.store.listings.occurrences(meeting_id)] == held
    for place, one in enumerate(held, 1):
        state = await house.office.rooms.state(one)
        assert state.plan.starts_ms == slot_ms + DAY_MS + place * 7 * DAY_MS
        assert state.status == "planned"
    assert len(await house.meetings()) == 2


async def test_the_first_alone_and_then_the_whole_series(house: House) -> None:
    await house.begin(Rule("weekly", count=4))
    await house.invite()
    first_ms = (await house.office.rooms.state(house.series_id)).plan.starts_ms
    moved = await house.wish(house.series_id, starts_ms=first_ms + HOUR_MS, ends_ms=first_ms + 3 * HOUR_MS)
    await house.office.wish(house.series_id, moved)
    await house.settle()
    (mail,) = house.mails(1)
    whole, one = calendar(mail).walk("VEVENT")
    assert (instant(whole["DTSTART"]), "RRULE" in whole) == (first_ms, True)
    assert (instant(one["RECURRENCE-ID"]), instant(one["DTSTART"])) == (first_ms, first_ms + HOUR_MS)
    await house.keeper.cancel_one(house.series_id, "Batal", OFFICE)
    await house.settle()
    (mail,) = house.mails(2)
    assert mail.method == "REQUEST"
    assert instant(mail.event["EXDATE"].dts[0]) == first_ms
    await house.keeper.cancel_from(house.series_id, "Batal semua", OFFICE)
    await house.settle()
    (mail,) = house.mails(3)
    assert (mail.method, str(mail.event["UID"])) == ("CANCEL", f"{house.series_id}@balai")
    assert mail.event["SEQUENCE"] == 3
    states = [await house.office.rooms.state(one) for _, one in await house.meetings()]
    assert {one.status for one in states} == {"cancelled"}


async def test_a_series_goes_on_after_its_first_meeting_is_over(house: House) -> None:
    await house.begin(Rule("weekly", count=12))
    await house.invite()
    house.office.clock.advance(10 * DAY_MS)
    await house.keeper.look()
    upcoming = [one for slot, one in await house.meetings() if slot > house.office.clock.now_ms()]
    await house.keeper.cancel_from(upcoming[1], "Cukup", OFFICE)
    await house.settle()
    (mail,) = house.mails(1)
    assert (mail.method, "UNTIL" in mail.event["RRULE"]) == ("REQUEST", True)


async def test_who_is_left_out_of_one_meeting_is_told_of_that_one(house: House) -> None:
    await house.begin(Rule("weekly", count=5))
    await house.invite()
    slot_ms, meeting_id = (await house.meetings())[0]
    wish = await house.wish(meeting_id)
    without = tuple(one for one in wish.invitees if one.email != ALICES)
    await house.office.wish(meeting_id, replace(wish, invitees=without))
    await house.settle()
    (mail,) = house.mails(1)
    assert (mail.method, instant(mail.event["RECURRENCE-ID"])) == ("CANCEL", slot_ms)
    assert len(house.server.box.mails) == len(wish.invitees) + 1
