"""Half-open stretches of time [from_ms, to_ms), Unix ms, and the little arithmetic attendance needs of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    from_ms: int
    to_ms: int

    def has(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms < self.to_ms


Intervals: TypeAlias = tuple[Interval, ...]
"""Disjoint, ordered, none empty, none touching the next."""


def merged(some: Iterable[Interval]) -> Intervals:
    """The same moments, each once."""
    whole: list[Interval] = []
    for one in sorted(some):
        if one.from_ms >= one.to_ms:
            continue
        if whole and one.from_ms <= whole[-1].to_ms:
            whole[-1] = Interval(whole[-1].from_ms, max(whole[-1].to_ms, one.to_ms))
        else:
            whole.append(one)
    return tuple(whole)


def common(left: Iterable[Interval], right: Iterable[Interval]) -> Intervals:
    """The moments that are in both."""
    others = tuple(right)
    return merged(
        Interval(max(one.from_ms, other.from_ms), min(one.to_ms, other.to_ms)) for one in left for other in others
    )


def without(left: Iterable[Interval], right: Iterable[Interval]) -> Intervals:
    """The moments of `left` that are not in `right`."""
    kept = merged(left)
    for hole in merged(right):
        kept = tuple(
            part
            for one in kept
            for part in (
                Interval(one.from_ms, min(one.to_ms, hole.from_ms)),
                Interval(max(one.from_ms, hole.to_ms), one.to_ms),
            )
            if part.from_ms < part.to_ms
        )
    return kept


def total_ms(some: Iterable[Interval]) -> int:
    return sum(one.to_ms - one.from_ms for one in some)
