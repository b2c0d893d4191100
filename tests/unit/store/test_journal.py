"""The journal keeps what it was given, in order, once, sealed; and says no to everybody who may not write."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import secrets
import types
import typing
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Conflict, NotFound, Refused, Unavailable
from server.meeting import facts
from server.meeting.facts import KINDS, Fact
from server.meeting.richtext import canonical, digest, from_plain
from server.store import tables
from server.store.chain import JournalBroken, JournalRow, row_hash
from server.store.store import Store
from tests.unit.store.places import START_MS, Place, beginning, planned

Opening = Callable[[Place], Awaitable[Store]]


def strategy_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a fact's field."""
    if typing.get_origin(hint) is Literal:
        return st.sampled_from(typing.get_args(hint))
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return st.one_of([strategy_of(one) for one in typing.get_args(hint)])
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)
        if inner[-1] is Ellipsis:
            return st.lists(strategy_of(inner[0]), max_size=3).map(tuple)
        return st.tuples(*map(strategy_of, inner))
    if dataclasses.is_dataclass(hint):
        return fact_of(hint)
    return {
        str: st.text(st.characters(codec="utf-8"), max_size=20),
        int: st.integers(-(2**31), 2**31 - 1),
        bool: st.booleans(),
    }[hint]


def fact_of(kind: Any) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    built = st.builds(kind, **{one.name: strategy_of(hints[one.name]) for one in dataclasses.fields(kind)})
    if kind is facts.NotesAdopted:  # its digest is its text's, or the record does not verify
        return built.map(lambda one: _adopted(one, canonical(from_plain(one.text))))
    if kind in (facts.MeetingPlanned, facts.MeetingReplanned):  # no two meetings share a letter's number
        return built.map(lambda one: dataclasses.replace(one, letter_number=one.letter_number + secrets.token_hex(8)))
    if kind is facts.LetterNumbered:  # one that has its number
        return built.map(lambda one: dataclasses.replace(one, counter=abs(one.counter) + 1))
    return built


def _adopted(one: facts.NotesAdopted, text: str) -> facts.NotesAdopted:
    return dataclasses.replace(one, text=text, digest=digest(text))


NEED_OTHERS = {"DecisionCorrected", "DecisionWithdrawn"} | {
    f"Action{what}" for what in ("Corrected", "Withdrawn", "Done", "Reported", "Reopened")
}
"""Never the first word on what they correct."""
NEED_BYTES = {"DocumentAttached"}
"""Verified against bytes that are kept beside the journal."""

FIRST_WORDS = [kind for name, kind in sorted(KINDS.items()) if name not in NEED_OTHERS | NEED_BYTES]


async def rows_of(store: Store, meeting_id: str) -> list[JournalRow]:
    query = select(tables.facts).where(tables.facts.c.meeting_id == meeting_id).order_by(tables.facts.c.number)
    async with store.database.read() as connection:
        return [JournalRow(**row._mapping) for row in await connection.execute(query)]


async def begun(store: Store, meeting_id: str = "m1") -> int:
    await store.journal.take_lease(meeting_id)
    return (await store.journal.append(meeting_id, 0, START_MS, beginning()))[-1].number


async def test_what_is_appended_is_read(store: Store) -> None:
    await store.journal.take_lease("m1")
    first = await store.journal.append("m1", 0, START_MS, beginning())
    second = await store.journal.append("m1", 4, START_MS + 5, [facts.ChatSaid("c1", "p1", "Selamat pagi \0 ✓")])
    assert [one.number for one in (*first, *second)] == [1, 2, 3, 4, 5]
    assert [one.fact for one in first] == beginning()
    assert await store.journal.read("m1") == (*first, *second)
    assert await store.journal.read("m1", 3) == (first[3], *second)
    assert await store.journal.read("m1", 5) == ()
    assert await store.journal.append("m1", 5, START_MS, []) == ()


