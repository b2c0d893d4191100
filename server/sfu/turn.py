"""One wake-up of the media process: its time, read once, and the viewers that must be flushed at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from server.rtp.packet import abs_send_time


class Flushable(Protocol):
    """Something that gathered packets."""

    def flush(self) -> None: ...


class Turn:
    """`begin` and `end` around every batch of packets and every timer; all on one thread."""

    __slots__ = ("_clock_us", "dirty", "now_ms", "now_us", "send_time")

    def __init__(self, clock_us: Callable[[], int]) -> None:
        """clock_us: a monotonic clock in microseconds."""
        self._clock_us = clock_us
        self.dirty: list[Flushable] = []
        self.now_us = self.now_ms = self.send_time = 0
        self.begin()

    def begin(self) -> None:
        """Read the clock. send_time is the abs-send-time of everything sent in this turn."""
        self.now_us = self._clock_us()
        self.now_ms = self.now_us // 1000
        self.send_time = abs_send_time(self.now_us)

    def end(self) -> None:
        """Send what was gathered."""
        if self.dirty:
            for gathered in self.dirty:
                gathered.flush()
            self.dirty.clear()
