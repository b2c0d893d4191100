"""The key of a meeting's recordings: one beside its other keys, so that destroying it destroys them. Knows no file."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from server.clock import Clock
from server.store.database import Database
from server.store.keys import MeetingKeys
from server.store.vault import Vault

SEALING = "recording"


class RecordingKeys:
    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._keys = MeetingKeys(vault)
        self._clock = clock

    async def for_writing(self, meeting_id: str) -> bytes:
        """Made when there is none. Refused("journal.key_destroyed"), StoreError("journal.key_broken")."""
        now_ms = self._clock.now_ms()

        async def work(connection: AsyncConnection) -> bytes:
            ready = await self._keys.for_writing(connection, meeting_id, (SEALING,), now_ms)
            return ready[SEALING]

        return await self._database.write(work)

    async def for_reading(self, meeting_id: str) -> bytes | None:
        """None: destroyed, or there never was one."""
        async with self._database.read() as connection:
            return (await self._keys.read(connection, meeting_id)).get(SEALING)
