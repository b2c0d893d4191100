"""Does a queue grow on the way to a viewer? From when packets left and when they came. No I/O, no clock.

draft-ietf-rmcat-gcc-02 5.1 to 5.4, with a least-squares line through the last delays in place of the Kalman filter, as
browsers do it on their own way up.
"""

from __future__ import annotations

from collections import deque
from enum import IntEnum

BURST_US = 5_000  # 5.2: packets sent within 5 ms are one group
LONGEST_BURST_US = 100_000
WINDOW = 20  # groups in the line
SMOOTHING = 0.9
GAIN = 4.0
MOST_DELTAS = 60
OVERUSE_MS = 10.0  # 5.4: for so long above the threshold
FIRST_THRESHOLD_MS = 12.5
LEAST_THRESHOLD_MS, MOST_THRESHOLD_MS = 6.0, 600.0
FOLLOW_UP, FOLLOW_DOWN = 0.0087, 0.039  # 5.4: K_u, K_d
FAR_MS = 15.0  # 5.4: a sudden leap is no reason to grow deaf
STALE_US = 3_000_000  # nothing came for so long: what was learnt says nothing any more


class Usage(IntEnum):
    """What the queue does."""

    UNDER = -1
    NORMAL = 0
    OVER = 1


class DelayDetector:
    """Give every packet that came, in the order of sending. Times in us, each on its own side's clock."""

    __slots__ = (
        "_accumulated",
        "_came_us",
        "_count",
        "_first_came_us",
        "_first_sent_us",
        "_group_came_us",
        "_group_first_us",
        "_group_sent_us",
        "_line",
        "_over_count",
        "_over_ms",
        "_sent_us",
        "_smoothed",
        "_threshold",
        "_trend",
        "_updated_ms",
        "usage",
    )

    def __init__(self) -> None:
        self.usage = Usage.NORMAL
        self._threshold = FIRST_THRESHOLD_MS
        self._reset()

    def _reset(self) -> None:
        self._sent_us = self._came_us = -1  # of the group before; -1: none yet
        self._first_sent_us = self._group_sent_us = self._group_came_us = self._group_first_us = -1
        self._first_came_us = -1
        self._line: deque[tuple[float, float]] = deque(maxlen=WINDOW)  # (ms of coming, smoothed delay in ms)
        self._accumulated = self._smoothed = self._trend = 0.0
        self._count = self._over_count = 0
        self._over_ms = -1.0
        self._updated_ms = -1.0

    def packet(self, sent_us: int, came_us: int) -> None:
        """One packet; the verdict stands in `usage`."""
        if self._first_sent_us < 0:
            self._begin(sent_us, came_us)
            return
        if abs(came_us - self._group_came_us) > STALE_US or sent_us - self._group_sent_us > STALE_US:
            self._reset()
            self.usage = Usage.NORMAL
            self._begin(sent_us, came_us)
            return
        if sent_us < self._first_sent_us:
            return  # of a group that is over: turned about on the way
        if sent_us - self._first_sent_us <= BURST_US or self._belongs(sent_us, came_us):
            self._group_sent_us = max(self._group_sent_us, sent_us)
            self._group_came_us = max(self._group_came_us, came_us)
            return
        if self._sent_us >= 0:
            self._group(self._group_sent_us - self._sent_us, self._group_came_us - self._came_us)
        self._sent_us, self._came_us = self._group_sent_us, self._group_came_us
        self._begin(sent_us, came_us)

    def _begin(self, sent_us: int, came_us: int) -> None:
        self._first_sent_us = self._group_sent_us = sent_us
        self._group_first_us = self._group_came_us = came_us

    def _belongs(self, sent_us: int, came_us: int) -> bool:
        """Came in one burst with the group though sent later (Wi-Fi, a radio link): 5.2's merging of bursts."""
        came = came_us - self._group_came_us
        return (
            came - (sent_us - self._group_sent_us) < 0
            and came <= BURST_US
            and came_us - self._group_first_us < LONGEST_BURST_US
        )

    def _group(self, sent_us: int, came_us: int) -> None:
        """5.2: one more difference of delays."""
        self._count = min(self._count + 1, 1000)
        self._accumulated += (came_us - sent_us) / 1000
        self._smoothed += (self._accumulated - self._smoothed) * (1 - SMOOTHING)
        if self._first_came_us < 0:
            self._first_came_us = self._group_came_us
        now_ms = (self._group_came_us - self._first_came_us) / 1000
        self._line.append((now_ms, self._smoothed))
        trend = self._slope() if len(self._line) == WINDOW else self._trend
        self._judge(trend, sent_us / 1000, now_ms)

    def _slope(self) -> float:
        line = self._line
        count = len(line)
        middle_x = sum(x for x, _ in line) / count
        middle_y = sum(y for _, y in line) / count
        square = sum((x - middle_x) ** 2 for x, _ in line)
        if square <= 0:
            return self._trend
        return sum((x - middle_x) * (y - middle_y) for x, y in line) / square

    def _judge(self, trend: float, sent_ms: float, now_ms: float) -> None:
        """5.4: against a threshold that follows, so that a jittery line is not taken for a full one."""
        offset = min(self._count, MOST_DELTAS) * trend * GAIN
        if self._count < 2:
            self.usage = Usage.NORMAL
            return
        if offset > self._threshold:
            self._over_ms = sent_ms / 2 if self._over_ms < 0 else self._over_ms + sent_ms
            self._over_count += 1
            if self._over_ms > OVERUSE_MS and self._over_count > 1 and trend >= self._trend:
                self._over_ms = 0.0
                self._over_count = 0
                self.usage = Usage.OVER
        else:
            self._over_ms = -1.0
            self._over_count = 0
            self.usage = Usage.UNDER if offset < -self._threshold else Usage.NORMAL
        self._trend = trend
        self._follow(offset, now_ms)

    def _follow(self, offset: float, now_ms: float) -> None:
        before, self._updated_ms = self._updated_ms, now_ms
        size = abs(offset)
        if before < 0 or size > self._threshold + FAR_MS:
            return
        rate = FOLLOW_DOWN if size < self._threshold else FOLLOW_UP
        moved = self._threshold + rate * (size - self._threshold) * min(now_ms - before, 100.0)
        self._threshold = min(MOST_THRESHOLD_MS, max(LEAST_THRESHOLD_MS, moved))
