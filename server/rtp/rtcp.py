"""RTCP compound packets (RFC 3550, 4585, 5104, REMB, transport-cc): parse and build. Work is bounded whatever arrives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from server.rtp.packet import Readable


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """fraction_lost in 1/256; lsr, dlsr in 1/65536 s; jitter in RTP units."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    lsr: int
    dlsr: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp: int
    rtp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Sdes:
    """(ssrc, cname) pairs."""

    chunks: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pli:
    sender: int
    media: int


@dataclass(frozen=True, slots=True)
class Fir:
    """entries: (ssrc, command number)."""

    sender: int
    entries: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Nack:
    sender: int
    media: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Remb:
    sender: int
    bitrate_bps: int
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransportCc:
    """arrivals: (sequence, arrival in us since reference zero, or -1 for lost)."""

    sender: int
    media: int
    feedback_count: int
    arrivals: tuple[tuple[int, int], ...]


Rtcp: TypeAlias = SenderReport | ReceiverReport | Sdes | Bye | Pli | Fir | Nack | Remb | TransportCc


def parse(data: Readable) -> list[Rtcp]:
    """Every packet of a compound that is understood; unknown ones are skipped. Raises PacketError."""
    ...


def build(*packets: Rtcp) -> bytes:
    """A compound in this order (TransportCc is built by twcc.TransportFeedback)."""
    ...
