"""One site's budget over several media processes, by what the viewers in each of them want. Pure.

The parts are such that each process, dividing its own among its own viewers, comes to what one that knew all of them
would have come to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.rtp.allocate import fair_shares


@dataclass(frozen=True, slots=True)
class Need:
    """What a site's viewers in one process want, in bit/s: for their sound together, and for pictures each of them."""

    sound_bps: int = 0
    wants_bps: tuple[int, ...] = ()

    def is_news(self, told: Need, tolerance: float) -> bool:
        """Whether it differs from what was told last by more than noise (a part of the whole)."""
        if (self.sound_bps, len(self.wants_bps)) != (told.sound_bps, len(told.wants_bps)):
            return True
        before = sum(told.wants_bps)
        return abs(sum(self.wants_bps) - before) > tolerance * before


def split(budget_bps: int, needs: Sequence[Need]) -> list[int]:
    """Bit/s for each process, sound included. Sound goes before, whatever the budget; what nobody wants is lent to all
    alike, so that who comes next need not wait."""
    pictures = budget_bps - sum(need.sound_bps for need in needs)
    shares = fair_shares(pictures, [want for need in needs for want in need.wants_bps])
    spare = max(0, pictures - sum(shares)) // max(1, len(needs))
    parts: list[int] = []
    at = 0
    for need in needs:
        end = at + len(need.wants_bps)
        parts.append(need.sound_bps + sum(shares[at:end]) + spare)
        at = end
    return parts
