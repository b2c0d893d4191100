"""A viewer behind a bottleneck, in a time of the test's: queue, loss, jitter, other traffic; real feedback bytes."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from server.rtp.delay import DelayDetector, Usage
from server.rtp.gcc import Rate
from server.rtp.layers import Choice, Layer, choose
from server.rtp.line import HEADER_BYTES, ViewerLine
from server.rtp.rtcp import TransportCc, parse
from server.rtp.twcc import TransportFeedback

CAMERA = (
    Layer(0, 320, 180, (60_000, 90_000, 150_000)),
    Layer(1, 640, 360, (200_000, 300_000, 500_000)),
    Layer(2, 1280, 720, (1_000_000, 1_500_000, 2_500_000)),
)
STEP_MS, FRAME_MS, TICK_MS, FEEDBACK_MS = 10, 40, 50, 100
START_US = 7_000_000


@dataclass
class Bottleneck:
    """rate: ms -> bit/s that are left for us. queue_ms: what is longer is dropped. in_turn: jitter overtakes nobody.

    loss: each way, also of what the viewer tells.
    """

    rate: Callable[[int], int]
    queue_ms: int = 300
    delay_ms: int = 20
    jitter_ms: int = 0
    jitter_from_ms: int = 0
    loss: float = 0.0
    in_turn: bool = False
    random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311
    free_us: float = 0.0
    last_us: float = 0.0

    def send(self, now_us: int, size: int) -> int | None:
        """When it comes, or None."""
        begin = max(float(now_us), self.free_us)
        if begin - now_us > self.queue_ms * 1000 or self.random.random() < self.loss:
            return None
        self.free_us = begin + size * 8_000_000 / max(1, self.rate((now_us - START_US) // 1000))
        jitter_ms = self.jitter_ms if now_us - START_US >= self.jitter_from_ms * 1000 else 0
        jitter = self.random.uniform(0, jitter_ms) * 1000
        came = self.free_us + self.delay_ms * 1000 + jitter
        if self.in_turn:
            came = self.last_us = max(came, self.last_us)
        return int(came)

    def queued_ms(self, now_us: int) -> float:
        return max(0.0, self.free_us - now_us) / 1000


@dataclass(frozen=True)
class Moment:
    ms: int
    capacity_bps: int
    available_bps: int
    sent_bps: int
    queued_ms: float
    choice: Choice | None


class RembBrowser:
    """A browser's own estimate (the same detector, at its end), told once a second, or when it falls."""

    def __init__(self) -> None:
        self.detector = DelayDetector()
        self.rate = Rate()
        self.bps = 300_000.0
        self.told_ms = self.grown_ms = -1_000
        self.told_bps = 0.0

    def receive(self, left_us: int, came_us: int, size: int) -> int | None:
        """The value of a REMB to send now."""
        now_ms = came_us // 1000
        self.detector.packet(left_us, came_us)
        self.rate.add(came_us, size)
        came = self.rate.bps
        if self.detector.usage is Usage.OVER and came:
            self.bps = min(self.bps, 0.85 * came)
            self.grown_ms = now_ms
        elif self.detector.usage is Usage.NORMAL and came and now_ms - self.grown_ms >= 50:
            self.bps = min(self.bps * 1.08 ** (min(now_ms - self.grown_ms, 1000) / 1000), 1.5 * came + 10_000)
            self.grown_ms = now_ms
        if now_ms - self.told_ms >= 1000 or self.bps < self.told_bps * 0.97:
            self.told_ms, self.told_bps = now_ms, self.bps
            return int(self.bps)
        return None


