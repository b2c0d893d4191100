"""Who was there and when, computed from the facts alone: intervals of "connected and confirmed", per person and item.

Pure. An interval begins when presence is confirmed and ends when it is lost, the session ends, the service was
interrupted or the meeting closed; times are server wall time in ms, intervals are half-open, disjoint and ordered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from server.meeting import facts
from server.meeting.facts import AgendaItem, NumberedFact
from server.meeting.state import Person, State, apply

Presence: TypeAlias = Literal["present", "late", "absent"]

TOLERANCE_MS = 15 * 60_000
"""Later than this after start and opening is late; gone earlier than this before the closing is left early."""


@dataclass(frozen=True, slots=True)
class Interval:
    from_ms: int
    to_ms: int

    @property
    def length_ms(self) -> int:
        return self.to_ms - self.from_ms


@dataclass(frozen=True, slots=True)
class ItemTime:
    """When an agenda item was open; it may have been opened again."""

    item: AgendaItem
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One person's attendance."""

    person: Person
    intervals: tuple[Interval, ...]
    status: Presence
    left_early: bool
    per_item_ms: dict[str, int] = field(default_factory=dict)  # item_id -> time present while it was open

    @property
    def first_ms(self) -> int:
        """First in; 0 if never."""
        return self.intervals[0].from_ms if self.intervals else 0

    @property
    def last_ms(self) -> int:
        """Last out; 0 if never."""
        return self.intervals[-1].to_ms if self.intervals else 0

    @property
    def total_ms(self) -> int:
        return sum(one.length_ms for one in self.intervals)


@dataclass(frozen=True, slots=True)
class Attendance:
    """`from_ms`..`to_ms`: from opening (or the first presence) to closing, or to now while it goes on."""

    rows: tuple[Row, ...]
    items: tuple[ItemTime, ...]
    gaps: tuple[Interval, ...]  # the service or the media were interrupted
    from_ms: int
    to_ms: int

    def present_at(self, at_ms: int) -> int:
        """How many people were there at that moment."""
        return sum(any(one.from_ms <= at_ms < one.to_ms for one in row.intervals) for row in self.rows)


def attendance(
    meeting_id: str, numbered: Sequence[NumberedFact], now_ms: int, tolerance_ms: int = TOLERANCE_MS
) -> Attendance:
    """From all facts of a meeting. `now_ms` ends what is still open."""
    tally = _Tally(State(meeting_id))
    for one in numbered:
        tally.take(one)
    tally.end(now_ms)
    return tally.result(now_ms, tolerance_ms)


class _Tally:
    """One pass over the facts; all times come from them."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.known: dict[str, Person] = {}  # also those whose invitation was revoked after they had been there
        self.since: dict[str, int] = {}  # session_id -> confirmed since
        self.whose: dict[str, str] = {}
        self.intervals: dict[str, list[Interval]] = {}
        self.item_since = 0
        self.items: dict[str, list[Interval]] = {}
        self.titles: dict[str, AgendaItem] = {}
        self.gaps: list[Interval] = []

    def take(self, numbered: NumberedFact) -> None:
        fact, at_ms = numbered.fact, numbered.at_ms
        if isinstance(fact, facts.PresenceConfirmed) and fact.session_id in self.state.sessions:
            self.whose[fact.session_id] = self.state.sessions[fact.session_id].person_id
            self.since.setdefault(fact.session_id, at_ms)
        elif isinstance(fact, (facts.PresenceLost, facts.Left)):
            self._end_session(fact.session_id, fact.since_ms)
        elif isinstance(fact, facts.ServiceInterrupted):
            self.end_sessions(fact.since_ms)
            self.gaps.append(Interval(fact.since_ms, max(at_ms, fact.since_ms)))
        elif isinstance(fact, facts.MediaRestored) and self.state.media_down_since_ms:
            self.gaps.append(Interval(self.state.media_down_since_ms, at_ms))
        elif isinstance(fact, facts.MeetingClosed):
            self.end_sessions(at_ms)
        if isinstance(fact, (facts.ItemOpened, facts.ItemClosed, facts.MeetingClosed)):
            self._end_item(at_ms)
        self.state = apply(self.state, numbered)
        self.known.update(self.state.people)
        self.titles.update({item.item_id: item for item in self.state.items})

    def end(self, now_ms: int) -> None:
        self.end_sessions(now_ms)
        self._end_item(now_ms)

    def end_sessions(self, at_ms: int) -> None:
        for session_id in list(self.since):
            self._end_session(session_id, at_ms)

    def _end_session(self, session_id: str, at_ms: int) -> None:
        since_ms = self.since.pop(session_id, None)
        if since_ms is not None and at_ms > since_ms:
            self.intervals.setdefault(self.whose[session_id], []).append(Interval(since_ms, at_ms))

    def _end_item(self, at_ms: int) -> None:
        item_id, since_ms = self.state.current_item_id, self.state.current_item_since_ms
        if item_id and at_ms > since_ms:
            self.items.setdefault(item_id, []).append(Interval(since_ms, at_ms))

    def result(self, now_ms: int, tolerance_ms: int) -> Attendance:
        state = self.state
        merged = {person_id: _merge(parts) for person_id, parts in self.intervals.items()}
        first_ms = min((parts[0].from_ms for parts in merged.values()), default=state.plan.starts_ms)
        last_ms = max((parts[-1].to_ms for parts in merged.values()), default=state.plan.ends_ms)
        to_ms = state.closed_ms or (now_ms if state.opened_ms else last_ms)
        items = tuple(ItemTime(self.titles[key], tuple(_merge(parts))) for key, parts in self.items.items())
        listed = [one for one in self.known.values() if one.person_id in state.people or one.person_id in merged]
        late_ms = max(state.plan.starts_ms, state.opened_ms) + tolerance_ms
        early_ms = state.closed_ms - tolerance_ms if state.closed_ms else 0
        rows = tuple(_row(one, tuple(merged.get(one.person_id, ())), items, late_ms, early_ms) for one in listed)
        return Attendance(rows, items, tuple(_merge(self.gaps)), state.opened_ms or first_ms, to_ms)


def _row(
    person: Person, intervals: tuple[Interval, ...], items: tuple[ItemTime, ...], late_ms: int, early_ms: int
) -> Row:
    status: Presence = "absent"
    if intervals:
        status = "late" if intervals[0].from_ms > late_ms else "present"
    per_item = {one.item.item_id: _overlap_ms(intervals, one.intervals) for one in items}
    return Row(person, intervals, status, bool(intervals) and 0 < intervals[-1].to_ms < early_ms, per_item)


def _merge(parts: Iterable[Interval]) -> list[Interval]:
    """Ordered and disjoint; parts that touch or overlap become one."""
    merged: list[Interval] = []
    for part in sorted(parts, key=lambda one: (one.from_ms, one.to_ms)):
        if merged and part.from_ms <= merged[-1].to_ms:
            merged[-1] = Interval(merged[-1].from_ms, max(merged[-1].to_ms, part.to_ms))
        else:
            merged.append(part)
    return merged


def _overlap_ms(left: Iterable[Interval], right: Sequence[Interval]) -> int:
    return sum(max(0, min(a.to_ms, b.to_ms) - max(a.from_ms, b.from_ms)) for a in left for b in right)
