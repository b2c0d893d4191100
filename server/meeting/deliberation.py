"""How far the meeting has got in deciding: its rules of procedure, corrections of presence, motions, the floor.

A frozen part of State with its own `apply`. Pure: no rights, no clock. What is on a secret ballot is never here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias

from server.meeting import facts
from server.meeting.facts import (
    Ballot,
    Choice,
    Fact,
    Outcome,
    Place,
    QuorumKind,
    RemarkRule,
    Share,
    ShareOf,
    Tie,
)
from server.meeting.quorum import QuorumRule, rule_of

Phase: TypeAlias = Literal[
    "consensus", "objected", "vote", "counting", "tied", "adopted", "rejected", "void", "withdrawn"
]
"""objected: somebody stood by an objection, a vote may follow; counting: no secret ballot paper is handed out any
more, the last ones come in."""

OPEN: frozenset[Phase] = frozenset({"consensus", "vote", "counting", "tied"})


@dataclass(frozen=True, slots=True)
class Procedure:
    """As in facts.RulesSet."""

    quorum: QuorumKind = "half"
    quorum_number: int = 0
    votes_need_quorum: bool = True
    turn_seconds: int = 0
    first_speeches_first: bool = True
    preset: str = ""
    secretary_counts: bool = True
    remarks: RemarkRule = "nobody"

    @property
    def rule(self) -> QuorumRule:
        """What the quorum is, as arithmetic."""
        return rule_of(self.quorum, self.quorum_number, secretary_counts=self.secretary_counts)

    @property
    def asks(self) -> tuple[object, ...]:
        """What of the rules says who has to be there."""
        return (self.quorum, self.quorum_number, self.votes_need_quorum, self.preset, self.secretary_counts)


@dataclass(frozen=True, slots=True)
class Adjournment:
    """`times`: the how manyeth, from 1."""

    times: int
    since_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Mark:
    mark_id: str
    person_id: str
    place: Place
    from_ms: int
    until_ms: int  # 0: still


@dataclass(frozen=True, slots=True)
class InRoom:
    """Checked in, and not out again. What they signed is in the fact, not here."""

    room_id: str
    mark_id: str


@dataclass(frozen=True, slots=True)
class Vote:
    person_id: str  # who cast it
    choice: Choice


@dataclass(frozen=True, slots=True)
class Motion:
    motion_id: str
    number: int
    item_id: str
    text: str
    phase: Phase
    opened_ms: int
    until_ms: int
    objections: Mapping[str, str] = field(default_factory=dict)  # person_id -> reason, of those who stand by it
    ballot: Ballot = "hands"
    share: Share = "half"
    of: ShareOf = "cast"
    abstentions_count: bool = False
    tie: Tie = "rejected"
    eligible: tuple[str, ...] = ()
    votes: Mapping[str, Vote] = field(default_factory=dict)  # member_id -> vote, open ballots only
    granted: Mapping[str, str] = field(
        default_factory=dict
    )  # member_id -> its secret ballot paper, as in BallotGranted
    key: str = ""  # of the secret ballot's box
    sealed_ms: int = 0  # since when no paper is handed out; 0: not yet
    quorate: bool = True  # when it was sealed
    yes: int = 0
    no: int = 0
    abstain: int = 0
    present: int = 0
    by_name: tuple[tuple[str, Choice], ...] = ()
    digest: str = ""
    receipts: tuple[tuple[str, Choice], ...] = ()  # the secret ballots that were counted

    @property
    def voted(self) -> frozenset[str]:
        """member_ids whose vote is in; of a secret ballot: whose paper was handed out."""
        return frozenset((*self.votes, *self.granted))


@dataclass(frozen=True, slots=True)
class Floor:
    person_id: str
    since_ms: int
    until_ms: int  # 0: no limit


@dataclass(frozen=True, slots=True)
class Deliberation:
    procedure: Procedure = Procedure()
    quorate: bool | None = None  # as last told; None: never told
    adjourned: Adjournment | None = None  # for want of a quorum, and not resumed yet
    adjournments: int = 0  # how many there were
    marks: Mapping[str, Mark] = field(default_factory=dict)
    strikes: frozenset[str] = frozenset()  # mark_ids of PresenceStruck, so that one is told once
    rooms: tuple[str, ...] = ()  # person_ids of meeting rooms whose people share one device
    check_ins: Mapping[str, InRoom] = field(default_factory=dict)  # person_id -> where they are
    excused: Mapping[str, str] = field(default_factory=dict)  # person_id -> reason
    stand_ins: Mapping[str, str] = field(default_factory=dict)  # person_id -> who is there for them
    motions: Mapping[str, Motion] = field(default_factory=dict)
    floor: Floor | None = None
    speeches: Mapping[str, int] = field(default_factory=dict)  # person_id -> how often they spoke on the current item

    @property
    def open_motion(self) -> Motion | None:
        """At most one is before the meeting at a time."""
        return next((one for one in self.motions.values() if one.phase in OPEN), None)


def apply(before: Deliberation, fact: Fact, at_ms: int) -> Deliberation:
    """After one more fact; one that says nothing here changes nothing."""
    change = _APPLY.get(type(fact))
    return before if change is None else change(before, fact, at_ms)


def _motion(before: Deliberation, motion_id: str, **changes: Any) -> Deliberation:
    motion = replace(before.motions[motion_id], **changes)
    return replace(before, motions={**before.motions, motion_id: motion})


def _rules(before: Deliberation, fact: facts.RulesSet, _: int) -> Deliberation:
    return replace(before, procedure=procedure_of(fact))


def procedure_of(fact: facts.RulesSet) -> Procedure:
    return Procedure(**{one.name: getattr(fact, one.name) for one in fields(Procedure)})


def _adjourned(before: Deliberation, fact: facts.MeetingAdjourned, at_ms: int) -> Deliberation:
    return replace(before, adjourned=Adjournment(fact.times, at_ms, fact.until_ms), adjournments=fact.times)


def _resumed(before: Deliberation, _: Fact, __: int) -> Deliberation:
    return replace(before, adjourned=None)


def _quorate(before: Deliberation, fact: Fact, _: int) -> Deliberation:
    return replace(before, quorate=isinstance(fact, facts.QuorumReached))


def _marked(before: Deliberation, fact: facts.PresenceMarked, _: int) -> Deliberation:
    mark = Mark(fact.mark_id, fact.person_id, fact.place, fact.from_ms, fact.until_ms)
    check_ins = before.check_ins
    if fact.until_ms:
        check_ins = {who: one for who, one in check_ins.items() if one.mark_id != fact.mark_id}
    return replace(before, marks={**before.marks, fact.mark_id: mark}, check_ins=check_ins)


def _room_added(before: Deliberation, fact: facts.RoomDeviceAdded, _: int) -> Deliberation:
    return replace(before, rooms=(*before.rooms, fact.person_id))


def _checked_in(before: Deliberation, fact: facts.CheckedIn, _: int) -> Deliberation:
    where = InRoom(fact.room_id, fact.mark_id)
    return replace(before, check_ins={**before.check_ins, fact.person_id: where})


def _struck(before: Deliberation, fact: facts.PresenceStruck, _: int) -> Deliberation:
    return replace(before, strikes=before.strikes | {fact.mark_id})


def _excused(before: Deliberation, fact: facts.AbsenceExcused, _: int) -> Deliberation:
    return replace(before, excused=_named(before.excused, fact.person_id, fact.reason))


def _stand_in(before: Deliberation, fact: facts.StandInNamed, _: int) -> Deliberation:
    return replace(before, stand_ins=_named(before.stand_ins, fact.person_id, fact.stand_in_id))


def _named(names: Mapping[str, str], key: str, value: str) -> Mapping[str, str]:
    """An empty value takes the name away."""
    others = {kept: one for kept, one in names.items() if kept != key}
    return {**others, key: value} if value else others


def _revoked(before: Deliberation, fact: facts.InvitationRevoked, _: int) -> Deliberation:
    gone = fact.person_id
    return replace(
        before,
        excused=_named(before.excused, gone, ""),
        stand_ins={key: one for key, one in before.stand_ins.items() if gone not in (key, one)},
    )


def _consensus(before: Deliberation, fact: facts.ConsensusCalled, at_ms: int) -> Deliberation:
    motion = Motion(fact.motion_id, fact.motion_number, fact.item_id, fact.text, "consensus", at_ms, fact.until_ms)
    return replace(before, motions={**before.motions, fact.motion_id: motion})


def _objected(before: Deliberation, fact: facts.Objected, _: int) -> Deliberation:
    objections = {**before.motions[fact.motion_id].objections, fact.person_id: fact.reason}
    return _motion(before, fact.motion_id, objections=objections)


def _objection_withdrawn(before: Deliberation, fact: facts.ObjectionWithdrawn, _: int) -> Deliberation:
    standing = before.motions[fact.motion_id].objections
    objections = {who: why for who, why in standing.items() if who != fact.person_id}
    return _motion(before, fact.motion_id, objections=objections)


def _agreed(before: Deliberation, fact: facts.ConsensusReached, _: int) -> Deliberation:
    return _motion(before, fact.motion_id, phase="adopted", present=len(fact.present))


def _not_agreed(before: Deliberation, fact: facts.ConsensusFailed, _: int) -> Deliberation:
    return _motion(before, fact.motion_id, phase="objected")


def _vote_opened(before: Deliberation, fact: facts.VoteOpened, at_ms: int) -> Deliberation:
    earlier = before.motions.get(fact.motion_id)
    motion = Motion(
        fact.motion_id,
        fact.motion_number,
        fact.item_id,
        fact.text,
        "vote",
        at_ms,
        fact.until_ms,
        earlier.objections if earlier else {},
        fact.ballot,
        fact.share,
        fact.of,
        fact.abstentions_count,
        fact.tie,
        fact.eligible,
        key=fact.key,
    )
    return replace(before, motions={**before.motions, fact.motion_id: motion})


def _cast(before: Deliberation, fact: facts.VoteCast, _: int) -> Deliberation:
    if not fact.choice:  # only in what viewers get
        return before
    votes = {**before.motions[fact.motion_id].votes, fact.member_id: Vote(fact.person_id, fact.choice)}
    return _motion(before, fact.motion_id, votes=votes)


def _granted(before: Deliberation, fact: facts.BallotGranted, _: int) -> Deliberation:
    granted = {**before.motions[fact.motion_id].granted, fact.member_id: fact.paper}
    return _motion(before, fact.motion_id, granted=granted)


def _sealed(before: Deliberation, fact: facts.BallotsSealed, at_ms: int) -> Deliberation:
    changes = {"present": fact.present, "sealed_ms": at_ms, "quorate": fact.quorate}
    return _motion(before, fact.motion_id, phase="counting", **changes)


def _published(before: Deliberation, fact: facts.BallotsPublished, _: int) -> Deliberation:
    return _motion(before, fact.motion_id, receipts=tuple((one.receipt, one.choice) for one in fact.ballots))


_PHASE: Mapping[Outcome, Phase] = {"adopted": "adopted", "rejected": "rejected", "tied": "tied", "void": "void"}


def _vote_closed(before: Deliberation, fact: facts.VoteClosed, _: int) -> Deliberation:
    return _motion(
        before,
        fact.motion_id,
        phase=_PHASE[fact.outcome],
        yes=fact.yes,
        no=fact.no,
        abstain=fact.abstain,
        present=fact.present,
        by_name=fact.votes,
        digest=fact.digest,
    )


def _tie_broken(before: Deliberation, fact: facts.TieBroken, _: int) -> Deliberation:
    return _motion(before, fact.motion_id, phase="adopted" if fact.choice == "yes" else "rejected")


def _withdrawn(before: Deliberation, fact: facts.MotionWithdrawn, _: int) -> Deliberation:
    return _motion(before, fact.motion_id, phase="withdrawn")


def _floor_given(before: Deliberation, fact: facts.FloorGiven, at_ms: int) -> Deliberation:
    speeches = {**before.speeches, fact.person_id: before.speeches.get(fact.person_id, 0) + 1}
    return replace(before, floor=Floor(fact.person_id, at_ms, fact.until_ms), speeches=speeches)


def _floor_ended(before: Deliberation, _: Fact, __: int) -> Deliberation:
    return replace(before, floor=None)


def _new_item(before: Deliberation, _: Fact, __: int) -> Deliberation:
    """First and second speeches are counted per agenda item."""
    return replace(before, speeches={})


_APPLY: dict[type[Fact], Callable[[Deliberation, Any, int], Deliberation]] = {
    facts.RulesSet: _rules,
    facts.MeetingAdjourned: _adjourned,
    facts.MeetingResumed: _resumed,
    facts.QuorumReached: _quorate,
    facts.QuorumLost: _quorate,
    facts.PresenceMarked: _marked,
    facts.PresenceStruck: _struck,
    facts.RoomDeviceAdded: _room_added,
    facts.CheckedIn: _checked_in,
    facts.AbsenceExcused: _excused,
    facts.StandInNamed: _stand_in,
    facts.InvitationRevoked: _revoked,
    facts.ConsensusCalled: _consensus,
    facts.Objected: _objected,
    facts.ObjectionWithdrawn: _objection_withdrawn,
    facts.ConsensusReached: _agreed,
    facts.ConsensusFailed: _not_agreed,
    facts.VoteOpened: _vote_opened,
    facts.VoteCast: _cast,
    facts.BallotGranted: _granted,
    facts.BallotsSealed: _sealed,
    facts.BallotsPublished: _published,
    facts.VoteClosed: _vote_closed,
    facts.TieBroken: _tie_broken,
    facts.MotionWithdrawn: _withdrawn,
    facts.FloorGiven: _floor_given,
    facts.FloorEnded: _floor_ended,
    facts.ItemOpened: _new_item,
    facts.MeetingClosed: _resumed,
}
KINDS = frozenset(_APPLY) - {facts.InvitationRevoked, facts.ItemOpened, facts.MeetingClosed}
"""The kinds of fact that change nothing else of the meeting."""
