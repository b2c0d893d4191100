"""Who gets what: a rendition is one thinned-out stream of a producer, with the frozen tuple of those who watch it.

Renumbering is done once per rendition, not once per viewer; a viewer only adds constants to it (see downlink). No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.rtp.nack import FORGET_AFTER
from server.rtp.packet import HeaderTemplate, RtpHeader
from server.rtp.payload import Descriptor
from server.rtp.rewrite import Rewriter
from server.sfu.egress import Fan
from server.sfu.now import Now

if TYPE_CHECKING:
    from server.sfu.downlink import Downlink

ALL_TEMPORAL = 8  # more than any codec has: nothing is thinned out
MOST_UNSEEN = 0x4000  # numbers that go by before those who watch are told: half of half of all
_SCRATCH_BYTES = 4096


class Rendition:
    """All packets of one layer up to one temporal layer, numbered without gaps for what was taken out. Where several
    spatial layers come in one stream: of this one, and of those below that it builds upon."""

    __slots__ = (
        "_fan",
        "_joining",
        "_now",
        "_rewriter",
        "_scratch",
        "_settled",
        "_template",
        "_view",
        "last_ms",
        "last_picture",
        "last_sequence",
        "last_timestamp",
        "last_tl0",
        "octets",
        "packets",
        "spatial",
        "targets",
        "temporal",
    )

    def __init__(
        self,
        template: HeaderTemplate,
        fan: Fan,
        now: Now,
        *,
        clock_rate: int,
        spatial: int,
        temporal: int,
        first_sequence: int,
    ) -> None:
        self.spatial = spatial
        self.temporal = temporal
        self._template = template
        self._now = now
        # What was lost so long that nobody asks for it any more leaves no hole.
        self._rewriter = Rewriter(clock_rate=clock_rate, first_sequence=first_sequence, most_missing=FORGET_AFTER)
        self._settled = first_sequence
        self._fan = fan
        self._scratch = bytearray(_SCRATCH_BYTES)
        self._view = memoryview(self._scratch)
        self._joining: tuple[Downlink, ...] = ()
        #: replaced, never changed, when somebody comes or goes
        self.targets: tuple[Downlink, ...] = ()
        self.packets = self.octets = 0
        # The newest packet's numbers: where those who watch stand.
        self.last_sequence = self.last_timestamp = self.last_ms = 0
        self.last_picture = self.last_tl0 = -1

    def join(self, downlink: Downlink) -> None:
        """From the next packet on (which the caller knows to be one that a decoder can begin with)."""
        self._joining = (*self._joining, downlink)

    def leave(self, downlink: Downlink) -> None:
        """At once."""
        self.targets = tuple(one for one in self.targets if one is not downlink)
        self._joining = tuple(one for one in self._joining if one is not downlink)
        self._fan.watch(self.targets)

    @property
    def deserted(self) -> bool:
        return not self.targets and not self._joining

    def packet(self, data: memoryview, header: RtpHeader, payload: Descriptor, late: bool, level: int) -> None:
        """One packet of this layer. late: it fills a hole, or came in the wrong order."""
        rewriter, now = self._rewriter, self._now
        sequence, picture_id, picture_bits = header.sequence, payload.picture_id, payload.picture_id_bits
        layered = payload.layered
        beyond = payload.temporal_id > self.temporal or (layered and not payload.within(self.spatial, self.temporal))
        if beyond and not (late and not payload.linked and rewriter.kept_picture(picture_id, picture_bits)):
            # (A picture that was lost whole before anybody knew its layer has kept its numbers: it fills them itself.)
            if rewriter.started:
                self._fill(rewriter.drop(sequence, -1 if payload.linked else picture_id, picture_bits))
            return
        if rewriter.started:
            output = rewriter.forward(sequence, header.timestamp, now.ms, picture_id, payload.tl0, picture_bits)
            if output < 0:
                return
        elif late:
            return
        else:
            output = rewriter.switch(
                sequence,
                header.timestamp,
                now.ms,
                picture_id=picture_id,
                tl0=payload.tl0,
            )
        timestamp, picture, tl0 = rewriter.timestamp, rewriter.picture_id, rewriter.tl0
        scratch = self._scratch
        # The last packet of the highest layer that is left ends the picture (RFC 9628 4.1).
        marker = header.marker or (1 if layered and payload.ends(self.spatial) else 0)
        at = self._template.write(scratch, 0, marker, output, timestamp, now.send_time, level)
        start, length = header.payload_offset, header.payload_length
        end = at + length
        scratch[at:end] = data[start : start + length]
        if picture != picture_id or tl0 != payload.tl0:
            payload.patch(scratch, at, picture, tl0)
        packet = bytes(self._view[:end])
        self._fan.keep(output, packet)
        self.packets += 1
        self.octets += length
        numbers = (output, timestamp, picture, tl0)
        if late:
            if self._joining and payload.key_frame:
                self._take_in(numbers, picture_bits)
            wanted = tuple(one for one in self.targets if one.wants_late(output))
            self._fan.send(packet, wanted, numbers, now.us, payload)
            return
        self.last_sequence, self.last_timestamp, self.last_picture, self.last_tl0 = numbers
        self.last_ms = now.ms
        if (output - self._settled) & 0xFFFF > MOST_UNSEEN:
            # A sender whose numbers run wild: else those who watch look every half second.
            self._settled = output
            for downlink in self.targets:
                downlink.catch_up()
        if self._joining:
            self._take_in(numbers, picture_bits)
        self._fan.send(packet, self.targets, numbers, now.us, payload)

    def _take_in(self, numbers: tuple[int, int, int, int], picture_bits: int) -> None:
        joining = self._joining
        self._joining = ()
        for downlink in joining:
            downlink.splice(self, numbers, picture_bits)
        self.targets = (*self.targets, *joining)
        self._fan.watch(self.targets)

    def again(self, data: memoryview, header: RtpHeader, payload: Descriptor, viewers: tuple[Downlink, ...]) -> None:
        """One that the others have had already, to those who began with a packet before it."""
        if payload.temporal_id > self.temporal or not viewers:
            return
        rewriter = self._rewriter
        output = rewriter.forward(
            header.sequence,
            header.timestamp,
            self._now.ms,
            payload.picture_id,
            payload.tl0,
            payload.picture_id_bits,
        )
        packet = self.find(output) if output >= 0 else None
        if packet is not None:
            numbers = (output, rewriter.timestamp, rewriter.picture_id, rewriter.tl0)
            self._fan.send(packet, viewers, numbers, self._now.us, payload)

    def leave_out(self, header: RtpHeader) -> None:
        """This packet is not for anybody: what follows closes the gap."""
        if self._rewriter.started:
            self._rewriter.drop(header.sequence)

    def padding(self, header: RtpHeader) -> None:
        """A packet without a payload: closes the gap, or fills the number that was kept free for it with nothing."""
        if self._rewriter.started:
            self._fill(self._rewriter.drop(header.sequence))

    def _fill(self, output: int) -> None:
        """An empty packet for a number that was kept free (-1: none): without it viewers ask until they give up."""
        if output < 0:
            return
        at = self._template.write(self._scratch, 0, 0, output, self.last_timestamp, self._now.send_time)
        packet = bytes(self._view[:at])
        self._fan.keep(output, packet)
        wanted = tuple(one for one in self.targets if one.wants_late(output))
        self._fan.send(packet, wanted, (output, self.last_timestamp, -1, -1), self._now.us, None)

    def find(self, sequence: int) -> bytes | None:
        """The clear packet with this number, None when it never was or is too old."""
        return self._fan.find(sequence)

    # -- for the compiled path (native.streams)

    @property
    def steady(self) -> bool:
        """Does every packet in order go to all targets, under numbers that differ by constants?"""
        return self.temporal == ALL_TEMPORAL and self._rewriter.started and not self._joining

    def arm(self) -> Any:
        """The record by which the compiled path sends to all targets."""
        return self._fan.arm(self._rewriter.constants())

    def follow(  # noqa: PLR0917 - one number each
        self, sequence: int, timestamp: int, heard_ms: int, picture: int, tl0: int, picture_bits: int
    ) -> None:
        """All packets up to this one, the last of those in order, have been sent by it."""
        rewriter = self._rewriter
        self.last_sequence = rewriter.forward(sequence, timestamp, heard_ms, picture, tl0, picture_bits)
        self.last_timestamp, self.last_ms = rewriter.timestamp, heard_ms
        self.last_picture, self.last_tl0 = rewriter.picture_id, rewriter.tl0
        packets, octets = self._fan.take_counts()
        self.packets += packets
        self.octets += octets

    @property
    def payload_at(self) -> int:
        """Where every packet's payload begins."""
        return self._template.size
