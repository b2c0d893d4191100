"""`python -m tests.load.store_bench`: facts made durable, a large meeting's snapshot, and searching many meetings, on
SQLite and PostgreSQL; adds its figures to build/bench.json. No browser and no media here."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from server.clock import SystemClock
from server.meeting import facts, views
from server.meeting.facts import Fact, NumberedFact
from server.meeting.finding import Search
from server.meeting.state import replay
from server.store.store import Store, open_store
from tests.unit.store import cluster

START_MS = 1_790_000_000_000
AT_ONCE = 64
OFFICIALS = 200


def words_of(chance: Random, count: int = 3_000) -> list[str]:
    """As many words as a county's minutes know, of syllables that Indonesian has."""
    syllables = [first + vowel for first in ("b", "d", "k", "l", "m", "p", "r", "s", "t", "ng") for vowel in "aiueo"]
    return ["".join(chance.choices(syllables, k=chance.randrange(2, 5))) for _ in range(count)]


def meeting(chance: Random, words: Sequence[str], number: int) -> list[Fact]:
    """A meeting of eight with an agenda, 120 words of notes, three decisions and two action items. Often said words are
    said often (Zipf), as in real texts."""

    def some(count: int) -> str:
        return " ".join(words[min(int(chance.paretovariate(0.7)), len(words) - 1)] for _ in range(count))

    starts_ms = START_MS + number * 3_600_000
    made: list[Fact] = [
        facts.MeetingPlanned("a", f"Rapat {some(4)}", starts_ms, starts_ms + 3_600_000, "Asia/Jakarta", "Aula")
    ]
    for place in range(8):
        account = chance.randrange(OFFICIALS)
        role: facts.Role = "chair" if place == 0 else "secretary" if place == 1 else "participant"
        name = f"{words[account].title()} {words[account + 500].title()}"
        made.append(facts.Invited("a", f"p{place}", name, role, "Kepala", some(2), account_id=f"acc{account}-{place}"))
    items = tuple(facts.AgendaItem(f"i{place}", some(5)) for place in range(3))
    made += [facts.AgendaSet("a", items), facts.MeetingOpened("p0")]
    made += [facts.NotesWritten("p1", f"i{place}", 1, some(40)) for place in range(3)]
    made += [facts.DecisionRecorded("p1", f"d{place}", place + 1, "i1", some(14), "mufakat") for place in range(3)]
    made += [
        facts.ActionRecorded("p1", f"t{place}", place + 1, "i1", some(9), "p2", "2026-12-01") for place in range(2)
    ]
    return [*made, facts.MeetingClosed("p0")]


async def fill(store: Store, chance: Random, words: Sequence[str], count: int) -> None:
    async def one(number: int) -> None:
        meeting_id = f"{number:016x}"
        await store.journal.take_lease(meeting_id)
        await store.journal.append(meeting_id, 0, START_MS, meeting(chance, words, number))

    for first in range(0, count, AT_ONCE):
        await asyncio.gather(*(one(number) for number in range(first, min(first + AT_ONCE, count))))


async def searched(store: Store, chance: Random, words: Sequence[str], queries: int) -> dict[str, float]:
    """Half of them of somebody who sees all, half of an official; one to three words, often common ones."""
    took: list[float] = []
    for number in range(queries):
        typed = [words[min(int(chance.paretovariate(0.5)), len(words) - 1)] for _ in range(chance.randrange(1, 4))]
        typed[0] = typed[0][:4] if number % 3 == 0 else typed[0]
        whole = "rapat" if number % 20 == 0 else " ".join(typed)
        account = None if number % 2 else f"acc{chance.randrange(OFFICIALS)}-{chance.randrange(8)}"
        begun = time.perf_counter()
        await store.searches.find(Search(account, whole, limit=21))
        took.append((time.perf_counter() - begun) * 1000)
    ordered = sorted(took)
    return {"p50_ms": statistics.median(took), "p95_ms": ordered[int(len(ordered) * 0.95)], "most_ms": ordered[-1]}


