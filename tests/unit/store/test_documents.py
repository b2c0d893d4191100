"""Attached documents on both databases: sealed, whole or not at all, and gone with their key."""

from __future__ import annotations

import os
from hashlib import sha256

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from server.errors import NotFound, Refused
from server.meeting import facts
from server.store import tables
from server.store.documents import PIECE_BYTES
from server.store.store import Store
from tests.unit.store.places import START_MS, beginning

CONTENT = b"Rahasia jabatan. " + os.urandom(2 * PIECE_BYTES)
DIGEST = sha256(CONTENT).hexdigest()
_c = tables.document_pieces.c


async def attached(store: Store) -> int:
    """Meeting m1 with the document d1; its last number."""
    await store.journal.take_lease("m1")
    await store.documents.keep("m1", "d1", CONTENT)
    fact = facts.DocumentAttached("p1", "d1", "", "Bahan.pdf", "application/pdf", len(CONTENT), DIGEST)
    return (await store.journal.append("m1", 0, START_MS, [*beginning(), fact]))[-1].number


async def test_what_is_kept_is_read_and_stands_nowhere_in_the_clear(store: Store) -> None:
    await attached(store)
    assert await store.documents.read("m1", "d1", DIGEST) == CONTENT
    async with store.database.read() as connection:
        sealed = list(await connection.scalars(select(_c.sealed)))
    assert len(sealed) == 3
    assert not any(b"Rahasia" in piece for piece in sealed)
    verdict = await store.verify("m1")
    assert (verdict.holds, verdict.documents) == (True, 1)
    for wrong in (("m1", "d2", DIGEST), ("m2", "d1", DIGEST), ("m1", "d1", "0" * 64)):
        with pytest.raises(NotFound):
            await store.documents.read(*wrong)


async def test_a_piece_that_was_changed_moved_or_lost_is_told(store: Store) -> None:
    await attached(store)

    async def swap(connection: AsyncConnection) -> None:
        for old, new in ((0, 9), (1, 0), (9, 1)):
            await connection.execute(update(tables.document_pieces).where(_c.number == old).values(number=new))

    await store.database.write(swap)
    with pytest.raises(NotFound):
        await store.documents.read("m1", "d1", DIGEST)
    verdict = await store.verify("m1")
    assert (verdict.holds, verdict.lost) == (False, ("d1",))


async def test_retention_destroys_the_bytes_and_the_chain_holds(store: Store) -> None:
    await attached(store)
    await store.journal.erase("m1", ["documents"], [facts.RecordErased(("documents",), "rutin")], START_MS)
    async with store.database.read() as connection:
        assert (await connection.execute(select(_c.document_id))).first() is None
    with pytest.raises(NotFound):
        await store.documents.read("m1", "d1", DIGEST)
    assert (await store.verify("m1")).holds
    with pytest.raises(Refused):
        await store.documents.keep("m1", "d9", b"x")


async def test_what_was_withdrawn_is_not_looked_for(store: Store) -> None:
    after = await attached(store)
    await store.journal.append("m1", after, START_MS, [facts.DocumentWithdrawn("p1", "d1")])
    await store.documents.drop("m1", "d1")
    verdict = await store.verify("m1")
    assert (verdict.holds, verdict.documents) == (True, 0)


async def test_the_same_document_kept_again_is_kept_once(store: Store) -> None:
    await attached(store)
    await store.documents.keep("m1", "d1", b"kurang")
    assert await store.documents.read("m1", "d1", sha256(b"kurang").hexdigest()) == b"kurang"
