"""One viewer's bitrate over what it watches: audio never starves, screen before speaker before others by size. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from server.rtp.layers import Choice, Layer


class Priority(IntEnum):
    AUDIO = 0
    SCREEN = 1
    SPEAKER = 2
    VISIBLE = 3


@dataclass(frozen=True, slots=True)
class Demand:
    consumer: str
    priority: Priority
    layers: tuple[Layer, ...]
    shown_height_px: int


def allocate(available_bps: int, demands: tuple[Demand, ...], current: Mapping[str, Choice]) -> dict[str, Choice | None]:
    """Audio is always granted (its one layer)."""
    ...
