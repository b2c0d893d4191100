"""The smallest server a synthetic participant can talk to: ICE-lite, DTLS server, and every RTP packet that comes over
one transport goes out over the other, encrypted anew. It proves the participants without the server they measure."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate

from tests.load.checks import IceCredentials
from tests.load.dtls import DtlsHandshake, SrtpPair
from tests.load.transport import DtlsFingerprint, DtlsParameters, IceCandidate, IceParameters, ServerTransport


@dataclass
class MirrorSide:
    """One transport as the server sees it."""

    handshake: DtlsHandshake
    credentials: IceCredentials = field(default_factory=IceCredentials.random)
    address: tuple[str, int] | None = None
    srtp: SrtpPair | None = None
    requests: list[stun.Message] = field(default_factory=list)


class Mirror:
    """Two transports on one loopback port: what arrives on `sides[0]` leaves on `sides[1]`."""

    def __init__(self, profiles: tuple[str, ...] = ("AEAD_AES_128_GCM", "AES128_CM_SHA1_80")) -> None:
        self._certificate = RTCCertificate.generateCertificate()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.sides = [MirrorSide(DtlsHandshake(self._certificate, client=False, profiles=profiles)) for _ in range(2)]
        self.reports: list[bytes] = []
        self.drop_every = 0
        self.forwarded = 0

    def parameters(self, side: int) -> ServerTransport:
        credentials = self.sides[side].credentials
        return ServerTransport(
            id=str(side),
            ice_parameters=IceParameters(credentials.username_fragment, credentials.password),
            ice_candidates=[IceCandidate("127.0.0.1", self.socket.getsockname()[1], "udp")],
            dtls_parameters=DtlsParameters(
                [DtlsFingerprint(one.algorithm, one.value) for one in self._certificate.getFingerprints()]
            ),
        )

    def drain(self) -> None:
        while True:
            try:
                data, address = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            if data[0] < 4:
                self._answer_check(data, address)
                continue
            side = next((one for one in self.sides if one.address == address), None)
            if side is None:
                continue
            if 20 <= data[0] <= 63:
                self._send_all(side.handshake.receive(data), address)
                side.srtp = side.handshake.srtp
            elif side.srtp is not None and 192 <= data[1] <= 223:
                self.reports.append(_decrypted_report(side.srtp, data))
            elif side is self.sides[0]:
                self._reflect(data)

    def ask_for_key_frame(self, media_ssrc: int) -> None:
        """A PLI to the sender (RFC 4585 section 6.3.1)."""
        srtp, address = self.sides[0].srtp, self.sides[0].address
        if srtp is None or address is None:
            raise ConnectionError("the sender is not connected")
        packet = b"\x81\xce\x00\x02" + (1).to_bytes(4, "big") + media_ssrc.to_bytes(4, "big")
        srtp.outbound.buffer[: len(packet)] = packet
        self.socket.sendto(srtp.outbound.buffer[: srtp.outbound.protect_rtcp(len(packet))], address)

    def close(self) -> None:
        self.socket.close()

    def _answer_check(self, data: bytes, address: tuple[str, int]) -> None:
        request = stun.parse_message(data)
        fragment = request.attributes["USERNAME"].split(":")[0]
        side = next(one for one in self.sides if one.credentials.username_fragment == fragment)
        if not request.check_message_integrity(side.credentials.password.encode()):
            return
        side.requests.append(request)
        side.address = address
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=request.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = address
        answer.add_message_integrity(side.credentials.password.encode())
        answer.add_fingerprint()
        self.socket.sendto(bytes(answer), address)

    def _reflect(self, data: bytes) -> None:
        incoming, outgoing = self.sides[0].srtp, self.sides[1].srtp
        address = self.sides[1].address
        if incoming is None or outgoing is None or address is None:
            return
        incoming.inbound.buffer[: len(data)] = data
        size = incoming.inbound.unprotect(len(data))
        self.forwarded += 1
        if not size or (self.drop_every and self.forwarded % self.drop_every == 0):
            return
        outgoing.outbound.buffer[:size] = incoming.inbound.buffer[:size]
        self.socket.sendto(outgoing.outbound.buffer[: outgoing.outbound.protect(size)], address)

    def _send_all(self, packets: list[bytes], address: tuple[str, int]) -> None:
        for packet in packets:
            self.socket.sendto(packet, address)


def _decrypted_report(srtp: SrtpPair, data: bytes) -> bytes:
    srtp.inbound.buffer[: len(data)] = data
    return bytes(srtp.inbound.buffer[: srtp.inbound.unprotect_rtcp(len(data))])
