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
_SHARES: dict[QuorumKind, tuple[int, int]] = {
    "half": (1, 2),
    "at_least_half": (1, 2),
    "two_thirds": (2, 3),
    "three_quarters": (3, 4),
}


def rule_of(kind: QuorumKind, number: int = 0, *, secretary_counts: bool = True) -> QuorumRule:
    """The rule that a meeting's rules of procedure name."""
    counting = MEMBERS if secretary_counts else MEMBERS - {"secretary"}
    if kind in ("none", "number"):
        return QuorumRule(number=number if kind == "number" else 0, counting=counting)
    numerator, denominator = _SHARES[kind]
    return QuorumRule(numerator, denominator, reaching=kind != "half", counting=counting)


@dataclass(frozen=True, slots=True)
class Preset:
    """What a kind of meeting asks for. `council`: a plenary of a regency's council (DPRD kabupaten/kota), whose quorum
    and adjournments are those of UU 23/2014 art. 183 (2), (4) and (5); its secretary is no member of it."""

    quorum: QuorumKind
    council: bool = False


PRESETS: dict[str, Preset] = {
    "coordination": Preset("none"),
    "working": Preset("half"),
    "council_ordinary": Preset("half", council=True),  # (2) c
    "council_bylaw": Preset("two_thirds", council=True),  # (2) b
    "council_inquiry": Preset("three_quarters", council=True),  # (2) a
}
"""By code; "" stands for rules of the meeting's own."""

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
SHORT_ADJOURNMENTS = 2


def longest_adjournment_ms(preset: str, before: int) -> int:
    """How long a meeting without quorum may be put off that was so `before` times; 0: not once more. For a council
    twice at most an hour, then at most three days (UU 23/2014 art. 183 (4), (5)); all others at most a day each."""
    if preset not in PRESETS or not PRESETS[preset].council:
        return DAY_MS
    if before < SHORT_ADJOURNMENTS:
        return HOUR_MS
    return 3 * DAY_MS if before == SHORT_ADJOURNMENTS else 0


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
