"""Whatever is changed behind the journal's back is found, and the first place is named."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import NotFound
from server.meeting import facts
from server.store import tables
from server.store.chain import JournalRow, row_hash
from server.store.store import Store
from server.store.verify import Broken
from tests.unit.store.places import START_MS, beginning

Harm = Callable[[AsyncConnection], Awaitable[object]]
LAST = 7


@pytest.fixture
async def written(store: Store) -> Store:
    await store.journal.take_lease("m1")
    await store.journal.append("m1", 0, START_MS, beginning())
    for number in range(4, LAST):
        await store.journal.append("m1", number, START_MS + number, [facts.ChatSaid(f"c{number}", "p1", "ya")])
    return store


def row(number: int) -> ColumnElement[bool]:
    return (tables.facts.c.meeting_id == "m1") & (tables.facts.c.number == number)


def change(number: int, **values: object) -> Harm:
    return lambda connection: connection.execute(update(tables.facts).where(row(number)).values(values))


def cut(*numbers: int) -> Harm:
    condition = (tables.facts.c.meeting_id == "m1") & tables.facts.c.number.in_(numbers)
    return lambda connection: connection.execute(delete(tables.facts).where(condition))


def rewritten(number: int) -> Harm:
    """Somebody who knows how the hash is made changes a row, and its hash with it."""

    async def harm(connection: AsyncConnection) -> None:
        found = (await connection.execute(select(tables.facts).where(row(number)))).one()
        changed = JournalRow(**{**found._mapping, "at_ms": 1})
        await change(number, at_ms=1, hash=row_hash(changed))(connection)

    return harm


async def test_an_untouched_record_holds(written: Store) -> None:
    result = await written.verify("m1")
    assert (result.holds, result.checked, result.erased) == (True, LAST, 0)
    assert result.last_hash == (await written.journal.read("m1"))[-1].hash


@pytest.mark.parametrize(
    ("harm", "broken"),
    [
        (change(3, at_ms=1), Broken(3, "hash")),
        (change(3, kind="Left"), Broken(3, "hash")),
        (change(3, sealing="chat"), Broken(3, "hash")),
        (change(3, sealed=b"0" * 60), Broken(3, "hash")),
        (change(3, hash=bytes(32)), Broken(3, "hash")),
        (change(3, previous=bytes(32)), Broken(3, "hash")),
        (rewritten(3), Broken(3, "payload")),
        (cut(1), Broken(1, "gap")),
        (cut(3), Broken(3, "gap")),
        (cut(6, 7), Broken(6, "gap")),
        (cut(1, 2, 3, 4, 5, 6, 7), Broken(1, "gap")),
    ],
)
async def test_the_first_broken_row_is_named(written: Store, harm: Harm, broken: Broken) -> None:
    await written.database.write(harm)
    result = await written.verify("m1")
    assert result.broken == broken
    assert result.checked == broken.number - 1


async def test_a_destroyed_key_is_no_fault_but_a_missing_one_is(written: Store) -> None:
    await written.journal.destroy_key("m1", "chat")
    result = await written.verify("m1")
    assert (result.holds, result.erased) == (True, 3)
    condition = (tables.meeting_keys.c.meeting_id == "m1") & (tables.meeting_keys.c.sealing == "chat")
    await written.database.write(lambda connection: connection.execute(delete(tables.meeting_keys).where(condition)))
    assert (await written.verify("m1")).broken == Broken(5, "key")


async def test_a_key_that_was_exchanged_is_a_fault(written: Store) -> None:
    """A wrapped key is bound to its meeting and class."""

    async def harm(connection: AsyncConnection) -> None:
        keys = tables.meeting_keys
        other = await connection.scalar(select(keys.c.wrapped).where(keys.c.sealing == "record"))
        await connection.execute(update(keys).where(keys.c.sealing == "presence").values(wrapped=other))

    await written.database.write(harm)
    assert (await written.verify("m1")).broken == Broken(2, "key")


async def test_a_record_that_is_being_written_holds_all_the_while(written: Store) -> None:
    """What is read is one moment: facts and lists of it agree."""

    async def append() -> None:
        for number in range(LAST, LAST + 60):
            await written.journal.append("m1", number, START_MS, [facts.ChatSaid(f"c{number}", "p1", "ya")])

    writing = asyncio.create_task(append())
    seen: list[int] = []
    while not writing.done():
        result = await written.verify("m1")
        assert result.broken is None
        seen.append(result.checked)
    await writing
    assert seen == sorted(seen)
    assert len(set(seen)) > 1


async def test_an_unknown_meeting_is_said_to_be(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.verify("nowhere")
