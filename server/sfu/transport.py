"""One browser connection: its routes, its DTLS, its SRTP. Hands clear media to a handler; knows no producer."""

from __future__ import annotations

from typing import Protocol

from server.sfu.dtls import CipherBuffer, DtlsServer, DtlsState, ServerCertificate, SrtpSession
from server.sfu.egress import Egress, Lane, Route
from server.sfu.ice import CONSENT_MS, Address
from server.sfu.now import Now

LONGEST_PACKET_BYTES = 2048
MOST_ROUTES = 16
MOST_DTLS_PER_SECOND = 200  # datagrams; a handshake has about ten
# What RTCP may cost, in entries of its packets: in 50 ms on the long run, and at once. A browser that receives a
# hundred streams sends some ten compounds in 50 ms, and tells of some five hundred packets.
RTCP_WORK_PER_TICK, MOST_RTCP_WORK = 1024, 4096
COMPOUND_WORK = 16  # to decrypt and to begin with one


class Media(Protocol):
    """Who understands what arrives. `length` bytes of clear packet lie at the start of the inbox."""

    def accepts(self, ssrc: int) -> bool:
        """Before anything is decrypted: may this stream cost work?"""
        ...

    def receive_rtp(self, ssrc: int, length: int, arrival_us: int) -> None: ...

    def receive_rtcp(self, length: int) -> int:
        """Returns how much work it was, as rtcp.weight counts."""
        ...

    def connected(self, outbound: SrtpSession) -> None:
        """Keys are there: media may be sent."""
        ...


class Checks(Protocol):
    """Who knows the ICE sessions."""

    def check(self, data: bytes, source: Address, route: Route) -> Transport | None:
        """Answer a STUN request over `route`; the transport when it was authentic."""
        ...


