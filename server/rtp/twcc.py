"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01)."""

from __future__ import annotations

from array import array
from struct import Struct

TICK_US = 250  # deltas
REFERENCE_US = 64_000  # reference time
MAX_STATUSES = 400  # per packet: keeps it below 1,200 bytes whatever the deltas
KEPT = 4096  # arrivals remembered, a power of two; a transport that brings more between two builds is flooding
LOOK_BACK = 500  # a packet this far behind what was reported last is no longer news

_HEAD = Struct("!BBHIIHH")
_DELTA = Struct("!h")
_CHUNK = Struct("!H")

_NONE, _SMALL, _LARGE = 0, 1, 2


class TransportFeedback:
    """Arrivals of one transport; `build` every 50 ms."""

    __slots__ = ("_count", "_highest", "_lowest", "_next", "_numbers", "_sender", "_times")

    def __init__(self, sender_ssrc: int) -> None:
        self._sender = sender_ssrc
        self._numbers = array("q", b"\xff" * (8 * KEPT))  # slot -> unwrapped number
        self._times = array("q", bytes(8 * KEPT))  # slot -> us
        self._highest = -1
        self._next = -1  # first number that no feedback has covered
        self._lowest = -1  # lowest that arrived since the last feedback, -1: none
        self._count = 0

    def receive(self, sequence: int, arrival_us: int) -> None:
        """One packet. A duplicate keeps its first time; what is older than 500 reported packets is not counted."""
        highest = self._highest
        if highest < 0:
            self._highest = unwrapped = sequence + 0x10000
        else:
            unwrapped = highest + ((sequence - highest + 0x8000) & 0xFFFF) - 0x8000
            if unwrapped > highest:
                self._highest = unwrapped
            elif unwrapped < self._next - LOOK_BACK or unwrapped <= highest - KEPT:
                return
        slot = unwrapped & 4095
        if self._numbers[slot] == unwrapped:
            return
        self._numbers[slot] = unwrapped
        self._times[slot] = arrival_us
        if self._lowest < 0 or unwrapped < self._lowest:
            self._lowest = unwrapped

    @property
    def waiting(self) -> bool:
        """Is there anything to tell?"""
        return self._lowest >= 0

    def build(self, media_ssrc: int) -> list[bytes]:
        """RTCP packets (usually one) for what arrived since the last call, [] when nothing did."""
        if self._lowest < 0:
            return []
        # From where the last feedback ended, so that losses between two feedbacks are told; what arrived late starts it
        # earlier, and what was told in between is told again as it was.
        begin = self._lowest if self._next < 0 else min(self._next, self._lowest)
        numbers = self._numbers
        oldest = max(begin, self._highest - KEPT + 1)
        arrived = [number for number in range(oldest, self._highest + 1) if numbers[number & 4095] == number]
        packets: list[bytes] = []
        at = 0
        while at < len(arrived):
            if arrived[at] - begin >= MAX_STATUSES:
                begin = arrived[at]  # a hole wider than one packet: nothing to gain from spelling it out
            used, packet = self._one(media_ssrc, begin, arrived, at)
            packets.append(packet)
            at += used
            begin = arrived[at - 1] + 1
        self._next = self._highest + 1
        self._lowest = -1
        return packets

    def _one(self, media_ssrc: int, begin: int, arrived: list[int], at: int) -> tuple[int, bytes]:
        """One feedback from `begin`, with as many of arrived[at:] as fit; returns how many were used."""
        times = self._times
        reference = times[arrived[at] & 4095] // REFERENCE_US
        last = reference * (REFERENCE_US // TICK_US)
        symbols: list[int] = []
        deltas = bytearray()
        used = 0
        for number in arrived[at : at + MAX_STATUSES]:
            if number - begin >= MAX_STATUSES:
                break
            tick = times[number & 4095] // TICK_US
            delta = tick - last
            if not -32768 <= delta <= 32767:
                break  # 3.2: a larger delta needs a new packet with its own reference time
            symbols.extend([_NONE] * (number - begin - len(symbols)))
            if 0 <= delta <= 255:
                symbols.append(_SMALL)
                deltas.append(delta)
            else:
                symbols.append(_LARGE)
                deltas += _DELTA.pack(delta)
            last = tick
            used += 1
        body = _chunks(symbols) + deltas
        body += bytes(-len(body) % 4)
        head = _HEAD.pack(0x80 | 15, 205, 4 + len(body) // 4, self._sender, media_ssrc, begin & 0xFFFF, len(symbols))
        tail = (reference & 0xFFFFFF) << 8 | self._count & 0xFF
        self._count += 1
        return used, head + tail.to_bytes(4, "big") + bytes(body)


def _chunks(symbols: list[int]) -> bytearray:
    """Packet status chunks (draft 3.1.2 to 3.1.4): runs where they pay, else vectors, one-bit without large deltas."""
    out = bytearray()
    at = 0
    end = len(symbols)
    while at < end:
        symbol = symbols[at]
        run = at + 1
        while run < end and run - at < 0x1FFF and symbols[run] == symbol:
            run += 1
        if run - at > 7 or run == end:
            out += _CHUNK.pack(symbol << 13 | run - at)
            at = run
            continue
        window = symbols[at : at + 14]
        if _LARGE in window:
            chunk = 0xC000
            window = window[:7]
            for place, symbol in enumerate(window):
                chunk |= symbol << (12 - 2 * place)
        else:
            chunk = 0x8000
            for place, symbol in enumerate(window):
                chunk |= symbol << (13 - place)
        out += _CHUNK.pack(chunk)
        at += len(window)
    return out
