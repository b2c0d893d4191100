"""What lists and search read of a meeting, as a pure fold over its facts. No database here; projecting.py writes it.

The fold needs only the rows as they stand and the next fact, so it can go on from the tables or start from nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from server.meeting import facts
from server.meeting.attendance import Attendee
from server.meeting.facts import Fact, NumberedFact
from server.meeting.intervals import total_ms


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting as lists show it. Counts are of what stands: nothing withdrawn or revoked, no guests."""

    meeting_id: str
    title: str = ""
    starts_ms: int = 0
    ends_ms: int = 0
    zone: str = ""
    place: str = ""
    status: str = "none"  # planned, open, closed, cancelled
    chair_name: str = ""
    secretary_name: str = ""
    invited_count: int = 0
    decision_count: int = 0
    action_count: int = 0
    opened_ms: int = 0
    closed_ms: int = 0
    last_number: int = 0
    minutes_open: bool = False
    comments_until_ms: int = 0
    approved_ms: int = 0
    previous_id: str = ""
    schedule: str = ""
    held: bool = False
    erased: str = ""
    series_id: str = ""
    slot_ms: int = 0


@dataclass(frozen=True, slots=True)
class InvitationRow:
    meeting_id: str
    person_id: str
    position: int
    account_id: str
    name: str
    role: str
    function: str
    office: str
    email: str


@dataclass(frozen=True, slots=True)
class DecisionRow:
    meeting_id: str
    decision_id: str
    number: int
    item_id: str
    text: str
    method: str
    at_ms: int
    fact_number: int
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ActionRow:
    meeting_id: str
    action_id: str
    number: int
    item_id: str
    what: str
    who: str
    due: str
    at_ms: int
    fact_number: int
    withdrawn: bool = False
    done_ms: int = 0
    reported_ms: int = 0
    remark: str = ""


@dataclass(frozen=True, slots=True)
class CarriedRow:
    meeting_id: str
    origin_id: str
    action_id: str


@dataclass(frozen=True, slots=True)
class AttendanceRow:
    """`intervals`: [[from_ms, to_ms], ...]; `by_item_ms`: item_id -> time present while it was open."""

    meeting_id: str
    person_id: str
    position: int
    name: str
    function: str
    office: str
    status: str
    left_early: bool
    first_in_ms: int
    last_out_ms: int
    total_ms: int
    intervals: list[list[int]]
    by_item_ms: dict[str, int]


Follow: TypeAlias = Callable[["Projected", Any, NumberedFact], "Projected"]
Invitations: TypeAlias = Mapping[str, InvitationRow]


@dataclass(frozen=True, slots=True)
class Projected:
    """All rows of one meeting but attendance, by their ids."""

    meeting: MeetingRow
    invitations: Invitations = field(default_factory=dict)
    decisions: Mapping[str, DecisionRow] = field(default_factory=dict)
    actions: Mapping[str, ActionRow] = field(default_factory=dict)
    carried: frozenset[CarriedRow] = frozenset()


def project(before: Projected, numbered: NumberedFact) -> Projected:
    """The rows after one more fact."""
    follow = FOLLOWED.get(type(numbered.fact))
    after = follow(before, numbered.fact, numbered) if follow else before
    return replace(after, meeting=replace(after.meeting, last_number=numbered.number))


def attendance_row(meeting_id: str, position: int, one: Attendee) -> AttendanceRow:
    return AttendanceRow(
        meeting_id,
        one.person_id,
        position,
        one.name,
        one.function,
        one.office,
        one.status,
        one.left_early,
        one.first_in_ms,
        one.last_out_ms,
        one.total_ms,
        [[part.from_ms, part.to_ms] for part in one.intervals],
        {item_id: total_ms(parts) for item_id, parts in one.by_item.items()},
    )


# ------------------------------------------------------------ one function per kind


def _planned(before: Projected, fact: Any, _: NumberedFact) -> Projected:
    meeting = replace(
        before.meeting,
        title=fact.title,
        starts_ms=fact.starts_ms,
        ends_ms=fact.ends_ms,
        zone=fact.zone,
        place=fact.place,
        status="planned" if before.meeting.status == "none" else before.meeting.status,
    )
    return replace(before, meeting=meeting)


