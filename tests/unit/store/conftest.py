"""Stores to test with, on both databases, each empty; and a clock that stands until it is told to go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from server.store import lease
from server.store.store import Store, open_store
from tests.unit.store import cluster
from tests.unit.store.places import Place, StandingClock

EMPTY = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
    DROP SCHEMA public CASCADE;
    CREATE SCHEMA public;
"""


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a database that every test finds empty: making one anew takes longer than most tests."""
    with cluster.running(fsync="off") as prefix:
        yield prefix.format("postgres")


async def empty(url: str) -> None:
    at = make_url(url)
    connection = await asyncpg.connect(host=at.query["host"], user=at.username, database=at.database)
    await connection.execute(EMPTY)
    await connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    """An empty database of each kind, with a data folder."""
    if request.param == "sqlite":
        yield Place("", tmp_path / "data")
        return
    url: str = request.getfixturevalue("postgresql")
    yield Place(url, tmp_path / "data")
    await empty(url)


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    return Place("", tmp_path / "data")


@pytest.fixture(autouse=True)
def heart_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """No heartbeat by itself: on a slow machine it would tell of a clock that the test has moved since."""
    monkeypatch.setattr(lease, "RENEW_S", 3600.0)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
async def opening(clock: StandingClock) -> AsyncIterator[Callable[[Place], Awaitable[Store]]]:
    """Opens stores, as several processes would; closes them all in the end."""
    opened: list[Store] = []

    async def open_at(place: Place) -> Store:
        store = await open_store(place.url, place.data_folder, clock)
        opened.append(store)
        return store

    yield open_at
    for store in opened:
        await store.close()


@pytest.fixture
async def store(place: Place, opening: Callable[[Place], Awaitable[Store]]) -> Store:
    return await opening(place)
