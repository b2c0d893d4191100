"""What a viewer's line seems to carry, from REMB, loss and what it was sent. An alarm, no proof of room. No I/O.

Browsers cap REMB near 1.5 times what they receive and let it grow by 8 % a second, so it often lies below what is sent
although the line has room (a camera that went from small to large). They lower it only when packets queue up: a value
that falls, below what is sent, is the alarm. So room is found by trying: grow step by step while nothing complains, and
wait longer after each failure.
"""

from __future__ import annotations

START_BPS = 1_500_000
LEAST_BPS = 100_000
MOST_BPS = 20_000_000
FALLS = 0.97  # of the REMB before: less is a step down; browsers step to 0.85
ALARM_RATIO = 1.2  # REMB below this times what is sent is the line speaking, not the cap
BACK_OFF = 0.95  # after an alarm stay a little below what the line said
FAST_GROWTH = 1.5  # per second, until the first alarm
SLOW_GROWTH = 1.08  # per second, as libwebrtc's own
REACH = 2.5  # never believe in more than this times what was really sent
REACH_BPS = 400_000
HIGH_LOSS_256 = 26  # 10 %, where RFC draft-ietf-rmcat-gcc-02 6 begins to reduce
LOW_LOSS_256 = 5  # 2 %, below which it may grow
FIRST_WAIT_MS = 4_000
LONGEST_WAIT_MS = 60_000
FORGIVE_MS = 60_000


class ViewerBandwidth:
    """One per viewer. Times are monotonic ms."""

    __slots__ = (
        "_alarm_ms",
        "_available",
        "_calm_from_ms",
        "_grown_ms",
        "_loss_256",
        "_loss_ms",
        "_remb",
        "_sent",
        "_wait_ms",
    )

    def __init__(self, start_bps: int = START_BPS) -> None:
        self._available = float(start_bps)
        self._sent = 0
        self._remb: int | None = None
        self._alarm_ms: int | None = None
        self._calm_from_ms = 0
        self._grown_ms: int | None = None
        self._wait_ms = FIRST_WAIT_MS
        self._loss_256 = 0
        self._loss_ms: int | None = None

    def remb(self, bitrate_bps: int, now_ms: int) -> None:
        """A REMB from the viewer."""
        before, self._remb = self._remb, bitrate_bps
        if before is None or bitrate_bps > before * FALLS:
            return
        if bitrate_bps < self._sent * ALARM_RATIO and bitrate_bps < self._available:
            self._reduce(bitrate_bps * BACK_OFF, now_ms)

    def loss(self, fraction_256: int, now_ms: int) -> None:
        """The fraction lost (1/256) of a receiver report; acts at most once a second."""
        self._loss_256 = fraction_256
        if fraction_256 <= HIGH_LOSS_256 or (self._loss_ms is not None and now_ms - self._loss_ms < 1000):
            return
        self._loss_ms = now_ms
        base = min(self._available, float(self._sent)) if self._sent else self._available
        self._reduce(base * (1 - fraction_256 / 512), now_ms)

    def _reduce(self, bitrate_bps: float, now_ms: int) -> None:
        self._available = max(float(LEAST_BPS), min(self._available, bitrate_bps))
        if self._alarm_ms is None or now_ms - self._alarm_ms > FORGIVE_MS:
            self._wait_ms = FIRST_WAIT_MS
        elif now_ms >= self._calm_from_ms:  # growth had begun again, and failed
            self._wait_ms = min(LONGEST_WAIT_MS, self._wait_ms * 2)
        self._alarm_ms = now_ms
        self._calm_from_ms = now_ms + self._wait_ms
        self._grown_ms = now_ms

    def sent(self, bitrate_bps: int, now_ms: int) -> None:
        """What the viewer was sent lately; call once or twice a second. Growth happens here."""
        self._sent = bitrate_bps
        last = self._grown_ms
        self._grown_ms = now_ms
        if last is None or now_ms < self._calm_from_ms or self._loss_256 > LOW_LOSS_256:
            return
        seconds = min(now_ms - last, 2000) / 1000
        rate = FAST_GROWTH if self._alarm_ms is None else SLOW_GROWTH
        reach = max(bitrate_bps * REACH, bitrate_bps + REACH_BPS)
        grown = min(self._available * rate**seconds, reach, float(MOST_BPS))
        self._available = max(self._available, grown)

    def available_bps(self) -> int:
        """What may be allocated now."""
        return int(self._available)
