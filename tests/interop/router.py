"""A router with NAT between the browsers and the server's media, in user space: it forgets, moves, and lets UDP through
or not, when a test says so. It runs in the test's own loop and reads nothing of what it carries."""

from __future__ import annotations

import asyncio
import functools
import itertools
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.interop.namespace import FURTHER_ADDRESSES, INNER_ADDRESS, SERVER_ADDRESS

LONGEST_DATAGRAM_BYTES = 65_535
CHUNK_BYTES = 65_536

Address = tuple[str, int]


@asynccontextmanager
async def router(*, udp: bool) -> AsyncIterator[Router]:
    """Stands at SERVER_ADDRESS with every media port that is open at INNER_ADDRESS now."""
    async with AsyncExitStack() as stack:
        doors = [_Door(port) for port in _ports("udp", UDP_OPEN)] if udp else []
        for door in doors:
            stack.callback(door.close)
        for port in _ports("tcp", TCP_LISTENS):
            server = await asyncio.start_server(functools.partial(_pass_tcp, port), SERVER_ADDRESS, port)
            stack.callback(server.close)
        yield Router(doors)


class Router:
    def __init__(self, doors: list[_Door]) -> None:
        self._doors = doors
        self._addresses = itertools.cycle(FURTHER_ADDRESSES)
        self.move()

    def move(self) -> None:
        """From now on the server sees every browser at another address and port; nothing reaches the former ones."""
        address = next(self._addresses)
        for door in self._doors:
            door.move(address)


class _Door:
    """One UDP port: a socket of its own towards the server for every address that it hears from."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._from = ""
        self._beyond: dict[Address, socket.socket] = {}
        self._loop = asyncio.get_running_loop()
        self._front = _datagrams((SERVER_ADDRESS, port))
        self._loop.add_reader(self._front, self._inwards)

    def move(self, address: str) -> None:
        for beyond in self._beyond.values():
            self._loop.remove_reader(beyond)
            beyond.close()
        self._beyond.clear()
        self._from = address

    def close(self) -> None:
        self.move("")
        self._loop.remove_reader(self._front)
        self._front.close()

    def _inwards(self) -> None:
        try:
            while True:
                data, browser = self._front.recvfrom(LONGEST_DATAGRAM_BYTES)
                (self._beyond.get(browser) or self._open(browser)).send(data)
        except (BlockingIOError, ConnectionRefusedError):
            return  # all read; or nobody behind the port, which a router would not care about either

    def _open(self, browser: Address) -> socket.socket:
        beyond = self._beyond[browser] = _datagrams((self._from, 0))
        beyond.connect((INNER_ADDRESS, self._port))
        self._loop.add_reader(beyond, self._outwards, beyond, browser)
        return beyond

    def _outwards(self, beyond: socket.socket, browser: Address) -> None:
        try:
            while True:
                self._front.sendto(beyond.recv(LONGEST_DATAGRAM_BYTES), browser)
        except (BlockingIOError, ConnectionRefusedError):
            return


def _datagrams(address: Address) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    made.bind(address)
    return made


async def _pass_tcp(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        far_reader, far_writer = await asyncio.open_connection(INNER_ADDRESS, port)
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
    except ConnectionError:
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


UDP_OPEN, TCP_LISTENS = "07", "0A"  # the states of proc_net_tcp(5)


def _ports(protocol: str, state: str) -> list[int]:
    """Ports at INNER_ADDRESS as the kernel lists them: `sl local_address rem_address st`, in hexadecimal."""
    wanted = socket.inet_aton(INNER_ADDRESS)[::-1].hex().upper()
    rows = [row.split() for row in Path(f"/proc/thread-self/net/{protocol}").read_text().splitlines()[1:]]
    ports = [int(row[1].split(":")[1], 16) for row in rows if row[1].startswith(f"{wanted}:") and row[3] == state]
    assert ports, f"the server has no {protocol} port at {INNER_ADDRESS}"
    return ports
