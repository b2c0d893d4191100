"""The synthetic participants themselves: what they put on the wire, what they count. No timings are asserted here."""

from __future__ import annotations

import select
import struct
from collections.abc import Callable, Iterator

import pytest
from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate
from hypothesis import given
from hypothesis import strategies as st

from tests.load import rtcp
from tests.load.checks import BindingChecks, IceCredentials
from tests.load.crowd import Timers
from tests.load.dtls import MTU_BYTES, datagrams
from tests.load.mirror import Mirror
from tests.load.participant import OutgoingStream, Participant
from tests.load.reception import (
    ReceivedStream,
    SequenceCount,
    header_extension,
    payload_offset,
    percentile,
    stamp_ns,
    starts_key_frame,
    vp8_descriptor_bytes,
)
from tests.load.sources import (
    AUDIO_CLOCK_HZ,
    AUDIO_PACKET_BYTES,
    VIDEO_CLOCK_HZ,
    VIDEO_PACKET_BYTES,
    Camera,
    ExtensionIds,
    Microphone,
    RtpStream,
    TransportSequence,
)

SERVER = IceCredentials(username_fragment="srvr", password="a-long-enough-password")
AROUND_THE_WRAP = (0, 1, 0x7FFE, 0x7FFF, 0x8000, 0xFFF0, 0xFFFE, 0xFFFF)
IDS = ExtensionIds()


# -- STUN


def test_a_check_has_the_shape_a_controlling_browser_gives_it() -> None:
    data = BindingChecks(remote=SERVER, local=IceCredentials("mine", "unused")).request()

    message = stun.parse_message(data)  # checks FINGERPRINT
    assert message.check_message_integrity(SERVER.password.encode())
    assert message.message_method == stun.Method.BINDING
    assert message.message_class == stun.Class.REQUEST
    assert list(message.attributes) == [
        "USERNAME",
        "PRIORITY",
        "ICE-CONTROLLING",
        "USE-CANDIDATE",
        "MESSAGE-INTEGRITY",
        "FINGERPRINT",
    ]
    assert message.attributes["USERNAME"] == "srvr:mine"
    assert message.attributes["PRIORITY"] == 2130706431


def _answer(request: bytes, password: str) -> bytes:
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=request[8:20])
    answer.attributes["XOR-MAPPED-ADDRESS"] = ("127.0.0.1", 4000)
    answer.add_message_integrity(password.encode())
    answer.add_fingerprint()
    return bytes(answer)


def test_a_check_succeeds_only_by_a_signed_answer_to_itself() -> None:
    checks = BindingChecks(remote=SERVER)
    request = checks.request()

    assert not checks.accept(_answer(request, "another password"))
    assert not checks.accept(_answer(bytes(20), SERVER.password))
    assert not checks.accept(b"\x01\x01not stun")
    assert not checks.succeeded
    assert checks.accept(_answer(request, SERVER.password))
    assert checks.succeeded


def test_a_check_is_answered_only_when_it_knows_our_password() -> None:
    checks = BindingChecks(remote=SERVER, local=IceCredentials("mine", "our-own-long-password"))
    ours = BindingChecks(remote=checks.local).request()
    answer = checks.answer(ours, ("127.0.0.1", 5000))

    assert answer is not None
    message = stun.parse_message(answer)
    assert message.message_class == stun.Class.RESPONSE
    assert message.transaction_id == ours[8:20]
    assert message.attributes["XOR-MAPPED-ADDRESS"] == ("127.0.0.1", 5000)
    assert message.check_message_integrity(b"our-own-long-password")
    assert checks.answer(BindingChecks(remote=SERVER).request(), ("127.0.0.1", 5000)) is None
    assert checks.answer(answer, ("127.0.0.1", 5000)) is None
    assert checks.answer(b"\x00\x01not stun", ("127.0.0.1", 5000)) is None


# -- DTLS flights


def _record(size: int) -> bytes:
    return b"\x16\xfe\xfd" + bytes(8) + size.to_bytes(2, "big") + bytes(size)


@given(st.lists(st.integers(min_value=1, max_value=1100), max_size=12))
def test_a_flight_is_cut_only_between_records(sizes: list[int]) -> None:
    records = [_record(size) for size in sizes]
    packets = list(datagrams(b"".join(records)))

    assert b"".join(packets) == b"".join(records)
    assert all(len(packet) <= MTU_BYTES for packet in packets)
    starts = {sum(map(len, records[:count])) for count in range(len(records))}
    assert {sum(map(len, packets[:count])) for count in range(len(packets))} <= starts


# -- what is sent


def _stream(sequence: int = 0, clock_hz: int = VIDEO_CLOCK_HZ) -> RtpStream:
    return RtpStream(
        ssrc=0x11223344, payload_type=96, clock_hz=clock_hz, mid="0", shared=TransportSequence(), sequence=sequence
    )


def _frame(camera: Camera, now_ns: int = 1_000_000_007) -> list[memoryview]:
    packets = []
    for _ in range(4):
        buffer = memoryview(bytearray(2048))
        packets.append(buffer[: camera.write_packet(buffer, now_ns)])
    return packets


