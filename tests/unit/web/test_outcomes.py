"""Decisions and action items of all meetings: who sees which, what is overdue, who marks one as done, and exports."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

from openpyxl import load_workbook

from server.meeting import commands
from server.meeting.commands import Invitee
from tests.fakes import FakeClock
from tests.unit.web.office import DAY_MS, PLANNER, TheOffice, invited
from tests.unit.web.test_meetings import CHAIR, SECRETARY, SignIn, people

SAID = re.compile(r'<p class="said">(.*?)</p>')


def due(office: TheOffice, days: int) -> str:
    return datetime.fromtimestamp((office.clock.now_ms() + days * DAY_MS) / 1000, UTC).date().isoformat()


async def held(office: TheOffice) -> str:
    """Budi (chair), Siti (secretary), and Rina and Tono of the office, each with an action item."""
    budi, siti, _ = await people(office)
    rina = invited(await office.account("rina", "Rina Marlina"))
    meeting_id = await office.meeting(budi, siti, rina, Invitee("Tono", "participant"))
    await office.act(meeting_id, CHAIR, commands.OpenMeeting())
    for command in (
        commands.RecordDecision("d1", "i1", "Harga beras dipantau", "mufakat"),
        commands.RecordDecision("d2", "i1", "=1+1", "chair"),
        commands.RecordAction("t1", "i1", "Menyusun laporan", "p3", due(office, 3)),
        commands.RecordAction("t2", "i1", "=cmd|' /C calc'!A0", "p4", due(office, 1)),
        commands.RecordAction("t3", "i1", "Membentuk tim", "Sekretariat"),
    ):
        await office.act(meeting_id, SECRETARY, command)
    return meeting_id


async def test_action_items_are_listed_by_whose_and_how_they_stand(
    office: TheOffice, signed_in: SignIn, clock: FakeClock
) -> None:
    await held(office)
    await office.account("tamu", "Orang Lain")
    clock.advance(2 * DAY_MS)
    rina = await signed_in("rina")
    await rina.get("/tasks")
    assert SAID.findall(rina.page) == ["Menyusun laporan"]
    await rina.get("/tasks?scope=all")
    assert [one[:9] for one in SAID.findall(rina.page)] == ["=cmd|&#39", "Menyusun ", "Membentuk"]
    await rina.get("/tasks?scope=all&state=overdue&sort=nonsense")
    assert len(SAID.findall(rina.page)) == 1
    assert "Lewat tenggat" in rina.page
    other = await signed_in("tamu")
    await other.get("/tasks?scope=all")
    assert SAID.findall(other.page) == []
    planner = await signed_in("siti")
    await planner.get("/tasks?scope=all&sort=who")
    assert SAID.findall(planner.page)[0] == "Menyusun laporan"


async def test_who_is_responsible_or_leads_marks_it_as_done_and_nobody_else(
    office: TheOffice, signed_in: SignIn
) -> None:
    meeting_id = await held(office)
    later = await office.meeting(*(await _same(office, meeting_id)), title="Rapat Lanjutan", in_ms=DAY_MS)
    carried = (commands.CarriedAction(meeting_id, "t1", 1, "Menyusun laporan", "Rina Marlina"),)
    await office.rooms.submit(later, PLANNER, commands.FollowMeeting(meeting_id, "i1", carried))
    rina = await signed_in("rina")
    await rina.get("/tasks?scope=all")
    assert rina.page.count('name="action_id"') == 1
    refused = await rina.post("/tasks", {"meeting_id": meeting_id, "action_id": "t2", "act": "done"})
    assert refused.status == 400
    assert "Hanya penanggung jawab" in rina.page
    done = {"meeting_id": meeting_id, "action_id": "t1", "act": "done", "remark": "Terkirim <b>"}
    assert (await rina.post("/tasks?scope=mine&state=reported", done)).status == 303
    await rina.follow()
    assert "Terkirim &lt;b&gt;" in rina.page
    assert "notulis akan mengonfirmasinya" in rina.page
    assert (await office.rooms.state(later)).keeping.carried[meeting_id, "t1"].done is None
    siti = await signed_in("siti")
    await siti.get("/tasks?scope=all&state=reported")
    assert (await siti.post("/tasks", {"meeting_id": meeting_id, "action_id": "t1"})).status == 303
    state = await office.rooms.state(later)
    assert state.keeping.carried[meeting_id, "t1"].done is not None
    chair = await signed_in("budi")
    await chair.get("/tasks?scope=all&state=done")
    again = {"meeting_id": meeting_id, "action_id": "t1", "act": "reopen", "remark": ""}
    assert (await chair.post("/tasks", again)).status == 400
    assert (await chair.post("/tasks", again | {"remark": "Belum lengkap"})).status == 303
    assert (await office.rooms.state(later)).keeping.carried[meeting_id, "t1"].done is None
    await office.account("tamu", "Orang Lain")
    stranger = await signed_in("tamu")
    await stranger.get("/tasks")
    assert (await stranger.post("/tasks", done)).status == 404


async def _same(office: TheOffice, meeting_id: str) -> list[Invitee]:
    state = await office.rooms.state(meeting_id)
    return [Invitee(one.name, one.role, account_id=one.account_id) for one in state.people.values()]


async def test_exports_run_no_formula(office: TheOffice, signed_in: SignIn) -> None:
    await held(office)
    one = await signed_in("siti")
    await one.get("/tasks.csv?scope=all")
    assert "\"'=cmd|' /C calc'!A0\"" in one.page
    for path, cell in (("/tasks.xlsx?scope=all", "=cmd|' /C calc'!A0"), ("/decisions.xlsx", "=1+1")):
        response = await one.client.get(path)
        sheet = load_workbook(BytesIO(await response.read())).active
        assert sheet is not None
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert {one.data_type for one in cells if one.value is not None} == {"s"}
        assert cell in [one.value for one in cells]


async def test_the_whole_record_is_for_secretaries_only(office: TheOffice, signed_in: SignIn) -> None:
    meeting_id = await held(office)
    one = await signed_in("siti")
    response = await one.client.get(f"/m/{meeting_id}/archive.zip")
    with ZipFile(BytesIO(await response.read())) as archive:
        assert "journal/rows.jsonl" in archive.namelist()
        assert archive.testzip() is None
    for login in ("budi", "rina"):
        other = await signed_in(login)
        await other.get(f"/m/{meeting_id}")
        assert "archive.zip" not in other.page
        assert (await other.get(f"/m/{meeting_id}/archive.zip")).status == 403


async def test_decisions_of_all_meetings(office: TheOffice, signed_in: SignIn) -> None:
    meeting_id = await held(office)
    await office.act(meeting_id, SECRETARY, commands.WithdrawDecision("d2"))
    await office.account("tamu", "Orang Lain")
    one = await signed_in("rina")
    await one.get("/decisions")
    assert SAID.findall(one.page) == ["Harga beras dipantau"]
    assert "Notula belum disahkan" in one.page
    await one.get("/decisions?all=yes&from=2020-01-01")
    assert SAID.findall(one.page) == ["=1+1", "Harga beras dipantau"]
    await one.get("/decisions?from=2999-01-01")
    assert SAID.findall(one.page) == []
    other = await signed_in("tamu")
    await other.get("/decisions")
    assert SAID.findall(other.page) == []
