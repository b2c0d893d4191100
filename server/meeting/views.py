"""What one person may see of a meeting: a snapshot of plain values, and each fact as it looks to them.

Pure. A snapshot taken earlier plus the facts seen since equals a fresh snapshot (tests hold that for every command).
Rank, NIP, addresses and accounts never enter a room, not even a leader's: the record needs them, the room does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any, TypeAlias

from server.meeting import facts, roles
from server.meeting.attaching import Attachment
from server.meeting.deliberation import Deliberation, Motion
from server.meeting.facts import AgendaItem, Fact, NumberedFact, Role
from server.meeting.keeping import KINDS as LASTING
from server.meeting.minutes import KINDS as AFTERWARDS
from server.meeting.recording import Recording
from server.meeting.recurrence import KINDS as RECURRENCE
from server.meeting.state import ActionLine, ChatLine, Decision, Notes, Remark, State, Statement, Waiting

LEADERS_ONLY = (facts.GuestWaiting, facts.GuestRefused, facts.GuestGone, facts.AbsenceExcused)
"""Who stands in the waiting room, and why somebody stays away, is for chair and secretary to know."""


NOT_PUBLIC = (facts.ChatSaid, facts.NotesWritten, facts.NotesAdopted)
"""What is said among themselves, and the minutes while they are written, is not for the public that watches."""

OUTSIDE: tuple[type[Fact], ...] = (
    facts.EntrySet,
    facts.WaitingTold,
    facts.InvitationsSent,
    facts.LetterNumbered,
    facts.LetterIssued,
    *sorted(RECURRENCE, key=str),
    facts.InvitationAnswered,
    facts.RemindersSet,
    facts.SpeakingMeasured,
    facts.RecordingSealed,
    facts.CompositionOrdered,
    facts.RecordingComposed,
    facts.CompositionFailed,
    facts.CompositionWithdrawn,
    *sorted(AFTERWARDS | LASTING, key=str),
)
"""How one comes in, letters, answers, how long each spoke, the course of the minutes and what becomes of the record are
for pages, never for the room."""

Row: TypeAlias = AgendaItem | Waiting | ChatLine | Notes | Decision | ActionLine | Statement | Remark | Attachment
_NAMES: dict[type[Row], tuple[str, ...]] = {
    kind: tuple(one.name for one in fields(kind))
    for kind in (AgendaItem, Waiting, ChatLine, Notes, Decision, ActionLine, Statement, Remark, Attachment)
}


def _row(one: Row) -> dict[str, Any]:
    """Flat, unlike dataclasses.asdict, which takes ten times as long for a long chat."""
    return {name: getattr(one, name) for name in _NAMES[type(one)]}


def snapshot(state: State, role: Role) -> Mapping[str, Any]:
    """The meeting for a viewer of this role, as values that JSON has."""
    leads, member = role in roles.LEADERS, role in roles.MEMBERS
    return {
        "meeting_id": state.meeting_id,
        "number": state.number,
        "title": state.plan.title,
        "starts_ms": state.plan.starts_ms,
        "ends_ms": state.plan.ends_ms,
        "zone": state.plan.zone,
        "place": state.plan.place,
        "status": state.status,
        "opened_ms": state.opened_ms,
        "locked": state.locked,
        "items": [_row(item) for item in state.items],
        "current_item_id": state.current_item_id,
        "current_item_since_ms": state.current_item_since_ms,
        "people": [
            {
                "person_id": one.person_id,
                "name": one.name,
                "role": one.role,
                "function": one.function,
                "office": one.office,
            }
            for one in state.people.values()
        ],
        "sessions": [
            {
                "session_id": one.session_id,
                "person_id": one.person_id,
                "microphone": one.microphone,
                "camera": one.camera,
                "screen": one.screen,
                "present": one.evidence is not None,
            }
            for one in state.sessions.values()
        ],
        "hands": list(state.hands),
        "waiting": [_row(one) for one in state.waiting.values()] if leads else [],
        "chat": [_row(line) for line in state.chat] if member else [],
        "notes": [_row(one) for one in state.notes.values()] if member else [],
        "decisions": [_row(one) for one in state.decisions.values()],
        "actions": [_row(one) for one in state.actions.values()],
        "statements": [_row(one) for one in state.statements.values()],
        "remarks": [_row(one) for one in state.remarks.values()],
        "documents": [_row(one) for one in state.attachments.values()],
        "media_down_since_ms": state.media_down_since_ms,
        **_deliberation(state.deliberation, leads=leads),
        "recording": _recording(state.recording),
    }


def _deliberation(now: Deliberation, *, leads: bool) -> Mapping[str, Any]:
    return {
        "procedure": asdict(now.procedure),
        "quorate": now.quorate,
        "adjourned": asdict(now.adjourned) if now.adjourned else None,
        "adjournments": now.adjournments,
        "marks": [asdict(one) for one in now.marks.values()],
        "rooms": list(now.rooms),
        "check_ins": [{"person_id": who, **asdict(one)} for who, one in now.check_ins.items()],
        "excused": [{"person_id": one, "reason": why} for one, why in now.excused.items()] if leads else [],
        "stand_ins": [{"person_id": one, "stand_in_id": other} for one, other in now.stand_ins.items()],
        "motions": [_motion(one) for one in now.motions.values()],
        "floor": asdict(now.floor) if now.floor else None,
        "speeches": [{"person_id": one, "times": times} for one, times in now.speeches.items()],
    }


def _recording(now: Recording) -> Mapping[str, Any] | None:
    """The one that goes on; None: there is none. Who has not agreed is for everybody to see, as the red mark is."""
    current = now.current
    if current is None:
        return None
    return {
        "recording_id": current.recording_id,
        "scope": current.scope,
        "refusal": now.refusal,
        "paused": now.status == "paused",
        "began_ms": current.began_ms,
        "answers": [{"person_id": who, "consents": given} for who, given in now.consents.items()],
    }


def _motion(one: Motion) -> Mapping[str, Any]:
    """How somebody voted is not in it before the close, and by name then only after a roll call."""
    return {
        "motion_id": one.motion_id,
        "motion_number": one.number,
        "item_id": one.item_id,
        "text": one.text,
        "phase": one.phase,
        "opened_ms": one.opened_ms,
        "until_ms": one.until_ms,
        "objections": [{"person_id": who, "reason": why} for who, why in one.objections.items()],
        "ballot": one.ballot,
        "share": one.share,
        "of": one.of,
        "abstentions_count": one.abstentions_count,
        "tie": one.tie,
        "eligible": list(one.eligible),
        "voted": [member_id for member_id in one.eligible if member_id in one.voted],
        "yes": one.yes,
        "no": one.no,
        "abstain": one.abstain,
        "present": one.present,
        "votes": [list(pair) for pair in one.by_name],
        "digest": one.digest,
        "key": one.key,
        "receipts": [list(pair) for pair in one.receipts],
    }


def visible(numbered: NumberedFact, role: Role) -> NumberedFact | None:
    """The fact as a viewer of this role gets it; None: not at all."""
    if isinstance(numbered.fact, OUTSIDE):
        return None
    if isinstance(numbered.fact, LEADERS_ONLY) and role not in roles.LEADERS:
        return None
    if isinstance(numbered.fact, NOT_PUBLIC) and role not in roles.MEMBERS:
        return None
    return replace(numbered, fact=_without_private(numbered.fact))


def _without_private(fact: Fact) -> Fact:
    match fact:
        case facts.Invited() | facts.InvitationChanged():
            return replace(fact, rank="", nip="", email="", account_id="", post_id="", official_id="")
        case facts.VoteCast():
            return replace(fact, choice="")
        case facts.CheckedIn():
            return replace(fact, signature="")
        case facts.BallotsPublished():  # its signatures are for the record, and most of its weight
            return replace(fact, ballots=tuple(replace(one, prefix="", signature="") for one in fact.ballots))
        case _:
            return fact