@pytest.mark.parametrize("sequence", AROUND_THE_WRAP)
def test_a_camera_frame_is_four_packets_of_one_picture(sequence: int) -> None:
    camera = Camera(_stream(sequence), picture_id=0x7FFF)
    first, second = _frame(camera), _frame(camera)

    assert [len(packet) for packet in first] == [VIDEO_PACKET_BYTES] * 4
    assert [packet[1] >> 7 for packet in first] == [0, 0, 0, 1], "the marker ends the frame"
    numbers = [int.from_bytes(packet[2:4], "big") for packet in first + second]
    assert numbers == [(sequence + step) & 0xFFFF for step in range(8)]
    clocks = [int.from_bytes(packet[4:8], "big") for packet in first + second]
    assert clocks == [0] * 4 + [3600] * 4
    pictures = [struct.unpack_from("!H", packet, payload_offset(packet) + 2)[0] for packet in first + second]
    assert pictures == [0x8000 | 0x7FFF] * 4 + [0x8000] * 4
    assert all(vp8_descriptor_bytes(packet[payload_offset(packet) :]) == 6 for packet in first)


def test_a_key_frame_comes_first_and_when_asked_for() -> None:
    camera = Camera(_stream())

    def frame_is_key() -> list[bool]:
        return [starts_key_frame(packet[payload_offset(packet) :]) for packet in _frame(camera)]

    assert frame_is_key() == [True, False, False, False]
    assert frame_is_key() == [False] * 4
    camera.key_frame_wanted = True
    assert frame_is_key() == [True, False, False, False]
    assert camera.key_frames == 2


def test_a_key_frame_names_its_size() -> None:
    first = _frame(Camera(_stream()))[0]
    payload = bytes(first[payload_offset(first) + 6 :])

    assert payload[3:6] == b"\x9d\x01\x2a"
    assert struct.unpack_from("<HH", payload, 6) == (1280, 720)


def test_each_packet_carries_its_moment_and_its_extensions() -> None:
    shared = TransportSequence(next=0xFFFF)
    microphone = Microphone(RtpStream(7, 111, AUDIO_CLOCK_HZ, "1", shared), level=30)
    buffer = memoryview(bytearray(2048))
    packet = buffer[: microphone.write_packet(buffer, 1_500_000_000)]

    assert len(packet) == AUDIO_PACKET_BYTES
    assert stamp_ns(packet) == 1_500_000_000
    assert header_extension(packet, IDS.mid) == b"1"
    assert header_extension(packet, IDS.abs_send_time) == (3 << 17).to_bytes(3, "big"), "1.5 s in 6.18"
    assert header_extension(packet, IDS.transport_sequence) == b"\xff\xff"
    assert header_extension(packet, IDS.audio_level) == bytes((0x80 | 30,))
    assert header_extension(packet, 14) is None
    assert shared.next == 0, "the transport-wide number wraps"


# -- what is counted


@pytest.mark.parametrize("first", AROUND_THE_WRAP)
def test_loss_is_the_holes_in_the_sequence(first: int) -> None:
    count = SequenceCount()
    for step in (0, 1, 2, 5, 4, 9):
        count.add((first + step) & 0xFFFF)

    assert (count.received, count.expected, count.lost) == (6, 10, 4)
    assert count.duplicates_or_late == 1


@given(
    first=st.sampled_from(AROUND_THE_WRAP),
    length=st.integers(min_value=1, max_value=300),
    data=st.data(),
)
def test_any_loss_is_counted_once(first: int, length: int, data: st.DataObject) -> None:
    dropped = data.draw(st.sets(st.integers(min_value=1, max_value=max(1, length - 2))))
    kept = [step for step in range(length) if step not in dropped]
    count = SequenceCount()
    for step in kept:
        count.add((first + step) & 0xFFFF)

    assert count.lost == kept[-1] - kept[0] + 1 - len(kept)


def test_percentiles_are_nearest_rank() -> None:
    assert percentile([], 99) == 0.0
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([float(n) for n in range(1, 101)], 99) == 99.0


def test_marking_forgets_the_warm_up() -> None:
    stream = ReceivedStream(ssrc=1, video=True)
    for sequence in (1, 2, 4):
        stream.count.add(sequence)
    stream.latencies_ms.append(5.0)
    stream.mark()
    stream.count.add(5)

    assert (stream.count.received - stream.marked_received, stream.count.lost - stream.marked_lost) == (1, 0)
    assert stream.latencies_ms == []


@pytest.mark.parametrize("first", AROUND_THE_WRAP)
def test_a_key_frame_has_come_when_all_of_it_has(first: int) -> None:
    camera = Camera(_stream(sequence=first))
    whole, delta = _frame(camera), _frame(camera)
    camera.key_frame_wanted = True
    again = _frame(camera)
    stream = ReceivedStream(ssrc=1, video=True)

    for moment, packet in enumerate((whole[0], whole[1], whole[3], *delta)):  # one is missing
        stream.add_clear(packet, moment)
    assert stream.first_key_frame_ns is None
    assert stream.wants_every_packet
    for moment, packet in enumerate(again[:3], start=100):
        stream.add_clear(packet, moment)
    assert stream.first_key_frame_ns is None
    stream.add_clear(again[3], 103)
    assert stream.first_key_frame_ns == 103
    assert not stream.wants_every_packet


