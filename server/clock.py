"""The only place that reads a clock. Everything else takes `now_ms`, or asks the Clock that it was given."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for facts, monotonic time for elapsed time; both in whole milliseconds."""

    def now_ms(self) -> int:
        """Wall clock, Unix epoch, UTC."""
        ...

    def monotonic_ms(self) -> int:
        """Never runs back; its zero means nothing."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


def wall_us() -> int:
    """Microseconds since 1970, for comparison with the kernel's arrival times only."""
    return time.time_ns() // 1_000


def monotonic_us() -> int:
    """Microseconds, for the media plane's arrival times."""
    return time.monotonic_ns() // 1_000


def processor_us() -> int:
    """Microseconds of processor time that this process has used."""
    return time.process_time_ns() // 1_000
