"""The moment of the current wake-up, read once and shared by all that the wake-up does. Reads no clock itself."""

from __future__ import annotations

from collections.abc import Callable

from server.rtp.packet import abs_send_time


class Now:
    """us, ms: monotonic; wall_us: microseconds since 1970; send_time: RTP's abs-send-time of this moment."""

    __slots__ = ("_monotonic_us", "_wall_us", "ms", "send_time", "us", "wall_us")

    def __init__(self, monotonic_us: Callable[[], int], wall_us: Callable[[], int]) -> None:
        self._monotonic_us = monotonic_us
        self._wall_us = wall_us
        self.us = self.ms = self.wall_us = self.send_time = 0
        self.read()

    def read(self) -> None:
        """Once at the start of a wake-up."""
        self.us = us = self._monotonic_us()
        self.ms = us // 1000
        self.wall_us = self._wall_us()
        self.send_time = abs_send_time(us)
