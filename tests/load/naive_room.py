"""The naive way measured: a room of four through aiortc's MediaRelay (naive.py), server and clients each in a process
of their own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tests.load import naive
from tests.load.children import Child
from tests.load.measure import Meter
from tests.load.processes import rss_mb

WARM_UP_S = 6.0  # until aiortc's bitrate estimate has come up


@dataclass(frozen=True)
class Naive:
    """frames_delivered_percent: video frames that reached viewers whole, of those that should have."""

    us_per_packet: float
    frames_delivered_percent: float
    packets_per_second: float
    server_cpu_percent: float
    rss_mb: float


async def naive_room(count: int, measured_s: float) -> Naive:
    server: Child[naive.Answer] = await Child.start("tests.load.naive", ["serve"], naive.Answer)
    clients: Child[naive.Answer] = await Child.start("tests.load.naive", ["attend", str(count)], naive.Answer)
    try:
        server.send(await clients.receive())
        clients.send(await server.receive())
        await asyncio.sleep(WARM_UP_S)
        clients.send(naive.Mark())
        meter = Meter([server.pid])
        await asyncio.sleep(measured_s)
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
