"""A migrated database has the tables of tables.py; going up twice, or twice at once, is going up once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from server.clock import SystemClock
from server.store import migrations
from server.store.database import StoreError, database_url, engine_for_migrations
from server.store.store import open_store
from server.store.tables import metadata
from tests.unit.store.places import Place


def is_compared(name: str | None, kind: str, _: object) -> bool:
    """The search index is each database's own: an FTS5 table (with its shadows), or a tsvector column."""
    return kind != "table" or not (name or "").startswith("search_index")


def differences(connection: Connection) -> list[object]:
    # SQLite tells defaults in words of its own; PostgreSQL's are compared.
    defaults = connection.dialect.name == "postgresql"
    options = {"compare_type": True, "compare_server_default": defaults, "include_name": is_compared}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


async def test_a_migrated_database_is_as_the_tables_say(place: Place) -> None:
    place.data_folder.mkdir()
    url = database_url(place.url, place.data_folder)
    await asyncio.gather(*(asyncio.to_thread(migrations.upgrade, url) for _ in range(3)))
    engine = engine_for_migrations(url)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
        assert await connection.run_sync(migrations.current) == migrations.newest()
    await engine.dispose()


async def test_two_servers_may_start_at_once(place: Place) -> None:
    stores = await asyncio.gather(*(open_store(place.url, place.data_folder, SystemClock()) for _ in range(3)))
    assert len({store.vault.fingerprint for store in stores}) == 1
    for store in stores:
        await store.close()


async def test_a_database_of_a_newer_balai_is_left_alone(place: Place) -> None:
    await (await open_store(place.url, place.data_folder, SystemClock())).close()
    engine = engine_for_migrations(database_url(place.url, place.data_folder))
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await engine.dispose()
    with pytest.raises(StoreError) as raised:
        await open_store(place.url, place.data_folder, SystemClock())
    assert raised.value.code == "store.newer"


def test_every_revision_has_one_successor() -> None:
    folder = Path(migrations.__file__).parent / "versions"
    numbers = sorted(int(path.name[:4]) for path in folder.glob("[0-9]*.py"))
    assert numbers == list(range(1, len(numbers) + 1))
    assert migrations.newest() == f"{numbers[-1]:04}"
