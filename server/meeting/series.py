"""The next meeting of a series, as it follows from the one before: its plan, and what it has to look at. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from server.meeting.commands import FollowMeeting, Invitee, PlanMeeting, SetRules
from server.meeting.facts import AgendaItem
from server.meeting.lasting import open_actions
from server.meeting.state import State

APPROVAL, CARRIED = "approval", "carried"
"""item_ids of what every next meeting begins with; they are made anew each time, not copied."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How the items are called that a next meeting begins with; "" leaves that one out."""

    approval: str
    carried: str


def next_plan(before: State, starts_ms: int, ends_ms: int, beginning: Beginning) -> PlanMeeting:
    """The same people in the same parts, the same agenda behind what the meeting before left over. No letter yet."""
    first = []
    if beginning.approval:
        first.append(AgendaItem(APPROVAL, beginning.approval))
    if beginning.carried and open_actions(before):
        first.append(AgendaItem(CARRIED, beginning.carried))
    kept = (AgendaItem("", one.title, one.minutes) for one in before.items if one.item_id not in {APPROVAL, CARRIED})
    plan = before.plan
    people = tuple(
        Invitee(
            one.name,
            one.role,
            "",
            one.function,
            one.office,
            one.rank,
            one.nip,
            one.email,
            one.account_id,
            one.post_id,
            one.official_id,
        )
        for one in before.people.values()
        if one.invited and one.person_id not in before.deliberation.rooms
    )
    return PlanMeeting(plan.title, starts_ms, ends_ms, plan.zone, (*first, *kept), people, plan.place)


def rules_of(before: State) -> SetRules:
    """Its rules of procedure, to be set as they were."""
    return SetRules(**asdict(before.deliberation.procedure))


def follow(before: State, beginning: Beginning) -> FollowMeeting:
    """That the new meeting follows this one, with everything that is still open."""
    carried = open_actions(before)
    return FollowMeeting(before.meeting_id, CARRIED if carried and beginning.carried else "", carried)
