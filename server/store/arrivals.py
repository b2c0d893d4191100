"""What came into the mailbox, and how far it is read: implements server/mail/inbox_ports.Arrivals. What names people or
was written by them lies sealed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.mail.inbox_ports import Arrival, Place
from server.store.database import Database, insert_into
from server.store.tables import arrivals, mailboxes
from server.store.vault import Vault

SEALED = ("sender", "sender_name", "text", "stand_in_name", "stand_in_email")
CLEAR = (
    "arrival_id", "meeting_id", "person_id", "kind", "state", "reason", "at_ms", "written_ms", "answer", "starts_ms",
)  # fmt: skip


class ArrivalBook:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def place(self, mailbox: str, validity: int) -> Place:
        query = select(mailboxes).where(mailboxes.c.mailbox == mailbox)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        if row is None or row.validity != validity:
            return Place()
        return Place(row.last_uid, row.tries)

    async def begin(self, mailbox: str, validity: int, uid: int) -> int:
        async def work(connection: AsyncConnection) -> int:
            row = (await connection.execute(select(mailboxes).where(mailboxes.c.mailbox == mailbox))).first()
            same = row is not None and (row.validity, row.trying_uid) == (validity, uid)
            tries = row.tries + 1 if row is not None and same else 1
            last_uid = row.last_uid if row is not None and row.validity == validity else 0
            await _keep(connection, mailbox, validity, last_uid=last_uid, trying_uid=uid, tries=tries)
            return tries

        return await self._database.write(work)

    async def known(self, arrival_id: str) -> bool:
        query = select(arrivals.c.arrival_id).where(arrivals.c.arrival_id == arrival_id)
        async with self._database.read() as connection:
            return await connection.scalar(query) is not None

    async def record(self, mailbox: str, validity: int, uid: int, arrival: Arrival | None) -> None:
        async def work(connection: AsyncConnection) -> None:
            await _keep(connection, mailbox, validity, last_uid=uid, trying_uid=0, tries=0)
            if arrival is not None:
                statement = insert_into(connection, arrivals).values(self._row(arrival))
                await connection.execute(statement.on_conflict_do_nothing(index_elements=[arrivals.c.arrival_id]))

        await self._database.write(work)

    async def of_meeting(self, meeting_id: str) -> tuple[Arrival, ...]:
        query = select(arrivals).where(arrivals.c.meeting_id == meeting_id, arrivals.c.meeting_id != "")
        query = query.order_by(arrivals.c.at_ms.desc(), arrivals.c.arrival_id)
        async with self._database.read() as connection:
            return self._all(await connection.execute(query))

    async def of_nobody(self, limit: int) -> tuple[Arrival, ...]:
        query = select(arrivals).where(arrivals.c.meeting_id == "", arrivals.c.state == "open")
        query = query.order_by(arrivals.c.at_ms.desc(), arrivals.c.arrival_id).limit(limit)
        async with self._database.read() as connection:
            return self._all(await connection.execute(query))

    async def settle(self, meeting_id: str, arrival_id: str) -> Arrival | None:
        one = (arrivals.c.meeting_id == meeting_id, arrivals.c.arrival_id == arrival_id, arrivals.c.state == "open")

        async def work(connection: AsyncConnection) -> Row[Any] | None:
            row = (await connection.execute(select(arrivals).where(*one))).first()
            await connection.execute(update(arrivals).where(*one).values(state="settled"))
            return row

        row = await self._database.write(work)
        return self._arrival(row) if row is not None else None

    async def sweep(self, before_ms: int) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(arrivals).where(arrivals.c.meeting_id == "", arrivals.c.at_ms < before_ms))

        await self._database.write(work)

    def _row(self, arrival: Arrival) -> dict[str, object]:
        written = json.dumps({name: getattr(arrival, name) for name in SEALED}, ensure_ascii=False)
        row: dict[str, object] = {name: getattr(arrival, name) for name in CLEAR}
        return row | {"sealed": self._vault.seal(written.encode("utf-8", "replace"), _place(arrival.arrival_id))}

    def _all(self, rows: Iterable[Row[Any]]) -> tuple[Arrival, ...]:
        return tuple(self._arrival(row) for row in rows)

    def _arrival(self, row: Row[Any]) -> Arrival:
        written = json.loads(self._vault.unseal(row.sealed, _place(row.arrival_id)))
        return Arrival(**{name: getattr(row, name) for name in CLEAR}, **{name: written[name] for name in SEALED})


async def _keep(connection: AsyncConnection, mailbox: str, validity: int, **values: int) -> None:
    changed = await connection.execute(
        update(mailboxes).where(mailboxes.c.mailbox == mailbox).values(validity=validity, **values)
    )
    if not changed.rowcount:
        await connection.execute(insert(mailboxes).values(mailbox=mailbox, validity=validity, **values))


def _place(arrival_id: str) -> str:
    return f"arrival|{arrival_id}"
