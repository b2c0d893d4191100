"""What identity keeps: accounts, browser sessions, counted attempts, personal links, guests' browsers, settings.

Typed rows of identity's ports in, and out. No password, token or link is known here, only their hashes; no rule either.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Row, Table, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import Conflict, NotFound
from server.identity.ports import Account, BrowserSession, Guest, JoinLink
from server.store import tables
from server.store.database import Database, insert_into
from server.store.vault import Vault

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
R = TypeVar("R")


SEALED = ("nip", "nik")  # the numbers of a person


class Accounts:
    """Logins are unique whatever their case. No account is ever deleted: facts name it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def add(self, account: Account) -> None:
        """Conflict("account.login_taken")."""
        await self._database.write(lambda connection: self._insert(connection, account))

    async def add_first(self, account: Account) -> bool:
        """Only if there is no account at all yet; two servers starting at once make one administrator."""

        async def work(connection: AsyncConnection) -> bool:
            if connection.dialect.name == "postgresql":
                await connection.exec_driver_sql("LOCK TABLE accounts IN SHARE ROW EXCLUSIVE MODE")
            if await connection.scalar(select(func.count()).select_from(tables.accounts)):
                return False
            await self._insert(connection, account)
            return True

        return await self._database.write(work)

    async def change(self, account: Account) -> None:
        """The row as it should stand (not created_ms). NotFound("account"), Conflict("account.login_taken")."""

        async def work(connection: AsyncConnection) -> None:
            row = self._row(account)
            del row["account_id"], row["created_ms"]
            try:
                changed = await connection.execute(
                    update(tables.accounts).where(tables.accounts.c.account_id == account.account_id).values(row)
                )
            except IntegrityError:
                raise Conflict("account.login_taken", login=account.login) from None
            if not changed.rowcount:
                raise NotFound("account")

        await self._database.write(work)

    async def by_id(self, account_id: str) -> Account | None:
        return await self._one(tables.accounts.c.account_id == account_id)

    async def by_login(self, login: str) -> Account | None:
        return await self._one(tables.accounts.c.login_folded == fold(login))

    async def by_email(self, email: str) -> tuple[Account, ...]:
        """Whatever its case; several people may share a mailbox."""
        query = select(tables.accounts).where(func.lower(tables.accounts.c.email) == email.strip().lower())
        async with self._database.read() as connection:
            return tuple(self._account(row) for row in await connection.execute(query))

    async def all(self, *, active_only: bool = False) -> tuple[Account, ...]:
        """By name."""
        query = select(tables.accounts).order_by(tables.accounts.c.name, tables.accounts.c.account_id)
        if active_only:
            query = query.where(tables.accounts.c.active)
        async with self._database.read() as connection:
            return tuple(self._account(row) for row in await connection.execute(query))

    async def languages(self, account_ids: Sequence[str]) -> dict[str, str]:
        """account_id -> the language that the account reads."""
        table = tables.accounts
        query = select(table.c.account_id, table.c.language).where(table.c.account_id.in_(account_ids))
        async with self._database.read() as connection:
            return {row.account_id: row.language for row in await connection.execute(query)}

    async def count(self) -> int:
        async with self._database.read() as connection:
            return await connection.scalar(select(func.count()).select_from(tables.accounts)) or 0

    async def _insert(self, connection: AsyncConnection, account: Account) -> None:
        try:
            await connection.execute(insert(tables.accounts).values(self._row(account)))
        except IntegrityError:
            raise Conflict("account.login_taken", login=account.login) from None

    async def _one(self, condition: ColumnElement[bool]) -> Account | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(tables.accounts).where(condition))).first()
        return self._account(row) if row else None

    def _row(self, account: Account) -> dict[str, object]:
        row: dict[str, object] = asdict(account)
        row["login_folded"] = fold(account.login)
        for name in SEALED:
            value = row.pop(name)
            about = f"account.{name}|{account.account_id}"
            row[f"{name}_sealed"] = self._vault.seal(str(value).encode(), about) if value else None
        return row

    def _account(self, row: Row[tuple[object, ...]]) -> Account:
        values = dict(row._mapping)
        del values["login_folded"]
        for name in SEALED:
            sealed, about = values.pop(f"{name}_sealed"), f"account.{name}|{values['account_id']}"
            values[name] = self._vault.unseal(sealed, about).decode() if sealed else ""
        return Account(**values)


