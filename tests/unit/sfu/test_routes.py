"""Where a browser is: the first authentic check, nominations, addresses that move, restarts, consent."""

from __future__ import annotations

import pytest
from aioice import stun

from server.rtp import rtcp
from server.sfu import link
from tests.load.checks import BindingChecks, IceCredentials
from tests.unit.sfu.hall import Hall, Line, Peer, ssrc_of


def request(peer: Peer, *, nominate: bool = True, password: str = "", controlled: bool = False) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    remote = peer.checks.remote
    message.attributes["USERNAME"] = f"{remote.username_fragment}:us"
    message.attributes["ICE-CONTROLLED" if controlled else "ICE-CONTROLLING"] = 1
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity((password or remote.password).encode())
    return bytes(message)


def answers(line: Line) -> list[stun.Message]:
    return [stun.parse_message(packet) for packet in line.take() if packet[0] < 4]


def test_an_answer_is_signed_and_tells_the_address() -> None:
    hall = Hall()
    ani = hall.join("ani")
    line = ani.sending.move()
    hall.deliver(request(ani.sending), line)
    [answer] = answers(line)
    assert answer.message_class is stun.Class.RESPONSE
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == line.address
    assert answer.check_message_integrity(ani.sending.checks.remote.password.encode())


@pytest.mark.parametrize(("wrong", "code"), [("password", 401), ("fragment", 401), ("controlled", 487)])
def test_what_is_not_authentic_is_refused_and_leaves_nothing_behind(wrong: str, code: int) -> None:
    hall = Hall()
    ani = hall.join("ani")
    peer, line = ani.sending, hall.line()
    if wrong == "fragment":
        peer.checks = BindingChecks(IceCredentials("nobody", peer.checks.remote.password))
    hall.deliver(request(peer, password="guess" if wrong == "password" else "", controlled=wrong == "controlled"), line)
    [answer] = answers(line)
    assert answer.error_code == code
    assert line.transport is None


def test_the_first_route_is_taken_and_a_nominated_one_moves_it() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    microphone = ani.microphone()
    budi.watch(microphone)
    other = budi.receiving.move()
    hall.deliver(request(budi.receiving, nominate=False), other)
    other.take()
    microphone.speak()
    assert not other.take()
    assert budi.hear()
    hall.deliver(request(budi.receiving, nominate=True), other)
    other.take()
    microphone.speak()
    assert len(other.take()) == 1
    assert not budi.receiving.line.take()


def test_a_browser_whose_address_was_rebound_is_followed_by_its_valid_media_alone() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    microphone = ani.microphone()
    sound = budi.watch(microphone)
    report = rtcp.build(rtcp.Pli(7, ssrc_of(sound)))
    other = budi.receiving.move()
    budi.receiving.send(report, other)
    microphone.speak()
    assert not other.take(), "an address without an authentic check was believed"
    budi.receiving.line.take()

    hall.deliver(request(budi.receiving, nominate=False), other)
    other.take()
    stolen = budi.receiving.protect(report)
    hall.deliver(stolen[:-4] + b"\0\0\0\0", other)
    microphone.speak()
    assert not other.take(), "what cannot be decrypted moved the route"
    budi.receiving.send(report, other)
    microphone.speak()
    assert len([packet for packet in other.take() if packet[1] & 0x7F == 111]) == 1


def test_after_a_restart_both_passwords_hold_until_the_new_one_is_used() -> None:
    hall = Hall()
    ani = hall.join("ani")
    peer, line = ani.sending, ani.sending.line
    old = peer.checks
    fresh = hall.exchange.restart_ice("ani", "send")
    new = BindingChecks(IceCredentials(str(fresh["usernameFragment"]), str(fresh["password"])))
    for checks, expected in ((old, None), (new, None), (old, 401), (new, None)):
        line.take()
        hall.deliver(checks.request(), line)
        [answer] = answers(line)
        assert answer.error_code == expected
    microphone = ani.microphone()
    budi = hall.join("budi")
    budi.watch(microphone)
    microphone.speak()
    assert budi.hear()


def test_two_restarts_in_a_row_leave_the_first_one_and_the_newest() -> None:
    hall = Hall()
    ani = hall.join("ani")
    first = ani.sending.checks
    forgotten = hall.exchange.restart_ice("ani", "send")
    newest = hall.exchange.restart_ice("ani", "send")
    line = ani.sending.line
    for ice, expected in ((forgotten, 401), (None, None), (newest, None), (None, 401)):
        line.take()
        checks = first
        if ice is not None:
            checks = BindingChecks(IceCredentials(str(ice["usernameFragment"]), str(ice["password"])))
        hall.deliver(checks.request(), line)
        [answer] = answers(line)
        assert answer.error_code == expected


def test_media_flow_once_keys_stand_and_stop_fifteen_seconds_after_the_last_check() -> None:
    hall = Hall()
    ani = hall.join("ani")
    assert not hall.told(link.MediaFlows)
    hall.pass_ms(50)
    assert [event.session_id for event in hall.told(link.MediaFlows)] == ["ani"]
    for _ in range(10):
        hall.pass_ms(5000)
        ani.sending.check()
    assert not hall.told(link.MediaStopped)
    hall.pass_ms(14_900)
    assert not hall.told(link.MediaStopped)
    hall.pass_ms(350)
    [stopped] = hall.told(link.MediaStopped)
    assert 15_000 <= stopped.silent_ms <= 15_250
    ani.sending.check()
    hall.pass_ms(50)
    assert len(hall.told(link.MediaFlows)) == 2


def test_nothing_is_sent_to_who_no_longer_consents_until_it_asks_again() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    microphone = ani.microphone()
    budi.watch(microphone)
    for _ in range(4):
        hall.pass_ms(5000)
        ani.sending.check()
    budi.receiving.line.take()
    microphone.speak()
    assert not budi.receiving.line.take()
    budi.receiving.check()
    budi.receiving.line.take()
    microphone.speak()
    assert budi.receiving.line.take()


def test_a_goodbye_ends_the_flow_at_once() -> None:
    hall = Hall()
    ani = hall.join("ani")
    hall.pass_ms(50)
    for peer in (ani.sending, ani.receiving):
        peer.handshake._connection.shutdown()
        for datagram in peer.handshake._outgoing():
            hall.deliver(datagram, peer.line)
    hall.pass_ms(50)
    assert [event.session_id for event in hall.told(link.MediaStopped)] == ["ani"]


def test_a_lost_connection_gives_its_place_to_another_route() -> None:
    hall = Hall()
    ani, budi = hall.join("ani"), hall.join("budi")
    microphone = ani.microphone()
    budi.watch(microphone)
    other = budi.receiving.move()
    hall.deliver(request(budi.receiving, nominate=True), other)
    other.take()
    assert other.transport is not None
    other.transport.route_lost(other)
    microphone.speak()
    assert budi.receiving.line.take()
