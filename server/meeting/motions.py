"""The arithmetic of deciding: who the members are, whether they are quorate, what a vote adds up to. Pure.

One member, one vote: nothing here counts devices. Sums hold for any order of joins, drops and stand-ins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.meeting.deliberation import Motion
from server.meeting.facts import Choice, Outcome, Share, ShareOf, Tie
from server.meeting.quorum import Quorum
from server.meeting.state import State

_SHARES: dict[Share, tuple[int, int]] = {"half": (1, 2), "two_thirds": (2, 3), "three_quarters": (3, 4)}


def members(state: State) -> tuple[str, ...]:
    """person_ids, in the order they were invited."""
    counting = state.deliberation.procedure.rule.counting
    return tuple(one.person_id for one in state.people.values() if one.role in counting)


def present_members(state: State) -> tuple[str, ...]:
    """Members who are there themselves or by a stand-in who is; each once, in the order they were invited."""
    here, stand_ins = state.present(), state.deliberation.stand_ins
    return tuple(one for one in members(state) if one in here or stand_ins.get(one) in here)


def quorum(state: State) -> Quorum:
    """As it stands now, by the meeting's rules of procedure."""
    whole = len(members(state))
    return Quorum(len(present_members(state)), whole, state.deliberation.procedure.rule.needed(whole))


@dataclass(frozen=True, slots=True)
class Tally:
    yes: int = 0
    no: int = 0
    abstain: int = 0

    @property
    def cast(self) -> int:
        return self.yes + self.no + self.abstain


def tally(choices: Iterable[Choice]) -> Tally:
    every = tuple(choices)
    return Tally(every.count("yes"), every.count("no"), every.count("abstain"))


def needed(share: Share, of: ShareOf, counts: Tally, present: int, whole: int, *, abstentions_count: bool) -> int:
    """How many votes in favour carry it. Half means more than half, the other shares at least that much; at least one.

    `of` "cast": of the votes in favour and against (and the abstentions, where these count)."""
    voted = counts.cast if abstentions_count else counts.yes + counts.no
    base = {"cast": voted, "present": max(present, counts.cast), "members": whole}[of]
    numerator, denominator = _SHARES[share]
    if share == "half":
        return base * numerator // denominator + 1
    return max(1, -(-base * numerator // denominator))


def outcome(motion: Motion, counts: Tally, present: int, *, quorate: bool) -> Outcome:
    """What the vote decided. A tie is one only where the tie rule gives it to the chair."""
    if not quorate:
        return "void"
    carry = needed(
        motion.share, motion.of, counts, present, len(motion.eligible), abstentions_count=motion.abstentions_count
    )
    if counts.yes >= carry:
        return "adopted"
    return "tied" if _is_tie(motion.tie, counts) else "rejected"


def _is_tie(rule: Tie, counts: Tally) -> bool:
    return rule == "chair" and counts.yes == counts.no > 0
