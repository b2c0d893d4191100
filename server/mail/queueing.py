"""What waits to be told is put into the outbox: letters when a change has rested, reminders when their time has come.

Who is told what is decided in telling.py and reminding.py; nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from server.clock import Clock
from server.errors import Conflict, NotFound
from server.mail import reminding, telling
from server.mail.ports import Changes, Languages, Meetings, Outbox, Post
from server.meeting.correspondence import Reminders
from server.meeting.state import State

log = structlog.get_logger(__name__)


class Queueing:
    """`language`: of the office; `usual`: the reminders of meetings that have none of their own."""

    def __init__(
        self, outbox: Outbox, meetings: Meetings, accounts: Languages, clock: Clock, *, language: str, usual: Reminders
    ) -> None:
        self._outbox, self._meetings, self._accounts, self._clock = outbox, meetings, accounts, clock
        self._language, self.usual = language, usual

    async def step(self) -> None:
        """All that is due by now."""
        for meeting_id, number in await self._outbox.settled(self._clock.now_ms()):
            await self._tell(meeting_id, number)
        for meeting_id in await self._outbox.to_remind(self._clock.now_ms()):
            await self._remind(meeting_id)

    async def state(self, meeting_id: str) -> State | None:
        try:
            return await self._meetings.state(meeting_id)
        except (Conflict, NotFound):  # another process has it, and sends for it
            return None

    async def _tell(self, meeting_id: str, number: int) -> None:
        state = await self.state(meeting_id)
        if state is None:
            return
        accounts = tuple(one.account_id for one in state.people.values() if one.account_id)
        languages = await self._accounts.languages(accounts)
        now_ms, known = self._clock.now_ms(), await self._known(state)

        def decide(posts: Sequence[Post]) -> Changes:
            told = telling.changes(state, posts, languages, self._language, now_ms, known=known)
            return Changes(told.put, (*told.drop, *reminding.outdated(state, posts)))

        await self._change(state, decide, max(number, state.number))

    async def _known(self, state: State) -> telling.Known:
        """What the mail about its series has told of this meeting."""
        series_id = state.recurring.series_id
        first = await self.state(series_id) if series_id else None
        if first is None:
            return telling.NOTHING
        return telling.by_series(state, first, await self._outbox.of_meeting(series_id))

    async def _remind(self, meeting_id: str) -> None:
        state = await self.state(meeting_id)
        if state is None:
            return
        now_ms = self._clock.now_ms()
        await self._change(state, lambda posts: reminding.due(state, posts, self.usual, now_ms))

    async def ask(self, meeting_id: str) -> int:
        """Ask once more whoever is silent; how many. NotFound."""
        state, now_ms = await self._meetings.state(meeting_id), self._clock.now_ms()
        done = await self._change(state, lambda posts: reminding.asked(state, posts, now_ms))
        return len(done.put)

    async def _change(self, state: State, decide: Callable[[Sequence[Post]], Changes], told_number: int = 0) -> Changes:
        remind_ms = reminding.next_ms(state, self.usual, self._clock.now_ms())
        done = await self._outbox.change(state.meeting_id, decide, told_number=told_number, remind_ms=remind_ms)
        if done.put or done.drop:
            log.info("mail queued", meeting=state.meeting_id, put=len(done.put), dropped=len(done.drop))
        return done
