"""What has arrived of one incoming stream, what is missing, and when to ask for it again. No I/O."""

from __future__ import annotations

NEW = 0  #: newer than everything before
LATE = 1  #: fills a hole
DUPLICATE = 2  #: seen before: do not forward
STALE = 3  #: so old that nobody knows: do not forward


class NackGenerator:
    """Asks at once, again each round trip, ten times; forgets a hole after 600 packets. Bounded whatever arrives."""

    def receive(self, sequence: int, now_ms: int) -> int:
        """NEW, LATE, DUPLICATE or STALE. Give repaired packets (RTX) too, with their original number."""
        ...

    def due(self, now_ms: int, rtt_ms: int) -> list[int]:
        """Sequence numbers to ask for now, ascending; empty almost always. Call after receiving and on a timer (about 20 ms)."""
        ...

    def take_lost(self) -> bool:
        """True once after something was given up: a key frame is needed (video)."""
        ...

    def missing(self, sequence: int) -> bool:
        """Is this number a hole that came from upstream (and a viewer's NACK for it must wait)?"""
        ...
