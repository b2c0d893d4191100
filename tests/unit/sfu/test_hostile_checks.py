"""STUN and DTLS from whoever can send a datagram: floods, forgeries, replays. What they cost is counted."""

from __future__ import annotations

import os
from struct import pack
from typing import Any

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from server.sfu.dtls import DtlsState
from server.sfu.ice import REFUSALS_PER_SECOND, IceLite
from server.sfu.transport import MOST_DTLS_PER_SECOND, MOST_ROUTES
from tests.load.checks import BindingChecks, IceCredentials
from tests.load.dtls import DtlsHandshake
from tests.unit.sfu.hall import Hall, Line, Peer, Person

RECORD = b"\x16\xfe\xfd"  # a handshake record of DTLS 1.2


@pytest.fixture
def hall() -> Hall:
    return Hall()


@pytest.fixture
def ani(hall: Hall) -> Person:
    return hall.join("ani")


def strangers_check() -> bytes:
    return BindingChecks(IceCredentials.random()).request()


def answered(peer: Peer) -> bool:
    """A check of this browser's, now."""
    peer.line.take()
    peer.check()
    return any(peer.checks.accept(one) for one in peer.line.take())


def test_a_flood_of_strangers_checks_is_answered_a_little_and_the_known_always(
    hall: Hall, ani: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[int] = []
    real = stun.parse_message

    def counted(data: bytes) -> stun.Message:
        parsed.append(len(data))
        return real(data)

    monkeypatch.setattr(stun, "parse_message", counted)
    flood = [strangers_check() for _ in range(50)]
    lines = [hall.line() for _ in range(50)]
    for number in range(5000):
        hall.deliver(flood[number % 50], lines[number // 100])
        if number % 1000 == 999:
            assert answered(ani.sending)
    replies = [packet for line in lines for packet in line.take()]
    assert len(replies) == REFUSALS_PER_SECOND
    assert sum(map(len, replies)) <= REFUSALS_PER_SECOND * len(flood[0])  # nobody is flooded through us
    # The flood beyond that costs no checksum and no key; 5 checks of Ani's, and as many answers read by her side.
    assert len(parsed) <= REFUSALS_PER_SECOND + 20
    hall.pass_ms(1000)
    hall.deliver(flood[0], lines[0])
    assert len(lines[0].take()) == 1


def test_a_wrong_password_gets_nothing_and_takes_nothing(hall: Hall, ani: Person) -> None:
    remote = ani.sending.checks.remote
    forger = BindingChecks(IceCredentials(remote.username_fragment, "wrong"))
    transport, line = ani.sending.line.transport, hall.line()
    assert transport is not None
    for _ in range(1000):
        hall.deliver(forger.request(), line)
    assert len(line.take()) <= REFUSALS_PER_SECOND
    assert line.transport is None
    assert transport.route is ani.sending.line
    assert len(transport._routes) == 1
    assert answered(ani.sending)


def test_a_check_that_is_replayed_from_elsewhere_is_undone_by_the_next_packet(hall: Hall, ani: Person) -> None:
    """STUN has nothing against it; who is on the way can lose somebody's packets anyway. It does not last."""
    budi = hall.join("budi")
    microphone = ani.microphone()
    budi.watch(microphone)
    recorded = budi.receiving.checks.request()
    hall.deliver(recorded, budi.receiving.line)
    thief = hall.line()
    hall.deliver(recorded, thief)
    thief.take()
    microphone.speak()
    stolen = thief.take()
    assert not any(b"sound" in packet for packet in stolen)  # encrypted, whoever gets it
    budi.receiving.check()
    microphone.speak()
    assert len(budi.hear()) == 1
    assert not thief.take()


def test_checks_from_a_hundred_addresses_leave_a_few_routes(hall: Hall, ani: Person) -> None:
    peer = ani.sending
    lines: list[Line] = [peer.move() for _ in range(100)]
    for line in lines:
        peer.check(line)
    transport = peer.line.transport or lines[-1].transport
    assert transport is not None
    assert len(transport._routes) == MOST_ROUTES
    assert sum(line.transport is not None for line in lines) <= MOST_ROUTES
    assert answered(peer)


@pytest.mark.parametrize("cut", range(1, 24))
def test_a_request_that_is_cut_short_is_none(cut: int) -> None:
    """aioice takes an attribute that ends before it should; whoever signs one gets no answer here."""
    server: IceLite[str] = IceLite()
    session = server.open("owner")
    key = session.credentials.password.encode()
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{session.credentials.fragment}:x"
    request.add_message_integrity(key)
    whole = bytes(request)
    assert server.answer(whole, ("192.0.2.1", 1)) is not None
    short = whole + pack("!HH", 0x8022, cut) + bytes((cut - 1) // 4 * 4)
    short = stun.set_body_length(short, len(short) - 20)
    if (len(short) - len(whole) - 4) < cut:
        assert server.answer(short, ("192.0.2.1", 1)) is None


@given(st.binary(max_size=600))
def test_no_bytes_whatever_are_an_error_to_ice(data: bytes) -> None:
    server: IceLite[str] = IceLite()
    check = server.answer(data, ("192.0.2.1", 1))
    assert check is None or check.owner is None


def state(person: Person) -> Any:
    transport = person.sending.line.transport
    assert transport is not None
    return transport._dtls.state


def junk(number: int) -> bytes:
    """Records of every kind: handshakes, alerts, data, in the clear and as if encrypted, of any length."""
    kind = (20, 21, 22, 23, 24, 25)[number % 6]
    epoch = (0, 1, 2)[number // 6 % 3]
    body = os.urandom(number % 60)
    length = (len(body), 0, 65_535)[number // 18 % 3]
    return bytes((kind, 0xFE, 0xFD)) + pack("!HHIH", epoch, 0, number, length) + body


def test_garbage_records_after_the_handshake_change_nothing(hall: Hall, ani: Person) -> None:
    budi = hall.join("budi")
    microphone = ani.microphone()
    budi.watch(microphone)
    ani.sending.line.take()
    for number in range(2000):
        hall.deliver(junk(number), ani.sending.line)
        if number % 150 == 149:
            hall.us += 1_000_000
    assert sum(map(len, ani.sending.line.take())) <= 2000  # nothing to speak of comes back
    assert state(ani) is DtlsState.CONNECTED
    ani.sending.check()
    microphone.speak()
    assert len(budi.hear()) == 1


def test_handshakes_begun_anew_without_end_are_taken_up_a_few_times_a_second(hall: Hall, ani: Person) -> None:
    budi = hall.join("budi")
    microphone = ani.microphone()
    budi.watch(microphone)
    peer = ani.sending
    received: list[bytes] = []
    real = hall.sessions["ani"].inlet.transport._dtls.receive

    def receive(datagram: bytes) -> list[bytes]:
        received.append(datagram)
        return real(datagram)

    hall.sessions["ani"].inlet.transport._dtls.receive = receive  # type: ignore[method-assign]
    peer.line.take()
    for _ in range(600):
        again = DtlsHandshake(peer.certificate, client=True, fingerprints=peer.handshake._fingerprints)
        for datagram in again.start():
            hall.deliver(datagram, peer.line)
    assert len(received) <= MOST_DTLS_PER_SECOND
    assert sum(map(len, peer.line.take())) <= MOST_DTLS_PER_SECOND * 100
    microphone.speak()
    assert len(budi.hear()) == 1  # under the keys that stood


def test_nobody_else_pays_for_a_handshake_that_never_ends(hall: Hall) -> None:
    mallory = Person(hall, "rapat", "mallory")
    hall.exchange.connect("mallory", "send", mallory.sending.dtls_parameters)
    mallory.sending.check()
    sent = 0
    for number in range(400):
        for datagram in mallory.sending.handshake.start() if number == 0 else [junk(number)]:
            hall.deliver(datagram, mallory.sending.line)
        sent += sum(len(one) for one in mallory.sending.line.take())
        if number % 100 == 0:
            hall.pass_ms(1000)
            mallory.sending.check()
    assert sent <= 100_000
    ani, budi = hall.join("ani"), hall.join("budi")
    microphone = ani.microphone()
    budi.watch(microphone)
    microphone.speak()
    assert len(budi.hear()) == 1
