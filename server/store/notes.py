"""What was written in shared notes, update by update, sealed with the meeting's key. What one means is not known here.

Implements server.notes.ports.Shelf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.notes.ports import Kept, Written
from server.store.database import Database
from server.store.keys import MeetingKeys
from server.store.lease import Leases
from server.store.tables import note_updates as table
from server.store.vault import Vault, seal, unseal

SEALING = "record"


class NoteShelf:
    """One row per person and batch, numbered from 1 in each item; compacted ones give way to one that says all."""

    def __init__(self, database: Database, vault: Vault, leases: Leases) -> None:
        self._database, self._leases = database, leases
        self._keys = MeetingKeys(vault)

    async def read(self, meeting_id: str) -> Mapping[str, Kept]:
        """See the port. StoreError("store.unsealable") for a row that was changed or moved."""
        query = select(table).where(table.c.meeting_id == meeting_id).order_by(table.c.item_id, table.c.number)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            key = (await self._keys.read(connection, meeting_id)).get(SEALING) if rows else None
        if key is None:
            return {}
        kept: dict[str, Kept] = {}
        for item_id, of_item in groupby(rows, key=lambda row: str(row.item_id)):
            found = list(of_item)
            updates = tuple(unseal(key, row.sealed, _place(meeting_id, item_id, row.number)) for row in found)
            kept[item_id] = Kept(updates, found[-1].number)
        return kept

    async def add(self, meeting_id: str, at_ms: int, rows: Sequence[Written]) -> None:
        async def work(connection: AsyncConnection) -> None:
            key = await self._key(connection, meeting_id, at_ms)
            items = {one.item_id for one in rows}
            last = {item_id: await self._last(connection, meeting_id, item_id) for item_id in items}
            values = []
            for one in rows:
                last[one.item_id] += 1
                values.append(_row(key, meeting_id, at_ms, one, last[one.item_id]))
            await connection.execute(insert(table), values)

        await self._database.write(work)

    async def compact(self, meeting_id: str, at_ms: int, item_id: str, last: int, whole: bytes) -> None:
        async def work(connection: AsyncConnection) -> None:
            key = await self._key(connection, meeting_id, at_ms)
            mine = (table.c.meeting_id == meeting_id) & (table.c.item_id == item_id)
            await connection.execute(delete(table).where(mine, table.c.number <= last))
            await connection.execute(insert(table), [_row(key, meeting_id, at_ms, Written(item_id, "", whole), last)])

        await self._database.write(work)

    async def _key(self, connection: AsyncConnection, meeting_id: str, at_ms: int) -> bytes:
        await self._leases.check(connection, meeting_id)
        return (await self._keys.for_writing(connection, meeting_id, {SEALING}, at_ms))[SEALING]

    async def _last(self, connection: AsyncConnection, meeting_id: str, item_id: str) -> int:
        mine = (table.c.meeting_id == meeting_id) & (table.c.item_id == item_id)
        return await connection.scalar(select(func.max(table.c.number)).where(mine)) or 0


def _row(key: bytes, meeting_id: str, at_ms: int, one: Written, number: int) -> dict[str, object]:
    return {
        "meeting_id": meeting_id,
        "item_id": one.item_id,
        "number": number,
        "at_ms": at_ms,
        "person_id": one.person_id,
        "sealed": seal(key, one.update, _place(meeting_id, one.item_id, number)),
    }


def _place(meeting_id: str, item_id: str, number: int) -> bytes:
    """Authenticated with the update: one that is moved to another row does not open."""
    return f"note|{meeting_id}|{item_id}|{number}".encode()
