"""`python -m tests.load.bench`: measures the media plane beside others, prints a table and writes build/bench.json.
Only the command line and the order of things live here."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.load import janus, namespace
from tests.load.contenders import Contender, contenders
from tests.load.dtls import PROFILES
from tests.load.floor_stage import floor_steps
from tests.load.machine import others_percent, this_machine
from tests.load.measure import ROOMS, Conditions, RoomShape, first_video
from tests.load.naive_room import naive_room
from tests.load.notes_stage import NotesLatency, notes_latency
from tests.load.office_stage import office_stage
from tests.load.plane_stage import OWN, PlaneOpener, plane_opener
from tests.load.report import Results, document, header_line, middle, room_line

MODULE = "tests.load.bench"
EVERYBODY = ("forward", "janus", "janus_loops", "floor")
QUICK = ["--runs", "1", "--seconds", "4", "--warm-up", "1.5", "--joins", "10", "--no-naive"]

METHOD = """\
method:
  The server is a real `balai demo` in processes of its own, on loopback. A secretary plans a meeting on its pages, each
  participant opens a personal link and enters over Socket.IO; media go over ICE, DTLS and SRTP, a socket per transport.
  All participants live in one other process. A speaker sends one VP8 video (100 packets of 1,200 bytes a second, bursts
  of four at 25 frames a second) and one Opus audio (50 packets of 80 bytes a second); sizes are of the RTP packet
  before encryption. Speakers are spread evenly over a frame's time.
  room4, room8, room16: everybody speaks and hears all others. one_to_100: one speaks, a hundred hear.

  us_per_packet    user and system time of all server processes, web and media, over the RTP packets that viewers
                   received, in microseconds, after a warm-up. Loopback counts the network's work as the sender's: a
                   network card would take part of it away. media_us_per_packet: the media processes' part.
  latency          from just before the sender encrypts to the kernel's time stamp at the viewer's socket; every
                   N-th packet is decrypted and counted. It includes the sender's own encryption and sending.
  loss_percent     holes in the sequence numbers that viewers saw. undelivered_percent: what was sent and should have
                   arrived, but did not; it also sees what a server drops and renumbers.
  rss_mb           resident memory of the media processes at the end.
  join             three others send; from the click on "join" (the page is open) until the last packet of the first
                   complete key frame: Socket.IO connection, entry, answers about media, ICE, DTLS, key frame.
  janus            Debian's Janus with the same participants, its videoroom over WebSocket, ICE-lite, no bitrate limit,
                   otherwise as it comes (a thread per handle). janus_loops: with two event loops.
  floor            a C program that only receives, decrypts, encrypts and sends, with recvmmsg, sendmmsg and
                   UDP_SEGMENT: no server that decrypts and encrypts on this machine can be cheaper.
  notes            so many secretaries have one item's notes open and type five keys a second each, one update on the
                   way; from a key to another one's screen (its bytes at the other's socket), over all pairs.
  naive            the same room of four through aiortc's RTCPeerConnection and MediaRelay (decode, encode per viewer),
                   1280x720; clients send packets encoded beforehand and do not decode. Packets are counted as received.

  Rooms are measured in turns: each run measures every contender once, one directly after the other. Figures are medians
  of the runs, in parentheses least and most. If crowd % nears 100 the clients were the bottleneck: use more cores.
  Compare only figures of one call, and best where others % is near 0: a busy machine adds latency, and makes packets
  cheaper, since they pile up and leave in larger groups.
