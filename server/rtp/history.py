"""What was sent to one viewer, by output sequence number: numbers and a storage handle only, never bytes."""

from __future__ import annotations

from typing import NamedTuple

SIZE = 1024


class Sent(NamedTuple):
    handle: int
    timestamp: int
    picture_id: int
    tl0: int


class History:
    """Ring of the last 1,024 packets sent."""

    def put(self, sequence: int, handle: int, timestamp: int, picture_id: int = -1, tl0: int = -1) -> None:
        """handle: where the source packet is kept, 0 <= handle < 2**40."""
        ...

    def resend(self, sequence: int, now_ms: int, rtt_ms: int) -> Sent | None:
        """What to send again, or None: unknown, too old, or sent again less than one round trip (at least 10 ms) ago."""
        ...
