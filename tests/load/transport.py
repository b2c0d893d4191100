"""One transport of a synthetic participant: a UDP socket, ICE checks, DTLS and SRTP towards an ICE-lite server.
Knows nothing of cameras or viewers: it hands clear RTCP and still encrypted RTP to whoever owns it."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import msgspec
from aiortc.rtcdtlstransport import RTCCertificate

from tests.load.checks import BindingChecks, IceCredentials
from tests.load.dtls import PACKET_ROOM_BYTES, DtlsHandshake, SrtpPair, pair_of

RECEIVE_BUFFER_BYTES = 4 << 20
# Linux's numbers, which Python's socket module does not name (include/uapi/asm-generic/socket.h).
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
MOST_PACKETS_PER_TURN = 256
_TIMESPEC = struct.Struct("@qq")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)


class IceParameters(msgspec.Struct, rename="camel"):
    username_fragment: str
    password: str


class IceCandidate(msgspec.Struct):
    ip: str
    port: int
    protocol: str


class DtlsFingerprint(msgspec.Struct):
    algorithm: str
    value: str


class DtlsParameters(msgspec.Struct):
    fingerprints: list[DtlsFingerprint]


class KnownKey(msgspec.Struct):
    """Keys without a handshake, for a server that is no server: the hello tells it who we are."""

    profile: str
    key_and_salt: bytes
    hello: bytes


class ServerTransport(msgspec.Struct, rename="camel"):
    """What a mediasoup-style server tells about a transport it made."""

    id: str
    ice_parameters: IceParameters
    ice_candidates: list[IceCandidate]
    dtls_parameters: DtlsParameters
    #: ours, where the server must know them beforehand (one that speaks SDP); None: any
    own_ice_parameters: IceParameters | None = None
    known_key: KnownKey | None = None


class Transport:
    """`on_rtp(packet, arrived_ns)` gets encrypted RTP, `on_rtcp(packet)` clear RTCP; a view is good for the call only.

    Arrival times are the kernel's (SO_TIMESTAMPNS), so that a busy crowd does not look like a slow server.
    The socket does not take coalesced datagrams (UDP_GRO): on loopback that would spare the server work that a
    network card would not.
    """

    def __init__(
        self,
        server: ServerTransport,
        certificate: RTCCertificate,
        profile: str,
        on_rtp: Callable[[memoryview, int], None],
        on_rtcp: Callable[[memoryview], None] | None = None,
    ) -> None:
        candidate = next(one for one in server.ice_candidates if one.protocol == "udp")
        self.socket = socket.socket(socket.AF_INET6 if ":" in candidate.ip else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self._grow_receive_buffer()
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.connect((candidate.ip, candidate.port))
        own = server.own_ice_parameters
        self.checks = BindingChecks(
            remote=IceCredentials(server.ice_parameters.username_fragment, server.ice_parameters.password),
            local=IceCredentials(own.username_fragment, own.password) if own else IceCredentials.random(),
        )
        self._handshake = DtlsHandshake(
            certificate,
            client=True,
            profiles=(profile,),
            fingerprints={one.algorithm: one.value for one in server.dtls_parameters.fingerprints},
        )
        self._known_key = known = server.known_key
        self.srtp: SrtpPair | None = pair_of(known.profile, known.key_and_salt) if known else None
        self.unsent = 0
        self._handshaking = False
        self._on_rtp = on_rtp
        self._on_rtcp = on_rtcp
        self._storage = bytearray(PACKET_ROOM_BYTES)
        self._view = memoryview(self._storage)

    def _grow_receive_buffer(self) -> None:
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
        except PermissionError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)

    @property
    def connected(self) -> bool:
        return self.srtp is not None

    def check(self) -> None:
        """Sends a connectivity check, later a consent check (RFC 7675)."""
        self._send(self._known_key.hello if self._known_key else self.checks.request())

    def nudge(self) -> None:
        """Repeats what an unfinished connection may have lost; harmless at any time."""
        if not self.checks.succeeded:
            self.check()
        elif self.srtp is None:
            self._send_all(self._handshake.retransmit())

    def drain(self) -> None:
        """Reads the socket until it is empty (or a turn's worth of packets were read)."""
        receive, storage, view, on_rtp = self.socket.recvmsg_into, [self._storage], self._view, self._on_rtp
        for _ in range(MOST_PACKETS_PER_TURN):
            try:
                size, ancillary, _flags, _address = receive(storage, _ANCILLARY_BYTES)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                # An ICMP error of an earlier send: the server is gone; loss will show it.
                continue
            first = view[0] if size else 0
            if 128 <= first <= 191:
                if 192 <= view[1] <= 223:  # RFC 5761 section 4
                    self._receive_rtcp(view[:size])
                else:
                    on_rtp(view[:size], _arrival_ns(ancillary))
            elif first < 4:
                self._receive_stun(bytes(view[:size]))
            elif 20 <= first <= 63:
                self._receive_dtls(bytes(view[:size]))

    def _receive_stun(self, data: bytes) -> None:
        answer = self.checks.answer(data, self.socket.getpeername()[:2])
        if answer is not None:
            self._send(answer)
        elif self.checks.accept(data) and not self._handshaking:
            self._handshaking = True
            self._send_all(self._handshake.start())

    def _receive_dtls(self, data: bytes) -> None:
        self._send_all(self._handshake.receive(data))
        self.srtp = self._handshake.srtp

    def _receive_rtcp(self, packet: memoryview) -> None:
        if self._on_rtcp is None or self.srtp is None:
            return
        inbound = self.srtp.inbound
        inbound.buffer[: len(packet)] = packet
        size = inbound.unprotect_rtcp(len(packet))
        if size:
            self._on_rtcp(inbound.buffer[:size])

    def send_rtp(self, write: Callable[[memoryview, int], int]) -> None:
        """Lets `write(buffer, now_ns)` make a packet in place, encrypts and sends it."""
        if self.srtp is None:
            return
        outbound = self.srtp.outbound
        size = outbound.protect(write(outbound.buffer, time.time_ns()))
        self._send(outbound.buffer[:size])

    def send_rtcp(self, packet: bytes) -> None:
        if self.srtp is None:
            return
        outbound = self.srtp.outbound
        outbound.buffer[: len(packet)] = packet
        size = outbound.protect_rtcp(len(packet))
        self._send(outbound.buffer[:size])

    def close(self) -> None:
        self.socket.close()

    def _send_all(self, packets: list[bytes]) -> None:
        for packet in packets:
            self._send(packet)

    def _send(self, packet: bytes | memoryview) -> None:
        try:
            self.socket.send(packet)
        except (BlockingIOError, ConnectionRefusedError):
            self.unsent += 1


def _arrival_ns(ancillary: list[Any]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return time.time_ns()
