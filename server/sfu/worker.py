"""The media process: `python -m server.sfu.worker FD`. Its loop, its timers, its end of the link; decides nothing.

Ends in order on SIGTERM and when it is told to. When the web process dies it goes on for a while, so that the next one
can take it over.
"""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

import structlog

from server import log as logging
from server.clock import monotonic_us, processor_us, wall_us
from server.errors import BalaiError, Unavailable
from server.sfu import link
from server.sfu.config import MediaConfig
from server.sfu.dtls import CipherBuffer
from server.sfu.egress import Egress
from server.sfu.exchange import Exchange
from server.sfu.ice import candidate
from server.sfu.listening import PipeRoute
from server.sfu.names import addresses
from server.sfu.native import load
from server.sfu.native.lanes import NativeEgress
from server.sfu.native.wire import MediaSelector, NativePort
from server.sfu.now import Now
from server.sfu.tcp import TcpPort
from server.sfu.tether import Tether
from server.sfu.transport import LONGEST_PACKET_BYTES
from server.sfu.udp import UdpPort

log = structlog.get_logger(__name__)

IN_PYTHON = "BALAI_MEDIA_IN_PYTHON"  # in the environment: without the compiled path, to compare, or when in doubt
TICK_MS = 50
LISTEN_TICKS = 5
MEASURE_TICKS = 10
REPORT_TICKS = 20
REST_S = 1.0  # between two looks while nobody is here


