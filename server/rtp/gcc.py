"""What a viewer's line carries, from transport-wide feedback (draft-ietf-rmcat-gcc-02): by delay, and by loss. No I/O.

Counts pictures only, numbered as they are: sound is neither counted nor held back, so what is found is what remains
beside it. A forwarder sends what there is, mostly less than the line carries; room beyond that is found by probing.
"""

from __future__ import annotations

import math
from collections import deque

from server.rtp.delay import DelayDetector, Usage

LEAST_BPS = 30_000
MOST_BPS = 50_000_000
BETA = 0.85  # 5.5: after overuse, of what came
GROWTH = 1.08  # 5.5: per second, far from the limit
REACH = 1.5  # 5.5: of what came
REACH_BPS = 10_000
RATE_WINDOW_US = 500_000
SHORT_WINDOW_US = 160_000
STRETCH_WINDOW_US = 750_000
STRETCHED = 1.1  # what left in so long a time came in a longer one: more was sent than the line carries
RESPONSE_MS = 100  # 5.5: the detector's own slowness, beside the round trip
NEAR_DEVIATIONS = 3.0  # 5.5: what came is near what came when the line was full last
DECREASE_EVERY_MS = 200
PACKET_BITS = 1200 * 8
HIGH_LOSS, LOW_LOSS = 0.10, 0.02  # 6
SILENT_PACKETS = 20  # that left and were not told of mean something
LOSS_PACKETS = 50  # a fraction of fewer means nothing
BY_CHANCE = 2.5  # standard deviations: a line of 10 % loses 22 % of fifty packets once in a while
LOSS_EVERY_MS = 900  # one burst that did not fit its queue is told by delay already
EXPLAINED_MS = 1_500  # a queue that grew and ran over was answered already
USUAL_SHARE = 0.2  # of the newest
#: Loss that stays as it was though less is sent is the line's own, and no reason to send still less: a full line would
#: lose so much less of it by then that the two can be told from each other.
OWN_LOSS_TOLD = 0.1
OWN_LOSS_ABOVE = 1.3
CROWDED_MS = 500
SILENT_MS = 1_500  # packets were sent, and nothing is told of them: the line is dead or full

Arrival = tuple[int, int, int]  # (left us, came us, bytes)


class Rate:
    """Bits per second over the last half second of coming."""

    __slots__ = ("_bytes", "_first_us", "_kept")

    def __init__(self) -> None:
        self._kept: deque[tuple[int, int]] = deque()
        self._bytes = 0
        self._first_us = -1

    def add(self, at_us: int, size: int) -> None:
        kept = self._kept
        if kept and abs(at_us - kept[-1][0]) > RATE_WINDOW_US:
            kept.clear()
            self._bytes, self._first_us = 0, -1
        if self._first_us < 0:
            self._first_us = at_us
        kept.append((at_us, size))
        self._bytes += size
        while kept and at_us - kept[0][0] > RATE_WINDOW_US:
            self._bytes -= kept.popleft()[1]

    @property
    def lately_bps(self) -> int:
        """Over a third of that: right after more was sent than before, the whole window still knows only the before."""
        if not self._kept:
            return 0
        end_us = self._kept[-1][0]
        size = 0
        for at_us, one in reversed(self._kept):
            if end_us - at_us > SHORT_WINDOW_US:
                break
            size += one
        return size * 8_000_000 // SHORT_WINDOW_US

    @property
    def bps(self) -> int:
        """0 before there is a window to speak of."""
        if not self._kept:
            return 0
        span_us = min(RATE_WINDOW_US, self._kept[-1][0] - self._first_us)
        return self._bytes * 8_000_000 // span_us if span_us >= RATE_WINDOW_US // 4 else 0


