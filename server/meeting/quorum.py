"""Whether enough of those who count are there at a given moment: a pure function over the attendance and a rule."""

from __future__ import annotations

from dataclasses import dataclass

from server.meeting.attendance import Attendance
from server.meeting.facts import QuorumKind, Role

MEMBERS: frozenset[Role] = frozenset({"chair", "secretary", "participant"})
"""Whose presence counts and who may vote; observers and guests do not."""


@dataclass(frozen=True, slots=True)
class QuorumRule:
    """Quorum stands while present > numerator/denominator of those invited whose role counts (>= where `reaching`), or
    while at least `number` are present, where that is given."""

    numerator: int = 1
    denominator: int = 2
    reaching: bool = False
    number: int | None = None
    counting: frozenset[Role] = MEMBERS

    def needed(self, invited: int) -> int:
        """How many must be there, of so many."""
        if self.number is not None:
            return self.number
        share = invited * self.numerator
        return -(-share // self.denominator) if self.reaching else share // self.denominator + 1


MORE_THAN_HALF = QuorumRule()


def rule_of(kind: QuorumKind, number: int = 0) -> QuorumRule:
    """The rule that a meeting's rules of procedure name (UU 23/2014 art. 183: >= 3/4, >= 2/3, > 1/2)."""
    if kind == "none":
        return QuorumRule(number=0)
    if kind == "number":
        return QuorumRule(number=number)
    if kind == "half":
        return MORE_THAN_HALF
    numerator, denominator = (2, 3) if kind == "two_thirds" else (3, 4)
    return QuorumRule(numerator, denominator, reaching=True)


@dataclass(frozen=True, slots=True)
class Quorum:
    present: int
    invited: int
    needed: int

    @property
    def reached(self) -> bool:
        return self.present >= self.needed


def quorum(attendance: Attendance, at_ms: int, rule: QuorumRule = MORE_THAN_HALF) -> Quorum:
    """As it stood at `at_ms`. The roles are those that people have now, and so is who stands in for whom."""
    counting = [one for one in attendance.attendees if one.role in rule.counting]
    still = at_ms >= attendance.until_ms and not attendance.closed_ms
    here = {
        one.person_id
        for one in attendance.attendees
        if (still and one.here_now) or any(stretch.has(at_ms) for stretch in one.intervals)
    }
    present = sum(one.person_id in here or one.stand_in_id in here for one in counting)
    return Quorum(present, len(counting), rule.needed(len(counting)))