def fold(login: str) -> str:
    """What makes two logins the same: neither case nor another way to write the same letters."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


class BrowserSessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, session: BrowserSession) -> None:
        await _insert(self._database, tables.browser_sessions, asdict(session))

    async def by_id(self, session_id: str) -> BrowserSession | None:
        return await _first(self._database, BrowserSession, tables.browser_sessions.c.session_id == session_id)

    async def of_account(self, account_id: str, now_ms: int) -> tuple[BrowserSession, ...]:
        """Those that are neither revoked nor over, the last used first."""
        table = tables.browser_sessions
        query = (
            select(table)
            .where(table.c.account_id == account_id, table.c.revoked_ms == 0, table.c.expires_ms > now_ms)
            .order_by(table.c.last_seen_ms.desc(), table.c.session_id)
        )
        async with self._database.read() as connection:
            return tuple(BrowserSession(**row._mapping) for row in await connection.execute(query))

    async def every(self, now_ms: int, limit: int, offset: int) -> tuple[BrowserSession, ...]:
        """Of all accounts, neither revoked nor over, the last used first."""
        table = tables.browser_sessions
        query = (
            select(table)
            .where(table.c.revoked_ms == 0, table.c.expires_ms > now_ms)
            .order_by(table.c.last_seen_ms.desc(), table.c.session_id)
            .limit(limit)
            .offset(offset)
        )
        async with self._database.read() as connection:
            return tuple(BrowserSession(**row._mapping) for row in await connection.execute(query))

    async def touch(self, session_id: str, last_seen_ms: int, expires_ms: int) -> None:
        """A revoked session stays as it is."""
        table = tables.browser_sessions
        await _update(
            self._database,
            table,
            and_(table.c.session_id == session_id, table.c.revoked_ms == 0),
            last_seen_ms=last_seen_ms,
            expires_ms=expires_ms,
        )

    async def revoke(self, session_id: str, at_ms: int) -> bool:
        """False: there was nothing left to revoke."""
        table = tables.browser_sessions
        condition = and_(table.c.session_id == session_id, table.c.revoked_ms == 0)
        return await _update(self._database, table, condition, revoked_ms=at_ms) > 0

    async def revoke_all(self, account_id: str, at_ms: int, *, but: str = "") -> int:
        """Every session of the account, except `but`; how many."""
        table = tables.browser_sessions
        condition = and_(table.c.account_id == account_id, table.c.revoked_ms == 0, table.c.session_id != but)
        return await _update(self._database, table, condition, revoked_ms=at_ms)

    async def sweep(self, before_ms: int) -> int:
        """Forget sessions that were over, or revoked, before then."""
        table = tables.browser_sessions
        over = or_(table.c.expires_ms < before_ms, and_(table.c.revoked_ms > 0, table.c.revoked_ms < before_ms))
        return await _delete(self._database, table, over)


class Attempts:
    """Counts per key (an account, an address) and window of time. Counting is atomic: parallel guesses all count."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: str, window_start_ms: int) -> int:
        """One more; the count with this one."""
        table = tables.attempts

        async def work(connection: AsyncConnection) -> int:
            statement = (
                insert_into(connection, table)
                .values(key=key, window_start_ms=window_start_ms, count=1)
                .on_conflict_do_update(
                    index_elements=[table.c.key, table.c.window_start_ms], set_={"count": table.c["count"] + 1}
                )
                .returning(table.c["count"])
            )
            return int((await connection.execute(statement)).scalar_one())

        return await self._database.write(work)

    async def count(self, key: str, window_start_ms: int) -> int:
        table = tables.attempts
        query = select(table.c["count"]).where(table.c.key == key, table.c.window_start_ms == window_start_ms)
        async with self._database.read() as connection:
            return await connection.scalar(query) or 0

    async def forget(self, key: str) -> None:
        await _delete(self._database, tables.attempts, tables.attempts.c.key == key)

    async def sweep(self, before_ms: int) -> int:
        return await _delete(self._database, tables.attempts, tables.attempts.c.window_start_ms < before_ms)


