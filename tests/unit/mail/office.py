"""An office that sends mail: real store, rooms, papers and SMTP; only clock and media are not. And a mail server that
receives, or does not. No assertion lives here.
"""

from __future__ import annotations

import asyncio
import email
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from icalendar import Calendar

from server.config import MailSection, OfficeSection
from server.documents.papers import Letter, OfficePapers, Signing
from server.identity.audit import Audit
from server.identity.links import Links
from server.mail.desk import MailDesk, Rooms
from server.mail.marks import Marks
from server.mail.ports import Papers
from server.mail.smtp import Signature, SmtpCarrier
from server.meeting import commands, rooms
from server.meeting.commands import Actor, Invitee, PlanMeeting
from server.store.store import Store, open_store
from tests.factories import OFFICE, invitee, plan
from tests.fakes import FakeClock, FakeMediaPlane, RecordingAudience
from web.i18n import Catalogues

HOUSE = OfficeSection(name="Sekretariat Daerah", government="Pemerintah Kabupaten Contoh", city="Contoh")
SENDER = "rapat@contoh.go.id"
DAY_MS = 86_400_000
WORDS = Catalogues().words
MARKS = Marks(b"rahasia")


@dataclass
class Received:
    """One mail as it came in, opened by others' parsers."""

    recipient: str
    raw: bytes
    mail: EmailMessage = field(init=False)

    def __post_init__(self) -> None:
        opened = email.message_from_bytes(self.raw, policy=default)
        assert isinstance(opened, EmailMessage)
        self.mail = opened

    def part(self, kind: str) -> EmailMessage:
        return next(one for one in self.mail.walk() if one.get_content_type() == kind)  # type: ignore[return-value]

    @property
    def event(self) -> Any:
        content = self.part("text/calendar").get_content()
        return Calendar.from_ical(content).walk("VEVENT")[0]

    @property
    def method(self) -> str:
        return str(self.part("text/calendar").get_param("method"))

    def link(self, kind: str) -> str:
        """The token behind /a/ or /j/."""
        found = re.search(rf"https://rapat\.example/{kind}/([\w.-]+)", self.part("text/plain").get_content())
        return found[1] if found else ""


class Mailbox:
    """Takes every mail in, unless told how to refuse."""

    def __init__(self) -> None:
        self.mails: list[Received] = []
        self.refusal = ""
        self.refused = 0

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        if self.refusal:
            self.refused += 1
            return self.refusal
        assert isinstance(envelope.content, bytes)
        self.mails.append(Received(envelope.rcpt_tos[0], envelope.content))
        return "250 OK"


class MailServer:
    """A real one, on a free port of this machine; it may stop and start again on the same port."""

    def __init__(self) -> None:
        self.box = Mailbox()
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self.box, hostname="mail.example", loop=loop), "127.0.0.1", self.port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()


@dataclass
class MailOffice:
    store: Store
    rooms: rooms.Rooms
    links: Links
    clock: FakeClock
    desk: MailDesk

    async def meeting(self, people: Sequence[Invitee] | None = None, wish: PlanMeeting | None = None) -> str:
        """Tomorrow, not yet told to anybody."""
        wanted = wish or plan(starts_ms=self.clock.now_ms() + DAY_MS)
        return await self.rooms.plan(replace(wanted, invitees=tuple(people)) if people else wanted, OFFICE)

    async def wish(self, meeting_id: str, command: commands.Command, who: Actor = OFFICE) -> None:
        await self.rooms.submit(meeting_id, who, command)

    async def invite(self, meeting_id: str) -> None:
        await self.wish(meeting_id, commands.SendInvitations())
        await self.pass_ms(2_000)

    async def pass_ms(self, ms: int) -> None:
        """Time goes by, then the desk looks."""
        self.clock.advance(ms)
        await self.desk.step()

    async def change(self, meeting_id: str, **changes: Any) -> None:
        """The plan as it stands, but for these."""
        state = await self.rooms.state(meeting_id)
        people = tuple(
            Invitee(**{name: getattr(one, name) for name in Invitee.__dataclass_fields__})
            for one in state.people.values()
        )
        now = state.plan
        wish = PlanMeeting(now.title, now.starts_ms, now.ends_ms, now.zone, state.items, people, now.place)
        await self.wish(meeting_id, replace(wish, **changes))

    async def close(self) -> None:
        await self.desk.close()
        await self.rooms.close()
        await self.store.close()


async def open_office(
    folder: Path,
    clock: FakeClock,
    port: int,
    *,
    per_minute: int = 6_000,
    signature: Signature | None = None,
    papers: Papers | None = None,
    signing: Signing | None = None,
) -> MailOffice:
    """`papers`: other ones than the real."""
    store = await open_store("", folder, clock)
    meetings = rooms.Rooms(store.journal, FakeMediaPlane(), RecordingAudience(), clock)
    links = Links(store.join_links, Audit(store.audit, clock), clock, store.vault.secret("identity"))
    mail = MailSection("127.0.0.1", port, "none", sender=SENDER, per_minute=per_minute)
    others = Rooms(
        meetings,
        papers or OfficePapers(meetings, WORDS, HOUSE, clock, signing=signing),
        links,
        store.accounts,
        WORDS,
        lambda: "https://rapat.example",
        MARKS,
    )
    desk = MailDesk(store.post_office, SmtpCarrier(mail), others, clock, mail=mail, office=HOUSE, signature=signature)
    return MailOffice(store, meetings, links, clock, desk)


class QuickPapers:
    """Letters that nobody reads, where only the mails around them matter."""

    async def letter(self, meeting_id: str, language: str) -> Letter:
        return Letter(f"%PDF {meeting_id} {language}".encode(), "")

    async def discard(self, meeting_id: str, digest: str) -> None:
        raise AssertionError("nothing is signed here")


def crowd(count: int) -> tuple[Invitee, ...]:
    leaders = (invitee("Rahayu Chair", "chair"), invitee("Sari Secretary", "secretary"))
    return (*leaders, *(invitee(f"Peserta Nomor{number}") for number in range(count - 2)))
