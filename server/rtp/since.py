"""What arrived of one layer since something went missing, for who cannot begin before that is repaired. No I/O."""

from __future__ import annotations

from typing import NamedTuple

from server.rtp.packet import Readable, RtpHeader

MOST = 200  # packets; whoever has waited for so many is better served by another key frame


class Kept(NamedTuple):
    """One packet that arrived."""

    sequence: int
    timestamp: int
    marker: int
    payload: bytes

    def into(self, header: RtpHeader) -> bytes:
        """Its payload, with `header` as if that were the packet."""
        header.sequence, header.timestamp, header.marker = self.sequence, self.timestamp, self.marker
        header.payload_offset, header.payload_length = 0, len(self.payload)
        return self.payload


class Since:
    """Give it every packet while something is missing and somebody waits; bounded."""

    __slots__ = ("_first", "_kept")

    def __init__(self) -> None:
        self._kept: list[Kept] = []
        self._first = -1  # all from this number on were given, but for what is still missing; -1: none

    def keep(self, data: Readable, header: RtpHeader, highest: int) -> None:
        """highest: the newest number that had come before this packet."""
        if not self._kept:
            self._first = (highest + 1) & 0xFFFF
        elif len(self._kept) >= MOST:
            self.forget()
            return
        at = header.payload_offset
        payload = bytes(data[at : at + header.payload_length])
        self._kept.append(Kept(header.sequence, header.timestamp, header.marker, payload))

    def has_all_after(self, sequence: int) -> bool:
        """Was everything given that came after the packet with this number?"""
        return bool(self._kept) and (sequence - self._first) & 0xFFFF < 0x8000

    def after(self, sequence: int) -> list[Kept]:
        """In the order of sending."""
        ahead = [(one.sequence - sequence & 0xFFFF, one) for one in self._kept]
        return [one for far, one in sorted(ahead) if 0 < far < 0x8000]

    def forget(self) -> None:
        """Nobody waits any more."""
        self._kept.clear()
        self._first = -1
