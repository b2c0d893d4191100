"""Which simulcast and temporal layer a viewer gets: a decision, and the wait for the target's key frame. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: a picture may be shown this much larger than it is before the next layer is worth its bytes
UPSCALE = 1.25
#: text is read, not looked at: a screen's layer is enough for a tile of half its height only
SHARP = 0.5
#: and the tile must shrink this far below that again before the smaller layer returns
SIZE_HYSTERESIS = 0.85
#: room asked for before going up, and shortage borne before going down
UP_MARGIN = 1.15
DOWN_MARGIN = 0.95


@dataclass(frozen=True, slots=True)
class Layer:
    """One living simulcast layer. Size 0 when not known yet.

    temporal_bps: bitrate up to and including each temporal layer, ascending; one entry when there is only one.
    """

    spatial: int
    width: int
    height: int
    temporal_bps: tuple[int, ...]

    def shown_up_to_px(self, sharp: bool = False) -> float:
        """The height up to which this layer looks good. sharp: as text does."""
        return (self.height or 180 << self.spatial) * (SHARP if sharp else UPSCALE)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a viewer gets, and about what it costs."""

    spatial: int
    temporal: int
    bitrate_bps: int


def wanted_layer(layers: tuple[Layer, ...], shown_height_px: int, current_spatial: int, *, sharp: bool = False) -> int:
    """Index in `layers` (ascending, not empty) of the smallest that looks good at this size."""
    for index, layer in enumerate(layers):
        limit = layer.shown_up_to_px(sharp)
        if index + 1 < len(layers) and current_spatial > layer.spatial:
            limit *= SIZE_HYSTERESIS
        if shown_height_px <= limit:
            return index
    return len(layers) - 1


def _options(layers: tuple[Layer, ...], top: int, sharp: bool) -> Iterator[Choice]:
    """Best first. A camera rather gets smaller than slower than half the frames; a screen stays sharp."""
    for index in range(top, -1, -1):
        rates = layers[index].temporal_bps or (0,)
        lowest = 0 if sharp or index == 0 else max(0, len(rates) - 2)
        for temporal in range(len(rates) - 1, lowest - 1, -1):
            yield Choice(layers[index].spatial, temporal, rates[temporal])


def choose(
    layers: tuple[Layer, ...],
    *,
    shown_height_px: int,
    available_bps: int,
    current: Choice | None,
    sharp: bool = False,
) -> Choice | None:
    """The best that fits. layers: those alive, ascending. None: nothing fits, lives, or is shown (0 px)."""
    if not layers or shown_height_px <= 0:
        return None
    top = wanted_layer(layers, shown_height_px, -1 if current is None else current.spatial, sharp=sharp)
    for option in _options(layers, top, sharp):
        if current is None:
            margin = 1.0
        elif (option.spatial, option.temporal) > (current.spatial, current.temporal):
            margin = UP_MARGIN
        elif (option.spatial, option.temporal) == (current.spatial, current.temporal):
            margin = DOWN_MARGIN
        else:
            margin = 1.0
        if option.bitrate_bps * margin <= available_bps:
            return option
    return None


def options_upwards(
    layers: tuple[Layer, ...], shown_height_px: int, current_spatial: int, *, sharp: bool = False
) -> list[Choice]:
    """From the least to the best that makes sense at this size; each costs more than the one before."""
    if not layers or shown_height_px <= 0:
        return []
    best_first: list[Choice] = []
    for option in _options(layers, wanted_layer(layers, shown_height_px, current_spatial, sharp=sharp), sharp):
        if not best_first or option.bitrate_bps < best_first[-1].bitrate_bps:
            best_first.append(option)
    return best_first[::-1]


def cheapest(layers: tuple[Layer, ...], sharp: bool = False) -> Choice | None:
    """The least that shows anything; None when nothing lives."""
    return min(_options(layers, len(layers) - 1, sharp), key=lambda option: option.bitrate_bps, default=None)


HOLD, PASS, SWITCH = 0, 1, 2


class LayerSwitch:
    """`current` flows until the `target`'s key frame starts. -1: none."""

    __slots__ = ("_temporal_target", "current", "target", "temporal")

    def __init__(self) -> None:
        self.current = -1
        self.target = -1
        self.temporal = 0
        self._temporal_target = 0

    def want(self, spatial: int, temporal: int) -> bool:
        """Aim at this; spatial -1: pause at once. True: ask the sender for a key frame."""
        self._temporal_target = temporal
        if spatial < 0:
            self.current = self.target = -1
            return False
        asked = spatial not in {self.target, self.current}
        self.target = spatial
        return asked

    @property
    def waiting(self) -> bool:
        """Is a key frame of the target awaited?"""
        return self.target != self.current

    def restart(self) -> None:
        """The viewer cannot go on without a key frame of the current layer (a source that came back, for instance)."""
        self.current = -1

    def passes(self, spatial: int, key_frame_start: bool) -> int:
        """HOLD: not this layer; PASS: forward it; SWITCH: this packet is the switch (call Rewriter.switch)."""
        if spatial == self.current:
            return PASS
        if key_frame_start and spatial == self.target:
            self.current = spatial
            self.temporal = self._temporal_target
            return SWITCH
        return HOLD

    def passes_temporal(self, temporal_id: int, start: bool, sync: bool) -> bool:
        """Upwards one layer at a time at a sync point (what follows may refer to it), downwards at the start of a frame
        that stays: what begins with it has all of it, also when its next packet is lost."""
        target = self._temporal_target
        if start and target != self.temporal:
            if target < self.temporal:
                if temporal_id <= target:
                    self.temporal = target
            elif sync and temporal_id == self.temporal + 1:
                self.temporal = temporal_id
        return temporal_id <= self.temporal
