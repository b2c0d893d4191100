"""The mail desk: sees what must be told, queues it, and carries it out, one mail at a time, however often it takes.

Everything it knows lies in the outbox: after a crash it goes on where it was. It decides neither what is told
(telling.py) nor how it reads (letter.py).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from server.clock import Clock
from server.config import MailSection, OfficeSection
from server.errors import BalaiError, NotFound, Refused, Unavailable
from server.mail import letter, telling
from server.mail.letter import Addresses, Hand, Sender
from server.mail.marks import Marks
from server.mail.ports import (
    Carrier,
    Languages,
    Line,
    Links,
    Meetings,
    Outbox,
    Papers,
    Post,
    Undelivered,
    Wording,
)
from server.mail.queueing import Queueing
from server.mail.smtp import Signature
from server.mail_config import minutes_of
from server.meeting.commands import SERVER, ReportLetterIssued
from server.meeting.correspondence import Reminders
from server.meeting.state import State
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

LOOK_S = 1.0
BATCH = 50
MINUTE_MS = 60_000
BACKOFF_MS = (30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS)
UNSIGNED_MS = MINUTE_MS  # how long a letter waits that could not be signed
GIVE_UP = 24  # attempts; with the waits above, a day
DOWN_MS = (5_000, 15_000, 30_000, MINUTE_MS)
REASON_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Rooms:
    """The others that the desk works with. `url`: the house's own address, as mails must name it."""

    meetings: Meetings
    papers: Papers
    links: Links
    accounts: Languages
    words: Callable[[str], Wording]
    url: Callable[[], str]
    marks: Marks


