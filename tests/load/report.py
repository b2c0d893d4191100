"""What the benchmark prints and writes: medians with their least and most, the table, and bench.json. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import TypeVar

from tests.load.machine import QUIET_PERCENT, Machine
from tests.load.measure import FirstVideo, Forwarding
from tests.load.naive_room import Naive
from tests.load.notes_stage import NotesLatency

R = TypeVar("R", Forwarding, FirstVideo, Naive, NotesLatency)

COLUMNS: Sequence[tuple[str, str, int]] = (
    ("p50 ms", "latency_p50_ms", 9),
    ("p99 ms", "latency_p99_ms", 9),
    ("loss %", "loss_percent", 8),
    ("undeliv. %", "undelivered_percent", 12),
    ("rss MB", "rss_mb", 8),
    ("packets/s", "packets_per_second", 11),
    ("server %", "server_cpu_percent", 10),
    ("crowd %", "crowd_cpu_percent", 9),
    ("others %", "steal_or_other_cpu_percent", 10),
)


@dataclass
class Results:
    """Every measurement of one call, in the order in which they were made."""

    machine: Machine
    others_percent_before: float
    runs: int = 0
    forwarding: dict[str, dict[str, list[Forwarding]]] = field(default_factory=dict)
    joins: list[FirstVideo] = field(default_factory=list)
    naive: list[Naive] = field(default_factory=list)
    notes: list[NotesLatency] = field(default_factory=list)
    steps: dict[str, float] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def add(self, contender: str, room: str, one: Forwarding) -> None:
        self.forwarding.setdefault(contender, {}).setdefault(room, []).append(one)

    @property
    def others_percent(self) -> list[float]:
        """How much else the machine did during each measurement."""
        rooms = (rooms for by_room in self.forwarding.values() for rooms in by_room.values())
        return [one.steal_or_other_cpu_percent for measured in rooms for one in measured]

    def warnings(self) -> list[str]:
        told = [f"Failed and left out: {one}." for one in self.failures]
        if self.others_percent_before > QUIET_PERCENT:
            told.append(f"The machine was not quiet before: others used {self.others_percent_before:.0f} % of a core.")
        noisy = [one for one in self.others_percent if one > QUIET_PERCENT]
        if noisy:
            told.append(
                f"The machine was not quiet: during {len(noisy)} of {len(self.others_percent)} measurements others "
                f"used more than {QUIET_PERCENT:.0f} % of a core (at most {max(noisy):.0f} %). Compare with care."
            )
        return told


def middle(results: Sequence[R]) -> R:
    """The median of each figure by itself."""
    first = results[0]
    return type(first)(**{name: median(getattr(one, name) for one in results) for name in asdict(first)})


def header_line() -> str:
    return f"{'':<16}{'room':<12}{'us/packet':>22}" + "".join(f"{title:>{width}}" for title, _, width in COLUMNS)


def room_line(title: str, room: str, measured: Sequence[Forwarding]) -> str:
    one = middle(measured)
    costs = [each.us_per_packet for each in measured]
    cost = f"{one.us_per_packet:.2f} ({min(costs):.2f}-{max(costs):.2f})"
    figures = "".join(f"{getattr(one, name):>{width}.2f}" for _, name, width in COLUMNS)
    return f"{title:<16}{room:<12}{cost:>22}{figures}"


def document(results: Results, conditions: Mapping[str, object]) -> dict[str, object]:
    """The shape of bench.json: CONTENDER.ROOM.FIGURE, join.FIGURE, naive.room4.FIGURE and notes.writersN.FIGURE are
    medians; range.(the same) is [least, most]."""
    written: dict[str, object] = {
        "machine": asdict(results.machine),
        "conditions": dict(conditions),
        "quiet": {
            "steal_or_other_cpu_percent_before": round(results.others_percent_before, 1),
            "steal_or_other_cpu_percent": round(median(results.others_percent or [0.0]), 1),
            "steal_or_other_cpu_percent_most": round(max(results.others_percent or [0.0]), 1),
            "warnings": results.warnings(),
        },
        "versions": results.versions,
        "absent": results.absent,
        "failures": results.failures,
    }
    ranges: dict[str, object] = {}
    for contender, rooms in results.forwarding.items():
        written[contender] = {room: _middles(measured) for room, measured in rooms.items()}
        ranges[contender] = {room: _ranges(measured) for room, measured in rooms.items()}
    if results.joins:
        written["join"], ranges["join"] = _middles(results.joins), _ranges(results.joins)
    if results.naive:
        written["naive"], ranges["naive"] = {"room4": _middles(results.naive)}, {"room4": _ranges(results.naive)}
    if results.notes:
        writers = f"writers{results.notes[0].writers}"
        written["notes"], ranges["notes"] = {writers: _middles(results.notes)}, {writers: _ranges(results.notes)}
    if results.steps:
        written["floor_steps_us"] = results.steps
    written["range"] = ranges
    return written


def _middles(measured: Sequence[R]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in asdict(middle(measured)).items()}


def _ranges(measured: Sequence[R]) -> dict[str, list[float]]:
    names = asdict(measured[0])
    return {name: [round(pick(getattr(one, name) for one in measured), 3) for pick in (min, max)] for name in names}
