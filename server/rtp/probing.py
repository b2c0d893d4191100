"""When to send more than there is, to see whether it comes through; how much, how long, and what that says. No I/O.

A probe is a fifth of a second at a rate above the estimate, in a packet train per tick, made of padding beside what is
sent anyway. It ends at once when a queue grows.
"""

from __future__ import annotations

from enum import IntEnum

LENGTH_MS = 200
FACTOR = 2.0
CAREFUL_FACTOR = 1.5  # after a failure: a full line gets a tenth of a second of queue, no more
ENOUGH = 1.2  # of what is wanted, where going up asks for a margin: no more is looked for
LEAST_BPS = 200_000  # less is a handful of packets, which say nothing; it is five kilobytes
MOST_BPS = 12_000_000
MOST_BYTES = 300_000  # one probe's padding
AFTER_LOWERED_MS = 2_000
AFTER_SUCCESS_MS = 100
FIRST_WAIT_MS = 1_500
LONGEST_WAIT_MS = 4_500  # with the probes that follow one another then: full quality again within ten seconds
BACK_OFF = 1.6
ANSWER_WITHIN_MS = 600  # beside the round trip
SATURATED = 0.85  # less than this of what was sent came in its time
CARE = 0.9  # of what came through a saturated line
MOST_LOSS = 0.1  # above what the line loses anyway


class Outcome(IntEnum):
    """What a probe said."""

    NOTHING = 0
    FOUND = 1
    FULL = 2


class Prober:
    """One per viewer. Numbers are the departures', not wrapped; times in ms, or us where so named."""

    __slots__ = (
        "_came",
        "_end_ms",
        "_factor",
        "_first",
        "_last",
        "_lost",
        "_next_ms",
        "_padded",
        "_ticked_ms",
        "_wait_ms",
        "active",
        "target_bps",
    )

    def __init__(self) -> None:
        #: sending now
        self.active = False
        self.target_bps = 0
        self._factor = FACTOR
        self._wait_ms = FIRST_WAIT_MS
        self._next_ms = 0
        self._first = self._last = -1
        self._end_ms = self._ticked_ms = 0
        self._padded = 0
        self._lost = 0
        self._came: list[tuple[int, int, int]] = []  # (left us, came us, bytes)

    @property
    def waiting(self) -> bool:
        """Sent, and not all told yet?"""
        return self._first >= 0

    def wants(self, estimate_bps: int, wanted_bps: int, now_ms: int, lowered_ms: int | None, *, crowded: bool) -> bool:
        """Begin a probe now? wanted_bps: what the viewer would get if the line carried anything."""
        if self.active or self.waiting or crowded or now_ms < self._next_ms:
            return False
        if lowered_ms is not None and now_ms - lowered_ms < AFTER_LOWERED_MS:
            return False
        return wanted_bps * ENOUGH > estimate_bps and estimate_bps < MOST_BPS

    def begin(self, estimate_bps: int, wanted_bps: int, first: int, now_ms: int) -> int:
        """first: the next packet's number. Returns until when it may last, with its echo."""
        wanted = int(wanted_bps * ENOUGH)
        target = max(int(estimate_bps * self._factor), LEAST_BPS)
        self.target_bps = min(target, max(wanted, int(estimate_bps * 1.1)), MOST_BPS)
        self.active = True
        self._first, self._last = first, -1
        self._ticked_ms = now_ms
        self._end_ms = now_ms + LENGTH_MS
        self._padded = self._lost = 0
        self._came.clear()
        return self._end_ms + ANSWER_WITHIN_MS

    def due(self, sent_bytes: int, now_ms: int, tick_ms: int) -> int:
        """Bytes of padding to send in this tick, beside `sent_bytes` that went since the last one."""
        wanted = self.target_bps * tick_ms // 8000 - (sent_bytes if self._ticked_ms != now_ms else 0)
        self._ticked_ms = now_ms
        return max(0, min(wanted, MOST_BYTES - self._padded))

    def sent(self, padding_bytes: int, next_number: int, now_ms: int) -> None:
        """After each tick's padding. Ends the sending in time."""
        self._padded += padding_bytes
        if now_ms >= self._end_ms or self._padded >= MOST_BYTES:
            self.stop(next_number)

    def stop(self, next_number: int) -> None:
        """No more padding; what was sent is judged by what comes."""
        if self.active:
            self.active = False
            self._last = next_number - 1
            if self._last < self._first:
                self._first = -1

    def told(self, number: int, left_us: int, came_us: int, size: int) -> None:
        """One packet came (came_us), or did not (-1)."""
        if self._first < 0 or number < self._first or (0 <= self._last < number):
            return
        if came_us < 0:
            self._lost += 1
        else:
            self._came.append((left_us, came_us, size))

    def judge(
        self, newest_told: int, now_ms: int, round_trip_ms: int, estimate_bps: int, usual_loss: float = 0.0
    ) -> tuple[Outcome, int]:
        """After each feedback and tick: (outcome, bps). NOTHING while there is nothing to say."""
        if self.active or self._first < 0:
            return Outcome.NOTHING, 0
        if newest_told < self._last and now_ms - self._end_ms < round_trip_ms + ANSWER_WITHIN_MS:
            return Outcome.NOTHING, 0
        self._first = -1
        left_bps, came_bps = self._rates()
        lost = self._lost > (MOST_LOSS + usual_loss) * (self._lost + len(self._came))
        if came_bps <= 0:
            return self._failed(now_ms), 0
        if not lost and came_bps >= SATURATED * left_bps:
            found = min(left_bps, came_bps)
            if found > estimate_bps:
                self._factor, self._wait_ms = FACTOR, FIRST_WAIT_MS
                self._next_ms = now_ms + AFTER_SUCCESS_MS
                return Outcome.FOUND, found
            return self._failed(now_ms), 0
        found = int(came_bps * CARE)
        self._failed(now_ms)
        return (Outcome.FOUND, found) if found > estimate_bps and not lost else (Outcome.FULL, 0)

    def _failed(self, now_ms: int) -> Outcome:
        self._next_ms = now_ms + self._wait_ms
        self._wait_ms = min(LONGEST_WAIT_MS, int(self._wait_ms * BACK_OFF))
        self._factor = CAREFUL_FACTOR
        return Outcome.FULL

    def _rates(self) -> tuple[int, int]:
        """(left, came) in bps, of the same bytes: those after the first train, from the end of it to the end of all."""
        came = sorted(self._came)
        if len(came) < 5:
            return 0, 0
        first_left, last_left = came[0][0], came[-1][0]
        first_came = max(at for left, at, _ in came if left - first_left < 5_000)
        last_came = max(at for _, at, _ in came)
        if last_left - first_left < 50_000 or last_came <= first_came:
            return 0, 0
        size = sum(size for left, _, size in came if left - first_left >= 5_000)
        return (
            size * 8_000_000 // (last_left - first_left),
            size * 8_000_000 // (last_came - first_came),
        )