class MailDesk:
    """`run` until it is cancelled. `fault`: why nothing goes out just now; "" while all is well."""

    def __init__(
        self,
        outbox: Outbox,
        carrier: Carrier,
        rooms: Rooms,
        clock: Clock,
        *,
        mail: MailSection,
        office: OfficeSection,
        signature: Signature | None = None,
    ) -> None:
        self._outbox, self._carrier, self._rooms, self._clock = outbox, carrier, rooms, clock
        self._mail, self._office, self._signature = mail, office, signature
        self.sender = Sender(mail.sender, office.name, mail.reply_to)
        usual = Reminders(*(tuple(map(minutes_of, spans)) for spans in (mail.remind_before, mail.ask_before)))
        self._queueing = Queueing(outbox, rooms.meetings, rooms.accounts, clock, language=office.language, usual=usual)
        self.fault = ""
        self._down_times, self._down_until_ms = 0, 0
        self._papers: dict[tuple[str, str, object], bytes] = {}
        self._sent: deque[int] = deque()  # monotonic times of the last minute: the rate
        self._tasks = TaskOwner("mail")

    def start(self) -> None:
        self._tasks.start("desk", self._run())

    async def close(self) -> None:
        """A mail that is on its way is not waited for: it is tried again after the next start."""
        await self._tasks.close()

    async def _run(self) -> None:
        while True:
            try:
                await self.step()
            except BalaiError as error:  # the store is away for a moment
                log.warning("mail rests", code=error.code)
            await asyncio.sleep(LOOK_S)

    async def step(self) -> None:
        """Queue what must be told by now, and send what is due."""
        await self._queueing.step()
        await self._send_due()

    # ------------------------------------------------------------ sending

    async def _send_due(self) -> None:
        now_ms = self._clock.now_ms()
        room = min(BATCH, self._room())
        if room <= 0 or now_ms < self._down_until_ms:
            return
        posts = await self._outbox.due(now_ms, room)
        if not posts:
            return
        try:
            line = await self._carrier.open()
        except Undelivered as error:
            self._is_down(error)
            return
        try:
            await self._send_all(line, posts)
        finally:
            await self._carrier.close(line)

    async def _send_all(self, line: Line, posts: Sequence[Post]) -> None:
        for post in posts:
            try:
                made = await self._message(post)
            except (Unavailable, Refused) as error:  # the letter cannot be signed just now: it waits, the others go out
                await self._wait(post, error)
                continue
            if made is None:
                continue
            # Counted before it goes out: a mail that kills the process is not tried without end.
            tried = replace(post, attempts=post.attempts + 1, due_ms=self._clock.now_ms() + _backoff(post.attempts))
            await self._outbox.write(tried)
            try:
                await line.send(made, self.sender.address, post.email)
            except Undelivered as error:
                await self._outbox.write(self._failed(tried, error))
                if error.down:
                    self._is_down(error)
                    return
            else:
                self._sent.append(self._clock.monotonic_ms())
                self.fault, self._down_times = "", 0
                await self._outbox.write(replace(tried, state="sent", reason="", sent_ms=self._clock.now_ms()))

    async def _wait(self, post: Post, error: BalaiError) -> None:
        log.warning("letter not made", meeting=post.meeting_id, code=error.code)
        reason = self._rooms.words(self._office.language)(f"error.{error.code}")
        await self._outbox.write(replace(post, due_ms=self._clock.now_ms() + UNSIGNED_MS, reason=_clean(reason)))

    def _failed(self, tried: Post, error: Undelivered) -> Post:
        over = error.permanent or tried.attempts >= GIVE_UP
        log.warning("mail not delivered", meeting=tried.meeting_id, person=tried.person_id, over=over)
        return replace(tried, state="failed" if over else "queued", reason=_clean(error.reason))

    def _is_down(self, error: Undelivered) -> None:
        self.fault = _clean(error.reason)
        wait_ms = DOWN_MS[min(self._down_times, len(DOWN_MS) - 1)]
        self._down_times += 1
        self._down_until_ms = self._clock.now_ms() + wait_ms
        log.warning("mail server cannot be reached", reason=self.fault, again_ms=wait_ms)

    def _room(self) -> int:
        """How many mails may still go out in this minute."""
        since_ms = self._clock.monotonic_ms() - MINUTE_MS
        while self._sent and self._sent[0] <= since_ms:
            self._sent.popleft()
        return self._mail.per_minute - len(self._sent)

    async def _message(self, post: Post) -> bytes | None:
        """None: it is out of date, and what replaces it is about to be queued."""
        state = await self._queueing.state(post.meeting_id)
        if state is None or (post.kind != "cancel" and telling.digest(state) != post.digest):
            return None
        if post.kind != "cancel" and (not telling.stands(state) or post.person_id not in state.people):
            return None
        addresses = Addresses() if post.kind == "cancel" else await self._addresses(post, state)
        paper = await self._paper(state, post.language) if post.is_letter and post.kind != "cancel" else None
        return await asyncio.to_thread(self._made, post, state, addresses, paper)

    def _made(self, post: Post, state: State, addresses: Addresses, paper: bytes | None) -> bytes:
        words, marks = self._rooms.words(post.language), self._rooms.marks
        hand = Hand(words, self._office, self.sender, self._clock.now_ms(), marks)
        made = letter.message(post, state, hand, addresses, paper)
        return self._signature.sign(made) if self._signature else made

    async def _addresses(self, post: Post, state: State) -> Addresses:
        tokens = await self._rooms.links.tokens(post.meeting_id, (post.person_id,), telling.ends_ms(state))
        token = tokens[post.person_id]
        url = self._rooms.url().rstrip("/")
        return Addresses(f"{url}/j/{token}", f"{url}/a/{self._rooms.links.answer_token(token)}")

    async def _paper(self, state: State, language: str) -> bytes:
        """Set once for all who get the same letter."""
        key = (state.meeting_id, language, _reads(state))
        if key not in self._papers:
            self._papers = {one: kept for one, kept in self._papers.items() if one[0] == state.meeting_id}
            while len(self._papers) >= 4:
                del self._papers[next(iter(self._papers))]
            self._papers[key] = await self._letter(state.meeting_id, language)
        return self._papers[key]

    async def _letter(self, meeting_id: str, language: str) -> bytes:
        """What goes out signed is a fact before it goes out: anybody can hold the file against its hash."""
        made = await self._rooms.papers.letter(meeting_id, language)
        if made.new:
            issued = ReportLetterIssued(language, made.digest, made.content, made.new)
            try:
                await self._rooms.meetings.submit(meeting_id, SERVER, issued)
            except BalaiError:
                await self._rooms.papers.discard(meeting_id, made.digest)
                raise
        return made.file

    # ------------------------------------------------------------ what pages ask

    async def posts(self, meeting_id: str) -> Sequence[Post]:
        return await self._outbox.of_meeting(meeting_id)

    async def settling(self, meeting_id: str) -> int:
        """When the last changes will be told (Unix ms); 0: nothing waits."""
        return await self._outbox.settling(meeting_id)

    async def opened(self, meeting_id: str, person_id: str) -> None:
        await self._outbox.opened(meeting_id, person_id, self._clock.now_ms())

    @property
    def usual(self) -> Reminders:
        """The reminders of a meeting that has none of its own."""
        return self._queueing.usual

    async def ask(self, meeting_id: str) -> int:
        """Ask whoever has not answered once more; how many. Nobody twice within six hours."""
        return await self._queueing.ask(meeting_id)

    async def again(self, meeting_id: str, person_id: str) -> None:
        """Try the last mail to this person once more, from the beginning. Refused mails only; else NotFound."""
        posts = await self._outbox.of_meeting(meeting_id)
        letters = [one for one in posts if one.person_id == person_id and one.is_letter]
        last = max(letters, key=lambda one: one.sequence, default=None)
        if last is None or last.state != "failed" or not telling.is_address(last.email):
            raise NotFound("mail.unknown")
        await self._outbox.write(replace(last, state="queued", attempts=1, reason="", due_ms=self._clock.now_ms()))

    async def preview(self, state: State, person_id: str, language: str) -> str:
        """The HTML that this person would get, with links that lead nowhere."""
        person = state.people.get(person_id)
        if person is None:
            raise NotFound("meeting.no_person")
        post = Post(
            state.meeting_id, person_id, 0, "request", person.email, person.name, person.function, person.role,
            language, "",
        )  # fmt: skip
        return letter.html(post, state, self._rooms.words(language), self._office, Addresses("#", "#"))


def _reads(state: State) -> object:
    """Equal for as long as the letter reads the same: answers and signatures do not count."""
    people, documents = tuple(state.people.values()), tuple(state.attachments.values())
    return state.plan, state.items, state.correspondence.letter, people, documents


def _backoff(attempts: int) -> int:
    return BACKOFF_MS[min(attempts, len(BACKOFF_MS) - 1)]


def _clean(reason: str) -> str:
    return " ".join(reason.split())[:REASON_LENGTH]
