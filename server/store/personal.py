"""Every row of every table that belongs to one account, for who asks what is kept about them. Only reads.

New tables are in it by their columns: `account_id`, or a meeting and a person of it. Secrets never are: neither hashes
nor keys, nor anything sealed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from server.store import tables
from server.store.database import Database

APART = frozenset({"accounts", "audit", "facts"})
"""Opened and told elsewhere."""
SECRET = frozenset({"session_id", "token_hash", "credential_id", "feed_id", "link_id", "subject", "sid"})


class PersonalRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_account(self, account_id: str, email: str) -> dict[str, list[dict[str, Any]]]:
        """By the name of the table; only those in which something stands."""
        found: dict[str, list[dict[str, Any]]] = {}
        async with self._database.read() as connection:
            persons = await self._persons(connection, account_id)
            for table in tables.metadata.sorted_tables:
                rows = [row async for row in _rows(connection, table, account_id, email, persons)]
                if rows:
                    found[table.name] = rows
        return found

    async def _persons(self, connection: AsyncConnection, account_id: str) -> list[tuple[str, str]]:
        columns = tables.invitations.c
        query = select(columns.meeting_id, columns.person_id).where(columns.account_id == account_id)
        return [(row.meeting_id, row.person_id) for row in await connection.execute(query)]


def readable(table: Table) -> list[Column[Any]]:
    return [one for one in table.c if not _is_secret(one)]


def _is_secret(column: Column[Any]) -> bool:
    return column.name in SECRET or column.name.endswith("_hash") or isinstance(column.type, LargeBinary)


async def _rows(
    connection: AsyncConnection, table: Table, account_id: str, email: str, persons: list[tuple[str, str]]
) -> AsyncIterator[dict[str, Any]]:
    if table.name in APART:
        return
    for condition in _conditions(table, account_id, email, persons):
        for row in await connection.execute(select(*readable(table)).where(condition)):
            yield dict(row._mapping)


def _conditions(table: Table, account_id: str, email: str, persons: list[tuple[str, str]]) -> Iterator[Any]:
    if "account_id" in table.c:
        yield table.c.account_id == account_id
    elif "person_id" in table.c and "meeting_id" in table.c:
        for start in range(0, len(persons), 100):  # SQLite's limits on depth
            some = persons[start : start + 100]
            yield or_(*(and_(table.c.meeting_id == one, table.c.person_id == who) for one, who in some))
    elif table.name == "notices" and email:
        yield table.c.email == email
