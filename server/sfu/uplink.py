"""What one sender's producer sends: its layers, what is missing of them, what they cost, and who hears them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.meeting.ports import Source
from server.rtp.av1 import Av1Descriptor
from server.rtp.codecs import descriptor_for
from server.rtp.dependency import DependencyDescriptor
from server.rtp.keyframes import KeyFrameRequests
from server.rtp.layers import SWITCH, Layer
from server.rtp.nack import DUPLICATE, LATE, NackGenerator
from server.rtp.negotiate import Produced
from server.rtp.packet import HeaderTemplate, PacketError, RtpHeader, find_extension
from server.rtp.payload import Descriptor
from server.rtp.reports import ReceiverStats
from server.rtp.since import Since
from server.sfu.egress import Egress
from server.sfu.now import Now
from server.sfu.svc import Scalable
from server.sfu.switchboard import ALL_TEMPORAL, Rendition

if TYPE_CHECKING:
    from server.sfu.downlink import Downlink
    from server.sfu.native.streams import NativeStream

# A layer this far behind its siblings is no longer sent: six frames of fifteen a second. Browsers end their largest one
# without a word when their own line gets thin, and until it is noticed its viewers see a still.
SILENT_BEHIND_MS = 400
NOMINAL_BPS = (150_000, 500_000, 2_500_000)  # until a layer was measured
AUDIO_BPS = 40_000
MOST_TEMPORAL = 3
RESIZED_MS = 500  # between two times that all viewers' lines are shared out anew because a layer changed its size
SMOOTHING = 0.25  # of the newest half second: one key frame more does not make a layer dear


@dataclass(frozen=True, slots=True)
class Identity:
    """The numbers under which all viewers know a producer; unique in this media process."""

    producer_id: str
    session_id: str
    meeting_id: str
    source: Source
    ssrc: int
    rtx_ssrc: int
    mid: str


class LayerStream:
    """One incoming SSRC: one simulcast layer, or a microphone."""

    def __init__(self, uplink: Uplink, spatial: int, ssrc: int, now: Now) -> None:
        produced = uplink.produced
        self.uplink = uplink
        self.spatial = spatial
        self.ssrc = ssrc
        self.payload_type = produced.payload_type
        self.nack = NackGenerator()
        self.stats = ReceiverStats(ssrc, produced.clock_rate)
        self.heard_ms = 0
        self.width = self.height = 0
        self.top_temporal = 0
        self.waiting: list[Downlink] = []  # for a key frame
        self.movers: list[Downlink] = []  # for the right moment to change the temporal layer
        #: what the compiled path knows of it, if there is one
        self.native: NativeStream | None = None
        #: where several layers come in it
        self.svc = Scalable() if uplink.payload.layered else None
        #: AV1's, where its packets tell layers
        self.dependency = DependencyDescriptor() if uplink.dependency_id else None
        self.tells_layers = self.svc is not None or self.dependency is not None
        self._renditions: tuple[Rendition, ...] = ()
        self._now = now
        self._bytes = [0] * MOST_TEMPORAL
        self.bytes_in = 0
        self._rates: list[float] | None = None
        self._asked_ms = -1
        self._since = Since()

    def receive(self, data: memoryview, header: RtpHeader, arrival_us: int, repaired: bool) -> None:
        """One clear packet; an RTX packet was unwrapped before."""
        native = self.native
        if native is None:
            self._receive(data, header, arrival_us, repaired)
            return
        native.disarm()
        if self._receive(data, header, arrival_us, repaired) and not repaired:
            native.arm(header, self.uplink.payload)

    def _receive(self, data: memoryview, header: RtpHeader, arrival_us: int, repaired: bool) -> bool:
        """True: it is the newest one, and was handed on."""
        if header.payload_type != self.payload_type:
            return False
        now_ms = self._now.ms
        uplink = self.uplink
        before = self.nack.highest
        # Sound comes again as it was.
        again = repaired or not uplink.is_video
        verdict = self.nack.receive(header.sequence, now_ms, repaired=again)
        if verdict >= DUPLICATE:
            return False
        if not repaired:
            self.stats.receive(header.sequence, header.timestamp, arrival_us)
        if header.payload_length == 0:
            for rendition in self._renditions:
                rendition.padding(header)
            return False
        payload = uplink.payload
        try:
            payload.read(data, header.payload_offset, header.payload_length)
            if self.tells_layers:
                self._read_layers(data, header)
        except PacketError:
            return False
        self.heard_ms = now_ms
        temporal = payload.temporal_id
        if temporal > self.top_temporal:
            self.top_temporal = min(temporal, MOST_TEMPORAL - 1)
        self._bytes[min(temporal, MOST_TEMPORAL - 1)] += header.payload_length
        if payload.key_frame and uplink.is_video:
            self._key_frame(header, payload)
        if not uplink.paused:
            if self.waiting and self.nack.waiting:
                self._since.keep(data, header, before)
            self._hand_on(data, header, late=verdict == LATE)
        return verdict != LATE

    def _hand_on(self, data: memoryview, header: RtpHeader, *, late: bool) -> None:
        """To all who watch; `uplink.payload` has been read."""
        uplink, payload = self.uplink, self.uplink.payload
        if late:
            if payload.key_frame and self.waiting and uplink.is_video and self._since.has_all_after(header.sequence):
                self._begin_late(data, header)
                return
        else:
            if payload.key_frame and self.waiting:
                self._take_in_waiting()
            # Not while something is missing: what is repaired after a move belongs to a rendition that was left, and
            # without a base frame of it nothing that follows can be decoded.
            if self.movers and payload.start and not self.nack.waiting:
                self._move(payload)
        if uplink.hushed:
            for rendition in self._renditions:
                rendition.leave_out(header)
            return
        for rendition in self._renditions:
            rendition.packet(data, header, payload, late, uplink.level)

    def _key_frame(self, header: RtpHeader, payload: Descriptor) -> None:
        self.nack.key_frame(header.sequence)
        self.uplink.requests.arrived(self._now.ms)
        self.uplink.stirred = True
        if self.svc is not None:
            if payload.sizes and payload.sizes != self.svc.sizes:
                self.svc.sizes = payload.sizes
                self.uplink.resized()
        elif payload.width and (payload.width, payload.height) != (self.width, self.height):
            self.width, self.height = payload.width, payload.height
            self.uplink.resized()

    def _read_layers(self, data: memoryview, header: RtpHeader) -> None:
        """After the payload. Raises PacketError, also where AV1's descriptor is missing: nobody knows the layer."""
        uplink, payload = self.uplink, self.uplink.payload
        uplink.stirred = True
        if self.svc is not None:
            self.svc.count(payload, header.payload_length, self._now.ms)
        elif self.dependency is not None and isinstance(payload, Av1Descriptor):
            self.dependency.read(data, *find_extension(data, header, uplink.dependency_id))
            payload.depend(self.dependency)

    def width_of(self, spatial: int) -> int:
        """0 when not known."""
        return self.width if self.svc is None else self.svc.size_of(spatial)[0]

    def _take_in_waiting(self) -> None:
        waiting, self.waiting = self.waiting, []
        self._since.forget()
        for downlink in waiting:
            # A key frame is one of all the layers that come in this stream.
            spatial = self.spatial if self.svc is None else downlink.switch.target
            if downlink.switch.passes(spatial, True) == SWITCH:
                downlink.enter(self, self.rendition(spatial, downlink.switch.temporal))

    def _begin_late(self, data: memoryview, header: RtpHeader) -> None:
        """A key frame whose first packet was lost has it now: who waits begins with it, and gets what came since."""
        waiting, known, level = self.waiting, self._renditions, self.uplink.level
        since = self._since.after(header.sequence)
        self._take_in_waiting()
        for rendition in self._renditions:
            rendition.packet(data, header, self.uplink.payload, rendition in known, level)
        again, payload = RtpHeader(), self.uplink.repair_payload
        for kept in since:
            packet = memoryview(kept.into(again))
            payload.read(packet, 0, len(packet))
            for rendition in self._renditions:
                if rendition not in known:
                    rendition.packet(packet, again, payload, False, level)
                else:
                    began = tuple(one for one in waiting if one.rendition is rendition)
                    rendition.again(packet, again, payload, began)

    def _move(self, payload: Descriptor) -> None:
        staying: list[Downlink] = []
        for downlink in self.movers:
            if downlink.layer is not self:
                continue
            switch = downlink.switch
            switch.passes_temporal(payload.temporal_id, payload.start, payload.sync)
            wanted = self.rendition(switch.current, switch.temporal)
            if wanted is not downlink.rendition:
                downlink.enter(self, wanted)
            if switch.temporal != downlink.temporal_target:
                staying.append(downlink)
        self.movers = staying

    def rendition(self, spatial: int, temporal: int) -> Rendition:
        """The one for these layers, made when nobody had it yet."""
        key = temporal if temporal < self.top_temporal else ALL_TEMPORAL
        for rendition in self._renditions:
            if rendition.temporal == key and rendition.spatial == spatial:
                return rendition
        uplink = self.uplink
        rendition = Rendition(
            uplink.template,
            uplink.egress.fan(uplink.template),
            self._now,
            clock_rate=uplink.produced.clock_rate,
            spatial=spatial,
            temporal=key,
            first_sequence=uplink.next_first_sequence(),
        )
        self._renditions = (*self._renditions, rendition)
        self.unsettle()
        return rendition

    def leave(self, downlink: Downlink, rendition: Rendition) -> None:
        """`downlink` no longer watches; a rendition without viewers is given up."""
        rendition.leave(downlink)
        if rendition.deserted:
            self._renditions = tuple(one for one in self._renditions if one is not rendition)
            self.unsettle()

    def await_key_frame(self, downlink: Downlink) -> None:
        """It is taken in with the next one."""
        self.waiting.append(downlink)
        self.unsettle()

    def await_change(self, downlink: Downlink) -> None:
        """Its temporal layer changes at the next frame where that is possible."""
        self.movers.append(downlink)
        self.unsettle()

    def forget(self, downlink: Downlink) -> None:
        """It no longer waits for anything here."""
        if downlink in self.waiting:
            self.waiting.remove(downlink)
        if downlink in self.movers:
            self.movers.remove(downlink)

    # -- for the compiled path (native.streams)

    def unsettle(self) -> None:
        """Something has changed: the next packet is one for Python, which then looks anew."""
        if self.native is not None:
            self.native.disarm()

    @property
    def steady(self) -> bool:
        """Is nothing to be expected but the next packet in order, to be sent to all who watch?"""
        uplink, renditions = self.uplink, self._renditions
        if uplink.paused or uplink.hushed or self.waiting or self.movers or self.nack.waiting or len(renditions) > 1:
            return False
        return not renditions or renditions[0].steady

    @property
    def only_rendition(self) -> Rendition | None:
        """While steady: the one there is."""
        return self._renditions[0] if self._renditions else None

    def follow(self, heard_ms: int, octets: tuple[int, ...]) -> None:
        """Packets came in order, with so many payload octets of each temporal layer."""
        self.heard_ms = heard_ms
        self._bytes = [before + fresh for before, fresh in zip(self._bytes, octets, strict=True)]

    def missing_now(self, round_trip_ms: int) -> list[int]:
        """Numbers to ask the sender for; [] almost always. At most once a millisecond looks at what is missing."""
        now_ms = self._now.ms
        if not self.nack.waiting or self._asked_ms == now_ms:
            return []
        self._asked_ms = now_ms
        return self.nack.due(now_ms, round_trip_ms)

    def measure(self, interval_ms: int) -> None:
        """Every half second."""
        self.bytes_in += sum(self._bytes)
        if self.svc is not None:
            self.svc.measure(interval_ms)
        fresh = [count * 8000 / interval_ms for count in self._bytes]
        self._bytes = [0] * MOST_TEMPORAL
        if self._rates is None or not any(self._rates):
            self._rates = fresh
        else:
            self._rates = [old + (new - old) * SMOOTHING for old, new in zip(self._rates, fresh, strict=True)]

    def describe(self) -> Layer:
        """Size and bitrates, as the choice of layers wants them."""
        rates: tuple[int, ...]
        if self._rates is None or not any(self._rates):
            nominal = NOMINAL_BPS[self.spatial] if self.uplink.is_video else AUDIO_BPS
            rates = (nominal,) * (MOST_TEMPORAL if self.uplink.is_video else 1)
        else:
            sums = [int(sum(self._rates[: one + 1])) for one in range(self.top_temporal + 1)]
            rates = tuple(sums)
        return Layer(self.spatial, self.width, self.height, rates)


