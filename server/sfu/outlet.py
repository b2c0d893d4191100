"""One viewer's transport: its consumers, what its line carries, and its reports, repairs and wishes. No socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from server.meeting.ports import View
from server.rtp import rtcp
from server.rtp.allocate import EVERYBODY, Demand, Grant, Priority, Wish, allocate, capped, wanted_bps
from server.rtp.layers import Layer
from server.rtp.line import ViewerLine
from server.rtp.loudness import Loudness
from server.rtp.packet import PacketError
from server.sfu.downlink import Downlink
from server.sfu.dtls import CipherBuffer, SrtpSession
from server.sfu.egress import Lane
from server.sfu.now import Now
from server.sfu.quality import Heard
from server.sfu.repair import Repair
from server.sfu.transport import Transport
from server.sfu.uplink import AUDIO_BPS

TICK_MS = 50
START_BPS = 3_000_000  # a thinner line is known within a second, more room is found within another
REMB_START_BPS = 8_000_000  # a wired office: where room cannot be looked for, it is believed in until the first alarm
BOUNDLESS_BPS = 1_000_000_000  # a line within this machine
PINNED = 2  # a view's priority
NOTICED = 1.05  # the line must carry so much more before a second has passed
DEFAULT_HEIGHT_PX = 360  # until the viewer says what it shows
REPAIRS_AT_ONCE = 512
REPAIRS_PER_TICK = 64  # every 50 ms
MOST_VOICES = 6  # heard at once: what sound takes of a line at most
MOST_REPORTS = 30
CONTENT_LOOKS = 3  # seconds between two looks at the shares of a viewer who has everything
PROMPT_PER_TICK = 8  # times that a sender can have this line shared out anew at once, without waiting for the tick
#: told: (consumer_id, paused, reason, width_px)
Tell = Callable[[str, bool, str, int], None]


class Outlet:
    """What a browser receives over one transport: all of its consumers."""

    def __init__(
        self, transport: Transport, video_lane: Lane, inbox: CipherBuffer, now: Now, tell: Tell, *, room: Loudness
    ) -> None:
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
        self._room = room
        self._line = ViewerLine(START_BPS, REMB_START_BPS)
        #: what each consumer got last
        self.grants: dict[str, Grant] = {}
        #: of the site's budget, None: there is none
        self.cap_bps: int | None = None
        self.most_pictures = EVERYBODY
        #: no line that could be too thin
        self.boundless = False
        self._shared_bps = self._sound_bps = 0
        self._stale = self._content = False
        self._looks = 0
        self._prompt = PROMPT_PER_TICK
        self._sent_bytes = 0
        self.heard = Heard()
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
        if downlink.stream.numbered:
            self.video_lane.departures = self._line.number()
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
        self.grants.pop(downlink.consumer_id, None)
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
        self._share(at_once=downlink.layer is None)

    def sender_paused(self, downlink: Downlink, paused: bool) -> None:
        self._set_reason(downlink, "sender" if paused else "")
        self._share(at_once=True)

    def _share(self, *, at_once: bool) -> None:
        """A sender gives cause to; a hostile one could with every packet."""
        if at_once and self._prompt > 0:
            self._prompt -= 1
            self.allocate()
        else:
            self._stale = True

    def size_changed(self, downlink: Downlink, width_px: int) -> None:
        if width_px and width_px != downlink.width:
            downlink.width = width_px
            self._tell(downlink.consumer_id, False, "", width_px)

    def tell_again(self) -> None:
        """How each consumer stands, for who may have missed it."""
        for downlink in self.downlinks.values():
            self._tell(downlink.consumer_id, bool(downlink.paused_by), downlink.paused_by, downlink.width)

    def _set_reason(self, downlink: Downlink, reason: str) -> None:
        if downlink.paused_by != reason:
            downlink.paused_by = reason
            self._tell(downlink.consumer_id, bool(reason), reason, downlink.width)

    def wish(self) -> Wish:
        """What the viewer wants, and what its line carries of it."""
        demands: list[Demand] = []
        voices = 0
        for downlink in self.downlinks.values():
            if downlink.view.paused or downlink.uplink.paused:
                continue
            if downlink.uplink.is_video:
                demands.append(self._demand(downlink))
            else:
                voices += 1
                demands.append(Demand(downlink.consumer_id, Priority.AUDIO, _SOUND, 0))
        sound_bps = min(voices, MOST_VOICES) * AUDIO_BPS
        line = self._line
        # Numbered packets are pictures only: what was found for them is beside sound already.
        available_bps = line.available_bps + (sound_bps if line.numbered else 0)
        if self.boundless:
            available_bps = BOUNDLESS_BPS
        return Wish(available_bps, sound_bps, tuple(demands), self.most_pictures)

    def _demand(self, downlink: Downlink) -> Demand:
        view, identity = downlink.view, downlink.uplink.identity
        spoke = -1 if view.priority >= PINNED else self._room.place(identity.session_id)
        priority = Priority.SPEAKER if view.priority > 0 else Priority.VISIBLE
        if identity.source == "screen":
            priority = Priority.SCREEN
        height = view.height_px or view.width_px * 9 // 16 or DEFAULT_HEIGHT_PX
        return Demand(downlink.consumer_id, priority, downlink.uplink.living(), height, spoke)

    def allocate(self) -> None:
        """Share what the line carries; nothing before there are keys to send with."""
        self._stale = False
        if not self.ready:
            return
        wish = self.wish()
        if self.cap_bps is not None:
            wish = capped(wish, self.cap_bps)
        self._shared_bps, self._sound_bps = wish.available_bps, wish.reserved_bps
        named = {demand.consumer for demand in wish.demands}
        for downlink in tuple(self.downlinks.values()):
            if downlink.consumer_id not in named and downlink.switch.target >= 0:
                downlink.stop()
        before, self.grants = self.grants, allocate(wish, self.grants, self._now.ms)
        for consumer_id, grant in before.items():
            if consumer_id not in named and consumer_id in self.downlinks:
                self.grants[consumer_id] = replace(grant, choice=None, reason="")
        for demand in wish.demands:
            self._apply(self.downlinks[demand.consumer], demand, self.grants[demand.consumer])
        self._look_for_room(wish)
        served = all(self.grants[one.consumer].choice is not None for one in wish.demands if one.layers)
        self._content = served and not self._line.looking and self.cap_bps is None

    def cap(self, cap_bps: int | None) -> None:
        """What the office's budget leaves for this viewer; less at once, more when it is worth it."""
        before, self.cap_bps = self.cap_bps, cap_bps
        if before != cap_bps and (before is None or cap_bps is None or cap_bps < self._shared_bps or before == 0):
            self.allocate()

    def _look_for_room(self, wish: Wish) -> None:
        """Only for what is shown smaller than its tile because of this line."""
        wanted = wanted_bps(wish, self.grants)
        sounds = {demand.consumer for demand in wish.demands if demand.priority is Priority.AUDIO}
        given = sum(one.choice.bitrate_bps for name, one in self.grants.items() if one.choice and name not in sounds)
        if self.cap_bps is not None:
            wanted = min(wanted, self.cap_bps - wish.reserved_bps)
        self._line.want(wanted if wanted > given else 0)

    def _apply(self, downlink: Downlink, demand: Demand, grant: Grant) -> None:
        if not demand.layers:
            return  # its sender sends nothing (yet): no fault of this line
        self._set_reason(downlink, grant.reason)
        if grant.choice is not None:
            downlink.aim(grant.choice)
        elif downlink.switch.target >= 0:
            downlink.stop()

    # -- what comes from the viewer

    def connected(self, outbound: SrtpSession) -> None:
        self.ready = True
        self.allocate()

    def accepts(self, ssrc: int) -> bool:
        """A receiving transport sends no media."""
        return False

    def receive_rtp(self, ssrc: int, length: int, arrival_us: int) -> None:
        """Never called: nothing is accepted."""

    def receive_rtcp(self, length: int) -> int:
        try:
            packets = rtcp.parse(self._view[:length])
        except PacketError:
            return rtcp.MAX_STATUSES
        for packet in packets:
            self.heard.take(packet)
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
                    self._line.remb(bitrate_bps, self._now.ms)
                case rtcp.TransportCc():
                    self._line.feedback(packet, self._now.ms, self._rtt_ms)
        if self._line_changed():
            self._stale = True
        return sum(map(rtcp.weight, packets))

    def _wants_key_frame(self, ssrc: int) -> None:
        downlink = self._by_ssrc.get(ssrc)
        if downlink is not None and downlink.layer is not None:
            downlink.uplink.ask_key_frame(downlink.layer.spatial)

    def _reported(self, blocks: tuple[rtcp.ReportBlock, ...]) -> None:
        known = [(block, downlink) for block in blocks if (downlink := self._by_ssrc.get(block.ssrc)) is not None]
        if not known:
            return
        # One stream's holes may come from its sender; the line itself is what all streams have in common.
        self.heard.fraction_lost = sum(block.fraction_lost for block, _ in known) // len(known)
        self._line.loss(self.heard.fraction_lost, self._now.ms)
        for block, downlink in known:
            measured = downlink.round_trip_ms(block)
            if measured is not None and measured < 3000:
                self._rtt_ms += (measured - self._rtt_ms) // 4
                self.heard.round_trip_ms = self._rtt_ms

    # -- timers

    @property
    def restless(self) -> bool:
        """Is there something for the very next tick? Else one in a quarter of a second will do."""
        spent = self._prompt < PROMPT_PER_TICK or self._budget < REPAIRS_AT_ONCE
        return spent or self._stale or self._line.restless

    def tick(self) -> None:
        """Every 50 ms while `restless`."""
        self._prompt = PROMPT_PER_TICK
        self._budget = min(REPAIRS_AT_ONCE, self._budget + REPAIRS_PER_TICK)
        line = self._line
        padding = line.tick(self.video_lane.sent_bytes, self._now.ms, TICK_MS, self._rtt_ms)
        if padding:
            line.padded(self._pad(padding), self._now.ms)
        if self._stale or self._line_changed():
            self.allocate()

    def _line_changed(self) -> bool:
        """Less than what was shared out, or more when somebody waits for it."""
        if self.boundless:
            return False
        now_bps = self._line.available_bps + (self._sound_bps if self._line.numbered else 0)
        if self.cap_bps is not None:
            now_bps = min(now_bps, self.cap_bps)
        return now_bps < self._shared_bps or (self._line.looking and now_bps > self._shared_bps * NOTICED)

    def _pad(self, padding_bytes: int) -> int:
        """Send so many bytes that nobody needs; returns how many went."""
        newest = max((one for one in self._repairs.values() if one.pads), key=lambda one: one.last_ms, default=None)
        return 0 if newest is None else newest.pad(padding_bytes)

    def measure(self, interval_ms: int) -> None:
        """Every half second."""
        total = sum(lane.sent_bytes for lane in self.transport.lanes)
        self._line.sent((total - self._sent_bytes) * 8000 // interval_ms, self._now.ms)
        self._sent_bytes = total
        for downlink in self.downlinks.values():
            downlink.catch_up()

    def report(self) -> None:
        """Every second: sender reports (RFC 3550 6.4.1), and the shares looked at again."""
        self._looks += 1
        if not self._content or self._looks % CONTENT_LOOKS == 0:
            self.allocate()
        reports = [one for downlink in self.downlinks.values() if (one := downlink.sender_report()) is not None]
        for at in range(0, len(reports), MOST_REPORTS):
            self.transport.send_rtcp(rtcp.build(*reports[at : at + MOST_REPORTS]))


_SOUND = (Layer(0, 0, 0, (AUDIO_BPS,)),)