"""


async def run(options: argparse.Namespace) -> Results:
    conditions = Conditions(options.warm_up, options.seconds, options.profile, options.decrypt_every)
    results = Results(this_machine(), await others_percent())
    wanted = [one for one in contenders(options.plane) if one.key in options.contenders]
    results.absent = {one.key: one.absent for one in wanted if one.absent}
    present = [one for one in wanted if not one.absent]
    if any(one.key.startswith("janus") for one in present):
        results.versions["janus"] = await janus.version()
    if any(one.key == "floor" for one in present):
        results.steps = await floor_steps()
    say(f"{results.machine}; others use {results.others_percent_before:.0f} % of a core")
    for key, why in results.absent.items():
        say(f"not measured: {key}, {why}")
    for number in range(options.runs):
        say(f"run {number + 1} of {options.runs}")
        await _once(options, present, conditions, results)
        results.runs += 1
        write(results, options)  # after each run: one that is broken off leaves those before it
    return results


async def _once(
    options: argparse.Namespace, present: Sequence[Contender], conditions: Conditions, results: Results
) -> None:
    for shape in options.rooms:
        for one in present:
            with told(results, f"{one.title} in {shape.name}"):
                results.add(one.key, shape.name, await one.measure(shape, conditions))
                say(room_line(one.title, shape.name, results.forwarding[one.key][shape.name][-1:]))
    if options.joins:
        with told(results, "joining"):
            async with office_stage() as stage:
                results.joins.append(await first_video(stage, options.joins, conditions))
            say(f"first video after joining: {results.joins[-1].first_video_ms_p50:.0f} ms (median)")
    if options.notes:
        with told(results, "writing together"):
            results.notes.append(await notes_latency(options.notes, options.seconds))
            say(notes_line(results.notes[-1:]))
    if options.naive:
        with told(results, "the naive room"):
            results.naive.append(await naive_room(4, options.seconds))
            say(f"naive room of 4: {results.naive[-1].us_per_packet:.0f} us/packet")


@contextmanager
def told(results: Results, what: str) -> Iterator[None]:
    """A measurement that does not come about is told and left out; the others stand."""
    try:
        yield
    except (ConnectionError, TimeoutError) as error:
        results.failures.append(f"{what} ({type(error).__name__})")
        say(f"FAILED: {what}: {error!r}")


def table(results: Results, present: Sequence[tuple[str, str]]) -> Iterable[str]:
    """The medians, room by room."""
    yield header_line()
    rooms = dict.fromkeys(room for by_room in results.forwarding.values() for room in by_room)
    for room in rooms:
        for key, title in present:
            if measured := results.forwarding.get(key, {}).get(room):
                yield room_line(title, room, measured)
    if results.joins:
        one = middle(results.joins)
        yield (
            f"first video after joining: p50 {one.first_video_ms_p50:.0f} ms, p95 {one.first_video_ms_p95:.0f} ms; "
            f"all three: p50 {one.all_videos_ms_p50:.0f} ms, p95 {one.all_videos_ms_p95:.0f} ms"
        )
    if results.notes:
        yield notes_line(results.notes)
    if results.steps:
        yield "floor by step, us a packet of 1,200 bytes: " + ", ".join(
            f"{name.replace('_', ' x ')} {cost:.2f}" for name, cost in results.steps.items()
        )
    if results.naive:
        naive = middle(results.naive)
        yield (
            f"naive room of 4 (aiortc MediaRelay): {naive.us_per_packet:.0f} us/packet, "
            f"{naive.frames_delivered_percent:.0f} % of the frames delivered, {naive.rss_mb:.0f} MB"
        )
    yield from (f"WARNING: {line}" for line in results.warnings())


def notes_line(measured: Sequence[NotesLatency]) -> str:
    one = middle(measured)
    return f"{one.writers} write together: key to the others' screens p50 {one.p50_ms:.0f} ms, p95 {one.p95_ms:.0f} ms"


def write(results: Results, options: argparse.Namespace) -> None:
    conditions = {
        "runs": results.runs,
        "seconds": options.seconds,
        "warm_up_s": options.warm_up,
        "joins_per_run": options.joins,
        "profile": options.profile,
        "whole_server": options.plane is None,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(document(results, conditions), indent=2) + "\n")


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


def contenders_named(names: str) -> list[str]:
    wanted = [name for name in names.split(",") if name]
    unknown = [name for name in wanted if name not in EVERYBODY]
    if unknown:
        raise argparse.ArgumentTypeError(f"nobody is called {', '.join(unknown)}; there are {', '.join(EVERYBODY)}")
    return wanted


def plane_named(name: str) -> PlaneOpener:
    try:
        return plane_opener(name)
    except LookupError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def arguments(line: Iterable[str] | None = None) -> argparse.Namespace:
    typed = list(sys.argv[1:] if line is None else line)
    parser = argparse.ArgumentParser(
        prog=f"python -m {MODULE}",
        description="Measures what the SFU costs a packet, adds in latency, and loses.",
        epilog=METHOD,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    every_room = ",".join(shape.name for shape in ROOMS)
    parser.add_argument("--quick", action="store_true", help=f"one short run: {' '.join(QUICK)}")
    parser.add_argument("--rooms", type=rooms_named, default=list(ROOMS), help=f"comma separated; all: {every_room}")
    parser.add_argument(
        "--contenders", type=contenders_named, default=list(EVERYBODY), help=f"of {','.join(EVERYBODY)}"
    )
    parser.add_argument(
        "--plane",
        type=plane_named,
        nargs="?",
        const=plane_opener(OWN),
        metavar="MODULE:FUNCTION",
        help="in place of the whole server only its media plane, or another one: a function of a MediaListener that "
        "gives an async context with a MediaPlane",
    )
    parser.add_argument("--seconds", type=float, default=10.0, help="measured time per room (10)")
    parser.add_argument("--warm-up", type=float, default=3.0, help="seconds before it (3)")
    parser.add_argument("--runs", type=int, default=3, help="how often everything is measured (3)")
    parser.add_argument("--joins", type=int, default=40, help="joins to measure in each run; 0 for none (40)")
    parser.add_argument("--notes", type=int, default=50, help="writers in one item's notes; 0 for none (50)")
    parser.add_argument("--naive", action=argparse.BooleanOptionalAction, default=True, help="measure aiortc's way too")
    parser.add_argument("--profile", choices=list(PROFILES), default="AEAD_AES_128_GCM", help="SRTP profile")
    parser.add_argument("--decrypt-every", type=int, default=16, help="viewers decrypt one packet in so many (16)")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="where the figures go")
    return parser.parse_args([*QUICK, *typed] if "--quick" in typed else typed)


def main() -> None:
    options = arguments()
    if not namespace.inside() and namespace.possible():
        namespace.enter(MODULE, sys.argv[1:])
    results = asyncio.run(run(options))
    say("")
    titles = [(one.key, one.title) for one in contenders(options.plane)]
    for line in table(results, titles):
        say(line)
    say(f"written to {options.out}")
    if results.failures:
        sys.exit(1)


if __name__ == "__main__":
    main()
