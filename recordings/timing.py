"""When a packet was captured, on the recording's own clock. Pure.

A sender's reports (RFC 3550 6.4.1) tie all of its streams to one clock, the sender's; which runs a little faster or
slower than ours, and says another time. What its packets took on the way is never less than the way itself, so the
least difference between arrival and capture is followed: slowly, so that sound is neither stretched audibly nor drifts
away in three hours.
"""

from __future__ import annotations

from collections import deque

BUCKET_US = 5_000_000
BUCKETS = 4
SLEW_PER_MS = 0.002  # of the time that passes: 2 ms a second, twenty times what clocks drift, and not heard
JUMP_US = 400_000  # a clock that was set anew is followed at once
_HALF = 1 << 31


class SenderTime:
    """One sender: the offset between its clock and ours, from all of its streams. Microseconds."""

    def __init__(self) -> None:
        self._buckets: deque[tuple[int, int]] = deque(maxlen=BUCKETS)
        self._offset_us: float | None = None
        self._moved_us = 0

    def arrived(self, captured_us: int, arrival_us: int) -> None:
        """A packet that was captured then, by the sender's clock, came now, by ours."""
        difference = arrival_us - captured_us
        buckets = self._buckets
        begun = arrival_us // BUCKET_US
        if buckets and abs(difference - self._least()) > JUMP_US and difference < self._least():
            buckets.clear()
            self._offset_us = None
        if not buckets or buckets[-1][0] != begun:
            buckets.append((begun, difference))
        elif difference < buckets[-1][1]:
            buckets[-1] = (begun, difference)
        self._follow(arrival_us)

    def _least(self) -> int:
        return min(least for _, least in self._buckets)

    def _follow(self, now_us: int) -> None:
        least = self._least()
        if self._offset_us is None or abs(least - self._offset_us) > JUMP_US:
            self._offset_us = float(least)
        else:
            most = max(0, now_us - self._moved_us) * SLEW_PER_MS
            self._offset_us += min(most, max(-most, least - self._offset_us))
        self._moved_us = now_us

    def ours(self, captured_us: int) -> int:
        """That moment by our clock."""
        return captured_us + int(self._offset_us or 0)


class StreamTime:
    """One stream of a sender. `place` gives each frame its moment, which never runs back."""

    def __init__(self, clock_rate: int, sender: SenderTime) -> None:
        self._rate = clock_rate
        self._sender = sender
        self._alone = SenderTime()  # until the sender has reported
        self._last = 0
        self._wraps = 0
        self._begun = False
        self._report: tuple[int, int] | None = None
        self._placed_us = -1

    def reported(self, ntp: int, timestamp: int) -> None:
        """A sender report: this 64-bit NTP time (32.32) was this RTP timestamp."""
        self._report = ((ntp * 1_000_000) >> 32, self._unwrap(timestamp))

    def _unwrap(self, timestamp: int) -> int:
        if not self._begun:
            self._begun, self._last = True, timestamp
            return timestamp
        step = (timestamp - self._last + _HALF) % (1 << 32) - _HALF
        self._last += step
        return self._last

    def place(self, timestamp: int, arrival_us: int) -> int:
        """Our clock's microseconds for a frame."""
        ticks = self._unwrap(timestamp)
        if self._report is None:
            clock, captured_us = self._alone, ticks * 1_000_000 // self._rate
        else:
            at_us, at_ticks = self._report
            clock, captured_us = self._sender, at_us + (ticks - at_ticks) * 1_000_000 // self._rate
        clock.arrived(captured_us, arrival_us)
        self._placed_us = max(self._placed_us + 1000, clock.ours(captured_us))
        return self._placed_us
