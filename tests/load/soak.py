"""`python -m tests.load.soak`: one room, everybody sending, for a long time; how the media processes' memory goes.
Writes build/soak.json. What a room is made of is measure.py's."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from tests.load import namespace
from tests.load.crowd import Mark, Measured, Report
from tests.load.machine import others_percent, this_machine
from tests.load.measure import Conditions, Meter, RoomShape, crowd, fill
from tests.load.office_stage import office_stage
from tests.load.processes import rss_mb

MODULE = "tests.load.soak"
SAMPLE_S = 10.0
WARM_UP_S = 180.0  # histories and buffers are full, and the allocator has settled
EDGE = 6  # samples whose median is the beginning, or the end: a minute each


@dataclass(frozen=True)
class Sample:
    """Resident memory of the media processes, and of the web process, at a moment of the soak."""

    at_s: float
    media_mb: float
    web_mb: float


@dataclass(frozen=True)
class Soak:
    """Figures of the whole soak after its warm-up. growth_percent: the last minute's median over the first's."""

    minutes: float
    participants: int
    growth_percent: float
    web_growth_percent: float
    media_mb_first: float
    media_mb_last: float
    us_per_packet: float
    packets_received: int
    loss_percent: float
    latency_p99_ms: float


def growth_percent(values: Sequence[float]) -> float:
    """The median of the end over that of the beginning; one page more at one moment is no growth."""
    if not values:
        return 0.0
    edge = max(1, min(EDGE, len(values) // 2))
    first, last = median(values[:edge]), median(values[-edge:])
    return 100 * (last / first - 1)


def settled(samples: Iterable[Sample], warm_up_s: float) -> list[Sample]:
    return [one for one in samples if one.at_s >= warm_up_s]


async def soak(minutes: float, participants: int, warm_up_s: float) -> tuple[Soak, list[Sample]]:
    # Latency is sampled rarely: the clients keep every sample until the end.
    conditions = Conditions(warm_up_s, 60 * minutes, "AEAD_AES_128_GCM", decrypt_every=1024)
    samples: list[Sample] = []
    async with office_stage() as stage, crowd(conditions) as link:
        await fill(stage, link, RoomShape(f"room{participants}", participants))
        media_pids = stage.media_pids()
        begun_s = time.monotonic()
        server: Meter | None = None
        while (at_s := time.monotonic() - begun_s) < 60 * minutes:
            if server is None and at_s >= warm_up_s:
                link.send(Mark())
                server = Meter(stage.server_pids())
            if stage.media_pids() != media_pids:
                raise ConnectionError("a media process died on the way")
            samples.append(_sample(at_s, media_pids, stage.web_pid))
            say(samples[-1])
            await asyncio.sleep(SAMPLE_S)
        spent = server.read().cpu_s if server is not None else 0.0
        link.send(Report())
        result = await link.expect(Measured)
    kept = settled(samples, warm_up_s)
    media = [one.media_mb for one in kept]
    figures = Soak(
        minutes=minutes,
        participants=participants,
        growth_percent=growth_percent(media),
        web_growth_percent=growth_percent([one.web_mb for one in kept]),
        media_mb_first=media[0],
        media_mb_last=media[-1],
        us_per_packet=1e6 * spent / max(1, result.received),
        packets_received=result.received,
        loss_percent=100 * result.lost / max(1, result.received + result.lost),
        latency_p99_ms=result.latency_p99_ms,
    )
    return figures, samples


def _sample(at_s: float, media_pids: Sequence[int], web_pid: int) -> Sample:
    return Sample(round(at_s, 1), round(sum(rss_mb(pid) for pid in media_pids), 3), round(rss_mb(web_pid), 3))


def say(one: object) -> None:
    sys.stdout.write(f"{one}\n")
    sys.stdout.flush()


def arguments(line: Iterable[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m {MODULE}", description="How memory goes in a long meeting.")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long altogether (30)")
    parser.add_argument("--room", type=int, default=16, help="participants, all sending (16)")
    parser.add_argument("--warm-up", type=float, default=WARM_UP_S, help="seconds that do not count (180)")
    parser.add_argument("--out", type=Path, default=Path("build/soak.json"), help="where the figures go")
    options = parser.parse_args(None if line is None else list(line))
    if 60 * options.minutes < options.warm_up + 2 * SAMPLE_S:
        parser.error("too short: nothing would be left after the warm-up")
    return options


async def _run(options: argparse.Namespace) -> dict[str, object]:
    before = await others_percent()
    figures, samples = await soak(options.minutes, options.room, options.warm_up)
    return {
        "machine": asdict(this_machine()),
        "steal_or_other_cpu_percent_before": round(before, 1),
        **{name: round(value, 3) for name, value in asdict(figures).items()},
        "samples": [asdict(one) for one in samples],
    }


def main() -> None:
    options = arguments()
    if not namespace.inside() and namespace.possible():
        namespace.enter(MODULE, sys.argv[1:])
    written = asyncio.run(_run(options))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(written, indent=2) + "\n")
    say(f"memory grew by {written['growth_percent']} %; written to {options.out}")


if __name__ == "__main__":
    main()
