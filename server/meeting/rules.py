"""What follows from a wish: `decide(state, command, actor, now_ms) -> facts`, or a refusal. One function per command.

Pure: it reads nothing but its arguments and changes nothing. Codes it raises: meeting.not_allowed, meeting.is_none,
meeting.is_planned, meeting.is_open, meeting.is_closed, meeting.is_cancelled, meeting.too_early,
meeting.locked, meeting.removed, meeting.refused, meeting.times, meeting.title, meeting.zone, meeting.chair,
meeting.secretary, meeting.one_account_twice, meeting.one_person_twice, meeting.one_item_twice, meeting.minutes,
meeting.item_in_use, meeting.person_in_use, meeting.no_item,
meeting.no_person, meeting.no_session, meeting.no_waiting, meeting.not_yours, meeting.only_off, meeting.self_remove,
text.empty, notes.broken, notes.too_long, decision.unknown, decision.withdrawn, action.unknown, action.withdrawn,
action.due, statement.who, statement.unknown, statement.withdrawn,
remark.not_here, remark.no_passage, remark.same, remark.too_many, remark.unknown, remark.answered,
vote.unknown, vote.closed, vote.open, vote.another, vote.pending, vote.no_quorum, vote.not_eligible, vote.not_yours,
vote.already, vote.secret, vote.not_secret, vote.seconds, vote.count, vote.tie_choice, vote.no_box, rules.number,
rules.turn, rules.preset, rules.reason, adjourn.already, adjourn.quorate, adjourn.no_more, adjourn.time,
adjourn.until_then,
presence.times, presence.reason, presence.other, presence.self, floor.observer, checkin.many, checkin.no_room,
checkin.signature,
minutes.is_draft, minutes.is_review, minutes.is_reviewed, minutes.is_comments, minutes.is_answering,
minutes.is_approved, minutes.is_signed, minutes.is_frozen, minutes.reviewers, minutes.not_reviewer, minutes.remark,
minutes.reason, minutes.deadline, minutes.not_attended, minutes.comments_over, minutes.no_comment, minutes.answered,
minutes.unanswered, minutes.changed, minutes.digest, minutes.signed_already, minutes.signed_meanwhile,
minutes.signed_by_key, minutes.chair_first, invitation.signer, invitation.on_behalf, invitation.dated,
invitation.changed, form.date,
invitation.stand_in, invitation.many, document.there_already, document.many,
recurrence.interval, recurrence.count, recurrence.until, recurrence.weekday, recurrence.first, recurrence.no_slot,
action.not_yours, series.another, series.itself, retention.held.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from server.errors import NotFound, Refused
from server.meeting import (
    approving,
    attaching,
    checkin,
    commands,
    composing,
    deciding,
    entering,
    facts,
    inviting,
    lasting,
    planning,
    procedure,
    recurrence,
    remarking,
    roles,
    speaking,
    taking,
    writing,
)
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact
from server.meeting.state import Session, State
from server.meeting.writing import known_item, words

Facts: TypeAlias = tuple[Fact, ...]


def decide(state: State, command: Command, actor: Actor, now_ms: int) -> Facts:
    """The facts that the command leads to, in order; () when all of it is so already."""
    roles.check(state, command, actor)
    _check_session(state, command, actor)
    return _DECIDE[type(command)](state, command, actor, now_ms)


def _check_session(state: State, command: Command, actor: Actor) -> None:
    """A device that was replaced or sent out may have wishes under way. After the meeting what it wrote counts."""
    if state.status not in roles.ROOM or isinstance(command, (commands.Join, commands.Leave)) or not actor.session_id:
        return
    session = state.sessions.get(actor.session_id)
    if session is None or session.person_id != actor.person_id:
        raise NotFound("meeting.no_session")


# ------------------------------------------------------------ the course of the meeting


def _plan(state: State, wish: commands.PlanMeeting, actor: Actor, _: int) -> Facts:
    return planning.decide(state, wish, actor.signature)


def _cancel(state: State, wish: commands.CancelMeeting, actor: Actor, now_ms: int) -> Facts:
    return (*_everybody_leaves(state, actor, now_ms), facts.MeetingCancelled(actor.signature, wish.reason))


def _open(_: State, __: Command, actor: Actor, ___: int) -> Facts:
    return (facts.MeetingOpened(actor.signature),)


def _close(state: State, _: Command, actor: Actor, now_ms: int) -> Facts:
    if state.deliberation.open_motion is not None:
        raise Refused("vote.pending")
    floor = state.deliberation.floor
    ended = (facts.FloorEnded(actor.signature, floor.person_id),) if floor else ()
    item = (facts.ItemClosed(actor.signature, state.current_item_id),) if state.current_item_id else ()
    taken = taking.closing(state, actor)
    return (*ended, *item, *taken, *_everybody_leaves(state, actor, now_ms), facts.MeetingClosed(actor.signature))


def _everybody_leaves(state: State, actor: Actor, now_ms: int) -> Facts:
    return tuple(facts.Left(one, "closed", now_ms, actor.signature) for one in state.sessions)


def _lock(state: State, wish: commands.LockRoom, actor: Actor, _: int) -> Facts:
    if wish.locked == state.locked:
        return ()
    return (facts.RoomLocked(actor.signature) if wish.locked else facts.RoomUnlocked(actor.signature),)


def _open_item(state: State, wish: commands.OpenItem, actor: Actor, _: int) -> Facts:
    if wish.item_id == state.current_item_id:
        return ()
    if not wish.item_id:
        return (facts.ItemClosed(actor.signature, state.current_item_id),)
    known_item(state, wish.item_id)
    return (facts.ItemOpened(actor.signature, wish.item_id),)


# ------------------------------------------------------------ coming and going


def _join(state: State, wish: commands.Join, actor: Actor, now_ms: int) -> Facts:
    person = state.people[actor.person_id]
    if (same := state.sessions.get(wish.session_id)) is not None:
        if same.person_id != person.person_id:
            raise Refused("meeting.not_yours")
        return ()
    entering.may_come(state, person, now_ms)
    before = state.session_of(person.person_id)
    joined = facts.Joined(person.person_id, wish.session_id)
    if before is None:
        return (joined,)
    return (facts.Left(before.session_id, "replaced", now_ms), joined)


def _leave(state: State, wish: commands.Leave, actor: Actor, now_ms: int) -> Facts:
    session = state.sessions.get(wish.session_id)
    if session is None:
        return ()
    if actor.person_id and session.person_id != actor.person_id:
        raise Refused("meeting.not_yours")
    since_ms = min(wish.since_ms or now_ms, now_ms)
    return (facts.Left(wish.session_id, wish.reason, max(since_ms, session.joined_ms), actor.person_id),)


def _confirm(state: State, wish: commands.ConfirmPresence, actor: Actor, _: int) -> Facts:
    session = _session(state, wish.session_id)
    if actor.person_id and session.person_id != actor.person_id:
        raise Refused("meeting.not_yours")
    # An act outlives the media: whoever acted stays present while connected. The reverse adds nothing.
    if session.evidence in ("act", wish.evidence):
        return ()
    return (facts.PresenceConfirmed(wish.session_id, wish.evidence),)


def _lose(state: State, wish: commands.LosePresence, _: Actor, now_ms: int) -> Facts:
    session = state.sessions.get(wish.session_id)
    if session is None or session.evidence != "media":
        return ()
    since_ms = max(min(wish.since_ms, now_ms), session.joined_ms)
    return (facts.PresenceLost(wish.session_id, since_ms),)


def _remove(state: State, wish: commands.RemovePerson, actor: Actor, now_ms: int) -> Facts:
    if wish.person_id == actor.person_id:
        raise Refused("meeting.self_remove")
    if wish.person_id not in state.people:
        raise NotFound("meeting.no_person")
    if state.role(wish.person_id) == "chair":
        raise Refused("meeting.not_allowed")
    session = state.session_of(wish.person_id)
    if session is None:  # nobody is sent out who is not there: whoever asked must know that it did nothing
        raise NotFound("meeting.no_session")
    return (facts.Left(session.session_id, "removed", now_ms, actor.signature),)


# ------------------------------------------------------------ microphone, camera, screen, hand, chat


def _set(
    name: str, fact: type[facts.MicrophoneSet | facts.CameraSet | facts.ScreenSet]
) -> Callable[[State, Any, Actor, int], Facts]:
    def decide_it(state: State, wish: Any, actor: Actor, _: int) -> Facts:
        session = _session(state, wish.session_id)
        if session.person_id != actor.person_id:
            if state.role(actor.person_id) not in roles.LEADERS:
                raise Refused("meeting.not_yours")
            if wish.on:
                raise Refused("meeting.only_off")
        if getattr(session, name) == wish.on:
            return ()
        return (fact(wish.session_id, wish.on, actor.person_id),)

    return decide_it


def _raise_hand(state: State, _: Command, actor: Actor, __: int) -> Facts:
    if actor.person_id in state.hands:
        return ()
    if state.session_of(actor.person_id) is None:
        raise NotFound("meeting.no_session")
    return (facts.HandRaised(actor.person_id),)


def _lower_hand(state: State, wish: commands.LowerHand, actor: Actor, _: int) -> Facts:
    if wish.person_id != actor.person_id and state.role(actor.person_id) not in roles.LEADERS:
        raise Refused("meeting.not_yours")
    return (facts.HandLowered(wish.person_id, actor.person_id),) if wish.person_id in state.hands else ()


def _say(state: State, wish: commands.Say, actor: Actor, _: int) -> Facts:
    if state.chat.has(wish.chat_id):
        return ()
    if state.session_of(actor.person_id) is None:
        raise NotFound("meeting.no_session")
    return (facts.ChatSaid(wish.chat_id, actor.person_id, words(wish.text)),)


# ------------------------------------------------------------ what the server reports


def _interruption(state: State, wish: commands.ReportInterruption, _: Actor, now_ms: int) -> Facts:
    """Whose media the media plane saw flowing all the while was there; then only the others' presence ends."""
    since_ms = min(wish.since_ms, now_ms)
    kept = {one for one in wish.flowing if one in state.sessions and state.sessions[one].evidence}
    if not kept:
        return (facts.ServiceInterrupted(since_ms),)
    return tuple(
        facts.PresenceLost(one.session_id, max(since_ms, one.joined_ms))
        for one in state.sessions.values()
        if one.evidence and one.session_id not in kept
    )


