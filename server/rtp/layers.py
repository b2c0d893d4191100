"""Which simulcast and temporal layer a viewer gets: a pure decision, and the wait for the target's key frame. No I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layer:
    """One living simulcast layer, ascending by size. temporal_bps: bitrate up to and including each temporal layer."""

    spatial: int
    width: int
    height: int
    temporal_bps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    spatial: int
    temporal: int
    bitrate_bps: int


def choose(layers: tuple[Layer, ...], *, shown_height_px: int, available_bps: int, current: Choice | None) -> Choice | None:
    """None: nothing fits, or nothing lives, or it is not shown (0 px)."""
    ...


class LayerSwitch:
    """current stays until the target's key-frame start. -1: none."""

    __slots__ = ("current", "target", "temporal")

    def __init__(self) -> None: ...
    def want(self, spatial: int, temporal: int) -> bool:
        """True: ask for a key frame."""
        ...

    def passes(self, spatial: int, key_frame_start: bool) -> int:
        """0: not this layer; 1: forward; 2: this packet is the switch (call Rewriter.switch)."""
        ...

    def passes_temporal(self, temporal_id: int, start: bool, sync: bool) -> bool:
        """Upwards only at a sync point, downwards at a frame's start."""
        ...
