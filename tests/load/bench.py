"""`python -m tests.load.bench`: measures the media plane, prints a table and writes build/bench.json. Only the command
line and the report live here; how a room is filled and measured is in measure.py."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from tests.load.dtls import PROFILES
from tests.load.measure import (
    ROOMS,
    Conditions,
    FirstVideo,
    Forwarding,
    Naive,
    RoomShape,
    first_video,
    forwarding,
    naive_room,
)
from tests.load.stage import PlaneOpener, plane_opener, plane_stage

R = TypeVar("R", Forwarding, FirstVideo, Naive)

METHOD = """\
method:
  The media plane runs in its own process or processes, started as the server starts them. All participants live in one
  other process and speak ICE, DTLS and SRTP over loopback, each with a socket of its own per transport. A speaker sends
  one VP8 video (100 packets of 1,200 bytes a second, bursts of four at 25 frames a second) and one Opus audio (50
  packets of 80 bytes a second); sizes are of the RTP packet before encryption. Speakers are spread evenly over a
  frame's time.
  room4, room8, room16: everybody speaks and hears all others. one_to_100: one speaks, a hundred hear.

  us_per_packet    user and system time of all server processes over the RTP packets that viewers received, in
                   microseconds, after a warm-up. Loopback counts the network's work as the sender's: a network card
                   would take part of it away.
  latency          from just before the sender encrypts to the kernel's time stamp at the viewer's socket; every
                   N-th packet is decrypted and counted. It includes the sender's own encryption and sending.
  loss_percent     holes in the sequence numbers that viewers saw. undelivered_percent: what was sent and should have
                   arrived, but did not; it also sees what a server drops and renumbers.
  rss_mb           resident memory of the media processes at the end.
  join             an admitted session asks for a speaker's streams; until its first decrypted key-frame packet.
  naive            the same room of four through aiortc's RTCPeerConnection and MediaRelay (decode, encode per viewer),
                   1280x720; clients send packets encoded beforehand and do not decode. Packets are counted as received.

  With --runs N each figure is the median of N. If crowd_cpu_percent nears 100 the clients were the bottleneck: use more
  cores. Compare only figures of one machine whose others_cpu_percent is near 0: a busy one adds latency, and makes
  packets cheaper, since they pile up and leave in larger groups.
"""

COLUMNS: Sequence[tuple[str, str]] = (
    ("us/packet", "us_per_packet"),
    ("p50 ms", "latency_p50_ms"),
    ("p99 ms", "latency_p99_ms"),
    ("loss %", "loss_percent"),
    ("undeliv. %", "undelivered_percent"),
    ("rss MB", "rss_mb"),
    ("packets/s", "packets_per_second"),
    ("server cpu %", "server_cpu_percent"),
    ("crowd cpu %", "crowd_cpu_percent"),
    ("others cpu %", "others_cpu_percent"),
)


@dataclass(frozen=True)
class Results:
    """All that one call of the benchmark found; None for what was not asked for."""

    forward: dict[str, Forwarding]
    join: FirstVideo | None
    naive: Naive | None


def middle(results: Sequence[R]) -> R:
    """The median of each figure by itself."""
    first = results[0]
    names = asdict(first)
    return type(first)(**{name: median(getattr(one, name) for one in results) for name in names})


async def run(options: argparse.Namespace) -> Results:
    conditions = Conditions(
        warm_up_s=options.warm_up,
        measured_s=options.seconds,
        profile=options.profile,
        decrypt_every=options.decrypt_every,
    )
    forward: dict[str, Forwarding] = {}
    join: FirstVideo | None = None
    naive: Naive | None = None
    for shape in options.rooms:
        forward[shape.name] = middle([await _one_room(options.plane, shape, conditions) for _ in range(options.runs)])
        say(room_line(shape.name, forward[shape.name]))
    if options.joins:
        join = await _joins(options.plane, options.joins, conditions)
        say(f"first video after joining: p50 {join.first_video_ms_p50:.0f} ms, p95 {join.first_video_ms_p95:.0f} ms")
    if options.naive:
        naive = middle([await naive_room(4, conditions) for _ in range(options.runs)])
        say(
            f"naive room of 4 (aiortc MediaRelay): {naive.us_per_packet:.0f} us/packet, "
            f"{naive.frames_delivered_percent:.0f} % of the frames delivered, {naive.rss_mb:.0f} MB"
        )
    return Results(forward, join, naive)


async def _one_room(opener: PlaneOpener, shape: RoomShape, conditions: Conditions) -> Forwarding:
    """Each room gets a media plane of its own, so that none pays for what another left behind."""
    async with plane_stage(opener) as stage:
        return await forwarding(stage, shape, conditions)


async def _joins(opener: PlaneOpener, count: int, conditions: Conditions) -> FirstVideo:
    async with plane_stage(opener) as stage:
        return await first_video(stage, count, conditions)


def header_line() -> str:
    return f"{'room':<12}" + "".join(f"{title:>14}" for title, _ in COLUMNS)


def room_line(name: str, result: Forwarding) -> str:
    return f"{name:<12}" + "".join(f"{getattr(result, field):>14.2f}" for _, field in COLUMNS)


def document(results: Results, options: argparse.Namespace) -> dict[str, object]:
    """The shape of bench.json: forward.ROOM.FIGURE, join.FIGURE, naive.room4.FIGURE, conditions."""
    written: dict[str, object] = {
        "conditions": {
            "seconds": options.seconds,
            "warm_up_s": options.warm_up,
            "runs": options.runs,
            "profile": options.profile,
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "forward": {name: rounded(asdict(one)) for name, one in results.forward.items()},
    }
    if results.join is not None:
        written["join"] = rounded(asdict(results.join))
    if results.naive is not None:
        written["naive"] = {"room4": rounded(asdict(results.naive))}
    return written


def rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.items()}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def rooms_named(names: str) -> list[RoomShape]:
    known = {shape.name: shape for shape in ROOMS}
    wanted = [name for name in names.split(",") if name]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"no such room: {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name] for name in wanted]


def plane_named(name: str) -> PlaneOpener:
    try:
        return plane_opener(name)
    except LookupError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def arguments(line: Iterable[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.load.bench",
        description="Measures what the SFU costs a packet, adds in latency, and loses.",
        epilog=METHOD,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    every_room = ",".join(shape.name for shape in ROOMS)
    parser.add_argument("--rooms", type=rooms_named, default=list(ROOMS), help=f"comma separated; all: {every_room}")
    parser.add_argument(
        "--plane",
        type=plane_named,
        default="tests.load.own_plane:open_plane",
        metavar="MODULE:FUNCTION",
        help="another media plane: a function of a MediaListener that gives an async context with a MediaPlane",
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="measured time per room (10)")
    parser.add_argument("--warm-up", type=float, default=3.0, help="seconds before it (3)")
    parser.add_argument("--runs", type=int, default=1, help="repeat each room and take medians (1)")
    parser.add_argument("--joins", type=int, default=30, help="joins to measure; 0 for none (30)")
    parser.add_argument("--naive", action=argparse.BooleanOptionalAction, default=True, help="measure aiortc's way too")
    parser.add_argument("--profile", choices=list(PROFILES), default="AEAD_AES_128_GCM", help="SRTP profile")
    parser.add_argument("--decrypt-every", type=int, default=16, help="viewers decrypt one packet in so many (16)")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="where the figures go")
    return parser.parse_args(None if line is None else list(line))


def main() -> None:
    options = arguments()
    say(header_line())
    results = asyncio.run(run(options))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(document(results, options), indent=2) + "\n")
    say(f"written to {options.out}")


if __name__ == "__main__":
    main()
