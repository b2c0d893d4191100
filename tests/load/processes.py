"""What the kernel says a process cost: processor time and resident memory."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path


def descendants(pid: int) -> list[int]:
    """The process and all that it started, and they started (proc(5), /proc/PID/task/TID/children)."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found.extend(int(child) for child in task.read_text().split())
    return found


def marked(variable: str) -> list[int]:
    """The processes that were started with this variable ("NAME=value") in their environment."""
    wanted, found = variable.encode(), list[int]()
    for one in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # another user's, or gone meanwhile
            if wanted in (one / "environ").read_bytes().split(b"\0"):
                found.append(int(one.name))
    return found


def cpu_s(pid: int) -> float:
    """User and system time of a living process with all its threads, in seconds.

    This is clock_getcpuclockid(3), which Python does not offer: the same sum as utime + stime of /proc/PID/stat, in ns
    instead of ticks of 10 ms, which would be 3 % of what a room of four costs in ten seconds.
    """
    return time.clock_gettime((~pid << 3) | 2)


def machine_busy_s() -> float:
    """Processor time that all processes have used since the machine started, in seconds (proc(5), /proc/stat)."""
    user, nice, system, _idle, _wait, irq, softirq, *_ = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return sum(int(ticks) for ticks in (user, nice, system, irq, softirq)) / os.sysconf("SC_CLK_TCK")


def stolen_s() -> float:
    """Processor time that the machine's host gave to others, in seconds (proc(5), /proc/stat, steal)."""
    return int(Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / os.sysconf("SC_CLK_TCK")


def udp_holders(pids: list[int]) -> list[int]:
    """Those of these processes that have a UDP socket open."""
    return [pid for pid in pids if _udp_sockets(pid) & _open_files(pid)]


def _udp_sockets(pid: int) -> set[str]:
    """Every UDP socket of the process's network namespace, as /proc/PID/fd names it."""
    tables = (Path(f"/proc/{pid}/net/{name}") for name in ("udp", "udp6"))
    lines = [line for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return {f"socket:[{line.split()[9]}]" for line in lines}


def _open_files(pid: int) -> set[str]:
    found = set[str]()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.add(str(one.readlink()))
    return found


def rss_mb(pid: int) -> float:
    """Resident memory in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
