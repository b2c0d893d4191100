"""One viewer's continuity for one stream: sequence numbers, timestamps, VP8 picture ids over switches and drops. No I/O."""

from __future__ import annotations

from typing import NamedTuple


class SenderClock(NamedTuple):
    """A sender report's pair: ntp (64-bit 32.32 fixed point), rtp (32-bit)."""

    ntp: int
    rtp: int


class Rewriter:
    """Give every packet either to `start`/`switch` (first packet of a new source), `forward`, or `drop`.

    Duplicates must have been removed before (nack.NackGenerator.receive does). After forward/switch the attributes
    timestamp, picture_id and tl0 hold the numbers to write beside the returned sequence number (picture_id and tl0 are -1
    when the packet has none).
    """

    __slots__ = ("picture_id", "started", "timestamp", "tl0")

    def __init__(self, *, clock_rate: int, first_sequence: int = 0) -> None: ...

    def switch(
        self, sequence: int, timestamp: int, now_ms: int, *, old: SenderClock | None = None, new: SenderClock | None = None,
        picture_id: int = -1, picture_id_bits: int = 15, tl0: int = -1,
    ) -> int:
        """First packet ever, or of another source (layer, producer), or after a pause: for video a key frame's start.

        old, new: the sender clocks of the source left and of this one; give them only when both are of ONE sender.
        Returns the output sequence number: always the last one plus 1.
        """
        ...

    def forward(self, sequence: int, timestamp: int, now_ms: int, picture_id: int = -1, tl0: int = -1) -> int:
        """Output sequence number, or -1: drop it (older than the switch, dropped before, or too late for SRTP's window)."""
        ...

    def drop(self, sequence: int, picture_id: int = -1) -> int:
        """This packet is not forwarded (padding only, temporal layer): close the gap by renumbering what follows.

        Returns -1 when the gap is closed; else (it came late, its number was already kept free) that output number, which
        may be filled with an empty packet so that the viewer does not ask for it. picture_id only when the whole frame goes.
        """
        ...

    def out_timestamp(self, timestamp: int) -> int:
        """A source RTP time in the viewer's time (for sender reports)."""
        ...
