"""The measurements of a room: its steady state, and the first picture of somebody who joins. Each returns plain
numbers; what is printed and written is report.py's business."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from tests.load.children import Child
from tests.load.crowd import (
    GOLDEN,
    Answer,
    Connected,
    Consumer,
    Expect,
    KeyFrame,
    Leave,
    Mark,
    Measured,
    Open,
    Ready,
    Report,
    Speak,
)
from tests.load.office_stage import Invitee, OfficeStage
from tests.load.processes import cpu_s, machine_busy_s, rss_mb, stolen_s
from tests.load.reception import percentile
from tests.load.sources import VIDEO_FRAMES_PER_SECOND
from tests.load.stage import Heard, Seat, Sent, Stage

T = TypeVar("T")

BETWEEN_JOINS_S = 0.6  # longer than the interval within which a sender is asked for one key frame only
SPEAKERS_BEFORE_A_JOIN = 3


@dataclass(frozen=True)
class Conditions:
    """What holds for every measurement of a run."""

    warm_up_s: float
    measured_s: float
    profile: str
    decrypt_every: int


@dataclass(frozen=True)
class RoomShape:
    """speakers all send; everybody hears every speaker but themselves; listeners only hear."""

    name: str
    speakers: int
    listeners: int = 0

    @property
    def streams_heard_by_all(self) -> int:
        """Pairs of (speaker, viewer)."""
        return self.speakers * (self.speakers - 1 + self.listeners)


ROOMS = (RoomShape("room4", 4), RoomShape("room8", 8), RoomShape("room16", 16), RoomShape("one_to_100", 1, 100))


@dataclass(frozen=True)
class Forwarding:
    """A room in its steady state.

    us_per_packet: processor time of all server processes, user and system, per RTP packet that reached a viewer;
    media_us_per_packet: the media processes' part of it.
    loss_percent: holes in the sequence numbers viewers saw. undelivered_percent: what senders sent and viewers should
    have got, but did not, whatever the sequence numbers say. crowd_cpu_percent: how busy the clients' own process was;
    near 100 the latencies are the clients', not the server's. steal_or_other_cpu_percent: what everything that is no
    part of the measurement used, and what the machine's host took, in percent of one core; on a busy machine latencies
    grow, and us_per_packet shrinks, since packets pile up and are sent in larger groups.
    """

    us_per_packet: float
    latency_p50_ms: float
    latency_p99_ms: float
    loss_percent: float
    rss_mb: float
    media_us_per_packet: float
    undelivered_percent: float
    packets_per_second: float
    server_cpu_percent: float
    crowd_cpu_percent: float
    steal_or_other_cpu_percent: float


@dataclass(frozen=True)
class FirstVideo:
    """From the click on "join" until the last packet of the first complete key frame of anybody, and of everybody."""

    first_video_ms_p50: float
    first_video_ms_p95: float
    all_videos_ms_p50: float
    all_videos_ms_p95: float
    joins: int


class CrowdLink:
    """The benchmark's hold on the process full of participants."""

    def __init__(self, child: Child[Answer], fingerprint: str) -> None:
        self._child = child
        self.fingerprint = fingerprint

    @property
    def pid(self) -> int:
        return self._child.pid

    def send(self, *messages: object) -> None:
        for message in messages:
            self._child.send(message)

    async def expect(self, answer: type[T]) -> T:
        received = await self._child.receive()
        if not isinstance(received, answer):
            raise ConnectionError(f"expected {answer.__name__}, the crowd said {received}")
        return received


@asynccontextmanager
async def crowd(conditions: Conditions) -> AsyncIterator[CrowdLink]:
    child: Child[Answer] = await Child.start(
        "tests.load.crowd", [conditions.profile, str(conditions.decrypt_every)], Answer
    )
    try:
        ready = await child.receive()
        if not isinstance(ready, Ready):
            raise ConnectionError(f"the crowd began with {ready}")
        yield CrowdLink(child, ready.fingerprint)
    finally:
        await child.stop()


# -- the steady state


async def forwarding(stage: Stage, shape: RoomShape, conditions: Conditions) -> Forwarding:
    """Fills a room, lets it settle, and measures it."""
    async with crowd(conditions) as link:
        seats = await fill(stage, link, shape)
        await asyncio.sleep(conditions.warm_up_s)
        link.send(Mark())
        pids, media_pids = stage.server_pids(), stage.media_pids()
        meters = Meter(pids), Meter(media_pids), Meter([link.pid]), Meter([os.getpid()])
        machine = MachineMeter()
        await asyncio.sleep(conditions.measured_s)
        server, media, clients, bench = (one.read() for one in meters)
        all_s = machine.read_s()
        link.send(Report())
        result = await link.expect(Measured)
        memory_mb = sum(rss_mb(pid) for pid in media_pids)
        for seat in seats:
            await stage.leave(seat)
    wanted = result.sent * shape.streams_heard_by_all / shape.speakers
    bench_s = 0.0 if os.getpid() in pids else bench.cpu_s
    others_s = all_s - server.cpu_s - clients.cpu_s - bench_s
    return Forwarding(
        us_per_packet=server.cpu_s * 1e6 / max(1, result.received),
        media_us_per_packet=media.cpu_s * 1e6 / max(1, result.received),
        latency_p50_ms=result.latency_p50_ms,
        latency_p99_ms=result.latency_p99_ms,
        loss_percent=100 * result.lost / max(1, result.received + result.lost),
        rss_mb=memory_mb,
        undelivered_percent=max(0.0, 100 * (1 - result.received / max(1.0, wanted))),
        packets_per_second=result.received / result.interval_s,
        server_cpu_percent=100 * server.cpu_s / server.elapsed_s,
        crowd_cpu_percent=100 * clients.cpu_s / clients.elapsed_s,
        steal_or_other_cpu_percent=max(0.0, 100 * others_s / server.elapsed_s),
    )


