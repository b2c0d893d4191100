"""Who has to act next gets one mail, over real SMTP: for minutes at each step, and for action items once a day."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.config import MailSection
from server.mail.digest import Period, lines, readers
from server.meeting import commands
from server.meeting.commands import Invitee
from server.meeting.finding import Task
from tests.fakes import FakeClock
from tests.unit.mail.office import SENDER, MailServer
from tests.unit.web.office import DAY_MS, HOUR_MS, Browser, TheOffice, invited, open_office

SignIn = Callable[[str], Awaitable[Browser]]
CHAIR, SECRETARY, RINA, GUEST = "p1", "p2", "p3", "p4"


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def office(tmp_path: Path, clock: FakeClock, dist: Path, mail: MailServer) -> AsyncIterator[TheOffice]:
    section = MailSection(host="127.0.0.1", port=mail.port, security="none", sender=SENDER)
    office = await open_office(tmp_path / "data", clock, dist, proxies=("127.0.0.1",), mail=section)
    yield office
    await office.close()


async def held(office: TheOffice, clock: FakeClock) -> str:
    """Chair, secretary, one who reads English, and one without an account; all were there, and it is over."""
    budi, siti = await office.account("budi", "Budi"), await office.account("siti", "Siti", "secretary")
    rina = await office.account("rina", "Rina")
    await office.store.accounts.change(replace(rina, language="en"))
    outside = Invitee("Tono", "participant", email="tono@luar.go.id")
    people = [
        replace(invited(one, role), email=f"{one.login}@contoh.go.id")
        for one, role in ((budi, "chair"), (siti, "secretary"), (rina, "participant"))
    ]
    meeting_id = await office.meeting(*people, outside)
    await office.act(meeting_id, CHAIR, commands.OpenMeeting())
    for number, one in enumerate((CHAIR, SECRETARY, RINA, GUEST)):
        await office.act(meeting_id, SECRETARY, commands.MarkPresence(f"k{number}", one, "room"))
    return meeting_id


async def close(office: TheOffice, meeting_id: str) -> None:
    await office.act(meeting_id, CHAIR, commands.CloseMeeting())


async def looks(office: TheOffice, ms: int = 5_000) -> None:
    """Time goes by, then both desks look."""
    office.clock.advance(ms)  # type: ignore[attr-defined]
    assert office.ways is not None
    assert office.ways.errands is not None
    assert office.ways.notices is not None
    await office.ways.errands.step()
    await office.ways.notices.step()


def came(mail: MailServer) -> list[tuple[str, str]]:
    """(address, subject) of what came since the last look, sorted."""
    found = sorted((one.recipient, str(one.mail["Subject"])) for one in mail.box.mails)
    mail.box.mails.clear()
    return found


async def test_each_step_is_told_once_to_whoever_acts_next_in_their_language(
    office: TheOffice, clock: FakeClock, mail: MailServer
) -> None:
    meeting_id = await held(office, clock)
    title = (await office.rooms.state(meeting_id)).plan.title
    await close(office, meeting_id)
    await looks(office)
    assert came(mail) == []  # a konsep waits for its writers, who know
    await office.act(meeting_id, SECRETARY, commands.SubmitMinutes((CHAIR, RINA)))
    await looks(office, 1_000)
    assert came(mail) == []
    await looks(office)
    assert came(mail) == [
        ("budi@contoh.go.id", f"Notula menunggu pemeriksaan Anda: {title}"),
        ("rina@contoh.go.id", f"Minutes wait for your review: {title}"),
    ]
    await office.act(meeting_id, CHAIR, commands.ReviewMinutes(False, (await version(office, meeting_id)), "Butir 2"))
    await looks(office)
    told = [one.part("text/plain").get_content() for one in mail.box.mails if one.recipient == "siti@contoh.go.id"]
    assert "Butir 2" in told[0]
    assert {address for address, _ in came(mail)} == {"budi@contoh.go.id", "siti@contoh.go.id"}  # both may hand in
    await office.act(meeting_id, SECRETARY, commands.SubmitMinutes((CHAIR,)))
    await looks(office)
    assert [address for address, _ in came(mail)] == ["budi@contoh.go.id"]  # a new round is told again
    await looks(office, HOUR_MS)
    assert came(mail) == []


async def version(office: TheOffice, meeting_id: str) -> int:
    return (await office.rooms.state(meeting_id)).minutes.version


async def test_who_has_not_commented_a_day_before_the_end_is_reminded_and_nobody_else(
    office: TheOffice, clock: FakeClock, mail: MailServer
) -> None:
    meeting_id = await held(office, clock)
    await close(office, meeting_id)
    await office.act(meeting_id, SECRETARY, commands.SubmitMinutes((CHAIR,)))
    await office.act(meeting_id, CHAIR, commands.ReviewMinutes(True, await version(office, meeting_id)))
    until_ms = clock.now_ms() + 3 * DAY_MS
    await office.act(meeting_id, SECRETARY, commands.OpenComments(until_ms))
    await looks(office)
    links = [one.part("text/plain").get_content() for one in mail.box.mails if one.recipient == "tono@luar.go.id"]
    assert "https://rapat.example/j/" in links[0]  # without an account: by the personal link
    assert len(came(mail)) == 4
    await office.act(meeting_id, RINA, commands.CommentMinutes("c1", "", "Nama saya salah tulis"))
    await looks(office)
    assert {subject.split(":")[0] for _, subject in came(mail)} == {"Tanggapan atas notula menunggu jawaban Anda"}
    await office.act(meeting_id, SECRETARY, commands.OpenComments(until_ms + DAY_MS))  # a longer period
    await looks(office)
    assert came(mail) == []
    await looks(office, 2 * DAY_MS)
    assert came(mail) == []  # the old end is no end any more
    await looks(office, DAY_MS)
    reminded = came(mail)
    assert [address for address, _ in reminded] == ["budi@contoh.go.id", "siti@contoh.go.id", "tono@luar.go.id"]
    assert all(subject.startswith("Pengingat: ") for _, subject in reminded)
    await looks(office, DAY_MS)
    assert came(mail) == []


async def test_a_mail_that_waited_is_not_sent_when_it_was_done_meanwhile(
    office: TheOffice, clock: FakeClock, mail: MailServer
) -> None:
    meeting_id = await held(office, clock)
    await close(office, meeting_id)
    mail.box.refusal = "451 later"
    await office.act(meeting_id, SECRETARY, commands.SubmitMinutes((CHAIR,)))
    await looks(office)
    assert mail.box.refused == 1
    mail.box.refusal = ""
    await office.act(meeting_id, CHAIR, commands.ReviewMinutes(True, await version(office, meeting_id)))
    await looks(office, HOUR_MS)
    assert {subject.split(":")[0] for _, subject in came(mail)} == {"Notula siap dimintakan tanggapan"}


# ------------------------------------------------------------ action items


async def test_action_items_are_told_in_one_mail_a_day_until_they_are_reported(
    office: TheOffice, clock: FakeClock, mail: MailServer, signed_in: SignIn
) -> None:
    meeting_id = await held(office, clock)
    today = datetime.fromtimestamp(clock.now_ms() / 1000, UTC).date()
    due = (today + timedelta(days=5)).isoformat()
    for number in (1, 2):
        await office.act(meeting_id, SECRETARY, commands.RecordAction(f"t{number}", "", f"Tugas {number}", RINA, due))
    await office.act(meeting_id, SECRETARY, commands.RecordAction("t3", "", "Kirim data", "camat@luar.go.id", due))
    await close(office, meeting_id)
    await looks(office)
    assert came(mail) == []
    await looks(office, 2 * DAY_MS)
    assert [address for address, _ in came(mail)] == ["camat@luar.go.id", "rina@contoh.go.id"]
    await looks(office, HOUR_MS)
    assert came(mail) == []
    rina = await signed_in("rina")
    await rina.get("/tasks")
    done = {"meeting_id": meeting_id, "action_id": "t1", "remark": "sudah dikirim"}
    assert (await rina.post("/tasks", done)).status == 303
    await rina.follow()
    assert "reported as done" in rina.page
    assert (await office.rooms.state(meeting_id)).keeping.done == {}
    await looks(office, 3 * DAY_MS)  # the day itself: only what is not reported
    texts = {one.recipient: one.part("text/plain").get_content() for one in mail.box.mails}
    assert "Tugas 2" in texts["rina@contoh.go.id"]
    assert "Tugas 1" not in texts["rina@contoh.go.id"]
    came(mail)
    siti = await signed_in("siti")
    await siti.get("/tasks?scope=all&state=reported")
    assert "Konfirmasi selesai" in siti.page
    assert (await siti.post("/tasks", {"meeting_id": meeting_id, "action_id": "t1"})).status == 303
    state = await office.rooms.state(meeting_id)
    assert state.keeping.done["t1"].remark == "sudah dikirim"
    await siti.get("/tasks?scope=all")
    assert (await siti.post("/tasks", {"meeting_id": meeting_id, "action_id": "t2"})).status == 303
    await looks(office, 3 * DAY_MS)
    late = came(mail)
    assert late == [("camat@luar.go.id", "Pengingat tindak lanjut: 1, 1 lewat tenggat")]


def task(due: str, email: str = "a@b.id", done_ms: int = 0) -> Task:
    return Task("m", "Rapat", "Asia/Jakarta", "t", 1, "Tugas", "Ani", "", "", due, 0, done_ms, "", email)


DAYS = st.dates(date(2026, 1, 1), date(2026, 3, 1))


@given(DAYS, st.integers(1, 9), st.integers(1, 9), st.lists(st.integers(1, 20), min_size=1, max_size=30))
def test_whatever_days_the_server_ran_nobody_is_reminded_twice_or_missed(
    due: date, before: int, after: int, steps: list[int]
) -> None:
    """From well before to well after, in steps of any length: three days of reminding lie in three periods at most,
    and every one that the server lived to see lies in exactly one."""
    day, told = due - timedelta(days=40), 0
    first = day
    for step in steps:
        until = day + timedelta(days=step)
        period = Period(day.isoformat(), until.isoformat(), before, after)
        wanted = {due - timedelta(days=before), due, due + timedelta(days=after)}
        hits = sum(day < one <= until for one in wanted)
        assert bool(readers([task(due.isoformat())], period)) == bool(hits)
        assert not readers([task(due.isoformat(), done_ms=1)], period)
        told += hits
        day = until
    assert told == sum(first < one <= day for one in wanted)


def test_what_is_no_date_or_no_address_reminds_nobody() -> None:
    period = Period("", "2026-01-05", 3, 3)
    assert readers([task(""), task("besok"), task("2026-01-05", email="")], period) == ()
    assert [one.email for one in readers([task("2026-01-05"), task("2026-01-08", "A@B.id")], period)] == ["a@b.id"]
    assert len(lines([task("2026-01-05"), task("2026-01-30")], "A@b.ID", "2026-01-05", 3)) == 1
