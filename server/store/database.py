"""One database, reached in two ways: many readers, and a writer whose commits are durable. No table is known here.

SQLite has a single writer connection, and what waits for it at the same time shares one commit (one fsync);
PostgreSQL commits each piece of work in a transaction of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from server.errors import BalaiError, Invalid, Unavailable
from server.tasks import TaskOwner

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]

DATABASE_NAME = "balai.sqlite"
WAITING_WRITES = 1024  # more wait outside the queue: their callers are held back
SHARED_COMMIT = 64  # pieces of work in one commit; bounds how long the first of them waits
BUSY_MS = 10_000  # another process (`balai user add`) may hold SQLite's write lock this long


class StoreError(BalaiError):
    """The store cannot be opened as it lies there, or holds what it must not."""

    default_code = "store.broken"


class Writer(Protocol):
    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction; returns only when it is durable. A work that raises leaves no trace.
        Cancelling the caller does not take back work that has begun."""
        ...

    async def close(self) -> None: ...


def database_url(url: str, data_folder: Path) -> URL:
    """The driver's URL of a configured one; "" is SQLite in the data folder. Invalid("config.database")."""
    try:
        parsed = make_url(url) if url else URL.create("sqlite", database=str(data_folder / DATABASE_NAME))
    except ArgumentError:
        raise Invalid("config.database") from None
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
    backend = parsed.get_backend_name()
    if backend not in drivers or (backend == "sqlite" and parsed.database in (None, "", ":memory:")):
        raise Invalid("config.database")
    return parsed.set(drivername=drivers[backend])


class Database:
    """An open database. `read` gives a consistent view; `write` is durable when it returns."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._tasks = TaskOwner("store.database")
        self._writer: Writer
        if self.is_sqlite:
            self._readers = _sqlite_engine(url, "BEGIN")
            self._writer = _SharedCommits(_sqlite_engine(url, "BEGIN IMMEDIATE"), self._tasks)
        else:
            engine = _postgresql_engine(url)
            # One moment for all that one reading asks, as SQLite gives it: else facts and lists could disagree.
            self._readers = engine.execution_options(isolation_level="REPEATABLE READ")
            self._writer = _OwnTransactions(engine)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        with _told():
            async with self._readers.begin() as connection:
                yield connection

    async def write(self, work: Work[T]) -> T:
        return await self._writer.write(work)

    async def close(self) -> None:
        """What was handed to `write` is finished first."""
        await self._writer.close()
        await self._tasks.close()
        await self._readers.dispose()


@contextmanager
def _told() -> Iterator[None]:
    """Turns the driver's "not reachable" into Unavailable; everything else is a fault and stays one."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:  # OSError: not even a connection
        raise Unavailable("store.unavailable") from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise Unavailable("store.unavailable") from error


def insert_into(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that can say ON CONFLICT, in the words of the connection's database."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def storable(text: str) -> str:
    """PostgreSQL's text holds no NUL character: it becomes U+FFFD, in both databases alike."""
    return text.replace("\0", "\ufffd")


# ------------------------------------------------------------ SQLite


def engine_for_migrations(url: URL) -> AsyncEngine:
    """Without foreign keys: SQLite changes a table by dropping the old one, which would drag its children along."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, "BEGIN IMMEDIATE", foreign_keys=False)
    return _postgresql_engine(url)


def _sqlite_engine(url: URL, begin: str, *, foreign_keys: bool = True) -> AsyncEngine:
    engine = create_async_engine(url)

    @event.listens_for(engine.sync_engine, "connect")
    def _(connection: Any, __: object) -> None:
        connection.isolation_level = None  # the driver opens no transaction of its own: we say which kind
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",  # an acknowledged commit survives the power going, not only the process
            f"foreign_keys={'ON' if foreign_keys else 'OFF'}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


@dataclass(eq=False, slots=True)
class _Waiting:
    work: Work[Any]
    done: asyncio.Future[Any]


class _SharedCommits:
    """Everything that waits at one moment is written in one transaction, each piece in a savepoint of its own."""

    def __init__(self, engine: AsyncEngine, tasks: TaskOwner) -> None:
        self._engine = engine
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue(WAITING_WRITES)
        self._task = tasks.start("writer", self._serve())
        self._closed = False

    async def write(self, work: Work[T]) -> T:
        if self._closed:
            raise Unavailable("store.closed")
        waiting = _Waiting(work, asyncio.get_running_loop().create_future())
        await self._queue.put(waiting)
        result: T = await waiting.done
        return result

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await self._queue.put(None)
        await asyncio.wait({self._task})
        await self._engine.dispose()

    async def _serve(self) -> None:
        taken: list[_Waiting] = []
        try:
            while (first := await self._queue.get()) is not None:
                taken = [first]
                last = False
                while len(taken) < SHARED_COMMIT and not self._queue.empty():
                    one = self._queue.get_nowait()
                    if one is None:
                        last = True
                        break
                    taken.append(one)
                await self._commit(taken)
                if last:
                    return
        finally:
            self._closed = True
            while not self._queue.empty():
                if (one := self._queue.get_nowait()) is not None:
                    taken.append(one)
            _fail(taken, Unavailable("store.closed"))

    async def _commit(self, taken: list[_Waiting]) -> None:
        try:
            with _told():
                async with self._engine.connect() as connection, connection.begin() as transaction:
                    ended = [(one, await self._run(connection, one.work, len(taken) > 1)) for one in taken]
                    if len(taken) == 1 and ended[0][1].exception() is not None:
                        await transaction.rollback()
        except Unavailable as error:
            _fail(taken, error)
            return
        for one, work in ended:
            if one.done.done():
                continue  # its caller was cancelled
            if (raised := work.exception()) is not None:
                one.done.set_exception(raised)
            else:
                one.done.set_result(work.result())

    async def _run(self, connection: AsyncConnection, work: Work[T], in_savepoint: bool) -> asyncio.Task[T]:
        """The ended task of this work: whatever it raised belongs to its caller, not to the writer."""

        async def run() -> T:
            with _told():
                return await work(connection)

        savepoint = await connection.begin_nested() if in_savepoint else None
        task = asyncio.create_task(run(), name="store.work")
        await asyncio.wait({task})
        if savepoint is not None:
            await (savepoint.commit() if task.exception() is None else savepoint.rollback())
        return task


def _fail(waiting: list[_Waiting], error: Exception) -> None:
    for one in waiting:
        if not one.done.done():
            one.done.set_exception(error)


# ------------------------------------------------------------ PostgreSQL


def _postgresql_engine(url: URL) -> AsyncEngine:
    # Whatever the cluster's default: an acknowledged commit is on disk.
    settings = {"server_settings": {"synchronous_commit": "on", "application_name": "balai"}}
    return create_async_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8, connect_args=settings)


class _OwnTransactions:
    """Each piece of work commits by itself; the database orders them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def write(self, work: Work[T]) -> T:
        with _told():
            async with self._engine.begin() as connection:
                return await work(connection)

    async def close(self) -> None:
        return None
