"""One sender's transport: which SSRC is which layer, and the reports, requests and feedback that go back. No socket."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from server.rtp import rtcp
from server.rtp.loudness import Loudness
from server.rtp.negotiate import ExtensionIds
from server.rtp.packet import PacketError, RtpHeader, extension_text, find_extension
from server.sfu.dtls import CipherBuffer, SrtpSession
from server.sfu.now import Now
from server.sfu.transport import Transport
from server.sfu.uplink import LayerStream, Uplink

MOST_STREAMS = 1024  # SSRCs that one transport may ever show: libsrtp keeps something for each
STRANGERS_PER_SECOND = 1000  # packets of unbound SSRCs that are decrypted at all
REBINDS_PER_SECOND = 8  # layers that come under another SSRC: every viewer then begins anew
MOST_BLOCKS = 31  # RFC 3550 6.4.1


class Inlet:
    """What a browser sends over one transport: all of its producers."""

    def __init__(self, transport: Transport, inbox: CipherBuffer, loudness: Loudness, now: Now) -> None:
        self.transport = transport
        self.uplinks: dict[str, Uplink] = {}
        self._view = inbox.view
        self._loudness = loudness
        self._now = now
        self._header = RtpHeader()
        self._media: dict[int, LayerStream] = {}
        self._repairs: dict[int, LayerStream] = {}
        self._ids = ExtensionIds()
        self._seen: set[int] = set()
        self.asked_packets = self.asked_key_frames = 0
        #: of the worst stream in the last second, in 256ths
        self.fraction_lost = 0
        self._strangers = STRANGERS_PER_SECOND
        self._rebinds = REBINDS_PER_SECOND
        self._reporter = secrets.randbits(32)
        self._feedback = transport.gate.feedback(self._reporter)
        transport.serve(self)
        transport.gate.serve(self)

    # -- producers

    def add(self, uplink: Uplink) -> None:
        self.uplinks[uplink.identity.producer_id] = uplink
        ids = uplink.produced.extension_ids
        # One transport is one BUNDLE group: an id means the same extension for all of its producers (RFC 9143 9.2).
        self._ids = ExtensionIds(
            **{
                name: getattr(ids, name) or getattr(self._ids, name)
                for name in ("mid", "rid", "repaired_rid", "abs_send_time", "transport_cc", "audio_level")
            }
        )
        self.transport.gate.extensions(self._ids.transport_cc, self._ids.audio_level)
        self._strangers = STRANGERS_PER_SECOND
        for spatial, encoding in enumerate(uplink.produced.encodings):
            if encoding.ssrc and encoding.ssrc not in self._media:
                stream = self._media[encoding.ssrc] = uplink.bind(spatial, encoding.ssrc)
                self.transport.gate.bind(encoding.ssrc, stream)
                if encoding.rtx_ssrc and encoding.rtx_ssrc not in self._media:
                    self._repairs[encoding.rtx_ssrc] = stream

    def remove(self, uplink: Uplink) -> None:
        self.uplinks.pop(uplink.identity.producer_id, None)
        for stream in uplink.layers:
            if stream is not None:
                self._forget(stream)

    # -- the path of a packet

    def connected(self, outbound: SrtpSession) -> None:
        """Nothing to send before something was received."""

    def accepts(self, ssrc: int) -> bool:
        if ssrc in self._media or ssrc in self._repairs:
            return True
        return self._strangers > 0 and (ssrc in self._seen or len(self._seen) < MOST_STREAMS)

    def receive_rtp(self, ssrc: int, length: int, arrival_us: int) -> None:
        view, header, ids = self._view, self._header, self._ids
        try:
            header.read(view, length)
        except PacketError:
            return
        at, size = find_extension(view, header, ids.transport_cc)
        if size == 2:
            self._feedback.receive(view[at] << 8 | view[at + 1], arrival_us)
            self.transport.gate.last_ssrc = ssrc
        stream = self._media.get(ssrc)
        repaired = False
        if stream is None:
            stream = self._repairs.get(ssrc)
            if stream is None:
                self._strangers -= 1  # only now: it is authentic, others cannot use it up
                stream = self._bind(ssrc)
                if stream is None:
                    return
            if ssrc in self._repairs:
                if header.payload_type != stream.uplink.produced.rtx_payload_type:
                    return
                if not header.unwrap_rtx(view, stream.payload_type, stream.ssrc):
                    return
                repaired = True
        uplink = stream.uplink
        if not uplink.is_video and ids.audio_level:
            at, size = find_extension(view, header, ids.audio_level)
            if size:
                self.levels(uplink, (view[at],), self._now.ms)
        stream.receive(view, header, arrival_us, repaired)
        if stream.nack.waiting:
            self._request(stream)

    # -- what also comes from the compiled path

    def levels(self, uplink: Uplink, levels: Sequence[int], now_ms: int) -> None:
        """The extension bytes of sound packets, one after the other."""
        uplink.level = levels[-1]
        if not uplink.paused and uplink.identity.source == "microphone":
            heard = True
            for level in levels:
                heard = self._loudness.level(uplink.identity.session_id, level, now_ms)
            uplink.hush(not heard)

    def hush(self) -> None:
        """Somebody else may have got the place among those who are heard."""
        for uplink in self.uplinks.values():
            if uplink.identity.source == "microphone":
                uplink.hush(not self._loudness.voices.forwards(uplink.identity.session_id))

    def _bind(self, ssrc: int) -> LayerStream | None:
        """By mid and rid, or repaired rid (RFC 8852 3); None when nobody announced it."""
        view, header, ids = self._view, self._header, self._ids
        self._seen.add(ssrc)
        mid = extension_text(view, header, ids.mid)
        uplink = next((one for one in self.uplinks.values() if mid and one.produced.mid == mid), None)
        if uplink is None:
            return None
        produced = uplink.produced
        repair = header.payload_type == produced.rtx_payload_type
        if not repair and header.payload_type != produced.payload_type:
            return None
        rid = extension_text(view, header, ids.repaired_rid if repair else ids.rid)
        spatial = next((at for at, one in enumerate(produced.encodings) if one.rid == rid), -1)
        if spatial < 0 and len(produced.encodings) == 1 and not rid:
            spatial = 0
        if spatial < 0:
            return None
        if repair:
            # Before the first media packet there is nothing that it could repair.
            stream = uplink.layers[spatial]
            if stream is not None:
                self._repairs[ssrc] = stream
            return stream
        before = uplink.layers[spatial]
        if before is not None:
            if self._rebinds <= 0:
                return None
            self._rebinds -= 1
            self._forget(before)
        stream = self._media[ssrc] = uplink.bind(spatial, ssrc)
        self.transport.gate.bind(ssrc, stream)
        return stream

    def _forget(self, stream: LayerStream) -> None:
        for table in (self._media, self._repairs):
            for ssrc in [ssrc for ssrc, one in table.items() if one is stream]:
                del table[ssrc]
                self.transport.gate.unbind(ssrc)
                self._seen.discard(ssrc)
                if self.transport.inbound is not None:
                    self.transport.inbound.forget(ssrc)

    def _request(self, stream: LayerStream) -> None:
        missing = stream.missing_now(self.transport.round_trip_ms)
        if missing:
            self.asked_packets += len(missing)
            nack = rtcp.Nack(self._reporter, stream.ssrc, tuple(missing))
            self.transport.send_rtcp(rtcp.build(nack))

    def ask(self, media_ssrc: int) -> None:
        """A picture loss indication."""
        self.asked_key_frames += 1
        self.transport.send_rtcp(rtcp.build(rtcp.Pli(self._reporter, media_ssrc)))

    def receive_rtcp(self, length: int) -> int:
        try:
            packets = rtcp.parse(self._view[:length])
        except PacketError:
            return rtcp.MAX_STATUSES
        for packet in packets:
            if isinstance(packet, rtcp.SenderReport):
                stream = self._media.get(packet.ssrc)
                if stream is not None:
                    stream.stats.sender_report(packet.ntp, packet.rtp, self._now.ms)
        return sum(map(rtcp.weight, packets))

    # -- timers

    @property
    def restless(self) -> bool:
        """Is there something for the very next tick? Else one in a quarter of a second will do.

        Packets alone are nothing: the compiled path forwards them without a word, and both shall tick at one time.
        """
        missing = any(stream.nack.waiting for stream in self._media.values())
        return missing or any(uplink.restless for uplink in self.uplinks.values())

    def tell(self) -> None:
        """Every 50 ms: when the sender's packets came. (Where the compiled path counts them, it has told already.)"""
        if self._feedback.waiting:
            for packet in self._feedback.build(self.transport.gate.last_ssrc):
                self.transport.send_rtcp(packet)

    def tick(self) -> None:
        """Every 50 ms while `restless`: holes, key frames."""
        for stream in self._media.values():
            if stream.nack.waiting:
                self._request(stream)
        for uplink in self.uplinks.values():
            uplink.tick()

    def measure(self, interval_ms: int) -> None:
        """Every half second."""
        for stream in self._media.values():
            stream.measure(interval_ms)

    def report(self) -> None:
        """Every second: what was received (RFC 3550 6.4.2)."""
        self._strangers, self._rebinds = STRANGERS_PER_SECOND, REBINDS_PER_SECOND
        blocks = [one.stats.block(self._now.ms) for one in self._media.values() if one.stats.heard]
        self.fraction_lost = max((block.fraction_lost for block in blocks), default=0)
        for at in range(0, len(blocks), MOST_BLOCKS):
            report = rtcp.ReceiverReport(self._reporter, tuple(blocks[at : at + MOST_BLOCKS]))
            self.transport.send_rtcp(rtcp.build(report))
