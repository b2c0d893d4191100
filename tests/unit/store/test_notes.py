"""Updates of shared notes on each database: kept in order, sealed, compacted, erased with the meeting's key."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from server.errors import Conflict, Refused
from server.meeting import facts
from server.meeting.richtext import digest
from server.notes.ports import Kept, Written
from server.store import tables
from server.store.store import Store
from server.store.vault import Unsealable
from tests.unit.store.test_journal import START_MS, begun

ONE, TWO, THREE = b"satu", b"dua", b"tiga"


async def test_what_is_added_is_read_in_order_item_by_item(store: Store) -> None:
    await begun(store)
    await store.notes.add("m1", START_MS, [Written("i1", "p2", ONE), Written("", "p1", TWO)])
    await store.notes.add("m1", START_MS, [Written("i1", "p1", THREE), Written("i1", "p2", ONE)])
    assert await store.notes.read("m1") == {"": Kept((TWO,), 1), "i1": Kept((ONE, THREE, ONE), 3)}
    assert await store.notes.read("m2") == {}


async def test_nothing_lies_there_in_the_clear_and_nothing_can_be_moved(store: Store) -> None:
    await begun(store)
    await store.notes.add("m1", START_MS, [Written("i1", "p2", b"rahasia negara"), Written("i1", "p2", TWO)])
    table = tables.note_updates
    async with store.database.read() as connection:
        sealed = list(await connection.scalars(select(table.c.sealed).order_by(table.c.number)))
    assert not any(b"rahasia" in one for one in sealed)
    swapped = update(table).where(table.c.number == 1).values(sealed=sealed[1])
    await store.database.write(lambda connection: connection.execute(swapped))
    with pytest.raises(Unsealable):
        await store.notes.read("m1")


async def test_a_whole_stands_for_what_it_was_made_of(store: Store) -> None:
    await begun(store)
    await store.notes.add("m1", START_MS, [Written("i1", "p2", one) for one in (ONE, TWO)])
    await store.notes.add("m1", START_MS, [Written("i2", "p2", TWO)])
    await store.notes.add("m1", START_MS, [Written("i1", "p2", THREE)])
    await store.notes.compact("m1", START_MS, "i1", 2, ONE + TWO)
    assert await store.notes.read("m1") == {"i1": Kept((ONE + TWO, THREE), 3), "i2": Kept((TWO,), 1)}
    await store.notes.add("m1", START_MS, [Written("i1", "p2", TWO)])
    assert (await store.notes.read("m1"))["i1"].last == 4


async def test_only_who_holds_the_meeting_writes(store: Store) -> None:
    await begun(store)
    await store.journal.give_lease("m1")
    with pytest.raises(Conflict, match=r"journal\.moved"):
        await store.notes.add("m1", START_MS, [Written("i1", "p2", ONE)])
    with pytest.raises(Conflict, match=r"journal\.moved"):
        await store.notes.compact("m1", START_MS, "i1", 1, ONE)
    assert await store.notes.read("m1") == {}


async def test_they_go_with_the_key_of_the_record(store: Store) -> None:
    await begun(store)
    await store.notes.add("m1", START_MS, [Written("i1", "p2", ONE)])
    await store.journal.destroy_key("m1", "record")
    assert await store.notes.read("m1") == {}
    with pytest.raises(Refused, match=r"journal\.key_destroyed"):
        await store.notes.add("m1", START_MS, [Written("i1", "p2", ONE)])


async def test_verifying_tells_that_adopted_notes_are_not_those_of_their_digest(store: Store) -> None:
    last = await begun(store)
    text = '[["p",[["x","Disetujui."]]]]'
    await store.journal.append("m1", last, START_MS, [facts.NotesAdopted("", "i1", 1, digest(text), text)])
    assert (await store.verify("m1")).holds
    await store.journal.append("m1", last + 1, START_MS, [facts.NotesAdopted("", "i1", 2, digest(text), text + " ")])
    verdict = await store.verify("m1")
    assert verdict.broken is not None
    assert (verdict.broken.number, verdict.broken.what) == (last + 2, "text")