def _cancelled(before: Projected, _: Fact, __: NumberedFact) -> Projected:
    return replace(before, meeting=replace(before.meeting, status="cancelled"))


def _opened(before: Projected, _: Fact, numbered: NumberedFact) -> Projected:
    return replace(before, meeting=replace(before.meeting, status="open", opened_ms=numbered.at_ms))


def _closed(before: Projected, _: Fact, numbered: NumberedFact) -> Projected:
    return replace(before, meeting=replace(before.meeting, status="closed", closed_ms=numbered.at_ms))


def _invited(before: Projected, fact: Any, _: NumberedFact) -> Projected:
    standing = before.invitations.get(fact.person_id)
    last = max((one.position for one in before.invitations.values()), default=0)
    row = InvitationRow(
        before.meeting.meeting_id,
        fact.person_id,
        standing.position if standing else last + 1,
        fact.account_id,
        fact.name,
        fact.role,
        fact.function,
        fact.office,
        fact.email,
    )
    return _people(before, {**before.invitations, fact.person_id: row})


def _revoked(before: Projected, fact: facts.InvitationRevoked, _: NumberedFact) -> Projected:
    return _people(before, {key: one for key, one in before.invitations.items() if key != fact.person_id})


def _people(before: Projected, invitations: Invitations) -> Projected:
    ordered = sorted(invitations.values(), key=lambda one: one.position)
    meeting = replace(
        before.meeting,
        chair_name=next((one.name for one in ordered if one.role == "chair"), ""),
        secretary_name=next((one.name for one in ordered if one.role == "secretary"), ""),
        invited_count=sum(one.role != "guest" for one in ordered),
    )
    return replace(before, meeting=meeting, invitations=invitations)


def _decided(before: Projected, fact: facts.DecisionRecorded, numbered: NumberedFact) -> Projected:
    row = DecisionRow(
        before.meeting.meeting_id,
        fact.decision_id,
        fact.number,
        fact.item_id,
        fact.text,
        fact.method,
        numbered.at_ms,
        numbered.number,
    )
    return _decisions(before, fact.decision_id, row)


def _decision_corrected(before: Projected, fact: facts.DecisionCorrected, _: NumberedFact) -> Projected:
    row = before.decisions[fact.decision_id]
    return _decisions(before, fact.decision_id, replace(row, text=fact.text, method=fact.method))


def _decision_withdrawn(before: Projected, fact: facts.DecisionWithdrawn, _: NumberedFact) -> Projected:
    return _decisions(before, fact.decision_id, replace(before.decisions[fact.decision_id], withdrawn=True))


def _decisions(before: Projected, decision_id: str, row: DecisionRow) -> Projected:
    rows = {**before.decisions, decision_id: row}
    count = sum(not one.withdrawn for one in rows.values())
    return replace(before, decisions=rows, meeting=replace(before.meeting, decision_count=count))


def _action(before: Projected, fact: facts.ActionRecorded, numbered: NumberedFact) -> Projected:
    row = ActionRow(
        before.meeting.meeting_id,
        fact.action_id,
        fact.number,
        fact.item_id,
        fact.what,
        fact.who,
        fact.due,
        numbered.at_ms,
        numbered.number,
    )
    return _actions(before, fact.action_id, row)


def _action_corrected(before: Projected, fact: facts.ActionCorrected, _: NumberedFact) -> Projected:
    row = replace(before.actions[fact.action_id], what=fact.what, who=fact.who, due=fact.due)
    return _actions(before, fact.action_id, row)


def _action_withdrawn(before: Projected, fact: facts.ActionWithdrawn, _: NumberedFact) -> Projected:
    return _actions(before, fact.action_id, replace(before.actions[fact.action_id], withdrawn=True))


def _actions(before: Projected, action_id: str, row: ActionRow) -> Projected:
    rows = {**before.actions, action_id: row}
    count = sum(not one.withdrawn for one in rows.values())
    return replace(before, actions=rows, meeting=replace(before.meeting, action_count=count))


