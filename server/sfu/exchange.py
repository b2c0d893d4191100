"""The media process without sockets: sessions, their transports, producers and consumers, and every verb on them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from server.errors import Invalid, NotFound
from server.meeting.ports import Consumer, Direction, Kind, MediaTicket, Producer, Source, TransportOffer, View
from server.rtp.loudness import Loudness
from server.rtp.negotiate import consumer_parameters, numbers_packets, produce
from server.rtp.parameters import NegotiationError, RtpCapabilities, RtpParameters
from server.rtp.router import router_rtp_capabilities
from server.rtp.voices import Voices
from server.sfu import link, tally
from server.sfu.config import MediaConfig
from server.sfu.downlink import Downlink, Stream
from server.sfu.dtls import CipherBuffer, ServerCertificate, read_fingerprints
from server.sfu.egress import Egress, Route
from server.sfu.ice import Address, IceLite
from server.sfu.inlet import Inlet
from server.sfu.listening import ListenerTransport, PipeRoute
from server.sfu.now import Now
from server.sfu.numbers import Numbers
from server.sfu.outlet import Outlet
from server.sfu.quality import quality
from server.sfu.session import Meeting, Session
from server.sfu.sites import Sites
from server.sfu.transport import Transport
from server.sfu.uplink import Identity, Uplink

MOST_PRODUCERS = 8  # of one session: four sources, and room for one being replaced
MOST_CONSUMERS = 1000  # of one session
CALM_TICKS = 5  # between two looks at a session to which nothing happens


class Exchange:
    """Owner of everything in one media process but its sockets. `tell` gets each event as it happens."""

    def __init__(
        self, epoch: str, now: Now, egress: Egress, inbox: CipherBuffer, tell: Callable[[link.Event], None]
    ) -> None:
        self.epoch = epoch
        self.candidates: tuple[dict[str, object], ...] = ()
        self._now = now
        self._egress = egress
        self._inbox = inbox
        self._tell = tell
        self._certificate = ServerCertificate()
        self._capabilities = router_rtp_capabilities()
        self._ice: IceLite[Transport] = IceLite()
        self._numbers = Numbers()
        self._meetings: dict[str, Meeting] = {}
        self._sessions: dict[str, Session] = {}
        self._uplinks: dict[str, Uplink] = {}
        self._gone = link.Counts()
        self._ids = 0
        self._ticks = 0
        self._config = MediaConfig()
        self._sites = Sites(())

    def settle(self, config: MediaConfig) -> None:
        """What applies to meetings that begin from now on, and to every site."""
        self._config = config
        self._capabilities = router_rtp_capabilities(config.video_codecs)
        self._sites = Sites(config.sites)

    @property
    def needs(self) -> tuple[link.SiteNeed, ...]:
        """What each site's viewers here want, as told last."""
        return self._sites.needs

    def keep_to(self, parts: dict[str, int]) -> None:
        """What of each site's budget is for viewers here, from now on."""
        self._sites.keep_to(parts)
        self._divide()

    # -- STUN, for the wire

    def check(self, data: bytes, source: Address, route: Route) -> Transport | None:
        """Answer a STUN request; the transport when it was authentic."""
        checked = self._ice.answer(data, source)
        if checked is None:
            return None
        route.send(checked.reply)
        transport = checked.owner
        if transport is not None:
            transport.checked(route, nominated=checked.nominated)
            if transport.route is route:
                transport.host = source[0]
        return transport

    # -- the verbs

    def admit(self, meeting_id: str, session_id: str) -> MediaTicket:
        self.dismiss(session_id)
        meeting = self._meetings.get(meeting_id)
        if meeting is None:
            voices = Voices(self._config.voices, self._config.voices_above)
            meeting = self._meetings[meeting_id] = Meeting(Loudness(voices))
        send, receive = self._transport(), self._transport()

        def tell(consumer_id: str, paused: bool, reason: str, width_px: int) -> None:
            self._tell(link.ConsumerChanged(session_id, consumer_id, paused, reason, width_px))

        session = Session(
            meeting_id,
            session_id,
            Inlet(send, self._inbox, meeting.loudness, self._now),
            Outlet(receive, self._egress.lane(video=True), self._inbox, self._now, tell, room=meeting.loudness),
            {"send": self._ice.open(send), "receive": self._ice.open(receive)},
        )
        session.outlet.most_pictures = self._config.pictures
        if self._sites:
            session.outlet.cap(0)  # until its office is known
        meeting.sessions[session_id] = self._sessions[session_id] = session
        return MediaTicket(
            self.epoch, self._capabilities, self._offer(send, session, "send"), self._offer(receive, session, "receive")
        )

    def listen_in(self, meeting_id: str, session_id: str, route: PipeRoute, keys: bytes) -> None:
        """A listener over a pipe that stands: a session that sends nothing, and of which nobody is told."""
        self.dismiss(session_id)
        meeting = self._meetings.get(meeting_id)
        if meeting is None:
            raise NotFound("media.session")
        receive = ListenerTransport(self._id("t"), self._certificate, self._now, self._egress, self._inbox)
        session = Session(
            meeting_id,
            session_id,
            Inlet(self._transport(), self._inbox, meeting.loudness, self._now),
            Outlet(receive, self._egress.lane(video=True), self._inbox, self._now, _unheard, room=meeting.loudness),
            {},
            listens=True,
        )
        session.outlet.boundless = True
        meeting.sessions[session_id] = self._sessions[session_id] = session
        receive.attach(route, keys)

    def _transport(self) -> Transport:
        return Transport(self._id("t"), self._certificate, self._now, self._egress, self._inbox)

    def _id(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}{self._ids}.{secrets.token_hex(4)}"

    def _offer(self, transport: Transport, session: Session, direction: Direction) -> TransportOffer:
        return TransportOffer(
            transport.transport_id,
            session.ice[direction].credentials.to_json(),
            self.candidates,
            self._certificate.dtls_parameters(),
        )

    def _session(self, session_id: str) -> Session:
        session = self._sessions.get(session_id)
        if session is None:
            raise NotFound("media.session")
        return session

    def _uplink(self, producer_id: str) -> Uplink:
        uplink = self._uplinks.get(producer_id)
        if uplink is None:
            raise NotFound("media.producer")
        return uplink

    def connect(self, session_id: str, direction: Direction, dtls_parameters: dict[str, Any]) -> None:
        try:
            self._session(session_id).transport(direction).expect(read_fingerprints(dtls_parameters))
        except NegotiationError as error:
            raise Invalid("media.parameters", reason=error.code) from error

    def restart_ice(self, session_id: str, direction: Direction) -> dict[str, object]:
        return self._ice.restart(self._session(session_id).ice[direction]).to_json()

    def produce(self, session_id: str, source: Source, kind: Kind, rtp_parameters: dict[str, Any]) -> Producer:
        session = self._session(session_id)
        inlet = session.inlet
        try:
            produced = produce(kind, RtpParameters.from_json(rtp_parameters))
        except NegotiationError as error:
            raise Invalid("media.parameters", reason=error.code) from error
        if (kind == "video") != (source in {"camera", "screen"}):
            raise Invalid("media.parameters", reason="media.source")
        for other in tuple(inlet.uplinks.values()):
            if other.identity.source == source:
                self._close_uplink(session, other)
        if len(inlet.uplinks) >= MOST_PRODUCERS:
            raise Invalid("media.parameters", reason="media.too_many")
        numbers = self._numbers
        identity = Identity(
            self._id("p"), session_id, session.meeting_id, source, numbers.ssrc(), numbers.ssrc(), numbers.mid()
        )
        uplink = Uplink(identity, produced, self._now, self._egress, inlet.ask)
        self._uplinks[identity.producer_id] = uplink
        inlet.add(uplink)
        producer = _producer(uplink)
        self._tell(link.ProducerOpened(session.meeting_id, producer))
        return producer

    def set_paused(self, producer_id: str, paused: bool) -> None:
        uplink = self._uplink(producer_id)
        if uplink.paused != paused:
            uplink.set_paused(paused)
            self._tell(link.ProducerChanged(uplink.identity.meeting_id, _producer(uplink)))

    def unproduce(self, producer_id: str) -> None:
        uplink = self._uplink(producer_id)
        self._close_uplink(self._session(uplink.identity.session_id), uplink)

    def _close_uplink(self, session: Session, uplink: Uplink) -> None:
        identity = uplink.identity
        for viewer in self._meetings[session.meeting_id].sessions.values():
            for downlink in tuple(viewer.outlet.downlinks.values()):
                if downlink.uplink is uplink:
                    self._close_downlink(viewer, downlink)
        self._gone = tally.add(self._gone, tally.of_uplink(uplink))
        session.inlet.remove(uplink)
        del self._uplinks[identity.producer_id]
        self._numbers.give_back((identity.ssrc, identity.rtx_ssrc), identity.mid)
        if identity.source == "microphone":
            self._meetings[session.meeting_id].loudness.remove(identity.session_id)
        self._tell(link.ProducerClosed(session.meeting_id, _producer(uplink)))

    def consume(self, session_id: str, producer_id: str, capabilities: dict[str, Any]) -> Consumer:
        session, uplink = self._session(session_id), self._uplink(producer_id)
        identity, outlet = uplink.identity, session.outlet
        if identity.meeting_id != session.meeting_id:
            raise NotFound("media.producer")
        if len(outlet.downlinks) >= MOST_CONSUMERS:
            raise Invalid("media.parameters", reason="media.too_many")
        ssrc, rtx_ssrc, mid = identity.ssrc, identity.rtx_ssrc, identity.mid
        again = ssrc in outlet.used_ssrcs
        if again:
            numbers = self._numbers
            ssrc, rtx_ssrc, mid = numbers.ssrc(), numbers.ssrc(), numbers.mid()
        # Sound and picture of one sender are played in step when they share a cname; its screen goes by itself.
        screen = "/screen" if identity.source.startswith("screen") else ""
        try:
            parameters = consumer_parameters(
                uplink.produced,
                known := RtpCapabilities.from_json(capabilities),
                mid=mid,
                ssrc=ssrc,
                rtx_ssrc=rtx_ssrc,
                cname=f"{identity.session_id}{screen}"[:64],
            )
        except NegotiationError as error:
            if again:
                self._numbers.give_back((ssrc, rtx_ssrc), mid)
            if error.code == "media.cannot_consume":
                raise Invalid("media.codec") from error
            raise Invalid("media.parameters", reason=error.code) from error
        rtx = next((codec.payload_type for codec in parameters.codecs if codec.is_rtx), -1)
        lane = outlet.video_lane if uplink.is_video else outlet.transport.lane
        stream = Stream(ssrc, rtx_ssrc, rtx, mid, numbers_packets(uplink.produced.kind, known))
        downlink = Downlink(self._id("c"), uplink, outlet, stream=stream, lane=lane, now=self._now)
        outlet.add(downlink)
        return Consumer(downlink.consumer_id, producer_id, uplink.produced.kind, parameters.to_json(), uplink.paused)

    def unconsume(self, session_id: str, consumer_id: str) -> None:
        session = self._session(session_id)
        downlink = session.outlet.downlinks.get(consumer_id)
        if downlink is None:
            raise NotFound("media.consumer")
        self._close_downlink(session, downlink)

    def _close_downlink(self, session: Session, downlink: Downlink) -> None:
        self._gone = tally.add(self._gone, tally.of_downlink(downlink))
        session.outlet.remove(downlink)
        stream, identity = downlink.stream, downlink.uplink.identity
        if stream.mid != identity.mid:
            self._numbers.give_back((), stream.mid)

    def show(self, session_id: str, views: Sequence[View]) -> None:
        self._session(session_id).outlet.show(list(views))

    def tell_again(self, session_id: str) -> None:
        self._session(session_id).outlet.tell_again()

    def dismiss(self, session_id: str) -> None:
        session = self._sessions.pop(session_id, None)
        if session is None:
            return
        for uplink in tuple(session.inlet.uplinks.values()):
            self._close_uplink(session, uplink)
        for downlink in tuple(session.outlet.downlinks.values()):
            self._close_downlink(session, downlink)
        self._gone = tally.add(self._gone, tally.of_session(session))
        for ice in session.ice.values():
            self._ice.close(ice)
        session.inlet.transport.close()
        session.outlet.transport.close()
        meeting = self._meetings[session.meeting_id]
        meeting.loudness.remove(session_id)
        del meeting.sessions[session_id]
        if not meeting.sessions:
            del self._meetings[session.meeting_id]

    # -- for a web process that came later, and for the choice of a media process

    def standing(self) -> tuple[link.StandingMeeting, ...]:
        return tuple(
            link.StandingMeeting(meeting_id, tuple(map(self._seat, seated)), _producers(meeting))
            for meeting_id, meeting in self._meetings.items()
            if (seated := [one for one in meeting.sessions.values() if not one.listens])
        )

    def _seat(self, session: Session) -> link.Seat:
        return link.Seat(session.session_id, self._now.ms - session.flows_since_ms if session.flows else -1)

    @property
    def occupied(self) -> bool:
        """Is anybody here?"""
        return bool(self._sessions)

    def counts(self) -> tuple[int, int]:
        """Sessions, and streams in and out."""
        streams = len(self._uplinks) + sum(len(one.outlet.downlinks) for one in self._sessions.values())
        return len(self._sessions), streams

    def tally(self) -> link.Counts:
        """Everything counted so far."""
        sessions = self._sessions.values()
        sent = sum(downlink.sent()[0] for one in sessions for downlink in one.outlet.downlinks.values())
        uplinks = map(tally.of_uplink, self._uplinks.values())
        return tally.add(self._gone, link.Counts(packets_out=sent), *uplinks, *map(tally.of_session, sessions))

    # -- timers

    def tick(self) -> None:
        """Every 50 ms; a session that wants nothing of it is passed over until a quarter of a second is full."""
        self._ticks += 1
        self._egress.tell()
        sessions = self._sessions.values()
        for one in sessions:
            one.inlet.tell()
        every = self._ticks % CALM_TICKS == 0
        ways_in = [one.inlet for one in sessions if one.inlet.uplinks and (every or one.inlet.restless)]
        ways_out = [one.outlet for one in sessions if every or one.outlet.restless]
        if ways_in or ways_out:
            self._egress.begin()
        for session in sessions:
            sending, receiving = session.inlet.transport, session.outlet.transport
            if every or not session.flows or sending.shakes_hands or receiving.shakes_hands:
                sending.tick()
                receiving.tick()
                self._watch(session)
        for inlet in ways_in:
            inlet.tick()
        for outlet in ways_out:
            outlet.tick()

    def measure(self, interval_ms: int) -> None:
        """Every half second."""
        for session in self._sessions.values():
            session.inlet.measure(interval_ms)
            session.outlet.measure(interval_ms)

    def report(self) -> None:
        """Every second."""
        self._ice.renew()
        for session in self._sessions.values():
            session.inlet.report()
            session.outlet.report()
            self._look_at_line(session)

    def listen(self) -> None:
        """Every quarter of a second: what each office gets; who speaks, told on change."""
        self._divide()
        for meeting_id, meeting in self._meetings.items():
            meeting.loudness.tick(self._now.ms)
            for session in meeting.sessions.values():
                session.inlet.hush()
            levels = meeting.loudness.levels()
            # The same people at about the same loudness, in the same order, is no news.
            if [(who, level // 8) for who, level in levels.items()] != [(w, n // 8) for w, n in meeting.told.items()]:
                meeting.told = levels
                self._tell(link.Speakers(meeting_id, levels))

    def _look_at_line(self, session: Session) -> None:
        if session.listens:
            return
        heard = session.outlet.heard
        starved = any(one.paused_by == "bandwidth" for one in session.outlet.downlinks.values())
        fraction_lost = max(session.inlet.fraction_lost, heard.fraction_lost)
        fresh = session.line.look(quality(fraction_lost, heard.round_trip_ms, starved=starved))
        if fresh is not None:
            self._tell(link.LineQuality(session.meeting_id, session.session_id, fresh.level, fresh.reason))

    def _divide(self) -> None:
        if self._sites:
            needs = self._sites.divide([one.outlet for one in self._sessions.values() if not one.listens])
            if needs is not None:
                self._tell(link.SiteNeeds(needs))

    def _watch(self, session: Session) -> None:
        if session.listens:
            return
        fresh = session.inlet.transport.fresh or session.outlet.transport.fresh
        if fresh:
            session.fresh_ms = max(session.inlet.transport.checked_ms, session.outlet.transport.checked_ms)
        if fresh == session.flows:
            return
        session.flows = fresh
        if fresh:
            session.flows_since_ms = self._now.ms
            self._tell(link.MediaFlows(session.meeting_id, session.session_id))
        else:
            silent_ms = self._now.ms - session.fresh_ms
            self._tell(link.MediaStopped(session.meeting_id, session.session_id, silent_ms))

    def close(self) -> None:
        """Everybody is told by DTLS's closing alert."""
        for session_id in tuple(self._sessions):
            self.dismiss(session_id)


def _unheard(_consumer_id: str, _paused: bool, _reason: str, _width_px: int) -> None:
    """Nobody looks at a listener's pictures."""


def _producer(uplink: Uplink) -> Producer:
    identity = uplink.identity
    return Producer(identity.producer_id, identity.session_id, identity.source, uplink.produced.kind, uplink.paused)


def _producers(meeting: Meeting) -> tuple[Producer, ...]:
    return tuple(_producer(one) for session in meeting.sessions.values() for one in session.inlet.uplinks.values())
