"""How good a session's line is, from what the reports of both directions say. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from server.rtp import rtcp

Level: TypeAlias = Literal["good", "fair", "poor"]
Reason: TypeAlias = Literal["", "loss", "delay", "bandwidth"]

# 3 % loss is heard, 10 % hurts; above 400 ms round trip people talk over each other (ITU-T G.114: 200 ms one way).
FAIR_LOSS, POOR_LOSS = 8, 26  # in 256ths, as reports have it
FAIR_MS, POOR_MS = 200, 400
CALM = 3  # looks in a row that must be better before it is said
_ORDER: dict[Level, int] = {"good": 0, "fair": 1, "poor": 2}


class Heard:
    """What a viewer reported of its line. wanted_packets: asked for again; wanted_key_frames: asked for."""

    __slots__ = ("fraction_lost", "round_trip_ms", "wanted_key_frames", "wanted_packets")

    def __init__(self) -> None:
        self.fraction_lost = self.round_trip_ms = self.wanted_packets = self.wanted_key_frames = 0

    def take(self, packet: rtcp.Rtcp) -> None:
        match packet:
            case rtcp.Nack(lost=lost):
                self.wanted_packets += len(lost)
            case rtcp.Pli() | rtcp.Fir():
                self.wanted_key_frames += 1


@dataclass(frozen=True, slots=True)
class Quality:
    level: Level = "good"
    reason: Reason = ""


def quality(fraction_lost: int, round_trip_ms: int, *, starved: bool) -> Quality:
    """fraction_lost: of the worse direction, in 256ths. starved: pictures are paused because the line is too thin."""
    found: list[Quality] = []
    if fraction_lost >= FAIR_LOSS:
        found.append(Quality("poor" if fraction_lost >= POOR_LOSS else "fair", "loss"))
    if round_trip_ms >= FAIR_MS:
        found.append(Quality("poor" if round_trip_ms >= POOR_MS else "fair", "delay"))
    if starved:
        found.append(Quality("fair", "bandwidth"))
    return max(found, key=lambda one: _ORDER[one.level], default=Quality())


class Steady:
    """Says worse at once and better only when it stays so: a mark that flickers tells nothing."""

    __slots__ = ("_calm", "told")

    def __init__(self) -> None:
        self.told = Quality()
        self._calm = 0

    def look(self, now: Quality) -> Quality | None:
        """What is to be told, None: nothing new."""
        if _ORDER[now.level] >= _ORDER[self.told.level]:
            self._calm = 0
            if now == self.told:
                return None
        else:
            self._calm += 1
            if self._calm < CALM:
                return None
        self._calm = 0
        self.told = now
        return now
