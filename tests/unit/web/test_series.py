"""A meeting that follows another: its people, agenda and rules, and what was left open, until it is done."""

from __future__ import annotations

import re

import pytest

from server.errors import Refused
from server.meeting import commands
from tests.unit.web.office import DAY_MS, PLANNER, TheOffice
from tests.unit.web.test_meetings import CHAIR, SECRETARY, SignIn
from tests.unit.web.test_outcomes import held

MEETING = re.compile(r"/m/([0-9a-f]{16})")


async def following(office: TheOffice, signed_in: SignIn, meeting_id: str, **typed: str) -> str:
    one = await signed_in("siti")
    await one.get(f"/m/{meeting_id}/next")
    form = {"date": "2026-03-02", "start": "10:00", "end": "11.30", "approval": "yes"} | typed
    response = await one.post(f"/m/{meeting_id}/next", form)
    assert response.status == 303, one.page
    found = MEETING.search(response.headers["Location"])
    assert found
    return found[1]


async def test_the_next_meeting_takes_over_people_agenda_rules_and_what_is_open(
    office: TheOffice, signed_in: SignIn
) -> None:
    first = await held(office)
    await office.act(first, SECRETARY, commands.SetRules("two_thirds", turn_seconds=90, reason="tata tertib"))
    await office.act(first, SECRETARY, commands.FinishAction("t2", ""))
    await office.act(first, SECRETARY, commands.WithdrawAction("t3"))
    await office.act(first, CHAIR, commands.CloseMeeting())
    second = await following(office, signed_in, first)
    state = await office.rooms.state(second)
    assert [one.title for one in state.items] == [
        "Pengesahan notula rapat sebelumnya", "Tindak lanjut rapat sebelumnya", "Laporan",
    ]  # fmt: skip
    assert [(one.name, one.role) for one in state.people.values()] == [
        ("Budi Santoso", "chair"), ("Siti Aminah", "secretary"),
        ("Rina Marlina", "participant"), ("Tono", "participant"),
    ]  # fmt: skip
    assert (state.deliberation.procedure.quorum, state.deliberation.procedure.turn_seconds) == ("two_thirds", 90)
    assert [(one.what, one.who) for one in state.keeping.carried.values()] == [("Menyusun laporan", "Rina Marlina")]
    one = await signed_in("siti")
    await one.get(f"/m/{second}")
    assert f'href="/m/{first}"' in one.page
    assert f'href="/m/{first}/minutes"' in one.page  # what is to be approved, and how far it is
    assert "belum disahkan" in one.page
    await one.get(f"/m/{first}")
    assert f'href="/m/{second}"' in one.page


async def test_what_is_carried_is_carried_on_until_it_is_done_and_stands_in_the_notula(
    office: TheOffice, signed_in: SignIn
) -> None:
    first = await held(office)
    second = await following(office, signed_in, first)
    await office.act(second, CHAIR, commands.OpenMeeting())
    await office.act(second, SECRETARY, commands.RecordAction("t4", "carried", "Melapor", "p1"))
    third = await following(office, signed_in, second, approval="")
    state = await office.rooms.state(third)
    assert [one.title for one in state.items] == ["Tindak lanjut rapat sebelumnya", "Laporan"]
    assert {key[1] for key in state.keeping.carried} == {"t1", "t2", "t3", "t4"}
    one = await signed_in("siti")
    await one.get("/tasks")
    await one.post("/tasks", {"meeting_id": first, "action_id": "t1", "act": "done", "remark": "Sudah dikirim"})
    for later in (second, third):
        words = str((await office.papers.minutes(later, "id")).sheet)
        assert "Menyusun laporan (Rina Marlina, tenggat" in words
        assert "– selesai: Sudah dikirim" in words
        assert "Membentuk tim (Sekretariat) – belum selesai" in words


async def test_what_cannot_be_is_told_and_only_planners_may(office: TheOffice, signed_in: SignIn) -> None:
    first = await held(office)
    one = await signed_in("siti")
    await one.get(f"/m/{first}/next")
    backwards = {"date": "2026-03-02", "start": "10:00", "end": "09:00"}
    for typed in ({"date": "", "start": "10:00", "end": "11:00"}, backwards):
        assert (await one.post(f"/m/{first}/next", typed)).status == 400
    other = await signed_in("budi")
    assert (await other.get(f"/m/{first}/next")).status == 403
    planned = await _planned(office, first)
    assert (await one.get(f"/m/{planned}/next")).status == 403
    number = await office.rooms.submit(planned, PLANNER, commands.FollowMeeting(first, ""))
    assert await office.rooms.submit(planned, PLANNER, commands.FollowMeeting(first, "")) == number
    with pytest.raises(Refused, match=r"series\.another"):
        await office.rooms.submit(planned, PLANNER, commands.FollowMeeting("0" * 16, ""))


async def _planned(office: TheOffice, meeting_id: str) -> str:
    state = await office.rooms.state(meeting_id)
    people = [commands.Invitee(one.name, one.role, account_id=one.account_id) for one in state.people.values()]
    return await office.meeting(*people, in_ms=DAY_MS)
