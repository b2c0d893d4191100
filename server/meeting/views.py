"""What one person may see of a meeting: a snapshot of plain values, and each fact as it looks to them.

Pure. A snapshot taken earlier plus the facts seen since equals a fresh snapshot (tests hold that for every command).
Rank, NIP, addresses and accounts never enter a room, not even a leader's: the record needs them, the room does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeAlias

from server.meeting import facts
from server.meeting.facts import AgendaItem, NumberedFact, Role
from server.meeting.state import ActionLine, ChatLine, Decision, Notes, State, Waiting

LEADERS_ONLY = (facts.GuestWaiting, facts.GuestRefused, facts.GuestGone)
"""Who stands in the waiting room is for chair and secretary to know."""


Row: TypeAlias = AgendaItem | Waiting | ChatLine | Notes | Decision | ActionLine
_NAMES: dict[type[Row], tuple[str, ...]] = {
    kind: tuple(one.name for one in fields(kind))
    for kind in (AgendaItem, Waiting, ChatLine, Notes, Decision, ActionLine)
}


def _row(one: Row) -> dict[str, Any]:
    """Flat, unlike dataclasses.asdict, which takes ten times as long for a long chat."""
    return {name: getattr(one, name) for name in _NAMES[type(one)]}


def snapshot(state: State, role: Role) -> Mapping[str, Any]:
    """The meeting for a viewer of this role, as values that JSON has."""
    leads = role in ("chair", "secretary")
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
        "chat": [_row(line) for line in state.chat],
        "notes": [_row(one) for one in state.notes.values()],
        "decisions": [_row(one) for one in state.decisions.values()],
        "actions": [_row(one) for one in state.actions.values()],
        "media_down_since_ms": state.media_down_since_ms,
    }


def visible(numbered: NumberedFact, role: Role) -> NumberedFact | None:
    """The fact as a viewer of this role gets it; None: not at all."""
    if isinstance(numbered.fact, LEADERS_ONLY) and role not in ("chair", "secretary"):
        return None
    if isinstance(numbered.fact, (facts.Invited, facts.InvitationChanged)):
        return replace(numbered, fact=replace(numbered.fact, rank="", nip="", email="", account_id=""))
    return numbered