class Call:
    """One camera of 2.5 Mbit/s in three layers, watched large over a bottleneck."""

    def __init__(
        self,
        wire: Bottleneck,
        *,
        start_bps: int = 2_500_000,
        remb: bool = False,
        layers: tuple[Layer, ...] = CAMERA,
    ) -> None:
        self.wire = wire
        self.line = ViewerLine(start_bps, start_bps)
        self.browser = RembBrowser() if remb else None
        if not remb:
            self.line.number()
        self.feedback = TransportFeedback(1)
        self.layers = layers
        self.coming: list[tuple[int, int, int, int]] = []  # (came us, number, left us, bytes)
        self.told: deque[tuple[int, object]] = deque()
        self.choice: Choice | None = None
        self.held_ms = 0
        self.sent_bytes = 0
        self.window: deque[tuple[int, int]] = deque()
        self.trace: list[Moment] = []
        self.frame_ms, self.uneven = FRAME_MS, 0.3
        self.sizes = random.Random(2)  # noqa: S311
        self.answers = random.Random(3)  # noqa: S311
        self.lost = self.padding = self.reported = self.packets = 0

    def packet(self, now_us: int, size: int) -> None:
        number = 0
        if self.line.departures is not None:
            number = self.line.departures.add(now_us, size)
        self.sent_bytes += size + HEADER_BYTES
        self.packets += 1
        self.window.append((now_us, size + HEADER_BYTES))
        came = self.wire.send(now_us, size + HEADER_BYTES)
        if came is None:
            self.lost += 1
        else:
            self.coming.append((came, number, now_us, size))

    def run(self, until_ms: int) -> list[Moment]:
        begin = self.trace[-1].ms + STEP_MS if self.trace else 0
        for ms in range(begin, until_ms, STEP_MS):
            now_us = START_US + ms * 1000
            if ms % self.frame_ms == 0 and self.choice is not None:
                share = self.sizes.uniform(1 - self.uneven, 1 + self.uneven)
                left = int(self.choice.bitrate_bps * self.frame_ms / 8000 * share)
                while left > 0:
                    self.packet(now_us, min(left, 1150))
                    left -= 1150
            if ms % TICK_MS == 0:
                self._tick(now_us, ms)
            self._arrive(now_us, ms)
            while self.window and now_us - self.window[0][0] > 500_000:
                self.window.popleft()
            sent = sum(size for _, size in self.window) * 16
            self.trace.append(
                Moment(ms, self.wire.rate(ms), self.line.available_bps, sent, self.wire.queued_ms(now_us), self.choice)
            )
        return self.trace

    def _tick(self, now_us: int, ms: int) -> None:
        line = self.line
        if ms % 1000 == 0 and self.packets:
            line.loss((self.lost - self.reported) * 255 // self.packets, now_us // 1000)
            self.reported, self.packets = self.lost, 0
        if ms % 500 == 0:
            line.sent(sum(size for _, size in self.window) * 16, now_us // 1000)
        before = self.choice
        got = choose(self.layers, shown_height_px=720, available_bps=line.available_bps, current=before)
        self.choice = got
        best = self.layers[-1].temporal_bps[-1]
        line.want(0 if got is not None and got.bitrate_bps == best else best)
        padding = line.tick(self.sent_bytes, now_us // 1000, TICK_MS, self.round_trip_ms(now_us))
        sent = 0
        while sent < padding:
            size = min(1150, padding - sent)
            self.packet(now_us, size)
            sent += size + HEADER_BYTES
        self.padding += sent
        line.padded(sent, now_us // 1000)

    def round_trip_ms(self, now_us: int) -> int:
        return 2 * self.wire.delay_ms + int(self.wire.queued_ms(now_us))

    def _arrive(self, now_us: int, ms: int) -> None:
        if self.wire.jitter_ms:
            self.coming.sort()
        while self.coming and self.coming[0][0] <= now_us:
            came, number, left, size = self.coming.pop(0)
            if self.browser is None:
                self.feedback.receive(number, came + 55_000_000)
            else:
                remb = self.browser.receive(left, came, size + HEADER_BYTES)
                if remb is not None:
                    self.told.append((now_us + self.wire.delay_ms * 1000, remb))
        if ms % FEEDBACK_MS == 0:
            for packet in self.feedback.build(1):
                if self.answers.random() >= self.wire.loss:
                    self.told.append((now_us + self.wire.delay_ms * 1000, packet))
        while self.told and self.told[0][0] <= now_us:
            _, told = self.told.popleft()
            if isinstance(told, bytes):
                (report,) = parse(told)
                assert isinstance(report, TransportCc)
                self.line.feedback(report, now_us // 1000, self.round_trip_ms(now_us))
            else:
                assert isinstance(told, int)
                self.line.remb(told, now_us // 1000)


def used(trace: list[Moment], begin_ms: int, end_ms: int) -> float:
    """Share of the line that carried pictures."""
    part = [one for one in trace if begin_ms <= one.ms < end_ms]
    return sum(min(one.choice.bitrate_bps if one.choice else 0, one.capacity_bps) for one in part) / sum(
        min(one.capacity_bps, 2_500_000) for one in part
    )


def queue_ms(trace: list[Moment], begin_ms: int, end_ms: int, share: float = 0.95) -> float:
    """The queue that was exceeded in 1 - share of the time."""
    part = sorted(one.queued_ms for one in trace if begin_ms <= one.ms < end_ms)
    return part[int(len(part) * share)]


def switches(trace: list[Moment], begin_ms: int, end_ms: int) -> int:
    """Changes of the picture's size, as they are seen."""
    part = [one.choice.spatial if one.choice else -1 for one in trace if begin_ms <= one.ms < end_ms]
    return sum(before != after for before, after in pairwise(part))


def back_at_top_ms(trace: list[Moment], from_ms: int) -> int:
    """How long until the best layer came (and was still there 3 s later); 10**9: never."""
    for at, one in enumerate(trace):
        later = trace[min(at + 300, len(trace) - 1)]
        if one.ms >= from_ms and all(x.choice is not None and x.choice.spatial == 2 for x in (one, later)):
            return one.ms - from_ms
    return 10**9
