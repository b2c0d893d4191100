"""A media process without sockets: real STUN, DTLS and SRTP over routes that are lists, in a time of the test's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate, certificate_digest

from server.meeting.ports import Consumer, Direction, Producer, TransportOffer, View
from server.rtp.packet import RtpHeader, build_packet, build_rtx
from server.rtp.parameters import AUDIO_LEVEL_URI, MID_URI, REPAIRED_RID_URI, RID_URI, TRANSPORT_CC_URI
from server.rtp.router import router_rtp_capabilities
from server.rtp.rtcp import Rtcp, parse
from server.sfu import link
from server.sfu.dtls import CipherBuffer
from server.sfu.egress import Egress
from server.sfu.exchange import Exchange
from server.sfu.native import Native
from server.sfu.native.lanes import NativeEgress
from server.sfu.native.wire import CLEAR
from server.sfu.now import Now
from server.sfu.session import Session
from server.sfu.transport import LONGEST_PACKET_BYTES, Transport
from tests.load.checks import BindingChecks, IceCredentials
from tests.load.dtls import DtlsHandshake
from tests.load.sources import vp8_payload_head

MID_ID, RID_ID, REPAIRED_ID, TRANSPORT_ID, LEVEL_ID = 1, 2, 3, 5, 10
VP8, RTX, OPUS = 96, 97, 111
SIZES = ((320, 180), (640, 360), (1280, 720))
TICK_MS = 50


class Line:
    """A route: what the server sent over it. `cut` loses everything."""

    way = None

    def __init__(self, address: tuple[str, int], record: Any = None) -> None:
        self.address = address
        self.record = record
        self.transport: Transport | None = None
        self.arrived: list[bytes] = []
        self.cut = False

    def send(self, packet: bytes) -> None:
        if not self.cut:
            self.arrived.append(bytes(packet))

    def send_run(self, view: memoryview, sizes: Sequence[int], *, video: bool) -> None:
        at = 0
        for size in sizes:
            self.send(bytes(view[at : at + size]))
            at += size

    def left(self, transport: Transport) -> None:
        if self.transport is transport:
            self.transport = None

    def take(self) -> list[bytes]:
        arrived, self.arrived = self.arrived, []
        return arrived


class Hall:
    """The exchange, its clock and its events."""

    #: the compiled path, None: all in Python; each test of this folder runs with both
    native: Native | None = None

    def __init__(self) -> None:
        self.us = 1_000_000_000
        self.now = Now(lambda: self.us, lambda: self.us + 1_700_000_000_000_000)
        self.inbox = CipherBuffer(LONGEST_PACKET_BYTES)
        self.egress = Egress() if self.native is None else NativeEgress(self.native, self.now, self.inbox)
        self.events: list[link.Event] = []
        self._exchange = Exchange("epoch", self.now, self.egress, self.inbox, self.events.append)
        self._ports = 40_000
        self._ticks = 0

    @property
    def exchange(self) -> Exchange:
        """For its verbs, which begin a wake-up of their own."""
        self.now.read()
        self.egress.begin()
        return self._exchange

    @property
    def sessions(self) -> dict[str, Session]:
        """As they are, also while the compiled path knows more."""
        return self._exchange._sessions

    def line(self) -> Line:
        self._ports += 1
        record = None if self.native is None else self.native.ffi.new("struct path_route *")
        return Line(("127.0.0.1", self._ports), record)

    def deliver(self, data: bytes, line: Line) -> None:
        """One datagram, as the wire tells them apart."""
        self.now.read()
        first = data[0] if data else 255
        if isinstance(self.egress, NativeEgress) and line.transport is not None and 128 <= first < 192:
            self._offer(self.egress, data, line, line.transport)
            return
        self.egress.begin()
        if first < 4:
            transport = self.exchange.check(data, line.address, line)
            if transport is not None and transport is not line.transport:
                if line.transport is not None:
                    line.transport.route_lost(line)
                line.transport = transport
                if line.record is not None:
                    line.record.gate = transport.gate.record
        elif line.transport is not None and 128 <= first < 192:
            self.inbox.view[: len(data)] = data
            line.transport.media(len(data), self.now.us, line)
        elif line.transport is not None and 20 <= first < 64:
            line.transport.receive_dtls(data, line)
        self.egress.flush()

    def _offer(self, egress: NativeEgress, data: bytes, line: Line, transport: Transport) -> None:
        """As native.wire has it: Python's turn begins with what C has forwarded, and only where it must look."""
        egress.moment()
        lib, path, turn = egress.native.lib, egress.path, egress.turn
        lib.path_offer(path, line.record, data, len(data), self.now.us)
        while what := lib.path_next(path):
            if what == CLEAR or not 192 <= self.inbox.view[1] < 224:
                egress.begin()
            if what == CLEAR:
                transport.clear_media(turn.ssrc, turn.length, turn.arrival_us, line)
            else:
                transport.media(turn.length, turn.arrival_us, line)
        egress.flush()

    def pass_ms(self, duration_ms: int) -> None:
        """Time goes on in ticks, as in the media process."""
        for _ in range(duration_ms // TICK_MS):
            self.us += TICK_MS * 1000
            self._ticks += 1
            self.now.read()
            self.egress.moment()
            exchange = self._exchange
            exchange.tick()
            if self._ticks % 5 == 0:
                self.egress.begin()
                exchange.listen()
            if self._ticks % 10 == 0:
                exchange.measure(500)
            if self._ticks % 20 == 0:
                exchange.report()
            self.egress.flush()

    def told(self, kind: type[link.Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def join(self, session_id: str, meeting_id: str = "rapat") -> Person:
        person = Person(self, meeting_id, session_id)
        person.connect("send")
        person.connect("receive")
        return person


class Peer:
    """A browser's end of one transport."""

    def __init__(self, hall: Hall, offer: TransportOffer) -> None:
        self.hall = hall
        self.certificate = RTCCertificate.generateCertificate()
        ice: Any = offer.ice_parameters
        self.checks = BindingChecks(IceCredentials(ice["usernameFragment"], ice["password"]))
        prints: Any = offer.dtls_parameters["fingerprints"]
        self.handshake = DtlsHandshake(
            self.certificate, client=True, fingerprints={one["algorithm"]: one["value"] for one in prints}
        )
        self.line = hall.line()
        self.lines = [self.line]

    @property
    def dtls_parameters(self) -> dict[str, Any]:
        value = certificate_digest(self.certificate._cert, "sha-256")
        return {"role": "client", "fingerprints": [{"algorithm": "sha-256", "value": value}]}

    def check(self, line: Line | None = None) -> None:
        self.hall.deliver(self.checks.request(), line or self.line)

    def shake_hands(self) -> None:
        """Until keys exist or nobody has anything to say."""
        flight = self.handshake.start()
        while flight:
            for datagram in flight:
                self.hall.deliver(datagram, self.line)
            answers = [packet for packet in self.line.take() if 20 <= packet[0] < 64]
            flight = [datagram for answer in answers for datagram in self.handshake.receive(answer)]

    def protect(self, packet: bytes) -> bytes:
        assert self.handshake.srtp is not None
        outbound = self.handshake.srtp.outbound
        outbound.buffer[: len(packet)] = packet
        rtcp = 192 <= packet[1] < 224
        size = outbound.protect_rtcp(len(packet)) if rtcp else outbound.protect(len(packet))
        return bytes(outbound.buffer[:size])

    def send(self, packet: bytes, line: Line | None = None) -> None:
        self.hall.deliver(self.protect(packet), line or self.line)

    def hear(self) -> tuple[list[bytes], list[Rtcp]]:
        """(clear RTP packets, RTCP) that came since the last call, in order."""
        assert self.handshake.srtp is not None
        inbound = self.handshake.srtp.inbound
        media: list[bytes] = []
        control: list[Rtcp] = []
        for packet in [packet for line in self.lines for packet in line.take()]:
            if not 128 <= packet[0] < 192:
                continue
            inbound.buffer[: len(packet)] = packet
            if 192 <= packet[1] < 224:
                size = inbound.unprotect_rtcp(len(packet))
                assert size, "a report that cannot be decrypted"
                control += parse(bytes(inbound.buffer[:size]))
            else:
                size = inbound.unprotect(len(packet))
                assert size, "a packet that cannot be decrypted, or came twice"
                media.append(bytes(inbound.buffer[:size]))
        return media, control

    def move(self) -> Line:
        """Another address of this browser; nothing was sent from it yet."""
        line = self.hall.line()
        self.lines.append(line)
        return line


class Person:
    """One session: two transports, and what is sent and watched over them."""

    def __init__(self, hall: Hall, meeting_id: str, session_id: str) -> None:
        self.hall = hall
        self.session_id = session_id
        ticket = hall.exchange.admit(meeting_id, session_id)
        self.sending = Peer(hall, ticket.send)
        self.receiving = Peer(hall, ticket.receive)

    def peer(self, direction: Direction) -> Peer:
        return self.sending if direction == "send" else self.receiving

    def connect(self, direction: Direction) -> None:
        peer = self.peer(direction)
        self.hall.exchange.connect(self.session_id, direction, peer.dtls_parameters)
        peer.check()
        peer.shake_hands()

    def camera(self, layers: int = 3, sequence: int = 65_530) -> Camera:
        ssrc = 1000 * (1 + len(self.hall.told(link.ProducerOpened)))
        camera = Camera(self.sending, ssrc, layers, sequence)
        camera.producer = self.hall.exchange.produce(self.session_id, "camera", "video", camera.parameters())
        return camera

    def microphone(self, sequence: int = 65_530) -> Microphone:
        ssrc = 1000 * (1 + len(self.hall.told(link.ProducerOpened))) + 500
        microphone = Microphone(self.sending, ssrc, sequence)
        producer = self.hall.exchange.produce(self.session_id, "microphone", "audio", microphone.parameters())
        microphone.producer = producer
        return microphone

    def watch(self, source: Camera | Microphone, height_px: int = 0, *, remb: bool = False, **view: Any) -> Consumer:
        """remb: with a browser that does not tell of each packet."""
        assert source.producer is not None
        capabilities: dict[str, Any] = router_rtp_capabilities()
        if remb:
            extensions = capabilities["headerExtensions"]
            capabilities["headerExtensions"] = [one for one in extensions if one["uri"] != TRANSPORT_CC_URI]
        consumer = self.hall.exchange.consume(self.session_id, source.producer.producer_id, capabilities)
        if height_px:
            self.show(consumer, height_px, **view)
        return consumer

    def show(self, consumer: Consumer, height_px: int, **view: Any) -> None:
        shown = View(consumer.consumer_id, width_px=height_px * 16 // 9, height_px=height_px, **view)
        self.hall.exchange.show(self.session_id, [shown])
        self.hall.egress.flush()

    def hear(self) -> list[bytes]:
        """Clear RTP that came since the last call."""
        return self.receiving.hear()[0]


def ssrc_of(consumer: Consumer) -> int:
    return int(consumer.rtp_parameters["encodings"][0]["ssrc"])


def rtx_ssrc_of(consumer: Consumer) -> int:
    return int(consumer.rtp_parameters["encodings"][0]["rtx"]["ssrc"])


def read(packet: bytes) -> RtpHeader:
    header = RtpHeader()
    header.read(packet, len(packet))
    return header


def payload(packet: bytes) -> bytes:
    header = read(packet)
    return packet[header.payload_offset : header.payload_offset + header.payload_length]


def _codec(mime: str, payload_type: int, clock: int, **more: Any) -> dict[str, Any]:
    feedback = [{"type": "nack", "parameter": ""}, {"type": "transport-cc", "parameter": ""}]
    return {"mimeType": mime, "payloadType": payload_type, "clockRate": clock, "rtcpFeedback": feedback, **more}


def _extensions(*pairs: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"uri": uri, "id": number} for uri, number in pairs]


class Camera:
    """Simulcast VP8 as Chromium sends it: rids in the packets, no SSRC told beforehand. Each layer counts by itself."""

    def __init__(self, peer: Peer, ssrc: int, layers: int, sequence: int) -> None:
        self.peer = peer
        self.producer: Producer | None = None
        self.ssrcs = [ssrc + layer for layer in range(layers)]
        self.rtx_ssrcs = [ssrc + 10 + layer for layer in range(layers)]
        self.sequences = [(sequence + 100 * layer) & 0xFFFF for layer in range(layers)]
        self.rtx_sequences = [65_000 + layer for layer in range(layers)]
        self.timestamps = [0xFFFF_0000 + 7777 * layer & 0xFFFF_FFFF for layer in range(layers)]
        self.pictures = [32_760 + 3 * layer for layer in range(layers)]
        self.bases = [250 + layer for layer in range(layers)]
        #: picture ids in 7 bits instead of 15
        self.narrow = False
        self.frames = 0
        self.transport_sequence = 65_500

    def parameters(self) -> dict[str, Any]:
        return {
            "mid": "0",
            "codecs": [_codec("video/VP8", VP8, 90_000), _codec("video/rtx", RTX, 90_000, parameters={"apt": VP8})],
            "headerExtensions": _extensions(
                (MID_URI, MID_ID), (RID_URI, RID_ID), (REPAIRED_RID_URI, REPAIRED_ID), (TRANSPORT_CC_URI, TRANSPORT_ID)
            ),
            "encodings": [{"rid": f"r{layer}"} for layer in range(len(self.ssrcs))],
            "rtcp": {"cname": "cam"},
        }

    def _head(self, rid_id: int, layer: int) -> tuple[tuple[int, bytes], ...]:
        number = self.transport_sequence
        self.transport_sequence = (number + 1) & 0xFFFF
        return (MID_ID, b"0"), (rid_id, b"r%d" % layer), (TRANSPORT_ID, number.to_bytes(2, "big"))

    def make(
        self, layer: int = 0, *, key: bool = False, parts: int = 2, fill: bytes = b"p", temporal: int = 0
    ) -> list[bytes]:
        """One frame's clear packets; the caller sends, loses or turns them about."""
        packets: list[bytes] = []
        self.bases[layer] += temporal == 0
        width, height = SIZES[layer]
        for part in range(parts):
            head = vp8_payload_head(
                frame_start=part == 0,
                key_frame=key,
                picture_id=self.pictures[layer] & 0x7FFF,
                tl0_picture_index=self.bases[layer] & 0xFF,
                width=width,
                height=height,
            )
            # RFC 7741 4.2: TID, Y, KEYIDX
            head = head[:5] + bytes((temporal << 6 | 0x20,)) + head[6:]
            if self.narrow:
                head = head[:2] + bytes((self.pictures[layer] & 0x7F,)) + head[4:]
            packets.append(
                build_packet(
                    payload_type=VP8,
                    sequence=self.sequences[layer],
                    timestamp=self.timestamps[layer],
                    ssrc=self.ssrcs[layer],
                    payload=head + b"%d.%d.%d " % (layer, self.frames, part) + fill * 50,
                    marker=part == parts - 1,
                    extensions=self._head(RID_ID, layer),
                )
            )
            self.sequences[layer] = (self.sequences[layer] + 1) & 0xFFFF
        self.pictures[layer] += 1
        self.timestamps[layer] = (self.timestamps[layer] + 3600) & 0xFFFF_FFFF
        self.frames += 1
        return packets

    def frame(self, layer: int = 0, *, key: bool = False, parts: int = 2) -> list[bytes]:
        """One frame, sent."""
        packets = self.make(layer, key=key, parts=parts)
        for packet in packets:
            self.peer.send(packet)
        return packets

    def all_layers(self, *, key: bool = False, parts: int = 2) -> None:
        for layer in range(len(self.ssrcs)):
            self.frame(layer, key=key, parts=parts)

    def padding(self, layer: int = 0) -> None:
        """A packet with nothing in it, on the media's own numbers."""
        packet = build_packet(
            payload_type=VP8,
            sequence=self.sequences[layer],
            timestamp=self.timestamps[layer],
            ssrc=self.ssrcs[layer],
            payload=b"",
            extensions=self._head(RID_ID, layer),
            padding=200,
        )
        self.sequences[layer] = (self.sequences[layer] + 1) & 0xFFFF
        self.peer.send(packet)

    def repair(self, packet: bytes, layer: int = 0) -> bytes:
        """The retransmission of a clear packet, clear."""
        sequence = self.rtx_sequences[layer]
        self.rtx_sequences[layer] = (sequence + 1) & 0xFFFF
        header = read(packet)
        again = build_packet(
            payload_type=VP8,
            sequence=header.sequence,
            timestamp=header.timestamp,
            ssrc=header.ssrc,
            payload=payload(packet),
            marker=bool(header.marker),
            extensions=self._head(REPAIRED_ID, layer),
        )
        return build_rtx(again, payload_type=RTX, sequence=sequence, ssrc=self.rtx_ssrcs[layer])


class Microphone:
    """Opus, its SSRC told beforehand."""

    def __init__(self, peer: Peer, ssrc: int, sequence: int) -> None:
        self.peer = peer
        self.producer: Producer | None = None
        self.ssrc = ssrc
        self.sequence = sequence
        self.timestamp = 0xFFFF_FF00

    def parameters(self) -> dict[str, Any]:
        return {
            "mid": "1",
            "codecs": [_codec("audio/opus", OPUS, 48_000, channels=2)],
            "headerExtensions": _extensions(
                (MID_URI, MID_ID), (TRANSPORT_CC_URI, TRANSPORT_ID), (AUDIO_LEVEL_URI, LEVEL_ID)
            ),
            "encodings": [{"ssrc": self.ssrc}],
            "rtcp": {"cname": "mic"},
        }

    def make(self, level_dbov: int = 30, text: bytes = b"") -> bytes:
        packet = build_packet(
            payload_type=OPUS,
            sequence=self.sequence,
            timestamp=self.timestamp,
            ssrc=self.ssrc,
            payload=b"\x78sound " + (text or b"%d" % self.sequence),
            extensions=((MID_ID, b"1"), (LEVEL_ID, bytes((0x80 | level_dbov,)))),
        )
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + 960) & 0xFFFF_FFFF
        return packet

    def speak(self, packets: int = 1, level_dbov: int = 30) -> None:
        for _ in range(packets):
            self.peer.send(self.make(level_dbov))
