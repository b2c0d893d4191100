"""The audit log: one chain for the whole office, each row naming the hash of the row before. Rows are only ever added.

The hash is SHA-256 over, each with its length in front (4 bytes, big-endian): "balai.audit.1"; the previous hash (zeros
before the first); number; at_ms; act; actor_id; account_id; sealing; the sealed details as they lie there. What names
people, addresses or browsers is in the sealed part, under a key per month that retention may destroy.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from sqlalchemy import ColumnElement, Row, func, insert, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from server.identity.records import AuditEntry, AuditFilter
from server.store import tables
from server.store.database import Database, insert_into
from server.store.keys import MeetingKeys
from server.store.vault import Unsealable, Vault, seal, unseal
from server.store.verify import Broken

FIRST = bytes(32)
KEYS_OF = "audit"  # in the table of data keys, where meetings have theirs
LAST = "audit.last"
"""The setting that remembers how far the log went: rows cut off at its end are seen."""
AT_ONCE = 500
_rows = tables.audit


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """`checked` rows were as written, `erased` of them are unreadable by retention. Whoever wrote `last_hash` down can
    tell later that nothing was changed or cut off before."""

    checked: int
    erased: int
    last_hash: str
    broken: Broken | None = None

    @property
    def holds(self) -> bool:
        return self.broken is None


class AuditLog:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._keys = database, MeetingKeys(vault)

    async def append(self, at_ms: int, act: str, actor_id: str, account_id: str, details: Mapping[str, str]) -> int:
        """The number it got. StoreError("journal.key_broken"), Refused("journal.key_destroyed")."""
        sealing = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m")

        async def work(connection: AsyncConnection) -> int:
            if connection.dialect.name == "postgresql":  # one at a time, as SQLite's only writer does by itself
                await connection.exec_driver_sql("LOCK TABLE audit IN EXCLUSIVE MODE")
            last = (await connection.execute(select(_rows).order_by(_rows.c.number.desc()).limit(1))).first()
            number, previous = (last.number + 1, last.hash) if last else (1, FIRST)
            key = (await self._keys.for_writing(connection, KEYS_OF, (sealing,), at_ms))[sealing]
            row = {
                "number": number,
                "at_ms": at_ms,
                "act": act,
                "actor_id": actor_id,
                "account_id": account_id,
                "sealing": sealing,
                "sealed": seal(key, msgspec.json.encode(details), _place(number, at_ms, act, actor_id, account_id)),
                "previous": previous,
            }
            row["hash"] = row_hash(row)
            await connection.execute(insert(_rows).values(row))
            kept = insert_into(connection, tables.settings).values(key=LAST, value=number)
            await connection.execute(
                kept.on_conflict_do_update(index_elements=[tables.settings.c.key], set_={"value": kept.excluded.value})
            )
            return int(number)

        return await self._database.write(work)

    async def page(self, wanted: AuditFilter, limit: int, offset: int) -> tuple[AuditEntry, ...]:
        """The last first."""
        query = select(_rows).where(_condition(wanted)).order_by(_rows.c.number.desc()).limit(limit).offset(offset)
        async with self._database.read() as connection:
            keys = await self._keys.read(connection, KEYS_OF)
            return tuple(_entry(row, keys) for row in await connection.execute(query))

    async def count(self, wanted: AuditFilter) -> int:
        query = select(func.count()).select_from(_rows).where(_condition(wanted))
        async with self._database.read() as connection:
            return await connection.scalar(query) or 0

    async def every(self, wanted: AuditFilter) -> AsyncIterator[AuditEntry]:
        """The first first, a few at a time."""
        after = 0
        while True:
            query = select(_rows).where(_condition(wanted), _rows.c.number > after).order_by(_rows.c.number)
            async with self._database.read() as connection:
                keys = await self._keys.read(connection, KEYS_OF)
                found = [_entry(row, keys) for row in await connection.execute(query.limit(AT_ONCE))]
            for entry in found:
                yield entry
            if len(found) < AT_ONCE:
                return
            after = found[-1].number

    async def verify(self) -> AuditVerdict:
        """Recomputes the whole chain and opens every row."""
        number, previous, erased = 0, FIRST, 0
        async with self._database.read() as connection:
            keys = await self._keys.read(connection, KEYS_OF)
            last = await connection.scalar(select(tables.settings.c.value).where(tables.settings.c.key == LAST)) or 0
            async with connection.stream(select(_rows).order_by(_rows.c.number)) as rows:
                async for row in rows:
                    broken = _broken(row, number + 1, previous, keys)
                    if broken is not None:
                        return AuditVerdict(number, erased, previous.hex(), broken)
                    erased += keys[row.sealing] is None
                    number, previous = row.number, row.hash
        cut_off = Broken(number + 1, "gap") if number < int(last) else None
        return AuditVerdict(number, erased, previous.hex(), cut_off)


def row_hash(row: Mapping[str, object]) -> bytes:
    """What row["hash"] must be, from all the others."""
    digest = hashlib.sha256()
    names = ("previous", "number", "at_ms", "act", "actor_id", "account_id", "sealing", "sealed")
    for value in (b"balai.audit.1", *(row[name] for name in names)):
        part = value if isinstance(value, bytes) else str(value).encode()
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()


def _place(number: int, at_ms: int, act: str, actor_id: str, account_id: str) -> bytes:
    """Authenticated with the details: moved to another row they do not open."""
    return f"audit|{number}|{at_ms}|{act}|{actor_id}|{account_id}".encode()


def _condition(wanted: AuditFilter) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = true()
    if wanted.act:
        condition &= _rows.c.act == wanted.act
    if wanted.account_id:
        condition &= or_(_rows.c.account_id == wanted.account_id, _rows.c.actor_id == wanted.account_id)
    if wanted.from_ms:
        condition &= _rows.c.at_ms >= wanted.from_ms
    if wanted.until_ms:
        condition &= _rows.c.at_ms < wanted.until_ms
    return condition


def _details(row: Row[tuple[object, ...]], key: bytes) -> dict[str, str]:
    """Unsealable, msgspec.DecodeError."""
    plain = unseal(key, row.sealed, _place(row.number, row.at_ms, row.act, row.actor_id, row.account_id))
    return msgspec.json.decode(plain, type=dict[str, str])


def _entry(row: Row[tuple[object, ...]], keys: Mapping[str, bytes | None]) -> AuditEntry:
    key = keys.get(row.sealing)
    try:
        details = _details(row, key) if key is not None else None
    except (Unsealable, msgspec.DecodeError):  # shown as unreadable; `verify` names it as broken
        details = None
    return AuditEntry(
        row.number, row.at_ms, row.act, row.actor_id, row.account_id, details, row.previous.hex(), row.hash.hex()
    )


def _broken(
    row: Row[tuple[object, ...]], number: int, previous: bytes, keys: Mapping[str, bytes | None]
) -> Broken | None:
    if row.number != number:
        return Broken(number, "gap")
    if row.previous != previous or row.hash != row_hash(row._asdict()):
        return Broken(number, "hash")
    if row.sealing not in keys:
        return Broken(number, "key")
    key = keys[row.sealing]
    if key is None:
        return None
    try:
        _details(row, key)
    except (Unsealable, msgspec.DecodeError):
        return Broken(number, "payload")
    return None
