"""Coming into the room: who may walk in, who waits to be let in, who only watches. Pure, as rules.py.

A guest waits under the id of their request; somebody invited, where the rules let only chair and secretary walk in,
under their own person_id. Being admitted is one fact for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from server.errors import Invalid, NotFound, Refused
from server.meeting import commands, facts, roles
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact, Known
from server.meeting.state import Person, State
from server.meeting.things import Entry
from server.meeting.writing import words

Facts: TypeAlias = tuple[Fact, ...]

MOST_AT_ONCE = 500
"""People let in by one wish."""
MOST_MINUTES = 240
"""So long before the start the room may open at most."""
MOST_PEOPLE = 2_000
LONGEST_WORD = 500
_CODE = re.compile(r"[0-9A-Za-z]{4,12}")


def opens_ms(state: State) -> int:
    """When those invited may come in, while nobody has opened the meeting earlier (Unix ms)."""
    return state.plan.starts_ms - state.entry.early_min * 60_000


def must_wait(state: State, person: Person) -> bool:
    """Whether somebody who belongs to the meeting has to be let in first."""
    if state.entry.direct != "leaders" or person.role in roles.LEADERS or person.person_id in state.deliberation.rooms:
        return False
    return person.person_id not in state.admitted.values() and state.session_of(person.person_id) is None


def may_come(state: State, person: Person, now_ms: int) -> None:
    """Raises the reason why this person may not come in now: Refused("meeting.removed" | "meeting.must_wait" |
    "meeting.locked" | "meeting.full" | "meeting.too_early"). Chair and secretary always may."""
    if person.removed:
        raise Refused("meeting.removed")
    if person.role in roles.LEADERS or (state.status == "open" and state.session_of(person.person_id) is not None):
        return
    if state.status == "planned" and now_ms < opens_ms(state):
        raise Refused("meeting.too_early")
    if must_wait(state, person):
        raise Refused("meeting.must_wait")
    if state.session_of(person.person_id) is not None:
        return
    if state.locked:
        raise Refused("meeting.locked")
    if state.entry.limit and len(state.sessions) >= state.entry.limit:
        raise Refused("meeting.full")


def _set_entry(state: State, wish: commands.SetEntry, actor: Actor, _: int) -> Facts:
    code = wish.code.strip()
    if wish.direct not in ("anyone", "invited", "leaders"):
        raise Invalid("entry.direct", field="direct")
    if code and not _CODE.fullmatch(code):
        raise Invalid("entry.code", field="code")
    if not 0 <= wish.limit <= MOST_PEOPLE:
        raise Invalid("entry.limit", field="limit", most=MOST_PEOPLE)
    if not 0 <= wish.early_min <= MOST_MINUTES:
        raise Invalid("entry.early", field="early_min", most=MOST_MINUTES)
    now = facts.EntrySet(actor.signature, wish.direct, wish.guests, code, wish.limit, wish.early_min, wish.watch)
    return () if state.entry == Entry.of(now) else (now,)


def _ask(state: State, wish: commands.AskToEnter, _: Actor, now_ms: int) -> Facts:
    if wish.waiting_id in state.refused:
        raise Refused("meeting.refused")
    if wish.waiting_id in state.waiting or wish.waiting_id in state.admitted:
        return ()
    person = state.people.get(wish.waiting_id)
    if person is not None:
        return _ask_invited(state, wish, person, now_ms)
    if not state.entry.guests:
        raise Refused("meeting.no_guests")
    known: Known = "code" if state.entry.code else "name"
    asked = facts.GuestWaiting(wish.waiting_id, words(wish.name), wish.office, wish.function, known)
    if state.entry.direct != "anyone" or state.locked:
        return (asked,)
    return (asked, *_guest_comes(wish.waiting_id, asked.name, asked.function, asked.office, ""))


def _ask_invited(state: State, wish: commands.AskToEnter, person: Person, now_ms: int) -> Facts:
    if state.status == "planned" and now_ms < opens_ms(state):
        raise Refused("meeting.too_early")
    if person.removed:
        raise Refused("meeting.removed")
    return (facts.GuestWaiting(wish.waiting_id, person.name, person.office, person.function, wish.known),)


def _stop_waiting(state: State, wish: commands.StopWaiting, _: Actor, __: int) -> Facts:
    return (facts.GuestGone(wish.waiting_id),) if wish.waiting_id in state.waiting else ()


def _admit(state: State, wish: commands.AdmitGuest, actor: Actor, _: int) -> Facts:
    if wish.waiting_id in state.admitted:
        return ()
    if wish.waiting_id not in state.waiting:
        raise NotFound("meeting.no_waiting")
    if state.locked:
        raise Refused("meeting.locked")
    return _comes(state, wish.waiting_id, actor.signature)


def _admit_all(state: State, wish: commands.AdmitAll, actor: Actor, _: int) -> Facts:
    """Who went away or was let in meanwhile is passed over: whoever looked at the list cannot know."""
    if state.locked:
        raise Refused("meeting.locked")
    if len(wish.waiting_ids) > MOST_AT_ONCE:
        raise Invalid("entry.many", field="waiting_ids", most=MOST_AT_ONCE)
    standing = [one for one in dict.fromkeys(wish.waiting_ids) if one in state.waiting]
    return tuple(fact for one in standing for fact in _comes(state, one, actor.signature))


def _comes(state: State, waiting_id: str, by: str) -> Facts:
    if waiting_id in state.people:
        return (facts.GuestAdmitted(by, waiting_id, waiting_id),)
    guest = state.waiting[waiting_id]
    return _guest_comes(waiting_id, guest.name, guest.function, guest.office, by)


def _guest_comes(waiting_id: str, name: str, function: str, office: str, by: str) -> Facts:
    person_id = f"guest-{waiting_id}"
    invited = facts.Invited(by, person_id, name, "guest", function, office)
    return (invited, facts.GuestAdmitted(by, waiting_id, person_id))


def _refuse(state: State, wish: commands.RefuseGuest, actor: Actor, _: int) -> Facts:
    if wish.waiting_id not in state.waiting:
        raise NotFound("meeting.no_waiting")
    return (facts.GuestRefused(actor.signature, wish.waiting_id),)


def _tell(state: State, wish: commands.TellWaiting, actor: Actor, _: int) -> Facts:
    said = words(wish.text)
    if len(said) > LONGEST_WORD:
        raise Invalid("entry.long", field="text", most=LONGEST_WORD)
    if not state.waiting:
        raise Refused("entry.nobody")
    return (facts.WaitingTold(actor.signature, said),)


def _watch(state: State, wish: commands.Watch, _: Actor, __: int) -> Facts:
    if wish.waiting_id in state.admitted:
        return ()
    if not state.entry.watch:
        raise Refused("meeting.not_public")
    person_id = f"watch-{wish.waiting_id}"
    invited = facts.Invited("", person_id, words(wish.name), "watcher")
    return (invited, facts.GuestAdmitted("", wish.waiting_id, person_id))


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.SetEntry: _set_entry,
    commands.AskToEnter: _ask,
    commands.StopWaiting: _stop_waiting,
    commands.AdmitGuest: _admit,
    commands.AdmitAll: _admit_all,
    commands.RefuseGuest: _refuse,
    commands.TellWaiting: _tell,
    commands.Watch: _watch,
}
