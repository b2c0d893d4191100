"""The TCP port against whoever connects: slowly, in floods, with lengths that lie, without reading. Real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sfu import newcomers, tcp
from server.sfu.dtls import CipherBuffer
from server.sfu.newcomers import MOST, MOST_OF_ADDRESS, Newcomers
from server.sfu.tcp import WRITE_LIMIT_BYTES, TcpPort, TcpRoute
from server.sfu.transport import LONGEST_PACKET_BYTES
from tests.fuzz.framing import framing
from tests.load.checks import BindingChecks, IceCredentials
from tests.unit.sfu.hall import Hall, Person

WITHIN_S = 5


class Door:
    """A hall with a real TCP port, and browsers' ends of connections to it."""

    def __init__(self) -> None:
        self.hall = Hall()
        self.person = Person(self.hall, "rapat", "ani")
        exchange, egress = self.hall._exchange, self.hall.egress
        self.port = TcpPort("127.0.0.1", 0, exchange, now=self.hall.now, egress=egress, inbox=self.hall.inbox)
        self.exits = AsyncExitStack()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port.port)
        self.exits.callback(writer.close)
        return reader, writer

    def check(self) -> bytes:
        request = self.person.sending.checks.request()
        return len(request).to_bytes(2, "big") + request

    async def prove(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.check())
        size = int.from_bytes(await asyncio.wait_for(reader.readexactly(2), WITHIN_S), "big")
        assert self.person.sending.checks.accept(await reader.readexactly(size))

    async def ended(self, reader: asyncio.StreamReader) -> bool:
        """The server closed it."""
        try:
            return await asyncio.wait_for(reader.read(1), WITHIN_S) == b""
        except ConnectionError:
            return True


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    opened = Door()
    await opened.port.listen()
    async with opened.exits:
        yield opened
    await opened.port.close()


async def test_who_says_nothing_or_only_half_a_frame_is_closed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "UNPROVEN_S", 0.05)
    silent, _ = await door.connect()
    slow, writer = await door.connect()
    writer.write(door.check()[:-1])
    assert await door.ended(silent)
    assert await door.ended(slow)


async def test_who_has_shown_itself_stays(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "UNPROVEN_S", 0.2)
    reader, writer = await door.connect()
    await door.prove(reader, writer)
    silent, _ = await door.connect()
    assert await door.ended(silent)
    await door.prove(reader, writer)


async def test_a_frame_longer_than_any_packet_ends_the_connection_at_once(door: Door) -> None:
    reader, writer = await door.connect()
    writer.write((LONGEST_PACKET_BYTES + 1).to_bytes(2, "big"))
    assert await door.ended(reader)


async def test_a_flood_from_one_address_turns_its_own_oldest_away(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newcomers, "MOST_OF_ADDRESS", 4)
    honest = await door.connect()
    await door.prove(*honest)
    flood = [await door.connect() for _ in range(12)]
    for reader, _ in flood[:8]:
        assert await door.ended(reader)
    late = await door.connect()  # behind the same address, in the middle of it
    await door.prove(*late)
    await door.prove(*honest)
    assert len(door.port._connections) <= 4 + 2


async def test_all_connections_together_are_bounded(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "MOST_CONNECTIONS", 3)
    proven = [await door.connect() for _ in range(3)]
    for reader, writer in proven:
        await door.prove(reader, writer)
    refused, _ = await door.connect()
    assert await door.ended(refused)
    await door.prove(*proven[0])


class Clogged:
    """asyncio's side of a connection whose other end does not read."""

    def __init__(self) -> None:
        self.waiting = 0

    def write(self, data: bytes) -> None:
        self.waiting += len(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return False


def test_answers_to_one_who_does_not_read_do_not_pile_up() -> None:
    hall = Hall()
    person = Person(hall, "rapat", "ani")
    route = TcpRoute(
        hall._exchange, hall.now, hall.egress, CipherBuffer(2048), lambda _route: None, newcomers=Newcomers()
    )
    pipe = Clogged()
    route._pipe = pipe  # type: ignore[assignment]
    route._peer = ("192.0.2.1", 4000)
    requests = (BindingChecks(IceCredentials.random()).request(), person.sending.checks.request())
    for number in range(12_000):
        request = requests[number & 1]
        route.data_received(len(request).to_bytes(2, "big") + request)
        if number % 200 == 0:
            hall.pass_ms(1000)
    assert WRITE_LIMIT_BYTES / 2 < pipe.waiting <= WRITE_LIMIT_BYTES + 200


@given(st.binary(max_size=5000))
def test_frames_come_the_same_in_whatever_pieces(stream: bytes) -> None:
    framing(stream)


class Visitor:
    """A newcomer that remembers whether it was turned away."""

    open = True

    def close(self) -> None:
        self.open = False


def test_newcomers_are_bounded_and_the_oldest_gives_way() -> None:
    crowd = Newcomers()
    visitors = [Visitor() for _ in range(MOST_OF_ADDRESS + 5)]
    for visitor in visitors:
        crowd.enter(visitor, "192.0.2.1")
    assert [one.open for one in visitors] == [False] * 5 + [True] * MOST_OF_ADDRESS
    for number in range(MOST + 10):
        crowd.enter(Visitor(), f"198.51.{number >> 8}.{number & 255}")
    assert len(crowd) == MOST
    assert not any(one.open for one in visitors)


def test_a_whole_ipv6_network_counts_as_one_address() -> None:
    crowd = Newcomers()
    visitors = [Visitor() for _ in range(MOST_OF_ADDRESS + 1)]
    for number, visitor in enumerate(visitors):
        crowd.enter(visitor, f"2001:db8::{number:x}%eth0")
    assert not visitors[0].open
    assert len(crowd) == MOST_OF_ADDRESS


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=60))
def test_nobody_is_counted_twice_or_forgotten(steps: list[tuple[bool, int]]) -> None:
    crowd = Newcomers()
    inside: list[Visitor] = []
    for enters, number in steps:
        if enters:
            inside.append(Visitor())
            crowd.enter(inside[-1], f"192.0.2.{number}")
        elif inside:
            gone = inside.pop(number % len(inside))
            crowd.leave(gone)
            crowd.leave(gone)
    assert len(crowd) == len(inside)
