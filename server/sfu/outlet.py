"""One viewer's transport: its consumers, what its line carries, and its reports, repairs and wishes. No socket."""

from __future__ import annotations

from collections.abc import Callable

from server.meeting.ports import View
from server.rtp import rtcp
from server.rtp.allocate import Demand, Priority, allocate
from server.rtp.bandwidth import ViewerBandwidth
from server.rtp.departures import Departures
from server.rtp.layers import Choice, Layer
from server.rtp.packet import PacketError
from server.sfu.downlink import Downlink
from server.sfu.dtls import CipherBuffer, SrtpSession
from server.sfu.egress import Lane
from server.sfu.now import Now
from server.sfu.repair import Repair
from server.sfu.transport import Transport
from server.sfu.uplink import AUDIO_BPS

START_BPS = 8_000_000  # a wired office; the first alarm of a thinner line comes within a second
DEFAULT_HEIGHT_PX = 360  # until the viewer says what it shows
REPAIRS_AT_ONCE = 512
REPAIRS_PER_TICK = 64  # every 50 ms
MOST_REPORTS = 30
#: told: (consumer_id, paused, reason, width_px)
Tell = Callable[[str, bool, str, int], None]


class Outlet:
    """What a browser receives over one transport: all of its consumers."""

    def __init__(self, transport: Transport, video_lane: Lane, inbox: CipherBuffer, now: Now, tell: Tell) -> None:
        self.transport = transport
        self.video_lane = video_lane
        self.downlinks: dict[str, Downlink] = {}
        #: SSRCs of producers once consumed here; a second time needs another (numbers under one key never run back)
        self.used_ssrcs: set[int] = set()
        self.ready = False
        self._repairs: dict[int, Repair] = {}
        self._by_ssrc: dict[int, Downlink] = {}
        self._view = inbox.view
        self._now = now
        self._tell = tell
        self._bandwidth = ViewerBandwidth(START_BPS)
        self._choices: dict[str, Choice] = {}
        self._stale = False
        self._sent_bytes = 0
        self._budget = REPAIRS_AT_ONCE
        self._rtt_ms = 100
        transport.add_lane(video_lane)
        transport.serve(self)

    # -- consumers

    def add(self, downlink: Downlink) -> None:
        self.downlinks[downlink.consumer_id] = downlink
        downlink.uplink.downlinks[downlink.consumer_id] = downlink
        self._by_ssrc[downlink.stream.ssrc] = downlink
        self._repairs[downlink.stream.ssrc] = Repair(downlink, self._now)
        if downlink.stream.numbered and self.video_lane.departures is None:
            self.video_lane.departures = Departures()
        self.used_ssrcs.add(downlink.stream.ssrc)
        self.allocate()

    def remove(self, downlink: Downlink) -> None:
        downlink.stop()
        self.downlinks.pop(downlink.consumer_id, None)
        downlink.uplink.downlinks.pop(downlink.consumer_id, None)
        self._by_ssrc.pop(downlink.stream.ssrc, None)
        self._repairs.pop(downlink.stream.ssrc, None)
        if self.transport.outbound is not None:
            # Its numbers are never used again under these keys: used_ssrcs remembers them.
            self.transport.outbound.forget(downlink.stream.ssrc)
            self.transport.outbound.forget(downlink.stream.rtx_ssrc)
        self._choices.pop(downlink.consumer_id, None)
        self._stale = True

    def show(self, views: list[View]) -> None:
        """What the viewer shows now."""
        for view in views:
            downlink = self.downlinks.get(view.consumer_id)
            if downlink is not None:
                downlink.view = view
        self.allocate()

    # -- who gets which layer

    def reconsider(self, downlink: Downlink) -> None:
        """What there is to choose from has changed: now, for somebody who sees nothing yet, else with the next tick."""
        if downlink.layer is None:
            self.allocate()
        else:
            self._stale = True

    def sender_paused(self, downlink: Downlink, paused: bool) -> None:
        self._choices.pop(downlink.consumer_id, None)
        self._set_reason(downlink, "sender" if paused else "")
        self.allocate()

    def size_changed(self, downlink: Downlink, width_px: int) -> None:
        if width_px and width_px != downlink.width:
            downlink.width = width_px
            self._tell(downlink.consumer_id, False, "", width_px)

    def _set_reason(self, downlink: Downlink, reason: str) -> None:
        if downlink.paused_by != reason:
            downlink.paused_by = reason
            self._tell(downlink.consumer_id, bool(reason), reason, downlink.width)

    def allocate(self) -> None:
        """Share what the line carries; nothing before there are keys to send with."""
        self._stale = False
        if not self.ready:
            return
        demands: list[Demand] = []
        for downlink in tuple(self.downlinks.values()):
            if downlink.view.paused or downlink.uplink.paused:
                if downlink.switch.target >= 0:
                    downlink.stop()
                self._choices.pop(downlink.consumer_id, None)
            elif downlink.uplink.is_video:
                demands.append(_demand(downlink))
            else:
                demands.append(Demand(downlink.consumer_id, Priority.AUDIO, _SOUND, 0))
        given = allocate(self._bandwidth.available_bps(), tuple(demands), self._choices)
        for demand in demands:
            self._apply(self.downlinks[demand.consumer], demand, given[demand.consumer])

    def _apply(self, downlink: Downlink, demand: Demand, choice: Choice | None) -> None:
        if not demand.layers:
            return  # its sender sends nothing (yet): no fault of this line
        if choice is None:
            self._choices.pop(downlink.consumer_id, None)
            if downlink.switch.target >= 0:
                downlink.stop()
            self._set_reason(downlink, "bandwidth")
            return
        self._choices[downlink.consumer_id] = choice
        self._set_reason(downlink, "")
        downlink.aim(choice)

    # -- what comes from the viewer

    def connected(self, outbound: SrtpSession) -> None:
        self.ready = True
        self.allocate()

    def accepts(self, ssrc: int) -> bool:
        """A receiving transport sends no media."""
        return False

    def receive_rtp(self, ssrc: int, length: int, arrival_us: int) -> None:
        """Never called: nothing is accepted."""

    def receive_rtcp(self, length: int) -> None:
        try:
            packets = rtcp.parse(self._view[:length])
        except PacketError:
            return
        for packet in packets:
            match packet:
                case rtcp.ReceiverReport(blocks=blocks) | rtcp.SenderReport(blocks=blocks):
                    self._reported(blocks)
                case rtcp.Nack(media=media, lost=lost):
                    repair = self._repairs.get(media)
                    if repair is not None and self._budget > 0:
                        # Looking a number up costs too, whether it is found or not.
                        lost = lost[: 2 * self._budget]
                        self._budget -= max(repair.send(lost, self._rtt_ms, self._budget), len(lost) // 2)
                case rtcp.Pli(media=media):
                    self._wants_key_frame(media)
                case rtcp.Fir(entries=entries):
                    for media, _number in entries[:MOST_REPORTS]:
                        self._wants_key_frame(media)
                case rtcp.Remb(bitrate_bps=bitrate_bps):
                    before = self._bandwidth.available_bps()
                    self._bandwidth.remb(bitrate_bps, self._now.ms)
                    self._stale |= self._bandwidth.available_bps() < before

    def _wants_key_frame(self, ssrc: int) -> None:
        downlink = self._by_ssrc.get(ssrc)
        if downlink is not None and downlink.layer is not None:
            downlink.uplink.ask_key_frame(downlink.layer.spatial)

    def _reported(self, blocks: tuple[rtcp.ReportBlock, ...]) -> None:
        known = [(block, downlink) for block in blocks if (downlink := self._by_ssrc.get(block.ssrc)) is not None]
        if not known:
            return
        # One stream's holes may come from its sender; the line itself is what all streams have in common.
        self._bandwidth.loss(sum(block.fraction_lost for block, _ in known) // len(known), self._now.ms)
        for block, downlink in known:
            measured = downlink.round_trip_ms(block)
            if measured is not None and measured < 3000:
                self._rtt_ms += (measured - self._rtt_ms) // 4

    # -- timers

    def tick(self) -> None:
        """Every 50 ms."""
        self._budget = min(REPAIRS_AT_ONCE, self._budget + REPAIRS_PER_TICK)
        if self._stale:
            self.allocate()

    def measure(self, interval_ms: int) -> None:
        """Every half second."""
        total = sum(lane.sent_bytes for lane in self.transport.lanes)
        self._bandwidth.sent((total - self._sent_bytes) * 8000 // interval_ms, self._now.ms)
        self._sent_bytes = total
        for downlink in self.downlinks.values():
            downlink.catch_up()

    def report(self) -> None:
        """Every second: sender reports (RFC 3550 6.4.1), and the shares looked at again."""
        self.allocate()
        reports = [one for downlink in self.downlinks.values() if (one := downlink.sender_report()) is not None]
        for at in range(0, len(reports), MOST_REPORTS):
            self.transport.send_rtcp(rtcp.build(*reports[at : at + MOST_REPORTS]))


_SOUND = (Layer(0, 0, 0, (AUDIO_BPS,)),)
_PRIORITIES = {2: Priority.SCREEN, 1: Priority.SPEAKER}


def _demand(downlink: Downlink) -> Demand:
    view = downlink.view
    screen = downlink.uplink.identity.source == "screen"
    priority = Priority.SCREEN if screen else _PRIORITIES.get(view.priority, Priority.VISIBLE)
    height = view.height_px or view.width_px * 9 // 16 or DEFAULT_HEIGHT_PX
    return Demand(downlink.consumer_id, priority, downlink.uplink.living(), height)
