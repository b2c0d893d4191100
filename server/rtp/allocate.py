"""One viewer's bitrate over what it watches: audio never starves, screen before speaker before others. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from server.rtp.layers import Choice, Layer, cheapest, choose


class Priority(IntEnum):
    """Who is served first."""

    AUDIO = 0
    SCREEN = 1
    SPEAKER = 2
    VISIBLE = 3


@dataclass(frozen=True, slots=True)
class Demand:
    """One consumer: what lives of its source, and how high it is shown (px; 0: not shown)."""

    consumer: str
    priority: Priority
    layers: tuple[Layer, ...]
    shown_height_px: int


def allocate(
    available_bps: int, demands: tuple[Demand, ...], current: Mapping[str, Choice]
) -> dict[str, Choice | None]:
    """Consumer -> what it gets (None: nothing for now). Audio is always granted.

    Each class is served before the next, but leaves the others their cheapest layer as long as there is enough for
    its own: a viewer rather sees everybody small than one person large.
    """
    given: dict[str, Choice | None] = {}
    remaining = available_bps
    shown: list[Demand] = []
    for demand in demands:
        if demand.priority is Priority.AUDIO:
            choice = cheapest(demand.layers)
            given[demand.consumer] = choice
            remaining -= choice.bitrate_bps if choice else 0
        elif demand.shown_height_px <= 0 or not demand.layers:
            given[demand.consumer] = None
        else:
            shown.append(demand)
    for priority in (Priority.SCREEN, Priority.SPEAKER, Priority.VISIBLE):
        group = [demand for demand in shown if demand.priority is priority]
        later = sum(_least_bps(demand) for demand in shown if demand.priority > priority)
        remaining = _share(remaining, later, group, current, given)
    return given


def _least_bps(demand: Demand) -> int:
    choice = cheapest(demand.layers, _sharp(demand))
    return choice.bitrate_bps if choice else 0


def _sharp(demand: Demand) -> bool:
    return demand.priority is Priority.SCREEN


def _choose(demand: Demand, available_bps: int, current: Mapping[str, Choice]) -> Choice | None:
    return choose(
        demand.layers,
        shown_height_px=demand.shown_height_px,
        available_bps=available_bps,
        current=current.get(demand.consumer),
        sharp=_sharp(demand),
    )


def _share(
    remaining: int,
    later_bps: int,
    group: list[Demand],
    current: Mapping[str, Choice],
    given: dict[str, Choice | None],
) -> int:
    """Equal parts, smallest tiles first, so that what they leave goes to the larger; returns what is left."""
    # When even the cheapest of all does not fit, the largest tiles go first and the rest stays dark.
    scarce = sum(_least_bps(demand) for demand in group) > remaining
    order = sorted(group, key=lambda demand: (demand.shown_height_px, demand.consumer), reverse=scarce)
    for index, demand in enumerate(order):
        if scarce:
            choice = _cheapest_that_fits(demand, remaining)
        else:
            left = len(order) - index
            waiting = sum(_least_bps(other) for other in order[index + 1 :])
            part = max((remaining - later_bps) // left, _least_bps(demand))
            choice = _choose(demand, min(part, remaining - waiting), current)
            if choice is None:
                choice = _cheapest_that_fits(demand, remaining)
        given[demand.consumer] = choice
        remaining -= choice.bitrate_bps if choice else 0
    return remaining


def _cheapest_that_fits(demand: Demand, available_bps: int) -> Choice | None:
    choice = cheapest(demand.layers, _sharp(demand))
    return choice if choice is not None and choice.bitrate_bps <= available_bps else None
