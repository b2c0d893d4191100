"""Test sessions by which a browser finds out what it can reach: one in each media process, for a minute, no meeting."""

from __future__ import annotations

import asyncio
from typing import Any

from server.errors import Unavailable
from server.sfu.plane import MediaPlaneProcess
from server.tasks import TaskOwner

KEPT_S = 60.0
MOST_AT_ONCE = 32


class Probes:
    """`offer` for one person at a time: another one replaces it."""

    def __init__(self, plane: MediaPlaneProcess, tasks: TaskOwner) -> None:
        self._plane = plane
        self._tasks = tasks
        self._ends: dict[str, asyncio.Task[None]] = {}

    async def offer(self, who: str) -> dict[str, Any]:
        """{processes: [{parameters, candidates, fingerprints}], ice_servers}; only ICE is meant to be tried with it.
        Unavailable("media.down"), Unavailable("media.probes") when too many try at once."""
        before = self._ends.pop(who, None)
        if before is not None:
            before.cancel()
        elif len(self._ends) >= MOST_AT_ONCE:
            raise Unavailable("media.probes")
        tickets = await self._plane.probe(who)
        self._ends[who] = self._tasks.start(f"probe {who}", self._end(who))
        return {
            "processes": [
                {
                    "parameters": dict(one.receive.ice_parameters),
                    "candidates": [dict(candidate) for candidate in one.receive.ice_candidates],
                    "fingerprints": one.receive.dtls_parameters["fingerprints"],
                }
                for one in tickets
            ],
            "ice_servers": [dict(one) for one in tickets[0].ice_servers],
        }

    async def _end(self, who: str) -> None:
        await asyncio.sleep(KEPT_S)
        self._ends.pop(who, None)
        await self._plane.end_probe(who)
