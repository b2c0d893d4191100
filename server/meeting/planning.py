"""Making a meeting and planning it anew: which facts bring what stands to what is wanted. Pure, like the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

from server.errors import Invalid, Refused
from server.meeting import facts
from server.meeting.commands import Invitee, PlanMeeting
from server.meeting.facts import AgendaItem, Fact
from server.meeting.state import Person, Plan, State

ZONES = {"Asia/Jakarta": "WIB", "Asia/Pontianak": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
"""The zones a meeting may be planned in, with the name that letters use."""

LONGEST_MS = 7 * 24 * 3_600_000


def decide(state: State, wish: PlanMeeting, by: str) -> tuple[Fact, ...]:
    """All facts for a new meeting; for a standing one only those that differ."""
    _check(wish)
    return (*_plan(state, wish, by), *_agenda(state, wish.items, by), *_people(state, wish.invitees, by))


def drafted(state: State, wish: PlanMeeting, by: str) -> tuple[Fact, ...]:
    """As `decide`, of a plan that is still being typed: nothing is refused, and nothing may be written."""
    named = tuple(one for one in wish.invitees if one.name.strip())
    items = tuple(one for one in wish.items if one.title.strip())
    return (*_plan(state, wish, by), *_agenda(state, items, by), *_people(state, named, by))


def _check(wish: PlanMeeting) -> None:
    if not wish.title.strip():
        raise Invalid("meeting.title", field="title")
    if not 0 < wish.starts_ms < wish.ends_ms <= wish.starts_ms + LONGEST_MS:
        raise Invalid("meeting.times", field="ends")
    if wish.zone not in ZONES:
        raise Invalid("meeting.zone", field="zone")
    roles = [one.role for one in wish.invitees]
    if roles.count("chair") != 1:
        raise Invalid("meeting.chair", field="chair")
    if "secretary" not in roles:
        raise Invalid("meeting.secretary", field="secretary")
    person_ids = [one.person_id for one in wish.invitees if one.person_id]
    if len(person_ids) != len(set(person_ids)):
        raise Invalid("meeting.one_person_twice", field="invitees")
    accounts = [one.account_id for one in wish.invitees if one.account_id]
    if len(accounts) != len(set(accounts)):
        raise Invalid("meeting.one_account_twice", field="invitees")
    if any(not one.name.strip() for one in wish.invitees):
        raise Invalid("text.empty", field="invitees")
    item_ids = [item.item_id for item in wish.items if item.item_id]
    if len(item_ids) != len(set(item_ids)):
        raise Invalid("meeting.one_item_twice", field="items")
    if any(not item.title.strip() for item in wish.items):
        raise Invalid("text.empty", field="items")
    if any(item.minutes < 0 for item in wish.items):
        raise Invalid("meeting.minutes", field="items")


def _plan(state: State, wish: PlanMeeting, by: str) -> Iterator[Fact]:
    wanted = Plan(
        wish.title.strip(),
        wish.starts_ms,
        wish.ends_ms,
        wish.zone,
        wish.place,
        wish.letter_number.strip(),
        wish.letter_date,
    )
    if state.correspondence.register_id:  # its number is the register's, whatever an older page still says
        wanted = replace(wanted, letter_number=state.plan.letter_number, letter_date=state.plan.letter_date)
    if state.status != "none" and wanted == state.plan:
        return
    kind = facts.MeetingPlanned if state.status == "none" else facts.MeetingReplanned
    yield kind(by, **{one.name: getattr(wanted, one.name) for one in fields(wanted)})


def _agenda(state: State, items: tuple[AgendaItem, ...], by: str) -> Iterator[Fact]:
    """An item keeps its id; a new one ("") gets one that was never used in this agenda."""
    used = {item.item_id for item in (*state.items, *items)} | state.touched_items
    wanted: list[AgendaItem] = []
    for item in items:
        item_id = item.item_id or _unused(used)
        used.add(item_id)
        wanted.append(AgendaItem(item_id, item.title.strip(), item.minutes))
    kept = {item.item_id for item in wanted}
    for item in state.items:
        if item.item_id in state.touched_items and item.item_id not in kept:
            raise Refused("meeting.item_in_use", title=item.title)
    if tuple(wanted) != state.items:
        yield facts.AgendaSet(by, tuple(wanted))


def _unused(used: set[str]) -> str:
    number = 1
    while f"i{number}" in used:
        number += 1
    return f"i{number}"


def _people(state: State, invitees: tuple[Invitee, ...], by: str) -> Iterator[Fact]:
    """Guests admitted from the waiting room, and rooms that share a device, are not part of a plan, and stay."""
    ever = state.invited_ever
    named: set[str] = {*state.admitted.values(), *state.deliberation.rooms}
    for one in invitees:
        standing = state.people.get(one.person_id) if one.person_id else None
        if standing is None:
            ever += 1
            yield facts.Invited(by, f"p{ever}", *_particulars(one))
            continue
        named.add(standing.person_id)
        if _particulars(one) != _particulars(standing):
            yield facts.InvitationChanged(by, standing.person_id, *_particulars(one))
            if one.role == "observer":
                yield from _silence(state, standing.person_id, by)
    for person_id, person in state.people.items():
        if person_id not in named:
            if person.came or person.attended:
                raise Refused("meeting.person_in_use", name=person.name)
            yield facts.InvitationRevoked(by, person_id)


def _silence(state: State, person_id: str, by: str) -> Iterator[Fact]:
    """Whoever becomes an observer while in the room sends nothing any more."""
    session = state.session_of(person_id)
    if session is not None:
        if session.microphone:
            yield facts.MicrophoneSet(session.session_id, False, by)
        if session.camera:
            yield facts.CameraSet(session.session_id, False, by)
        if session.screen:
            yield facts.ScreenSet(session.session_id, False, by)
    if person_id in state.hands:
        yield facts.HandLowered(person_id, by)


def _particulars(one: Invitee | Person) -> tuple[str, facts.Role, str, str, str, str, str, str, str, str]:
    particulars = (one.name.strip(), one.role, one.function, one.office, one.rank, one.nip, one.email)
    return (*particulars, one.account_id, one.post_id, one.official_id)
