"""Sending again what a viewer missed: from the ring of the rendition it watched, as RTX where the viewer knows it."""

from __future__ import annotations

from server.rtp.history import Resends
from server.rtp.packet import HeaderTemplate, PacketError
from server.sfu.downlink import Downlink, Splice
from server.sfu.now import Now

MOST_COPIES = 2
MOST_PADDING = 255  # bytes in one packet
_EMPTY = bytes(MOST_PADDING - 1) + bytes((MOST_PADDING,))


class Repair:
    """One per consumer."""

    __slots__ = ("_downlink", "_now", "_resends", "_rtx", "_sequence")

    def __init__(self, downlink: Downlink, now: Now) -> None:
        self._downlink = downlink
        self._now = now
        self._resends = Resends()
        stream = downlink.stream
        self._sequence = stream.rtx_ssrc & 0x7FFF
        self._rtx: HeaderTemplate | None = None
        if stream.rtx_payload_type >= 0:
            self._rtx = HeaderTemplate(
                ssrc=stream.rtx_ssrc, payload_type=stream.rtx_payload_type, mid=stream.mid, transport_number=True
            )

    def send(self, lost: tuple[int, ...], rtt_ms: int, most: int) -> int:
        """At most `most` packets; returns how many went. Unknown numbers (holes from upstream) are ignored."""
        count = 0
        for number in lost:
            if count >= most:
                break
            splice = self._splice(number)
            if splice is None:
                continue
            packet = splice.rendition.find((number - splice.sequence) & 0xFFFF)
            if packet is None:
                continue
            times = self._resends.allow(number, self._now.ms, rtt_ms)
            # Asked for again: its repair was lost too, and there may be time for no third one.
            for _ in range(min(times, MOST_COPIES)):
                self._send(packet, number, splice)
                count += 1
        return count

    # -- what nobody needs, to see what the line carries

    @property
    def pads(self) -> bool:
        """Can it send something that a decoder never sees?"""
        return self._rtx is not None and self._downlink.stream.numbered

    @property
    def last_ms(self) -> int:
        """When its stream was sent last, -1: it does not flow."""
        rendition = self._downlink.rendition
        return -1 if rendition is None or self._downlink.current is None else rendition.last_ms

    def pad(self, padding_bytes: int) -> int:
        """About so many bytes: the newest packet over and over, as browsers do, else empty ones. Returns how many."""
        rendition, splice = self._downlink.rendition, self._downlink.current
        packet = None
        if rendition is not None and splice is not None:
            packet = rendition.find(rendition.last_sequence)
        sent = 0
        while sent < padding_bytes:
            if packet is not None and splice is not None and rendition is not None:
                size = self._send(packet, (rendition.last_sequence + splice.sequence) & 0xFFFF, splice)
            else:
                size = self._send_empty()
            if size <= 0:
                break
            sent += size
        return sent

    def _send_empty(self) -> int:
        """RFC 4588 has no payload to give here; RFC 3550 5.1: the last of the padding says how much there is."""
        rtx, lane = self._rtx, self._downlink.lane
        if rtx is None:
            return 0
        total = rtx.size + MOST_PADDING
        at = lane.room(total)
        if at < 0:
            return 0
        view = lane.view
        end = rtx.write(view, at, 0, self._sequence, 0, self._now.send_time)
        view[at] |= 0x20
        view[end : end + MOST_PADDING] = _EMPTY
        self._sequence = (self._sequence + 1) & 0xFFFF
        if lane.departures is not None:
            rtx.write_number(view, at, lane.departures.add(self._now.us, total))
        lane.put_rtp(total)
        return total

    def _splice(self, number: int) -> Splice | None:
        current, before = self._downlink.current, self._downlink.before
        if current is not None and (number - current.first_output) & 0xFFFF < 0x8000:
            return current
        if before is not None and (number - before.first_output) & 0xFFFF < 0x8000:
            return before
        return None

    def _send(self, packet: bytes, number: int, splice: Splice) -> int:
        """Returns its bytes, 0 when it did not go."""
        downlink, rtx = self._downlink, self._rtx
        lane, payload = downlink.lane, downlink.uplink.repair_payload
        start = splice.rendition.payload_at
        length = len(packet) - start
        total = len(packet) if rtx is None else rtx.size + 2 + length
        at = lane.room(total)
        if at < 0:
            return 0
        view = lane.view
        timestamp = int.from_bytes(packet[4:8], "big")
        if rtx is None:
            view[at : at + total] = packet
            payload_at = at + start
        else:
            payload_at = rtx.write_rtx(
                view,
                at,
                packet[1] >> 7,
                self._sequence,
                (timestamp + splice.timestamp) & 0xFFFFFFFF,
                self._now.send_time,
                number,
            )
            view[payload_at : payload_at + length] = packet[start:]
        picture = tl0 = -1
        if length and downlink.uplink.is_video:
            try:
                payload.read(packet, start, length)
            except PacketError:
                return 0
            picture, tl0 = payload.picture_id, payload.tl0
        if rtx is None:
            own = number - splice.sequence & 0xFFFF
            splice.patch(view, at, start, (own, timestamp, picture, tl0), payload)
            if downlink.mid:
                downlink.uplink.template.write_mid(view, at, downlink.mid)
        else:
            self._sequence = (self._sequence + 1) & 0xFFFF
            if picture >= 0 or tl0 >= 0:
                payload.patch(view, payload_at, (picture + splice.picture) & 0x7FFF, (tl0 + splice.tl0) & 0xFF)
            departures = lane.departures
            if departures is not None:
                rtx.write_number(view, at, departures.add(self._now.us, total))
        lane.put_rtp(total)
        return total
