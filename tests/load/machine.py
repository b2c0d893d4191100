"""What machine the figures come from, and how quiet it was."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

from tests.load.measure import MachineMeter

LISTENED_S = 2.0
QUIET_PERCENT = 10.0  # of one core: above it figures are not to be compared with another machine's


@dataclass(frozen=True)
class Machine:
    """`cpu`: as /proc/cpuinfo names it."""

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    python: str

    def __str__(self) -> str:
        return f"{self.cpu}, {self.cores} cores, {self.memory_gib:.0f} GiB, Linux {self.kernel}, Python {self.python}"


def this_machine() -> Machine:
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(_cpu(), os.cpu_count() or 0, memory_bytes / (1 << 30), platform.release(), platform.python_version())


def _cpu() -> str:
    """The model's name with its numbers, which are all that tells some virtual processors apart."""
    lines = [line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines()]
    told = {name.strip(): value.strip() for name, _, value in reversed(lines)}
    numbers = ", ".join(f"{name} {told[name]}" for name in ("cpu family", "model") if name in told)
    return f"{told.get('model name', platform.machine())} ({numbers})"


async def others_percent() -> float:
    """What everything on the machine uses while the load test waits, in percent of one core."""
    meter, begun_s = MachineMeter(), time.monotonic()
    await asyncio.sleep(LISTENED_S)
    return 100 * meter.read_s() / (time.monotonic() - begun_s)
