"""The measurements themselves: a room's steady state, the first picture of somebody who joins, and the naive way.
Each returns plain numbers; what is printed and written is bench.py's business."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from tests.load import naive
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
from tests.load.processes import cpu_s, machine_busy_s, rss_mb
from tests.load.reception import percentile
from tests.load.sources import VIDEO_FRAMES_PER_SECOND
from tests.load.stage import Seat, Speaker, Stage

T = TypeVar("T")

NAIVE_WARM_UP_S = 6.0  # until aiortc's bitrate estimate has come up
BETWEEN_JOINS_S = 0.6  # longer than the interval within which a sender is asked for one key frame only


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

    us_per_packet: processor time of all server processes, user and system, per RTP packet that reached a viewer.
    loss_percent: holes in the sequence numbers viewers saw. undelivered_percent: what senders sent and viewers should
    have got, but did not, whatever the sequence numbers say. crowd_cpu_percent: how busy the clients' own process was;
    near 100 the latencies are the clients', not the server's. others_cpu_percent: what everything else on the machine
    used, in percent of one core; on a busy machine latencies grow, and us_per_packet shrinks, since packets pile up and
    are sent in larger groups.
    """

    us_per_packet: float
    latency_p50_ms: float
    latency_p99_ms: float
    loss_percent: float
    rss_mb: float
    undelivered_percent: float
    packets_per_second: float
    server_cpu_percent: float
    crowd_cpu_percent: float
    others_cpu_percent: float


@dataclass(frozen=True)
class FirstVideo:
    """From asking for a speaker's streams until the first decrypted packet of a key frame, over all joins."""

    first_video_ms_p50: float
    first_video_ms_p95: float
    joins: int


@dataclass(frozen=True)
class Naive:
    """frames_delivered_percent: video frames that reached viewers whole, of those that should have."""

    us_per_packet: float
    frames_delivered_percent: float
    packets_per_second: float
    server_cpu_percent: float
    rss_mb: float


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


async def forwarding(stage: Stage, shape: RoomShape, conditions: Conditions) -> Forwarding:
    """Fills a room, lets it settle, and measures it."""
    async with crowd(conditions) as link:
        seats = await _fill(stage, link, shape)
        await asyncio.sleep(conditions.warm_up_s)
        link.send(Mark())
        server, clients = _Meter(stage.server_pids()), _Meter([link.pid])
        busy_before_s = machine_busy_s()
        await asyncio.sleep(conditions.measured_s)
        server_s, clients_s = server.read(), clients.read()
        others_s = machine_busy_s() - busy_before_s - server_s.cpu_s - clients_s.cpu_s
        link.send(Report())
        result = await link.expect(Measured)
        memory_mb = sum(rss_mb(pid) for pid in stage.media_pids())
        for seat in seats:
            await stage.leave(seat)
    wanted = result.sent * shape.streams_heard_by_all / shape.speakers
    return Forwarding(
        us_per_packet=server_s.cpu_s * 1e6 / max(1, result.received),
        latency_p50_ms=result.latency_p50_ms,
        latency_p99_ms=result.latency_p99_ms,
        loss_percent=100 * result.lost / max(1, result.received + result.lost),
        rss_mb=memory_mb,
        undelivered_percent=max(0.0, 100 * (1 - result.received / max(1.0, wanted))),
        packets_per_second=result.received / result.interval_s,
        server_cpu_percent=100 * server_s.cpu_s / server_s.elapsed_s,
        crowd_cpu_percent=100 * clients_s.cpu_s / clients_s.elapsed_s,
        others_cpu_percent=max(0.0, 100 * others_s / server_s.elapsed_s),
    )


async def _fill(stage: Stage, link: CrowdLink, shape: RoomShape) -> list[Seat]:
    seats = [await stage.admit(shape.name) for _ in range(shape.speakers + shape.listeners)]
    for place, seat in enumerate(seats):
        speaks = place < shape.speakers
        if speaks:
            await stage.connect(seat, "send", link.fingerprint)
        await stage.connect(seat, "receive", link.fingerprint)
        link.send(Open(seat.number, sending=seat.sending if speaks else None, receiving=seat.receiving))
        await link.expect(Connected)
    speakers = [await _speak(stage, link, seat) for seat in seats[: shape.speakers]]
    for seat in seats:
        for speaker in speakers:
            if speaker.seat is not seat:
                await _listen(stage, link, seat, speaker)
    return seats


