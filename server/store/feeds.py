"""Calendar feeds: implements server/mail/ports.Feeds. One per account; of deactivated accounts none is found."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.mail.ports import Feed
from server.store.database import Database, insert_into
from server.store.tables import accounts
from server.store.tables import calendar_feeds as table


class FeedShelf:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_account(self, account_id: str) -> Feed | None:
        return await self._one(table.c.account_id == account_id)

    async def by_id(self, feed_id: str) -> Feed | None:
        return await self._one(table.c.feed_id == feed_id)

    async def put(self, feed: Feed) -> None:
        row = {"feed_id": feed.feed_id, "created_ms": feed.created_ms, "digest": "", "changed_ms": 0}

        async def work(connection: AsyncConnection) -> None:
            statement = insert_into(connection, table).values(account_id=feed.account_id, **row)
            await connection.execute(statement.on_conflict_do_update(index_elements=[table.c.account_id], set_=row))

        await self._database.write(work)

    async def changed(self, feed_id: str, digest: str, at_ms: int) -> None:
        async def work(connection: AsyncConnection) -> None:
            own = update(table).where(table.c.feed_id == feed_id)
            await connection.execute(own.values(digest=digest, changed_ms=at_ms))

        await self._database.write(work)

    async def remove(self, account_id: str) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(table).where(table.c.account_id == account_id))

        await self._database.write(work)

    async def _one(self, which: ColumnElement[bool]) -> Feed | None:
        query = (
            select(table, accounts.c.name, accounts.c.language)
            .join(accounts, accounts.c.account_id == table.c.account_id)
            .where(which, accounts.c.active)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        return Feed(**row) if row is not None else None
