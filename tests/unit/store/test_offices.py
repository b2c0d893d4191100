"""The directory on both databases: what is written comes back, one change after the other, no number in the clear."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from server.errors import Conflict, Refused
from server.identity.offices import tenure, tree
from server.identity.offices.records import Directory, Group, Official, Post, Term, Unit
from server.store.offices import OfficeShelf
from server.store.store import Store

NIP = "198501012010011001"


def made(directory: Directory) -> Directory:
    directory = tree.put_unit(directory, Unit("u", "Dinas Kesehatan"))
    directory = tree.put_unit(directory, Unit("v", "Bidang Pencegahan", "u", 3))
    directory = tree.put_post(directory, Post("p", "u", "Kepala Dinas Kesehatan", "dinkes@contoh.go.id", leads=True))
    directory = tree.put_official(directory, Official("a", "dr. Ani", "Pembina", NIP, "ani@contoh.go.id", "0812"))
    directory = tree.put_official(directory, Official("b", "Budi"))
    directory = tenure.succeed(directory, Term("t", "p", "a", "2026-01-01", decree="821/1/2026"))
    return tree.put_group(directory, Group("g", "Forkopimda", ("post:p", "official:b")))


def bare(directory: Directory) -> Directory:
    return replace(directory, version=0)


async def test_what_is_written_comes_back_whole(store: Store) -> None:
    assert (await store.offices.directory()).units == {}
    kept = await store.offices.change(made)
    again = await OfficeShelf(store.database, store.vault).directory()
    assert again == kept
    assert bare(again) == made(Directory())
    assert again.version == 1


async def test_what_changes_nothing_is_no_change(store: Store) -> None:
    await store.offices.change(made)
    assert (await store.offices.change(lambda directory: directory)).version == 1


async def test_changed_and_removed_rows_and_a_refused_change(store: Store) -> None:
    await store.offices.change(made)
    other = OfficeShelf(store.database, store.vault)
    await other.change(lambda directory: tenure.succeed(directory, Term("t2", "p", "b", "2026-06-01")))
    await other.change(lambda directory: tree.remove_group(directory, "g"))
    seen = await store.offices.directory()
    assert (seen.terms["t"].until, seen.groups, seen.version) == ("2026-05-31", {}, 3)
    with pytest.raises(Refused):
        await store.offices.change(lambda directory: tree.remove_unit(directory, "u"))
    assert await other.directory() == seen
    with pytest.raises(Conflict, match=r"offices\.changed"):
        await store.offices.change(made, version=2)


async def test_changes_at_once_come_one_after_the_other(store: Store) -> None:
    """Two successors on the same day: whoever is second finds the first one there."""
    await store.offices.change(made)
    shelves = [store.offices, OfficeShelf(store.database, store.vault)]

    async def appoint(number: int) -> bool:
        term = Term(f"n{number}", "p", "b", "2026-06-01")
        try:
            await shelves[number % 2].change(lambda directory: tenure.succeed(directory, term))
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*(appoint(number) for number in range(8)))) == 1
    after = await shelves[1].directory()
    assert list(tenure.faults(after)) == []
    assert len(after.terms) == 2


async def test_no_number_and_no_picture_stands_in_the_clear(store: Store) -> None:
    await store.offices.change(made)
    await store.offices.put_photo("d" * 64, b"picture of Ani")
    await store.offices.put_photo("d" * 64, b"picture of Ani")
    assert await store.offices.photo("d" * 64) == b"picture of Ani"
    async with store.database.read() as connection:
        sealed = (await connection.execute(text("SELECT nip_sealed FROM officials"))).scalars().all()
        pictures = (await connection.execute(text("SELECT sealed FROM official_photos"))).scalars().all()
    assert not any(NIP.encode() in one for one in sealed if one)
    assert not any(b"Ani" in one for one in pictures)
    assert await store.offices.sweep_photos() == 1
    assert await store.offices.photo("d" * 64) is None