@given(wanted=st.lists(st.sampled_from(FIRST_WORDS).flatmap(fact_of), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_kind_survives_as_it_was(store: Store, wanted: list[Fact]) -> None:
    meeting_id = secrets.token_hex(8)  # every example its own, in one database
    await store.journal.take_lease(meeting_id)
    numbered = await store.journal.append(meeting_id, 0, START_MS, wanted)
    assert [one.fact for one in numbered] == wanted
    assert await store.journal.read(meeting_id) == numbered
    assert (await store.verify(meeting_id)).holds


async def test_a_meeting_nobody_wrote_is_unknown(store: Store) -> None:
    with pytest.raises(NotFound) as raised:
        await store.journal.read("nowhere")
    assert raised.value.code == "meeting.unknown"


async def test_only_the_next_number_is_written(store: Store) -> None:
    last = await begun(store)
    for after in (0, last - 1, last + 1):
        with pytest.raises(Conflict) as raised:
            await store.journal.append("m1", after, START_MS, [facts.MeetingOpened("p1")])
        assert raised.value.code == "journal.moved"
    assert len(await store.journal.read("m1")) == last


async def test_of_many_at_once_one_is_written(store: Store) -> None:
    last = await begun(store)
    tried = await asyncio.gather(
        *(store.journal.append("m1", last, START_MS, [facts.ChatSaid(f"c{n}", "p1", "ya")]) for n in range(20)),
        return_exceptions=True,
    )
    written = [one for one in tried if not isinstance(one, BaseException)]
    assert len(written) == 1
    assert all(isinstance(one, Conflict) for one in tried if isinstance(one, BaseException))
    assert await store.journal.read("m1", last) == written[0]


async def test_who_has_no_lease_does_not_write(store: Store) -> None:
    with pytest.raises(Conflict) as raised:
        await store.journal.append("m1", 0, START_MS, beginning())
    assert raised.value.code == "journal.moved"
    last = await begun(store)
    await store.journal.give_lease("m1")
    with pytest.raises(Conflict):
        await store.journal.append("m1", last, START_MS, [facts.MeetingOpened("p1")])


async def test_one_that_fails_takes_nothing_of_the_others_along(store: Store) -> None:
    """They share a commit on SQLite; each is all or nothing by itself."""
    names = [f"m{n}" for n in range(12)]
    for name in names:
        await store.journal.take_lease(name)
    tried = await asyncio.gather(
        *(store.journal.append(name, n % 3, START_MS, beginning()) for n, name in enumerate(names)),
        return_exceptions=True,
    )
    for n, (name, result) in enumerate(zip(names, tried, strict=True)):
        if n % 3:
            assert isinstance(result, Conflict)
            with pytest.raises(NotFound):
                await store.journal.read(name)
            assert await store.listings.meeting(name) is None
        else:
            assert await store.journal.read(name) == result
    async with store.database.read() as connection:
        keyed = set(await connection.scalars(select(tables.meeting_keys.c.meeting_id)))
    assert keyed == {name for n, name in enumerate(names) if n % 3 == 0}


async def test_a_caller_that_went_away_leaves_the_journal_whole(store: Store) -> None:
    last = await begun(store)
    task = asyncio.create_task(store.journal.append("m1", last, START_MS, [facts.MeetingOpened("p1")]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.settings.put("after", 1)  # the writer has gone past it, whichever way it ended
    found = await store.journal.read("m1")
    await store.journal.append("m1", found[-1].number, START_MS, [facts.MeetingClosed("p1")])
    assert (await store.verify("m1")).holds


async def test_a_closed_store_says_so(sqlite_place: Place, opening: Opening) -> None:
    store = await opening(sqlite_place)
    await store.database.close()
    with pytest.raises(Unavailable):
        await store.settings.put("a", 1)
    store.leases._beating = False  # nothing left to tell


async def test_the_second_fence_holds_without_the_first(store: Store) -> None:
    """A row that another process wrote, although the lease is ours, is never overwritten."""
    last = await begun(store)
    row = (await rows_of(store, "m1"))[-1]

    async def sneak() -> None:
        async with store.database._readers.begin() as connection:
            values = {**tables_row(row), "number": last + 1}
            await connection.execute(insert(tables.facts).values(values))

    await sneak()
    with pytest.raises(Conflict) as raised:
        await store.journal.append("m1", last, START_MS, [facts.MeetingOpened("p1")])
    assert raised.value.code == "journal.moved"


def tables_row(row: JournalRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in JournalRow.__dataclass_fields__}


async def test_the_chain_is_as_documented(store: Store) -> None:
    """Recomputed here from the words of chain.py alone."""
    await begun(store)
    previous = bytes(32)
    for row in await rows_of(store, "m1"):
        parts = [b"balai.fact.1", previous, b"m1", str(row.number).encode(), str(row.at_ms).encode()]
        parts += [row.kind.encode(), row.sealing.encode(), row.sealed]
        wanted = hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()
        assert (row.previous, row.hash) == (previous, wanted)
        previous = row.hash


async def test_no_name_stands_in_the_clear_in_a_hashed_row(store: Store) -> None:
    last = await begun(store)
    await store.journal.append("m1", last, START_MS, [facts.ChatSaid("c1", "p1", "rahasia sekali")])
    for row in await rows_of(store, "m1"):
        # Whole words only: two letters turn up in ciphertext by chance.
        for word in (b"Siti", b"rahasia", b"Setda"):
            assert word not in row.sealed
    assert {row.sealing for row in await rows_of(store, "m1")} == {"record", "presence", "chat"}


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [("kind", "Sulap", "kind"), ("sealing", "chat", "kind"), ("sealed", b"x" * 40, "payload"), ("at_ms", 7, "payload")],
)
async def test_a_row_that_was_changed_is_not_read(store: Store, column: str, value: object, what: str) -> None:
    await begun(store)

    async def work(connection: AsyncConnection) -> None:
        row = (tables.facts.c.meeting_id == "m1") & (tables.facts.c.number == 2)
        await connection.execute(update(tables.facts).where(row).values({column: value}))

    await store.database.write(work)
    with pytest.raises(JournalBroken) as raised:
        await store.journal.read("m1")
    assert (raised.value.values["number"], raised.value.what) == (2, what)


async def test_a_missing_row_is_not_read_over(store: Store) -> None:
    await begun(store)

    async def work(connection: AsyncConnection) -> None:
        row = (tables.facts.c.meeting_id == "m1") & (tables.facts.c.number == 2)
        await connection.execute(delete(tables.facts).where(row))

    await store.database.write(work)
    with pytest.raises(JournalBroken) as raised:
        await store.journal.read("m1")
    assert (raised.value.values["number"], raised.value.what) == (2, "gap")


async def test_a_destroyed_key_erases_its_class_and_nothing_else(store: Store) -> None:
    last = await begun(store)
    talk: list[Fact] = [facts.ChatSaid("c1", "p1", "rahasia"), facts.MeetingOpened("p1"), facts.MeetingClosed("p1")]
    await store.journal.append("m1", last, START_MS, talk)
    await store.journal.destroy_key("m1", "chat")
    await store.journal.destroy_key("m1", "presence")
    kinds = [type(one.fact).__name__ for one in await store.journal.read("m1")]
    assert kinds == ["MeetingPlanned", "MeetingOpened", "MeetingClosed"]
    result = await store.verify("m1")
    assert (result.holds, result.checked, result.erased) == (True, 7, 4)
    with pytest.raises(Refused) as raised:
        await store.journal.append("m1", 7, START_MS, [facts.ChatSaid("c2", "p1", "lagi")])
    assert raised.value.code == "journal.key_destroyed"
    await store.journal.append("m1", 7, START_MS, [facts.NotesWritten("p2", "", 1, "tetap")])
    meeting = await store.listings.meeting("m1")
    assert meeting is not None
    assert (meeting.last_number, meeting.chair_name, meeting.title) == (8, "", "Rapat Koordinasi")
    assert await store.listings.invitations("m1") == ()


async def test_a_key_is_destroyed_only_by_who_holds_the_lease(store: Store) -> None:
    await begun(store)
    await store.journal.give_lease("m1")
    with pytest.raises(Conflict):
        await store.journal.destroy_key("m1", "chat")


async def test_a_payload_does_not_open_in_another_row(store: Store) -> None:
    """Even with a chain forged to fit: the place is sealed with the payload."""
    await store.journal.take_lease("m1")
    await store.journal.append("m1", 0, START_MS, [planned(), facts.MeetingOpened("p1"), facts.MeetingOpened("p2")])
    second, third = (await rows_of(store, "m1"))[1:]
    forged = JournalRow("m1", 3, third.at_ms, third.kind, third.sealing, second.sealed, second.hash, b"")

    async def work(connection: AsyncConnection) -> None:
        values = {"sealed": forged.sealed, "hash": row_hash(forged)}
        row = (tables.facts.c.meeting_id == "m1") & (tables.facts.c.number == 3)
        await connection.execute(update(tables.facts).where(row).values(values))

    await store.database.write(work)
    result = await store.verify("m1")
    assert result.broken is not None
    assert (result.broken.number, result.broken.what) == (3, "payload")
