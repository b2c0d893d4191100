"""Rules of procedure, corrections of presence, and the floor: which facts follow from a wish; and what follows by
itself from any change (quorum reached or lost, a speaker who left). Pure, as rules.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, TypeAlias

from server.errors import Invalid, NotFound, Refused
from server.meeting import approving, commands, deciding, facts, motions, roles
from server.meeting.commands import Actor, Command
from server.meeting.deliberation import Mark, Procedure
from server.meeting.facts import Fact
from server.meeting.quorum import HOUR_MS, PRESETS, longest_adjournment_ms
from server.meeting.state import State

Facts: TypeAlias = tuple[Fact, ...]

LONGEST_TURN_SECONDS = 4 * 3_600


def _set_rules(state: State, wish: commands.SetRules, actor: Actor, _: int) -> Facts:
    """A preset says itself what the quorum is. Who has to be there is not changed without a reason once the meeting
    is on: those who came relied on it."""
    preset = PRESETS.get(wish.preset)
    if preset is None and wish.preset:
        raise Invalid("rules.preset", field="kind")
    if preset is not None:
        wish = replace(wish, quorum=preset.quorum, secretary_counts=not preset.council)
    if wish.quorum == "number" and not 0 < wish.quorum_number <= 100_000:
        raise Invalid("rules.number", field="quorum_number")
    if not 0 <= wish.turn_seconds <= LONGEST_TURN_SECONDS:
        raise Invalid("rules.turn", field="turn_seconds")
    if state.deliberation.open_motion is not None:
        raise Refused("vote.another")
    names = [one.name for one in fields(Procedure)]
    wanted = Procedure(**{name: getattr(wish, name) for name in names})
    if wish.quorum != "number":
        wanted = replace(wanted, quorum_number=0)
    standing, reason = state.deliberation.procedure, wish.reason.strip()
    if wanted == standing:
        return ()
    if state.status == "open" and wanted.asks != standing.asks and not reason:
        raise Invalid("rules.reason", field="quorum_reason")
    return (facts.RulesSet(actor.signature, **{name: getattr(wanted, name) for name in names}, reason=reason),)


def _adjourn(state: State, wish: commands.AdjournMeeting, actor: Actor, now_ms: int) -> Facts:
    """Only for want of a quorum, and no longer than the rules of this kind of meeting allow."""
    there, now = motions.quorum(state), state.deliberation
    if now.adjourned is not None:
        if now.adjourned.until_ms == wish.until_ms:
            return ()
        raise Refused("adjourn.already")
    if there.reached:
        raise Refused("adjourn.quorate", present=there.present, needed=there.needed)
    if now.open_motion is not None:
        raise Refused("vote.pending")
    longest_ms = longest_adjournment_ms(now.procedure.preset, now.adjournments)
    if not longest_ms:
        raise Refused("adjourn.no_more")
    if not now_ms < wish.until_ms <= now_ms + longest_ms:
        raise Invalid("adjourn.time", field="until", hours=longest_ms // HOUR_MS)
    ended = (facts.FloorEnded(actor.signature, now.floor.person_id),) if now.floor else ()
    counts = (there.present, there.invited, there.needed)
    return (*ended, facts.MeetingAdjourned(actor.signature, now.adjournments + 1, wish.until_ms, *counts))


def _resume(state: State, _: Command, actor: Actor, __: int) -> Facts:
    return (facts.MeetingResumed(actor.signature),) if state.deliberation.adjourned else ()


# ------------------------------------------------------------ presence that no device shows


def _mark(state: State, wish: commands.MarkPresence, actor: Actor, now_ms: int) -> Facts:
    _known(state, wish.person_id)
    from_ms = wish.from_ms or now_ms
    until_ms = wish.until_ms
    if not state.opened_ms or from_ms > now_ms or (until_ms and not from_ms < until_ms <= now_ms):
        raise Invalid("presence.times")
    if state.status == "closed" and not until_ms:
        until_ms = state.closed_ms
        if from_ms >= until_ms:
            raise Invalid("presence.times")
    if from_ms < now_ms and not wish.reason.strip():
        raise Invalid("presence.reason")  # what is said after the fact says why
    mark = Mark(wish.mark_id, wish.person_id, wish.place, from_ms, until_ms)
    before = state.deliberation.marks.get(wish.mark_id)
    if before is not None and before.person_id != wish.person_id:
        raise Refused("presence.other")
    if before == mark:
        return ()
    return (
        facts.PresenceMarked(
            actor.signature, wish.mark_id, wish.person_id, wish.place, from_ms, until_ms, wish.reason.strip()
        ),
    )


def _strike(state: State, wish: commands.StrikePresence, actor: Actor, now_ms: int) -> Facts:
    _known(state, wish.person_id)
    if wish.mark_id in state.deliberation.strikes:
        return ()
    if not 0 < wish.from_ms < wish.until_ms <= now_ms:
        raise Invalid("presence.times")
    reason = wish.reason.strip()
    if not reason:
        raise Invalid("presence.reason")
    return (facts.PresenceStruck(actor.signature, wish.mark_id, wish.person_id, wish.from_ms, wish.until_ms, reason),)


def _excuse(state: State, wish: commands.ExcuseAbsence, actor: Actor, _: int) -> Facts:
    _known(state, wish.person_id)
    reason = wish.reason.strip()
    if state.deliberation.excused.get(wish.person_id, "") == reason:
        return ()
    return (facts.AbsenceExcused(actor.signature, wish.person_id, reason),)


def _stand_in(state: State, wish: commands.NameStandIn, actor: Actor, _: int) -> Facts:
    _known(state, wish.person_id)
    stand_in = wish.stand_in_id
    if stand_in:
        _known(state, stand_in)
        if stand_in == wish.person_id:
            raise Invalid("presence.self")
    if state.deliberation.stand_ins.get(wish.person_id, "") == stand_in:
        return ()
    motion = state.deliberation.open_motion
    if motion is not None and wish.person_id in motion.voted:
        raise Refused("vote.already")  # a vote that is in stays that of who cast it
    return (facts.StandInNamed(actor.signature, wish.person_id, stand_in),)


# ------------------------------------------------------------ the floor


def speaking_list(state: State) -> tuple[str, ...]:
    """Raised hands in the order in which they get the floor: who has not spoken on this item comes first, where the
    rules say so; then as they were raised."""
    if not state.deliberation.procedure.first_speeches_first:
        return state.hands
    return tuple(sorted(state.hands, key=lambda one: state.deliberation.speeches.get(one, 0)))


def _give(state: State, wish: commands.GiveFloor, actor: Actor, now_ms: int) -> Facts:
    _known(state, wish.person_id)
    if state.role(wish.person_id) in ("observer", "watcher"):
        raise Refused("floor.observer")
    if wish.person_id not in state.present() and state.session_of(wish.person_id) is None:
        raise NotFound("meeting.no_session")
    if not 0 <= wish.seconds <= LONGEST_TURN_SECONDS:
        raise Invalid("rules.turn")
    floor = state.deliberation.floor
    if floor is not None and floor.person_id == wish.person_id and not wish.seconds:
        return ()
    seconds = wish.seconds or state.deliberation.procedure.turn_seconds
    until_ms = now_ms + seconds * 1000 if seconds else 0
    ended = (facts.FloorEnded(actor.signature, floor.person_id),) if floor is not None else ()
    return (*ended, facts.FloorGiven(actor.signature, wish.person_id, state.current_item_id, until_ms))


def _end(state: State, _: commands.EndFloor, actor: Actor, __: int) -> Facts:
    floor = state.deliberation.floor
    if floor is None:
        return ()
    if actor.person_id != floor.person_id and state.role(actor.person_id) not in roles.LEADERS:
        raise Refused("meeting.not_yours")
    return (facts.FloorEnded(actor.signature, floor.person_id),)


def _known(state: State, person_id: str) -> None:
    if person_id not in state.people:
        raise NotFound("meeting.no_person")


# ------------------------------------------------------------ what follows by itself


def follows(state: State) -> Fact | None:
    """The next fact that the state asks for of itself, None when it is at rest. Asked anew after each fact."""
    if state.status != "open":
        return None
    floor = state.deliberation.floor
    if floor is not None and state.session_of(floor.person_id) is None and floor.person_id not in state.present():
        return facts.FloorEnded("", floor.person_id)
    there = motions.quorum(state)
    if there.needed and there.reached != bool(state.deliberation.quorate):
        kind = facts.QuorumReached if there.reached else facts.QuorumLost
        return kind(there.present, there.invited, there.needed)
    return None


def due(state: State, now_ms: int) -> Command | None:
    """What the server has to do now of its own accord: close what is over."""
    adjourned, motion = state.deliberation.adjourned, state.deliberation.open_motion
    if state.status == "open" and adjourned is not None and now_ms >= adjourned.until_ms:
        return commands.ResumeMeeting()
    if motion is None or state.status != "open":
        return approving.due(state, now_ms)
    if motion.phase == "consensus" and now_ms >= motion.until_ms:
        return commands.CloseConsensus(motion.motion_id)
    if motion.phase == "vote" and (now_ms >= motion.until_ms or deciding.everybody_voted(motion)):
        return commands.CloseVote(motion.motion_id)
    return None


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.SetRules: _set_rules,
    commands.AdjournMeeting: _adjourn,
    commands.ResumeMeeting: _resume,
    commands.MarkPresence: _mark,
    commands.StrikePresence: _strike,
    commands.ExcuseAbsence: _excuse,
    commands.NameStandIn: _stand_in,
    commands.GiveFloor: _give,
    commands.EndFloor: _end,
}