async def fill(stage: Stage, link: CrowdLink, shape: RoomShape) -> list[Seat]:
    """Everybody inside and connected, everybody who speaks heard by all others."""
    seats = await stage.admit(shape.name, shape.speakers + shape.listeners)
    speakers = seats[: shape.speakers]
    published = [(seat, await stage.publish(seat, link.fingerprint)) for seat in speakers]
    for seat, sent in published:
        link.send(Open(seat.number, sending=sent.transport))
    for _ in published:
        await link.expect(Connected)
    for seat, sent in published:
        link.send(Speak(seat.number, sent.video, sent.audio))
    connecting = 0
    for seat in seats:
        others = [one for one in speakers if one is not seat]
        if others:
            heard = await stage.subscribe(seat, others, link.fingerprint)
            link.send(Open(seat.number, receiving=heard.transport), _expectation(seat, heard))
            connecting += 1
    for _ in range(connecting):
        await link.expect(Connected)
    return seats


async def _connect_sending(link: CrowdLink, seat: Seat, sent: Sent) -> None:
    link.send(Open(seat.number, sending=sent.transport))
    await link.expect(Connected)
    link.send(Speak(seat.number, sent.video, sent.audio))


def _expectation(seat: Seat, heard: Heard, *, tell: bool = False) -> Expect:
    return Expect(seat.number, [Consumer(ssrc, video=video) for ssrc, video in heard.streams], tell=tell)


# -- joining


async def first_video(stage: OfficeStage, joins: int, conditions: Conditions) -> FirstVideo:
    """One after another joins a room in which three others send, announces a camera and a microphone, hears and sees
    everybody, and leaves.

    The clock starts with the Socket.IO connection, the room page being open; it covers the entry (durable in the
    journal), the answers about media, ICE, DTLS, the wish for a key frame, the sender's next frame (up to 40 ms away)
    and the way back. A browser adds its own start of capture, decoder and screen.
    """
    first_ms: list[float] = []
    all_ms: list[float] = []
    async with crowd(conditions) as link:
        invitees = await stage.invite("join", SPEAKERS_BEFORE_A_JOIN + joins)
        for invitee in invitees[:SPEAKERS_BEFORE_A_JOIN]:
            seat = await stage.enter(invitee)
            await _connect_sending(link, seat, await stage.publish(seat, link.fingerprint))
        await asyncio.sleep(conditions.warm_up_s)
        for number, invitee in enumerate(invitees[SPEAKERS_BEFORE_A_JOIN:]):
            # Another phase of the senders' frames each time, the same in every run.
            await asyncio.sleep(BETWEEN_JOINS_S + (number * GOLDEN % 1) / VIDEO_FRAMES_PER_SECOND)
            seen_ms = await _join(stage, link, invitee)
            first_ms.append(min(seen_ms))
            all_ms.append(max(seen_ms))
    return FirstVideo(
        first_video_ms_p50=percentile(first_ms, 50),
        first_video_ms_p95=percentile(first_ms, 95),
        all_videos_ms_p50=percentile(all_ms, 50),
        all_videos_ms_p95=percentile(all_ms, 95),
        joins=joins,
    )


async def _join(stage: OfficeStage, link: CrowdLink, invitee: Invitee) -> Sequence[float]:
    """How long each picture took to come."""
    clicked_ns = time.time_ns()
    seat = await stage.enter(invitee)
    heard, sent = await asyncio.gather(
        _hear(stage, link, seat), asyncio.create_task(stage.publish(seat, link.fingerprint))
    )
    link.send(Open(seat.number, sending=sent.transport))
    pictures = sum(video for _ssrc, video in heard.streams)
    seen: list[KeyFrame] = []
    connected = 0
    while len(seen) < pictures or not connected:
        answer = await link.expect(object)
        if isinstance(answer, KeyFrame):
            seen.append(answer)
        elif isinstance(answer, Connected):
            connected += 1
    link.send(Leave(seat.number))
    await stage.leave(seat)
    return [(one.at_ns - clicked_ns) / 1e6 for one in seen]


async def _hear(stage: OfficeStage, link: CrowdLink, seat: Seat) -> Heard:
    heard = await stage.hear_everybody(seat, link.fingerprint)
    link.send(Open(seat.number, receiving=heard.transport), _expectation(seat, heard, tell=True))
    return heard


# -- meters


@dataclass(frozen=True)
class Spent:
    cpu_s: float
    elapsed_s: float


class Meter:
    """Processor time of some processes from now on."""

    def __init__(self, pids: list[int]) -> None:
        self._pids = pids
        self._begun_s = time.monotonic()
        self._before_s = sum(cpu_s(pid) for pid in pids)

    def read(self) -> Spent:
        return Spent(sum(cpu_s(pid) for pid in self._pids) - self._before_s, time.monotonic() - self._begun_s)


class MachineMeter:
    """Processor time that everything on the machine used, and that its host took, from now on."""

    def __init__(self) -> None:
        self._before_s = machine_busy_s() + stolen_s()

    def read_s(self) -> float:
        return machine_busy_s() + stolen_s() - self._before_s
