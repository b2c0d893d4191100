"""The board with what came in by mail, its reminders, the office's inbox and the calendar's address hinder nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

from server.config import MailSection
from server.mail.inbox_ports import Arrival
from server.meeting import commands
from server.meeting.commands import Actor, Invitee
from tests.browser.looking import LANGUAGES, examine, visitor
from tests.fakes import FakeClock
from tests.unit.web.office import DAY_MS, PASSWORD, PLANNER, TheOffice, invited, open_office

pytestmark = pytest.mark.browser

DIST = Path(__file__).parents[2] / "web" / "dist"
CAME = (
    ("answer", "sender", "no", "jahat@luar.example", ""),
    ("answer", "changed", "yes", "dewi@contoh.go.id", ""),
    ("answer", "stand_in", "yes", "citra@contoh.go.id", "Citra"),
    ("counter", "", "", "dewi@contoh.go.id", ""),
    ("message", "", "", "dewi@contoh.go.id", ""),
    ("automatic", "", "", "dewi@contoh.go.id", ""),
    ("bounce", "", "", "mailer-daemon@contoh.go.id", ""),
)


async def furnish(office: TheOffice) -> str:
    """A meeting whose secretary has mail to look at."""
    secretary = await office.account("notulis", "Sari Notulis", "secretary", "Kepala Bagian Umum")
    chair = Invitee("Rahayu Ketua", "chair", function="Sekretaris Daerah", email="rahayu@contoh.go.id")
    dewi = Invitee("Dewi Lestari", "participant", function="Camat Koba", email="dewi@contoh.go.id")
    meeting_id = await office.meeting(chair, invited(secretary, "secretary"), dewi, in_ms=3 * DAY_MS)
    await office.rooms.submit(meeting_id, PLANNER, commands.SendInvitations())
    starts_ms = (await office.rooms.state(meeting_id)).plan.starts_ms
    by_mail = commands.AnswerInvitation("p1", "stand_in", starts_ms, "mail", "Budi", stand_in_email="budi@contoh.go.id")
    await office.rooms.submit(meeting_id, Actor("p1"), by_mail)
    for number, (kind, reason, answer, sender, stand_in) in enumerate(CAME, 1):
        text = "Mohon maaf, saya sedang tugas luar sampai hari Kamis."
        one = Arrival(
            f"{number:032x}", meeting_id, "p3", kind, "done" if kind in ("automatic", "bounce") else "open", reason,  # type: ignore[arg-type]
            starts_ms, answer=answer, starts_ms=starts_ms, sender=sender, text=text, stand_in_name=stand_in,
        )  # fmt: skip
        await office.store.arrivals.record("box", 1, number, one)
    stray = Arrival(
        "f" * 32, "", "", "message", "open", "unmatched", starts_ms, sender="iklan@luar.example", text="Obral"
    )
    await office.store.arrivals.record("box", 1, 99, stray)
    return meeting_id


async def test_pages_of_the_mail_hinder_nobody(tmp_path: Path, chromium: Browser) -> None:
    mail = MailSection("127.0.0.1", 9, "none", sender="rapat@contoh.go.id")
    office = await open_office(tmp_path / "data", FakeClock(), DIST, mail=mail, by_mail=True)
    meeting_id = await furnish(office)
    server = TestServer(office.app)
    await server.start_server()
    url = str(server.make_url("/")).rstrip("/")
    faults: list[str] = []
    async with visitor(chromium) as page:
        await page.goto(f"{url}/login")
        await page.fill("input[name=login]", "notulis")
        await page.fill("input[name=password]", PASSWORD)
        await page.press("input[name=password]", "Enter")
        await page.wait_for_url(f"{url}/")
        await page.goto(f"{url}/account?language=id")
        await page.get_by_role("button", name="Buat alamat kalender").click()
        assert await page.get_by_label("Alamat kalender").input_value() != ""
        paths = {"board": f"/m/{meeting_id}/invitations", "inbox": "/inbox", "account": "/account"}
        for language in LANGUAGES:
            for name, path in paths.items():
                await page.goto(f"{url}{path}?language={language}")
                faults += await examine(page, f"{name}, {language}")
        await page.goto(f"{url}/m/{meeting_id}/invitations?language=id")
        row = page.get_by_role("listitem").filter(has_text="jahat@luar.example")
        await row.get_by_role("button", name="Terapkan").click()
        await page.get_by_text("jahat@luar.example").wait_for(state="detached")
    replies = (await office.rooms.state(meeting_id)).correspondence.replies
    assert replies["p3"].way == "secretary"
    await server.close()
    await office.close()
    assert not faults, "\n".join(faults)
