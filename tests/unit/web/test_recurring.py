"""Meetings that come again through the pages: planned, checked beforehand, and ended from one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.unit.web.office import DAY_MS, Browser, TheOffice, invited

SignsIn = Callable[[str], Awaitable[Browser]]
FIELDS = {
    "title": "Rapat mingguan", "date": "2026-03-02", "start": "09:00", "end": "10:00", "zone": "WIB",
    "person-0-name": "Rahayu Ketua (ketua)", "person-0-role": "chair",
    "person-1-name": "Sari Notulis (notulis)", "person-1-role": "secretary",
    "kind": "coordination", "again": "weekly", "interval": "1", "ends": "count", "count": "4",
}  # fmt: skip


async def people(office: TheOffice) -> None:
    await office.account("ketua", "Rahayu Ketua")
    await office.account("notulis", "Sari Notulis", "secretary")


async def test_a_series_is_planned_and_ended_from_one_of_its_meetings(office: TheOffice, signed_in: SignsIn) -> None:
    await people(office)
    secretary = await signed_in("notulis")
    await secretary.get("/meetings/new")
    assert (await secretary.post("/meetings/new", FIELDS | {"count": "many"})).status == 400
    assert (await secretary.post("/meetings/new", FIELDS)).status == 303
    await secretary.follow()
    assert "Setiap minggu pada hari Senin, sebanyak 4 kali" in secretary.page
    (series_id,) = await office.store.listings.series_ids()
    made = await office.store.listings.occurrences(series_id)
    assert len(made) == 2  # it begins in two months: no more is made ahead
    _, second = made[0]
    await secretary.get(f"/m/{second}/cancel")
    assert "rapat ini dan semua yang berikutnya" in secretary.page
    ended = {"reason": "Selesai", "scope": "following"}
    assert (await secretary.post(f"/m/{second}/cancel", ended)).status == 303
    assert {(await office.rooms.state(one)).status for _, one in made} == {"cancelled"}
    assert (await office.rooms.state(series_id)).status == "planned"


async def test_holidays_and_other_meetings_are_told_while_planning(office: TheOffice, signed_in: SignsIn) -> None:
    await people(office)
    chair = next(one for one in await office.identity.accounts.all() if one.login == "ketua")
    notulis = next(one for one in await office.identity.accounts.all() if one.login == "notulis")
    await office.meeting(invited(chair, "chair"), invited(notulis, "secretary"), title="Rapat lain", in_ms=DAY_MS)
    secretary = await signed_in("notulis")
    await secretary.get("/meetings/new")
    fields = FIELDS | {"date": "2026-01-02", "again": ""}
    csrf = secretary.csrf()
    await secretary.post("/meetings/new/check", fields, csrf=csrf)
    assert "Rahayu Ketua ada di rapat lain" in secretary.page
    assert "Rapat lain" in secretary.page
    await secretary.post("/meetings/new/check", fields | {"date": "2026-08-17"}, csrf=csrf)
    assert "hari libur: Hari Kemerdekaan Republik Indonesia" in secretary.page
    await secretary.post("/meetings/new/check", fields | {"date": "2026-03-18"}, csrf=csrf)
    assert "cuti bersama" in secretary.page
    await secretary.post("/meetings/new/check", fields | {"date": "2026-02-31"}, csrf=csrf)
    assert secretary.page == ""
