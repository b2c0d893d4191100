"""Mufakat and votes: which facts follow from a wish. One function per command, as in rules.py. Pure.

The course: consensus is called for -> nobody objects: adopted; somebody does: a vote may follow on the same motion.
What was adopted is recorded as a decision in the same append, so that no result is ever without its line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from server.errors import Invalid, NotFound, Refused
from server.meeting import ballots, commands, facts, motions, roles
from server.meeting.commands import SERVER, Actor, Command
from server.meeting.deliberation import Motion
from server.meeting.facts import Fact, Method
from server.meeting.state import State
from server.meeting.writing import known_item, words

Facts: TypeAlias = tuple[Fact, ...]

LONGEST_SECONDS = 24 * 3_600
SHORTEST_SECONDS = 5


# ------------------------------------------------------------ consensus


def _call(state: State, wish: commands.CallConsensus, actor: Actor, now_ms: int) -> Facts:
    if wish.motion_id in state.deliberation.motions:
        return ()
    _nothing_open(state)
    if wish.item_id:
        known_item(state, wish.item_id)
    until_ms = now_ms + _seconds(wish.seconds) * 1000
    number = _next_number(state)
    return (facts.ConsensusCalled(actor.signature, wish.motion_id, number, wish.item_id, words(wish.text), until_ms),)


def _object(state: State, wish: commands.RaiseObjection, actor: Actor, _: int) -> Facts:
    motion = _in(state, wish.motion_id, "consensus")
    if actor.person_id not in motions.members(state):
        raise Refused("vote.not_eligible")
    if motion.objections.get(actor.person_id) == wish.reason:
        return ()
    return (facts.Objected(wish.motion_id, actor.person_id, wish.reason.strip()),)


def _take_back(state: State, wish: commands.WithdrawObjection, actor: Actor, _: int) -> Facts:
    motion = _in(state, wish.motion_id, "consensus")
    if actor.person_id not in motion.objections:
        return ()
    return (facts.ObjectionWithdrawn(wish.motion_id, actor.person_id),)


def _close_consensus(state: State, wish: commands.CloseConsensus, actor: Actor, now_ms: int) -> Facts:
    motion = _in(state, wish.motion_id, "consensus")
    _is_due(motion, actor, now_ms)
    if motion.objections:
        return (facts.ConsensusFailed(actor.signature, motion.motion_id),)
    procedure = state.deliberation.procedure
    if procedure.votes_need_quorum and not motions.quorum(state).reached:
        return (facts.ConsensusFailed(actor.signature, motion.motion_id),)
    reached = facts.ConsensusReached(actor.signature, motion.motion_id, motions.present_members(state))
    return (reached, _decision(state, motion, actor, "mufakat"))


# ------------------------------------------------------------ the vote


def _open_vote(state: State, wish: commands.OpenVote, actor: Actor, now_ms: int) -> Facts:
    motion = state.deliberation.motions.get(wish.motion_id)
    if motion is not None and motion.phase != "objected":
        return ()  # said twice
    _nothing_open(state)
    _need_quorum(state)
    if wish.ballot == "secret" and not wish.key:
        raise Refused("vote.no_box")
    if motion is None and wish.item_id:
        known_item(state, wish.item_id)
    return (
        facts.VoteOpened(
            actor.signature,
            wish.motion_id,
            motion.number if motion else _next_number(state),
            motion.item_id if motion else wish.item_id,
            motion.text if motion else words(wish.text),
            wish.ballot,
            wish.share,
            wish.of,
            wish.abstentions_count,
            wish.tie,
            motions.members(state),
            now_ms + _seconds(wish.seconds) * 1000,
            wish.key if wish.ballot == "secret" else "",
        ),
    )


def _cast(state: State, wish: commands.CastVote, actor: Actor, now_ms: int) -> Facts:
    motion = _in(state, wish.motion_id, "vote")
    if motion.ballot == "secret":
        raise Refused("vote.secret")
    member_id = _voter(state, motion, wish.member_id, actor, now_ms)
    before = motion.votes.get(member_id)
    if before is not None and before.choice == wish.choice:
        return ()
    return (facts.VoteCast(wish.motion_id, actor.person_id, member_id, wish.choice),)


def _take_ballot(state: State, wish: commands.TakeBallot, actor: Actor, now_ms: int) -> Facts:
    motion = _in(state, wish.motion_id, "vote", "counting")
    if motion.ballot != "secret":
        raise Refused("vote.not_secret")
    own = motion.granted.get(wish.member_id or actor.person_id)
    if own and own == wish.paper:
        return ()  # the answer was lost, so it is asked for again, perhaps late
    if motion.phase == "counting":
        raise Refused("vote.closed")
    member_id = _voter(state, motion, wish.member_id, actor, now_ms)
    if own is not None:
        raise Refused("vote.already")
    return (facts.BallotGranted(wish.motion_id, actor.person_id, member_id, wish.paper),)


def box_takes(state: State, motion_id: str, now_ms: int) -> Motion:
    """The secret ballot that a paper may be put into now; whose paper it is, nobody asks. Refused."""
    motion = _in(state, motion_id, "vote", "counting")
    if motion.ballot != "secret":
        raise Refused("vote.not_secret")
    if motion.phase == "vote":
        _need_quorum(state)
    elif now_ms >= motion.sealed_ms + ballots.LATE_MS:
        raise Refused("vote.closed")
    return motion


def _voter(state: State, motion: Motion, member_id: str, actor: Actor, now_ms: int) -> str:
    """For whom the actor votes; refuses who may not, or too late, or while there is no quorum."""
    member_id = member_id or actor.person_id
    if now_ms > motion.until_ms:
        raise Refused("vote.closed")
    if member_id not in motion.eligible:
        raise Refused("vote.not_eligible")
    if member_id != actor.person_id and not _may_speak_for(state, motion, member_id, actor):
        raise Refused("vote.not_yours")
    _need_quorum(state)
    return member_id


def _may_speak_for(state: State, motion: Motion, member_id: str, actor: Actor) -> bool:
    if state.deliberation.stand_ins.get(member_id) == actor.person_id:
        return True
    marked = any(
        mark.person_id == member_id and mark.place == "room" and not mark.until_ms
        for mark in state.deliberation.marks.values()
    )
    return marked and motion.ballot != "secret" and state.role(actor.person_id) in roles.LEADERS


def _close_vote(state: State, wish: commands.CloseVote, actor: Actor, now_ms: int) -> Facts:
    motion = _in(state, wish.motion_id, "vote")
    _is_due(motion, actor, now_ms)
    if motion.ballot == "secret":
        present = len(motions.present_members(state))
        return (facts.BallotsSealed(actor.signature, motion.motion_id, present, _is_quorate(state)),)
    counts = motions.tally(vote.choice for vote in motion.votes.values())
    by_name = tuple(
        (member_id, motion.votes[member_id].choice) for member_id in motion.eligible if member_id in motion.votes
    )
    votes = by_name if motion.ballot == "roll_call" else ()
    present = len(motions.present_members(state))
    outcome = motions.outcome(motion, counts, present, quorate=_is_quorate(state))
    closed = facts.VoteClosed(
        actor.signature, motion.motion_id, counts.yes, counts.no, counts.abstain, present, outcome, votes
    )
    return _with_decision(state, motion, closed, actor)


def _ballots(state: State, wish: commands.ReportBallots, actor: Actor, _: int) -> Facts:
    """The box is open: what it holds is published whole, and counted as it is published."""
    motion = _in(state, wish.motion_id, "counting")
    box = ballots.in_order(wish.ballots)
    if len({one.receipt for one in box}) < len(box) or len(box) > len(motion.granted):
        raise Invalid("vote.count")
    counts = motions.tally(one.choice for one in box)
    outcome = motions.outcome(motion, counts, motion.present, quorate=motion.quorate)
    closed = facts.VoteClosed(
        actor.signature,
        motion.motion_id,
        counts.yes,
        counts.no,
        counts.abstain,
        motion.present,
        outcome,
        digest=ballots.digest(box),
    )
    return (facts.BallotsPublished(motion.motion_id, box), *_with_decision(state, motion, closed, actor))


def countable(state: State, now_ms: int, boxed: int) -> Motion | None:
    """The secret ballot whose box is to be opened now: all handed-out papers are in it, or have had their time."""
    motion = state.deliberation.open_motion
    if motion is None or motion.phase != "counting":
        return None
    ripe = boxed >= len(motion.granted) or now_ms >= motion.sealed_ms + ballots.LATE_MS
    return motion if ripe else None


def _with_decision(state: State, motion: Motion, closed: facts.VoteClosed, actor: Actor) -> Facts:
    return (closed, _decision(state, motion, actor, "vote")) if closed.outcome == "adopted" else (closed,)


def _is_quorate(state: State) -> bool:
    return not state.deliberation.procedure.votes_need_quorum or motions.quorum(state).reached


def _break_tie(state: State, wish: commands.BreakTie, actor: Actor, _: int) -> Facts:
    motion = _in(state, wish.motion_id, "tied")
    if wish.choice == "abstain":
        raise Invalid("vote.tie_choice")
    broken = facts.TieBroken(actor.signature, motion.motion_id, wish.choice)
    return (broken, _decision(state, motion, actor, "vote")) if wish.choice == "yes" else (broken,)


def _withdraw(state: State, wish: commands.WithdrawMotion, actor: Actor, _: int) -> Facts:
    motion = state.deliberation.motions.get(wish.motion_id)
    if motion is None:
        raise NotFound("vote.unknown")
    if motion.phase not in ("consensus", "objected", "vote", "tied"):  # a box that is being opened is published
        raise Refused("vote.closed")
    return (facts.MotionWithdrawn(actor.signature, motion.motion_id, wish.reason.strip()),)


# ------------------------------------------------------------ looking up


def _in(state: State, motion_id: str, *phases: str) -> Motion:
    motion = state.deliberation.motions.get(motion_id)
    if motion is None:
        raise NotFound("vote.unknown")
    if motion.phase not in phases:
        raise Refused("vote.closed")
    return motion


def _nothing_open(state: State) -> None:
    """One question at a time, and none while the meeting is put off."""
    if state.deliberation.adjourned is not None:
        raise Refused("adjourn.until_then")
    if state.deliberation.open_motion is not None:
        raise Refused("vote.another")


def _need_quorum(state: State) -> None:
    if state.deliberation.procedure.votes_need_quorum and not (there := motions.quorum(state)).reached:
        raise Refused("vote.no_quorum", present=there.present, needed=there.needed)


def _is_due(motion: Motion, actor: Actor, now_ms: int) -> None:
    """The server closes at the time, not before; unless all have voted."""
    if actor is SERVER and now_ms < motion.until_ms and not everybody_voted(motion):
        raise Refused("vote.open")


def everybody_voted(motion: Motion) -> bool:
    """Or, of a secret ballot, has their paper."""
    return motion.phase == "vote" and motion.voted >= frozenset(motion.eligible)


def _seconds(seconds: int) -> int:
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise Invalid("vote.seconds", low=SHORTEST_SECONDS, high=LONGEST_SECONDS)
    return seconds


def _next_number(state: State) -> int:
    return len(state.deliberation.motions) + 1  # withdrawn ones keep theirs


def _decision(state: State, motion: Motion, actor: Actor, method: Method) -> facts.DecisionRecorded:
    number = len(state.decisions) + 1
    return facts.DecisionRecorded(
        actor.signature, f"motion-{motion.motion_id}", number, motion.item_id, motion.text, method, motion.motion_id
    )


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.CallConsensus: _call,
    commands.RaiseObjection: _object,
    commands.WithdrawObjection: _take_back,
    commands.CloseConsensus: _close_consensus,
    commands.OpenVote: _open_vote,
    commands.CastVote: _cast,
    commands.TakeBallot: _take_ballot,
    commands.CloseVote: _close_vote,
    commands.ReportBallots: _ballots,
    commands.BreakTie: _break_tie,
    commands.WithdrawMotion: _withdraw,
}
