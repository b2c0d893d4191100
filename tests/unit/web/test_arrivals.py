"""What came in by mail on the secretary's board and on the office's page: applied or put away by whoever plans only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from server.config import MailSection
from server.mail.inbox_ports import Arrival
from server.meeting import commands
from server.meeting.correspondence import Reminders
from tests.fakes import FakeClock
from tests.unit.web.office import PLANNER, Browser, TheOffice, open_office
from tests.unit.web.test_invitations import outsider

SignsIn = Callable[[str], Awaitable[Browser]]
EVIL = '<script>alert("1")</script>'


def arrived(meeting_id: str, number: int, **changes: object) -> Arrival:
    one = Arrival(
        f"{number:032x}", meeting_id, "p3", "answer", "open", "sender", 1_767_232_800_000, answer="no",
        sender="jahat@luar.example", text=EVIL,
    )  # fmt: skip
    return replace(one, **changes)  # type: ignore[arg-type]


async def put(office: TheOffice, *arrivals: Arrival) -> None:
    for uid, one in enumerate(arrivals, 1):
        await office.store.arrivals.record("box", 1, uid, one)


async def test_a_doubtful_answer_is_shown_and_applied_by_the_secretary_alone(
    office: TheOffice, signed_in: SignsIn
) -> None:
    meeting_id, _ = await outsider(office)
    first, second = arrived(meeting_id, 1), arrived(meeting_id, 2, kind="message", answer="", reason="")
    await put(office, first, second)
    secretary = await signed_in("notulis")
    board = f"/m/{meeting_id}/invitations"
    await secretary.get(board)
    assert "pengirim bukan yang diundang" in secretary.page
    assert "jahat@luar.example" in secretary.page
    assert EVIL not in secretary.page
    await office.account("lain", "Orang Lain")
    stranger = await signed_in("lain")
    await stranger.get("/account")
    path = f"/m/{meeting_id}/arrivals/{first.arrival_id}"
    assert (await stranger.post(path, {"do": "apply"})).status == 404
    await secretary.get(board)
    assert (await secretary.post(path, {"do": "apply"})).status == 303
    reply = (await office.rooms.state(meeting_id)).correspondence.replies["p3"]
    assert (reply.answer, reply.way) == ("no", "secretary")
    await secretary.get(board)
    assert "pengirim bukan yang diundang" not in secretary.page
    assert (await secretary.post(path, {"do": "apply"})).status == 404  # once only
    await secretary.get(board)
    assert (await secretary.post(f"/m/{meeting_id}/arrivals/{second.arrival_id}", {"do": "settle"})).status == 303
    await secretary.get(board)
    assert "Pesan masuk yang perlu dilihat" not in secretary.page


async def test_an_arrival_of_another_meeting_cannot_be_reached(office: TheOffice, signed_in: SignsIn) -> None:
    meeting_id, _ = await outsider(office)
    one = arrived("f" * 16, 1)
    await put(office, one)
    secretary = await signed_in("notulis")
    await secretary.get(f"/m/{meeting_id}/invitations")
    for do in ("apply", "settle"):
        assert (await secretary.post(f"/m/{meeting_id}/arrivals/{one.arrival_id}", {"do": do})).status == 404
        await secretary.get(f"/m/{meeting_id}/invitations")
    assert (await office.store.arrivals.of_meeting("f" * 16))[0].state == "open"


async def test_the_office_sees_what_belongs_to_no_meeting(office: TheOffice, signed_in: SignsIn) -> None:
    await office.account("orang", "Orang Biasa")
    await office.account("setda", "Sekretaris", "secretary")
    one = arrived("", 1, person_id="", answer="", kind="message", reason="unmatched", text="Penawaran")
    await put(office, one)
    anybody = await signed_in("orang")
    assert (await anybody.get("/inbox")).status == 403
    secretary = await signed_in("setda")
    await secretary.get("/inbox")
    assert "Penawaran" in secretary.page
    assert (await secretary.post(f"/inbox/{one.arrival_id}")).status == 303
    await secretary.get("/inbox")
    assert "Tidak ada yang perlu dilihat" in secretary.page


@pytest.fixture
async def by_mail(tmp_path: Path, clock: FakeClock, dist: Path) -> AsyncIterator[tuple[TheOffice, Browser]]:
    mail = MailSection("127.0.0.1", 9, "none", sender="rapat@contoh.go.id")
    office = await open_office(tmp_path / "mailing", clock, dist, mail=mail, by_mail=True)
    server = TestServer(office.app)
    await server.start_server()
    browser = Browser(server)
    yield office, browser
    await browser.close()
    await server.close()
    await office.close()


async def test_the_secretary_sets_the_reminders_of_a_meeting(by_mail: tuple[TheOffice, Browser]) -> None:
    office, secretary = by_mail
    meeting_id, _ = await outsider(office)
    await office.rooms.submit(meeting_id, PLANNER, commands.SendInvitations())
    await secretary.sign_in("notulis")
    board = f"/m/{meeting_id}/invitations"
    await secretary.get(board)
    assert "1 jam sebelumnya" in secretary.page
    fields = {"do": "save", "before_120": "yes", "before_15": "yes", "before_77": "yes", "silent_1440": "yes"}
    assert (await secretary.post(f"/m/{meeting_id}/reminders", fields)).status == 303
    assert (await office.rooms.state(meeting_id)).correspondence.reminders == Reminders((120, 15), (1440,))
    await secretary.get(board)
    assert (await secretary.post(f"/m/{meeting_id}/reminders", {"do": "ask"})).status == 303
    assert secretary.response.headers["Location"].endswith("asked_nobody")  # nobody holds a letter yet