class Transport:
    """Owner of one ICE and DTLS association. All verbs are synchronous."""

    def __init__(
        self, transport_id: str, certificate: ServerCertificate, now: Now, egress: Egress, inbox: CipherBuffer
    ) -> None:
        self.transport_id = transport_id
        self._now = now
        self._inbox = inbox
        self._view = inbox.view
        self._handler: Media | None = None
        self.gate = egress.gate()
        self._dtls = DtlsServer(certificate)
        self._dtls_budget = MOST_DTLS_PER_SECOND
        self._dtls_second = 0
        self._rtcp_budget = MOST_RTCP_WORK
        self._budgeted_ms = now.ms
        self._routes: list[Route] = []
        self._flight_ms: int | None = None
        self.route: Route | None = None
        #: the browser's address as it was checked last
        self.host = ""
        self.inbound: SrtpSession | None = None
        self.outbound: SrtpSession | None = None
        #: sound and reports
        self.lane: Lane = egress.lane(video=False)
        self.lanes: list[Lane] = [self.lane]
        #: monotonic; the last authentic check
        self.checked_ms = now.ms
        self.round_trip_ms = 100
        self.closed = False

    def serve(self, handler: Media) -> None:
        self._handler = handler

    def add_lane(self, lane: Lane) -> None:
        lane.route = self.route
        self.lanes.append(lane)

    # -- routes

    def checked(self, route: Route, *, nominated: bool) -> None:
        """An authentic check came over `route`. The oldest route not in use gives way when there are too many."""
        if route not in self._routes:
            if len(self._routes) >= MOST_ROUTES:
                oldest = next(one for one in self._routes if one is not self.route)
                self._routes.remove(oldest)
                oldest.left(self)
            self._routes.append(route)
        self.checked_ms = self._now.ms
        if self.route is None or (nominated and self.route is not route):
            self._move(route)

    def _move(self, route: Route | None) -> None:
        self.route = route
        self.gate.moved(route)
        for lane in self.lanes:
            lane.route = route

    def route_lost(self, route: Route) -> None:
        """A TCP connection ended: believe the socket, and go on over another route if there is one."""
        if route in self._routes:
            self._routes.remove(route)
        if self.route is route:
            self._move(self._routes[-1] if self._routes else None)

    @property
    def fresh(self) -> bool:
        """Does an authenticated path stand, with keys and consent (RFC 7675)?"""
        return (
            self.inbound is not None
            and not self.closed
            and self.route is not None
            and self._now.ms - self.checked_ms < CONSENT_MS
        )

    @property
    def shakes_hands(self) -> bool:
        """Is a handshake under way, whose datagrams may be lost?"""
        return self.inbound is None and self.route is not None

    # -- DTLS

    def expect(self, fingerprints: dict[str, str]) -> None:
        """Whose certificate the browser must show."""
        self._dtls.expect(fingerprints)
        self._keyed()

    def receive_dtls(self, data: bytes, route: Route) -> None:
        if self.closed or not self._may_handshake():
            return
        if self._flight_ms is not None and self.inbound is None:
            self.round_trip_ms = max(20, min(400, self._now.ms - self._flight_ms))
        flight = self._dtls.receive(data)
        for packet in flight:
            route.send(packet)
        self._flight_ms = self._now.ms if flight else None
        self._keyed()

    def _may_handshake(self) -> bool:
        second = self._now.ms // 1000
        if second != self._dtls_second:
            self._dtls_second, self._dtls_budget = second, MOST_DTLS_PER_SECOND
        self._dtls_budget -= 1
        return self._dtls_budget >= 0

    def _keyed(self) -> None:
        dtls = self._dtls
        if dtls.state is DtlsState.CONNECTED and self.inbound is None and dtls.outbound is not None:
            self.inbound, self.outbound = dtls.inbound, dtls.outbound
            if dtls.inbound is not None:
                self.gate.open(dtls.inbound)
            for lane in self.lanes:
                lane.open(dtls.outbound)
            if self._handler is not None:
                self._handler.connected(dtls.outbound)
        elif dtls.state in {DtlsState.CLOSED, DtlsState.FAILED}:
            self.inbound = None
            self.gate.close()

    def tick(self) -> None:
        """Every 50 ms while `shakes_hands`, else four times a second: consent that ran out (RFC 7675 5.1), handshakes
        that lost a datagram."""
        if self.route is not None and self._now.ms - self.checked_ms >= CONSENT_MS:
            self._leave_routes()
        if self.inbound is None and not self.closed and self.route is not None:
            for packet in self._dtls.timeout():
                self.route.send(packet)

    # -- media

    def media(self, length: int, arrival_us: int, route: Route) -> None:
        """An encrypted packet lies in the inbox."""
        inbound, handler = self.inbound, self._handler
        if inbound is None or handler is None or length < 12:
            return
        view = self._view
        if 192 <= view[1] < 224:  # RFC 5761 4
            if not self._may_report():
                return
            length = inbound.unprotect_rtcp_in_place(self._inbox, length)
            if length:
                if route is not self.route:
                    self._move(route)
                # Charged only when it is authentic: nobody else can use up a browser's budget.
                self._rtcp_budget -= COMPOUND_WORK + handler.receive_rtcp(length)
            return
        ssrc = view[8] << 24 | view[9] << 16 | view[10] << 8 | view[11]
        if not handler.accepts(ssrc):
            return
        length = inbound.unprotect_in_place(self._inbox, length)
        if length:
            self.clear_media(ssrc, length, arrival_us, route)

    def _may_report(self) -> bool:
        """Is there anything left of the budget for RTCP? It fills with time."""
        now_ms = self._now.ms
        fresh = (now_ms - self._budgeted_ms) * RTCP_WORK_PER_TICK // 50
        if fresh > 0:
            self._rtcp_budget = min(MOST_RTCP_WORK, self._rtcp_budget + fresh)
            self._budgeted_ms = now_ms
        return self._rtcp_budget > 0

    def clear_media(self, ssrc: int, length: int, arrival_us: int, route: Route) -> None:
        """A packet of an accepted stream lies in the inbox, authentic and decrypted."""
        if self._handler is None:
            return
        if route is not self.route:
            # Firefox does not nominate again after a NAT has rebound its port; its media say where it is.
            self._move(route)
        self._handler.receive_rtp(ssrc, length, arrival_us)

    def send_rtcp(self, compound: bytes) -> None:
        """Goes out at the end of the wake-up."""
        if self.outbound is not None and not self.closed:
            self.lane.put_rtcp(self.outbound, compound)

    def close(self) -> None:
        if self.closed:
            return
        for packet in self._dtls.close():
            if self.route is not None:
                self.route.send(packet)
        self.closed = True
        self.inbound = self.outbound = None
        self.gate.close()
        self._leave_routes()

    def _leave_routes(self) -> None:
        """Nothing is sent any more until an authentic check comes."""
        self._move(None)
        routes, self._routes = self._routes, []
        for route in routes:
            route.left(self)
