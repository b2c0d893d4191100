"""One viewer's consumer: which layer it gets, and the constants that turn a rendition's numbers into its own."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

from server.meeting.ports import View
from server.rtp import rtcp
from server.rtp.layers import Choice, LayerSwitch
from server.rtp.packet import Writable
from server.rtp.payload import Descriptor
from server.rtp.reports import round_trip_ms, translate
from server.rtp.rewrite import Rewriter, SenderClock
from server.sfu.egress import Lane
from server.sfu.now import Now
from server.sfu.switchboard import Rendition
from server.sfu.uplink import LayerStream, Uplink

if TYPE_CHECKING:
    from server.sfu.outlet import Outlet

REMEMBERED = 0x2000  # numbers; nobody can be sent again what is older (egress.RING)

_write_numbers = Struct("!HII").pack_into
_ONE_CLOCK = SenderClock(0, 0)  # old and new are the same stream: its timestamps go on as they are


@dataclass(frozen=True, slots=True)
class Stream:
    """What this consumer was announced with; rtx_payload_type -1: it gets no RTX; numbered: it tells when each came."""

    ssrc: int
    rtx_ssrc: int
    rtx_payload_type: int
    mid: str
    numbered: bool = False


class Splice:
    """From `first_output` on, this viewer's numbers are the rendition's plus these constants."""

    __slots__ = ("first", "first_output", "picture", "rendition", "sequence", "ssrc", "timestamp", "tl0")

    def __init__(self, rendition: Rendition, first: int, ssrc: int) -> None:
        self.rendition = rendition
        self.first = self.first_output = first
        self.ssrc = ssrc
        self.sequence = self.timestamp = self.picture = self.tl0 = 0

    def settle(self, newest: int) -> bool:
        """Forget where it began once that is long ago, before the distance wraps. newest: the rendition's number."""
        if (newest - self.first) & 0xFFFF <= 2 * REMEMBERED:
            return False
        self.first = (newest - REMEMBERED) & 0xFFFF
        self.first_output = (self.first + self.sequence) & 0xFFFF
        return True

    def patch(
        self, view: Writable, at: int, payload_at: int, numbers: tuple[int, int, int, int], payload: Descriptor
    ) -> None:
        """Write the viewer's numbers into a copy at `at`; numbers: the rendition's, as fan_out has them."""
        sequence, timestamp, picture, tl0 = numbers
        _write_numbers(
            view, at + 2, (sequence + self.sequence) & 0xFFFF, (timestamp + self.timestamp) & 0xFFFFFFFF, self.ssrc
        )
        if picture >= 0 or tl0 >= 0:
            payload.patch(view, at + payload_at, (picture + self.picture) & 0x7FFF, (tl0 + self.tl0) & 0xFF)