class Worker:
    """Owns the sockets, the link and the one loop."""

    def __init__(self, pipe: socket.socket, selector: MediaSelector) -> None:
        self._now = Now(monotonic_us, wall_us)
        self._inbox = CipherBuffer(LONGEST_PACKET_BYTES)
        self._selector = selector
        native = None if os.environ.get(IN_PYTHON) else load()
        self._egress = Egress() if native is None else NativeEgress(native, self._now, self._inbox)
        self._tether = Tether(pipe, self._obey, self._begin, self._egress.flush)
        self._exchange = Exchange(secrets.token_hex(8), self._now, self._egress, self._inbox, self._tether.tell)
        self._udp: list[UdpPort] = []
        self._tcp: list[TcpPort] = []
        self._ticks = 0
        self._settled = MediaConfig()
        self._starting: asyncio.Future[None] | None = None
        self._connecting: set[asyncio.Future[None]] = set()
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._tether.ended.set)
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # the terminal's; the parent decides
        self._tether.start()
        await self._tether.ended.wait()
        self._exchange.close()
        self._selector.remove_all()
        for udp in self._udp:
            loop.remove_reader(udp.socket)
            udp.close()
        for tcp in self._tcp:
            await tcp.close()
        self._tether.close()

    # -- the link

    def _obey(self, request: link.Request) -> None:
        try:
            match link.read_verb(request):
                case link.Configure() as wanted:
                    self._starting = asyncio.ensure_future(self._configure(request.number, wanted))
                case link.ListenIn() as wanted:
                    connecting = asyncio.ensure_future(self._listen_in(request.number, wanted))
                    self._connecting.add(connecting)
                    connecting.add_done_callback(self._connecting.discard)
                case link.End():
                    self._tether.ended.set()
                case link.Farewell(within_s):
                    self._tether.farewell(within_s)
                case link.Budgets(parts):
                    self._exchange.keep_to(parts)
                case verb:
                    rested = not self._exchange.occupied
                    self._tether.tell(link.Answer(request.number, link.raw(self._do(verb))))
                    if rested and self._exchange.occupied:
                        self._wake()
        except BalaiError as error:
            self._fail(request.number, error)

    def _fail(self, number: int, error: BalaiError) -> None:
        self._tether.tell(link.Failure(number, type(error).__name__, error.code, error.values))

    def _do(self, verb: link.Verb) -> object:
        exchange = self._exchange
        value: object = None
        match verb:
            case link.Attach():
                value = self._standing()
            case link.Admit(meeting_id, session_id):
                value = exchange.admit(meeting_id, session_id)
            case link.Connect(session_id, direction, parameters):
                exchange.connect(session_id, direction, parameters)
            case link.RestartIce(session_id, direction):
                value = exchange.restart_ice(session_id, direction)
            case link.Produce(session_id, source, kind, parameters):
                value = exchange.produce(session_id, source, kind, parameters)
            case link.SetPaused(producer_id, paused):
                exchange.set_paused(producer_id, paused)
            case link.Unproduce(producer_id):
                exchange.unproduce(producer_id)
            case link.Consume(session_id, producer_id, capabilities):
                value = exchange.consume(session_id, producer_id, capabilities)
            case link.Unconsume(session_id, consumer_id):
                exchange.unconsume(session_id, consumer_id)
            case link.Show(session_id, views):
                exchange.show(session_id, views)
            case link.TellAgain(session_id):
                exchange.tell_again(session_id)
            case link.Dismiss(session_id):
                exchange.dismiss(session_id)
        return value

    async def _listen_in(self, number: int, verb: link.ListenIn) -> None:
        route = PipeRoute(self._now, self._egress, self._inbox, lambda: self._exchange.dismiss(verb.session_id))
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: route, verb.address)
            self._begin()
            self._exchange.listen_in(verb.meeting_id, verb.session_id, route, verb.keys)
            self._egress.flush()
        except OSError as error:
            log.error("a listener cannot be reached", error=str(error))
            self._fail(number, Unavailable("media.listener"))
        except BalaiError as error:
            route.close()
            self._fail(number, error)
        else:
            self._tether.tell(link.Answer(number, link.raw(None)))

    # -- sockets

    async def _configure(self, number: int, wanted: link.Configure) -> None:
        logging.configure(wanted.log_level)
        if not isinstance(self._egress, NativeEgress):
            log.warning("packets are forwarded by the Python loop: the compiled path was not built, or is switched off")
        self._exchange.settle(wanted.config)
        try:
            self._exchange.candidates = await self._open(wanted.config)
        except BalaiError as error:
            self._fail(number, error)
            return
        ready = link.Ready(self._exchange.epoch, self._udp[0].port, self._tcp[0].port)
        self._settled = replace(wanted.config, udp_port=ready.udp_port, tcp_port=ready.tcp_port)
        if wanted.folder:
            self._open_door(Path(wanted.folder), wanted.orphan_s)
        gc.collect()
        gc.freeze()  # what was imported is never garbage; a full collection would stop the media for it
        self._due_s = asyncio.get_running_loop().time()
        self._wait(REST_S)
        self._tether.tell(link.Answer(number, link.raw(ready)))

    def _open_door(self, folder: Path, orphan_s: float) -> None:
        """Without one the media work all the same; they only end with the web process."""
        try:
            self._tether.open_door(folder, self._exchange.epoch, orphan_s)
        except OSError as error:
            log.error("media will not outlive the web process", folder=str(folder), error=str(error))

    def _standing(self) -> link.Standing:
        ready = link.Ready(self._exchange.epoch, self._udp[0].port, self._tcp[0].port)
        return link.Standing(link.LANGUAGE, self._settled, ready, self._exchange.standing(), self._exchange.needs)

    async def _open(self, config: MediaConfig) -> tuple[dict[str, object], ...]:
        exchange, now, egress, inbox = self._exchange, self._now, self._egress, self._inbox
        udp_port, tcp_port = config.udp_port, config.tcp_port
        candidates: list[dict[str, object]] = []
        for address, announced in zip(config.listen, config.reachable, strict=True):
            udp = self._open_udp(address, udp_port)
            self._udp.append(udp)
            udp_port = udp.port
            tcp = TcpPort(address, tcp_port, exchange, now=now, egress=egress, inbox=inbox)
            self._tcp.append(tcp)
            tcp_port = tcp.port
            await tcp.listen()
            for reachable in await addresses(announced, address):
                index = len(candidates) // 2
                candidates.append(candidate(reachable, udp_port, "udp", index))
                candidates.append(candidate(reachable, tcp_port, "tcp", index))
        return tuple(candidates)

    def _open_udp(self, address: str, port: int) -> UdpPort:
        """The compiled path reads while the loop sleeps; all in Python, a reader of the loop does."""
        exchange, now, egress, inbox = self._exchange, self._now, self._egress, self._inbox
        if isinstance(egress, NativeEgress):
            compiled = NativePort(address, port, exchange, now=now, egress=egress, inbox=inbox)
            self._selector.add(compiled, egress)
            return compiled
        udp = UdpPort(address, port, exchange, now=now, egress=egress, inbox=inbox)
        asyncio.get_running_loop().add_reader(udp.socket, udp.readable)
        return udp

    # -- timers

    def _begin(self) -> None:
        """Whoever's turn it is: what time it is, and what the compiled path did since the last turn."""
        self._now.read()
        self._egress.begin()

    def _wake(self) -> None:
        """Somebody has come: no longer once a second only."""
        if self._timer is not None:
            self._timer.cancel()
        self._due_s = asyncio.get_running_loop().time()
        self._wait(TICK_MS / 1000)

    def _wait(self, wait_s: float) -> None:
        """Ticks that were missed while the machine was busy are not caught up with."""
        loop = asyncio.get_running_loop()
        self._due_s = max(self._due_s + wait_s, loop.time())
        self._timer = loop.call_at(self._due_s, self._tick)

    def _tick(self) -> None:
        if self._exchange.occupied:
            self._wait(TICK_MS / 1000)
            self._ticks += 1
        else:
            self._wait(REST_S)
            self._ticks = 0  # everything is due
        self._now.read()
        self._egress.moment()
        self._exchange.tick()
        if self._ticks % LISTEN_TICKS == 0:
            self._egress.begin()
            self._exchange.listen()
        if self._ticks % MEASURE_TICKS == 0:
            self._exchange.measure(TICK_MS * MEASURE_TICKS)
        if self._ticks % REPORT_TICKS == 0:
            self._exchange.report()
            self._tether.tell(link.Load(processor_us(), self._now.us, *self._exchange.counts(), self._exchange.tally()))
        self._egress.flush()


def main() -> None:
    """The one argument is the descriptor of the inherited end of the link."""
    pipe = socket.socket(fileno=int(sys.argv[1]))
    logging.outlive_readers()

    selector = MediaSelector()

    async def work() -> None:
        await Worker(pipe, selector).run()

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(work())


if __name__ == "__main__":
    main()
