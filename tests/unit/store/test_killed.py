"""What was acknowledged is there after SIGKILL, and the next process goes on at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from server.meeting import facts
from server.store.store import Store
from tests.unit.store.places import Place

APPENDER = """
import asyncio, sys
from pathlib import Path
from server.clock import SystemClock
from server.meeting import facts
from server.store.store import open_store
from tests.unit.store.places import planned

async def run(journal, meeting_id):
    await journal.take_lease(meeting_id)
    numbered = await journal.append(meeting_id, 0, 1000, [planned()])
    while True:
        last = numbered[-1]
        print(meeting_id, last.number, last.hash, flush=True)
        numbered = await journal.append(
            meeting_id, last.number, last.at_ms + 1, [facts.ChatSaid(f"c{last.number + 1}", "p1", "tercatat")]
        )

async def main():
    store = await open_store(sys.argv[1], Path(sys.argv[2]), SystemClock())
    await asyncio.gather(*(run(store.journal, f"m{n}") for n in range(3)))

asyncio.run(main())
"""
ENOUGH = 150


async def test_every_acknowledged_fact_survives_sigkill(
    place: Place, opening: Callable[[Place], Awaitable[Store]]
) -> None:
    acknowledged: dict[str, list[tuple[int, str]]] = {}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", APPENDER, place.url, str(place.data_folder),
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert process.stdout is not None
    for _ in range(ENOUGH):
        take(acknowledged, await process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    for line in (await process.stdout.read()).splitlines(keepends=True):
        if line.endswith(b"\n"):  # half a line is half an acknowledgement
            take(acknowledged, line)
    assert await process.wait() == -signal.SIGKILL

    store = await opening(place)
    assert await store.journal.left_behind() == ("m0", "m1", "m2")
    for meeting_id, wanted in acknowledged.items():
        found = await store.journal.read(meeting_id)
        assert [(one.number, one.hash) for one in found[: len(wanted)]] == wanted
        assert len(found) <= len(wanted) + 1  # at most the one whose acknowledgement was lost
        assert (await store.verify(meeting_id)).holds
        meeting = await store.listings.meeting(meeting_id)
        assert meeting is not None
        assert meeting.last_number == found[-1].number
        # On the same machine nobody waits for the heartbeat to be missed.
        assert await store.journal.take_lease(meeting_id) is not None
        await store.journal.append(meeting_id, found[-1].number, 9000, [facts.MeetingOpened("p1")])


def take(acknowledged: dict[str, list[tuple[int, str]]], line: bytes) -> None:
    meeting_id, number, digest = line.decode().split()
    acknowledged.setdefault(meeting_id, []).append((int(number), digest))
