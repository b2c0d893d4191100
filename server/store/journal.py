"""The journal on a database: implements meeting/ports.Journal. One append is one transaction; no rule is known here.

Lease, number, facts and projections are written together or not at all, and `append` returns when they are durable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast, get_args

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.clock import Clock
from server.errors import Conflict, NotFound
from server.meeting.facts import Fact, NumberedFact, Sealing
from server.store import chain, errands, mailings, projecting, registers, tables
from server.store.chain import JournalRow
from server.store.database import Database
from server.store.indexing import SearchIndex
from server.store.keys import MeetingKeys
from server.store.lease import Leases
from server.store.tables import arrivals, document_pieces, errands_told, guests, join_links, note_updates, posts
from server.store.tables import facts as table
from server.store.tables import mailings as mailings_table
from server.store.vault import Vault

_COLUMNS = tuple(table.c[name] for name in JournalRow.__dataclass_fields__)


class DatabaseJournal:
    """Facts of all meetings. Cancelling an `append` that has begun does not take it back."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, leases: Leases) -> None:
        self._database, self._clock, self._leases = database, clock, leases
        self._keys = MeetingKeys(vault)
        self._index = SearchIndex(vault, self._keys)

    async def append(self, meeting_id: str, after: int, at_ms: int, facts: Sequence[Fact]) -> tuple[NumberedFact, ...]:
        """See the port. Refused("journal.key_destroyed") where retention erased that class of the meeting."""
        return await self._database.write(
            lambda connection: self._append(connection, meeting_id, after, at_ms, tuple(facts))
        )

    async def _append(
        self, connection: AsyncConnection, meeting_id: str, after: int, at_ms: int, facts: tuple[Fact, ...]
    ) -> tuple[NumberedFact, ...]:
        await self._leases.check(connection, meeting_id)
        number, previous = await self._last(connection, meeting_id)
        if number != after:
            raise Conflict("journal.moved")
        if not facts:
            return ()
        facts = await registers.follow(connection, meeting_id, facts, at_ms)
        sealings = {fact.sealing for fact in facts}
        keys = await self._keys.for_writing(connection, meeting_id, sealings, at_ms)
        rows: list[JournalRow] = []
        for fact in facts:
            number += 1
            rows.append(chain.write(meeting_id, number, at_ms, fact, key=keys[fact.sealing], previous=previous))
            previous = rows[-1].hash
        try:
            await connection.execute(insert(table), [asdict(row) for row in rows])
        except IntegrityError:  # the second fence: somebody wrote this number although we hold the lease
            raise Conflict("journal.moved") from None
        numbered = tuple(
            NumberedFact(row.number, at_ms, fact, row.hash.hex()) for row, fact in zip(rows, facts, strict=True)
        )
        await mailings.note(connection, meeting_id, numbered)
        await errands.note(connection, meeting_id, numbered)
        if await projecting.follow(connection, meeting_id, numbered):
            await projecting.write_attendance(connection, meeting_id, await self._read(connection, meeting_id, 0))
        await self._index.follow(connection, meeting_id, numbered)
        return numbered

    async def _last(self, connection: AsyncConnection, meeting_id: str) -> tuple[int, bytes]:
        query = select(table.c.number, table.c.hash).where(table.c.meeting_id == meeting_id)
        row = (await connection.execute(query.order_by(table.c.number.desc()).limit(1))).first()
        return (row.number, row.hash) if row else (0, chain.FIRST)

    async def read(self, meeting_id: str, after: int = 0) -> tuple[NumberedFact, ...]:
        """See the port. Facts whose key retention destroyed are left out. JournalBroken."""
        async with self._database.read() as connection:
            found = await self._read(connection, meeting_id, after)
            if not found and (await self._last(connection, meeting_id))[0] == 0:
                raise NotFound("meeting.unknown")
        return found

    async def rows(self, meeting_id: str) -> tuple[tuple[JournalRow, ...], tuple[NumberedFact, ...]]:
        """All rows as they are kept, and what of them can still be read. NotFound("meeting.unknown"), JournalBroken."""
        async with self._database.read() as connection:
            query = select(*_COLUMNS).where(table.c.meeting_id == meeting_id).order_by(table.c.number)
            rows = tuple(journal_row(row) for row in await connection.execute(query))
            if not rows:
                raise NotFound("meeting.unknown")
            return rows, await self._read(connection, meeting_id, 0)

    async def _read(self, connection: AsyncConnection, meeting_id: str, after: int) -> tuple[NumberedFact, ...]:
        query = select(*_COLUMNS).where(table.c.meeting_id == meeting_id, table.c.number > after)
        rows = [journal_row(row) for row in await connection.execute(query.order_by(table.c.number))]
        if not rows:
            return ()
        keys = await self._keys.read(connection, meeting_id)
        for row, expected in zip(rows, range(after + 1, after + 1 + len(rows)), strict=True):
            if row.number != expected:
                raise chain.JournalBroken(meeting_id, expected, "gap")
        return tuple(fact for row in rows if (fact := chain.read(row, keys)) is not None)

    async def take_lease(self, meeting_id: str) -> int | None:
        return await self._leases.take(meeting_id)

    async def give_lease(self, meeting_id: str) -> None:
        await self._leases.give(meeting_id)

    async def left_behind(self) -> tuple[str, ...]:
        """Meetings that a process which is gone was still working on: to be taken up at start."""
        return await self._leases.left_behind()

    async def comments_open(self) -> tuple[str, ...]:
        """Meetings whose comment period was begun and not ended: taken up at start, so that it ends on time."""
        meetings = tables.meetings.c
        query = select(meetings.meeting_id).where(meetings.comments_until_ms > 0)
        async with self._database.read() as connection:
            return tuple(await connection.scalars(query.order_by(meetings.meeting_id)))

    async def meeting_ids(self) -> tuple[str, ...]:
        async with self._database.read() as connection:
            query = select(table.c.meeting_id).where(table.c.number == 1).order_by(table.c.meeting_id)
            return tuple(await connection.scalars(query))

    async def destroy_key(self, meeting_id: str, sealing: Sealing) -> None:
        """Erase every payload of this class for good; only while this process holds the lease. The chain still
        verifies, and the lists forget what came from it."""

        async def work(connection: AsyncConnection) -> None:
            await self._leases.check(connection, meeting_id)
            await self._index.erase(connection, meeting_id, sealing)
            await self._keys.destroy(connection, meeting_id, sealing, self._clock.now_ms())
            await self._project_anew(connection, meeting_id)

        await self._database.write(work)

    async def erase(
        self, meeting_id: str, sealings: Sequence[str], decided: Sequence[Fact], at_ms: int
    ) -> tuple[NumberedFact, ...]:
        """Destroy these classes of the meeting (sealings, and `recording`) and write what is said of it, in one
        transaction: keys, lists, search index, and with `presence` its mails, links and guests. `decided` must be
        sealed as `trace`, or nobody could read it; it is numbered after everything that can no longer be read. Only
        while this process holds the lease."""

        async def work(connection: AsyncConnection) -> tuple[NumberedFact, ...]:
            await self._leases.check(connection, meeting_id)
            for sealing in sealings:
                if sealing in get_args(Sealing):
                    await self._index.erase(connection, meeting_id, cast("Sealing", sealing))
                await self._keys.destroy(connection, meeting_id, sealing, at_ms)
            if "documents" in sealings:
                await connection.execute(delete(document_pieces).where(document_pieces.c.meeting_id == meeting_id))
            if "record" in sealings:
                await connection.execute(delete(note_updates).where(note_updates.c.meeting_id == meeting_id))
            if "presence" in sealings:
                for personal in (posts, mailings_table, arrivals, join_links, guests, errands_told):
                    await connection.execute(delete(personal).where(personal.c.meeting_id == meeting_id))
            number, _ = await self._last(connection, meeting_id)
            written = await self._append(connection, meeting_id, number, at_ms, tuple(decided))
            await self._project_anew(connection, meeting_id)
            return written

        return await self._database.write(work)

    async def rebuild(self, meeting_id: str) -> None:
        """Write the meeting's projections anew, from its facts alone. Appends wait meanwhile."""

        async def work(connection: AsyncConnection) -> None:
            if connection.dialect.name == "postgresql":
                await connection.exec_driver_sql("LOCK TABLE leases IN EXCLUSIVE MODE")
            await self._project_anew(connection, meeting_id)

        await self._database.write(work)

    async def _project_anew(self, connection: AsyncConnection, meeting_id: str) -> None:
        number, _ = await self._last(connection, meeting_id)
        numbered = await self._read(connection, meeting_id, 0)
        await projecting.write_anew(connection, meeting_id, numbered, number)
        await self._index.write_anew(connection, meeting_id, numbered)


def journal_row(row: Row[tuple[object, ...]]) -> JournalRow:
    return JournalRow(**row._mapping)
