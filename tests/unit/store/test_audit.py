"""The audit log is one chain: what is changed, moved, taken out or cut off is seen; what was erased is no fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.identity.records import AuditFilter
from server.store import audit
from server.store.keys import MeetingKeys
from server.store.store import Store
from server.store.tables import audit as rows

NOVEMBER_MS, DECEMBER_MS = 1_795_485_600_000, 1_796_090_400_000 + 30 * 86_400_000


async def fill(store: Store) -> None:
    await store.audit.append(NOVEMBER_MS, "signed_in", "acc1", "acc1", {"address": "192.0.2.1"})
    await store.audit.append(NOVEMBER_MS + 1, "role_elevated", "acc1", "acc2", {"from": "official", "to": "secretary"})
    await store.audit.append(DECEMBER_MS, "signed_out", "acc2", "acc2", {"address": "192.0.2.2"})


async def test_entries_come_back_as_written_and_the_chain_holds(store: Store) -> None:
    await fill(store)
    last, middle, first = await store.audit.page(AuditFilter(), 10, 0)
    assert (first.number, middle.number, last.number) == (1, 2, 3)
    assert middle.details == {"from": "official", "to": "secretary"}
    assert first.previous == "00" * 32
    assert (middle.previous, last.previous) == (first.hash, middle.hash)
    verdict = await store.audit.verify()
    assert (verdict.holds, verdict.checked, verdict.last_hash) == (True, 3, last.hash)


async def test_a_filter_finds_who_did_it_and_whom_it_concerns(store: Store) -> None:
    await fill(store)

    async def numbers(**wanted: str | int) -> list[int]:
        chosen = AuditFilter(**wanted)  # type: ignore[arg-type]
        found = [one.number for one in await store.audit.page(chosen, 10, 0)]
        assert await store.audit.count(chosen) == len(found)
        assert [one.number async for one in store.audit.every(chosen)] == found[::-1]
        return found

    assert await numbers(account_id="acc2") == [3, 2]
    assert await numbers(account_id="acc1") == [2, 1]
    assert await numbers(act="signed_out") == [3]
    assert await numbers(from_ms=NOVEMBER_MS + 1, until_ms=DECEMBER_MS) == [2]


async def test_a_long_log_is_read_a_few_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "AT_ONCE", 2)
    await fill(store)
    assert [one.number async for one in store.audit.every(AuditFilter())] == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "number", "what"),
    [
        (update(rows).where(rows.c.number == 2).values(account_id="acc9"), 2, "hash"),
        (update(rows).where(rows.c.number == 2).values(sealed=b"x" * 60), 2, "hash"),
        (delete(rows).where(rows.c.number == 2), 2, "gap"),
        (delete(rows).where(rows.c.number == 3), 3, "gap"),
        (delete(rows), 1, "gap"),
    ],
)
async def test_whatever_is_done_to_a_row_is_seen(store: Store, change: object, number: int, what: str) -> None:
    await fill(store)
    await done(store, lambda connection: connection.execute(change))  # type: ignore[call-overload]
    verdict = await store.audit.verify()
    assert verdict.broken is not None
    assert (verdict.broken.number, verdict.broken.what) == (number, what)


async def test_details_moved_to_another_row_do_not_open_even_with_every_hash_made_anew(store: Store) -> None:
    await fill(store)

    async def forge(connection: AsyncConnection) -> None:
        found = [row._asdict() for row in await connection.execute(rows.select().order_by(rows.c.number))]
        found[1]["sealed"] = found[0]["sealed"]
        for before, row in zip([None, *found], found, strict=False):
            row["previous"] = before["hash"] if before else audit.FIRST
            row["hash"] = audit.row_hash(row)
            await connection.execute(update(rows).where(rows.c.number == row["number"]).values(row))

    await done(store, forge)
    verdict = await store.audit.verify()
    assert verdict.broken is not None
    assert (verdict.broken.number, verdict.broken.what) == (2, "payload")


async def test_a_month_that_retention_erased_still_verifies(store: Store) -> None:
    await fill(store)
    keys = MeetingKeys(store.vault)
    await done(store, lambda connection: keys.destroy(connection, audit.KEYS_OF, "2026-11", DECEMBER_MS))
    verdict = await store.audit.verify()
    assert (verdict.holds, verdict.checked, verdict.erased) == (True, 3, 2)
    assert [one.details for one in await store.audit.page(AuditFilter(), 10, 0)][1:] == [None, None]


async def test_many_at_once_leave_no_gap(store: Store) -> None:
    wanted = [store.audit.append(NOVEMBER_MS, "signed_in", f"acc{n}", "", {}) for n in range(12)]
    assert sorted(await asyncio.gather(*wanted)) == list(range(1, 13))
    assert (await store.audit.verify()).holds


async def done(store: Store, work: Callable[[AsyncConnection], object]) -> None:
    async def wrapped(connection: AsyncConnection) -> None:
        await work(connection)  # type: ignore[misc]

    await store.database.write(wrapped)
