"""The web process's side of the media plane: the MediaPlane port over one media process, started again when it dies."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
import structlog

from server.clock import Clock
from server.errors import BalaiError, Invalid, Unavailable
from server.meeting.ports import Consumer, Direction, Kind, MediaListener, MediaTicket, Ortc, Producer, Source, View
from server.sfu import link
from server.sfu.config import MediaConfig
from server.sfu.life import DEAD_WITHIN_S, MediaProcess
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

ANSWER_WITHIN_S = 5.0
PAUSES_S = (0.0, 0.2, 0.5, 1.0, 2.0)  # between starts that fail one after the other

_T = TypeVar("_T")


class MediaPlaneProcess:
    """MediaPlane over one media process. `start` before anything else; `close` at the end."""

    def __init__(self, config: MediaConfig, clock: Clock, log_level: str = "INFO") -> None:
        self._config = config
        self._clock = clock
        self._log_level = log_level
        self._listener: MediaListener | None = None
        self._tasks = TaskOwner("media-plane")
        self._process: MediaProcess | None = None
        #: the one in use, and the one that waits
        self._settled = config
        self._living: set[MediaProcess] = set()
        self._producers: dict[str, dict[str, Producer]] = {}

    def listen(self, listener: MediaListener) -> None:
        """Who hears what happens; before `start`."""
        self._listener = listener

    async def start(self) -> None:
        """Returns when media can flow. Unavailable("media.port") when an address or port cannot be had."""
        self._process = await self._open(await self._spawn(), self._config)
        udp_port, tcp_port = self._process.ready.udp_port, self._process.ready.tcp_port
        self._settled = replace(self._config, udp_port=udp_port, tcp_port=tcp_port)
        self._tasks.start("watch", self._watch(self._process))

    async def close(self) -> None:
        """End the media process in order."""
        await self._tasks.close()
        self._process = None
        self._producers.clear()
        living, self._living = self._living, set()
        for process in living:
            await process.stop()

    @property
    def epoch(self) -> str | None:
        return None if self._process is None else self._process.ready.epoch

    @property
    def pid(self) -> int | None:
        """The media process, for the log and for measurements."""
        return None if self._process is None else self._process.pid

    @property
    def ports(self) -> tuple[int, int] | None:
        """(UDP, TCP), None while it is down."""
        return None if self._process is None else (self._process.ready.udp_port, self._process.ready.tcp_port)

    # -- its lives

    async def _spawn(self) -> MediaProcess:
        process = await MediaProcess.spawn(self._happened)
        self._living.add(process)
        return process

    async def _bury(self, process: MediaProcess) -> None:
        self._living.discard(process)
        await process.stop(DEAD_WITHIN_S)

    async def _open(self, process: MediaProcess, config: MediaConfig) -> MediaProcess:
        try:
            await process.open(config, self._log_level)
        except BalaiError:
            await self._bury(process)
            raise
        return process

    async def _watch(self, process: MediaProcess) -> None:
        """Starts it again, whenever it dies, until `close`.

        A second process waits with all its code read: on a busy machine that takes longer than a meeting should wait.
        """
        while True:
            spare = await self._spawn()
            await process.ends()
            since_ms = self._clock.now_ms()
            log.error("the media process died", pid=process.pid)
            self._process = None
            self._producers.clear()
            if self._listener is not None:
                self._listener.plane_down(since_ms)
            await self._bury(process)
            process = await self._start_again(spare)
            self._process = process
            log.info("the media process is back", pid=process.pid, epoch=process.ready.epoch)
            if self._listener is not None:
                self._listener.plane_up(process.ready.epoch)

    async def _start_again(self, spare: MediaProcess) -> MediaProcess:
        pauses_s = itertools.chain(PAUSES_S, itertools.repeat(PAUSES_S[-1]))
        # The ports that firewalls and browsers know already; when somebody took them meanwhile, any that is allowed.
        configs = itertools.cycle((self._settled, self._config))
        while True:
            try:
                if not spare.alive:
                    await self._bury(spare)
                    spare = await self._spawn()
                return await self._open(spare, next(configs))
            except (BalaiError, OSError) as error:
                log.error("the media process does not start", error=str(error))
            await asyncio.sleep(next(pauses_s))

    # -- asking

    async def _ask(self, verb: link.Verb, kind: type[_T]) -> _T:
        process = self._process
        if process is None:
            raise Unavailable("media.down")
        return msgspec.msgpack.decode(await process.ask(verb, ANSWER_WITHIN_S), type=kind)

    async def admit(self, meeting_id: str, session_id: str) -> MediaTicket:
        return await self._ask(link.Admit(meeting_id, session_id), MediaTicket)

    async def connect(self, session_id: str, direction: Direction, dtls_parameters: Ortc) -> None:
        await self._ask(link.Connect(session_id, direction, _plain(dtls_parameters)), type(None))

    async def restart_ice(self, session_id: str, direction: Direction) -> Ortc:
        return await self._ask(link.RestartIce(session_id, direction), dict)

    async def produce(self, session_id: str, source: Source, kind: Kind, rtp_parameters: Ortc) -> Producer:
        return await self._ask(link.Produce(session_id, source, kind, _plain(rtp_parameters)), Producer)

    async def set_paused(self, producer_id: str, paused: bool) -> None:
        await self._ask(link.SetPaused(producer_id, paused), type(None))

    async def unproduce(self, producer_id: str) -> None:
        await self._ask(link.Unproduce(producer_id), type(None))

    async def consume(self, session_id: str, producer_id: str, capabilities: Ortc) -> Consumer:
        return await self._ask(link.Consume(session_id, producer_id, _plain(capabilities)), Consumer)

    async def unconsume(self, session_id: str, consumer_id: str) -> None:
        await self._ask(link.Unconsume(session_id, consumer_id), type(None))

    async def view(self, session_id: str, views: Sequence[View]) -> None:
        await self._ask(link.Show(session_id, tuple(views)), type(None))

    async def dismiss(self, session_id: str) -> None:
        await self._ask(link.Dismiss(session_id), type(None))

    def producers(self, meeting_id: str) -> tuple[Producer, ...]:
        return tuple(self._producers.get(meeting_id, {}).values())

    # -- hearing

    def _happened(self, event: link.Event) -> None:
        listener = self._listener
        match event:
            case link.ProducerOpened(meeting_id, producer) | link.ProducerChanged(meeting_id, producer):
                self._producers.setdefault(meeting_id, {})[producer.producer_id] = producer
            case link.ProducerClosed(meeting_id, producer):
                meeting = self._producers.get(meeting_id, {})
                meeting.pop(producer.producer_id, None)
                if not meeting:
                    self._producers.pop(meeting_id, None)
        if listener is None:
            return
        match event:
            case link.ProducerOpened(meeting_id, producer):
                listener.producer_opened(meeting_id, producer)
            case link.ProducerChanged(meeting_id, producer):
                listener.producer_changed(meeting_id, producer)
            case link.ProducerClosed(meeting_id, producer):
                listener.producer_closed(meeting_id, producer)
            case link.MediaFlows(meeting_id, session_id):
                listener.media_flows(meeting_id, session_id)
            case link.MediaStopped(meeting_id, session_id, silent_ms):
                listener.media_stopped(meeting_id, session_id, self._clock.now_ms() - silent_ms)
            case link.Speakers(meeting_id, levels):
                listener.speakers(meeting_id, levels)
            case link.ConsumerChanged(session_id, consumer_id, paused, reason, width_px):
                listener.consumer_changed(session_id, consumer_id, paused, reason, width_px)


def _plain(value: Ortc) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("media.parameters", reason="media.parameters_malformed")
    return value
