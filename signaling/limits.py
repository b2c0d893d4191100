"""How much one connection may ask: a token bucket per kind of request. No clock and no connection is read here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` on the long run, `burst` at once."""

    per_second: float
    burst: int


COMMANDS = Rate(30, 60)
MEDIA = Rate(60, 400)  # entering a room of a hundred asks for every voice and the pictures that are shown, at once
NOTES = Rate(30, 90)  # a browser has one update on the way, and moves its cursor a few times a second
ENTRIES = Rate(1, 10)
HOPELESS = 300  # refusals in a row of one bucket after which the connection is ended: no browser of ours does that


class Bucket:
    """Tokens of one kind for one connection; `now_ms` is monotonic."""

    def __init__(self, rate: Rate, now_ms: int) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._at_ms = now_ms
        self.refused_in_a_row = 0

    def take(self, now_ms: int) -> bool:
        """One token, if there is one."""
        gained = max(0, now_ms - self._at_ms) * self._rate.per_second / 1000
        self._tokens = min(float(self._rate.burst), self._tokens + gained)
        self._at_ms = now_ms
        if self._tokens < 1:
            self.refused_in_a_row += 1
            return False
        self._tokens -= 1
        self.refused_in_a_row = 0
        return True
