"""What becomes of the record: action items done and carried on, how long it is kept, what was destroyed.

A frozen part of State with its own `apply`. Pure: no rights, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from server.meeting import facts
from server.meeting.facts import Fact


@dataclass(frozen=True, slots=True)
class Done:
    by: str
    remark: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Carried:
    """An action item of an earlier meeting; `done` None: still open."""

    origin_id: str
    action_id: str
    number: int
    what: str
    who: str
    due: str
    done: Done | None = None


@dataclass(frozen=True, slots=True)
class Keeping:
    done: Mapping[str, Done] = field(default_factory=dict)  # by action_id
    reported: Mapping[str, Done] = field(default_factory=dict)  # said to be done by who is responsible, not confirmed
    previous_id: str = ""  # the meeting before in the series
    item_id: str = ""  # the agenda item under which carried action items are looked at
    carried: Mapping[tuple[str, str], Carried] = field(default_factory=dict)  # by (origin_id, action_id)
    schedule: str = ""
    hold: str = ""  # why nothing may be destroyed; "": nothing hinders
    erased: tuple[str, ...] = ()


def apply(before: Keeping, fact: Fact, at_ms: int) -> Keeping:
    """After one more fact; one that says nothing here changes nothing."""
    change = _APPLY.get(type(fact))
    return before if change is None else change(before, fact, at_ms)


def _done(before: Keeping, fact: facts.ActionDone, at_ms: int) -> Keeping:
    done = {**before.done, fact.action_id: Done(fact.by, fact.remark, at_ms)}
    return replace(before, done=done, reported=_without(before.reported, fact.action_id))


def _reported(before: Keeping, fact: facts.ActionReported, at_ms: int) -> Keeping:
    return replace(before, reported={**before.reported, fact.action_id: Done(fact.by, fact.remark, at_ms)})


def _reopened(before: Keeping, fact: facts.ActionReopened, _: int) -> Keeping:
    done, reported = (_without(one, fact.action_id) for one in (before.done, before.reported))
    return replace(before, done=done, reported=reported)


def _without(standing: Mapping[str, Done], action_id: str) -> Mapping[str, Done]:
    return {key: one for key, one in standing.items() if key != action_id}


def _followed(before: Keeping, fact: facts.SeriesFollowed, _: int) -> Keeping:
    return replace(before, previous_id=fact.previous_id, item_id=fact.item_id)


def _carried(before: Keeping, fact: facts.ActionCarried, _: int) -> Keeping:
    one = Carried(fact.origin_id, fact.action_id, fact.action_number, fact.what, fact.who, fact.due)
    return replace(before, carried={**before.carried, (fact.origin_id, fact.action_id): one})


def _settled(before: Keeping, fact: facts.CarriedSettled, at_ms: int) -> Keeping:
    key = (fact.origin_id, fact.action_id)
    standing = before.carried.get(key)
    if standing is None:
        return before
    done = Done("", fact.remark, at_ms) if fact.done else None
    return replace(before, carried={**before.carried, key: replace(standing, done=done)})


def _schedule(before: Keeping, fact: facts.ScheduleSet, _: int) -> Keeping:
    return replace(before, schedule=fact.schedule)


def _held(before: Keeping, fact: facts.HoldSet, _: int) -> Keeping:
    return replace(before, hold=fact.reason)


def _lifted(before: Keeping, _: Fact, __: int) -> Keeping:
    return replace(before, hold="")


def _erased(before: Keeping, fact: facts.RecordErased, _: int) -> Keeping:
    return replace(before, erased=tuple(sorted({*before.erased, *fact.classes})))


_APPLY: dict[type[Fact], Callable[[Keeping, Any, int], Keeping]] = {
    facts.ActionDone: _done,
    facts.ActionReported: _reported,
    facts.ActionReopened: _reopened,
    facts.SeriesFollowed: _followed,
    facts.ActionCarried: _carried,
    facts.CarriedSettled: _settled,
    facts.ScheduleSet: _schedule,
    facts.HoldSet: _held,
    facts.HoldLifted: _lifted,
    facts.RecordErased: _erased,
}
KINDS = frozenset(_APPLY)
"""The kinds of fact that change nothing else of the meeting. They never enter a room."""