async def durable(store: Store, name: str, meetings: int, seconds: float) -> float:
    """Facts a second in so many meetings at once, each append one fact and each waited for."""
    ends, done = time.perf_counter() + seconds, 0

    async def talk(number: int) -> None:
        nonlocal done
        meeting_id = f"{name}{number}"
        await store.journal.take_lease(meeting_id)
        plan = facts.MeetingPlanned("a", "Rapat", START_MS, START_MS + 1, "Asia/Jakarta")
        after = (await store.journal.append(meeting_id, 0, START_MS, [plan]))[-1].number
        while time.perf_counter() < ends:
            said = facts.ChatSaid(f"c{after}", "p1", "Setuju dengan usulan itu.")
            after = (await store.journal.append(meeting_id, after, START_MS, [said]))[-1].number
            done += 1

    begun = time.perf_counter()
    await asyncio.gather(*(talk(number) for number in range(meetings)))
    return done / (time.perf_counter() - begun)


def snapshot_ms(runs: int = 20) -> dict[str, float]:
    """Of a meeting with 500 people in the room and 10,000 facts: replayed once, then taken for one who joins."""
    made: list[Fact] = [facts.MeetingPlanned("a", "Rapat Paripurna", START_MS, START_MS + 1, "Asia/Jakarta")]
    for number in range(500):
        role: facts.Role = "chair" if number == 0 else "secretary" if number == 1 else "participant"
        made += [facts.Invited("a", f"p{number}", f"Peserta {number}", role), facts.Joined(f"p{number}", f"s{number}")]
    made += [facts.MeetingOpened("p0"), *(facts.PresenceConfirmed(f"s{number}", "media") for number in range(500))]
    chat = range(10_000 - len(made))
    made += [facts.ChatSaid(f"c{one}", f"p{one % 500}", "Setuju dengan usulan itu.") for one in chat]
    numbered = tuple(NumberedFact(number, START_MS, fact) for number, fact in enumerate(made, 1))
    begun = time.perf_counter()
    state = replay("m", numbered)
    replayed = time.perf_counter() - begun
    took: list[float] = []
    for _ in range(runs):
        begun = time.perf_counter()
        views.snapshot(state, "participant")
        took.append((time.perf_counter() - begun) * 1000)
    return {"facts": len(made), "people": 500, "snapshot_ms": statistics.median(took), "replay_ms": replayed * 1000}


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    with tempfile.TemporaryDirectory(prefix="balai-bench-") as folder:
        store = await open_store(url, Path(folder) / "data", SystemClock())
        try:
            yield store
        finally:
            await store.close()


async def measure(url: str, options: argparse.Namespace) -> dict[str, Any]:
    chance = Random(1)  # noqa: S311  (the same meetings each time)
    words = words_of(chance)
    async with opened(url) as store:
        one = await durable(store, "one", 1, options.seconds)
        many = await durable(store, "many", 16, options.seconds)
        begun = time.perf_counter()
        await fill(store, chance, words, options.meetings)
        filled = time.perf_counter() - begun
        await searched(store, chance, words, 10)  # warm
        found = await searched(store, chance, words, options.queries)
    return {
        "facts_per_s": {"one_meeting": one, "sixteen_meetings": many},
        "search": found | {"meetings": options.meetings, "queries": options.queries, "filled_s": filled},
    }


async def both(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    found = {"sqlite": await measure("", options)}
    with cluster.running(fsync="on") as prefix:
        found["postgresql"] = await measure(prefix.format("postgres"), options)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.load.store_bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="500 meetings, 60 queries, a second each")
    parser.add_argument("--meetings", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"))
    options = parser.parse_args()
    if options.quick:
        options.meetings, options.queries, options.seconds = 500, 60, 1.0
    found = asyncio.run(both(options))
    snapshot = snapshot_ms()
    known = json.loads(options.out.read_text()) if options.out.exists() else {}
    known |= {"store": found, "snapshot": snapshot}
    known["search"] = {name: one["search"] for name, one in found.items()}
    known["search"]["p95_ms"] = max(one["search"]["p95_ms"] for one in found.values())
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(known, indent=2) + "\n")
    for name, one in found.items():
        rates, search = one["facts_per_s"], one["search"]
        sys.stdout.write(
            f"{name}: facts/s {rates['one_meeting']:.0f} in one meeting, {rates['sixteen_meetings']:.0f} in sixteen;"
            f" search in {search['meetings']} meetings p50 {search['p50_ms']:.1f} ms, p95 {search['p95_ms']:.1f} ms\n"
        )
    sys.stdout.write(f"snapshot of 500 people and {snapshot['facts']} facts: {snapshot['snapshot_ms']:.1f} ms\n")


if __name__ == "__main__":
    main()
