"""The offices' budgets over all media processes: from what is wanted in each, tells each its part. Web process's side.

A process that is told nothing more (the web process is gone) keeps to the part that it has.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.rtp.budget import Need, split
from server.sfu import link
from server.sfu.config import Site
from server.sfu.slot import Slot


class Budgets:
    """`share` whenever a process is new, before anybody is admitted there, and when what one wants has changed."""

    def __init__(self, sites: tuple[Site, ...], slots: Sequence[Slot]) -> None:
        self._sites = sites
        self._slots = slots
        #: what the process with this id was told last
        self._told: dict[int, dict[str, int]] = {}

    def share(self) -> None:
        if not self._sites or len(self._slots) < 2:
            return  # the only process has the whole from the start
        parts: list[dict[str, int]] = [{} for _ in self._slots]
        for site in self._sites:
            needs = [_need(slot, site.name) for slot in self._slots]
            for part, bps in zip(parts, split(site.budget_bps, needs), strict=True):
                part[site.name] = bps
        told, self._told = self._told, {}
        for slot, part in zip(self._slots, parts, strict=True):
            if slot.process is not None:
                self._told[slot.process.pid] = part
                if told.get(slot.process.pid) != part:
                    slot.process.tell(link.Budgets(part))


def _need(slot: Slot, site: str) -> Need:
    return next((Need(one.sound_bps, one.wants_bps) for one in slot.needs if one.site == site), Need())
