"""Series of meetings: makes each time a meeting of its own, as far ahead as people plan, and carries a change of one
meeting, or of it and all that follow, through the series. What a rule means is in meeting/recurrence.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from server.clock import Clock
from server.errors import BalaiError, NotFound, Refused
from server.meeting import commands
from server.meeting.commands import SERVER, Actor, Command, PlanMeeting
from server.meeting.correspondence import READS
from server.meeting.recurrence import Rule, Series, meeting_id_of
from server.meeting.series import Beginning, next_plan, rules_of
from server.meeting.state import State

log = structlog.get_logger(__name__)

DAY_MS = 86_400_000
AHEAD_MS = 62 * DAY_MS
"""Two months: what is further away changes anyhow, and everybody's calendar has the whole series already."""
AT_LEAST, AT_MOST = 2, 70  # meetings ahead of a series that comes seldom, or often
LOOK_S = 3600.0
OFFICE = Actor(office_role="secretary")


class Meetings(Protocol):
    async def state(self, meeting_id: str) -> State: ...

    async def submit(self, meeting_id: str, actor: Actor, command: Command) -> int: ...


class Occurrences(Protocol):
    """server/store/listings.py."""

    async def occurrences(self, series_id: str) -> Sequence[tuple[int, str]]:
        """(slot_ms, meeting_id) of every meeting that was made for the series but its first, in order."""
        ...

    async def series_ids(self) -> Sequence[str]:
        """The first meetings of all series."""
        ...


