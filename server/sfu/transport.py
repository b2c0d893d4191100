"""One peer's transport: which route is taken, the DTLS handshake, and decryption. What is inside goes to its receiver.

It does not know producers, viewers or meetings, and opens no socket.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Protocol

import structlog

from server.sfu.dtls import Certificate, DtlsError, DtlsServer, PacketBuffer, SrtpSession
from server.sfu.egress import Egress, Route
from server.sfu.turn import Turn

CONSENT_MS = 15_000  # RFC 7675 5.1 expires after 30 s; Firefox checks every 5 s: three missed are enough
NOMINATION_HOLDS_MS = 1_000  # packets still under way on the route before must not take the nomination back
MAX_ROUTES = 8
MAX_REPORTERS = 64  # SSRCs whose RTCP is decrypted: libsrtp keeps memory for each
MAX_DTLS_BYTES = 4096

_read_word = Struct("!I").unpack_from
log = structlog.get_logger(__name__)


class Receiver(Protocol):
    """Where clear packets go. Both verbs are called within a turn; the buffer is good for the call only."""

    def admits(self, ssrc: int) -> bool:
        """Is a packet of this SSRC worth decrypting?"""
        ...

    def rtp(self, ssrc: int, data: bytearray, size: int, arrival_us: int) -> None: ...

    def rtcp(self, compound: memoryview) -> None: ...


class TransportOwner(Protocol):
    """Told of the transport's fate."""

    def transport_up(self) -> None:
        """Keys exist; or they do already and the peer was heard again after consent had expired."""
        ...

    def transport_down(self) -> None:
        """The handshake failed, or the peer said goodbye."""
        ...


