"""Which picture stands when: pure. From a plan, who speaks, and where each stream has a picture, to scenes that do not
change from their first frame to their last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from recordings.layout import Situation, Tile, arrange
from recordings.plan import Caption, Plan
from recordings.speaker import Speech
from recordings.timeline import FRAME_MS

SEGMENT_MS = 10_000
RECENT = 6


class Shown(msgspec.Struct, frozen=True, array_like=True):
    """A stream (its place in the plan) has a picture from then until then, in ms of the composed file."""

    stream: int
    from_ms: int
    until_ms: int


class Placed(msgspec.Struct, frozen=True):
    """stream -1: a card."""

    tile: Tile
    stream: int


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """card: its text, "" for the meeting itself. Whole frames."""

    from_ms: int
    until_ms: int
    placed: tuple[Placed, ...] = ()
    card: str = ""
    chapter: str = ""
    clock: str = ""


class Segment(msgspec.Struct, frozen=True):
    """A piece of the composed file that is made at one go."""

    number: int
    from_ms: int
    until_ms: int


def segments(plan: Plan) -> list[Segment]:
    """Each within one part."""
    found: list[Segment] = []
    for part in plan.parts:
        for at_ms in range(part.at_ms, part.end_ms, SEGMENT_MS):
            found.append(Segment(len(found), at_ms, min(at_ms + SEGMENT_MS, part.end_ms)))
    return found


def scenes(plan: Plan, spoken: Sequence[Speech], shown: Sequence[Shown]) -> list[Scene]:
    """From 0 to the end, without a gap."""
    moments = {0, plan.length_ms}
    for part in plan.parts:
        moments |= {part.at_ms, part.end_ms}
    moments |= {one.at_ms for rows in (plan.presence, plan.chapters, plan.clock) for one in rows}
    moments |= {one.from_ms for one in spoken}
    moments |= {at for one in shown for at in (one.from_ms, one.until_ms)}
    cuts = sorted({min(plan.length_ms, -(-at // FRAME_MS) * FRAME_MS) for at in moments if at >= 0})
    find = _Finder(plan, spoken, shown)
    return list(_joined(find.at(begin, end) for begin, end in pairwise(cuts)))


def _joined(rows: Iterator[Scene] | Sequence[Scene]) -> Iterator[Scene]:
    before: Scene | None = None
    for one in rows:
        if (
            before is not None
            and msgspec.structs.replace(one, from_ms=before.from_ms, until_ms=before.until_ms) == before
        ):
            before = msgspec.structs.replace(before, until_ms=one.until_ms)
            continue
        if before is not None:
            yield before
        before = one
    if before is not None:
        yield before


class _Finder:
    """Answers what there is at a moment."""

    def __init__(self, plan: Plan, spoken: Sequence[Speech], shown: Sequence[Shown]) -> None:
        self._plan, self._spoken = plan, spoken
        self._shown = sorted(shown, key=lambda one: one.from_ms)

    def at(self, at_ms: int, until_ms: int) -> Scene:
        plan = self._plan
        card = _standing(plan.cards, at_ms) if self._is_card(at_ms) else ""
        if card:
            return Scene(from_ms=at_ms, until_ms=until_ms, card=card)
        pictures = self._pictures(at_ms)
        return Scene(
            from_ms=at_ms,
            until_ms=until_ms,
            placed=tuple(
                Placed(tile, -1 if tile.what == "card" else pictures[(tile.person_id, tile.what)])
                for tile in arrange(self._situation(at_ms, pictures))
            ),
            chapter=_standing(plan.chapters, at_ms),
            clock=_standing(plan.clock, at_ms),
        )

    def _is_card(self, at_ms: int) -> bool:
        parts = self._plan.parts
        return bool(parts[max(0, bisect_right(parts, at_ms, key=lambda one: one.at_ms) - 1)].card)

    def _pictures(self, at_ms: int) -> Mapping[tuple[str, str], int]:
        """(person_id, camera or screen) -> stream; the one that began last."""
        found: dict[tuple[str, str], int] = {}
        for one in self._shown:
            if one.from_ms <= at_ms < one.until_ms:
                stream = self._plan.streams[one.stream]
                found[(stream.person_id, stream.source)] = one.stream
        return found

    def _situation(self, at_ms: int, pictures: Mapping[tuple[str, str], int]) -> Situation:
        place = bisect_right(self._plan.presence, at_ms, key=lambda one: one.at_ms) - 1
        people = self._plan.presence[place].people if place >= 0 else ()
        last = bisect_right(self._spoken, at_ms, key=lambda one: one.from_ms)
        before = [one.person_id for one in self._spoken[max(0, last - 40) : last]][::-1]
        there = [one for one in dict.fromkeys(before) if one in people]
        speaking = before[0] if before and before[0] in people else ""
        return Situation(
            people=people,
            cameras=frozenset(who for who, source in pictures if source == "camera"),
            screen=next((who for who, source in pictures if source == "screen" and who in people), ""),
            speaker=speaking,
            recent=tuple(one for one in there if one != speaking)[:RECENT],
        )


def _standing(rows: Sequence[Caption], at_ms: int) -> str:
    place = bisect_right(rows, at_ms, key=lambda one: one.at_ms) - 1
    return rows[place].text if place >= 0 else ""
