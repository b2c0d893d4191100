"""Which fact says what now: the last one that set each thing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from server.meeting import facts
from server.meeting.facts import NumberedFact


@dataclass(slots=True)
class Sources:
    """Numbers of facts, by what they are about. `items`: every item_id that something was written under, in order.
    `confirmed`: person_id -> the fact that first confirmed the person's presence."""

    plan: int = 0
    agenda: int = 0
    approval: int = 0
    ralat: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    quorum: list[NumberedFact] = field(default_factory=list)  # whatever the quorum's lines are made of
    rules: list[NumberedFact] = field(default_factory=list)
    motions: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, int] = field(default_factory=dict)
    actions: dict[str, int] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)
    carried: dict[tuple[str, str], int] = field(default_factory=dict)
    items: dict[str, None] = field(default_factory=dict)
    confirmed: dict[str, NumberedFact] = field(default_factory=dict)

    @classmethod
    def of(cls, journal: Sequence[NumberedFact]) -> Sources:
        found = cls()
        person_of: dict[str, str] = {}  # session_id -> person_id
        for one in journal:
            match one.fact:
                case facts.Joined(person_id=person_id, session_id=session_id):
                    person_of[session_id] = person_id
                case facts.PresenceConfirmed(session_id=session_id) if session_id in person_of:
                    found.confirmed.setdefault(person_of[session_id], one)
                case _:
                    found._read(one)
        return found

    def _read(self, one: NumberedFact) -> None:
        match one.fact:
            case facts.MeetingPlanned() | facts.MeetingReplanned():
                self.plan = one.number
            case facts.AgendaSet():
                self.agenda = one.number
            case facts.Invited(person_id=key) | facts.InvitationChanged(person_id=key):
                self.people[key] = one.number
            case facts.NotesWritten(item_id=key) | facts.NotesAdopted(item_id=key):
                self.notes[key] = one.number
                self.items[key] = None
            case facts.DecisionRecorded(decision_id=key, item_id=item_id):
                self.decisions[key] = one.number
                self.items[item_id] = None
            case facts.DecisionCorrected(decision_id=key) | facts.DecisionWithdrawn(decision_id=key):
                self.decisions[key] = one.number
            case facts.ActionRecorded(action_id=key, item_id=item_id):
                self.actions[key] = one.number
                self.items[item_id] = None
            case facts.ActionCorrected(action_id=key) | facts.ActionWithdrawn(action_id=key):
                self.actions[key] = one.number
            case facts.StatementRecorded(statement_id=key, item_id=item_id):
                self.statements[key] = one.number
                self.items[item_id] = None
            case facts.StatementCorrected(statement_id=key) | facts.StatementWithdrawn(statement_id=key):
                self.statements[key] = one.number
            case _:
                self._read_motion(one)

    def _read_motion(self, one: NumberedFact) -> None:
        match one.fact:
            case facts.MinutesApproved():
                self.approval = one.number
            case (
                facts.ActionCarried(origin_id=origin_id, action_id=key)
                | facts.CarriedSettled(origin_id=origin_id, action_id=key)
            ):
                self.carried[origin_id, key] = one.number
            case facts.RalatRecorded(ralat_id=key):
                self.ralat[key] = one.number
            case facts.QuorumReached() | facts.QuorumLost() | facts.MeetingAdjourned() | facts.MeetingResumed():
                self.quorum.append(one)
            case facts.RulesSet():
                self.quorum.append(one)
                self.rules.append(one)
            case (
                facts.ConsensusCalled(motion_id=key, item_id=item_id) | facts.VoteOpened(motion_id=key, item_id=item_id)
            ):
                self.motions[key] = one.number
                self.items[item_id] = None
            case facts.ConsensusReached(motion_id=key) | facts.ConsensusFailed(motion_id=key):
                self.motions[key] = one.number
            case (
                facts.VoteClosed(motion_id=key) | facts.TieBroken(motion_id=key) | facts.MotionWithdrawn(motion_id=key)
            ):
                self.motions[key] = one.number
            case _:
                pass
