"""The meeting as it stands after its facts: a frozen value and `apply`, one small function per kind of fact.

Pure: no clock, no rights, no text. What grows without end (chat) is kept in a persistent chunked sequence, so that a
fact costs the same after ten thousand of them; everything else is bounded by people, items and sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, TypeVar

from server.meeting import attaching, correspondence, deliberation, facts, keeping, minutes, recording, recurrence
from server.meeting.attaching import Attachments
from server.meeting.correspondence import Correspondence
from server.meeting.deliberation import Deliberation
from server.meeting.facts import AgendaItem, Fact, NumberedFact, Role
from server.meeting.keeping import Keeping
from server.meeting.minutes import Minutes
from server.meeting.recording import Recording
from server.meeting.recurrence import Recurring
from server.meeting.things import (
    ActionLine,
    Chat,
    ChatLine,
    Decision,
    Entry,
    Notes,
    Person,
    Plan,
    Remark,
    Session,
    Statement,
    Waiting,
)

__all__ = [
    "ActionLine",
    "Chat",
    "ChatLine",
    "Decision",
    "Entry",
    "Notes",
    "Person",
    "Plan",
    "Remark",
    "Session",
    "State",
    "Statement",
    "Status",
    "Waiting",
    "apply",
    "replay",
]

Status: TypeAlias = Literal["none", "planned", "open", "closed", "cancelled"]
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class State:
    """Everything that the facts so far add up to."""

    meeting_id: str
    number: int = 0  # of the last fact
    at_ms: int = 0  # of the last fact
    status: Status = "none"
    plan: Plan = field(default_factory=Plan)
    items: tuple[AgendaItem, ...] = ()
    opened_ms: int = 0
    closed_ms: int = 0
    cancel_reason: str = ""
    locked: bool = False
    current_item_id: str = ""
    current_item_since_ms: int = 0
    touched_items: frozenset[str] = frozenset()  # have facts: they may not leave the agenda
    people: Mapping[str, Person] = field(default_factory=dict)
    invited_ever: int = 0  # a person_id is never used twice, not even after an invitation was revoked
    sessions: Mapping[str, Session] = field(default_factory=dict)
    hands: tuple[str, ...] = ()
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    admitted: Mapping[str, str] = field(default_factory=dict)  # waiting_id -> person_id
    refused: frozenset[str] = frozenset()  # waiting_ids
    entry: Entry = field(default_factory=Entry)
    told_waiting: str = ""  # the last word to those who wait
    chat: Chat = field(default_factory=Chat)
    notes: Mapping[str, Notes] = field(default_factory=dict)
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    actions: Mapping[str, ActionLine] = field(default_factory=dict)
    statements: Mapping[str, Statement] = field(default_factory=dict)
    remarks: Mapping[str, Remark] = field(default_factory=dict)
    media_down_since_ms: int = 0
    deliberation: Deliberation = field(default_factory=Deliberation)
    minutes: Minutes = field(default_factory=Minutes)
    correspondence: Correspondence = field(default_factory=Correspondence)
    recording: Recording = field(default_factory=Recording)
    keeping: Keeping = field(default_factory=Keeping)
    recurring: Recurring = field(default_factory=Recurring)
    attachments: Attachments = field(default_factory=dict)  # by document_id

    def session_of(self, person_id: str) -> Session | None:
        """The person's device in the room; there is at most one."""
        return next((one for one in self.sessions.values() if one.person_id == person_id), None)

    def role(self, person_id: str) -> Role | None:
        person = self.people.get(person_id)
        return person.role if person else None

    def person_of_account(self, account_id: str) -> Person | None:
        if not account_id:
            return None
        return next((one for one in self.people.values() if one.account_id == account_id), None)

    def present(self) -> frozenset[str]:
        """person_ids of those who are there now: presence confirmed, or seen by the secretary."""
        online = (one.person_id for one in self.sessions.values() if one.evidence)
        marked = (one.person_id for one in self.deliberation.marks.values() if not one.until_ms)
        return frozenset((*online, *marked))


