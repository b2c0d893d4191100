"""Receiver statistics (RFC 3550 A.3, A.8) and sender reports in the viewer's time. No I/O."""

from __future__ import annotations

from server.rtp.rewrite import Rewriter, SenderClock
from server.rtp.rtcp import ReportBlock, SenderReport


class ReceiverStats:
    """One per incoming SSRC."""

    def __init__(self, ssrc: int, clock_rate: int) -> None: ...
    def receive(self, sequence: int, timestamp: int, arrival_us: int) -> None: ...
    def sender_report(self, ntp: int, rtp: int, now_ms: int) -> None: ...
    @property
    def clock(self) -> SenderClock | None: ...
    def block(self, now_ms: int) -> ReportBlock:
        """The block since the last call."""
        ...


def translate(report: SenderClock, age_ms: int, rewriter: Rewriter, *, clock_rate: int, ssrc: int, packets: int, octets: int) -> SenderReport:
    """The sender's NTP moved on by age_ms, and the RTP time of the viewer's stream at that moment."""
    ...


def round_trip_ms(block: ReportBlock, now_ntp: int) -> int | None:
    """From LSR and DLSR (RFC 3550 6.4.1); None when the viewer has seen no report."""
    ...
