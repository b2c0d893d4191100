"""Several people behind one device: meeting rooms that join, and people who check in there on their own phones and
sign. Pure, as rules.py. Being checked in is a mark of presence in the room that the person made.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from server.errors import Invalid, NotFound, Refused
from server.meeting import commands, entering, facts
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact
from server.meeting.state import State
from server.meeting.writing import words

Facts: TypeAlias = tuple[Fact, ...]

MOST_ROOMS = 40
PAD = (600, 200)
"""What is signed on, in units of the path: wide, high."""
LONGEST_SIGNATURE = 8_000  # characters: some 900 points, a minute of scribbling
_POINT = r"\d{1,3} \d{1,3}"
_SIGNATURE = re.compile(rf"M{_POINT}(?:[ML]{_POINT})+")


def _add_room(state: State, wish: commands.AddRoomDevice, actor: Actor, _: int) -> Facts:
    rooms = state.deliberation.rooms
    if len(rooms) >= MOST_ROOMS:
        raise Refused("checkin.many")
    person_id = f"room-{len(rooms) + 1}"
    invited = facts.Invited(actor.signature, person_id, words(wish.name), "guest")
    return (invited, facts.RoomDeviceAdded(actor.signature, person_id))


def _check_in(state: State, wish: commands.CheckIn, actor: Actor, now_ms: int) -> Facts:
    room_id, me = wish.room_id, actor.person_id
    if room_id not in state.deliberation.rooms or state.session_of(room_id) is None:
        raise NotFound("checkin.no_room")
    if me in state.deliberation.rooms:
        raise Refused("meeting.not_allowed")
    if state.status == "planned" and now_ms < entering.opens_ms(state):
        raise Refused("meeting.too_early")
    if not is_signature(wish.signature):
        raise Invalid("checkin.signature", field="signature")
    before = state.deliberation.check_ins.get(me)
    if before is not None and before.room_id == room_id:
        return ()  # sent twice
    mark_id = f"checkin-{state.number + 1}"
    return (
        *_leaves(state, me, now_ms),
        facts.CheckedIn(me, room_id, mark_id, wish.signature),
        facts.PresenceMarked(me, mark_id, me, "room", now_ms, 0),
    )


def _check_out(state: State, _: commands.CheckOut, actor: Actor, now_ms: int) -> Facts:
    return _leaves(state, actor.person_id, now_ms)


def _leaves(state: State, person_id: str, now_ms: int) -> Facts:
    """Their own mark ends; those that the secretary made are the secretary's."""
    check_in = state.deliberation.check_ins.get(person_id)
    if check_in is None:
        return ()
    mark = state.deliberation.marks[check_in.mark_id]
    ended = facts.PresenceMarked(
        person_id, mark.mark_id, person_id, "room", mark.from_ms, max(now_ms, mark.from_ms + 1)
    )
    return (ended,)


def is_signature(path: str) -> bool:
    """An SVG path of straight strokes on the pad, and nothing else."""
    return len(path) <= LONGEST_SIGNATURE and _SIGNATURE.fullmatch(path) is not None


def drawing(path: str) -> str:
    """The signature as an SVG picture; only for what `is_signature`."""
    wide, high = PAD
    stroke = 'fill="none" stroke="#0f1b2d" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}"><path d="{path}" {stroke}/></svg>'


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.AddRoomDevice: _add_room,
    commands.CheckIn: _check_in,
    commands.CheckOut: _check_out,
}
