"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01), built from arrivals."""

from __future__ import annotations


class TransportFeedback:
    """Arrivals of one transport; `build` every 50 ms."""

    def __init__(self, sender_ssrc: int) -> None: ...
    def receive(self, sequence: int, arrival_us: int) -> None: ...
    def build(self, media_ssrc: int) -> list[bytes]:
        """RTCP packets (usually one) for what arrived since the last call, [] when nothing did."""
        ...
