"""One data key per meeting and sealing class, wrapped by the vault. Destroying one erases what it sealed, for good.

Nothing is kept in memory between transactions: a key that was rolled back must never seal anything.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Refused
from server.store.database import StoreError
from server.store.tables import meeting_keys
from server.store.vault import KEY_BYTES, Unsealable, Vault


class MeetingKeys:
    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def read(self, connection: AsyncConnection, meeting_id: str) -> dict[str, bytes | None]:
        """sealing -> key; None: destroyed. A key that the vault cannot unwrap is left out: as good as missing."""
        query = select(meeting_keys.c.sealing, meeting_keys.c.wrapped).where(meeting_keys.c.meeting_id == meeting_id)
        keys: dict[str, bytes | None] = {}
        for row in await connection.execute(query):
            with suppress(Unsealable):
                place = _place(meeting_id, row.sealing)
                keys[row.sealing] = None if row.wrapped is None else self._vault.unseal(row.wrapped, place)
        return keys

    async def read_all(
        self, connection: AsyncConnection, meeting_ids: Collection[str]
    ) -> dict[str, dict[str, bytes | None]]:
        """As `read`, by meeting, in one question."""
        columns = meeting_keys.c
        query = select(columns.meeting_id, columns.sealing, columns.wrapped).where(columns.meeting_id.in_(meeting_ids))
        found: dict[str, dict[str, bytes | None]] = {}
        for row in await connection.execute(query):
            with suppress(Unsealable):
                place = _place(row.meeting_id, row.sealing)
                key = None if row.wrapped is None else self._vault.unseal(row.wrapped, place)
                found.setdefault(row.meeting_id, {})[row.sealing] = key
        return found

    async def for_writing(
        self, connection: AsyncConnection, meeting_id: str, sealings: Collection[str], at_ms: int
    ) -> dict[str, bytes]:
        """A missing one is made. Refused("journal.key_destroyed"), StoreError("journal.key_broken")."""
        known = await self.read(connection, meeting_id)
        ready: dict[str, bytes] = {}
        for sealing in sealings:
            key = known[sealing] if sealing in known else await self._make(connection, meeting_id, sealing, at_ms)
            if key is None:
                raise Refused("journal.key_destroyed", sealing=sealing)
            ready[sealing] = key
        return ready

    async def _make(self, connection: AsyncConnection, meeting_id: str, sealing: str, at_ms: int) -> bytes:
        key = os.urandom(KEY_BYTES)
        wrapped = self._vault.seal(key, _place(meeting_id, sealing))
        row = {"meeting_id": meeting_id, "sealing": sealing, "wrapped": wrapped, "created_ms": at_ms}
        try:
            await connection.execute(insert(meeting_keys).values(row))
        except IntegrityError:  # there is one, and it does not unwrap
            raise StoreError("journal.key_broken", meeting_id=meeting_id, sealing=sealing) from None
        return key

    async def destroy(self, connection: AsyncConnection, meeting_id: str, sealing: str, at_ms: int) -> None:
        row = (meeting_keys.c.meeting_id == meeting_id) & (meeting_keys.c.sealing == sealing)
        await connection.execute(
            update(meeting_keys)
            .where(row, meeting_keys.c.wrapped.is_not(None))
            .values(wrapped=None, destroyed_ms=at_ms)
        )


def _place(meeting_id: str, sealing: str) -> str:
    return f"meeting_key|{meeting_id}|{sealing}"
