"""One viewer's line: what it carries, from whichever its browser tells of, and what to pad to learn more. No I/O.

The rest of the house asks `available_bps` and knows nothing of estimators.
"""

from __future__ import annotations

from server.rtp.bandwidth import ViewerBandwidth
from server.rtp.departures import Departures
from server.rtp.gcc import Arrival, SendSideEstimate
from server.rtp.probing import Outcome, Prober
from server.rtp.rtcp import TransportCc

LONGEST_ROUND_TRIP_MS = 2_000
HEADER_BYTES = 28 + 16  # IPv4, UDP and SRTP's tag: they take their part of the line too


class ViewerLine:
    """One per viewer. Times are monotonic ms, rates bits per second of pictures (REMB: of all)."""

    __slots__ = ("_heard_next", "_last_bytes", "_newest", "_remb", "_wanted_bps", "departures", "estimate", "prober")

    def __init__(self, start_bps: int, remb_start_bps: int) -> None:
        #: None until the viewer is known to tell of each packet
        self.departures: Departures | None = None
        self.estimate = SendSideEstimate(start_bps)
        self.prober = Prober()
        self._remb = ViewerBandwidth(remb_start_bps)
        self._newest = 0
        self._heard_next = 1
        self._last_bytes = 0
        self._wanted_bps = 0

    def number(self) -> Departures:
        """From now on every picture packet is numbered, and the send side estimates."""
        if self.departures is None:
            self.departures = Departures()
        return self.departures

    @property
    def numbered(self) -> bool:
        return self.departures is not None

    @property
    def available_bps(self) -> int:
        return self.estimate.bps if self.departures is not None else self._remb.available_bps()

    def want(self, wanted_bps: int) -> None:
        """What the viewer would get if the line carried anything; 0 when it gets it: as far as room is looked for."""
        self._wanted_bps = wanted_bps

    @property
    def looking(self) -> bool:
        """Is there something that more room would be good for?"""
        return self._wanted_bps > 0

    @property
    def restless(self) -> bool:
        """Is a probe under way, or may one begin? Else `tick` may come four times a second only."""
        return self._wanted_bps > 0 or self.prober.active or self.prober.waiting

    # -- what the browser says

    def feedback(self, packet: TransportCc, now_ms: int, round_trip_ms: int) -> None:
        """Transport-wide feedback; numbers that were never sent, or were told of before, are passed over."""
        departures, prober = self.departures, self.prober
        if departures is None:
            return
        arrivals: list[Arrival] = []
        lost_us: list[int] = []
        late = 0
        for number, came_us in packet.arrivals:
            unwrapped = departures.unwrap(number)
            if unwrapped < 0:
                continue
            left_us, size = departures.look(unwrapped) if came_us is None else departures.take(unwrapped)
            if not size:
                continue
            first_told = unwrapped > self._newest
            if first_told:
                self._newest = unwrapped
            if came_us is not None:
                arrivals.append((left_us, came_us, size + HEADER_BYTES))
                late += not first_told  # it was told lost, and was only turned about on the way
                prober.told(unwrapped, left_us, came_us, size + HEADER_BYTES)
            elif first_told:
                lost_us.append(left_us)
                prober.told(unwrapped, left_us, -1, 0)
        self._heard_next = departures.next
        if arrivals:
            # With the queue as it is now; receiver reports tell of it a second later.
            round_trip_ms = max(round_trip_ms, min(LONGEST_ROUND_TRIP_MS, now_ms - arrivals[-1][0] // 1000))
        self.estimate.feedback(arrivals, lost_us, late, now_ms, round_trip_ms)
        if prober.active and self.estimate.crowded(now_ms):
            prober.stop(departures.next)
        self._judge(now_ms, round_trip_ms)

    def remb(self, bitrate_bps: int, now_ms: int) -> None:
        self._remb.remb(bitrate_bps, now_ms)

    def loss(self, fraction_256: int, now_ms: int) -> None:
        """A receiver report's; the send side counts its own."""
        self._remb.loss(fraction_256, now_ms)

    # -- timers

    def sent(self, bitrate_bps: int, now_ms: int) -> None:
        """Every half second: what the viewer was sent."""
        self._remb.sent(bitrate_bps, now_ms)

    def tick(self, sent_bytes: int, now_ms: int, tick_ms: int, round_trip_ms: int) -> int:
        """Every tick; sent_bytes: of pictures, since the start. Returns how many bytes of padding shall go now."""
        departures, prober = self.departures, self.prober
        fresh, self._last_bytes = sent_bytes - self._last_bytes, sent_bytes
        if departures is None:
            return 0
        estimate = self.estimate
        estimate.tick(now_ms, departures.next - self._heard_next)
        self._judge(now_ms, round_trip_ms)
        bps = estimate.bps
        if prober.wants(bps, self._wanted_bps, now_ms, estimate.lowered_ms, crowded=estimate.crowded(now_ms)):
            until_ms = prober.begin(bps, self._wanted_bps, departures.next, now_ms)
            estimate.probing(until_ms + round_trip_ms)
        return prober.due(fresh, now_ms, tick_ms) if prober.active else 0

    def padded(self, padding_bytes: int, now_ms: int) -> None:
        """What of it went."""
        if self.departures is not None:
            self._last_bytes += padding_bytes
            self.prober.sent(padding_bytes, self.departures.next, now_ms)

    def _judge(self, now_ms: int, round_trip_ms: int) -> None:
        estimate = self.estimate
        outcome, bps = self.prober.judge(self._newest, now_ms, round_trip_ms, estimate.bps, estimate.usual_loss)
        if outcome is Outcome.FOUND:
            estimate.probed(bps)
