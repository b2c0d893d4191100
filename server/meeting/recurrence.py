"""Meetings that come again: the rule (RFC 5545, 3.3.10, as much of it as people say), its days, and the part of State
that keeps it. Pure. Each time is a meeting of its own, whose id follows from the series and the time.

The wall clock stays: nine in the morning is nine in the morning, whatever the zone does in between.
"""

from __future__ import annotations

import hashlib
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from server.errors import Invalid, Refused, Value
from server.meeting import commands, facts
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact, Frequency

if TYPE_CHECKING:
    from server.meeting.state import State

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_INTERVAL, MOST_COUNT, MOST_YEARS = 12, 260, 5


@dataclass(frozen=True, slots=True)
class Rule:
    """`weekdays`: 0 is Monday, read for "weekly" only. `count` 0 and `until` "" (ISO, the last day): for ever.
    "monthly_weekday": the same weekday of the same week of the month as the first time; of the fifth week: the last."""

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    count: int = 0
    until: str = ""

    def days(self, first: date) -> Iterator[date]:
        """Every day from the first on, which counts as one whatever the rule says."""
        days = _DAYS[self.frequency](self, first)
        if self.until:
            last = date.fromisoformat(self.until)
            days = takewhile(lambda day: day <= last, days)
        return islice(days, self.count) if self.count else days


@dataclass(frozen=True, slots=True)
class Series:
    """As it was set on its first meeting; what single meetings became is in their own records."""

    rule: Rule
    starts_ms: int
    ends_ms: int
    zone: str
    title: str
    place: str
    dropped: frozenset[int] = frozenset()  # the times that were cancelled alone

    def slots(self) -> Iterator[int]:
        """The start of every meeting (Unix ms), those that were cancelled too."""
        zone = ZoneInfo(self.zone)
        first = datetime.fromtimestamp(self.starts_ms / 1000, zone)
        for day in self.rule.days(first.date()):
            yield moment_ms(day, first.time(), self.zone)

    def has(self, slot_ms: int) -> bool:
        return slot_ms in takewhile(lambda one: one <= slot_ms, self.slots())

    @property
    def length_ms(self) -> int:
        return self.ends_ms - self.starts_ms

    def over_ms(self) -> int:
        """When the last meeting ends; far away for a series without an end; 0: there is no meeting left."""
        if not self.rule.count and not self.rule.until:
            return self.starts_ms + MOST_YEARS * 366 * 86_400_000
        return max((slot + self.length_ms for slot in self.slots() if slot not in self.dropped), default=0)

    def rrule(self) -> str:
        """As calendars have it."""
        first = datetime.fromtimestamp(self.starts_ms / 1000, ZoneInfo(self.zone)).date()
        parts = [f"FREQ={self.rule.frequency.partition('_')[0].upper()}"]
        if self.rule.interval > 1:
            parts.append(f"INTERVAL={self.rule.interval}")
        if self.rule.frequency == "weekly":
            days = sorted({*self.rule.weekdays, first.weekday()})
            parts += ["WKST=MO", "BYDAY=" + ",".join(DAYS[day] for day in days)]
        elif self.rule.frequency == "monthly_date":
            parts.append(f"BYMONTHDAY={first.day}")
        elif self.rule.frequency == "monthly_weekday":
            parts.append(f"BYDAY={ordinal(first)}{DAYS[first.weekday()]}")
        if self.rule.count:
            parts.append(f"COUNT={self.rule.count}")
        elif self.rule.until:
            end_ms = moment_ms(date.fromisoformat(self.rule.until), time(23, 59, 59), self.zone)
            parts.append(f"UNTIL={datetime.fromtimestamp(end_ms / 1000, ZoneInfo('UTC')):%Y%m%dT%H%M%SZ}")
        return ";".join(parts)


@dataclass(frozen=True, slots=True)
class Recurring:
    """`series`: of the first meeting; `series_id` and `slot_ms`: of every later one, where it belongs."""

    series: Series | None = None
    series_id: str = ""
    slot_ms: int = 0


def ordinal(day: date) -> int:
    """Which week of its month: 1 to 4, or -1 for a fifth, which not every month has."""
    week = (day.day - 1) // 7 + 1
    return week if week < 5 else -1


def moment_ms(day: date, clock: time, zone: str) -> int:
    return round(datetime.combine(day, clock.replace(tzinfo=None), ZoneInfo(zone)).timestamp() * 1000)


def meeting_id_of(series_id: str, slot_ms: int) -> str:
    """The same for whoever makes it, so that two who make it at once make one."""
    return hashlib.sha256(f"occurrence|{series_id}|{slot_ms}".encode()).hexdigest()[:16]


# ------------------------------------------------------------ days


def _daily(rule: Rule, first: date) -> Iterator[date]:
    day = first
    while True:
        yield day
        day += timedelta(days=rule.interval)


def _weekly(rule: Rule, first: date) -> Iterator[date]:
    weekdays = sorted({*rule.weekdays, first.weekday()})
    monday = first - timedelta(days=first.weekday())
    while True:
        for weekday in weekdays:
            day = monday + timedelta(days=weekday)
            if day >= first:
                yield day
        monday += timedelta(weeks=rule.interval)


def _months(rule: Rule, first: date) -> Iterator[tuple[int, int]]:
    month = first.year * 12 + first.month - 1
    while True:
        yield month // 12, month % 12 + 1
        month += rule.interval


def _monthly_date(rule: Rule, first: date) -> Iterator[date]:
    """A month without that day has no meeting."""
    for year, month in _months(rule, first):
        if first.day <= monthrange(year, month)[1]:
            yield date(year, month, first.day)


