"""The way out through the compiled path: the same lanes, kept in C's memory, and one call that sends all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from weakref import WeakValueDictionary

from server.rtp.departures import Departures
from server.rtp.packet import HeaderTemplate
from server.rtp.payload import Descriptor
from server.sfu.dtls import PROTECT_ADDRESS, PROTECT_RTCP_ADDRESS, UNPROTECT_ADDRESS, CipherBuffer, SrtpSession
from server.sfu.egress import CONTROL_LANE_BYTES, MOST_TRAILER_BYTES, VIDEO_LANE_BYTES, Egress, Fan, Lane, Route
from server.sfu.native import Native
from server.sfu.native.streams import NativeGate
from server.sfu.now import Now

if TYPE_CHECKING:
    from server.sfu.downlink import Downlink

VIDEO_RING_BYTES = 5 << 18  # the last thousand packets of a 2.5 Mbit/s layer
SOUND_RING_BYTES = 1 << 18
MOST_PACKET_BYTES = 2048


class NativeLane(Lane):
    """A lane whose numbers lie where C can change them too."""

    __slots__ = ("__weakref__", "_departures", "_log", "_native", "_outbound", "_owner", "_route", "record")

    def __init__(self, owner: NativeEgress, size: int, *, video: bool) -> None:
        native = self._native = owner.native
        self._owner = owner
        self._buffer = CipherBuffer(size)
        self.view = self._buffer.view
        self.base = self._buffer.base
        self.limit = size - MOST_TRAILER_BYTES
        self.video = video
        buffer = native.ffi.cast("uint8_t *", self._buffer.address)
        record = native.lib.path_lane_new(owner.path, buffer, self.limit, video)
        self.record: Any = native.ffi.gc(record, native.lib.path_lane_free)
        self._route: Route | None = None
        self._outbound: SrtpSession | None = None
        self._departures: Departures | None = None
        self._log: Any = None

    def open(self, outbound: SrtpSession) -> None:
        self._outbound = outbound
        self.record.session = self._native.ffi.cast("void *", outbound.address)

    @property
    def end(self) -> int:
        return int(self.record.end)

    @end.setter
    def end(self, end: int) -> None:
        self.record.end = end

    @property
    def sent_bytes(self) -> int:
        return int(self.record.sent_bytes)

    @sent_bytes.setter
    def sent_bytes(self, sent_bytes: int) -> None:
        self.record.sent_bytes = sent_bytes

    @property
    def departures(self) -> Departures | None:
        return self._departures

    @departures.setter
    def departures(self, departures: Departures | None) -> None:
        ffi, record = self._native.ffi, self.record
        self._departures = departures
        self._log = None
        record.log = record.number = ffi.NULL
        if departures is not None:
            log = ffi.from_buffer("uint64_t[]", departures.log)
            number = ffi.from_buffer("uint64_t[]", departures.counter)
            self._log = (log, number)
            record.log, record.number = log, number

    @property
    def route(self) -> Route | None:
        return self._route

    @route.setter
    def route(self, route: Route | None) -> None:
        self._route = route
        record = self.record
        record.fd = -1
        if route is not None and route.way is not None:
            fd, address, segments = route.way
            record.address_size = len(address)
            self._native.ffi.memmove(record.address, address, len(address))
            record.segments = segments
            record.fd = fd

    def put_rtp(self, length: int) -> None:
        self._native.lib.path_lane_protect(self.record, length)

    def _put(self, size: int) -> None:
        self._native.lib.path_lane_put(self.record, size)

    def flush(self) -> None:
        self._native.lib.path_lane_flush(self.record)

    def send(self) -> None:
        """What C asks for where it has no socket for it: give everything to the route."""
        record = self.record
        sizes = list(record.sizes[0 : record.count])
        end = record.end
        record.count = record.end = 0
        record.sent_bytes += end
        if self._route is not None:
            self._route.send_run(self.view, sizes, video=self.video)


class NativeFan(Fan):
    """The viewers of one rendition as C sees them, and the ring of what it sent."""

    def __init__(self, owner: NativeEgress, template: HeaderTemplate) -> None:
        native = self._native = owner.native
        ffi = native.ffi
        self._owner = owner
        self._template = template
        video = bool(template.number_at)
        ring = native.lib.path_ring_new(VIDEO_RING_BYTES if video else SOUND_RING_BYTES)
        self._ring: Any = ffi.gc(ring, native.lib.path_ring_free)
        self._records: dict[Downlink, Any] = {}
        self._array: Any = None
        self._found: Any = ffi.new("uint8_t[]", MOST_PACKET_BYTES + 64)
        self._packet: Any = ffi.new("struct path_packet *")
        self._one: Any = ffi.new("struct path_target *[1]")
        record = self.record = ffi.new("struct path_rendition *")
        layout = template.layout
        record.ring = self._ring
        record.header = layout.prefix.ljust(64, b"\0")
        record.header_size = template.size
        record.first, record.payload_type = layout.prefix[0], layout.prefix[1]
        record.time_at, record.level_at, record.mid_at = layout.time_at, layout.level_at, layout.mid_at
        record.number_at = layout.number_at
        packet = self._packet
        packet.payload_at, packet.mid_at, packet.number_at = template.size, layout.mid_at, layout.number_at

    def keep(self, sequence: int, packet: bytes) -> None:
        self._native.lib.path_ring_put(self._ring, sequence, packet, len(packet))

    def find(self, sequence: int) -> bytes | None:
        size = self._native.lib.path_ring_find(self._ring, sequence, self._found, MOST_PACKET_BYTES + 64)
        return bytes(self._native.ffi.buffer(self._found, size)) if size else None

    def watch(self, targets: tuple[Downlink, ...]) -> None:
        ffi = self._native.ffi
        self._records = {one: self._records.get(one) or self._target(one) for one in targets}
        self._array = ffi.new("struct path_target *[]", list(self._records.values()) or 1)
        self.record.targets = self._array
        self.record.target_count = len(self._records)

    def _target(self, downlink: Downlink) -> Any:
        record = self._native.ffi.new("struct path_target *")
        record.lane = cast("NativeLane", downlink.lane).record
        splice = downlink.current
        record.shifted = downlink.shifted
        if splice is not None:
            record.ssrc, record.timestamp, record.sequence = splice.ssrc, splice.timestamp, splice.sequence
            record.picture, record.tl0 = splice.picture, splice.tl0
        record.mid_size = len(downlink.mid)
        record.mid = downlink.mid.ljust(16, b"\0")
        return record

    def send(
        self,
        packet: bytes,
        targets: tuple[Downlink, ...],
        numbers: tuple[int, int, int, int],
        now_us: int,
        payload: Descriptor | None,
    ) -> None:
        ffi, record = self._native.ffi, self._packet
        data = ffi.from_buffer("uint8_t[]", packet)
        record.data, record.length = data, len(packet)
        record.sequence, record.timestamp, record.picture, record.tl0 = numbers
        record.picture_at = record.picture_bits = record.tl0_at = 0
        if payload is not None:
            record.picture_at, record.picture_bits = payload.picture_id_at, payload.picture_id_bits
            record.tl0_at = payload.tl0_at
        records = [self._records[one] for one in targets]
        array = self._array if len(records) == self.record.target_count else ffi.new("struct path_target *[]", records)
        self._native.lib.path_fan_out(self._owner.path, record, array, len(records))

    def arm(self, constants: tuple[int, int, int, int]) -> Any:
        """C may send to all targets by itself, with these constants."""
        record = self.record
        record.sequence, record.timestamp, record.picture, record.tl0 = constants
        return record

    def take_counts(self) -> tuple[int, int]:
        record = self.record
        counts = record.packets, record.octets
        record.packets = record.octets = 0
        return counts


class NativeEgress(Egress):
    """All lanes and gates of one media process, and the path they hang on."""

    def __init__(self, native: Native, now: Now, inbox: CipherBuffer) -> None:
        super().__init__()
        ffi, lib = native
        self.native = native
        self._now = now
        self.inbox = inbox
        lanes: WeakValueDictionary[int, NativeLane] = WeakValueDictionary()

        def by_python(index: int) -> None:
            lanes[index].send()

        self._lanes = lanes
        self._gates: WeakValueDictionary[int, NativeGate] = WeakValueDictionary()
        self._indices = 0
        self._by_python = ffi.callback("void(int)", by_python)
        path = lib.path_new(
            ffi.cast("path_srtp", PROTECT_ADDRESS),
            ffi.cast("path_srtp", UNPROTECT_ADDRESS),
            ffi.cast("path_srtp", PROTECT_RTCP_ADDRESS),
            ffi.cast("uint8_t *", inbox.address),
            len(inbox.view),
            self._by_python,
        )
        self.path: Any = ffi.gc(path, lib.path_free)
        self.turn: Any = lib.path_turn(self.path)
        self._null: Any = ffi.NULL

    def lane(self, *, video: bool) -> Lane:
        lane = NativeLane(self, VIDEO_LANE_BYTES if video else CONTROL_LANE_BYTES, video=video)
        self._indices += 1
        lane.record.index = self._indices
        self._lanes[self._indices] = lane
        return lane

    def gate(self) -> NativeGate:
        record = self.native.ffi.gc(self.native.lib.path_gate_new(self.path), self.native.lib.path_gate_free)
        gate = NativeGate(self, self.native, record)
        self._indices += 1
        record.index = self._indices
        self._gates[self._indices] = gate
        return gate

    def fan(self, template: HeaderTemplate) -> Fan:
        return NativeFan(self, template)

    def moment(self) -> None:
        """What time it is."""
        turn, now = self.turn, self._now
        turn.now_us, turn.wall_us, turn.send_time = now.us, now.wall_us, now.send_time

    def begin(self) -> None:
        self.moment()
        turn = self.turn
        while turn.changed != self._null:
            self._gates[self.native.lib.path_take_changed(self.path).index].follow()

    def tell(self) -> None:
        self.native.lib.path_tell(self.path)

    def flush(self) -> None:
        self.native.lib.path_flush(self.path)
