"""Attached documents, sealed with a key of the meeting's own that retention destroys; in pieces, so that nobody who
writes waits long, and in the database, so that every backup has them. What they are called, the journal says.
"""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.clock import Clock
from server.errors import NotFound
from server.store.database import Database
from server.store.keys import MeetingKeys
from server.store.tables import document_pieces as table
from server.store.vault import Unsealable, Vault, seal, unseal

SEALING = "documents"
PIECE_BYTES = 512 * 1024
_c = table.c


class DocumentShelf:
    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._keys = MeetingKeys(vault)

    async def keep(self, meeting_id: str, document_id: str, content: bytes) -> None:
        """Durable when it returns. Refused("journal.key_destroyed"). Whoever calls makes it a fact, or drops it."""
        now_ms = self._clock.now_ms()

        async def prepare(connection: AsyncConnection) -> bytes:
            await connection.execute(delete(table).where(*_one(meeting_id, document_id)))
            return (await self._keys.for_writing(connection, meeting_id, (SEALING,), now_ms))[SEALING]

        key = await self._database.write(prepare)
        pieces = [content[at : at + PIECE_BYTES] for at in range(0, len(content), PIECE_BYTES)]
        for number, piece in enumerate(pieces):
            sealed = seal(key, piece, _place(meeting_id, document_id, number, len(pieces)))
            await self._put({"meeting_id": meeting_id, "document_id": document_id, "number": number, "sealed": sealed})

    async def _put(self, row: dict[str, object]) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(table).values(row))

        await self._database.write(work)

    async def read(self, meeting_id: str, document_id: str, digest: str) -> bytes:
        """NotFound("document.gone") for what was destroyed, or is no longer what was kept."""
        async with self._database.read() as connection:
            content = await read(connection, self._keys, meeting_id, document_id)
        if content is None or sha256(content).hexdigest() != digest:
            raise NotFound("document.gone")
        return content

    async def drop(self, meeting_id: str, document_id: str) -> None:
        """What was withdrawn, or did not become a fact."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(table).where(*_one(meeting_id, document_id)))

        await self._database.write(work)


async def read(connection: AsyncConnection, keys: MeetingKeys, meeting_id: str, document_id: str) -> bytes | None:
    """None: not there, not whole, or its key is gone."""
    key = (await keys.read(connection, meeting_id)).get(SEALING)
    query = select(_c.number, _c.sealed).where(*_one(meeting_id, document_id)).order_by(_c.number)
    rows = (await connection.execute(query)).all()
    if key is None or not rows:
        return None
    try:
        pieces = [
            unseal(key, row.sealed, _place(meeting_id, document_id, number, len(rows)))
            for number, row in enumerate(rows)
        ]
    except Unsealable:
        return None
    return b"".join(pieces)


def _one(meeting_id: str, document_id: str) -> tuple[ColumnElement[bool], ...]:
    return (_c.meeting_id == meeting_id, _c.document_id == document_id)


def _place(meeting_id: str, document_id: str, number: int, count: int) -> bytes:
    """A piece opens only where it was put, and only among as many as there were."""
    return f"document|{meeting_id}|{document_id}|{number}|{count}".encode()
