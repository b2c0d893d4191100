"""Answers read from a real IMAP server: over TLS and STARTTLS, told by IDLE and asked for without, once each, and on
after the server was away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from server.mail.imap import ImapMailbox, ImapSession
from server.mail.inbox import Around, InboxDesk
from server.mail.inbox_ports import Arrival, Unreachable
from server.mail_config import ImapSection
from server.store.arrivals import ArrivalBook
from tests.fakes import FakeClock
from tests.system import dovecot
from tests.system.dovecot import PASSWORD, USER, Dovecot
from tests.unit.mail import others
from tests.unit.mail.inbox import holder
from tests.unit.mail.office import MARKS, MailOffice, MailServer, QuickPapers, open_office
from tests.unit.mail.others import Invited

WAIT_S = 60


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with dovecot.running() as one:
        yield one


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[tuple[MailOffice, list[Invited]]]:
    """Its people got their invitations."""
    smtp = MailServer()
    await smtp.start()
    office = await open_office(tmp_path / "data", FakeClock(), smtp.port, papers=QuickPapers())
    await office.invite(await office.meeting())
    office.clock.advance(300_000)
    yield office, [holder(one, office.clock.now_ms()) for one in smtp.box.mails]
    await office.close()
    await smtp.stop()


class TellingBook(ArrivalBook):
    """Says what was kept, as soon as it was."""

    def __init__(self, office: MailOffice) -> None:
        super().__init__(office.store.database, office.store.vault)
        self.kept: asyncio.Queue[Arrival | None] = asyncio.Queue()

    async def record(self, mailbox: str, validity: int, uid: int, arrival: Arrival | None) -> None:
        await super().record(mailbox, validity, uid, arrival)
        self.kept.put_nowait(arrival)

    async def next(self) -> Arrival | None:
        return await asyncio.wait_for(self.kept.get(), WAIT_S)


def section(server: Dovecot, **changes: object) -> ImapSection:
    one = ImapSection(
        "localhost", server.port, "starttls", server.authority, USER, PASSWORD, done_folder="Balai/Selesai",
        aside_folder="Balai/Periksa", poll_seconds=1,
    )  # fmt: skip
    return replace(one, **changes)  # type: ignore[arg-type]


class RestingMailbox(ImapMailbox):
    """Knows when all that came was dealt with."""

    def __init__(self, one: ImapSection) -> None:
        super().__init__(one)
        self.rests = asyncio.Event()

    async def open(self) -> ImapSession:
        session = await super().open()
        wait = session.wait

        async def rest(seconds: float) -> None:
            self.rests.set()
            await wait(seconds)
            self.rests.clear()

        session.wait = rest  # type: ignore[method-assign]
        return session


@asynccontextmanager
async def desk(office: MailOffice, one: ImapSection) -> AsyncIterator[tuple[InboxDesk, TellingBook]]:
    book = TellingBook(office)
    box, around = RestingMailbox(one), Around(office.rooms, office.store.post_office, book, MARKS)
    made = InboxDesk(box, around, office.clock, one)
    made.start()
    try:
        yield made, book
        await asyncio.wait_for(box.rests.wait(), WAIT_S)
    finally:
        await made.close()


async def test_answers_are_read_as_they_come_and_put_where_they_belong(
    server: Dovecot, office: tuple[MailOffice, list[Invited]]
) -> None:
    here, people = office
    first, *rest = zip(others.PROGRAMS.values(), people, strict=False)
    server.deliver(first[0](first[1], "no"))  # was there before
    async with desk(here, section(server)) as (_, book):
        assert await book.next() is not None
        for program, person in rest:  # while it waits
            await asyncio.to_thread(server.deliver, program(person, "no"))
            arrival = await book.next()
            assert arrival is not None
            assert (arrival.kind, arrival.state) == ("answer", "done")
        await asyncio.to_thread(server.deliver, b"From: Iklan <iklan@luar.example>\r\nSubject: Obral\r\n\r\nBeli!\r\n")
        arrival = await book.next()
        assert arrival is not None
        assert (arrival.state, arrival.reason) == ("open", "unmatched")
    replies = (await here.rooms.state(people[0].meeting_id)).correspondence.replies
    assert [one.answer for one in replies.values()] == ["no"] * 4
    async with desk(here, section(server, security="tls", port=server.tls_port)) as (_, book):  # nothing is read twice
        await asyncio.to_thread(server.deliver, others.plain(people[4], "Hadir"))
        arrival = await book.next()
        assert arrival is not None
        assert arrival.kind == "message"
    assert len(server.flags("Balai.Selesai")) == 5
    assert all({"\\Seen", "$BalaiRead"} <= one for one in server.flags("Balai.Selesai"))
    assert [{"\\Flagged", "$BalaiAside"} <= one and "\\Seen" not in one for one in server.flags("Balai.Periksa")] == [
        True
    ]
    assert server.flags("INBOX") == []


async def test_a_large_mail_is_read_in_its_first_part(
    server: Dovecot, office: tuple[MailOffice, list[Invited]]
) -> None:
    here, people = office
    answer = others.gmail(people[0])
    cut = answer.rindex(b"--000000000000aaaa--")
    large = answer[:cut] + b"--000000000000aaaa\r\nContent-Type: application/pdf\r\n\r\n"
    server.deliver(large + (b"x" * 70 + b"\r\n") * 60_000)
    async with desk(here, section(server)) as (_, book):
        arrival = await book.next()
    assert arrival is not None
    assert (arrival.kind, arrival.state) == ("answer", "done")


async def test_a_server_without_idle_and_move_is_asked_again_and_again(
    office: tuple[MailOffice, list[Invited]],
) -> None:
    here, people = office
    with dovecot.running(idle=False) as server:
        server.deliver(others.apple(people[0]))
        async with desk(here, section(server, security="tls", port=server.tls_port)) as (_, book):
            assert await book.next() is not None
            await asyncio.to_thread(server.deliver, others.outlook(people[1]))
            assert await book.next() is not None
        assert all("\\Deleted" in one for one in server.flags("INBOX"))
        assert len(server.flags("Balai.Selesai")) >= 1


async def test_after_the_server_was_away_it_goes_on(
    server: Dovecot, office: tuple[MailOffice, list[Invited]], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, people = office
    monkeypatch.setattr("server.mail.inbox.AGAIN_S", (0.1,))
    async with desk(here, section(server, done_folder="", aside_folder="")) as (inbox, book):
        server.deliver(others.outlook(people[0]))
        assert await book.next() is not None
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        await asyncio.to_thread(server.deliver, others.outlook(people[1]))
        arrival = await book.next()
        assert arrival is not None
        assert arrival.sender == people[1].email
        assert inbox.fault == ""
    assert len(server.flags("INBOX")) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "salah"}, "AUTHENTICATIONFAILED"),
        ({"ca_file": ""}, "CERTIFICATE_VERIFY_FAILED"),
        ({"folder": "Tidak Ada"}, "exist"),
    ],
)
async def test_what_hinders_is_told(server: Dovecot, change: dict[str, object], said: str) -> None:
    with pytest.raises(Unreachable) as raised:
        await ImapMailbox(section(server, **change)).open()
    assert said in raised.value.reason


async def test_a_server_without_a_way_in_for_passwords_is_told() -> None:
    with dovecot.running(mechanisms="login") as server:
        with pytest.raises(Unreachable) as raised:
            await ImapMailbox(section(server)).open()
        assert raised.value.reason == "LOGINDISABLED"


async def test_a_server_that_only_knows_login_is_logged_into(server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    learn = ImapSession._capabilities

    async def without_plain(session: ImapSession) -> None:
        await learn(session)
        session._can -= {"AUTH=PLAIN"}

    monkeypatch.setattr(ImapSession, "_capabilities", without_plain)
    session = await ImapMailbox(section(server)).open()
    assert list(await session.uids(0, 0)) == []
    await session.close()
