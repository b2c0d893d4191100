"""Mails to one person about their account, until they are sent; what is secret in them lies sealed. No rule here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.mail.ports import Notice
from server.store.database import Database, insert_into
from server.store.tables import notices
from server.store.vault import Vault


class Notices:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def put(self, notice: Notice) -> None:
        """As it should stand."""
        await self._database.write(lambda connection: write(connection, self._vault, notice))

    async def due(self, now_ms: int, limit: int) -> tuple[Notice, ...]:
        query = select(notices).where(notices.c.due_ms <= now_ms).order_by(notices.c.due_ms).limit(limit)
        async with self._database.read() as connection:
            return tuple(self._opened(row) for row in await connection.execute(query))

    async def remove(self, notice_id: str) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(notices).where(notices.c.notice_id == notice_id))

        await self._database.write(work)

    async def sweep(self, now_ms: int) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(notices).where(notices.c.expires_ms <= now_ms))

        await self._database.write(work)

    def _opened(self, row: Row[Any]) -> Notice:
        opened = self._vault.unseal(row.sealed, f"notice|{row.notice_id}").decode()
        login, _, secret = opened.partition("\n")
        return Notice(
            row.notice_id, row.kind, row.email, row.name, login, row.language, secret, row.attempts, row.due_ms,
            row.expires_ms,
        )  # fmt: skip


async def write(connection: AsyncConnection, vault: Vault, notice: Notice) -> None:
    """In somebody else's transaction."""
    row = {
        "notice_id": notice.notice_id,
        "kind": notice.kind,
        "email": notice.email,
        "name": notice.name,
        "language": notice.language,
        "sealed": vault.seal(f"{notice.login}\n{notice.secret}".encode(), f"notice|{notice.notice_id}"),
        "attempts": notice.attempts,
        "due_ms": notice.due_ms,
        "expires_ms": notice.expires_ms,
    }
    statement = insert_into(connection, notices).values(row)
    changed = {name: statement.excluded[name] for name in row if name != "notice_id"}
    await connection.execute(statement.on_conflict_do_update(index_elements=[notices.c.notice_id], set_=changed))