def _media_down(state: State, wish: commands.ReportMediaDown, _: Actor, now_ms: int) -> Facts:
    return () if state.media_down_since_ms else (facts.MediaInterrupted(min(wish.since_ms, now_ms)),)


def _media_up(state: State, _: Command, __: Actor, ___: int) -> Facts:
    return (facts.MediaRestored(),) if state.media_down_since_ms else ()


# ------------------------------------------------------------ looking up


def _session(state: State, session_id: str) -> Session:
    session = state.sessions.get(session_id)
    if session is None:
        raise NotFound("meeting.no_session")
    return session


_DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.PlanMeeting: _plan,
    commands.CancelMeeting: _cancel,
    commands.OpenMeeting: _open,
    commands.CloseMeeting: _close,
    commands.LockRoom: _lock,
    commands.OpenItem: _open_item,
    commands.RemovePerson: _remove,
    commands.Join: _join,
    commands.Leave: _leave,
    commands.ConfirmPresence: _confirm,
    commands.LosePresence: _lose,
    commands.SetMicrophone: _set("microphone", facts.MicrophoneSet),
    commands.SetCamera: _set("camera", facts.CameraSet),
    commands.SetScreen: _set("screen", facts.ScreenSet),
    commands.RaiseHand: _raise_hand,
    commands.LowerHand: _lower_hand,
    commands.Say: _say,
    **recurrence.DECIDE,
    **entering.DECIDE,
    **attaching.DECIDE,
    **inviting.DECIDE,
    **writing.DECIDE,
    **remarking.DECIDE,
    **procedure.DECIDE,
    **checkin.DECIDE,
    **speaking.DECIDE,
    **deciding.DECIDE,
    **approving.DECIDE,
    **taking.DECIDE,
    **composing.DECIDE,
    **lasting.DECIDE,
    commands.ReportInterruption: _interruption,
    commands.ReportMediaDown: _media_down,
    commands.ReportMediaUp: _media_up,
}
