"""A participant without a browser: one sending and one receiving transport, a camera and a microphone, and ears that
count. It speaks to any ICE-lite server that offers mediasoup-style transport parameters, and never to a decoder."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import msgspec
from aiortc.rtcdtlstransport import RTCCertificate

from tests.load import rtcp
from tests.load.reception import ReceivedStream
from tests.load.sources import (
    AUDIO_CLOCK_HZ,
    VIDEO_CLOCK_HZ,
    VIDEO_PACKETS_PER_FRAME,
    Camera,
    Microphone,
    RtpStream,
    TransportSequence,
)
from tests.load.transport import ServerTransport, Transport

# What each viewer claims to have room for: more than any room here sends.
ROOM_BPS = 200_000_000


class OutgoingStream(msgspec.Struct, frozen=True):
    """The numbers under which a producer was announced to the server."""

    ssrc: int
    payload_type: int
    mid: str


@dataclass(frozen=True)
class Totals:
    """What one participant sent and received since `mark()`."""

    sent: int
    unsent: int
    received: int
    lost: int
    undecryptable: int
    latencies_ms: list[float]


class Participant:
    """One synthetic participant. Its owner calls `tick_*` in time and `drain` on each transport when it is readable.

    decrypt_every: one packet in so many is decrypted (and gives a latency); all are counted.
    """

    def __init__(self, certificate: RTCCertificate, profile: str, decrypt_every: int) -> None:
        self._certificate = certificate
        self._profile = profile
        self._decrypt_every = decrypt_every
        self._reporter_ssrc = random.getrandbits(32)
        self._unknown_ssrc_packets = 0
        self._arrivals = 0
        self._marked_sent = self._marked_unsent = 0
        self.streams: dict[int, ReceivedStream] = {}
        self.sending: Transport | None = None
        self.receiving: Transport | None = None
        self.camera: Camera | None = None
        self.microphone: Microphone | None = None

    # -- transports

    def open_sending(self, server: ServerTransport) -> Transport:
        self.sending = Transport(server, self._certificate, self._profile, _ignore_rtp, self._hear_feedback)
        self.sending.check()
        return self.sending

    def open_receiving(self, server: ServerTransport) -> Transport:
        self.receiving = Transport(server, self._certificate, self._profile, self._hear_rtp)
        self.receiving.check()
        return self.receiving

    @property
    def transports(self) -> list[Transport]:
        return [one for one in (self.sending, self.receiving) if one is not None]

    @property
    def connected(self) -> bool:
        return all(one.connected for one in self.transports)

    def close(self) -> None:
        """Ends its transports; whatever still calls it in time then does nothing."""
        for one in self.transports:
            one.close()
        self.sending = self.receiving = None

    # -- speaking

    def speak(self, video: OutgoingStream, audio: OutgoingStream) -> None:
        """Readies camera and microphone; sequence numbers and timestamps start anywhere (RFC 3550 section 5.1)."""
        shared = TransportSequence()
        self.camera = Camera(_stream(video, VIDEO_CLOCK_HZ, shared))
        self.microphone = Microphone(_stream(audio, AUDIO_CLOCK_HZ, shared))

    def send_frame(self) -> None:
        """One video frame: a burst of four packets."""
        if self.sending is None or self.camera is None:
            return
        for _ in range(VIDEO_PACKETS_PER_FRAME):
            self.sending.send_rtp(self.camera.write_packet)

    def send_audio(self) -> None:
        if self.sending is not None and self.microphone is not None:
            self.sending.send_rtp(self.microphone.write_packet)

    def send_reports(self) -> None:
        """The once-a-second RTCP in both directions."""
        if self.sending is not None and self.camera is not None and self.microphone is not None:
            now_ns = time.time_ns()
            self.sending.send_rtcp(rtcp.sender_report(self.camera.stream, now_ns))
            self.sending.send_rtcp(rtcp.sender_report(self.microphone.stream, now_ns))
        heard = [one for one in self.streams.values() if one.count.received]
        if self.receiving is not None and heard:
            reports = list(rtcp.receiver_reports(self._reporter_ssrc, heard))
            wish = rtcp.remb(self._reporter_ssrc, [one.ssrc for one in heard if one.video], ROOM_BPS)
            self.receiving.send_rtcp(reports[0] + wish)
            for more in reports[1:]:
                self.receiving.send_rtcp(more)

    def keep_consent(self) -> None:
        for one in self.transports:
            one.check()

    def nudge(self) -> None:
        for one in self.transports:
            one.nudge()

    def _hear_feedback(self, compound: memoryview) -> None:
        if self.camera is not None and self.camera.stream.ssrc in rtcp.key_frames_wanted(compound):
            self.camera.key_frame_wanted = True

    # -- hearing

    def expect(self, ssrc: int, *, video: bool) -> ReceivedStream:
        """Announces a consumer; packets of other SSRCs (retransmissions, probes) are not counted as media."""
        self.streams[ssrc] = stream = ReceivedStream(ssrc=ssrc, video=video)
        return stream

    def _hear_rtp(self, packet: memoryview, arrived_ns: int) -> None:
        stream = self.streams.get(int.from_bytes(packet[8:12], "big"))
        if stream is None:
            self._unknown_ssrc_packets += 1
            return
        stream.count.add(packet[2] << 8 | packet[3])
        self._arrivals += 1
        if self._arrivals % self._decrypt_every and not stream.wants_every_packet:
            return
        transport = self.receiving
        if transport is None or transport.srtp is None:
            return
        inbound = transport.srtp.inbound
        inbound.buffer[: len(packet)] = packet
        size = inbound.unprotect(len(packet))
        if size:
            stream.add_clear(inbound.buffer[:size], arrived_ns)
        else:
            stream.undecryptable += 1

    # -- the measured interval

    def mark(self) -> None:
        """Begins the measured interval."""
        self._marked_sent, self._marked_unsent = self._sent, self._unsent
        for one in self.streams.values():
            one.mark()

    def totals(self) -> Totals:
        streams = self.streams.values()
        return Totals(
            sent=self._sent - self._marked_sent,
            unsent=self._unsent - self._marked_unsent,
            received=sum(one.count.received - one.marked_received for one in streams),
            lost=sum(one.count.lost - one.marked_lost for one in streams),
            undecryptable=sum(one.undecryptable for one in streams),
            latencies_ms=[value for one in streams for value in one.latencies_ms],
        )

    @property
    def _sent(self) -> int:
        return sum(one.stream.packets for one in (self.camera, self.microphone) if one is not None)

    @property
    def _unsent(self) -> int:
        return sum(one.unsent for one in self.transports)


def _stream(announced: OutgoingStream, clock_hz: int, shared: TransportSequence) -> RtpStream:
    return RtpStream(
        ssrc=announced.ssrc,
        payload_type=announced.payload_type,
        clock_hz=clock_hz,
        mid=announced.mid,
        shared=shared,
        sequence=random.getrandbits(16),
        timestamp=random.getrandbits(32),
    )


def _ignore_rtp(_packet: memoryview, _arrived_ns: int) -> None:
    """A sending transport hears no media."""
