"""What the compiled path may forward by itself: one record per incoming stream, armed by Python, followed up by it.

The rule: Python's turn begins with following up what was forwarded meanwhile, and a record is armed only while nothing
but the next packet in order can be expected. So the two never hold different truths.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from server.rtp.packet import RtpHeader
from server.rtp.payload import Descriptor
from server.rtp.vp8 import Vp8Descriptor
from server.sfu.dtls import SrtpSession
from server.sfu.egress import Gate, Route
from server.sfu.native import Native

if TYPE_CHECKING:
    from server.sfu.inlet import Inlet
    from server.sfu.native.lanes import NativeEgress, NativeLane
    from server.sfu.uplink import LayerStream

MOST_STREAMS = 32  # path_gate.ssrcs
FEEDBACK_BYTES = 1200  # feedback.c
_KINDS: dict[type[Descriptor], int] = {Descriptor: 0, Vp8Descriptor: 1}  # path.c: SOUND, VP8


class NativeStream:
    """One layer's record."""

    __slots__ = ("_layer", "_native", "record")

    def __init__(self, native: Native, layer: LayerStream, level_id: int) -> None:
        self._native = native
        self._layer = layer
        self.record: Any = native.ffi.new("struct path_stream *")
        self.record.kind = _KINDS[type(layer.uplink.payload)]
        self.record.payload_type = layer.payload_type
        self.record.clock_rate = layer.uplink.produced.clock_rate
        self.record.level_id = 0 if layer.uplink.is_video else level_id

    def disarm(self) -> None:
        """Every packet goes to Python from now on."""
        self.record.armed = 0

    def arm(self, header: RtpHeader, payload: Descriptor) -> None:
        """After the newest packet, which is the one in `header` and `payload`: the next ones may be forwarded."""
        layer, record = self._layer, self.record
        jitter = layer.stats.jitter
        if jitter is None or not layer.steady:
            return
        rendition = layer.only_rendition
        record.rendition = self._native.ffi.NULL if rendition is None else rendition.arm()
        record.transit, record.jitter_16 = jitter
        record.timestamp = header.timestamp
        record.sequence = header.sequence
        record.top_temporal = layer.top_temporal
        record.picture_bits = payload.picture_id_bits
        record.has_tl0 = payload.tl0 >= 0
        record.picture, record.tl0 = payload.picture_id, payload.tl0
        record.level = layer.uplink.level
        record.armed = 1

    def follow(self, inlet: Inlet) -> None:
        """Tell Python's objects of all that was forwarded."""
        record, layer = self.record, self._layer
        count = record.count
        if not count:
            return
        if record.level_count:
            inlet.levels(layer.uplink, self._native.ffi.unpack(record.levels, record.level_count), record.heard_ms)
            record.level_count = 0
        layer.nack.follow(count)
        layer.stats.follow(count, record.sequence, record.transit, record.jitter_16)
        layer.follow(record.heard_ms, tuple(record.bytes))
        rendition = layer.only_rendition
        if rendition is not None:
            rendition.follow(
                record.sequence, record.timestamp, record.heard_ms, record.picture, record.tl0, record.picture_bits
            )
        record.count = 0
        record.bytes = (0, 0, 0)


class NativeFeedback:
    """rtp.twcc.TransportFeedback in C: what came is counted without Python, and told by NativeEgress.tell."""

    __slots__ = ("_gate", "_native", "record")

    def __init__(self, native: Native, reporter: int, gate: Any) -> None:
        self._native = native
        self._gate = gate
        self.record: Any = native.ffi.gc(native.lib.path_feedback_new(reporter), native.lib.path_feedback_free)

    def receive(self, sequence: int, arrival_us: int) -> None:
        self._native.lib.path_arrived(self._gate, sequence, arrival_us)

    @property
    def waiting(self) -> bool:
        return bool(self.record.lowest >= 0)

    def build(self, media_ssrc: int) -> list[bytes]:
        ffi, lib = self._native
        out = ffi.new("uint8_t[]", FEEDBACK_BYTES)
        packets: list[bytes] = []
        while size := lib.path_feedback_next(self.record, media_ssrc, out):
            packets.append(bytes(ffi.buffer(out, size)))
        return packets


class NativeGate(Gate):
    """What one browser sends over one transport."""

    def __init__(self, egress: NativeEgress, native: Native, record: Any) -> None:
        self.record = record
        self._egress = egress
        self._native = native
        self._inlet: Inlet | None = None
        self._inbound: SrtpSession | None = None
        self._streams: dict[int, NativeStream] = {}
        self._level_id = 0
        self._feedback: NativeFeedback | None = None
        self._lane: NativeLane | None = None

    def serve(self, inlet: Inlet) -> None:
        self._inlet = inlet
        lane = self._lane = cast("NativeLane", inlet.transport.lane)
        self.record.lane = lane.record

    def feedback(self, reporter: int) -> NativeFeedback:
        feedback = self._feedback = NativeFeedback(self._native, reporter, self.record)
        self.record.feedback = feedback.record
        return feedback

    @property
    def last_ssrc(self) -> int:
        return int(self.record.last_ssrc)

    @last_ssrc.setter
    def last_ssrc(self, ssrc: int) -> None:
        self.record.last_ssrc = ssrc

    def open(self, inbound: SrtpSession) -> None:
        self._inbound = inbound
        self.record.session = self._native.ffi.cast("void *", inbound.address)

    def close(self) -> None:
        self.record.session = self._native.ffi.NULL
        self._inbound = None

    def moved(self, route: Route | None) -> None:
        record = None if route is None else route.record
        self.record.route = self._native.ffi.NULL if record is None else record

    def extensions(self, transport_cc_id: int, level_id: int) -> None:
        self.record.transport_cc_id = transport_cc_id
        self._level_id = level_id
        for stream in self._streams.values():
            if stream.record.level_id:
                stream.record.level_id = level_id

    def bind(self, ssrc: int, layer: LayerStream) -> None:
        if type(layer.uplink.payload) not in _KINDS or len(self._streams) >= MOST_STREAMS:
            return
        layer.native = self._streams[ssrc] = NativeStream(self._native, layer, self._level_id)
        self._table()

    def unbind(self, ssrc: int) -> None:
        stream = self._streams.pop(ssrc, None)
        if stream is not None:
            stream.disarm()
            self._table()

    def _table(self) -> None:
        record = self.record
        record.count = len(self._streams)
        for at, (ssrc, stream) in enumerate(self._streams.items()):
            record.ssrcs[at] = ssrc
            record.streams[at] = stream.record

    def follow(self) -> None:
        """All that was forwarded since Python looked last."""
        inlet = self._inlet
        if inlet is None:
            return
        for stream in self._streams.values():
            stream.follow(inlet)
