"""The attendance of a meeting drawn as bars: positions in percent of its length, and the words beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from server.meeting.attendance import Attendance, Attendee, SharedRoom
from server.meeting.intervals import Interval, Intervals, merged
from server.meeting.quorum import MORE_THAN_HALF, QuorumRule, quorum
from server.meeting.state import State
from web.i18n import Words

Bars: TypeAlias = tuple[tuple[float, float], ...]  # x and width, percent

STEPS_MIN = (5, 10, 15, 30, 60, 120, 240, 480, 1440)
MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class ItemColumn:
    number: int
    title: str
    bars: Bars
    said: str  # when and how long


@dataclass(frozen=True, slots=True)
class PersonRow:
    name: str
    said: str
    spoken: str  # for those who hear the chart: every stretch
    late: bool
    bars: Bars


@dataclass(frozen=True, slots=True)
class Voice:
    """How long somebody was heard, or a room in which several share one microphone."""

    name: str
    said: str
    share: float  # of all speaking, percent
    is_room: bool


@dataclass(frozen=True, slots=True)
class QuorumRow:
    needed: int
    invited: int
    spoken: str
    bars: Bars


@dataclass(frozen=True, slots=True)
class Chart:
    from_ms: int
    to_ms: int
    items: tuple[ItemColumn, ...]
    rows: tuple[PersonRow, ...]
    voices: tuple[Voice, ...]
    quorum: QuorumRow
    gaps: Bars
    ticks: tuple[Tick, ...]


def chart(attended: Attendance, state: State, t: Words) -> Chart:
    scale = _Scale(attended.opened_ms, max(attended.until_ms, attended.opened_ms + 60_000))
    zone = state.plan.zone
    numbers = {item.item_id: number for number, item in enumerate(state.items, 1)}
    items = tuple(
        ItemColumn(
            numbers.get(one.item_id, 0),
            one.title,
            scale.bars(one.intervals),
            ", ".join(t.span(part.from_ms, part.to_ms, zone) for part in one.intervals),
        )
        for one in attended.items
        if one.intervals
    )
    return Chart(
        scale.from_ms,
        scale.to_ms,
        items,
        tuple(_row(one, scale, zone, t) for one in attended.attendees),
        _voices(attended, t),
        _quorum(attended, state.deliberation.procedure.rule, scale, zone, t),
        scale.bars(attended.gaps),
        tuple(_ticks(scale, zone, t)),
    )


def _row(one: Attendee, scale: _Scale, zone: str, t: Words) -> PersonRow:
    words = [t(f"page.attendance.{one.status}")]
    if one.total_ms:
        words.append(t.minutes(one.total_ms))
    if one.left_early:
        words.append(t("page.attendance.left_early"))
    spoken = ", ".join(t.span(part.from_ms, part.to_ms, zone) for part in one.intervals)
    return PersonRow(
        one.name,
        " · ".join(words),
        spoken or words[0],
        one.status == "late",
        scale.bars(one.intervals),
    )


def _voices(attended: Attendance, t: Words) -> tuple[Voice, ...]:
    heard: tuple[Attendee | SharedRoom, ...] = (*attended.attendees, *attended.rooms)
    whole_ms = sum(one.spoken_ms for one in heard)
    return tuple(
        Voice(one.name, t.minutes(one.spoken_ms), round(100 * one.spoken_ms / whole_ms, 1), isinstance(one, SharedRoom))
        for one in heard
        if one.spoken_ms
    )


def _quorum(attended: Attendance, rule: QuorumRule, scale: _Scale, zone: str, t: Words) -> QuorumRow:
    stands = quorum_intervals(attended, rule)
    spoken = ", ".join(t.span(part.from_ms, part.to_ms, zone) for part in stands)
    now = quorum(attended, attended.opened_ms, rule)
    return QuorumRow(now.needed, now.invited, spoken or t("page.timeline.quorum_never"), scale.bars(stands))


def quorum_intervals(attended: Attendance, rule: QuorumRule = MORE_THAN_HALF) -> Intervals:
    """When enough were there. Presence changes only where somebody comes or goes, so those moments are looked at."""
    ends = {end for one in attended.attendees for part in one.intervals for end in (part.from_ms, part.to_ms)}
    moments = sorted({attended.opened_ms, attended.until_ms, *ends})
    parts = (Interval(start, end) for start, end in pairwise(moments) if quorum(attended, start, rule).reached)
    return merged(parts)


@dataclass(frozen=True, slots=True)
class _Scale:
    from_ms: int
    to_ms: int

    def x(self, at_ms: int) -> float:
        within = min(max(at_ms, self.from_ms), self.to_ms) - self.from_ms
        return round(100 * within / (self.to_ms - self.from_ms), 3)

    def bars(self, parts: Iterable[Interval]) -> Bars:
        """What was there at all is at least a hair wide."""
        ends = ((self.x(part.from_ms), self.x(part.to_ms)) for part in parts)
        return tuple((x, round(max(to - x, 0.2), 3)) for x, to in ends)


def _ticks(scale: _Scale, zone: str, t: Words) -> Iterable[Tick]:
    """Full steps of the clock, at most eight. All zones here are whole hours from UTC, so steps fall on full hours."""
    length_min = (scale.to_ms - scale.from_ms) / 60_000
    step_ms = 60_000 * next((step for step in STEPS_MIN if length_min / step <= MOST_TICKS), STEPS_MIN[-1])
    at_ms = -(-scale.from_ms // step_ms) * step_ms
    while at_ms <= scale.to_ms:
        x = scale.x(at_ms)
        yield Tick(x, t.clock(at_ms, zone), "start" if x < 4 else "end" if x > 96 else "middle")
        at_ms += step_ms