# -- RTCP


def test_pli_and_fir_are_wishes_for_a_key_frame() -> None:
    pli = bytes.fromhex("81ce00020000000111223344")
    fir = bytes.fromhex("84ce000400000001000000001122334501000000")
    report = bytes.fromhex("80c9000100000001")

    assert list(rtcp.key_frames_wanted(memoryview(report + pli + fir))) == [0x11223344, 0x11223345]
    assert list(rtcp.key_frames_wanted(memoryview(b"\x81\xce\x00\x09"))) == []


def test_remb_has_the_bytes_of_the_draft() -> None:
    assert (
        rtcp.remb(1, [0x11223344], 5_000_000).hex() == "8fce00050000000100000000" + "52454d42" + "0116625a" + "11223344"
    )


def test_receiver_reports_are_split_at_31_streams() -> None:
    packets = list(rtcp.receiver_reports(1, [ReceivedStream(ssrc=n, video=False) for n in range(40)]))
    assert [packet[0] & 0x1F for packet in packets] == [31, 9]
    assert all(len(packet) == 4 + 4 * int.from_bytes(packet[2:4], "big") for packet in packets)


def test_timers_run_in_order_and_do_not_drift() -> None:
    timers, ran = Timers(), []
    timers.every(40, 10, lambda: ran.append("frame"))
    timers.every(20, 0, lambda: ran.append("audio"))
    for now in (0, 10, 25, 40, 51):
        timers.run_due(now)

    assert ran == ["audio", "frame", "audio", "audio", "frame"]
    assert timers.wait_s(51) == pytest.approx(9e-9)


# -- all of it over real sockets


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    one = Mirror()
    yield one
    one.close()


@pytest.fixture
def participant() -> Iterator[Participant]:
    one = Participant(RTCCertificate.generateCertificate(), "AEAD_AES_128_GCM", decrypt_every=2)
    yield one
    one.close()


def _pump(mirror: Mirror, participant: Participant, until: Callable[[], bool]) -> None:
    """Moves datagrams until it is true; every turn waits for the sockets, and five silent seconds are a failure."""
    while not until():
        sockets = [mirror.socket, *(one.socket for one in participant.transports)]
        ready, _, _ = select.select(sockets, [], [], 5)
        assert ready, "nothing came any more"
        mirror.drain()
        for transport in participant.transports:
            transport.drain()


def test_a_participant_hears_itself_through_a_server(mirror: Mirror, participant: Participant) -> None:
    participant.open_sending(mirror.parameters(0))
    participant.open_receiving(mirror.parameters(1))
    _pump(mirror, participant, lambda: participant.connected)
    assert [one.srtp.profile for one in participant.transports if one.srtp] == ["AEAD_AES_128_GCM"] * 2

    participant.speak(OutgoingStream(11, 96, "0"), OutgoingStream(22, 111, "1"))
    video = participant.expect(11, video=True)
    audio = participant.expect(22, video=False)
    participant.mark()
    for _ in range(10):
        participant.send_frame()
        participant.send_audio()
    _pump(mirror, participant, lambda: video.count.received == 40 and audio.count.received == 10)
    totals = participant.totals()
    assert (totals.sent, totals.received, totals.lost, totals.undecryptable) == (50, 50, 0, 0)
    assert video.first_key_frame_ns is not None
    assert 24 <= len(totals.latencies_ms) <= 27, "one in two is decrypted, and all until the key frame"

    assert participant.camera is not None
    key_frames = participant.camera.key_frames
    mirror.ask_for_key_frame(11)
    _pump(mirror, participant, lambda: participant.camera is not None and participant.camera.key_frame_wanted)
    participant.send_frame()
    assert participant.camera.key_frames == key_frames + 1

    participant.send_reports()
    _pump(mirror, participant, lambda: len(mirror.reports) == 3)
    assert sorted(report[1] for report in mirror.reports) == [200, 200, 201]


def test_what_the_server_drops_is_lost(mirror: Mirror, participant: Participant) -> None:
    participant.open_sending(mirror.parameters(0))
    participant.open_receiving(mirror.parameters(1))
    _pump(mirror, participant, lambda: participant.connected)
    participant.speak(OutgoingStream(11, 96, "0"), OutgoingStream(22, 111, "1"))
    video = participant.expect(11, video=True)
    mirror.drop_every = 10
    for _ in range(5):
        participant.send_frame()
    _pump(mirror, participant, lambda: video.count.received == 18)
    assert video.count.lost == 1, "the tenth packet; the twentieth was the last, and nobody can miss it yet"


def test_a_server_with_another_certificate_is_refused(mirror: Mirror, participant: Participant) -> None:
    parameters = mirror.parameters(0)
    for one in parameters.dtls_parameters.fingerprints:
        one.value = "00:" + one.value[3:]
    participant.open_sending(parameters)
    with pytest.raises(ConnectionError, match="certificate"):
        _pump(mirror, participant, lambda: participant.connected)
