"""What signing in keeps beside accounts (server/identity/records.py): secrets sealed by the vault, tokens as hashes.

No rule lives here, only that what may happen once happens once, however many ask at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Conflict
from server.identity.records import Authenticator, Identity, Pending, ProviderSession
from server.store import tables
from server.store.database import Database, insert_into
from server.store.vault import Unsealable, Vault


class Factors:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def add(self, one: Authenticator) -> None:
        """Conflict("passkey.known")."""
        row = {
            "authenticator_id": one.authenticator_id,
            "account_id": one.account_id,
            "kind": one.kind,
            "name": one.name,
            "credential_id": one.credential_id or None,
            "sealed": self._vault.seal(one.secret, _place(one.authenticator_id, one.account_id)),
            "counter": one.counter,
            "created_ms": one.created_ms,
            "used_ms": one.used_ms,
        }

        async def work(connection: AsyncConnection) -> None:
            try:
                await connection.execute(insert(tables.authenticators).values(row))
            except IntegrityError:
                raise Conflict("passkey.known") from None

        await self._database.write(work)

    async def of_account(self, account_id: str) -> tuple[Authenticator, ...]:
        """The oldest first."""
        table = tables.authenticators
        query = select(table).where(table.c.account_id == account_id).order_by(table.c.created_ms, table.c.kind)
        async with self._database.read() as connection:
            return tuple(self._opened(row) for row in await connection.execute(query))

    async def by_credential(self, credential_id: str) -> Authenticator | None:
        table = tables.authenticators
        async with self._database.read() as connection:
            row = (await connection.execute(select(table).where(table.c.credential_id == credential_id))).first()
        return self._opened(row) if row else None

    def _opened(self, row: Row[Any]) -> Authenticator:
        secret = self._vault.unseal(row.sealed, _place(row.authenticator_id, row.account_id))
        return Authenticator(
            row.authenticator_id, row.account_id, row.kind, row.name, secret, row.credential_id or "", row.counter,
            row.created_ms, row.used_ms,
        )  # fmt: skip

    async def use(self, authenticator_id: str, counter: int, at_ms: int, *, rising: bool) -> bool:
        table = tables.authenticators
        condition = table.c.authenticator_id == authenticator_id
        if rising:
            condition &= table.c.counter < counter
        statement = update(table).where(condition).values(counter=counter, used_ms=at_ms)
        return await _changed(self._database, statement) > 0

    async def remove(self, account_id: str, authenticator_id: str) -> bool:
        table = tables.authenticators
        own = (table.c.account_id == account_id) & (table.c.authenticator_id == authenticator_id)
        return await _changed(self._database, delete(table).where(own)) > 0

    async def remove_all(self, account_id: str) -> int:
        async def work(connection: AsyncConnection) -> int:
            await connection.execute(
                delete(tables.recovery_codes).where(tables.recovery_codes.c.account_id == account_id)
            )
            own = tables.authenticators.c.account_id == account_id
            return (await connection.execute(delete(tables.authenticators).where(own))).rowcount

        return await self._database.write(work)

    async def put_codes(self, account_id: str, hashes: Sequence[str]) -> None:
        table = tables.recovery_codes

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(table).where(table.c.account_id == account_id))
            if hashes:
                rows = [{"account_id": account_id, "code_hash": one} for one in hashes]
                await connection.execute(insert(table).values(rows))

        await self._database.write(work)

    async def codes_left(self, account_id: str) -> int:
        table = tables.recovery_codes
        query = select(func.count()).select_from(table).where(table.c.account_id == account_id, table.c.used_ms == 0)
        async with self._database.read() as connection:
            return await connection.scalar(query) or 0

    async def use_code(self, account_id: str, code_hash: str, at_ms: int) -> bool:
        table = tables.recovery_codes
        fits = (table.c.account_id == account_id) & (table.c.code_hash == code_hash) & (table.c.used_ms == 0)
        return await _changed(self._database, update(table).where(fits).values(used_ms=at_ms)) > 0


def _place(authenticator_id: str, account_id: str) -> str:
    return f"authenticator|{authenticator_id}|{account_id}"


class PendingThings:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def add(self, one: Pending) -> bool:
        row = {
            "token_hash": one.token_hash,
            "kind": one.kind,
            "account_id": one.account_id,
            "sealed": self._vault.seal(one.payload, f"pending|{one.kind}|{one.token_hash}"),
            "created_ms": one.created_ms,
            "expires_ms": one.expires_ms,
        }

        async def work(connection: AsyncConnection) -> bool:
            statement = insert_into(connection, tables.pending).values(row)
            statement = statement.on_conflict_do_nothing(index_elements=[tables.pending.c.token_hash])
            return (await connection.execute(statement)).rowcount > 0

        return await self._database.write(work)

    async def by_id(self, token_hash: str) -> Pending | None:
        async with self._database.read() as connection:
            row = (
                await connection.execute(select(tables.pending).where(tables.pending.c.token_hash == token_hash))
            ).first()
        return self._opened(row)

    async def take(self, token_hash: str) -> Pending | None:
        statement = delete(tables.pending).where(tables.pending.c.token_hash == token_hash).returning(tables.pending)

        async def work(connection: AsyncConnection) -> Row[Any] | None:
            return (await connection.execute(statement)).first()

        return self._opened(await self._database.write(work))

    def _opened(self, row: Row[Any] | None) -> Pending | None:
        if row is None:
            return None
        try:
            payload = self._vault.unseal(row.sealed, f"pending|{row.kind}|{row.token_hash}")
        except Unsealable:
            return None
        return Pending(row.token_hash, row.kind, payload, row.created_ms, row.expires_ms, row.account_id)

    async def drop_of(self, account_id: str, kind: str) -> None:
        table = tables.pending
        await _changed(self._database, delete(table).where(table.c.account_id == account_id, table.c.kind == kind))

    async def sweep(self, before_ms: int) -> int:
        return await _changed(self._database, delete(tables.pending).where(tables.pending.c.expires_ms < before_ms))


class Identities:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, one: Identity) -> bool:
        row = {
            "provider": one.provider,
            "subject": one.subject,
            "account_id": one.account_id,
            "created_ms": one.created_ms,
        }

        async def work(connection: AsyncConnection) -> bool:
            table = tables.identities
            statement = insert_into(connection, table).values(row)
            statement = statement.on_conflict_do_nothing(index_elements=[table.c.provider, table.c.subject])
            return (await connection.execute(statement)).rowcount > 0

        return await self._database.write(work)

    async def find(self, provider: str, subject: str) -> Identity | None:
        table = tables.identities
        found = await self._those((table.c.provider == provider) & (table.c.subject == subject))
        return found[0] if found else None

    async def of_account(self, account_id: str) -> tuple[Identity, ...]:
        return await self._those(tables.identities.c.account_id == account_id)

    async def of_provider(self, provider: str) -> tuple[Identity, ...]:
        return await self._those(tables.identities.c.provider == provider)

    async def remove(self, account_id: str, provider: str) -> bool:
        table = tables.identities
        own = (table.c.account_id == account_id) & (table.c.provider == provider)
        return await _changed(self._database, delete(table).where(own)) > 0

    async def _those(self, condition: ColumnElement[bool]) -> tuple[Identity, ...]:
        table = tables.identities
        query = select(table).where(condition).order_by(table.c.created_ms, table.c.provider, table.c.subject)
        async with self._database.read() as connection:
            return tuple(Identity(**row._mapping) for row in await connection.execute(query))


class ProviderSessions:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def add(self, one: ProviderSession) -> None:
        row = {
            "session_id": one.session_id,
            "provider": one.provider,
            "subject": one.subject,
            "sid": one.sid,
            "sealed": self._vault.seal(one.id_token.encode(), f"provider_session|{one.session_id}"),
            "created_ms": one.created_ms,
        }

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(tables.provider_sessions).values(row))

        await self._database.write(work)

    async def by_id(self, session_id: str) -> ProviderSession | None:
        found = await self._those(tables.provider_sessions.c.session_id == session_id)
        return found[0] if found else None

    async def of_subject(self, provider: str, subject: str) -> tuple[ProviderSession, ...]:
        table = tables.provider_sessions
        return await self._those((table.c.provider == provider) & (table.c.subject == subject))

    async def of_sid(self, provider: str, sid: str) -> tuple[ProviderSession, ...]:
        table = tables.provider_sessions
        return await self._those((table.c.provider == provider) & (table.c.sid == sid))

    async def _those(self, condition: ColumnElement[bool]) -> tuple[ProviderSession, ...]:
        async with self._database.read() as connection:
            rows = (await connection.execute(select(tables.provider_sessions).where(condition))).all()
        return tuple(
            ProviderSession(
                row.session_id,
                row.provider,
                row.subject,
                row.sid,
                self._vault.unseal(row.sealed, f"provider_session|{row.session_id}").decode(),
                row.created_ms,
            )
            for row in rows
        )

    async def sweep(self, before_ms: int) -> int:
        table = tables.provider_sessions
        return await _changed(self._database, delete(table).where(table.c.created_ms < before_ms))


async def _changed(database: Database, statement: Any) -> int:
    async def work(connection: AsyncConnection) -> int:
        return int((await connection.execute(statement)).rowcount)

    return await database.write(work)
