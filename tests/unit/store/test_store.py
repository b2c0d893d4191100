"""The roof: where things lie, who may read them, and that a database and its key belong together."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from server.errors import Invalid, Unavailable
from server.store.database import StoreError, database_url
from server.store.store import Store, open_store
from server.store.vault import KEY_NAME, Unsealable, Vault, open_vault, seal, unseal
from tests.unit.store import cluster
from tests.unit.store.places import START_MS, Place, StandingClock, beginning

Opening = Callable[[Place], Awaitable[Store]]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_only_the_server_reads_what_it_keeps(sqlite_place: Place, opening: Opening) -> None:
    store = await opening(sqlite_place)
    await store.settings.put("a", 1)
    folder = sqlite_place.data_folder
    assert mode(folder) == 0o700
    found = {path.name: mode(path) for path in folder.iterdir()}
    assert {"balai.sqlite", "balai.sqlite-wal", KEY_NAME} <= found.keys()
    assert set(found.values()) == {0o600}


async def test_a_key_that_others_can_read_is_refused(place: Place, clock: StandingClock) -> None:
    await (await open_store(place.url, place.data_folder, clock)).close()
    (place.data_folder / KEY_NAME).chmod(0o640)
    with pytest.raises(StoreError) as raised:
        await open_store(place.url, place.data_folder, clock)
    assert raised.value.code == "store.key_readable"


async def test_a_lost_key_is_not_replaced_by_a_new_one(place: Place, clock: StandingClock) -> None:
    """A fresh key beside old data would look fine until somebody reads the record."""
    await (await open_store(place.url, place.data_folder, clock)).close()
    (place.data_folder / KEY_NAME).unlink()
    with pytest.raises(StoreError) as raised:
        await open_store(place.url, place.data_folder, clock)
    assert raised.value.code == "store.key_missing"
    assert not (place.data_folder / KEY_NAME).exists()


@pytest.mark.parametrize(("content", "code"), [(b"k" * 32, "store.wrong_key"), (b"short", "store.key_broken")])
async def test_another_key_does_not_open_it(place: Place, clock: StandingClock, content: bytes, code: str) -> None:
    await (await open_store(place.url, place.data_folder, clock)).close()
    (place.data_folder / KEY_NAME).write_bytes(content)
    with pytest.raises(StoreError) as raised:
        await open_store(place.url, place.data_folder, clock)
    assert raised.value.code == code


async def test_an_unreachable_database_is_said_to_be(tmp_path: Path, clock: StandingClock) -> None:
    with pytest.raises(Unavailable) as raised:
        await open_store(f"postgresql://balai@/balai?host={tmp_path}", tmp_path / "data", clock)
    assert raised.value.code == "store.unavailable"


async def test_a_database_that_goes_away_is_unavailable_not_broken(tmp_path: Path, clock: StandingClock) -> None:
    with cluster.running(fsync="off") as prefix:
        store = await open_store(prefix.format("postgres"), tmp_path / "data", clock)
        await store.journal.take_lease("m1")
        await store.journal.append("m1", 0, START_MS, beginning())
        await store.journal.read("m1")
    for asked in (store.journal.read("m1"), store.settings.put("a", 1), store.journal.take_lease("m2")):
        with pytest.raises(Unavailable) as raised:
            await asked
        assert raised.value.code == "store.unavailable"
    await store.close()


async def test_connections_that_were_cut_are_made_again(place: Place, opening: Opening) -> None:
    """The database was started anew between two questions."""
    store = await opening(place)
    await store.settings.put("a", 1)
    if not store.database.is_sqlite:
        await asyncio.gather(*(store.settings.get("a") for _ in range(4)))
        async with store.database.read() as connection:
            await connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                     " AND datname = current_database()")
            )  # fmt: skip
    assert await asyncio.gather(*(store.settings.get("a") for _ in range(4))) == [1] * 4
    await store.settings.put("a", 2)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("", "sqlite+aiosqlite:////var/balai/balai.sqlite"),
        ("sqlite:////srv/a.db", "sqlite+aiosqlite:////srv/a.db"),
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
    ],
)
def test_urls_get_their_driver(url: str, wanted: str) -> None:
    assert database_url(url, Path("/var/balai")).render_as_string(hide_password=False) == wanted


@pytest.mark.parametrize("url", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "nonsense"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(Invalid):
        database_url(url, Path("/var/balai"))


async def test_what_was_kept_is_there_after_opening_again(place: Place, clock: StandingClock) -> None:
    first = await open_store(place.url, place.data_folder, clock)
    await first.settings.put("a", "b")
    secret = first.vault.secret("tickets")
    await first.close()
    second = await open_store(place.url, place.data_folder, clock)
    assert await second.settings.get("a") == "b"
    assert second.vault.secret("tickets") == secret
    assert second.vault.secret("links") != secret
    await second.close()


def test_what_is_sealed_opens_only_in_its_place_and_unchanged() -> None:
    key = os.urandom(32)
    sealed = seal(key, b"rahasia", b"here")
    assert unseal(key, sealed, b"here") == b"rahasia"
    assert seal(key, b"rahasia", b"here") != sealed
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for one, where in ((sealed, b"there"), (changed, b"here"), (b"", b"here"), (sealed[:20], b"here")):
        with pytest.raises(Unsealable):
            unseal(key, one, where)
    with pytest.raises(Unsealable):
        Vault(os.urandom(32)).unseal(Vault(key).seal(b"x", "a"), "a")


def test_a_key_is_made_once(tmp_path: Path) -> None:
    first = open_vault(tmp_path, create=True)
    assert open_vault(tmp_path, create=True).fingerprint == first.fingerprint
    assert [path.name for path in tmp_path.iterdir()] == [KEY_NAME]