def _action_done(before: Projected, fact: facts.ActionDone, numbered: NumberedFact) -> Projected:
    row = replace(before.actions[fact.action_id], done_ms=numbered.at_ms, reported_ms=0, remark=fact.remark)
    return _actions(before, fact.action_id, row)


def _action_reported(before: Projected, fact: facts.ActionReported, numbered: NumberedFact) -> Projected:
    row = replace(before.actions[fact.action_id], reported_ms=numbered.at_ms, remark=fact.remark)
    return _actions(before, fact.action_id, row)


def _action_reopened(before: Projected, fact: facts.ActionReopened, _: NumberedFact) -> Projected:
    return _actions(
        before, fact.action_id, replace(before.actions[fact.action_id], done_ms=0, reported_ms=0, remark="")
    )


def _carried(before: Projected, fact: facts.ActionCarried, _: NumberedFact) -> Projected:
    row = CarriedRow(before.meeting.meeting_id, fact.origin_id, fact.action_id)
    return replace(before, carried=before.carried | {row})


def _meeting(change: Callable[[MeetingRow, Any, NumberedFact], MeetingRow]) -> Follow:
    """A kind that changes nothing but the meeting's own row."""
    return lambda before, fact, numbered: replace(before, meeting=change(before.meeting, fact, numbered))


def _erased(row: MeetingRow, fact: facts.RecordErased, _: NumberedFact) -> MeetingRow:
    return replace(row, erased=" ".join(sorted({*row.erased.split(), *fact.classes})))


FOLLOWED: dict[type[Fact], Follow] = {
    facts.MeetingPlanned: _planned,
    facts.MeetingReplanned: _planned,
    facts.MeetingCancelled: _cancelled,
    facts.MeetingOpened: _opened,
    facts.MeetingClosed: _closed,
    facts.Invited: _invited,
    facts.InvitationChanged: _invited,
    facts.InvitationRevoked: _revoked,
    facts.DecisionRecorded: _decided,
    facts.DecisionCorrected: _decision_corrected,
    facts.DecisionWithdrawn: _decision_withdrawn,
    facts.ActionRecorded: _action,
    facts.ActionCorrected: _action_corrected,
    facts.ActionWithdrawn: _action_withdrawn,
    facts.ActionDone: _action_done,
    facts.ActionReported: _action_reported,
    facts.ActionReopened: _action_reopened,
    facts.ActionCarried: _carried,
    facts.MinutesSubmitted: _meeting(lambda row, _, __: replace(row, minutes_open=True)),
    facts.MinutesApproved: _meeting(
        lambda row, _, numbered: replace(row, approved_ms=numbered.at_ms, comments_until_ms=0)
    ),
    facts.MinutesReturned: _meeting(lambda row, _, __: replace(row, comments_until_ms=0)),
    facts.CommentsOpened: _meeting(lambda row, fact, _: replace(row, comments_until_ms=fact.until_ms)),
    facts.CommentsClosed: _meeting(lambda row, _, __: replace(row, comments_until_ms=0)),
    facts.MinutesFrozen: _meeting(lambda row, _, __: replace(row, minutes_open=False)),
    facts.SeriesFollowed: _meeting(lambda row, fact, _: replace(row, previous_id=fact.previous_id)),
    facts.RecurrenceSet: _meeting(lambda row, fact, _: replace(row, series_id=row.meeting_id, slot_ms=fact.starts_ms)),
    facts.OccurrenceSet: _meeting(lambda row, fact, _: replace(row, series_id=fact.series_id, slot_ms=fact.slot_ms)),
    facts.ScheduleSet: _meeting(lambda row, fact, _: replace(row, schedule=fact.schedule)),
    facts.HoldSet: _meeting(lambda row, _, __: replace(row, held=True)),
    facts.HoldLifted: _meeting(lambda row, _, __: replace(row, held=False)),
    facts.RecordErased: _meeting(_erased),
}
"""Kinds that change a row; of all others the lists know only that the last number moved."""
