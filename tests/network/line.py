"""A bad line between the browsers and the server's media, in user space: it loses, delays and narrows what UDP
carries, each direction as a test says, from the next packet on. Loopback, no root; nothing of it is read."""

from __future__ import annotations

import asyncio
import functools
import random
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LONGEST_DATAGRAM_BYTES = 65_535
HEADER_BYTES = 28  # IPv4 and UDP take their part of a thin line too
SOCKET_BYTES = 4 << 20
SEED = 20_261_124
BEHIND_S = 1e-6  # an event loop takes what is due at one moment in any order

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Weather:
    """What one direction does to every packet.

    loss: share lost, each packet by itself. jitter_ms: each waits up to so long, and with `overtaking` not for the one
    before it. rate_bps: what passes, 0: everything; queue_ms: after so long a wait the next one finds no room.
    """

    loss: float = 0.0
    jitter_ms: float = 0.0
    overtaking: bool = False
    rate_bps: int = 0
    queue_ms: float = 200.0


FAIR = Weather()


class Way:
    """One direction of one browser's transport. Times in seconds of any clock that only goes on."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._free_s = 0.0  # when the narrow place has sent all that waits
        self._last_s = 0.0  # when the last one came out

    def leaves_s(self, size_bytes: int, weather: Weather, now_s: float) -> float | None:
        """When a packet of that size comes out at the other end; None: never."""
        if weather.loss and self._dice.random() < weather.loss:
            return None
        leaves_s = now_s
        if weather.rate_bps:
            begins_s = max(now_s, self._free_s)
            if begins_s - now_s > weather.queue_ms / 1000:
                return None
            leaves_s = self._free_s = begins_s + (size_bytes + HEADER_BYTES) * 8 / weather.rate_bps
        leaves_s += self._dice.uniform(0, weather.jitter_ms / 1000)
        if not weather.overtaking and self._last_s > now_s:
            leaves_s = max(leaves_s, self._last_s + BEHIND_S)
        self._last_s = leaves_s
        return leaves_s


class Line:
    """What tests change: `up` from browsers to the server, `down` from the server to browsers."""

    def __init__(self) -> None:
        self.up = self.down = FAIR
        self.passed = self.dropped = 0


@contextmanager
def bad_line(outer: str, inner: str) -> Iterator[Line]:
    """Stands at the address `outer` with every UDP port that is open at `inner` now."""
    line, dice = Line(), random.Random(SEED)  # noqa: S311
    doors = [_Door(line, dice, (outer, port), (inner, port)) for port in _open_ports(inner)]
    try:
        yield line
    finally:
        for door in doors:
            door.close()


class _Door:
    """One UDP port: a socket of its own towards the server for every browser's transport that it hears from."""

    def __init__(self, line: Line, dice: random.Random, outer: Address, inner: Address) -> None:
        self._line, self._dice, self._inner = line, dice, inner
        self._loop = asyncio.get_running_loop()
        self._flows: dict[Address, tuple[socket.socket, Way]] = {}
        self._front = _datagrams(outer)
        self._loop.add_reader(self._front, self._upwards)
        self._open = True

    def close(self) -> None:
        self._open = False
        for one in (self._front, *(beyond for beyond, _ in self._flows.values())):
            self._loop.remove_reader(one)
            one.close()

    def _upwards(self) -> None:
        for data, browser in _all(self._front):
            beyond, way = self._flows.get(browser) or self._meet(browser)
            self._carry(way, self._line.up, data, beyond.send)

    def _meet(self, browser: Address) -> tuple[socket.socket, Way]:
        beyond, down = _datagrams((self._inner[0], 0)), Way(self._dice)
        beyond.connect(self._inner)
        self._loop.add_reader(beyond, self._downwards, beyond, browser, down)
        flow = self._flows[browser] = (beyond, Way(self._dice))
        return flow

    def _downwards(self, beyond: socket.socket, browser: Address, way: Way) -> None:
        for data, _ in _all(beyond):
            self._carry(way, self._line.down, data, functools.partial(self._to, browser))

    def _to(self, browser: Address, data: bytes) -> None:
        self._front.sendto(data, browser)

    def _carry(self, way: Way, weather: Weather, data: bytes, send: Callable[[bytes], object]) -> None:
        now_s = self._loop.time()
        leaves_s = way.leaves_s(len(data), weather, now_s)
        if leaves_s is None:
            self._line.dropped += 1
            return
        self._line.passed += 1
        if leaves_s <= now_s:
            self._out(data, send)
        else:
            self._loop.call_at(leaves_s, self._out, data, send)

    def _out(self, data: bytes, send: Callable[[bytes], object]) -> None:
        if not self._open:
            return
        try:
            send(data)
        except (BlockingIOError, ConnectionRefusedError):
            return  # no room, or nobody there any more: a line would not care either


def _all(readable: socket.socket) -> Iterator[tuple[bytes, Address]]:
    try:
        while True:
            yield readable.recvfrom(LONGEST_DATAGRAM_BYTES)
    except (BlockingIOError, ConnectionRefusedError):
        return


def _datagrams(address: Address) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        made.setsockopt(socket.SOL_SOCKET, option, SOCKET_BYTES)
    made.bind(address)
    return made


UDP_OPEN = "07"  # of proc_net_tcp(5)


def _open_ports(address: str) -> list[int]:
    """As the kernel lists them: `sl local_address rem_address st`, in hexadecimal."""
    wanted = socket.inet_aton(address)[::-1].hex().upper()
    rows = [row.split() for row in Path("/proc/net/udp").read_text().splitlines()[1:]]
    ports = [int(row[1].split(":")[1], 16) for row in rows if row[1].startswith(f"{wanted}:") and row[3] == UDP_OPEN]
    assert ports, f"the server has no UDP port at {address}"
    return ports