class JoinLinks:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, link: JoinLink) -> None:
        await _insert(self._database, tables.join_links, asdict(link))

    async def by_id(self, link_id: str) -> JoinLink | None:
        return await _first(self._database, JoinLink, tables.join_links.c.link_id == link_id)

    async def by_secret(self, secret_hash: str) -> JoinLink | None:
        return await _first(self._database, JoinLink, tables.join_links.c.secret_hash == secret_hash)

    async def of_meeting(self, meeting_id: str) -> tuple[JoinLink, ...]:
        """All, the newest last."""
        table = tables.join_links
        query = select(table).where(table.c.meeting_id == meeting_id).order_by(table.c.created_ms, table.c.link_id)
        async with self._database.read() as connection:
            return tuple(JoinLink(**row._mapping) for row in await connection.execute(query))

    async def bind(self, link_id: str, bound_hash: str, at_ms: int) -> bool:
        """Belong to this browser from now on; False if it belongs to another one. One of two at once wins."""
        table = tables.join_links

        async def work(connection: AsyncConnection) -> bool:
            free = and_(table.c.link_id == link_id, table.c.bound_hash == "", table.c.revoked_ms == 0)
            changed = await connection.execute(update(table).where(free).values(bound_hash=bound_hash, bound_ms=at_ms))
            if changed.rowcount:
                return True
            same = and_(table.c.link_id == link_id, table.c.bound_hash == bound_hash, table.c.revoked_ms == 0)
            return await connection.scalar(select(func.count()).select_from(table).where(same)) == 1

        return await self._database.write(work)

    async def revoke(self, link_id: str, at_ms: int) -> bool:
        table = tables.join_links
        condition = and_(table.c.link_id == link_id, table.c.revoked_ms == 0)
        return await _update(self._database, table, condition, revoked_ms=at_ms) > 0

    async def revoke_person(self, meeting_id: str, person_id: str, at_ms: int) -> int:
        """Every link of this person to this meeting; how many."""
        table = tables.join_links
        condition = and_(table.c.meeting_id == meeting_id, table.c.person_id == person_id, table.c.revoked_ms == 0)
        return await _update(self._database, table, condition, revoked_ms=at_ms)


class Guests:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, guest: Guest) -> None:
        await _insert(self._database, tables.guests, asdict(guest))

    async def by_id(self, waiting_id: str) -> Guest | None:
        return await _first(self._database, Guest, tables.guests.c.waiting_id == waiting_id)

    async def by_secret(self, secret_hash: str) -> Guest | None:
        """The last request of this browser."""
        return await _first(self._database, Guest, tables.guests.c.secret_hash == secret_hash)

    async def revoke(self, waiting_id: str, at_ms: int) -> bool:
        table = tables.guests
        condition = and_(table.c.waiting_id == waiting_id, table.c.revoked_ms == 0)
        return await _update(self._database, table, condition, revoked_ms=at_ms) > 0

    async def sweep(self, before_ms: int) -> int:
        return await _delete(self._database, tables.guests, tables.guests.c.expires_ms < before_ms)


class Settings:
    """Small values by name, as JSON. A secret belongs in the vault (`Vault.secret`), not here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> Json:
        """None where it was never put."""
        query = select(tables.settings.c.value).where(tables.settings.c.key == key)
        async with self._database.read() as connection:
            value: Json = await connection.scalar(query)
        return value

    async def put(self, key: str, value: Json) -> None:
        async def work(connection: AsyncConnection) -> None:
            statement = insert_into(connection, tables.settings).values(key=key, value=value)
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[tables.settings.c.key], set_={"value": statement.excluded.value}
                )
            )

        await self._database.write(work)

    async def remove(self, key: str) -> None:
        await _delete(self._database, tables.settings, tables.settings.c.key == key)


# ------------------------------------------------------------ one statement each

_TABLES: dict[type, Table] = {
    BrowserSession: tables.browser_sessions,
    JoinLink: tables.join_links,
    Guest: tables.guests,
}


async def _first(database: Database, kind: type[R], condition: ColumnElement[bool]) -> R | None:
    table = _TABLES[kind]
    columns = [table.c[item.name] for item in fields(kind)]  # type: ignore[arg-type]
    async with database.read() as connection:
        query = select(*columns).where(condition).order_by(table.c.created_ms.desc()).limit(1)
        row = (await connection.execute(query)).first()
    return kind(**row._mapping) if row else None


async def _insert(database: Database, table: Table, row: dict[str, object]) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(insert(table).values(row))

    await database.write(work)


async def _update(database: Database, table: Table, condition: ColumnElement[bool], **values: object) -> int:
    async def work(connection: AsyncConnection) -> int:
        return (await connection.execute(update(table).where(condition).values(values))).rowcount

    return await database.write(work)


async def _delete(database: Database, table: Table, condition: ColumnElement[bool]) -> int:
    async def work(connection: AsyncConnection) -> int:
        return (await connection.execute(delete(table).where(condition))).rowcount

    return await database.write(work)
