"""What shall be composed: everything that the composer needs to know of a meeting, as one message. Pure: facts and
manifests in, a plan out. It holds names and titles, so it is never written to a disk unsealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol

import msgspec

from recordings.manifest import Manifest
from recordings.timeline import Part, composed_ms, length_ms, parts_of, wall_of
from server.errors import Value
from server.meeting import facts
from server.meeting.facts import NumberedFact
from server.meeting.state import State, apply

VERSION = 1
MINUTE_MS = 60_000


class Wording(Protocol):
    """One language's texts and times."""

    @property
    def language(self) -> str: ...

    def __call__(self, key: str, /, **values: Value) -> str: ...

    def time(self, at_ms: int, zone: str) -> str: ...

    def span(self, from_ms: int, to_ms: int, zone: str) -> str: ...

    def day(self, at_ms: int, zone: str) -> str: ...


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """One sealed file; path below the meeting's folder, times on the clock of its recording."""

    path: str
    recording_id: str
    person_id: str
    source: str
    from_ms: int
    until_ms: int


class Named(msgspec.Struct, frozen=True):
    name: str
    function: str


class Presence(msgspec.Struct, frozen=True):
    """From at_ms of the composed file on, these are recorded."""

    at_ms: int
    people: tuple[str, ...]


class Caption(msgspec.Struct, frozen=True):
    """Words that stand from at_ms on: an agenda item's title, the time of day, a card's text."""

    at_ms: int
    text: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """chapters: the agenda, from 0 on; clock: the time of day, each minute; cards: the text of each card, by its at."""

    version: int = VERSION
    title: str
    day: str
    language: str
    parts: tuple[Part, ...]
    streams: tuple[Stream, ...]
    people: dict[str, Named]
    presence: tuple[Presence, ...]
    chapters: tuple[Caption, ...]
    clock: tuple[Caption, ...]
    cards: tuple[Caption, ...]

    @property
    def length_ms(self) -> int:
        return length_ms(self.parts)


def make(meeting_id: str, record: Sequence[NumberedFact], manifests: Sequence[Manifest], words: Wording) -> Plan | None:
    """None: nothing was taken, so there is nothing to compose."""
    parts = parts_of(record, manifests)
    if not parts:
        return None
    history = _History(meeting_id, record)
    last = history.last
    zone = last.plan.zone
    streams = tuple(_streams(manifests))
    known = {one.person_id for one in streams} | {who for _, people in history.presence for who in people}
    named = {who: _named(last, who, place, words) for place, who in enumerate(sorted(known), 1)}
    return Plan(
        title=last.plan.title,
        day=words.day(parts[0].wall_ms, zone),
        language=words.language,
        parts=parts,
        streams=streams,
        people=named,
        presence=_presence(parts, history.presence, manifests),
        chapters=chapters_of(parts, history.items, last, words),
        clock=tuple(_clock(parts, zone, words)),
        cards=tuple(
            Caption(
                one.at_ms,
                words(f"document.recording.{one.card}", span=words.span(one.wall_ms, one.until_wall_ms, zone)),
            )
            for one in parts
            if one.card
        ),
    )


def _streams(manifests: Sequence[Manifest]) -> Iterable[Stream]:
    for manifest in manifests:
        for one in manifest.files:
            if one.frames:
                yield Stream(
                    path=f"{manifest.recording_id}/{one.name}",
                    recording_id=manifest.recording_id,
                    person_id=one.person_id,
                    source=one.source,
                    from_ms=one.from_ms,
                    until_ms=one.until_ms,
                )


def _named(last: State, person_id: str, place: int, words: Wording) -> Named:
    person = last.people.get(person_id)
    if person is None or not person.name:  # erased, and only the recording is kept
        return Named(words("document.recording.somebody", number=place), "")
    return Named(person.name, person.function)


class _History:
    """The meeting from fact to fact: who was recorded from when on, and which item was open. Unix ms."""

    def __init__(self, meeting_id: str, record: Sequence[NumberedFact]) -> None:
        self.presence: list[tuple[int, tuple[str, ...]]] = []
        self.items: list[tuple[int, str]] = []
        state = State(meeting_id)
        for one in record:
            state = apply(state, one)
            self._look(one.at_ms, state)
            match one.fact:
                case facts.ItemOpened(item_id=item_id):
                    self.items.append((one.at_ms, item_id))
                case facts.ItemClosed():
                    self.items.append((one.at_ms, ""))
        self.last = state

    def _look(self, at_ms: int, state: State) -> None:
        if not state.recording.taken:
            return
        there = {one.person_id for one in state.sessions.values()}
        now = tuple(sorted(state.recording.recorded & there))
        if not self.presence or self.presence[-1][1] != now:
            self.presence.append((at_ms, now))


def _presence(
    parts: Sequence[Part], seen: Sequence[tuple[int, tuple[str, ...]]], manifests: Sequence[Manifest]
) -> tuple[Presence, ...]:
    """In composed time. Whoever's stream is there was recorded, also where the facts of presence are erased."""
    covered = [
        (manifest.began_ms + one.from_ms, manifest.began_ms + one.until_ms, one.person_id)
        for manifest in manifests
        for one in manifest.files
        if one.frames
    ]
    moments = {0} | {composed_ms(parts, at) for at, _ in seen}
    moments |= {composed_ms(parts, at) for begin, end, _ in covered for at in (begin, end + 1)}
    end_ms = length_ms(parts)
    found: list[Presence] = []
    for at_ms in sorted(moments):
        if at_ms >= end_ms:
            continue
        wall_ms = wall_of(parts, at_ms)
        told = next((people for at, people in reversed(seen) if at <= wall_ms), ())
        heard = {who for begin, end, who in covered if begin <= wall_ms <= end}
        people = tuple(sorted({*told, *heard}))
        if not found or found[-1].people != people:
            found.append(Presence(at_ms, people))
    return tuple(found)


def chapters_of(
    parts: Sequence[Part], items: Sequence[tuple[int, str]], last: State, words: Wording
) -> tuple[Caption, ...]:
    """One for each agenda item as it was taken up; what stands before the first one is the opening."""
    titles = {item.item_id: f"{place}. {item.title}" for place, item in enumerate(last.items, 1)}
    end_ms = length_ms(parts)
    found: dict[int, str] = {0: words("document.recording.opening")}
    for wall_ms, item_id in items:
        if not parts or wall_ms >= parts[-1].until_wall_ms:
            continue
        at_ms = min(composed_ms(parts, wall_ms), end_ms)
        if at_ms < end_ms:
            found[at_ms] = titles.get(item_id) or words("document.recording.between")
    rows = sorted(found.items())
    kept = [rows[0], *(later for before, later in pairwise(rows) if before[1] != later[1])]
    return tuple(Caption(at, text) for at, text in kept)


def _clock(parts: Sequence[Part], zone: str, words: Wording) -> Iterable[Caption]:
    for part in parts:
        if part.card:
            continue
        wall_ms = part.wall_ms
        while wall_ms < part.until_wall_ms:
            yield Caption(part.at_ms + wall_ms - part.wall_ms, words.time(wall_ms, zone))
            wall_ms = (wall_ms // MINUTE_MS + 1) * MINUTE_MS
