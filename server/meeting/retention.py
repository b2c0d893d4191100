"""For how long what is kept: the office's schedules, and which classes of a meeting are due. Pure.

record: the minutes and everything else of the meeting; presence: names and attendance; chat; recordings; documents:
what was attached. Nothing outlives the record: when its time is over, so is that of all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

DAY_MS = 86_400_000
Class: TypeAlias = Literal["record", "presence", "chat", "recordings", "documents"]
CLASSES: tuple[Class, ...] = ("record", "presence", "chat", "recordings", "documents")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Days that each class is kept after the meeting's end; 0: for ever."""

    name: str
    record_days: int = 0
    presence_days: int = 0
    chat_days: int = 0
    recordings_days: int = 0
    documents_days: int = 0

    def days(self, one: Class) -> int:
        return int(getattr(self, f"{one}_days"))


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a meeting decides. `ended_ms`: when it was closed, or should have ended."""

    meeting_id: str
    title: str
    ended_ms: int
    zone: str
    schedule: str
    held: bool
    erased: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """Classes whose time is over at `at_ms`, or was. `held`: they stay nevertheless."""

    kept: Kept
    schedule: Schedule
    at_ms: int
    classes: tuple[Class, ...]


def next_due(kept: Kept, schedules: Mapping[str, Schedule], usual: str) -> Due | None:
    """What is to be destroyed next, together with all that is due by then; None: nothing ever."""
    schedule = schedules.get(kept.schedule) or schedules.get(usual)
    if schedule is None:
        return None
    standing = [one for one in CLASSES if one not in kept.erased]
    ends = {one: kept.ended_ms + schedule.days(one) * DAY_MS for one in standing if schedule.days(one)}
    if "record" in ends:
        ends = {one: min(ends.get(one, ends["record"]), ends["record"]) for one in standing}
    if not ends:
        return None
    first_ms = min(ends.values())
    return Due(kept, schedule, first_ms, tuple(one for one in standing if ends.get(one) == first_ms))


def due_now(kept: Kept, schedules: Mapping[str, Schedule], usual: str, now_ms: int) -> Due | None:
    """Everything whose time is over; None: nothing, or the meeting is held."""
    first = next_due(kept, schedules, usual)
    if first is None or kept.held or first.at_ms > now_ms:
        return None
    schedule = first.schedule
    over = {
        one
        for one in CLASSES
        if one not in kept.erased and schedule.days(one) and kept.ended_ms + schedule.days(one) * DAY_MS <= now_ms
    }
    if "record" in over:
        over = set(CLASSES) - set(kept.erased)
    return Due(kept, schedule, first.at_ms, tuple(one for one in CLASSES if one in over))
