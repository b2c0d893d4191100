"""The boxes of secret ballots: implements meeting/ports.BallotBoxes. One sealed row per box, written anew with each
ballot, in the order of the receipts; who, when and in which order is never written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec
from sqlalchemy import Row, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Invalid, Refused
from server.meeting import ballots
from server.meeting.facts import SecretBallot
from server.store import blind
from server.store.database import Database, insert_into
from server.store.tables import ballot_boxes as table
from server.store.vault import Vault

Ballots = tuple[SecretBallot, ...]
_decoder = msgspec.json.Decoder(Ballots)


class Boxes:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def make(self, meeting_id: str, motion_id: str) -> str:
        private, public = await asyncio.to_thread(blind.new_key)
        row = {
            "meeting_id": meeting_id,
            "motion_id": motion_id,
            "public_key": public,
            "private_key": self._vault.seal(private, _place("key", meeting_id, motion_id)),
            "box": self._sealed(meeting_id, motion_id, ()),
        }

        async def work(connection: AsyncConnection) -> bytes:
            await connection.execute(insert_into(connection, table).values(row).on_conflict_do_nothing())
            found = await _find(connection, meeting_id, motion_id)
            return found.public_key if found else public

        return (await self._database.write(work)).hex()

    async def sign(self, meeting_id: str, motion_id: str, blinded: bytes) -> bytes:
        async with self._database.read() as connection:
            row = await _find(connection, meeting_id, motion_id)
        if row is None or row.private_key is None:
            raise Refused("vote.closed")
        private = self._vault.unseal(row.private_key, _place("key", meeting_id, motion_id))
        return blind.blind_sign(private, blinded)

    async def put(self, meeting_id: str, motion_id: str, key: str, ballot: SecretBallot) -> int:
        if not blind.holds(key, ballots.signed(meeting_id, motion_id, ballot), ballot.signature):
            raise Invalid("vote.ballot")

        async def work(connection: AsyncConnection) -> int:
            row = await _find(connection, meeting_id, motion_id, to_change=True)
            box = self._opened(row) if row else ()
            known = {one.receipt: one for one in box}.get(ballot.receipt)
            if known is not None:
                if known != ballot:
                    raise Invalid("vote.ballot")
                return len(box)  # the answer was lost, it came again
            if row is None or row.private_key is None:
                raise Refused("vote.closed")
            after = ballots.in_order((*box, ballot))
            await _set(connection, meeting_id, motion_id, box=self._sealed(meeting_id, motion_id, after))
            return len(after)

        return await self._database.write(work)

    async def count(self, meeting_id: str, motion_id: str) -> int:
        async with self._database.read() as connection:
            row = await _find(connection, meeting_id, motion_id)
        return len(self._opened(row)) if row else 0

    async def close(self, meeting_id: str, motion_id: str) -> Ballots:
        async def work(connection: AsyncConnection) -> Ballots:
            row = await _find(connection, meeting_id, motion_id, to_change=True)
            if row is None:
                return ()
            await _set(connection, meeting_id, motion_id, private_key=None)
            return self._opened(row)

        return await self._database.write(work)

    async def drop(self, meeting_id: str, motion_id: str) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                delete(table).where(table.c.meeting_id == meeting_id, table.c.motion_id == motion_id)
            )

        await self._database.write(work)

    def _sealed(self, meeting_id: str, motion_id: str, box: Iterable[SecretBallot]) -> bytes:
        return self._vault.seal(msgspec.json.encode(tuple(box)), _place("box", meeting_id, motion_id))

    def _opened(self, row: Row[tuple[object, ...]]) -> Ballots:
        return _decoder.decode(self._vault.unseal(row.box, _place("box", row.meeting_id, row.motion_id)))


def _place(what: str, meeting_id: str, motion_id: str) -> str:
    return f"ballots|{what}|{meeting_id}|{motion_id}"


async def _find(
    connection: AsyncConnection, meeting_id: str, motion_id: str, *, to_change: bool = False
) -> Row[tuple[object, ...]] | None:
    query = select(table).where(table.c.meeting_id == meeting_id, table.c.motion_id == motion_id)
    return (await connection.execute(query.with_for_update() if to_change else query)).first()


async def _set(connection: AsyncConnection, meeting_id: str, motion_id: str, **values: bytes | None) -> None:
    changed = update(table).where(table.c.meeting_id == meeting_id, table.c.motion_id == motion_id)
    await connection.execute(changed.values(**values))
