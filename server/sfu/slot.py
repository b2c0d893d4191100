"""One of the places for a media process: its ports, who sits there, and that there is always a process again."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec
import structlog

from server.clock import Clock
from server.errors import BalaiError, Unavailable
from server.meeting.ports import Producer
from server.sfu import link
from server.sfu.config import MediaConfig
from server.sfu.life import DEAD_WITHIN_S, MediaProcess
from server.sfu.placement import Busy
from server.sfu.reserve import Reserve

log = structlog.get_logger(__name__)

PAUSES_S = (0.0, 0.2, 0.5, 1.0, 2.0)  # between starts that fail one after the other


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a slot tells: what its process says, that it died (since when), and that it is there again."""

    happened: Callable[[Slot, link.Event], None]
    down: Callable[[Slot, int], None]
    up: Callable[[Slot, str], None]


@dataclass(frozen=True, slots=True)
class Vitals:
    """One media process for the statistics. pid None: it is being started again."""

    udp_port: int
    pid: int | None
    cpu_share: float
    meetings: int
    deaths: int
    load: link.Load


class Slot:
    """`start` or `adopt`, then `watch` for ever. Seats outlast a process: who sat there is told when it is back."""

    def __init__(self, wanted: link.Configure, clock: Clock, reserve: Reserve, told: Told) -> None:
        self._wanted = wanted
        self._clock = clock
        self._reserve = reserve
        self._told = told
        self._settled = wanted
        self._load = link.Load(0, 0, 0, 0)
        self._cpu_share = 0.0
        self._unmeasured = 0
        self.deaths = 0
        self.process: MediaProcess | None = None
        #: meeting_id -> session_id -> since when its media flow (Unix ms), None: they do not
        self.seats: dict[str, dict[str, int | None]] = {}
        self.producers: dict[str, dict[str, Producer]] = {}
        #: sessions that only hear, and have no seat
        self.listeners: set[str] = set()
        #: what each site's viewers in it want
        self.needs: tuple[link.SiteNeed, ...] = ()

    # -- its processes

    async def start(self) -> None:
        """Returns when media can flow. Unavailable("media.port") when an address or port cannot be had."""
        self._use(await self._open(await self._reserve.take(), self._wanted))

    def fits(self, standing: link.Standing) -> bool:
        """Is what another web process left here what this one would have started?"""
        wanted, has = self._wanted.config, standing.config
        return (
            self.process is None
            and wanted.udp_port in {0, has.udp_port}
            and wanted.tcp_port in {0, has.tcp_port}
            and replace(has, udp_port=wanted.udp_port, tcp_port=wanted.tcp_port) == wanted
        )

    def adopt(self, process: MediaProcess, standing: link.Standing) -> None:
        now_ms = self._clock.now_ms()
        for meeting in standing.meetings:
            self.seats[meeting.meeting_id] = {
                seat.session_id: now_ms - seat.flowing_ms if seat.flowing_ms >= 0 else None for seat in meeting.seats
            }
            self.producers[meeting.meeting_id] = {one.producer_id: one for one in meeting.producers}
        self.needs = standing.needs
        self._use(process)

    def _use(self, process: MediaProcess) -> None:
        self.process = process
        process.hear = self._happened
        ready = process.ready
        config = replace(self._wanted.config, udp_port=ready.udp_port, tcp_port=ready.tcp_port)
        self._settled = msgspec.structs.replace(self._wanted, config=config)
        self._load, self._cpu_share = link.Load(0, 0, 0, 0), 0.0

    async def _open(self, process: MediaProcess, wanted: link.Configure) -> MediaProcess:
        try:
            await process.open(wanted)
        except BalaiError:
            await process.stop(DEAD_WITHIN_S)
            raise
        return process

    async def watch(self) -> None:
        """Starts it again, whenever it dies."""
        while self.process is not None:
            process = self.process
            await process.ends()
            since_ms = self._clock.now_ms()
            log.error("a media process died", pid=process.pid)
            self.process = None
            self.deaths += 1
            self.producers.clear()
            self.listeners.clear()
            self.needs = ()
            for sessions in self.seats.values():
                sessions.update(dict.fromkeys(sessions))
            self._told.down(self, since_ms)
            await process.stop(DEAD_WITHIN_S)
            fresh = await self._start_again()
            self._use(fresh)
            log.info("a media process is back", pid=fresh.pid, epoch=fresh.ready.epoch)
            self._told.up(self, fresh.ready.epoch)

    async def _start_again(self) -> MediaProcess:
        pauses_s = itertools.chain(PAUSES_S, itertools.repeat(PAUSES_S[-1]))
        # The ports that firewalls and browsers know already; when somebody took them meanwhile, any that is allowed.
        for wanted in itertools.cycle((self._settled, self._wanted)):
            try:
                return await self._open(await self._reserve.take(), wanted)
            except (BalaiError, OSError) as error:
                log.error("a media process does not start", error=str(error))
            await asyncio.sleep(next(pauses_s))
        raise AssertionError

    async def close(self, keep_s: float | None) -> None:
        """keep_s: whose media flow now have them for so long without a web process; None, or nobody: it ends."""
        process, self.process = self.process, None
        flows = any(since_ms is not None for seats in self.seats.values() for since_ms in seats.values())
        self.seats.clear()
        self.producers.clear()
        if process is not None:
            await (process.stop() if keep_s is None or not flows else process.leave(keep_s))

    # -- what is asked and heard

    @property
    def epoch(self) -> str | None:
        return None if self.process is None else self.process.ready.epoch

    @property
    def config(self) -> MediaConfig:
        """With the ports that it got."""
        return self._settled.config

    @property
    def busy(self) -> Busy:
        return Busy(self._cpu_share, self._load.streams, len(self.seats), self._unmeasured, self.process is None)

    @property
    def vitals(self) -> Vitals:
        pid = None if self.process is None else self.process.pid
        return Vitals(self.config.udp_port, pid, self._cpu_share, len(self.seats), self.deaths, self._load)

    async def ask(self, verb: link.Verb, within_s: float) -> msgspec.Raw:
        """Its answer; Unavailable("media.down") while it is being started again."""
        if self.process is None:
            raise Unavailable("media.down")
        return await self.process.ask(verb, within_s)

    def place(self, meeting_id: str) -> None:
        if meeting_id not in self.seats:
            self.seats[meeting_id] = {}
            self._unmeasured += 1

    def seat(self, meeting_id: str, session_id: str) -> None:
        self.seats.setdefault(meeting_id, {})[session_id] = None

    def leave(self, session_id: str) -> None:
        """With the last session the meeting is free to be placed anew."""
        self.listeners.discard(session_id)
        for meeting_id, sessions in list(self.seats.items()):
            if sessions.pop(session_id, ...) is not ... and not sessions:
                del self.seats[meeting_id]

    def holds(self, session_id: str) -> bool:
        return session_id in self.listeners or any(session_id in sessions for sessions in self.seats.values())

    def flowing(self, meeting_id: str) -> Mapping[str, int | None]:
        return self.seats.get(meeting_id, {})

    def _happened(self, event: link.Event) -> None:
        match event:
            case link.ProducerOpened(meeting_id, producer) | link.ProducerChanged(meeting_id, producer):
                self.producers.setdefault(meeting_id, {})[producer.producer_id] = producer
            case link.ProducerClosed(meeting_id, producer):
                meeting = self.producers.get(meeting_id, {})
                meeting.pop(producer.producer_id, None)
                if not meeting:
                    self.producers.pop(meeting_id, None)
            case link.MediaFlows(meeting_id, session_id):
                self._flows(meeting_id, session_id, self._clock.now_ms())
            case link.MediaStopped(meeting_id, session_id, _):
                self._flows(meeting_id, session_id, None)
            case link.Load():
                self._measure(event)
            case link.SiteNeeds(needs):
                self.needs = needs
        self._told.happened(self, event)

    def _flows(self, meeting_id: str, session_id: str, since_ms: int | None) -> None:
        sessions = self.seats.get(meeting_id, {})
        if session_id in sessions:
            sessions[session_id] = since_ms

    def _measure(self, load: link.Load) -> None:
        before, self._load = self._load, load
        if before.at_us and load.at_us > before.at_us:
            self._cpu_share = (load.cpu_us - before.cpu_us) / (load.at_us - before.at_us)
            self._unmeasured = 0
