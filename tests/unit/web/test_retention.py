"""Retention on pages: what is destroyed when is for administrators, schedule and hold for the office's planners."""

from __future__ import annotations

from server.meeting import commands
from tests.fakes import FakeClock
from tests.unit.web.office import DAY_MS, TheOffice
from tests.unit.web.test_meetings import CHAIR, SignIn
from tests.unit.web.test_outcomes import held


async def test_a_planner_chooses_the_schedule_and_sets_a_hold(
    office: TheOffice, signed_in: SignIn, clock: FakeClock
) -> None:
    meeting_id = await held(office)
    await office.act(meeting_id, CHAIR, commands.CloseMeeting())
    path = f"/m/{meeting_id}/retention"
    one = await signed_in("siti")
    await one.get(path)
    assert (await one.post(path, {"schedule": "lain"})).status == 400
    await one.get(path)
    assert (await one.post(path, {"schedule": "statis"})).status == 303
    await one.follow()
    assert "Jadwal retensi disimpan." in one.page
    assert (await one.post(path, {"act": "hold", "reason": " "})).status == 400
    assert (await one.post(path, {"act": "hold", "reason": "Perkara <1>"})).status == 303
    await one.follow()
    assert "Perkara &lt;1&gt;" in one.page
    keeping = (await office.rooms.state(meeting_id)).keeping
    assert (keeping.schedule, keeping.hold) == ("statis", "Perkara <1>")
    assert (await one.get("/admin/retention")).status == 403
    other = await signed_in("budi")
    assert (await other.get(path)).status == 403
    await office.account("admin", "Pengelola", "administrator")
    clock.advance(2 * DAY_MS)
    admin = await signed_in("admin")
    await admin.get("/admin/retention")
    assert "statis" in admin.page
    assert meeting_id not in admin.page  # kept for ever
    await admin.get(path)
    await admin.post(path, {"schedule": ""})
    await admin.get("/admin/retention")
    assert f'href="/m/{meeting_id}/retention"' in admin.page
    assert "Ditahan" in admin.page
    await admin.get(path)
    assert (await admin.post(path, {"act": "hold", "reason": "Selesai"})).status == 303
    assert (await office.rooms.state(meeting_id)).keeping.hold == ""


async def test_what_was_destroyed_is_gone_from_pages_and_told_in_a_report(
    office: TheOffice, signed_in: SignIn, clock: FakeClock
) -> None:
    meeting_id = await held(office)
    await office.act(meeting_id, CHAIR, commands.CloseMeeting())
    await office.account("admin", "Pengelola", "administrator")
    clock.advance(3651 * DAY_MS)
    admin = await signed_in("admin")
    assert [one.failed for one in await office.retention.run()] == [""]
    await admin.get("/admin/retention")
    name = next(one.name for one in office.retention.reports())
    response = await admin.get(f"/admin/retention/{name}")
    assert response.status == 200
    assert "Rapat Koordinasi\trutin" in admin.page
    assert (await admin.get("/admin/retention/destroyed-1.txt")).status == 404
    assert (await admin.get(f"/m/{meeting_id}")).status == 404
    await admin.get("/meetings/past?scope=office")
    assert meeting_id not in admin.page
    assert (await office.store.verify(meeting_id)).holds
