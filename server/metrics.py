"""The numbers of `GET /metrics`: gathered when somebody asks, from what each room of the house counts anyway.

No name, title or address of anybody ever stands in them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from server.clock import Clock
from server.meeting.facts import Fact, NumberedFact
from server.meeting.ports import Journal

APPEND_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

COUNTED = (
    ("packets_in", "received_packets", "RTP packets from senders"),
    ("bytes_in", "received_bytes", "Payload bytes from senders"),
    ("lost_in", "received_lost_packets", "RTP packets from senders that never came"),
    ("packets_out", "sent_packets", "RTP packets to viewers, without repairs"),
    ("bytes_out", "sent_bytes", "Encrypted bytes to viewers"),
    ("repairs_wanted", "nacks_received", "Packets that viewers asked for again"),
    ("repairs_asked", "nacks_sent", "Packets that senders were asked for again"),
    ("key_frames_wanted", "key_frame_requests_received", "Key frames that viewers asked for"),
    ("key_frames_asked", "key_frame_requests_sent", "Key frames that senders were asked for"),
)


class Counts(Protocol):
    """What one media process has counted; an attribute for each of COUNTED."""


class Load(Protocol):
    @property
    def cpu_us(self) -> int: ...
    @property
    def sessions(self) -> int: ...
    @property
    def streams(self) -> int: ...
    @property
    def counts(self) -> Counts: ...


class Vitals(Protocol):
    """One media process."""

    @property
    def udp_port(self) -> int: ...
    @property
    def pid(self) -> int | None: ...
    @property
    def cpu_share(self) -> float: ...
    @property
    def meetings(self) -> int: ...
    @property
    def deaths(self) -> int: ...
    @property
    def load(self) -> Load: ...


class Census(Protocol):
    """The meetings that are taken up."""

    def census(self) -> tuple[int, int, int]:
        """(meetings, people in them, letters that wait in their mailboxes)."""
        ...


class Metrics:
    """`gather` from where, then `page` is the text of one answer."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self.appends = Histogram(
            "balai_journal_append_seconds",
            "How long it took until facts were durable",
            buckets=APPEND_BUCKETS_S,
            registry=self._registry,
        )
        own = Gauge("balai_web_resident_bytes", "Memory of the web process", registry=self._registry)
        own.set_function(lambda: resident_bytes(os.getpid()))

    def gather(self, census: Census, media: Callable[[], Sequence[Vitals]]) -> None:
        self._registry.register(_Media(media))
        for index, (name, what) in enumerate(
            (
                ("balai_meetings", "Meetings that are taken up"),
                ("balai_people", "Sessions in them"),
                ("balai_mailbox_letters", "Wishes that wait to be decided"),
            )
        ):
            Gauge(name, what, registry=self._registry).set_function(lambda at=index: census.census()[at])  # type: ignore[misc]

    def page(self) -> bytes:
        """Prometheus text format, version 0.0.4."""
        return generate_latest(self._registry)


class _Media(Collector):
    def __init__(self, media: Callable[[], Sequence[Vitals]]) -> None:
        self._media = media

    def collect(self) -> Iterator[Metric]:
        processes = self._media()
        yield from (_gauge(name, what, processes, read) for name, what, read in _GAUGES)
        cpu = CounterMetricFamily("balai_media_cpu_seconds", "Processor time", labels=["port"])
        deaths = CounterMetricFamily("balai_media_deaths", "Times that it died and was started again", labels=["port"])
        for one in processes:
            cpu.add_metric([str(one.udp_port)], one.load.cpu_us / 1e6)
            deaths.add_metric([str(one.udp_port)], one.deaths)
        yield cpu
        yield deaths
        for name, metric, what in COUNTED:
            family = CounterMetricFamily(f"balai_media_{metric}", what, labels=["port"])
            for one in processes:
                family.add_metric([str(one.udp_port)], getattr(one.load.counts, name))
            yield family


_GAUGES: tuple[tuple[str, str, Callable[[Vitals], float]], ...] = (
    ("balai_media_up", "1: it runs; 0: it is being started again", lambda one: float(one.pid is not None)),
    ("balai_media_cpu_share", "Of one core, in the last second", lambda one: one.cpu_share),
    ("balai_media_meetings", "Meetings that live in it", lambda one: one.meetings),
    ("balai_media_sessions", "Sessions with transports", lambda one: one.load.sessions),
    ("balai_media_streams", "Streams in and out", lambda one: one.load.streams),
    ("balai_media_resident_bytes", "Memory", lambda one: resident_bytes(one.pid) if one.pid is not None else 0),
)


def _gauge(name: str, what: str, processes: Sequence[Vitals], read: Callable[[Vitals], float]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=["port"])
    for one in processes:
        family.add_metric([str(one.udp_port)], read(one))
    return family


def resident_bytes(pid: int) -> int:
    """0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


class TimedJournal:
    """A journal whose appends are timed. It is the journal in everything else."""

    def __init__(self, journal: Journal, clock: Clock, observe: Callable[[float], None]) -> None:
        self._journal = journal
        self._clock = clock
        self._observe = observe

    async def append(self, meeting_id: str, after: int, at_ms: int, facts: Sequence[Fact]) -> tuple[NumberedFact, ...]:
        began_ms = self._clock.monotonic_ms()
        try:
            return await self._journal.append(meeting_id, after, at_ms, facts)
        finally:
            self._observe((self._clock.monotonic_ms() - began_ms) / 1000)

    async def read(self, meeting_id: str, after: int = 0) -> tuple[NumberedFact, ...]:
        return await self._journal.read(meeting_id, after)

    async def take_lease(self, meeting_id: str) -> int | None:
        return await self._journal.take_lease(meeting_id)

    async def give_lease(self, meeting_id: str) -> None:
        await self._journal.give_lease(meeting_id)
