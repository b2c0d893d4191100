"""The media process: `python -m server.sfu.worker FD`. Its loop, its timers, its end of the link; decides nothing.

Ends in order on SIGTERM, and at once when the process that started it is gone (the link closes).
"""

from __future__ import annotations

import asyncio
import gc
import secrets
import signal
import socket
import sys

import structlog

from server import log as logging
from server.clock import monotonic_us, wall_us
from server.errors import BalaiError
from server.sfu import link
from server.sfu.config import MediaConfig
from server.sfu.dtls import CipherBuffer
from server.sfu.egress import Egress
from server.sfu.exchange import Exchange
from server.sfu.ice import candidate
from server.sfu.now import Now
from server.sfu.tcp import TcpPort
from server.sfu.transport import LONGEST_PACKET_BYTES
from server.sfu.udp import UdpPort

log = structlog.get_logger(__name__)

TICK_MS = 50
LISTEN_TICKS = 5
MEASURE_TICKS = 10
REPORT_TICKS = 20


class Worker:
    """Owns the sockets, the link and the one loop."""

    def __init__(self, pipe: socket.socket) -> None:
        self._pipe = pipe
        self._frames = link.Frames()
        self._out = bytearray()
        self._writing = False
        self._ended = asyncio.Event()
        self._now = Now(monotonic_us, wall_us)
        self._egress = Egress()
        self._inbox = CipherBuffer(LONGEST_PACKET_BYTES)
        self._exchange = Exchange(secrets.token_hex(8), self._now, self._egress, self._inbox, self.tell)
        self._udp: list[UdpPort] = []
        self._tcp: list[TcpPort] = []
        self._ticks = 0
        self._starting: asyncio.Future[None] | None = None
        self._due_s = 0.0

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ended.set)
        loop.add_signal_handler(signal.SIGINT, lambda: None)  # the terminal's; the parent decides
        self._pipe.setblocking(False)
        loop.add_reader(self._pipe, self._read)
        await self._ended.wait()
        loop.remove_reader(self._pipe)
        self._exchange.close()
        for udp in self._udp:
            loop.remove_reader(udp.socket)
            udp.close()
        for tcp in self._tcp:
            await tcp.close()

    # -- the link

    def _read(self) -> None:
        try:
            data = self._pipe.recv(1 << 16)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._ended.set()
            return
        self._now.read()
        try:
            for body in self._frames.feed(data):
                self._obey(link.read_request(body))
        except ConnectionError as error:
            log.error("the media link is broken", error=str(error))
            self._ended.set()
        self._egress.flush()

    def _obey(self, request: link.Request) -> None:
        try:
            verb = link.read_verb(request)
            if isinstance(verb, link.Configure):
                self._starting = asyncio.ensure_future(self._configure(request.number, verb))
                return
            value = self._do(verb)
        except BalaiError as error:
            self._fail(request.number, error)
        else:
            self.tell(link.Answer(request.number, link.raw(value)))

    def _fail(self, number: int, error: BalaiError) -> None:
        self.tell(link.Failure(number, type(error).__name__, error.code, error.values))

    def _do(self, verb: link.Verb) -> object:
        exchange = self._exchange
        value: object = None
        match verb:
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
            case link.Dismiss(session_id):
                exchange.dismiss(session_id)
        return value

    def tell(self, message: link.Told) -> None:
        """Queue a message; who does not read for four megabytes is dead, and so are we."""
        self._out += link.frame(message)
        if len(self._out) > link.MOST_WAITING_BYTES:
            self._ended.set()
        elif not self._writing:
            self._write()

    def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            sent = self._pipe.send(self._out)
        except BlockingIOError:
            sent = 0
        except ConnectionError:
            self._ended.set()
            return
        del self._out[:sent]
        if self._out and not self._writing:
            self._writing = True
            loop.add_writer(self._pipe, self._write)
        elif not self._out and self._writing:
            self._writing = False
            loop.remove_writer(self._pipe)

    # -- sockets

    async def _configure(self, number: int, wanted: link.Configure) -> None:
        logging.configure(wanted.log_level)
        try:
            self._exchange.candidates = await self._open(wanted.config)
        except BalaiError as error:
            self._fail(number, error)
            return
        ready = link.Ready(self._exchange.epoch, self._udp[0].port, self._tcp[0].port)
        gc.collect()
        gc.freeze()  # what was imported is never garbage; a full collection would stop the media for it
        self._due_s = asyncio.get_running_loop().time()
        self._tick()
        self.tell(link.Answer(number, link.raw(ready)))

    async def _open(self, config: MediaConfig) -> tuple[dict[str, object], ...]:
        loop = asyncio.get_running_loop()
        exchange, now, egress, inbox = self._exchange, self._now, self._egress, self._inbox
        udp_port, tcp_port = config.udp_port, config.tcp_port
        candidates: list[dict[str, object]] = []
        for index, (address, announced) in enumerate(zip(config.listen, config.reachable, strict=True)):
            udp = UdpPort(address, udp_port, exchange, now=now, egress=egress, inbox=inbox)
            self._udp.append(udp)
            udp_port = udp.port
            loop.add_reader(udp.socket, udp.readable)
            tcp = TcpPort(address, tcp_port, exchange, now=now, egress=egress, inbox=inbox)
            self._tcp.append(tcp)
            tcp_port = tcp.port
            await tcp.listen()
            candidates.append(candidate(announced, udp_port, "udp", index))
            candidates.append(candidate(announced, tcp_port, "tcp", index))
        return tuple(candidates)

    # -- timers

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        # Ticks that were missed while the machine was busy are not caught up with.
        self._due_s = max(self._due_s + TICK_MS / 1000, loop.time())
        loop.call_at(self._due_s, self._tick)
        self._now.read()
        self._ticks += 1
        self._exchange.tick()
        if self._ticks % LISTEN_TICKS == 0:
            self._exchange.listen()
        if self._ticks % MEASURE_TICKS == 0:
            self._exchange.measure(TICK_MS * MEASURE_TICKS)
        if self._ticks % REPORT_TICKS == 0:
            self._exchange.report()
        self._egress.flush()


def main() -> None:
    """The one argument is the descriptor of the inherited end of the link."""
    pipe = socket.socket(fileno=int(sys.argv[1]))

    async def work() -> None:
        await Worker(pipe).run()

    asyncio.run(work())


if __name__ == "__main__":
    main()
