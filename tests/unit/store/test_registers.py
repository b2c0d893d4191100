"""The book of outgoing letters on both databases: no gap and no number twice, whoever writes at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date

import pytest

from server.errors import BalaiError, Conflict, Invalid, Refused
from server.meeting import facts
from server.meeting.facts import Fact, LetterNumbered
from server.meeting.finding import LetterLine, LetterWish
from server.meeting.numbering import Register
from server.store.store import Store
from tests.unit.store.places import START_MS, Place, beginning, planned

UMUM = Register("umum", "Umum", "{kode}/{no:03}/{unit}/{bulan}/{tahun}", "000.1.5", "SETDA")
DATED = "2026-11-24"


async def with_meeting(store: Store, meeting_id: str) -> int:
    await store.journal.take_lease(meeting_id)
    return (await store.journal.append(meeting_id, 0, START_MS, beginning()))[-1].number


async def write(store: Store, meeting_id: str, after: int, *wanted: Fact) -> list[Fact]:
    return [one.fact for one in await store.journal.append(meeting_id, after, START_MS, wanted)]


async def book(store: Store, wish: LetterWish | None = None) -> dict[str, LetterLine]:
    return {one.number: one for one in await store.registers.book(wish or LetterWish(limit=1_000))}


async def test_a_letter_takes_the_next_number_with_its_fact(store: Store) -> None:
    await store.registers.save(UMUM)
    for at in (1, 2):
        after = await with_meeting(store, f"m{at}")
        sent = facts.InvitationsSent("p2")
        written = await write(store, f"m{at}", after, LetterNumbered("p2", "umum", DATED), sent)
        number = f"000.1.5/{at:03}/SETDA/XI/2026"
        assert written[0] == LetterNumbered("p2", "umum", DATED, "", at, number)
        assert [one.fact for one in await store.journal.read(f"m{at}")][-2:] == written
        line = (await book(store))[number]
        assert (line.meeting_id, line.status, line.counter, line.year) == (f"m{at}", "sent", at, 2026)
        assert (line.about, line.to, line.count) == ("Rapat Koordinasi", "Kepala Bagian", 3)
    assert await store.registers.next_counter(UMUM, 2026) == 3
    assert await store.registers.next_counter(UMUM, 2027) == 1


async def test_many_at_once_leave_no_gap_and_share_no_number(
    place: Place, opening: Callable[[Place], Awaitable[Store]]
) -> None:
    """Two processes; a third of all wishes is refused, and some are of another year."""
    stores = [await opening(place), await opening(place)]
    await stores[0].registers.save(UMUM)
    last = {f"m{at}": await with_meeting(stores[at % 2], f"m{at}") for at in range(36)}

    async def one(at: int) -> str:
        store, meeting_id = stores[at % 2], f"m{at}"
        numbered = LetterNumbered("p2", "umum", "2027-01-02" if at % 9 == 0 else DATED)
        after = last[meeting_id] - (1 if at % 3 == 1 else 0)  # the number before: somebody else has written it
        found = (await write(store, meeting_id, after, numbered))[0]
        assert isinstance(found, LetterNumbered)
        return found.number

    done = await asyncio.gather(*(one(at) for at in range(36)), return_exceptions=True)
    given = [number for number in done if isinstance(number, str)]
    refused = [error for error in done if isinstance(error, BaseException)]
    assert len(refused) == 12
    assert all(isinstance(error, Conflict) for error in refused)
    counted = {year: sorted(int(n.split("/")[1]) for n in given if n.endswith(year)) for year in ("2026", "2027")}
    assert counted["2026"] == list(range(1, len(counted["2026"]) + 1))
    assert counted["2027"] == list(range(1, len(counted["2027"]) + 1))
    assert len(counted["2026"]) + len(counted["2027"]) == 24
    assert set(await book(stores[1])) == set(given)


async def test_what_fails_after_the_number_gives_it_back(store: Store) -> None:
    await store.registers.save(UMUM)
    await with_meeting(store, "m1")
    after = await with_meeting(store, "m2")
    await write(store, "m1", 4, replace_plan("001/X"))
    with pytest.raises(Refused) as raised:
        await write(store, "m2", after, LetterNumbered("p2", "umum", DATED), replace_plan("001 / x"))
    assert raised.value.code == "letter.number_taken"
    assert await store.registers.next_counter(UMUM, 2026) == 1
    assert set(await book(store)) == {"001/X"}


def replace_plan(number: str, dated: str = "") -> facts.MeetingReplanned:
    plan = planned()
    return facts.MeetingReplanned("a1", plan.title, plan.starts_ms, plan.ends_ms, plan.zone, plan.place, number, dated)


async def test_a_cancelled_letter_keeps_its_number(store: Store) -> None:
    await store.registers.save(UMUM)
    after = await with_meeting(store, "m1")
    await write(store, "m1", after, LetterNumbered("p2", "umum", DATED), facts.InvitationsSent("p2"))
    await write(store, "m1", after + 2, facts.MeetingCancelled("p2", "ditunda"))
    assert [(one.counter, one.status) for one in (await book(store)).values()] == [(1, "cancelled")]
    after = await with_meeting(store, "m2")
    assert (await write(store, "m2", after, LetterNumbered("p2", "umum", DATED)))[0].counter == 2  # type: ignore[attr-defined]


async def test_a_typed_number_is_had_once_and_has_its_place_in_the_book(store: Store) -> None:
    await store.registers.save(UMUM)
    after = await with_meeting(store, "m1")
    await write(store, "m1", after, replace_plan("000.1.5/001/setda/XI/2026", DATED))
    after = await with_meeting(store, "m2")
    with pytest.raises(Refused):
        await write(store, "m2", after, replace_plan("000.1.5/001/SETDA/XI/2026"))
    found = (await write(store, "m2", after, LetterNumbered("p2", "umum", DATED)))[0]
    assert isinstance(found, LetterNumbered)
    assert found.number == "000.1.5/002/SETDA/XI/2026"
    lines = await book(store, LetterWish(register_id="umum", year=2026))
    assert sorted(one.counter for one in lines.values()) == [1, 2]


async def test_a_typed_number_that_was_not_sent_is_free_again(store: Store) -> None:
    after = await with_meeting(store, "m1")
    await write(store, "m1", after, replace_plan("005/12"))
    await write(store, "m1", after + 1, replace_plan("005/13"))
    assert {number: one.status for number, one in (await book(store)).items()} == {"005/13": "reserved"}
    await write(store, "m1", after + 2, facts.InvitationsSent("p2"), replace_plan("005/14"))
    assert {one.number: one.status for one in (await book(store)).values()}["005/13"] == "cancelled"


async def test_a_reserved_number_is_taken_up_by_the_letter_that_names_it(store: Store) -> None:
    await store.registers.save(replace(UMUM, first_year=2026, first=412))
    number = await store.registers.reserve("umum", date(2026, 11, 24), "Surat edaran", START_MS)
    assert number == "000.1.5/412/SETDA/XI/2026"
    assert (await book(store))[number].about == "Surat edaran"
    after = await with_meeting(store, "m1")
    await write(store, "m1", after, replace_plan(number), facts.InvitationsSent("p2"))
    line = (await book(store))[number]
    assert (line.meeting_id, line.status, line.counter) == ("m1", "sent", 412)


@pytest.mark.parametrize(
    ("register", "code"),
    [
        (replace(UMUM, pattern="{no}/SETDA"), "register.pattern"),  # the same number every year
        (replace(UMUM, pattern="{no}/{tahun}/{nama}"), "register.pattern"),
        (replace(UMUM, pattern="{no}/{tahun}/}"), "register.pattern"),
        (replace(UMUM, name=" "), "register.name"),
        (replace(UMUM, first=0), "register.first"),
        (replace(UMUM, unit="x" * 41), "form.long"),
    ],
)
async def test_a_register_that_cannot_be_is_not_kept(store: Store, register: Register, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        await store.registers.save(register)
    assert raised.value.code == code
    assert await store.registers.all() == ()


@pytest.mark.parametrize("register_id", ["nowhere", "old"])
async def test_a_register_that_is_not_there_or_closed_gives_none(store: Store, register_id: str) -> None:
    await store.registers.save(replace(UMUM, register_id="old", closed=True))
    after = await with_meeting(store, "m1")
    with pytest.raises(BalaiError) as raised:
        await write(store, "m1", after, LetterNumbered("p2", register_id, DATED))
    assert raised.value.code in ("register.unknown", "register.closed")
    assert await book(store) == {}


async def test_the_book_is_looked_through(store: Store) -> None:
    await store.registers.save(UMUM)
    for at in range(5):
        await store.registers.reserve("umum", date(2025 + at % 2, 3, 1), f"Edaran {at} 100%", START_MS)
    assert await store.registers.years() == (2026, 2025)
    assert [one.about for one in await store.registers.book(LetterWish(year=2026))] == [
        "Edaran 3 100%",
        "Edaran 1 100%",
    ]
    assert len(await store.registers.book(LetterWish(words="edaran 100%"))) == 5
    assert len(await store.registers.book(LetterWish(words="/002/"))) == 2
    assert len(await store.registers.book(LetterWish(status="sent"))) == 0
    assert len(await store.registers.book(LetterWish(limit=2, offset=4))) == 1