class Uplink:
    """One producer. `ask` sends a picture loss indication for one SSRC to its sender."""

    def __init__(
        self, identity: Identity, produced: Produced, now: Now, egress: Egress, ask: Callable[[int], None]
    ) -> None:
        self.identity = identity
        self.egress = egress
        self.produced = produced
        self.is_video = produced.kind == "video"
        self.payload: Descriptor = descriptor_for(produced.codec.mime_type)
        self.payload.layered = produced.layered
        #: the header extension that tells of what layer a packet is, 0: the payload does
        self.dependency_id = produced.extension_ids.dependency if isinstance(self.payload, Av1Descriptor) else 0
        #: for packets that are sent again: reads what was kept, while `payload` reads what arrives
        self.repair_payload: Descriptor = descriptor_for(produced.codec.mime_type)
        self.template = HeaderTemplate(
            ssrc=identity.ssrc,
            payload_type=produced.codec.payload_type,
            mid=identity.mid,
            audio_level=not self.is_video,
            transport_number=self.is_video,
        )
        self.layers: list[LayerStream | None] = [None] * len(produced.encodings)
        self.requests = KeyFrameRequests()
        self.downlinks: dict[str, Downlink] = {}
        self.paused = False
        #: a microphone that is not among those forwarded in a large room
        self.hushed = False
        #: of the last sound packet: the whole extension byte
        self.level = 127
        self.alive: tuple[int, ...] = ()
        #: since the last tick something came that may change which layers are alive
        self.stirred = False
        self._now = now
        self._ask = ask
        self._first_sequence = identity.ssrc & 0x7FFF
        self._resized_ms: int | None = None
        self._resize_waits = False

    def _unsettle(self) -> None:
        for layer in self.layers:
            if layer is not None:
                layer.unsettle()

    def next_first_sequence(self) -> int:
        """Renditions begin far from each other: a viewer's numbers are not mistaken for another rendition's."""
        self._first_sequence = (self._first_sequence + 0x1357) & 0xFFFF
        return self._first_sequence

    def bind(self, spatial: int, ssrc: int) -> LayerStream:
        """An SSRC turned out to be this layer; one that it had before is forgotten."""
        before = self.layers[spatial]
        stream = self.layers[spatial] = LayerStream(self, spatial, ssrc, self._now)
        stream.heard_ms = self._now.ms
        if before is not None:
            for downlink in self.downlinks.values():
                downlink.layer_replaced(before)
        self.reconsider()
        return stream

    def resized(self) -> None:
        """A layer has another size than before; one that changes it with every frame is looked at twice a second."""
        now_ms = self._now.ms
        self._resize_waits = self._resized_ms is not None and now_ms - self._resized_ms < RESIZED_MS
        if not self._resize_waits:
            self._resized_ms = now_ms
            self.reconsider()

    def reconsider(self) -> None:
        """What there is to choose from has changed."""
        self.alive = self._alive_layers()
        for downlink in tuple(self.downlinks.values()):
            downlink.reconsider()

    def _alive_streams(self) -> list[LayerStream]:
        streams = [layer for layer in self.layers if layer is not None]
        newest = max((layer.heard_ms for layer in streams), default=0)
        return [layer for layer in streams if newest - layer.heard_ms <= SILENT_BEHIND_MS]

    def living(self) -> tuple[Layer, ...]:
        """The layers that are being sent, ascending; none of a paused producer."""
        if self.paused:
            return ()
        streams = self._alive_streams()
        if streams and streams[0].svc is not None:
            return streams[0].svc.layers(streams[0].top_temporal)
        return tuple(layer.describe() for layer in streams)

    def _alive_layers(self) -> tuple[int, ...]:
        streams = self._alive_streams()
        if streams and streams[0].svc is not None:
            return streams[0].svc.alive()
        return tuple(layer.spatial for layer in streams)

    def stream_of(self, spatial: int) -> LayerStream | None:
        """The one in which this layer comes, None when it does not (yet)."""
        if self.payload.layered:
            return self.layers[0]
        return self.layers[spatial] if 0 <= spatial < len(self.layers) else None

    def ask_key_frame(self, spatial: int) -> None:
        """Somebody needs one of this layer; asked at most twice a second, whoever asks."""
        if self.is_video and self.requests.ask(self._now.ms):
            self._send_ask(spatial)

    def _send_ask(self, spatial: int) -> None:
        layer = self.stream_of(spatial)
        if layer is None:
            layer = next((one for one in self.layers if one is not None), None)
        if layer is not None:
            self._ask(layer.ssrc)

    @property
    def restless(self) -> bool:
        """Is there something for the very next tick?"""
        if not self.is_video:
            return False
        if self.stirred or self.requests.pending or self._resize_waits:
            return True
        return any(layer is not None and (layer.waiting or layer.nack.lost) for layer in self.layers)

    def tick(self) -> None:
        """Every 50 ms while `restless`: key frames that did not come, holes given up, layers that fell silent."""
        if not self.is_video:
            return
        self.stirred = False
        for layer in self.layers:
            if layer is not None and layer.nack.take_lost() and not self.paused:
                self.ask_key_frame(layer.spatial)
        wanted = next((one for one in self.layers if one is not None and one.waiting), None)
        if wanted is not None and not self.paused and not self.requests.pending:
            self.ask_key_frame(wanted.spatial)
        elif self.requests.due(self._now.ms):
            self._send_ask(wanted.spatial if wanted is not None else 0)
        if self._resize_waits:
            self.resized()
        if self._alive_layers() != self.alive:
            self.reconsider()

    def hush(self, hushed: bool) -> None:
        """From this packet on."""
        if hushed != self.hushed:
            self.hushed = hushed
            for layer in self.layers:
                if layer is not None and layer.native is not None:
                    layer.native.disarm()

    def set_paused(self, paused: bool) -> None:
        """At once: nothing of it is forwarded any more; afterwards everybody begins with a key frame."""
        if paused == self.paused:
            return
        self.paused = paused
        self._unsettle()
        for downlink in tuple(self.downlinks.values()):
            downlink.sender_paused(paused)