def apply(state: State, numbered: NumberedFact) -> State:
    """The state after one more fact. The fact was decided and journalled: nothing is checked here."""
    fact, at_ms = numbered.fact, numbered.at_ms
    changed = _APPLY[type(fact)](state, fact, at_ms)
    deliberated = deliberation.apply(state.deliberation, fact, at_ms)
    return replace(
        changed,
        number=numbered.number,
        at_ms=at_ms,
        deliberation=deliberated,
        minutes=minutes.apply(state.minutes, fact, at_ms),
        correspondence=correspondence.apply(state.correspondence, fact, at_ms),
        recording=recording.apply(state.recording, fact, at_ms),
        keeping=keeping.apply(state.keeping, fact, at_ms),
        recurring=recurrence.apply(state.recurring, fact, at_ms),
        attachments=attaching.apply(state.attachments, fact, at_ms),
    )


def replay(meeting_id: str, numbered: tuple[NumberedFact, ...]) -> State:
    """The state after all these facts."""
    state = State(meeting_id)
    for one in numbered:
        state = apply(state, one)
    return state


# ------------------------------------------------------------ small persistent changes


def _with(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return {**mapping, key: value}


def _without(mapping: Mapping[K, V], key: K) -> Mapping[K, V]:
    return {kept: value for kept, value in mapping.items() if kept != key}


def _touch(state: State, item_id: str) -> frozenset[str]:
    return state.touched_items if item_id in state.touched_items else state.touched_items | {item_id}


def _same(state: State, _: Fact, __: int) -> State:
    """Only a part of the state with its own apply changes."""
    return state


def _motion_item(state: State, fact: facts.ConsensusCalled | facts.VoteOpened, _: int) -> State:
    return replace(state, touched_items=_touch(state, fact.item_id))


def _floor_given(state: State, fact: facts.FloorGiven, _: int) -> State:
    return replace(state, hands=tuple(one for one in state.hands if one != fact.person_id))


def _session(state: State, session_id: str, **changes: Any) -> State:
    session = state.sessions.get(session_id)
    if session is None:
        return state
    return replace(state, sessions=_with(state.sessions, session_id, replace(session, **changes)))


# ------------------------------------------------------------ one function per kind


def _planned(state: State, fact: Any, _: int) -> State:
    plan = Plan(fact.title, fact.starts_ms, fact.ends_ms, fact.zone, fact.place, fact.letter_number, fact.letter_date)
    return replace(state, plan=plan, status="planned" if state.status == "none" else state.status)


def _letter_numbered(state: State, fact: facts.LetterNumbered, _: int) -> State:
    return replace(state, plan=replace(state.plan, letter_number=fact.number, letter_date=fact.dated))


def _cancelled(state: State, fact: facts.MeetingCancelled, _: int) -> State:
    return replace(state, status="cancelled", cancel_reason=fact.reason, waiting={})


def _agenda(state: State, fact: facts.AgendaSet, _: int) -> State:
    return replace(state, items=fact.items)


def _invited(state: State, fact: Any, _: int) -> State:
    before = state.people.get(fact.person_id)
    person = Person(
        fact.person_id,
        fact.name,
        fact.role,
        fact.function,
        fact.office,
        fact.rank,
        fact.nip,
        fact.email,
        fact.account_id,
        fact.post_id,
        fact.official_id,
        removed=before.removed if before else False,
        came=before.came if before else False,
        attended=before.attended if before else False,
    )
    ever = state.invited_ever + (1 if isinstance(fact, facts.Invited) else 0)
    return replace(state, people=_with(state.people, fact.person_id, person), invited_ever=ever)


def _revoked(state: State, fact: facts.InvitationRevoked, _: int) -> State:
    hands = tuple(one for one in state.hands if one != fact.person_id)
    return replace(state, people=_without(state.people, fact.person_id), hands=hands)


def _opened(state: State, _: Fact, at_ms: int) -> State:
    return replace(state, status="open", opened_ms=at_ms)


def _closed(state: State, _: Fact, at_ms: int) -> State:
    return replace(
        state,
        status="closed",
        closed_ms=at_ms,
        locked=False,
        current_item_id="",
        current_item_since_ms=0,
        hands=(),
        waiting={},
    )


def _locked(state: State, _: Fact, __: int) -> State:
    return replace(state, locked=True)


def _unlocked(state: State, _: Fact, __: int) -> State:
    return replace(state, locked=False)


def _item_opened(state: State, fact: facts.ItemOpened, at_ms: int) -> State:
    return replace(
        state,
        current_item_id=fact.item_id,
        current_item_since_ms=at_ms,
        touched_items=_touch(state, fact.item_id),
    )


def _item_closed(state: State, _: Fact, __: int) -> State:
    return replace(state, current_item_id="", current_item_since_ms=0)


def _guest_waiting(state: State, fact: facts.GuestWaiting, at_ms: int) -> State:
    one = Waiting(fact.waiting_id, fact.name, fact.office, fact.function, at_ms, fact.known)
    return replace(state, waiting=_with(state.waiting, fact.waiting_id, one))


def _guest_admitted(state: State, fact: facts.GuestAdmitted, _: int) -> State:
    return replace(
        state,
        waiting=_without(state.waiting, fact.waiting_id),
        admitted=_with(state.admitted, fact.waiting_id, fact.person_id),
    )


def _guest_refused(state: State, fact: facts.GuestRefused, _: int) -> State:
    waiting = _without(state.waiting, fact.waiting_id)
    return replace(state, waiting=waiting, refused=state.refused | {fact.waiting_id})


def _entry_set(state: State, fact: facts.EntrySet, _: int) -> State:
    return replace(state, entry=Entry.of(fact))


def _waiting_told(state: State, fact: facts.WaitingTold, _: int) -> State:
    return replace(state, told_waiting=fact.text)


def _guest_gone(state: State, fact: facts.GuestGone, _: int) -> State:
    return replace(state, waiting=_without(state.waiting, fact.waiting_id))


def _joined(state: State, fact: facts.Joined, at_ms: int) -> State:
    session = Session(fact.session_id, fact.person_id, at_ms)
    sessions = _with(state.sessions, fact.session_id, session)
    person = state.people.get(fact.person_id)
    if person is None or person.came:
        return replace(state, sessions=sessions)
    return replace(state, sessions=sessions, people=_with(state.people, fact.person_id, replace(person, came=True)))


def _presence_confirmed(state: State, fact: facts.PresenceConfirmed, _: int) -> State:
    session = state.sessions.get(fact.session_id)
    attended = _attended(state, session.person_id) if session else state
    return _session(attended, fact.session_id, evidence=fact.evidence)


def _presence_marked(state: State, fact: facts.PresenceMarked, _: int) -> State:
    return _attended(state, fact.person_id)


def _attended(state: State, person_id: str) -> State:
    person = state.people.get(person_id)
    if person is None or person.attended:
        return state
    return replace(state, people=_with(state.people, person_id, replace(person, attended=True)))


def _presence_lost(state: State, fact: facts.PresenceLost, _: int) -> State:
    return _session(state, fact.session_id, evidence=None)


def _left(state: State, fact: facts.Left, _: int) -> State:
    session = state.sessions.get(fact.session_id)
    if session is None:
        return state
    people = state.people
    person = people.get(session.person_id)
    if fact.reason == "removed" and person is not None:
        people = _with(people, session.person_id, replace(person, removed=True))
    hands = state.hands
    if fact.reason != "replaced":
        hands = tuple(one for one in hands if one != session.person_id)
    return replace(state, sessions=_without(state.sessions, fact.session_id), people=people, hands=hands)


def _interrupted(state: State, _: Fact, __: int) -> State:
    unconfirmed = {key: replace(one, evidence=None) for key, one in state.sessions.items()}
    return replace(state, sessions=unconfirmed, media_down_since_ms=0)


def _media_down(state: State, fact: facts.MediaInterrupted, _: int) -> State:
    return replace(state, media_down_since_ms=fact.since_ms)


def _media_up(state: State, _: Fact, __: int) -> State:
    return replace(state, media_down_since_ms=0)


def _microphone(state: State, fact: facts.MicrophoneSet, _: int) -> State:
    return _session(state, fact.session_id, microphone=fact.on)


def _camera(state: State, fact: facts.CameraSet, _: int) -> State:
    return _session(state, fact.session_id, camera=fact.on)


def _screen(state: State, fact: facts.ScreenSet, _: int) -> State:
    return _session(state, fact.session_id, screen=fact.on)


def _hand_raised(state: State, fact: facts.HandRaised, _: int) -> State:
    return replace(state, hands=(*state.hands, fact.person_id))


def _hand_lowered(state: State, fact: facts.HandLowered, _: int) -> State:
    return replace(state, hands=tuple(one for one in state.hands if one != fact.person_id))


def _chat(state: State, fact: facts.ChatSaid, at_ms: int) -> State:
    return replace(state, chat=state.chat.add(ChatLine(fact.chat_id, fact.person_id, at_ms, fact.text)))


def _notes(state: State, fact: facts.NotesWritten, _: int) -> State:
    notes = _with(state.notes, fact.item_id, Notes(fact.item_id, fact.version, fact.text))
    return replace(state, notes=notes, touched_items=_touch(state, fact.item_id))


def _notes_adopted(state: State, fact: facts.NotesAdopted, _: int) -> State:
    notes = _with(state.notes, fact.item_id, Notes(fact.item_id, fact.version, fact.text, fact.digest))
    return replace(state, notes=notes, touched_items=_touch(state, fact.item_id))


def _decision(state: State, fact: facts.DecisionRecorded, at_ms: int) -> State:
    one = Decision(fact.decision_id, fact.number, fact.item_id, fact.text, fact.method, at_ms, fact.motion_id)
    decisions = _with(state.decisions, fact.decision_id, one)
    return replace(state, decisions=decisions, touched_items=_touch(state, fact.item_id))


def _decision_corrected(state: State, fact: facts.DecisionCorrected, _: int) -> State:
    one = replace(state.decisions[fact.decision_id], text=fact.text, method=fact.method)
    return replace(state, decisions=_with(state.decisions, fact.decision_id, one))


def _decision_withdrawn(state: State, fact: facts.DecisionWithdrawn, _: int) -> State:
    one = replace(state.decisions[fact.decision_id], withdrawn=True)
    return replace(state, decisions=_with(state.decisions, fact.decision_id, one))


def _action(state: State, fact: facts.ActionRecorded, at_ms: int) -> State:
    one = ActionLine(fact.action_id, fact.number, fact.item_id, fact.what, fact.who, fact.due, at_ms)
    actions = _with(state.actions, fact.action_id, one)
    return replace(state, actions=actions, touched_items=_touch(state, fact.item_id))


def _action_corrected(state: State, fact: facts.ActionCorrected, _: int) -> State:
    one = replace(state.actions[fact.action_id], what=fact.what, who=fact.who, due=fact.due)
    return replace(state, actions=_with(state.actions, fact.action_id, one))


def _action_withdrawn(state: State, fact: facts.ActionWithdrawn, _: int) -> State:
    one = replace(state.actions[fact.action_id], withdrawn=True)
    return replace(state, actions=_with(state.actions, fact.action_id, one))


def _statement(state: State, fact: facts.StatementRecorded, at_ms: int) -> State:
    one = Statement(fact.statement_id, fact.what, fact.number, fact.item_id, fact.who, fact.text, at_ms)
    statements = _with(state.statements, fact.statement_id, one)
    return replace(state, statements=statements, touched_items=_touch(state, fact.item_id))


def _statement_corrected(state: State, fact: facts.StatementCorrected, _: int) -> State:
    one = replace(state.statements[fact.statement_id], who=fact.who, text=fact.text)
    return replace(state, statements=_with(state.statements, fact.statement_id, one))


def _statement_withdrawn(state: State, fact: facts.StatementWithdrawn, _: int) -> State:
    one = replace(state.statements[fact.statement_id], withdrawn=True)
    return replace(state, statements=_with(state.statements, fact.statement_id, one))


def _remark(state: State, fact: facts.RemarkMade, at_ms: int) -> State:
    where = (fact.item_id, fact.anchor, fact.head)
    one = Remark(fact.remark_id, fact.what, fact.person_id, *where, fact.quoted, fact.text, at_ms)
    remarks = _with(state.remarks, fact.remark_id, one)
    return replace(state, remarks=remarks, touched_items=_touch(state, fact.item_id))


def _remark_answered(state: State, fact: facts.RemarkAnswered, _: int) -> State:
    one = replace(state.remarks[fact.remark_id], standing="accepted" if fact.accepted else "refused")
    return replace(state, remarks=_with(state.remarks, fact.remark_id, one))


def _remark_withdrawn(state: State, fact: facts.RemarkWithdrawn, _: int) -> State:
    one = replace(state.remarks[fact.remark_id], standing="withdrawn")
    return replace(state, remarks=_with(state.remarks, fact.remark_id, one))


_APPLY: dict[type[Fact], Callable[[State, Any, int], State]] = {
    facts.MeetingPlanned: _planned,
    facts.MeetingReplanned: _planned,
    facts.LetterNumbered: _letter_numbered,
    facts.MeetingCancelled: _cancelled,
    facts.AgendaSet: _agenda,
    facts.Invited: _invited,
    facts.InvitationChanged: _invited,
    facts.InvitationRevoked: _revoked,
    facts.MeetingOpened: _opened,
    facts.MeetingClosed: _closed,
    facts.RoomLocked: _locked,
    facts.RoomUnlocked: _unlocked,
    facts.ItemOpened: _item_opened,
    facts.ItemClosed: _item_closed,
    facts.GuestWaiting: _guest_waiting,
    facts.GuestAdmitted: _guest_admitted,
    facts.GuestRefused: _guest_refused,
    facts.GuestGone: _guest_gone,
    facts.EntrySet: _entry_set,
    facts.WaitingTold: _waiting_told,
    facts.Joined: _joined,
    facts.PresenceConfirmed: _presence_confirmed,
    facts.PresenceLost: _presence_lost,
    facts.Left: _left,
    facts.ServiceInterrupted: _interrupted,
    facts.MediaInterrupted: _media_down,
    facts.MediaRestored: _media_up,
    facts.MicrophoneSet: _microphone,
    facts.CameraSet: _camera,
    facts.ScreenSet: _screen,
    facts.HandRaised: _hand_raised,
    facts.HandLowered: _hand_lowered,
    facts.ChatSaid: _chat,
    facts.NotesWritten: _notes,
    facts.NotesAdopted: _notes_adopted,
    facts.DecisionRecorded: _decision,
    facts.DecisionCorrected: _decision_corrected,
    facts.DecisionWithdrawn: _decision_withdrawn,
    facts.ActionRecorded: _action,
    facts.ActionCorrected: _action_corrected,
    facts.ActionWithdrawn: _action_withdrawn,
    facts.StatementRecorded: _statement,
    facts.StatementCorrected: _statement_corrected,
    facts.StatementWithdrawn: _statement_withdrawn,
    facts.RemarkMade: _remark,
    facts.RemarkAnswered: _remark_answered,
    facts.RemarkWithdrawn: _remark_withdrawn,
    **dict.fromkeys(
        deliberation.KINDS
        | minutes.KINDS
        | correspondence.KINDS
        | recording.KINDS
        | keeping.KINDS
        | attaching.KINDS
        | recurrence.KINDS,
        _same,
    ),
    facts.PresenceMarked: _presence_marked,
    facts.ConsensusCalled: _motion_item,
    facts.VoteOpened: _motion_item,
    facts.FloorGiven: _floor_given,
    facts.SpeakingMeasured: _same,
}