class MediaTransport:
    """ICE route, DTLS, SRTP of one peer in one direction. heard_ms: when something authentic came last (monotonic)."""

    def __init__(
        self,
        transport_id: str,
        certificate: Certificate,
        turn: Turn,
        egress: Egress,
        receiver: Receiver,
        owner: TransportOwner,
    ) -> None:
        self.transport_id = transport_id
        self.egress = egress
        self.heard_ms = turn.now_ms
        self.srtp: SrtpSession | None = None
        self._certificate = certificate
        self._turn = turn
        self._receiver = receiver
        self._owner = owner
        self._routes: list[Route] = []
        self._nominated_ms: int | None = None
        self._dtls: DtlsServer | None = None
        self._early: bytes | None = None
        self._reporters: set[int] = set()
        self._closed = False

    # -- routes

    @property
    def flows(self) -> bool:
        """Authenticated ICE and DTLS stand, and the peer was heard within CONSENT_MS."""
        return self.srtp is not None and self.egress.route is not None

    def checked(self, route: Route, nominated: bool) -> None:
        """An authenticated check came over `route`."""
        if self._closed:
            return
        self._heard()
        if route not in self._routes:
            self._routes.append(route)
            if len(self._routes) > MAX_ROUTES:
                self._drop_one_route()
        if self.egress.route is None:
            self._take(route)
        elif nominated:
            self._nominated_ms = self._turn.now_ms
            if route is not self.egress.route:
                self._take(route)

    def _take(self, route: Route) -> None:
        before = self.egress.route
        if before is not None:
            self.egress.flush()
        self.egress.route = route
        if before is None and self.srtp is not None:
            self._owner.transport_up()

    def _drop_one_route(self) -> None:
        for route in self._routes:
            if route is not self.egress.route:
                self._routes.remove(route)
                route.forget()
                return

    def route_lost(self, route: Route) -> None:
        """A connection ended; another authenticated route takes its place if there is one."""
        if route in self._routes:
            self._routes.remove(route)
        if route is self.egress.route:
            self.egress.route = None
            if self._routes:
                self._take(self._routes[-1])

    def _heard(self) -> None:
        self.heard_ms = self._turn.now_ms

    def _moved(self, route: Route) -> None:
        """Valid SRTP came over another authenticated route: after a NAT rebinding Firefox does not nominate anew."""
        held = self._nominated_ms is not None and self._turn.now_ms - self._nominated_ms < NOMINATION_HOLDS_MS
        if not held and route in self._routes:
            self._take(route)

    def expire(self) -> bool:
        """True once when the peer was silent for CONSENT_MS: nothing is sent any more until it checks again."""
        if self.egress.route is None or self._turn.now_ms - self.heard_ms <= CONSENT_MS:
            return False
        self._forget_routes()
        return self.srtp is not None

    def _forget_routes(self) -> None:
        self.egress.route = None
        self._nominated_ms = None
        routes, self._routes = self._routes, []
        for route in routes:
            route.forget()

    # -- DTLS

    @property
    def connecting(self) -> bool:
        """Is a handshake under way that may want to repeat itself?"""
        return self._dtls is not None and self.srtp is None

    def connect(self, fingerprints: Sequence[tuple[str, str]]) -> None:
        """What the peer's certificate must be. Asking again changes nothing: the first one stands."""
        if self._dtls is None and not self._closed:
            self._dtls = DtlsServer(self._certificate, fingerprints)
            early, self._early = self._early, None
            if early is not None and self.egress.route is not None:
                self.dtls(early, self.egress.route)

    def dtls(self, datagram: bytes, route: Route) -> None:
        """One DTLS datagram over an authenticated route. Before `connect` the last one is kept."""
        if self._closed or len(datagram) > MAX_DTLS_BYTES:
            return
        if self._dtls is None:
            self._early = datagram
            return
        try:
            for answer in self._dtls.receive(datagram):
                route.send(answer)
        except DtlsError as error:
            self._fail(error)
            return
        if self.srtp is None and self._dtls.srtp is not None:
            self.srtp = self.egress.srtp = self._dtls.srtp
            self._heard()
            self._owner.transport_up()
        if self._dtls.closed:
            self.close()
            self._owner.transport_down()

    def repeat_handshake(self) -> None:
        """Timer (about 100 ms) while `connecting`."""
        if self._dtls is None or self.egress.route is None:
            return
        try:
            for overdue in self._dtls.retransmit():
                self.egress.route.send(overdue)
        except DtlsError as error:
            self._fail(error)

    def _fail(self, error: DtlsError) -> None:
        log.warning("dtls failed", transport=self.transport_id, reason=str(error))
        self.close()
        self._owner.transport_down()

    def close(self) -> None:
        """Say goodbye and forget everything; harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        if self._dtls is not None and self.egress.route is not None:
            self.egress.flush()
            for goodbye in self._dtls.close():
                self.egress.route.send(goodbye)
        self._forget_routes()
        self.srtp = self.egress.srtp = self._dtls = self._early = None

    # -- media

    def media(self, buffer: PacketBuffer, size: int, arrival_us: int, route: Route) -> None:
        """One RTP or RTCP packet as it came. What is not authentic costs one decryption at most."""
        srtp, data = self.srtp, buffer.data
        if srtp is None or size < 12:
            return
        if 192 <= data[1] < 224:  # RFC 5761 4
            self._rtcp(srtp, buffer, size, route)
            return
        ssrc: int = _read_word(data, 8)[0]
        if not self._receiver.admits(ssrc):
            return
        length = srtp.unprotect_in_place(buffer, size)
        if not length:
            return
        self.heard_ms = self._turn.now_ms
        if route is not self.egress.route:
            self._moved(route)
        self._receiver.rtp(ssrc, data, length, arrival_us)

    def _rtcp(self, srtp: SrtpSession, buffer: PacketBuffer, size: int, route: Route) -> None:
        reporter: int = _read_word(buffer.data, 4)[0]
        if reporter not in self._reporters and len(self._reporters) >= MAX_REPORTERS:
            return
        length = srtp.unprotect_rtcp_in_place(buffer, size)
        if not length:
            return
        self._reporters.add(reporter)
        self._heard()
        if route is not self.egress.route:
            self._moved(route)
        self._receiver.rtcp(buffer.view[:length])