class _Stretch:
    """Did what was sent lately take longer to come than to leave? One step of delay is no queue that grows."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: deque[tuple[int, int]] = deque()  # (left us, came us), in the order of sending

    def add(self, left_us: int, came_us: int) -> None:
        """One of each feedback: its last."""
        kept = self._kept
        if kept and left_us < kept[-1][0]:
            return  # turned about on the way
        kept.append((left_us, came_us))
        while left_us - kept[0][0] > STRETCH_WINDOW_US:
            kept.popleft()

    @property
    def by(self) -> float:
        """1: came as it left; 2: took twice as long."""
        left_us = self._kept[-1][0] - self._kept[0][0] if self._kept else 0
        came_us = self._kept[-1][1] - self._kept[0][1] if self._kept else 0
        return came_us / left_us if left_us > 0 else 1.0


class _Capacity:
    """What came whenever the line was full: mean and deviation, in kbit/s (5.5)."""

    __slots__ = ("mean", "variance")

    def __init__(self) -> None:
        self.mean: float | None = None
        self.variance = 0.4

    def full_at(self, kbps: float) -> None:
        if self.mean is None:
            self.mean = kbps
            return
        error = self.mean - kbps
        self.mean -= 0.05 * error
        self.variance = min(2.5, max(0.4, 0.95 * self.variance + 0.05 * error * error / max(self.mean, 1.0)))

    def near(self, kbps: float) -> int:
        """-1, 0, 1: below, about, above."""
        if self.mean is None:
            return 1
        reach = NEAR_DEVIATIONS * math.sqrt(self.variance * self.mean)
        return (kbps > self.mean + reach) - (kbps < self.mean - reach)


class SendSideEstimate:
    """One per viewer. Times are monotonic ms."""

    __slots__ = (
        "_by_loss",
        "_came",
        "_capacity",
        "_decreased_ms",
        "_delay",
        "_grown_ms",
        "_heard_ms",
        "_loss_at",
        "_loss_bytes",
        "_loss_counted",
        "_loss_lost",
        "_loss_ms",
        "_own_loss",
        "_probe_floor",
        "_probe_until_ms",
        "_stretch",
        "_target",
        "came_bps",
        "lowered_ms",
        "usual_loss",
    )

    def __init__(self, start_bps: int) -> None:
        self._target = float(start_bps)
        self._by_loss: float | None = None  # None: loss has nothing to say
        self._delay = DelayDetector()
        self._came = Rate()
        self._stretch = _Stretch()
        self._capacity = _Capacity()
        #: what came lately
        self.came_bps = 0
        #: when it was lowered last, None: never
        self.lowered_ms: int | None = None
        self._decreased_ms = self._grown_ms = self._heard_ms = -1
        self._loss_counted = self._loss_lost = self._loss_bytes = 0
        #: of packets, lately
        self.usual_loss = 0.0
        self._loss_ms = -1
        self._loss_at: tuple[float, float] | None = None  # (loss, what was sent) when lowering began
        self._own_loss = 0.0
        self._probe_floor = 0.0
        self._probe_until_ms = -1

    @property
    def bps(self) -> int:
        """What may be allocated to pictures now."""
        bps = self._target if self._by_loss is None else min(self._target, self._by_loss)
        return int(max(LEAST_BPS, bps))

    def crowded(self, now_ms: int) -> bool:
        """Does a queue grow right now? Long after the last packet nobody knows."""
        return self._delay.usage is Usage.OVER and now_ms - self._heard_ms < CROWDED_MS

    # -- what came

    def feedback(self, arrivals: list[Arrival], lost_us: list[int], late: int, now_ms: int, round_trip_ms: int) -> None:
        """What one feedback newly says, in the order of sending.

        lost_us: when those left that did not come; late: how many came that had been told lost.
        """
        self._heard_ms = now_ms
        # What left before the last decrease only tells again why that one was needed.
        since_us = -1 if self.lowered_ms is None else self.lowered_ms * 1000
        over = False
        for left_us, came_us, size in arrivals:
            self._delay.packet(left_us, came_us)
            over |= self._delay.usage is Usage.OVER and left_us >= since_us
            self._came.add(came_us, size)
        if arrivals:
            self._stretch.add(*arrivals[-1][:2])
        self.came_bps = self._came.bps
        if over and self._stretch.by >= STRETCHED:
            self._decrease(now_ms, round_trip_ms)
        elif self._delay.usage is Usage.NORMAL:
            self._increase(now_ms, round_trip_ms)
        else:
            self._grown_ms = now_ms  # 5.5: while the queue empties, hold
        lost = sum(left_us >= since_us for left_us in lost_us)
        sizes = [size for left_us, _, size in arrivals if left_us >= since_us]
        self._loss_bytes += sum(sizes)
        self._loss_counted += len(sizes) + lost
        self._loss_lost = max(0, self._loss_lost + lost - late)
        if self._loss_ms < 0:
            self._loss_ms = now_ms
        since_ms = now_ms - self._loss_ms
        if self._loss_counted >= LOSS_PACKETS and since_ms >= LOSS_EVERY_MS + round_trip_ms:
            fraction = self._loss_lost / self._loss_counted
            sent_bps = self._loss_bytes * 8000 / since_ms / max(0.01, 1 - fraction)
            self._judge_loss(fraction, self._loss_counted, sent_bps, now_ms)
            self._loss_counted = self._loss_lost = self._loss_bytes = 0
            self.usual_loss += (fraction - self.usual_loss) * USUAL_SHARE
            self._loss_ms = now_ms

    def _decrease(self, now_ms: int, round_trip_ms: int) -> None:
        self._grown_ms = now_ms
        if self._decreased_ms >= 0 and now_ms - self._decreased_ms < max(DECREASE_EVERY_MS, round_trip_ms):
            return
        came = max(self.came_bps, self._came.lately_bps) if self.came_bps else int(self._target)
        wanted = BETA * came
        if now_ms < self._probe_until_ms:
            wanted = max(wanted, self._probe_floor)  # the queue is the probe's own, and goes with it
        if wanted < self._target:
            self._decreased_ms = self.lowered_ms = now_ms
            self._target = max(float(LEAST_BPS), wanted)
        if self._capacity.near(came / 1000) < 0:
            self._capacity = _Capacity()
        self._capacity.full_at(came / 1000)

    def _increase(self, now_ms: int, round_trip_ms: int) -> None:
        last, self._grown_ms = self._grown_ms, now_ms
        limit = self.came_bps * REACH + REACH_BPS
        if last < 0 or self._target >= limit:
            return  # sent less than the line seems to carry: nothing is learnt about it
        near = self._capacity.near(self.came_bps / 1000)
        if near > 0:
            self._capacity = _Capacity()
        seconds = min(now_ms - last, 1000) / 1000
        if self._capacity.mean is not None and near == 0:
            grown = self._target + PACKET_BITS * seconds / (round_trip_ms + RESPONSE_MS) * 1000
        else:
            grown = self._target * GROWTH**seconds
        self._target = min(max(self._target, min(grown, limit)), float(MOST_BPS))

    # -- what did not

    def _judge_loss(self, fraction: float, packets: int, sent_bps: float, now_ms: int) -> None:
        """sent_bps: meanwhile. A line that loses by chance loses more in one second than in another."""

        def exceeds(limit: float) -> bool:
            return fraction > limit + BY_CHANCE * math.sqrt(limit * (1 - limit) / packets)

        if fraction <= LOW_LOSS:
            self._loss_at = None
            self._own_loss = 0.0  # the line is another one now
            if self._by_loss is not None:
                self._by_loss *= GROWTH
                if self._by_loss >= self._target:
                    self._by_loss = None
            return
        if self._own_loss and not exceeds(min(1.0, self._own_loss * OWN_LOSS_ABOVE)):
            return
        if not exceeds(HIGH_LOSS) or (self._decreased_ms >= 0 and now_ms - self._decreased_ms < EXPLAINED_MS):
            return
        self._own_loss = 0.0
        if self._loss_at is None:
            self._loss_at = (fraction, sent_bps)
        first, before_bps = self._loss_at
        if_full = max(0.0, 1 - (1 - first) * before_bps / max(1.0, sent_bps))
        if first - if_full >= OWN_LOSS_TOLD and fraction > (first + if_full) / 2:
            self._own_loss = max(first, fraction)
            self._by_loss = self._loss_at = None
            return
        base = min(float(self.bps), self.came_bps * REACH) if self.came_bps else float(self.bps)
        # Never far below what came, or it runs ahead of what sending less would show.
        self._by_loss = max(float(LEAST_BPS), base * (1 - fraction / 2), sent_bps * (1 - fraction) * BETA)
        self.lowered_ms = now_ms

    # -- timers and probes

    def tick(self, now_ms: int, sent_since_heard: int) -> None:
        """sent_since_heard: packets that left since the last feedback."""
        if self._heard_ms >= 0 and now_ms - self._heard_ms > SILENT_MS and sent_since_heard > SILENT_PACKETS:
            self._target = max(float(LEAST_BPS), min(self._target, float(self.bps)) / 2)
            self.lowered_ms = self._heard_ms = now_ms

    def probing(self, until_ms: int) -> None:
        """A probe runs: the queue that it makes does not count against what is known already."""
        self._probe_floor = float(self.bps)
        self._probe_until_ms = until_ms

    def probed(self, bitrate_bps: int) -> None:
        """A probe found room for so much."""
        self._target = min(float(MOST_BPS), max(self._target, float(bitrate_bps)))
        if self._by_loss is not None:
            self._by_loss = max(self._by_loss, float(bitrate_bps))
