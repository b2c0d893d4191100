"""The inbox desk: reads what comes into the office's mailbox, each message once, and applies what is an answer.

Whether something counts is decided in judging.py and in the meeting's own rules. A message that cannot be dealt with
is set aside with a reason; it never stops those behind it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from server.clock import Clock
from server.errors import BalaiError, Conflict, Invalid, NotFound, Refused
from server.mail import replies
from server.mail.inbox_ports import Arrival, Arrivals, Fetched, Mailbox, Reading, Unreachable
from server.mail.judging import Seen, Verdict, judge
from server.mail.marks import Marks
from server.mail.ports import Meetings, Outbox
from server.mail.replies import Incoming
from server.mail_config import ImapSection
from server.meeting.commands import Actor, AnswerInvitation
from server.meeting.state import State
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

DAY_MS = 86_400_000
FIRST_DAYS = 14  # how far back a mailbox is read that was never read before
KEPT_DAYS = 30  # what belongs to no meeting
MOST_TRIES = 3
AGAIN_S = (5.0, 15.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Around:
    """The others that this desk works with."""

    meetings: Meetings
    outbox: Outbox
    arrivals: Arrivals
    marks: Marks


class InboxDesk:
    """`run` until it is cancelled. `fault`: why nothing is read just now; "" while all is well."""

    def __init__(self, mailbox: Mailbox, around: Around, clock: Clock, section: ImapSection) -> None:
        self._mailbox, self._clock, self._section = mailbox, clock, section
        self._around = around
        self.fault = ""
        self._tasks = TaskOwner("inbox")

    def start(self) -> None:
        self._tasks.start("desk", self._run())

    async def close(self) -> None:
        await self._tasks.close()

    async def of_meeting(self, meeting_id: str) -> Sequence[Arrival]:
        return await self._around.arrivals.of_meeting(meeting_id)

    async def of_nobody(self, limit: int) -> Sequence[Arrival]:
        return await self._around.arrivals.of_nobody(limit)

    async def settle(self, meeting_id: str, arrival_id: str) -> Arrival | None:
        return await self._around.arrivals.settle(meeting_id, arrival_id)

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                reading = await self._mailbox.open()
                failures, self.fault = 0, ""
                try:
                    while True:
                        await self.step(reading)
                        await reading.wait(self._section.poll_seconds)
                finally:
                    await reading.close()
            except Unreachable as error:
                self.fault = error.reason
                log.warning("mailbox cannot be read", reason=error.reason)
            except BalaiError as error:  # the store, or a meeting's own process, is away for a moment
                log.warning("inbox rests", code=error.code)
                failures = max(failures, 2)
            await asyncio.sleep(AGAIN_S[min(failures, len(AGAIN_S) - 1)])
            failures += 1

    async def step(self, reading: Reading) -> int:
        """Read all that is new; how many messages. Unreachable, and what the store raises."""
        count, now_ms = 0, self._clock.now_ms()
        await self._around.arrivals.sweep(now_ms - KEPT_DAYS * DAY_MS)
        while True:
            place = await self._around.arrivals.place(self._mailbox.name, reading.validity)
            uids = await reading.uids(place.last_uid, now_ms - FIRST_DAYS * DAY_MS)
            if not uids:
                return count
            for uid in uids:
                await self._read(reading, uid)
                count += 1

    async def _read(self, reading: Reading, uid: int) -> None:
        around, name = self._around, self._mailbox.name
        tries = await around.arrivals.begin(name, reading.validity, uid)
        fetched = await reading.fetch(uid)
        if fetched is None:  # somebody took it out
            await around.arrivals.record(name, reading.validity, uid, None)
            return
        arrival_id = hashlib.sha256(fetched.raw).hexdigest()[:32]
        if await around.arrivals.known(arrival_id):
            await around.arrivals.record(name, reading.validity, uid, None)
            await reading.done(uid)
            return
        arrival = await self._dealt_with(fetched, arrival_id, tries)
        await around.arrivals.record(name, reading.validity, uid, arrival)
        log.info("mail read", kind=arrival.kind, state=arrival.state, reason=arrival.reason, meeting=arrival.meeting_id)
        if arrival.state == "done" or arrival.meeting_id:
            await reading.done(uid)
        else:
            await reading.aside(uid)

    async def _dealt_with(self, fetched: Fetched, arrival_id: str, tries: int) -> Arrival:
        """`tries` survives the process: what ends it three times is set aside unread."""
        unread = Arrival(arrival_id, "", "", "unreadable", "open", "unreadable", self._clock.now_ms())
        if tries > MOST_TRIES:
            log.error("mail set aside", uid=fetched.uid, tries=tries)
            return unread
        try:
            incoming = await asyncio.to_thread(replies.read, fetched.raw)
        except Invalid:
            return unread
        try:
            return await self._taken(incoming, arrival_id)
        except BalaiError:
            raise  # the store, or the meeting's own process, is away: again later
        except Exception:  # a fault of ours must not stop the mails behind it
            log.exception("mail not understood", uid=fetched.uid)
            return replace(unread, sender=incoming.sender, sender_name=incoming.sender_name, text=incoming.subject)

    async def _taken(self, incoming: Incoming, arrival_id: str) -> Arrival:
        now_ms = self._clock.now_ms()
        arrival = Arrival(
            arrival_id, "", "", incoming.kind, "open", "unmatched", now_ms, incoming.written_ms,
            sender=incoming.sender, sender_name=incoming.sender_name, text=incoming.text or incoming.subject,
        )  # fmt: skip
        mark = self._around.marks.find(incoming.about)
        calendar = incoming.reply or incoming.counter
        meeting_id = calendar.meeting_id if calendar else mark.meeting_id if mark else ""
        state = await self._state(meeting_id)
        if state is None:  # of other things that people write to this address only who and what is kept
            return replace(arrival, text=incoming.subject, reason="unknown" if calendar else "unmatched")
        posts = await self._around.outbox.of_meeting(meeting_id)
        own = mark if mark is not None and mark.meeting_id == meeting_id else None
        seen = Seen(state, posts, own, self._section.trusted_results, now_ms)
        verdict = judge(incoming, replace(arrival, meeting_id=meeting_id, reason=""), seen)
        return await self._carried_out(verdict)

    async def _state(self, meeting_id: str) -> State | None:
        if not meeting_id:
            return None
        try:
            state = await self._around.meetings.state(meeting_id)
        except NotFound:
            return None
        return None if state.status == "none" else state

    async def _carried_out(self, verdict: Verdict) -> Arrival:
        """What the meeting's rules refuse is for the secretary to see."""
        if verdict.post is not None:
            await self._around.outbox.write(verdict.post)
        if verdict.wish is None:
            return verdict.arrival
        reason = await self._applied(verdict.arrival.meeting_id, verdict.wish)
        return replace(verdict.arrival, state="open" if reason else "done", reason=reason)

    async def _applied(self, meeting_id: str, wish: AnswerInvitation) -> str:
        try:
            await self._around.meetings.submit(meeting_id, Actor(wish.person_id), wish)
        except Conflict as error:
            if error.code in ("invitation.older", "invitation.changed"):
                return error.code.partition(".")[2]
            raise
        except (Refused, Invalid, NotFound) as error:
            log.info("answer refused", meeting=meeting_id, code=error.code)
            return "refused"
        return ""
