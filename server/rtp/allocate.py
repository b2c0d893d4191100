"""One viewer's bitrate over what it watches, and a site's over its viewers: pure functions of what they are given.

Order of service: sound always; then everything shown at its least, screen before speaker before others; then the screen
as sharp as it is shown, then the speakers, then the others, larger ones first and step by step. So everybody is seen
small before one is seen large. What goes up waits for a margin and a while after it went down; what goes down goes at
once: the sum never exceeds what the line carries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal, TypeAlias

from server.rtp.layers import UP_MARGIN, Choice, Layer, cheapest, options_upwards

EVERYBODY = 1_000_000  # as a limit of pictures: none
HOLD_MS = 2_000  # before a picture that was lowered is raised again ...
LONGEST_HOLD_MS = 5_000  # ... and when raising it failed again and again
RAISE_EVERY_MS = 1_000  # two sizes up in one step only where there is plenty:
PLENTY = 2  # times what it costs
FAILED_WITHIN_MS = 12_000  # lowered so soon after it was raised: that was a failure
SIZE_STEP_PX = 90  # tiles that differ by less are of one size

Reason: TypeAlias = Literal["", "bandwidth", "limit"]


class Priority(IntEnum):
    """Who is served first."""

    AUDIO = 0
    SCREEN = 1
    SPEAKER = 2
    VISIBLE = 3


@dataclass(frozen=True, slots=True)
class Demand:
    """One consumer: what lives of its source, and how high it is shown (px; 0: not shown).

    spoke: place among those who spoke last, 0 the newest.
    """

    consumer: str
    priority: Priority
    layers: tuple[Layer, ...]
    shown_height_px: int
    spoke: int = EVERYBODY


@dataclass(frozen=True, slots=True)
class Grant:
    """What a consumer gets; choice None: nothing, for this reason ("": nothing lives of it, or it is not shown)."""

    choice: Choice | None
    reason: Reason = ""
    raised_ms: int | None = None
    lowered_ms: int | None = None
    hold_ms: int = HOLD_MS


@dataclass(frozen=True, slots=True)
class Wish:
    """One viewer: what its line carries for pictures and sound (bps), what of it sound takes, what it watches."""

    available_bps: int
    reserved_bps: int
    demands: tuple[Demand, ...]
    most_pictures: int = EVERYBODY


def allocate(wish: Wish, previous: Mapping[str, Grant], now_ms: int) -> dict[str, Grant]:
    """Consumer -> what it gets. previous: the answer before, {} at first."""
    return _Share(wish, previous, now_ms).grants()


def wanted_bps(wish: Wish, previous: Mapping[str, Grant]) -> int:
    """What it would take to show everything as well as it is shown large; without sound."""
    shown, _ = _admitted(wish, previous)
    return sum(ladder[-1].bitrate_bps for demand in shown if (ladder := _ladder(demand, previous)))


def fair_shares(budget_bps: int, wants_bps: Sequence[int]) -> list[int]:
    """Max-min fair: nobody gets more than it wants, and nobody less than another who wants no less."""
    shares = [0] * len(wants_bps)
    remaining = max(0, budget_bps)
    waiting = sorted(range(len(wants_bps)), key=lambda at: wants_bps[at])
    for place, at in enumerate(waiting):
        shares[at] = min(wants_bps[at], remaining // (len(waiting) - place))
        remaining -= shares[at]
    return shares


def site_wants(wishes: Sequence[Wish], previous: Sequence[Mapping[str, Grant]]) -> list[int]:
    """What each viewer of a site could make use of for pictures: no more than its own line carries."""
    return [
        min(max(0, wish.available_bps - wish.reserved_bps), int(wanted_bps(wish, before) * UP_MARGIN) + 1)
        for wish, before in zip(wishes, previous, strict=True)
    ]


def site_shares(budget_bps: int, wishes: Sequence[Wish], previous: Sequence[Mapping[str, Grant]]) -> list[int]:
    """What each viewer of a site may get at most, with its sound. Sound goes before, whatever the budget."""
    pictures = budget_bps - sum(wish.reserved_bps for wish in wishes)
    shares = fair_shares(pictures, site_wants(wishes, previous))
    return [share + wish.reserved_bps for share, wish in zip(shares, wishes, strict=True)]


def capped(wish: Wish, cap_bps: int) -> Wish:
    """The same viewer behind a budget."""
    return replace(wish, available_bps=min(wish.available_bps, cap_bps))


# -- inside


def _shown(demand: Demand) -> bool:
    return demand.priority is not Priority.AUDIO and demand.shown_height_px > 0 and bool(demand.layers)


def _admitted(wish: Wish, previous: Mapping[str, Grant]) -> tuple[list[Demand], list[Demand]]:
    """(those served, in the order of service; those beyond the limit of pictures). A screen is not counted."""

    def order(demand: Demand) -> tuple[int, int, bool, int, str]:
        grant = previous.get(demand.consumer)
        dark = grant is None or grant.choice is None
        size = -(demand.shown_height_px // SIZE_STEP_PX)
        return demand.priority, size, dark, demand.spoke, demand.consumer

    served: list[Demand] = []
    beyond: list[Demand] = []
    faces = 0
    for demand in sorted(filter(_shown, wish.demands), key=order):
        faces += demand.priority is not Priority.SCREEN
        (served if faces <= wish.most_pictures or demand.priority is Priority.SCREEN else beyond).append(demand)
    return served, beyond


def _ladder(demand: Demand, previous: Mapping[str, Grant]) -> list[Choice]:
    """What it may get, from the least to what looks good at its size; each dearer than the one before."""
    grant = previous.get(demand.consumer)
    current = -1 if grant is None or grant.choice is None else grant.choice.spatial
    return options_upwards(demand.layers, demand.shown_height_px, current, sharp=demand.priority is Priority.SCREEN)


def _no_better(choice: Choice, has: Choice) -> bool:
    return (choice.spatial, choice.temporal) <= (has.spatial, has.temporal)


class _Share:
    """One run of `allocate`."""

    def __init__(self, wish: Wish, previous: Mapping[str, Grant], now_ms: int) -> None:
        self._wish = wish
        self._previous = previous
        self._now_ms = now_ms
        self._left = wish.available_bps - wish.reserved_bps
        self._given: dict[str, Choice] = {}
        self._ladders: dict[str, list[Choice]] = {}
        self._rungs: dict[str, int] = {}

    def grants(self) -> dict[str, Grant]:
        served, beyond = _admitted(self._wish, self._previous)
        for demand in served:
            self._ladders[demand.consumer] = _ladder(demand, self._previous)
        seen = [demand for demand in served if self._step(demand, keeping=False)]
        for priority in (Priority.SCREEN, Priority.SPEAKER, Priority.VISIBLE):
            group = [demand for demand in seen if demand.priority is priority]
            # First all that they have already, so that two of one rank never take from each other in turns.
            self._climb(group, keeping=True)
            self._climb(group, keeping=False)
        limited = {demand.consumer for demand in beyond}
        return {demand.consumer: self._grant(demand, limited) for demand in self._wish.demands}

    def _climb(self, group: list[Demand], *, keeping: bool) -> None:
        """Step by step, all together, until none can go on."""
        while group:
            group = [demand for demand in group if self._step(demand, keeping=keeping)]

    def _step(self, demand: Demand, *, keeping: bool) -> bool:
        """Give it the next of its ladder, if there is room and it is time. keeping: only what it has already."""
        consumer = demand.consumer
        ladder, at = self._ladders[consumer], self._rungs.get(consumer, 0)
        if at >= len(ladder):
            return False
        choice = ladder[at]
        before = self._given.get(consumer)
        left = self._left + (before.bitrate_bps if before else 0)
        margin = self._margin(consumer, choice, left)
        if margin < 1 or (keeping and margin > 1) or choice.bitrate_bps * margin > left:
            return False
        self._given[consumer] = choice
        self._rungs[consumer] = at + 1
        self._left = left - choice.bitrate_bps
        return True

    def _margin(self, consumer: str, choice: Choice, left: int) -> float:  # noqa: PLR0911 - one per reason
        """1 for what it has or less, more for better, 0: not yet."""
        grant = self._previous.get(consumer)
        if grant is None or (grant.choice is None and grant.reason != "bandwidth"):
            return 1.0
        has = grant.choice
        if has is not None and (consumer not in self._given or _no_better(choice, has)):
            return 1.0  # also when the cheapest happens to be a larger one: nobody goes dark for that
        plenty = choice.bitrate_bps * PLENTY <= left
        gets = self._given.get(consumer, self._ladders[consumer][0])
        if has is None and choice.spatial > gets.spatial and not plenty:
            return 0.0  # out of the dark with the smallest: its key frame is what a thin line can bear
        if has is not None and choice.spatial <= has.spatial:
            return UP_MARGIN
        hold_ms = HOLD_MS if has is None else grant.hold_ms
        if grant.lowered_ms is not None and self._now_ms - grant.lowered_ms < hold_ms:
            return 0.0
        if grant.raised_ms is not None and self._now_ms - grant.raised_ms < RAISE_EVERY_MS and not plenty:
            return 0.0
        return UP_MARGIN

    def _grant(self, demand: Demand, limited: Iterable[str]) -> Grant:
        if demand.priority is Priority.AUDIO:
            return Grant(cheapest(demand.layers))
        before = self._previous.get(demand.consumer, Grant(None))
        choice = self._given.get(demand.consumer)
        if not _shown(demand):
            return replace(before, choice=None, reason="")
        if demand.consumer in limited:
            return replace(before, choice=None, reason="limit")
        reason: Reason = "" if choice is not None else "bandwidth"
        return self._dated(before, choice, reason, self._ladders[demand.consumer])

    def _dated(self, before: Grant, choice: Choice | None, reason: Reason, ladder: list[Choice]) -> Grant:
        """When it was raised or lowered: by the line, not by the size of its tile."""
        has = -1 if before.choice is None else before.choice.spatial
        gets = -1 if choice is None else choice.spatial
        grant = replace(before, choice=choice, reason=reason)
        if gets > has:
            return replace(grant, raised_ms=self._now_ms)
        if gets == has or (ladder and gets >= ladder[-1].spatial):
            return grant
        raised = before.raised_ms
        failed = (
            raised is not None
            and before.lowered_ms is not None
            and raised > before.lowered_ms  # down in several steps is one failure
            and self._now_ms - raised < FAILED_WITHIN_MS
        )
        again = raised is None or before.lowered_ms is None or raised > before.lowered_ms
        hold_ms = before.hold_ms if not again else HOLD_MS
        if failed:
            hold_ms = min(LONGEST_HOLD_MS, 2 * before.hold_ms)
        return replace(grant, lowered_ms=self._now_ms, hold_ms=hold_ms)
