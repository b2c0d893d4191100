"""The web process's side of the media plane: starts the media process, asks and hears it, starts it again."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog

from server import errors
from server.clock import Clock
from server.errors import BalaiError, Invalid, Unavailable
from server.meeting.ports import Consumer, Direction, Kind, MediaListener, MediaTicket, Ortc, Producer, Source, View
from server.sfu import link
from server.sfu.config import MediaConfig
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

ANSWER_WITHIN_S = 5.0
START_WITHIN_S = 20.0
PING_EVERY_S = 1.0
SILENT_AFTER_S = 4.0  # a media process that does not answer for so long hangs, and is ended
STOP_WITHIN_S = 3.0
PAUSES_S = (0.0, 0.2, 0.5, 1.0, 2.0)  # before the next start, when starts fail one after the other

_T = TypeVar("_T")
_ERRORS = {
    kind.__name__: kind
    for kind in (errors.Invalid, errors.NotFound, errors.Unavailable, errors.Refused, errors.Conflict)
}


class _Worker:
    """One life of the media process: its process, our end of the link, and what it was asked."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.process = process
        self.reader = reader
        self.writer = writer
        self.waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self.ready: link.Ready | None = None

    def abandon(self) -> None:
        """Nobody will answer any more."""
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(Unavailable("media.down"))
        self.waiting.clear()


class MediaPlaneProcess:
    """MediaPlane over one media process. `start` before anything else; `close` at the end."""

    def __init__(self, config: MediaConfig, clock: Clock, log_level: str = "INFO") -> None:
        self._config = config
        self._clock = clock
        self._log_level = log_level
        self._listener: MediaListener | None = None
        self._tasks = TaskOwner("media-plane")
        self._numbers = itertools.count(1)
        self._worker: _Worker | None = None
        self._epoch: str | None = None
        self._producers: dict[str, dict[str, Producer]] = {}
        self._closing = False

    def listen(self, listener: MediaListener) -> None:
        """Who hears what happens; before `start`."""
        self._listener = listener

    async def start(self) -> None:
        """Returns when media can flow. Unavailable("media.port") when an address or port cannot be had."""
        await self._start_worker()
        self._tasks.start("watch", self._watch())

    async def close(self) -> None:
        """End the media process in order."""
        self._closing = True
        await self._tasks.close()
        worker, self._worker, self._epoch = self._worker, None, None
        self._producers.clear()
        if worker is not None:
            worker.abandon()
            await _end(worker)

    @property
    def epoch(self) -> str | None:
        return self._epoch

    @property
    def pid(self) -> int | None:
        """The media process, for the log and for measurements."""
        return None if self._worker is None else self._worker.process.pid

    @property
    def ports(self) -> tuple[int, int] | None:
        """(UDP, TCP), None while it is down."""
        ready = None if self._worker is None else self._worker.ready
        return None if ready is None else (ready.udp_port, ready.tcp_port)

    # -- one life of the process

    async def _start_worker(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # whatever lies in the current folder is not to be imported
                "-m",
                "server.sfu.worker",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": _import_path()},
            )
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=link.LONGEST_MESSAGE_BYTES)
        worker = self._worker = _Worker(process, reader, writer)
        self._tasks.start("read", self._read(worker))
        try:
            answer = await self._ask_worker(worker, link.Configure(self._config, self._log_level), START_WITHIN_S)
        except BalaiError:
            self._worker = None
            await _end(worker)
            raise
        worker.ready = msgspec.msgpack.decode(answer, type=link.Ready)
        self._epoch = worker.ready.epoch

    async def _read(self, worker: _Worker) -> None:
        frames = link.Frames()
        try:
            while data := await worker.reader.read(1 << 16):
                for body in frames.feed(data):
                    self._hear(worker, link.read_told(body))
        except ConnectionError as error:
            log.warning("the media link broke", error=str(error))
        worker.abandon()

    async def _watch(self) -> None:
        """Starts it again, whenever it dies, until `close`."""
        while True:
            worker = self._worker
            if worker is not None:
                await self._lives(worker)
                self._down(worker)
                await _end(worker)
            await self._start_again()

    async def _lives(self, worker: _Worker) -> None:
        """Returns when it is dead: exited, or no longer answering."""
        ended = asyncio.ensure_future(worker.process.wait())
        try:
            while not ended.done():
                await asyncio.wait({ended}, timeout=PING_EVERY_S)
                if ended.done():
                    return
                try:
                    await self._ask_worker(worker, link.Ping(), SILENT_AFTER_S)
                except Unavailable:
                    return
        finally:
            ended.cancel()

    def _down(self, worker: _Worker) -> None:
        since_ms = self._clock.now_ms()
        log.error("the media process died", pid=worker.process.pid, status=worker.process.returncode)
        worker.abandon()
        self._worker = self._epoch = None
        self._producers.clear()
        if self._listener is not None:
            self._listener.plane_down(since_ms)

    async def _start_again(self) -> None:
        for pause_s in itertools.chain(PAUSES_S, itertools.repeat(PAUSES_S[-1])):
            await asyncio.sleep(pause_s)
            try:
                await self._start_worker()
            except (BalaiError, OSError) as error:
                log.error("the media process does not start", error=str(error))
                continue
            log.info("the media process is back", pid=self.pid, epoch=self._epoch)
            if self._listener is not None and self._epoch is not None:
                self._listener.plane_up(self._epoch)
            return

    # -- asking

    async def _ask_worker(self, worker: _Worker, verb: link.Verb, within_s: float) -> msgspec.Raw:
        number = next(self._numbers)
        message = link.frame(link.Request(number, link.raw(verb)))
        if worker.writer.is_closing() or worker.reader.at_eof():
            raise Unavailable("media.down")
        future: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        worker.waiting[number] = future
        worker.writer.write(message)
        try:
            return await asyncio.wait_for(future, within_s)
        except TimeoutError as error:
            raise Unavailable("media.down") from error
        finally:
            worker.waiting.pop(number, None)

    async def _ask(self, verb: link.Verb, kind: type[_T]) -> _T:
        worker = self._worker
        if worker is None or self._epoch is None:
            raise Unavailable("media.down")
        return msgspec.msgpack.decode(await self._ask_worker(worker, verb, ANSWER_WITHIN_S), type=kind)

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

    def _hear(self, worker: _Worker, message: link.Told) -> None:
        match message:
            case link.Answer(number, value):
                future = worker.waiting.get(number)
                if future is not None and not future.done():
                    future.set_result(value)
            case link.Failure(number, kind, code, values):
                future = worker.waiting.get(number)
                if future is not None and not future.done():
                    future.set_exception(_ERRORS.get(kind, BalaiError)(code, **values))
            case _:
                if worker is self._worker and self._epoch is not None:
                    self._happened(message)

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


async def _end(worker: _Worker) -> None:
    """SIGTERM, and SIGKILL for one that does not hear it."""
    worker.writer.close()
    process = worker.process
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()


def _import_path() -> str:
    """The media process imports what this one does, wherever both are started."""
    root = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))


def _plain(value: Ortc) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("media.parameters", reason="media.parameters_malformed")
    return value