async def _speak(stage: Stage, link: CrowdLink, seat: Seat) -> Speaker:
    speaker = await stage.speak(seat)
    link.send(Speak(seat.number, speaker.video, speaker.audio))
    return speaker


async def _listen(stage: Stage, link: CrowdLink, seat: Seat, speaker: Speaker, *, tell: bool = False) -> None:
    video_ssrc, audio_ssrc = await stage.listen(seat, speaker)
    link.send(Expect(seat.number, [Consumer(video_ssrc, video=True), Consumer(audio_ssrc, video=False)], tell=tell))


async def first_video(stage: Stage, joins: int, conditions: Conditions) -> FirstVideo:
    """One after another joins a room with one speaker, asks for picture and sound, sees the first key frame, leaves.

    The clock starts when the session, already admitted, asks for its consumers; it covers the answers, ICE, DTLS, the
    wish for a key frame, the sender's next frame (up to 40 ms away) and the way back.
    """
    waited_ms: list[float] = []
    async with crowd(conditions) as link:
        host = await stage.admit("join")
        await stage.connect(host, "send", link.fingerprint)
        link.send(Open(host.number, sending=host.sending))
        await link.expect(Connected)
        speaker = await _speak(stage, link, host)
        await asyncio.sleep(conditions.warm_up_s)
        for number in range(joins):
            # Another phase of the sender's frame each time, the same in every run.
            await asyncio.sleep(BETWEEN_JOINS_S + (number * GOLDEN % 1) / VIDEO_FRAMES_PER_SECOND)
            seat = await stage.admit("join")
            asked_ns = time.time_ns()
            video_ssrc, audio_ssrc = await stage.listen(seat, speaker)
            await stage.connect(seat, "receive", link.fingerprint)
            streams = [Consumer(video_ssrc, video=True), Consumer(audio_ssrc, video=False)]
            link.send(Open(seat.number, receiving=seat.receiving), Expect(seat.number, streams, tell=True))
            await link.expect(Connected)
            seen = await link.expect(KeyFrame)
            waited_ms.append((seen.at_ns - asked_ns) / 1e6)
            link.send(Leave(seat.number))
            await stage.leave(seat)
        await stage.leave(host)
    return FirstVideo(percentile(waited_ms, 50), percentile(waited_ms, 95), joins)


async def naive_room(count: int, conditions: Conditions) -> Naive:
    """A room of `count` through aiortc's MediaRelay, server and clients each in a process of their own."""
    server: Child[naive.Answer] = await Child.start("tests.load.naive", ["serve"], naive.Answer)
    clients: Child[naive.Answer] = await Child.start("tests.load.naive", ["attend", str(count)], naive.Answer)
    try:
        server.send(await clients.receive())
        clients.send(await server.receive())
        await asyncio.sleep(NAIVE_WARM_UP_S)
        clients.send(naive.Mark())
        meter = _Meter([server.pid])
        await asyncio.sleep(conditions.measured_s)
        spent = meter.read()
        clients.send(naive.Report())
        result = await clients.receive()
        if not isinstance(result, naive.Attended):
            raise ConnectionError(f"the clients of the naive room said {result}")
        memory_mb = rss_mb(server.pid)
    finally:
        await clients.stop()
        await server.stop()
    return Naive(
        us_per_packet=spent.cpu_s * 1e6 / max(1, result.packets_received),
        frames_delivered_percent=100 * result.frames_received / max(1, result.frames_sent * (count - 1)),
        packets_per_second=result.packets_received / result.interval_s,
        server_cpu_percent=100 * spent.cpu_s / spent.elapsed_s,
        rss_mb=memory_mb,
    )


@dataclass(frozen=True)
class _Spent:
    cpu_s: float
    elapsed_s: float


class _Meter:
    """Processor time of some processes from now on."""

    def __init__(self, pids: list[int]) -> None:
        self._pids = pids
        self._begun_s = time.monotonic()
        self._before_s = sum(cpu_s(pid) for pid in pids)

    def read(self) -> _Spent:
        return _Spent(sum(cpu_s(pid) for pid in self._pids) - self._before_s, time.monotonic() - self._begun_s)
