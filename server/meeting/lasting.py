"""Action items done, meetings that follow others, retention: one function per command, as in rules.py. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from server.errors import NotFound, Refused
from server.meeting import commands, facts, roles
from server.meeting.commands import Actor, CarriedAction, Command
from server.meeting.facts import Fact
from server.meeting.state import ActionLine, State
from server.meeting.writing import known_item, words

Facts: TypeAlias = tuple[Fact, ...]


def may_finish(state: State, action: ActionLine, actor: Actor) -> bool:
    """Whoever is responsible for it, and the meeting's leaders."""
    return state.role(actor.person_id) in roles.LEADERS or (action.who == actor.person_id != "")


def open_actions(state: State) -> tuple[CarriedAction, ...]:
    """What the next meeting has to look at: the own action items that are not done, and what was carried so far."""
    carried = tuple(
        CarriedAction(one.origin_id, one.action_id, one.number, one.what, one.who, one.due)
        for one in state.keeping.carried.values()
        if one.done is None
    )
    own = tuple(
        CarriedAction(state.meeting_id, one.action_id, one.number, one.what, _name(state, one.who), one.due)
        for one in state.actions.values()
        if not one.withdrawn and one.action_id not in state.keeping.done
    )
    return (*carried, *own)


def _name(state: State, who: str) -> str:
    person = state.people.get(who)
    return person.name if person else who


def _finish(state: State, wish: commands.FinishAction, actor: Actor, _: int) -> Facts:
    action = _own(state, wish.action_id, actor)
    reported = state.keeping.reported.get(action.action_id)
    if action.action_id in state.keeping.done:
        return ()
    if state.role(actor.person_id) in roles.LEADERS:
        remark = wish.remark.strip() or (reported.remark if reported else "")
        return (facts.ActionDone(actor.signature, action.action_id, remark),)
    if reported is not None:
        return ()
    return (facts.ActionReported(actor.signature, action.action_id, wish.remark.strip()),)


def _reopen(state: State, wish: commands.ReopenAction, actor: Actor, _: int) -> Facts:
    action = _own(state, wish.action_id, actor)
    if action.action_id not in state.keeping.done and action.action_id not in state.keeping.reported:
        return ()
    return (facts.ActionReopened(actor.signature, action.action_id, words(wish.reason)),)


def _own(state: State, action_id: str, actor: Actor) -> ActionLine:
    action = state.actions.get(action_id)
    if action is None:
        raise NotFound("action.unknown")
    if action.withdrawn:
        raise Refused("action.withdrawn")
    if not may_finish(state, action, actor):
        raise Refused("action.not_yours")
    return action


def _follow(state: State, wish: commands.FollowMeeting, actor: Actor, _: int) -> Facts:
    if state.keeping.previous_id:
        if state.keeping.previous_id == wish.previous_id:
            return ()
        raise Refused("series.another")
    if wish.previous_id == state.meeting_id:
        raise Refused("series.itself")
    if wish.item_id:
        known_item(state, wish.item_id)
    by = actor.signature
    carried = (
        facts.ActionCarried(by, one.origin_id, one.action_id, one.number, one.what, one.who, one.due)
        for one in wish.carried
    )
    return (facts.SeriesFollowed(by, wish.previous_id, wish.item_id), *carried)


def _settle(state: State, wish: commands.SettleCarried, _: Actor, __: int) -> Facts:
    standing = state.keeping.carried.get((wish.origin_id, wish.action_id))
    if standing is None:
        raise NotFound("action.unknown")
    if (standing.done is not None) == wish.done:
        return ()
    return (facts.CarriedSettled(wish.origin_id, wish.action_id, wish.done, wish.remark),)


def _schedule(state: State, wish: commands.SetSchedule, actor: Actor, _: int) -> Facts:
    if wish.schedule == state.keeping.schedule:
        return ()
    return (facts.ScheduleSet(actor.signature, wish.schedule),)


def _hold(state: State, wish: commands.SetHold, actor: Actor, _: int) -> Facts:
    if wish.held == bool(state.keeping.hold):
        return ()
    kind = facts.HoldSet if wish.held else facts.HoldLifted
    return (kind(actor.signature, words(wish.reason)),)


def _erased(state: State, wish: commands.ReportErased, _: Actor, __: int) -> Facts:
    if state.keeping.hold:
        raise Refused("retention.held")
    new = tuple(one for one in wish.classes if one not in state.keeping.erased)
    return (facts.RecordErased(new, wish.schedule, wish.files),) if new else ()


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.FinishAction: _finish,
    commands.ReopenAction: _reopen,
    commands.FollowMeeting: _follow,
    commands.SettleCarried: _settle,
    commands.SetSchedule: _schedule,
    commands.SetHold: _hold,
    commands.ReportErased: _erased,
}
