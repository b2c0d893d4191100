"""The desk of errands: sees who has to act on minutes and whose action items are due, and has it told once.

Mails go the way of all notices, and are made when they are sent, from what is so then: who has acted meanwhile gets
none. It decides neither what is told (errands.py, tasks.py) nor whether it is right.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog

from server.clock import Clock
from server.config import MailSection, OfficeSection
from server.errors import BalaiError, Conflict, NotFound
from server.mail import digest, errands
from server.mail.errands import DAY_MS
from server.mail.itip import one_line
from server.mail.notices import Said
from server.mail.ports import Errand, ErrandBook, Languages, Links, Meetings, Notice, Tasks, Wording
from server.meeting.finding import TaskWish
from server.meeting.state import Person, State
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

LOOK_S = 1.0
MOST_TASKS = 20_000
KEPT_MS = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The others that the desk works with. `url`: the house's own address, as mails must name it."""

    meetings: Meetings
    tasks: Tasks
    accounts: Languages
    links: Links
    words: Callable[[str], Wording]
    url: Callable[[], str]


class ErrandDesk:
    def __init__(
        self, book: ErrandBook, others: Surroundings, clock: Clock, mail: MailSection, office: OfficeSection
    ) -> None:
        self._book, self._others, self._clock, self._mail, self._office = book, others, clock, mail, office
        self._looked_ms = 0
        self._tasks = TaskOwner("errands")

    def start(self) -> None:
        self._tasks.start("desk", self._run())

    async def close(self) -> None:
        await self._tasks.close()

    async def _run(self) -> None:
        while True:
            try:
                await self.step()
            except BalaiError as error:  # the store is away for a moment
                log.warning("errands rest", code=error.code)
            await asyncio.sleep(LOOK_S)

    async def step(self) -> None:
        for meeting_id, number in await self._book.settled(self._clock.now_ms()):
            state = await self._state(meeting_id)
            if state is not None:
                await self._tell(state, number)
        if self._clock.now_ms() - self._looked_ms >= 60_000:
            self._looked_ms = self._clock.now_ms()
            await self._remind()

    async def _state(self, meeting_id: str) -> State | None:
        try:
            return await self._others.meetings.state(meeting_id)
        except (Conflict, NotFound):  # another process has it, and tells for it
            return None

    # ------------------------------------------------------------ who acts next

    async def _tell(self, state: State, number: int) -> None:
        now_ms = self._clock.now_ms()
        accounts = tuple(one.account_id for one in state.people.values() if one.account_id)
        languages = await self._others.accounts.languages(accounts)

        def decide(told: Collection[tuple[str, str]]) -> Iterator[tuple[Errand, Notice]]:
            for errand in errands.wanted(state, told, now_ms):
                person = state.people[errand.person_id]
                spoken = errands.language(person, languages, self._office.language)
                yield errand, _notice(errand, state.meeting_id, person, spoken)

        count = await self._book.tell(state.meeting_id, max(number, state.number), now_ms, decide)
        if count:
            log.info("errands queued", meeting=state.meeting_id, count=count)

    async def said(self, notice: Notice) -> Said | None:
        """Of an errand: what this person has to do, as long as it is to be done. Implements notices.Maker."""
        asked = json.loads(notice.secret)
        state = await self._others.meetings.state(asked["meeting_id"])
        errand = Errand(asked["person_id"], asked["key"], asked["kind"], asked["reminder"], notice.due_ms)
        act = errands.stands(state, errand, self._clock.now_ms())
        person = state.people.get(errand.person_id)
        if act is None or person is None:
            return None
        words, plan = self._others.words(notice.language), state.plan
        title = one_line(plan.title)
        until = f"{words.day(act.until_ms, plan.zone)}, {words.time(act.until_ms, plan.zone)}" if act.until_ms else ""
        values = {
            "name": one_line(notice.name),
            "title": title,
            "day": words.day(plan.starts_ms, plan.zone),
            "text": words(f"mail.errand.{act.kind}"),
            "returned": one_line(state.minutes.returned) if act.kind == "submit" else "",
            "until": until,
            "link": await self._link(state, person),
        }
        subject = "mail.errand.reminder" if errand.reminder else "mail.errand.subject"
        return Said(words(subject, title=title, what=words(f"mail.errand.what.{act.kind}")), "errand", values)

    async def _link(self, state: State, person: Person) -> str:
        """Whoever has no account comes by their personal link."""
        url = self._others.url().rstrip("/")
        if person.account_id:
            return f"{url}/m/{state.meeting_id}/minutes"
        tokens = await self._others.links.tokens(state.meeting_id, (person.person_id,), state.plan.ends_ms)
        return f"{url}/j/{tokens[person.person_id]}"

    # ------------------------------------------------------------ whose action items are due

    async def _remind(self) -> None:
        """Once a day, from the hour that the office chose; days on which nothing ran are made up for."""
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC).astimezone(ZoneInfo(self._office.zone))
        today, before = now.date().isoformat(), await self._book.reminded()
        if now.hour < self._mail.remind_hour or before >= today:
            return
        rows = await self._others.tasks.tasks(TaskWish(None, today, state="open", limit=MOST_TASKS))
        period = digest.Period(before, today, self._mail.remind_before_days, self._mail.remind_after_days)
        people = digest.readers(rows, period)
        languages = await self._others.accounts.languages(tuple(one.account_id for one in people if one.account_id))
        letters = [
            Notice(
                secrets.token_hex(16), "tasks", one.email, one.name, "",
                languages.get(one.account_id, self._office.language), today,
                due_ms=self._clock.now_ms(), expires_ms=self._clock.now_ms() + DAY_MS,
            )
            for one in people
        ]  # fmt: skip
        if await self._book.remind(today, before, letters) and letters:
            log.info("reminders queued", count=len(letters))

    def digests(self) -> Digests:
        return Digests(self._others, self._mail, self._office)


class Digests:
    """What of somebody's action items is due. Implements notices.Maker."""

    def __init__(self, others: Surroundings, mail: MailSection, office: OfficeSection) -> None:
        self._others, self._mail, self._office = others, mail, office

    async def said(self, notice: Notice) -> Said | None:
        today = notice.secret
        rows = await self._others.tasks.tasks(TaskWish(None, today, state="open", limit=MOST_TASKS))
        words = self._others.words(notice.language)
        lines = digest.lines(rows, notice.email, today, self._mail.remind_before_days)
        if not lines:
            return None
        late = sum(one.is_overdue(today) for one in lines)
        told = [
            {
                "what": one_line(one.what),
                "title": one_line(one.title),
                "due": words.plain_day(one.due),
                "late": words("mail.tasks.late") if one.is_overdue(today) else "",
            }
            for one in lines
        ]
        values = {
            "name": one_line(notice.name),
            "rows": told,
            "link": f"{self._others.url().rstrip('/')}/tasks?scope=mine&state=open&sort=due",
            "account": any(one.account_id for one in lines),
        }
        key = "mail.tasks.subject_late" if late else "mail.tasks.subject"
        return Said(words(key, count=len(lines), late=late), "tasks", values)


def _notice(errand: Errand, meeting_id: str, person: Person, language: str) -> Notice:
    told = {"meeting_id": meeting_id, "person_id": errand.person_id, "key": errand.key, "kind": errand.kind}
    return Notice(
        secrets.token_hex(16),
        "errand",
        person.email,
        person.name,
        "",
        language,
        json.dumps(told | {"reminder": errand.reminder}),
        due_ms=errand.due_ms,
        expires_ms=errand.due_ms + KEPT_MS,
    )
