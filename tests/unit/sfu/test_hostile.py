"""What a browser, or somebody who pretends to be one, may send: it costs bounded work and changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import Invalid
from server.rtp import rtcp
from server.rtp.packet import build_packet
from server.sfu import link
from server.sfu.inlet import MOST_STREAMS
from tests.unit.sfu.hall import MID_ID, RID_ID, VP8, Hall, Person, payload


def room() -> tuple[Hall, Person, Person]:
    hall = Hall()
    return hall, hall.join("ani"), hall.join("budi")


def test_clear_rtp_and_rtcp_are_dropped() -> None:
    hall, ani, budi = room()
    camera = ani.camera(layers=1)
    budi.watch(camera)
    for packet in [*camera.make(key=True), rtcp.build(rtcp.Pli(1, camera.ssrcs[0]))]:
        hall.deliver(packet, ani.sending.line)
    assert not budi.hear()
    camera.frame(key=True)
    assert len(budi.hear()) == 2


def test_a_packet_that_was_changed_or_comes_again_is_dropped() -> None:
    hall, ani, budi = room()
    microphone = ani.microphone()
    budi.watch(microphone)
    packet = ani.sending.protect(microphone.make())
    hall.deliver(packet[:-1] + bytes((packet[-1] ^ 1,)), ani.sending.line)
    assert not budi.hear()
    hall.deliver(packet, ani.sending.line)
    hall.deliver(packet, ani.sending.line)
    assert len(budi.hear()) == 1


def test_a_stream_that_nobody_announced_goes_nowhere() -> None:
    _, ani, budi = room()
    camera = ani.camera(layers=1)
    budi.watch(camera)
    camera.frame(key=True)
    budi.hear()
    spoofs = [
        {"ssrc": 9, "extensions": ()},
        {"ssrc": 10, "extensions": ((MID_ID, b"7"),)},
        {"ssrc": 11, "extensions": ((MID_ID, b"0"), (RID_ID, b"rx")), "payload_type": 45},
    ]
    for spoof in spoofs:
        whole = {"payload_type": VP8, "sequence": 1, "timestamp": 1, "payload": payload(camera.make()[0]), **spoof}
        ani.sending.send(build_packet(**whole))  # type: ignore[arg-type]
    assert not budi.hear()


def test_an_unknown_payload_type_on_a_known_stream_is_dropped() -> None:
    _, ani, budi = room()
    camera = ani.camera(layers=1)
    budi.watch(camera)
    camera.frame(key=True)
    budi.hear()
    packet = bytearray(camera.make()[0])
    packet[1] = packet[1] & 0x80 | 45
    ani.sending.send(bytes(packet))
    assert not budi.hear()


def test_streams_without_end_are_not_decrypted_without_end() -> None:
    hall, ani, _ = room()
    ani.camera(layers=1)
    inbound = ani.sending.line.transport
    assert inbound is not None
    for ssrc in range(100_000, 100_000 + MOST_STREAMS + 200):
        ani.sending.send(build_packet(payload_type=VP8, sequence=1, timestamp=1, ssrc=ssrc, payload=b"x"))
        if ssrc % 500 == 0:
            hall.pass_ms(1000)
            ani.sending.check()
    handler = inbound._handler
    assert handler is not None
    assert not handler.accepts(5_000_000)


def test_a_viewers_transport_takes_no_media() -> None:
    _, ani, budi = room()
    camera = ani.camera(layers=1)
    budi.watch(camera)
    camera.peer = budi.receiving
    camera.frame(key=True)
    assert not budi.hear()


def test_a_certificate_that_was_not_announced_gets_no_keys() -> None:
    hall = Hall()
    mallory = Person(hall, "rapat", "mallory")
    honest = mallory.receiving.dtls_parameters
    hall.exchange.connect("mallory", "send", honest)
    mallory.sending.check()
    mallory.sending.shake_hands()
    transport = mallory.sending.line.transport
    assert transport is not None
    assert transport.inbound is None
    hall.pass_ms(100)
    assert not hall.told(link.MediaFlows)


def test_no_handshake_without_a_check() -> None:
    hall = Hall()
    ani = Person(hall, "rapat", "ani")
    hall.exchange.connect("ani", "send", ani.sending.dtls_parameters)
    ani.sending.shake_hands()
    assert not ani.sending.line.arrived
    assert ani.sending.handshake.srtp is None


def test_a_handshake_before_connect_is_finished_by_it() -> None:
    hall = Hall()
    ani = Person(hall, "rapat", "ani")
    ani.sending.check()
    ani.sending.shake_hands()
    hall.exchange.connect("ani", "send", ani.sending.dtls_parameters)
    ani.sending.shake_hands()
    hall.pass_ms(50)
    assert [event.session_id for event in hall.told(link.MediaFlows)] == ["ani"]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"fingerprints": []},
        {"fingerprints": [{"algorithm": "md5", "value": "00"}]},
        {"role": "server", "fingerprints": [{"algorithm": "sha-256", "value": "00"}]},
        {"fingerprints": "sha-256"},
    ],
)
def test_dtls_parameters_that_cannot_be_verified_are_refused(parameters: dict[str, object]) -> None:
    hall = Hall()
    Person(hall, "rapat", "ani")
    with pytest.raises(Invalid):
        hall.exchange.connect("ani", "send", parameters)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(min_size=0, max_size=300), min_size=1, max_size=10), st.booleans())
def test_no_bytes_whatever_stop_the_media(datagrams: list[bytes], known: bool) -> None:
    hall, ani, budi = room()
    microphone = ani.microphone()
    budi.watch(microphone)
    for datagram in datagrams:
        hall.deliver(datagram, ani.sending.line if known else hall.line())
    microphone.speak()
    assert len(budi.hear()) == 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(128, 191), st.binary(min_size=11, max_size=200)), min_size=1, max_size=10))
def test_no_authentic_bytes_whatever_stop_the_media(packets: list[tuple[int, bytes]]) -> None:
    """A participant's own, properly encrypted nonsense: RTP and RTCP, towards both of its transports."""
    _, ani, budi = room()
    camera, microphone = ani.camera(layers=2), ani.microphone()
    budi.watch(camera)
    budi.watch(microphone)
    camera.all_layers(key=True)
    budi.hear()
    for first, rest in packets:
        for peer in (ani.sending, budi.receiving):
            packet = bytes((first,)) + rest
            if len(peer.protect(packet)) > len(packet):
                peer.send(packet)
    microphone.speak()
    assert any(payload(packet).startswith(b"\x78sound") for packet in budi.hear())
