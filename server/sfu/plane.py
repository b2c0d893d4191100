"""The web process's side of the media plane: the MediaPlane port over one media process per core.

A meeting lives in one of them, chosen when its first session is admitted. Processes that outlived another web process
are taken over with everything that stands in them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog

from server.clock import Clock
from server.errors import Invalid, NotFound, Unavailable
from server.meeting.ports import Consumer, Direction, Kind, MediaListener, MediaTicket, Ortc, Producer, Source, View
from server.sfu import link, rendezvous
from server.sfu.budgets import Budgets
from server.sfu.config import MediaConfig
from server.sfu.life import DEAD_WITHIN_S, MediaProcess
from server.sfu.placement import choose
from server.sfu.reserve import Reserve
from server.sfu.slot import Slot, Told, Vitals
from server.sfu.turn import TurnServer, ice_servers
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

ANSWER_WITHIN_S = 5.0
ORPHAN_S = 60.0  # for so long media go on without a web process that died
RESTART_S = 30.0  # and without one that ended in order: the next one needs three, on a busy machine fifteen

PROBE = "connection-check."  # no meeting's id has a full stop

_T = TypeVar("_T")


class MediaPlaneProcess:
    """MediaPlane over media processes. `start` before anything else; `close` at the end.

    workers: how many; the ports of `config` are the first one's, the next one has the next ports.
    turn: what browsers are told besides, with credentials of their own.
    folder: where they can be found by another web process when this one is gone; None: they end with it.
    """

    def __init__(
        self,
        config: MediaConfig,
        clock: Clock,
        log_level: str = "INFO",
        *,
        workers: int = 1,
        folder: Path | None = None,
        turn: Sequence[TurnServer] = (),
        orphan_s: float = ORPHAN_S,
        restart_s: float = RESTART_S,
    ) -> None:
        self._clock = clock
        self._turn = tuple(turn)
        self._folder = folder.absolute() if folder is not None else None
        self._restart_s = restart_s
        self._listener: MediaListener | None = None
        self._tasks = TaskOwner("media-plane")
        self._reserve = Reserve()
        told = Told(self._happened, self._down, self._up)
        place = str(self._folder or "")
        self._slots = tuple(
            Slot(link.Configure(_ports(config, index), log_level, place, orphan_s), clock, self._reserve, told)
            for index in range(workers)
        )
        self._budgets = Budgets(config.sites, self._slots)

    def listen(self, listener: MediaListener) -> None:
        """Who hears what happens; before `start`."""
        self._listener = listener

    async def start(self) -> None:
        """Returns when media can flow. Unavailable("media.port") when an address or port cannot be had."""
        if self._folder is not None:
            for name in await asyncio.to_thread(rendezvous.names, self._folder):
                await self._find(self._folder, name)
        started = await asyncio.gather(
            *(slot.start() for slot in self._slots if slot.process is None), return_exceptions=True
        )
        for failure in started:
            if isinstance(failure, BaseException):
                raise failure
        for session_id in [one for slot in self._slots for place in slot.seats.values() for one in place]:
            if session_id.startswith(PROBE):  # whoever tried is gone with the web process that made it
                await self.dismiss(session_id)
        self._budgets.share()
        self._reserve.fill()
        for index, slot in enumerate(self._slots):
            self._tasks.start(f"watch-{index}", slot.watch())

    async def _find(self, folder: Path, name: str) -> None:
        found = await MediaProcess.find(folder, name)
        if found is None:
            return
        process, standing = found
        slot = None if standing is None else next((one for one in self._slots if one.fits(standing)), None)
        if slot is None or standing is None:
            log.warning("a media process of another configuration or release ends", pid=process.pid)
            await process.stop(DEAD_WITHIN_S)
            return
        slot.adopt(process, standing)
        log.info("a media process goes on", pid=process.pid, meetings=len(standing.meetings))

    async def close(self, *, keep: bool = False) -> None:
        """End the media processes in order. keep: those that serve somebody stay for the next web process, which must
        come soon; else they end by themselves."""
        keep_s = self._restart_s if keep and self._folder is not None else None
        await self._tasks.close()
        await self._reserve.close()
        await asyncio.gather(*(slot.close(keep_s) for slot in self._slots))

    @property
    def pids(self) -> tuple[int, ...]:
        """The media processes, for the log and for measurements."""
        return tuple(slot.process.pid for slot in self._slots if slot.process is not None)

    @property
    def ports(self) -> tuple[tuple[int, int], ...]:
        """(UDP, TCP) of each."""
        return tuple((slot.config.udp_port, slot.config.tcp_port) for slot in self._slots)

    def vitals(self) -> tuple[Vitals, ...]:
        """Of each media process, as it last told."""
        return tuple(slot.vitals for slot in self._slots)

    def pid_of(self, meeting_id: str) -> int | None:
        """The media process in which the meeting lives."""
        slot = self._placed(meeting_id)
        return None if slot is None or slot.process is None else slot.process.pid

    # -- where things are

    def _placed(self, meeting_id: str) -> Slot | None:
        return next((slot for slot in self._slots if meeting_id in slot.seats), None)

    def _of_session(self, session_id: str) -> Slot:
        for slot in self._slots:
            if slot.holds(session_id):
                return slot
        raise NotFound("media.session")

    def _of_producer(self, producer_id: str) -> Slot:
        for slot in self._slots:
            if any(producer_id in producers for producers in slot.producers.values()):
                return slot
        if all(slot.process is None for slot in self._slots):
            raise Unavailable("media.down")
        raise NotFound("media.producer")

    def epoch_of(self, meeting_id: str) -> str | None:
        slot = self._placed(meeting_id)
        return None if slot is None else slot.epoch

    def meetings(self) -> tuple[str, ...]:
        """Those that have sessions here."""
        everything = (meeting_id for slot in self._slots for meeting_id in slot.seats)
        return tuple(one for one in everything if not one.startswith(PROBE))

    def sessions(self, meeting_id: str) -> Mapping[str, int | None]:
        slot = self._placed(meeting_id)
        return {} if slot is None else slot.flowing(meeting_id)

    # -- asking

    async def _ask(self, slot: Slot, verb: link.Verb, kind: type[_T]) -> _T:
        return msgspec.msgpack.decode(await slot.ask(verb, ANSWER_WITHIN_S), type=kind)

    async def admit(self, meeting_id: str, session_id: str) -> MediaTicket:
        slot = self._placed(meeting_id) or self._slots[choose([one.busy for one in self._slots])]
        slot.place(meeting_id)
        # Also when it is down just now: the meeting is then told when it is there again.
        slot.seat(meeting_id, session_id)
        return await self._admit(slot, meeting_id, session_id)

    async def _admit(self, slot: Slot, meeting_id: str, session_id: str) -> MediaTicket:
        ticket = await self._ask(slot, link.Admit(meeting_id, session_id), MediaTicket)
        return replace(ticket, ice_servers=ice_servers(self._turn, session_id, self._clock.now_ms()))

    async def listen_in(self, meeting_id: str, session_id: str, address: str, keys: bytes) -> None:
        """Let a listener hear the meeting: one that waits at the Unix socket `address` with these keys. It then
        consumes and views as a session does, until `dismiss`. NotFound when nobody is in the meeting's media."""
        slot = self._placed(meeting_id)
        if slot is None:
            raise NotFound("media.session")
        await self._ask(slot, link.ListenIn(meeting_id, session_id, address, keys), type(None))
        slot.listeners.add(session_id)

    async def probe(self, who: str) -> tuple[MediaTicket, ...]:
        """A session in every media process, in no meeting, to try what can be reached; until `end_probe`."""
        tickets = []
        for index, slot in enumerate(self._slots):
            meeting_id, session_id = f"{PROBE}{index}", f"{PROBE}{index}.{who}"
            slot.seat(meeting_id, session_id)
            tickets.append(await self._admit(slot, meeting_id, session_id))
        return tuple(tickets)

    async def end_probe(self, who: str) -> None:
        for index in range(len(self._slots)):
            await self.dismiss(f"{PROBE}{index}.{who}")

    async def connect(self, session_id: str, direction: Direction, dtls_parameters: Ortc) -> None:
        verb = link.Connect(session_id, direction, _plain(dtls_parameters))
        await self._ask(self._of_session(session_id), verb, type(None))

    async def restart_ice(self, session_id: str, direction: Direction) -> Ortc:
        return await self._ask(self._of_session(session_id), link.RestartIce(session_id, direction), dict)

    async def produce(self, session_id: str, source: Source, kind: Kind, rtp_parameters: Ortc) -> Producer:
        verb = link.Produce(session_id, source, kind, _plain(rtp_parameters))
        return await self._ask(self._of_session(session_id), verb, Producer)

    async def set_paused(self, producer_id: str, paused: bool) -> None:
        await self._ask(self._of_producer(producer_id), link.SetPaused(producer_id, paused), type(None))

    async def unproduce(self, producer_id: str) -> None:
        await self._ask(self._of_producer(producer_id), link.Unproduce(producer_id), type(None))

    async def consume(self, session_id: str, producer_id: str, capabilities: Ortc) -> Consumer:
        verb = link.Consume(session_id, producer_id, _plain(capabilities))
        return await self._ask(self._of_session(session_id), verb, Consumer)

    async def unconsume(self, session_id: str, consumer_id: str) -> None:
        await self._ask(self._of_session(session_id), link.Unconsume(session_id, consumer_id), type(None))

    async def view(self, session_id: str, views: Sequence[View]) -> None:
        await self._ask(self._of_session(session_id), link.Show(session_id, tuple(views)), type(None))

    async def tell_again(self, session_id: str) -> None:
        await self._ask(self._of_session(session_id), link.TellAgain(session_id), type(None))

    async def dismiss(self, session_id: str) -> None:
        for slot in self._slots:
            if slot.holds(session_id):
                await self._ask(slot, link.Dismiss(session_id), type(None))
                slot.leave(session_id)

    def producers(self, meeting_id: str) -> tuple[Producer, ...]:
        slot = self._placed(meeting_id)
        return () if slot is None else tuple(slot.producers.get(meeting_id, {}).values())

    # -- hearing

    def _down(self, slot: Slot, since_ms: int) -> None:
        self._budgets.share()
        if self._listener is not None:
            for meeting_id in tuple(slot.seats):
                self._listener.plane_down(meeting_id, since_ms)

    def _up(self, slot: Slot, epoch: str) -> None:
        self._budgets.share()
        if self._listener is not None:
            for meeting_id in tuple(slot.seats):
                self._listener.plane_up(meeting_id, epoch)

    def _happened(self, _: Slot, event: link.Event) -> None:
        if isinstance(event, link.SiteNeeds):
            self._budgets.share()
        listener = self._listener
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
            case link.LineQuality(meeting_id, session_id, level, reason):
                listener.line_quality(meeting_id, session_id, level, reason)
            case link.ConsumerChanged(session_id, consumer_id, paused, reason, width_px):
                listener.consumer_changed(session_id, consumer_id, paused, reason, width_px)


def _plain(value: Ortc) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Invalid("media.parameters", reason="media.parameters_malformed")
    return value


def _ports(config: MediaConfig, index: int) -> MediaConfig:
    """Those of the media process with this number: the ports beside each other, or any free ones."""
    udp_port = config.udp_port + index if config.udp_port else 0
    return replace(config, udp_port=udp_port, tcp_port=config.tcp_port + index if config.tcp_port else 0)