class SeriesKeeper:
    def __init__(self, meetings: Meetings, lists: Occurrences, clock: Clock) -> None:
        self._meetings, self._lists, self._clock = meetings, lists, clock
        self._lock = asyncio.Lock()

    async def keep(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Make what has come near enough. What another process holds, it makes."""
        for series_id in await self._lists.series_ids():
            try:
                await self.sync(series_id)
            except BalaiError as error:
                log.warning("series not kept", series=series_id, code=error.code)

    async def begin(self, meeting_id: str, rule: Rule, actor: Actor) -> None:
        """A series of which this meeting is the first. Raises what the rules raise."""
        await self._meetings.submit(meeting_id, actor, commands.SetRecurrence(rule))
        await self.sync(meeting_id)

    async def sync(self, series_id: str) -> None:
        """Every meeting of the near future is there, and invited to if the series was."""
        async with self._lock:
            first = await self._meetings.state(series_id)
            if first.recurring.series is None:
                return
            made = dict(await self._lists.occurrences(series_id))
            for slot_ms in self._near(first.recurring.series):
                meeting_id = made.get(slot_ms) or await self._make(first, first.recurring.series, slot_ms)
                await self._invite(first, meeting_id)

    def _near(self, series: Series) -> list[int]:
        now_ms, near = self._clock.now_ms(), list[int]()
        for slot_ms in series.slots():
            if slot_ms == series.starts_ms or slot_ms in series.dropped or slot_ms + series.length_ms <= now_ms:
                continue
            if len(near) >= AT_MOST or (slot_ms > now_ms + AHEAD_MS and len(near) >= AT_LEAST):
                break
            near.append(slot_ms)
        return near

    async def _make(self, first: State, series: Series, slot_ms: int) -> str:
        """With the people, agenda and rules of the first. Whoever is interrupted goes on where it was."""
        meeting_id = meeting_id_of(first.meeting_id, slot_ms)
        plan = next_plan(first, slot_ms, slot_ms + series.length_ms, Beginning("", ""))
        try:
            state = await self._meetings.state(meeting_id)
        except NotFound:
            wish = replace(plan, title=series.title, place=series.place)
            await self._meetings.submit(meeting_id, OFFICE, wish)
            state = await self._meetings.state(meeting_id)
        if state.status == "planned" and not state.recurring.series_id:
            await self._meetings.submit(meeting_id, OFFICE, rules_of(first))
            await self._meetings.submit(meeting_id, SERVER, commands.SetOccurrence(first.meeting_id, slot_ms))
        return meeting_id

    async def _invite(self, first: State, meeting_id: str) -> None:
        letter, state = first.correspondence.letter, await self._meetings.state(meeting_id)
        if letter is None or state.correspondence.letter is not None or state.status != "planned":
            return
        said = {one: getattr(letter, one) for one in READS}
        if said["signer_id"] not in state.people:
            said["signer_id"] = ""
        await self._meetings.submit(meeting_id, OFFICE, commands.SendInvitations(**said))

    # ------------------------------------------------------------ one, and those that follow

    async def cancel_one(self, meeting_id: str, reason: str, actor: Actor) -> None:
        """This meeting alone; the others of its series stay."""
        state = await self._meetings.state(meeting_id)
        series_id, slot_ms = self._place(state)
        if not series_id:
            await self._meetings.submit(meeting_id, actor, commands.CancelMeeting(reason))
            return
        if series_id != meeting_id:
            await self._meetings.submit(meeting_id, actor, commands.CancelMeeting(reason))
        await self._meetings.submit(series_id, SERVER, commands.DropOccurrence(slot_ms))
        if series_id == meeting_id:
            await self._meetings.submit(meeting_id, actor, commands.CancelMeeting(reason))

    async def cancel_from(self, meeting_id: str, reason: str, actor: Actor) -> None:
        """This meeting and all that follow: the series ends the day before."""
        state = await self._meetings.state(meeting_id)
        series_id, slot_ms = self._place(state)
        if not series_id:
            raise Refused("recurrence.none")
        await self._end(series_id, slot_ms, actor)
        for later in await self._from(series_id, slot_ms):
            if (await self._meetings.state(later)).status == "planned":
                await self._meetings.submit(later, actor, commands.CancelMeeting(reason))

    async def change_from(self, meeting_id: str, wish: PlanMeeting, actor: Actor) -> None:
        """This meeting and all that follow are from now on as this one: what came before keeps its series, and this one
        is the first of another."""
        state = await self._meetings.state(meeting_id)
        series_id, slot_ms = self._place(state)
        if not series_id:
            raise Refused("recurrence.none")
        series = (await self._meetings.state(series_id)).recurring.series
        if series is None:
            raise Refused("recurrence.none")
        later = [one for one in await self._from(series_id, slot_ms) if one != meeting_id]
        await self._meetings.submit(meeting_id, actor, wish)
        if series_id != meeting_id:
            await self._end(series_id, slot_ms, actor)
        rule = _rest(series, slot_ms, wish)
        await self._meetings.submit(meeting_id, actor, commands.SetRecurrence(rule, anew=True))
        await self._move(meeting_id, later, wish)
        await self.sync(meeting_id)

    async def _move(self, series_id: str, later: Sequence[str], wish: PlanMeeting) -> None:
        """The meetings that were made already take the new times in order, with what was written into them."""
        series = (await self._meetings.state(series_id)).recurring.series
        if series is None:
            return
        slots = (slot for slot in series.slots() if slot != series.starts_ms)
        for meeting_id in later:
            state = await self._meetings.state(meeting_id)
            if state.status != "planned":
                continue
            slot_ms = next(slots, None)
            if slot_ms is None:
                await self._meetings.submit(meeting_id, OFFICE, commands.CancelMeeting())
                continue
            await self._meetings.submit(meeting_id, SERVER, commands.SetOccurrence(series_id, slot_ms))
            plan = next_plan(state, slot_ms, slot_ms + series.length_ms, Beginning("", ""))
            people = tuple(replace(one, person_id=_same(one, state)) for one in wish.invitees)
            moved = replace(plan, title=wish.title, place=wish.place, items=state.items, invitees=people)
            await self._meetings.submit(meeting_id, OFFICE, replace(moved, letter_number=state.plan.letter_number))

    async def _end(self, series_id: str, slot_ms: int, actor: Actor) -> None:
        series = (await self._meetings.state(series_id)).recurring.series
        if series is not None:
            before = _day(slot_ms, series.zone) - timedelta(days=1)
            rule = replace(series.rule, until=before.date().isoformat(), count=0)
            await self._meetings.submit(series_id, actor, commands.SetRecurrence(rule))

    async def _from(self, series_id: str, slot_ms: int) -> list[str]:
        later = [one for slot, one in await self._lists.occurrences(series_id) if slot >= slot_ms]
        series = (await self._meetings.state(series_id)).recurring.series
        own = [series_id] if series is not None and slot_ms <= series.starts_ms else []
        return own + later

    @staticmethod
    def _place(state: State) -> tuple[str, int]:
        """Of which series, and at which of its times; "": of none."""
        if state.recurring.series is not None:
            return state.meeting_id, state.recurring.series.starts_ms
        return state.recurring.series_id, state.recurring.slot_ms


def _rest(series: Series, slot_ms: int, wish: PlanMeeting) -> Rule:
    """What is left of the rule from that time on; where the weekday moves, the rule's weekday moves with it."""
    before = sum(1 for slot in _until(series, slot_ms))
    old, new = _day(slot_ms, series.zone).weekday(), _day(wish.starts_ms, wish.zone).weekday()
    weekdays = tuple(sorted({*series.rule.weekdays} - {old} | {new})) if series.rule.frequency == "weekly" else ()
    count = max(1, series.rule.count - before) if series.rule.count else 0
    return replace(series.rule, weekdays=weekdays, count=count)


def _until(series: Series, slot_ms: int) -> list[int]:
    found: list[int] = []
    for slot in series.slots():
        if slot >= slot_ms:
            break
        found.append(slot)
    return found


def _day(at_ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone))


def _same(one: commands.Invitee, state: State) -> str:
    """The person of another meeting's list who is the same one here; "": nobody yet."""
    for person in state.people.values():
        if (one.account_id, one.email, one.name) == (person.account_id, person.email, person.name):
            return person.person_id
    return ""
