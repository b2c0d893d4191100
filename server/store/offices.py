"""Units, posts, people and their terms, kept as rows. What changed is found by comparing: no rule is known here.

Changes come one after the other (a row is locked first), so that what was checked still holds when it is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Conflict
from server.identity.offices.records import Change, Directory, Group, Official, Post, Term, Unit
from server.store import tables
from server.store.database import Database, insert_into
from server.store.vault import Vault

AT_ONCE = 400  # ids in one statement: SQLite takes a bounded number of parameters


@dataclass(frozen=True, slots=True)
class _Kind:
    attribute: str
    table: Table
    key: str
    shape: type[Any]


KINDS = (
    _Kind("units", tables.office_units, "unit_id", Unit),
    _Kind("posts", tables.office_posts, "post_id", Post),
    _Kind("officials", tables.officials, "official_id", Official),
    _Kind("terms", tables.office_terms, "term_id", Term),
    _Kind("groups", tables.office_groups, "group_id", Group),
)
"""In the order in which they may be written: each names only what stands before it."""


class OfficeShelf:
    """The directory as it stood last is kept in memory, by its version: a page needs all of it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self._known: Directory | None = None

    async def directory(self) -> Directory:
        async with self._database.read() as connection:
            version = await _version(connection)
            if self._known is not None and self._known.version == version:
                return self._known
            self._known = await self._read(connection, version)
        return self._known

    async def change(self, work: Change, *, version: int | None = None) -> Directory:
        async def transact(connection: AsyncConnection) -> Directory:
            now = await _version(connection, lock=True)
            if version is not None and version != now:
                raise Conflict("offices.changed")
            known = self._known
            before = known if known is not None and known.version == now else await self._read(connection, now)
            after = work(before)
            if not await self._write(connection, before, after):
                return before
            await connection.execute(update(tables.office_state).values(version=now + 1))
            return replace(after, version=now + 1)

        changed = await self._database.write(transact)
        self._known = changed  # only what is durable
        return changed

    async def _read(self, connection: AsyncConnection, version: int) -> Directory:
        found: dict[str, Mapping[str, Any]] = {}
        for kind in KINDS:
            rows = [dict(row._mapping) for row in await connection.execute(select(kind.table))]
            if kind.shape is Official:  # thousands of numbers to unseal: not on the loop
                await asyncio.to_thread(self._unseal, rows)
            found[kind.attribute] = {row[kind.key]: _shaped(kind, row) for row in rows}
        return Directory(**found, version=version)

    async def _write(self, connection: AsyncConnection, before: Directory, after: Directory) -> bool:
        """Whether there was anything to write."""
        written = False
        for kind in KINDS:
            old, new = getattr(before, kind.attribute), getattr(after, kind.attribute)
            rows = [self._row(kind, one) for key, one in new.items() if key not in old]
            if rows:
                await connection.execute(insert(kind.table), rows)
            changed = [(key, one) for key, one in new.items() if key in old and old[key] != one]
            for key, one in changed:
                where = kind.table.c[kind.key] == key
                await connection.execute(update(kind.table).where(where).values(self._row(kind, one)))
            written |= bool(rows or changed)
        for kind in reversed(KINDS):
            gone = [key for key in getattr(before, kind.attribute) if key not in getattr(after, kind.attribute)]
            for some in _portions(gone):
                await connection.execute(delete(kind.table).where(kind.table.c[kind.key].in_(some)))
            written |= bool(gone)
        return written

    def _row(self, kind: _Kind, one: Any) -> dict[str, Any]:
        row = asdict(one)
        if kind.shape is Official:
            nip = row.pop("nip")
            row["nip_sealed"] = self._vault.seal(nip.encode(), _place(one.official_id)) if nip else None
        if kind.shape is Group:
            row["members"] = list(one.members)
        return row

    def _unseal(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            sealed = row.pop("nip_sealed")
            row["nip"] = self._vault.unseal(sealed, _place(row["official_id"])).decode() if sealed else ""

    # ------------------------------------------------------------ pictures

    async def put_photo(self, digest: str, content: bytes) -> None:
        async def work(connection: AsyncConnection) -> None:
            sealed = self._vault.seal(content, f"official.photo|{digest}")
            statement = insert_into(connection, tables.official_photos).values(digest=digest, sealed=sealed)
            await connection.execute(statement.on_conflict_do_nothing(index_elements=["digest"]))

        await self._database.write(work)

    async def photo(self, digest: str) -> bytes | None:
        query = select(tables.official_photos.c.sealed).where(tables.official_photos.c.digest == digest)
        async with self._database.read() as connection:
            sealed = await connection.scalar(query)
        return self._vault.unseal(sealed, f"official.photo|{digest}") if sealed else None

    async def sweep_photos(self) -> int:
        """Pictures that nobody has any more are gone for good; how many."""
        table = tables.official_photos

        async def work(connection: AsyncConnection) -> int:
            used = select(tables.officials.c.photo).where(tables.officials.c.photo != "")
            return (await connection.execute(delete(table).where(table.c.digest.not_in(used)))).rowcount

        return await self._database.write(work)


async def _version(connection: AsyncConnection, *, lock: bool = False) -> int:
    query = select(tables.office_state.c.version)
    return int(await connection.scalar(query.with_for_update() if lock else query) or 0)


def _shaped(kind: _Kind, row: dict[str, Any]) -> Any:
    if kind.shape is Group:
        row["members"] = tuple(row["members"])
    return kind.shape(**row)


def _portions(ids: list[str]) -> Iterable[list[str]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def _place(official_id: str) -> str:
    return f"official.nip|{official_id}"
