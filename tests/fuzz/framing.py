"""Target: RFC 4571 framing over TCP, in whatever pieces it comes. Same rules as packets.py."""

from __future__ import annotations

from typing import Any

from server.sfu.dtls import CipherBuffer
from server.sfu.newcomers import Newcomers
from server.sfu.tcp import HARD_LIMIT_BYTES, TcpRoute
from server.sfu.transport import LONGEST_PACKET_BYTES
from tests.fuzz.choices import Choices

MOST_KEPT_BYTES = LONGEST_PACKET_BYTES + 2


class _Pipe:
    """asyncio's side of the connection."""

    def __init__(self) -> None:
        self.closed = False
        self.waiting = 0

    def write(self, data: bytes) -> None:
        self.waiting += len(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close


class _Wire:
    """Everything the route is given: egress, clock, checks and a transport that writes down what came."""

    us = 0

    def __init__(self, inbox: CipherBuffer) -> None:
        self.came: list[bytes] = []
        self.inbox = inbox

    def begin(self) -> None:
        """Nothing waits."""

    flush = read = begin

    def check(self, data: bytes, source: object, route: TcpRoute) -> _Wire:
        self.came.append(data)
        route.send(bytes(48))
        return self

    def media(self, length: int, arrival_us: int, route: TcpRoute) -> None:
        self.came.append(bytes(self.inbox.view[:length]))

    def receive_dtls(self, data: bytes, route: TcpRoute) -> None:
        self.came.append(data)

    def route_lost(self, route: TcpRoute) -> None:
        """Never: there is one transport."""


_inbox = CipherBuffer(LONGEST_PACKET_BYTES)


def _receive(pieces: list[bytes]) -> tuple[list[bytes], _Pipe]:
    wire: Any = _Wire(_inbox)
    pipe: Any = _Pipe()
    route = TcpRoute(wire, wire, wire, _inbox, lambda _route: None, newcomers=Newcomers())
    route._pipe = pipe
    for piece in pieces:
        if pipe.closed:
            break
        route.data_received(piece)
        assert len(route._received) < MOST_KEPT_BYTES + 1
    assert pipe.waiting <= HARD_LIMIT_BYTES
    return wire.came, pipe


def _frames(stream: bytes) -> tuple[list[bytes], bool]:
    """RFC 4571 2, read the plain way: what must arrive, and whether the line must have been closed."""
    found: list[bytes] = []
    known = False
    at = 0
    while at + 2 <= len(stream):
        size = int.from_bytes(stream[at : at + 2], "big")
        if size > LONGEST_PACKET_BYTES:
            return found, True
        frame = stream[at + 2 : at + 2 + size]
        if len(frame) < size:
            break
        at += 2 + size
        if size < 2:
            continue
        first = frame[0]
        known = known or first < 4
        if first < 4 or (known and (128 <= first < 192 or 20 <= first < 64)):
            found.append(frame)
    return found, False


def framing(data: bytes) -> None:
    choices = Choices(data)
    step = 1 + choices.byte()
    stream = choices.rest()
    wanted, closed = _frames(stream)
    pieces = [stream[at : at + step] for at in range(0, len(stream), step)]
    for cut in ([stream], pieces):
        came, pipe = _receive(cut)
        assert came == wanted
        assert pipe.closed == closed
