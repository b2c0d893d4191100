"""Our calendars as another program's parser (ical.js) reads them: mails, updates, cancellations, and the feed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.identity.ports import Account
from server.mail.feeds import CalendarFeeds
from server.meeting import commands
from tests.factories import ALICE
from tests.fakes import FakeClock
from tests.unit.mail.office import DAY_MS, SENDER, WORDS, MailOffice, MailServer, QuickPapers, open_office

ROOT = Path(__file__).parents[2]
READER = (Path(__file__).parent / "read_calendar.mjs").read_text()
ALICES = "alice.amalia@contoh.go.id"


def understood(raw: bytes, folder: Path) -> Any:
    """What ical.js makes of it."""
    kept = folder / "calendar.ics"
    kept.write_bytes(raw)
    node = [sys.executable, str(ROOT / "hatch_build.py"), "node", "--input-type=module", "-e", READER, "--", str(kept)]
    done = subprocess.run(node, capture_output=True, check=False, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.fixture
async def sending(tmp_path: Path) -> AsyncIterator[tuple[MailOffice, MailServer]]:
    smtp = MailServer()
    await smtp.start()
    office = await open_office(tmp_path / "data", FakeClock(), smtp.port, papers=QuickPapers())
    yield office, smtp
    await office.close()
    await smtp.stop()


async def test_a_mail_its_change_and_its_end(sending: tuple[MailOffice, MailServer], tmp_path: Path) -> None:
    office, smtp = sending
    meeting_id = await office.meeting()
    await office.change(meeting_id, title='Rapat; "anggaran", «ü» ' + "panjang " * 20, place="Aula, lantai 2")
    await office.invite(meeting_id)
    await office.change(meeting_id, place="Ruang Rapat")
    await office.pass_ms(60_000)
    await office.wish(meeting_id, commands.CancelMeeting())
    await office.pass_ms(2_000)
    mails = [one for one in smtp.box.mails if one.recipient == ALICES]
    raw = [one.part("text/calendar").get_payload(decode=True) for one in mails]
    read = [understood(one, tmp_path) for one in raw]  # type: ignore[arg-type]
    assert [one["method"] for one in read] == ["REQUEST", "REQUEST", "CANCEL"]
    plan = (await office.rooms.state(meeting_id)).plan
    for number, one in enumerate(read):
        (event,) = one["events"]
        assert (event["uid"], event["sequence"]) == (f"{meeting_id}@balai", number)
        assert (event["starts"], event["ends"]) == (plan.starts_ms, plan.ends_ms)
        assert event["summary"] == " ".join(plan.title.split())
        assert event["organizer"] == f"mailto:{SENDER}"
        assert event["attendee"]["is"] == f"mailto:{ALICES}"
        assert event["attendee"].get("rsvp") == ("TRUE" if number < 2 else None)
        assert event["status"] == ("CONFIRMED" if number < 2 else "CANCELLED")
    assert "Aula, lantai 2" in read[0]["events"][0]["location"]
    assert "Ruang Rapat" in read[1]["events"][0]["location"]
    assert "1. Pembukaan\n2. Anggaran" in read[0]["events"][0]["description"]


async def test_the_feed(sending: tuple[MailOffice, MailServer], tmp_path: Path) -> None:
    office, _ = sending
    account = Account("a" * 32, "alice", "Alice Amalia", "official", email=ALICES)
    await office.store.accounts.add(account)
    meeting_id = await office.meeting()
    state = await office.rooms.state(meeting_id)
    people = tuple(
        commands.Invitee(one.name, one.role, one.person_id, email=one.email,
                         account_id=account.account_id if one.person_id == ALICE else "")
        for one in state.people.values()
    )  # fmt: skip
    await office.change(meeting_id, invitees=people)
    feeds = CalendarFeeds(
        office.store.feeds,
        office.store.listings,
        office.clock,
        b"rahasia",
        words=WORDS,
        url=lambda: "https://rapat.example",
    )
    await feeds.renew(account.account_id)
    address = await feeds.address(account.account_id)
    made = await feeds.open(address.removeprefix("https://rapat.example/calendar/").removesuffix(".ics"))
    assert made is not None
    read = understood(made.content, tmp_path)
    (event,) = read["events"]
    assert read["method"] is None
    assert (event["uid"], event["zone"], event["status"]) == (f"{meeting_id}@balai", "Asia/Jakarta", "CONFIRMED")
    assert event["starts"] == state.plan.starts_ms == office.clock.now_ms() + DAY_MS
