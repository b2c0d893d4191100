"""The spatial and temporal layers that come in one stream (SVC): their sizes, what each costs, which are being sent."""

from __future__ import annotations

from server.rtp.layers import Layer
from server.rtp.payload import Descriptor

MOST_SPATIAL = 3
MOST_TEMPORAL = 3
SILENT_BEHIND_MS = 700  # a layer this far behind the others is no longer sent
SMOOTHING = 0.25  # of the newest half second
NOMINAL_BPS = (150_000, 500_000, 1_500_000)  # until they were measured


class Scalable:
    """One stream's layers. `count` every packet, `measure` every half second."""

    def __init__(self) -> None:
        self.sizes: tuple[tuple[int, int], ...] = ()
        self._heard_ms: list[int | None] = [None] * MOST_SPATIAL
        self._own = _table()
        self._shared = _table()  # of it, what viewers of higher layers get too
        self._own_bps: list[list[float]] | None = None
        self._shared_bps = _rates()

    def size_of(self, spatial: int) -> tuple[int, int]:
        """(0, 0) when not known."""
        return self.sizes[spatial] if spatial < len(self.sizes) else (0, 0)

    def count(self, payload: Descriptor, length: int, now_ms: int) -> None:
        """One packet's payload."""
        spatial, temporal = min(payload.spatial_id, MOST_SPATIAL - 1), min(payload.temporal_id, MOST_TEMPORAL - 1)
        self._heard_ms[spatial] = now_ms
        self._own[spatial][temporal] += length
        if payload.above:
            self._shared[spatial][temporal] += length

    def alive(self) -> tuple[int, ...]:
        """The spatial layers that are being sent, ascending."""
        newest = max((one for one in self._heard_ms if one is not None), default=0)
        return tuple(
            at for at, one in enumerate(self._heard_ms) if one is not None and newest - one <= SILENT_BEHIND_MS
        )

    def measure(self, interval_ms: int) -> None:
        own, shared = _per_second(self._own, interval_ms), _per_second(self._shared, interval_ms)
        self._own, self._shared = _table(), _table()
        if self._own_bps is None or not any(map(any, self._own_bps)):
            self._own_bps, self._shared_bps = own, shared
            return
        self._own_bps, self._shared_bps = _smooth(self._own_bps, own), _smooth(self._shared_bps, shared)

    def layers(self, top_temporal: int) -> tuple[Layer, ...]:
        """As the choice of layers wants them: a layer costs its own bytes and those below that it builds upon."""
        return tuple(
            Layer(spatial, *self.size_of(spatial), self._costs(spatial, top_temporal)) for spatial in self.alive()
        )

    def _costs(self, spatial: int, top_temporal: int) -> tuple[int, ...]:
        if self._own_bps is None or not any(self._own_bps[spatial]):
            return (NOMINAL_BPS[spatial],) * (top_temporal + 1)
        costs: list[int] = []
        for temporal in range(top_temporal + 1):
            below = sum(sum(rates[: temporal + 1]) for rates in self._shared_bps[:spatial])
            costs.append(int(below + sum(self._own_bps[spatial][: temporal + 1])))
        return tuple(costs)


def _table() -> list[list[int]]:
    return [[0] * MOST_TEMPORAL for _ in range(MOST_SPATIAL)]


def _rates() -> list[list[float]]:
    return [[0.0] * MOST_TEMPORAL for _ in range(MOST_SPATIAL)]


def _per_second(table: list[list[int]], interval_ms: int) -> list[list[float]]:
    return [[count * 8000 / interval_ms for count in row] for row in table]


def _smooth(before: list[list[float]], fresh: list[list[float]]) -> list[list[float]]:
    return [
        [old + (new - old) * SMOOTHING for old, new in zip(*rows, strict=True)]
        for rows in zip(before, fresh, strict=True)
    ]