def _monthly_weekday(rule: Rule, first: date) -> Iterator[date]:
    week = ordinal(first)
    for year, month in _months(rule, first):
        begins, length = monthrange(year, month)
        day = 1 + (first.weekday() - begins) % 7
        yield date(year, month, day + 7 * ((length - day) // 7 if week == -1 else week - 1))


_DAYS: dict[Frequency, Callable[[Rule, date], Iterator[date]]] = {
    "daily": _daily,
    "weekly": _weekly,
    "monthly_date": _monthly_date,
    "monthly_weekday": _monthly_weekday,
}


# ------------------------------------------------------------ the part of State


def apply(before: Recurring, fact: Fact, _: int) -> Recurring:
    """After one more fact; one that says nothing here changes nothing."""
    match fact:
        case facts.RecurrenceSet():
            rule = Rule(fact.frequency, fact.interval, fact.weekdays, fact.count, fact.until)
            same = before.series is not None and before.series.starts_ms == fact.starts_ms
            dropped = before.series.dropped if before.series is not None and same else frozenset[int]()
            series = Series(rule, fact.starts_ms, fact.ends_ms, fact.zone, fact.title, fact.place, dropped)
            return Recurring(series)
        case facts.OccurrenceSet():
            return Recurring(None, fact.series_id, fact.slot_ms)
        case facts.OccurrenceDropped() if before.series is not None:
            return replace(before, series=replace(before.series, dropped=before.series.dropped | {fact.slot_ms}))
        case _:
            return before


KINDS: frozenset[type[Fact]] = frozenset({facts.RecurrenceSet, facts.OccurrenceSet, facts.OccurrenceDropped})
"""Kinds that change nothing else."""

Facts: TypeAlias = tuple[Fact, ...]


def checked(rule: Rule, first: date) -> Rule:
    """Invalid("recurrence.interval" | "recurrence.count" | "recurrence.until" | "recurrence.weekday")."""
    if not 1 <= rule.interval <= MOST_INTERVAL:
        raise Invalid("recurrence.interval", field="interval", most=MOST_INTERVAL)
    if not 0 <= rule.count <= MOST_COUNT:
        raise Invalid("recurrence.count", field="count", most=MOST_COUNT)
    if not all(0 <= day < 7 for day in rule.weekdays):
        raise Invalid("recurrence.weekday", field="weekdays")
    if rule.until:
        try:
            last = date.fromisoformat(rule.until)
        except ValueError:
            raise Invalid("recurrence.until", field="until") from None
        if (last - first).days > MOST_YEARS * 366:
            raise Invalid("recurrence.until", field="until")
    return replace(rule, weekdays=tuple(sorted(set(rule.weekdays))) if rule.frequency == "weekly" else ())


def _set(state: State, wish: commands.SetRecurrence, actor: Actor, _: int) -> Facts:
    """A new series begins with this meeting; on a standing one the rule (usually its end) is another from now on."""
    standing, plan = (None if wish.anew else state.recurring.series), state.plan
    like = standing or Series(wish.rule, plan.starts_ms, plan.ends_ms, plan.zone, plan.title, plan.place)
    first = datetime.fromtimestamp(like.starts_ms / 1000, ZoneInfo(like.zone)).date()
    rule = checked(wish.rule, first)
    if standing is not None and standing.rule == rule:
        return ()
    said = (rule.frequency, rule.interval, rule.weekdays, rule.count, rule.until)
    template = (like.starts_ms, like.ends_ms, like.zone, like.title, like.place)
    return (facts.RecurrenceSet(actor.signature, *said, *template),)


def _occur(state: State, wish: commands.SetOccurrence, actor: Actor, _: int) -> Facts:
    if state.recurring.series is not None:
        raise Refused("recurrence.first")
    if (state.recurring.series_id, state.recurring.slot_ms) == (wish.series_id, wish.slot_ms):
        return ()
    return (facts.OccurrenceSet(actor.signature, wish.series_id, wish.slot_ms),)


def _drop(state: State, wish: commands.DropOccurrence, actor: Actor, _: int) -> Facts:
    series = state.recurring.series
    if series is None or not series.has(wish.slot_ms):
        raise Refused("recurrence.no_slot")
    return () if wish.slot_ms in series.dropped else (facts.OccurrenceDropped(actor.signature, wish.slot_ms),)


DECIDE: dict[type[Command], Callable[[Any, Any, Actor, int], Facts]] = {
    commands.SetRecurrence: _set,
    commands.SetOccurrence: _occur,
    commands.DropOccurrence: _drop,
}


# ------------------------------------------------------------ in words


class Words(Protocol):
    """One language's texts and days."""

    def __call__(self, key: str, /, **values: Value) -> str: ...

    def plain_day(self, iso: str) -> str: ...


def sentence(series: Series | None, words: Words) -> str:
    """The rule as people say it; "" for a meeting that comes once."""
    if series is None:
        return ""
    rule, first = series.rule, datetime.fromtimestamp(series.starts_ms / 1000, ZoneInfo(series.zone)).date()
    days = [words(f"common.weekday.{day}") for day in sorted({*rule.weekdays, first.weekday()})]
    values: dict[str, Value] = {
        "interval": rule.interval,
        "days": words("common.again.and", first=", ".join(days[:-1]), last=days[-1]) if len(days) > 1 else days[0],
        "day": str(first.day),
        "week": words(f"common.again.week.{ordinal(first)}"),
        "weekday": words(f"common.weekday.{first.weekday()}"),
    }
    said = words(f"common.again.{rule.frequency}{'.many' if rule.interval > 1 else ''}", **values)
    if rule.count:
        return words("common.again.count", said=said, count=rule.count)
    if rule.until:
        return words("common.again.until", said=said, day=words.plain_day(rule.until))
    return said
