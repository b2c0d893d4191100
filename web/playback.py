"""What moves along with a recording: facts turned into places in the composed file. Pure.

Only what was recorded has a place; what happened in a pause stands at the card that stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from recordings.library import Composed
from recordings.speaker import Speech
from server.meeting.attendance import Attendance
from server.meeting.facts import AgendaItem
from server.meeting.state import State

Kind: TypeAlias = Literal["decision", "action", "motion", "statement", "chat"]
Spans: TypeAlias = tuple[tuple[int, int], ...]
WIDE = 1000
"""Units of a bar, whatever the recording's length."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Something of the record at its second. `cue_id` is its address on the page; `who`: a name, or ""."""

    cue_id: str
    kind: Kind
    at_ms: int
    text: str
    who: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Chapter:
    """An agenda item while it was discussed; again if it was taken up again."""

    item: AgendaItem
    place: int
    at_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody's bar, in ms of the file: when there, and when speaking."""

    person_id: str
    name: str
    function: str
    there: Spans
    spoke: Spans


@dataclass(frozen=True, slots=True)
class Playback:
    length_ms: int
    chapters: tuple[Chapter, ...]
    cues: tuple[Cue, ...]
    rows: tuple[Row, ...]

    def x(self, at_ms: int) -> float:
        """Along a bar, of WIDE."""
        return round(WIDE * at_ms / self.length_ms, 2) if self.length_ms else 0.0


def playback(state: State, attended: Attendance, composed: Composed, speeches: Sequence[Speech]) -> Playback:
    return Playback(
        composed.length_ms,
        tuple(_chapters(state, attended, composed)),
        tuple(sorted(_cues(state, composed), key=lambda cue: cue.at_ms)),
        tuple(_rows(state, attended, composed, speeches)),
    )


def _chapters(state: State, attended: Attendance, composed: Composed) -> list[Chapter]:
    places = {item.item_id: (number, item) for number, item in enumerate(state.items, 1)}
    found: list[Chapter] = []
    for time in attended.items:
        if time.item_id not in places:
            continue
        number, item = places[time.item_id]
        for at_ms, until_ms in _spans(composed, ((one.from_ms, one.to_ms) for one in time.intervals)):
            found.append(Chapter(item, number, at_ms, until_ms))
    return sorted(found, key=lambda one: one.at_ms)


def _cues(state: State, composed: Composed) -> Iterator[Cue]:
    names = {one.person_id: one.name for one in state.people.values()}
    for decision in state.decisions.values():
        if not decision.withdrawn:
            at_ms, cue_id = composed.at(decision.at_ms), f"decision-{decision.decision_id}"
            yield Cue(cue_id, "decision", at_ms, decision.text, "", decision.number)
    for action in state.actions.values():
        if not action.withdrawn:
            at_ms, who = composed.at(action.at_ms), names.get(action.who, action.who)
            yield Cue(f"action-{action.action_id}", "action", at_ms, action.what, who, action.number)
    for motion in state.deliberation.motions.values():
        at_ms = composed.at(motion.opened_ms)
        yield Cue(f"motion-{motion.motion_id}", "motion", at_ms, motion.text, "", motion.number)
    for said in state.statements.values():
        if not said.withdrawn:
            who = names.get(said.who, said.who)
            at_ms = composed.at(said.at_ms)
            yield Cue(f"statement-{said.statement_id}", "statement", at_ms, said.text, who, said.number)
    if "chat" not in state.keeping.erased:
        yield from _chat(state, composed, names)


def _chat(state: State, composed: Composed, names: Mapping[str, str]) -> Iterator[Cue]:
    """What was written while nothing was recorded belongs to no second of it."""
    for line in state.chat:
        if composed.holds(line.at_ms):
            yield Cue(f"chat-{line.chat_id}", "chat", composed.at(line.at_ms), line.text, names.get(line.person_id, ""))


def _rows(state: State, attended: Attendance, composed: Composed, speeches: Sequence[Speech]) -> Iterator[Row]:
    """Who was there or spoke while it was recorded, those who lead first, as they were invited."""
    spoke: dict[str, list[tuple[int, int]]] = {}
    for one in speeches:
        spoke.setdefault(one.person_id, []).append((one.from_ms, one.until_ms))
    for attendee in attended.attendees:
        there = _spans(composed, ((one.from_ms, one.to_ms) for one in attendee.intervals))
        said = tuple(spoke.pop(attendee.person_id, ()))
        if there or said:
            yield Row(attendee.person_id, attendee.name, attendee.function or attendee.office, there, said)
    for person_id, said_there in spoke.items():  # a room that several share
        person = state.people.get(person_id)
        if person is not None:
            yield Row(person_id, person.name, person.function, (), tuple(said_there))


def _spans(composed: Composed, spans: Iterable[tuple[int, int]]) -> Spans:
    """In ms of the file, without those of which nothing was recorded."""
    placed = ((composed.at(from_ms), composed.at(until_ms)) for from_ms, until_ms in spans)
    return tuple(one for one in placed if one[1] > one[0])
