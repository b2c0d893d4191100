"""Which media process takes a new meeting. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEP = 0.05  # of a core: less is noise between two reports
NEW_MEETING = 0.02  # of a core: what a meeting is taken for until it is measured (four people, all seen by all)


@dataclass(frozen=True, slots=True)
class Busy:
    """One media process as placement sees it. cpu_share: of one core, as last measured. unmeasured: meetings that
    came since. down: being started again."""

    cpu_share: float = 0.0
    streams: int = 0
    meetings: int = 0
    unmeasured: int = 0
    down: bool = False


def choose(processes: Sequence[Busy]) -> int:
    """The index of the one with the most room: by processor, then by streams and meetings. One that is down only when
    all are."""
    return min(range(len(processes)), key=lambda index: (*_weight(processes[index]), index))


def _weight(one: Busy) -> tuple[bool, int, int, int]:
    share = one.cpu_share + NEW_MEETING * one.unmeasured
    return one.down, round(share / STEP), one.streams, one.meetings
