"""An office that reads its answers: what comes in lies in memory, all else is real. No assertion lives here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from server.mail.inbox import Around, InboxDesk
from server.mail.inbox_ports import Arrival, Fetched, Unreachable
from server.mail_config import ImapSection
from server.meeting.correspondence import Reply
from tests.unit.mail.office import MARKS, MailOffice, Received
from tests.unit.mail.others import Invited


@dataclass
class MemoryMailbox:
    """As a server keeps it. `marked`: what became of each; `broken`: the line is gone at the next word."""

    name: str = "rapat@contoh/INBOX"
    validity: int = 7
    messages: dict[int, bytes] = field(default_factory=dict)
    marked: dict[int, str] = field(default_factory=dict)
    broken: bool = False
    fetched: list[int] = field(default_factory=list)

    async def open(self) -> MemoryMailbox:
        return self

    def put(self, raw: bytes) -> int:
        uid = max(self.messages, default=0) + 1
        self.messages[uid] = raw
        return uid

    async def uids(self, after: int, since_ms: int) -> Sequence[int]:
        if self.broken:
            raise Unreachable("gone")
        return sorted(uid for uid in self.messages if uid > after)

    async def fetch(self, uid: int) -> Fetched | None:
        self.fetched.append(uid)
        raw = self.messages.get(uid)
        return Fetched(uid, raw, len(raw)) if raw is not None else None

    async def done(self, uid: int) -> None:
        self.marked[uid] = "done"

    async def aside(self, uid: int) -> None:
        self.marked[uid] = "aside"

    async def wait(self, seconds: float) -> None:
        raise AssertionError("nobody waits in these tests")

    async def close(self) -> None:
        pass


@dataclass
class ReadingOffice:
    office: MailOffice
    box: MemoryMailbox
    inbox: InboxDesk

    async def comes(self, raw: bytes) -> Arrival | None:
        """A mail arrives and is read; what was kept of it."""
        before = set(await self._kept())
        self.box.put(raw)
        await self.inbox.step(self.box)
        return next((one for key, one in (await self._kept()).items() if key not in before), None)

    async def _kept(self) -> dict[str, Arrival]:
        book = self.office.store.arrivals
        found = [*await book.of_nobody(500)]
        for meeting_id in await self.office.store.journal.meeting_ids():
            found += await book.of_meeting(meeting_id)
        return {one.arrival_id: one for one in found}

    async def reply(self, meeting_id: str, person_id: str) -> Reply | None:
        return (await self.office.rooms.state(meeting_id)).correspondence.replies.get(person_id)


def reading(office: MailOffice, trusted: str = "") -> ReadingOffice:
    box = MemoryMailbox()
    around = Around(office.rooms, office.store.post_office, office.store.arrivals, MARKS)
    section = ImapSection("mail.contoh", username="rapat", trusted_results=trusted)
    return ReadingOffice(office, box, InboxDesk(box, around, office.clock, section))


def holder(one: Received, now_ms: int) -> Invited:
    """Who got this mail, about to answer."""
    event = one.event
    return Invited(
        str(event["UID"]).partition("@")[0],
        one.recipient,
        str(event["ATTENDEE"].params["CN"]),
        str(one.mail["Message-ID"]),
        int(event["SEQUENCE"]),
        int(event["DTSTART"].dt.timestamp() * 1000),
        now_ms,
    )


def forged(one: Invited, sender: str) -> Invited:
    return replace(one, sender=sender)