class Downlink:
    """One consumer. `lane`, `shifted` and `patch` are what the path of a packet uses; the rest decides."""

    __slots__ = (
        "_last_layer",
        "_left_at",
        "_now",
        "_outlet",
        "_sent_at_splice",
        "_sent_before",
        "before",
        "consumer_id",
        "current",
        "lane",
        "layer",
        "mid",
        "paused_by",
        "rendition",
        "rewriter",
        "shifted",
        "stream",
        "switch",
        "temporal_target",
        "uplink",
        "view",
        "width",
    )

    def __init__(
        self, consumer_id: str, uplink: Uplink, outlet: Outlet, *, stream: Stream, lane: Lane, now: Now
    ) -> None:
        self.consumer_id = consumer_id
        self.uplink = uplink
        self.stream = stream
        self.lane = lane
        self.view = View(consumer_id)
        self.switch = LayerSwitch()
        self.temporal_target = 0
        self.layer: LayerStream | None = None
        self.rendition: Rendition | None = None
        self.rewriter: Rewriter | None = None
        #: why nothing is sent: "", "sender", "bandwidth"
        self.paused_by = "sender" if uplink.paused else ""
        self.width = 0
        #: None before the first packet, and while paused
        self.current: Splice | None = None
        #: the one before, for repairs
        self.before: Splice | None = None
        #: do its packets differ from the rendition's at all?
        self.shifted = False
        #: its own mid, when that is not the producer's
        self.mid = b"" if stream.mid == uplink.identity.mid else stream.mid.encode()
        self._outlet = outlet
        self._now = now
        self._last_layer: LayerStream | None = None
        self._left_at = (-1, -1)  # picture id and TL0PICIDX of the rendition left, when it was left
        self._sent_before = self._sent_at_splice = (0, 0)

    # -- what the path of a packet asks

    def patch(self, view: Writable, at: int, payload_at: int, numbers: tuple[int, int, int, int]) -> None:
        """Write this viewer's numbers into its copy at `at`."""
        splice = self.current
        if splice is not None:
            splice.patch(view, at, payload_at, numbers, self.uplink.payload)
            if self.mid:
                self.uplink.template.write_mid(view, at, self.mid)

    def wants_late(self, sequence: int) -> bool:
        """Is a late packet of the rendition not older than this viewer's first?"""
        splice = self.current
        return splice is not None and (sequence - splice.first) & 0xFFFF < 0x8000

    # -- changing layers

    def aim(self, choice: Choice) -> None:
        """What it shall get from now on."""
        self.temporal_target = choice.temporal
        asks = self.switch.want(choice.spatial, choice.temporal)
        if asks or (self.switch.waiting and self.layer is None):
            self._await_key_frame(choice.spatial)
        elif self.layer is not None and self.switch.temporal != choice.temporal and self not in self.layer.movers:
            self.layer.await_change(self)

    def _await_key_frame(self, spatial: int) -> None:
        stream = self.uplink.stream_of(spatial)
        if stream is not None and self not in stream.waiting:
            stream.await_key_frame(self)
            self.uplink.ask_key_frame(spatial)

    def stop(self) -> None:
        """Nothing more from this moment on."""
        self.switch.want(-1, 0)
        for stream in self.uplink.layers:
            if stream is not None:
                stream.forget(self)
        self._leave()

    def _leave(self) -> None:
        if self.layer is None or self.rendition is None:
            return
        self.catch_up()
        self._sent_before = self.sent()
        if self.current is not None:
            self.before, self.current = self.current, None
            self._left_at = (self.rendition.last_picture, self.rendition.last_tl0)
        self.layer.leave(self, self.rendition)
        self._last_layer = self.layer
        self.layer = self.rendition = None

    def enter(self, layer: LayerStream, rendition: Rendition) -> None:
        """The layer's stream says that the next packet is one to begin with."""
        self._leave()
        self.layer, self.rendition = layer, rendition
        rendition.join(self)
        self._outlet.size_changed(self, layer.width_of(rendition.spatial))

    def splice(self, rendition: Rendition, numbers: tuple[int, int, int, int], picture_bits: int) -> None:
        """The first packet from a rendition: go on with this viewer's numbers from where they stood.

        numbers: the rendition's own, the picture id in 15 bits; picture_bits: how many of them the packet carries.
        """
        sequence, timestamp, picture, tl0 = numbers
        layer, last = self.layer, self._last_layer
        old: SenderClock | None = _ONE_CLOCK
        new: SenderClock | None = _ONE_CLOCK
        if layer is not None and last is not None and last is not layer:
            old, new = last.stats.clock, layer.stats.clock
        step = picture_step = 1
        before, payload = self.before, self.uplink.payload
        if layer is last and before is not None and rendition.temporal != before.rendition.temporal:
            # Another rendition of the same layer: both count base frames as the sender does, and the frame that is
            # first may be one above the base frame that the viewer has.
            left_picture, left_tl0 = self._left_at
            if tl0 >= 0:
                step = (tl0 - left_tl0) & 0xFF
            if payload.linked and not payload.key_frame and picture >= 0:
                picture_step = (picture - left_picture) & ((1 << picture_bits) - 1)
        if self.rewriter is None:
            self.rewriter = Rewriter(clock_rate=self.uplink.produced.clock_rate, first_sequence=sequence)
        rewriter = self.rewriter
        output = rewriter.switch(
            sequence,
            timestamp,
            self._now.ms,
            old=old,
            new=new,
            picture_id=picture,
            tl0=tl0,
            tl0_step=step,
            picture_step=picture_step,
        )
        splice = self.current = Splice(rendition, sequence, self.stream.ssrc)
        splice.first_output = output
        splice.sequence = (output - sequence) & 0xFFFF
        splice.timestamp = (rewriter.timestamp - timestamp) & 0xFFFFFFFF
        splice.picture = (rewriter.picture_id - picture) & 0x7FFF if picture >= 0 else 0
        splice.tl0 = (rewriter.tl0 - tl0) & 0xFF if tl0 >= 0 else 0
        self.shifted = bool(splice.sequence or splice.timestamp or splice.picture or splice.tl0 or self.mid)
        self._sent_at_splice = (rendition.packets - 1, rendition.octets)

    def catch_up(self) -> None:
        """Tell the rewriter where the rendition stands. Often enough that no number wraps unseen: every half second."""
        rendition, rewriter, splice = self.rendition, self.rewriter, self.current
        if rendition is not None and rewriter is not None and splice is not None:
            rewriter.forward(
                rendition.last_sequence,
                rendition.last_timestamp,
                rendition.last_ms,
                rendition.last_picture,
                rendition.last_tl0,
            )
            if splice.settle(rendition.last_sequence):
                self.before = None  # its numbers have come round, or soon will

    # -- what happens to the producer

    def layer_replaced(self, before: LayerStream) -> None:
        """The layer comes under another SSRC now: begin anew with a key frame."""
        if self.layer is before or self in before.waiting:
            self.stop()
            before.forget(self)

    def reconsider(self) -> None:
        self._outlet.reconsider(self)

    def sender_paused(self, paused: bool) -> None:
        if paused:
            self.stop()
        self._outlet.sender_paused(self, paused)

    # -- reports

    def sent(self) -> tuple[int, int]:
        """Packets and payload octets since the start."""
        packets, octets = self._sent_before
        if self.current is None:
            return packets, octets
        rendition = self.current.rendition
        return (
            packets + rendition.packets - self._sent_at_splice[0],
            octets + rendition.octets - self._sent_at_splice[1],
        )

    def sender_report(self) -> rtcp.SenderReport | None:
        """The sender's clock in this viewer's time; None before the sender told its own."""
        layer, rewriter = self.layer, self.rewriter
        if layer is None or rewriter is None or self.current is None or layer.stats.clock is None:
            return None
        packets, octets = self.sent()
        return translate(
            layer.stats.clock,
            layer.stats.clock_age_ms(self._now.ms),
            rewriter,
            clock_rate=self.uplink.produced.clock_rate,
            ssrc=self.stream.ssrc,
            packets=packets,
            octets=octets,
        )

    def round_trip_ms(self, block: rtcp.ReportBlock) -> int | None:
        """From a receiver report about this stream; the reports it answers carry the sender's clock, not ours."""
        layer = self.layer
        if layer is None or layer.stats.clock is None:
            return None
        return round_trip_ms(block, layer.stats.clock.ntp + (layer.stats.clock_age_ms(self._now.ms) << 32) // 1000)
