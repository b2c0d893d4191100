"""Receiver statistics (RFC 3550 A.3, A.8) and sender reports in the viewer's time. No I/O."""

from __future__ import annotations

from server.rtp.packet import timestamp_diff
from server.rtp.rewrite import Rewriter, SenderClock
from server.rtp.rtcp import ReportBlock, SenderReport

NTP_UNIX_OFFSET_S = 2_208_988_800  # RFC 5905: NTP counts from 1900


def ntp_of(unix_us: int) -> int:
    """Microseconds since 1970 as a 64-bit NTP time."""
    return (unix_us << 32) // 1_000_000 + (NTP_UNIX_OFFSET_S << 32)


class ReceiverStats:
    """One per incoming SSRC. Give neither duplicates nor what RTX repaired (it would hide the loss)."""

    __slots__ = (
        "_base",
        "_clock_rate",
        "_expected_before",
        "_highest",
        "_jitter_16",
        "_received",
        "_received_before",
        "_report_ms",
        "_transit",
        "clock",
        "ssrc",
    )

    def __init__(self, ssrc: int, clock_rate: int) -> None:
        self.ssrc = ssrc
        self._clock_rate = clock_rate
        self._base = self._highest = -1
        self._received = self._received_before = self._expected_before = 0
        self._jitter_16 = 0
        self._transit: int | None = None
        self._report_ms = 0
        #: the last sender report; None before the first
        self.clock: SenderClock | None = None

    def receive(self, sequence: int, timestamp: int, arrival_us: int) -> None:
        """One packet, with its arrival on any monotonic scale."""
        highest = self._highest
        self._received += 1
        if highest < 0:
            self._base = self._highest = sequence
        else:
            unwrapped = highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
            if unwrapped > highest:
                self._highest = unwrapped
            elif unwrapped < self._base:
                self._base = unwrapped
        transit = arrival_us * self._clock_rate // 1_000_000 - timestamp
        if self._transit is not None:
            # A.8, kept times 16 so that integers do
            self._jitter_16 += abs(timestamp_diff(transit, self._transit)) - ((self._jitter_16 + 8) >> 4)
        self._transit = transit

    @property
    def jitter(self) -> tuple[int, int] | None:
        """(the last transit, sixteen times the jitter), from which another may go on counting; None before a packet."""
        return None if self._transit is None else (self._transit, self._jitter_16)

    def follow(self, count: int, sequence: int, transit: int, jitter_16: int) -> None:
        """`count` packets came in order, the last with this number; another counted what `jitter` gave it on."""
        self._received += count
        highest = self._highest
        self._highest = highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
        self._transit, self._jitter_16 = transit, jitter_16

    def sender_report(self, ntp: int, rtp: int, now_ms: int) -> None:
        """What the sender said of its clock; now_ms is monotonic."""
        self.clock = SenderClock(ntp, rtp)
        self._report_ms = now_ms

    def clock_age_ms(self, now_ms: int) -> int:
        """How long ago the last sender report came."""
        return now_ms - self._report_ms

    @property
    def received(self) -> int:
        """Packets so far."""
        return self._received

    @property
    def lost(self) -> int:
        """Packets that did not come, so far; what came late or twice counts against it."""
        return max(0, self._highest - self._base + 1 - self._received) if self.heard else 0

    @property
    def heard(self) -> bool:
        """Has anything arrived (else there is nothing to report)?"""
        return self._highest >= 0

    def block(self, now_ms: int) -> ReportBlock:
        """The block since the last call (A.3). Call only when `heard`."""
        expected = self._highest - self._base + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self._received - self._received_before)
        self._expected_before = expected
        self._received_before = self._received
        fraction = min(255, (lost_now << 8) // expected_now) if expected_now > 0 and lost_now > 0 else 0
        lsr = dlsr = 0
        if self.clock is not None:
            lsr = self.clock.ntp >> 16 & 0xFFFFFFFF
            dlsr = max(0, now_ms - self._report_ms) * 65536 // 1000
        return ReportBlock(
            self.ssrc,
            fraction,
            max(-0x800000, min(0x7FFFFF, expected - self._received)),
            self._highest & 0xFFFFFFFF,
            self._jitter_16 >> 4,
            lsr,
            dlsr & 0xFFFFFFFF,
        )


def translate(
    report: SenderClock,
    age_ms: int,
    rewriter: Rewriter,
    *,
    clock_rate: int,
    ssrc: int,
    packets: int,
    octets: int,
) -> SenderReport:
    """The sender's NTP moved on by age_ms (since its report came), and the viewer's RTP time at that moment.

    Keeping the sender's NTP is what lets a viewer play sound and picture of one sender together.
    """
    ntp = report.ntp + (age_ms << 32) // 1000
    rtp = rewriter.out_timestamp(report.rtp + age_ms * clock_rate // 1000)
    return SenderReport(ssrc, ntp & 0xFFFFFFFFFFFFFFFF, rtp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)


def round_trip_ms(block: ReportBlock, now_ntp: int) -> int | None:
    """RFC 3550 6.4.1: now - LSR - DLSR, where now is on the clock whose NTP was in the report. None when unknown."""
    if block.lsr == 0:
        return None
    ticks = ((now_ntp >> 16) - block.lsr - block.dlsr) & 0xFFFFFFFF
    if ticks >= 0x80000000:
        return 0
    return ticks * 1000 >> 16
