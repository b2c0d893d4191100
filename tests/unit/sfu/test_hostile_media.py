"""A participant who wants to do harm with RTP and RTCP: what it costs is counted, and the others notice nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from server.rtp import packet as packets
from server.rtp import rtcp
from server.rtp.line import ViewerLine
from server.rtp.nack import ASK_AT_MOST, FORGET_AFTER, HOLES_PER_PACKET, NackGenerator
from server.rtp.packet import RtpHeader, build_packet, find_extension
from server.rtp.probing import MOST_BYTES
from server.sfu.inlet import MOST_STREAMS, REBINDS_PER_SECOND
from server.sfu.outlet import PROMPT_PER_TICK, REPAIRS_AT_ONCE, Outlet
from server.sfu.repair import Repair
from server.sfu.transport import MOST_RTCP_WORK, RTCP_WORK_PER_TICK
from server.sfu.uplink import Uplink
from tests.unit.sfu.hall import (
    MID_ID,
    REPAIRED_ID,
    RID_ID,
    RTX,
    VP8,
    Camera,
    Hall,
    Microphone,
    Person,
    payload,
    read,
    ssrc_of,
)

Counting: TypeAlias = Callable[[object, str], Counter[str]]


class Bystanders:
    """Ani speaks, Citra listens: whatever Mallory does, every packet arrives, in order, once."""

    def __init__(self, hall: Hall) -> None:
        self.ani, self.citra = hall.join("ani"), hall.join("citra")
        self.microphone: Microphone = self.ani.microphone()
        self.sound = ssrc_of(self.citra.watch(self.microphone))
        self.sent: list[bytes] = []
        self.came: list[bytes] = []

    def speak(self) -> None:
        clear = self.microphone.make()
        self.sent.append(payload(clear))
        self.ani.sending.send(clear)
        self.came += [payload(one) for one in self.citra.hear() if read(one).ssrc == self.sound]

    def notice_nothing(self) -> None:
        self.speak()
        assert self.came == self.sent


@pytest.fixture
def hall() -> Hall:
    return Hall()


@pytest.fixture
def others(hall: Hall) -> Bystanders:
    return Bystanders(hall)


@pytest.fixture
def mallory(hall: Hall) -> Person:
    return hall.join("mallory")


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Counts the calls of a method or function from now on."""

    def counting(kind: object, name: str) -> Counter[str]:
        calls: Counter[str] = Counter()
        real = getattr(kind, name)

        def counted(*arguments: Any, **named: Any) -> Any:
            calls[name] += 1
            return real(*arguments, **named)

        monkeypatch.setattr(kind, name, counted)
        return calls

    return counting


def test_a_stream_under_somebody_elses_number_reaches_nobody(others: Bystanders, mallory: Person) -> None:
    microphone = others.microphone
    for _ in range(50):
        others.speak()
        spoof = build_packet(
            payload_type=111,
            sequence=microphone.sequence,
            timestamp=microphone.timestamp,
            ssrc=microphone.ssrc,
            payload=b"\x78forged",
            extensions=((MID_ID, b"1"),),
        )
        mallory.sending.send(spoof)
    others.notice_nothing()


def test_a_producer_that_claims_somebody_elses_number_is_a_stream_of_its_own(
    others: Bystanders, mallory: Person
) -> None:
    twin = Microphone(mallory.sending, others.microphone.ssrc, 7)
    twin.producer = mallory.hall.exchange.produce("mallory", "microphone", "audio", twin.parameters())
    others.citra.watch(twin)
    for _ in range(20):
        others.speak()
        twin.speak()
    others.notice_nothing()


@pytest.mark.parametrize("bitrate_bps", [0, 1, 0x3FFFF << 63])
def test_a_forged_estimate_costs_only_its_sender(
    hall: Hall, others: Bystanders, mallory: Person, bitrate_bps: int
) -> None:
    camera = others.ani.camera(layers=2)
    forger, honest = mallory.watch(camera, 720, remb=True), others.citra.watch(camera, 720, remb=True)
    sent = 0
    for number in range(100):
        camera.all_layers(key=number % 20 == 0)
        sent += 4
        mallory.receiving.send(rtcp.build(rtcp.Remb(1, bitrate_bps, (ssrc_of(forger),))))
        hall.pass_ms(50)
        others.ani.sending.check()
    mine = [one for one in others.citra.hear() if read(one).ssrc == ssrc_of(honest)]
    assert sent // 2 <= len(mine) <= sent // 2 + 2  # one layer of the two; the first key frame of both
    assert len(mallory.hear()) <= sent // 2 + 2
    outlet = hall.sessions["mallory"].outlet
    assert 0 < outlet.wish().available_bps <= 20_000_000
    others.notice_nothing()


def forged_feedback(first: int, statuses: int = rtcp.MAX_STATUSES, *, came: bool = False) -> bytes:
    """About so many packets in a few bytes: none of them came, or all within the same moment."""
    body = bytearray(first.to_bytes(2, "big") + statuses.to_bytes(2, "big") + bytes(4))
    body += (came << 13 | statuses).to_bytes(2, "big") + bytes(statuses if came else 0)
    body += bytes(-len(body) % 4)
    return b"\x8f\xcd" + (2 + len(body) // 4).to_bytes(2, "big") + bytes(8) + bytes(body)


def test_feedback_that_stands_for_thousands_of_packets_is_paid_for(
    hall: Hall, others: Bystanders, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    real = ViewerLine.feedback

    def counted(line: ViewerLine, one: rtcp.TransportCc, now_ms: int, round_trip_ms: int) -> None:
        told.append(len(one.arrivals))
        real(line, one, now_ms, round_trip_ms)

    monkeypatch.setattr(ViewerLine, "feedback", counted)
    for _ in range(200):
        mallory.receiving.send(forged_feedback(1))
    assert sum(told) <= MOST_RTCP_WORK + rtcp.MAX_STATUSES
    hall.pass_ms(2000)
    told.clear()
    for _ in range(20):
        hall.pass_ms(50)
        for _ in range(50):
            mallory.receiving.send(forged_feedback(1))
    assert sum(told) <= 20 * RTCP_WORK_PER_TICK + MOST_RTCP_WORK + rtcp.MAX_STATUSES
    others.notice_nothing()


def test_one_compound_does_not_hold_feedback_sixty_times() -> None:
    with pytest.raises(packets.PacketError):
        rtcp.parse(forged_feedback(1, 1100) * 2)
    assert len(rtcp.parse(forged_feedback(1, 1000) * 2)) == 2


def test_malformed_compounds_are_paid_for_too(mallory: Person, count: Counting) -> None:
    parsed = count(rtcp, "parse")
    for _ in range(500):
        mallory.receiving.send(forged_feedback(1) * 2)
        mallory.sending.send(forged_feedback(1) * 2)
    assert parsed["parse"] <= 2 * (1 + MOST_RTCP_WORK // rtcp.MAX_STATUSES)


def test_praise_for_a_line_does_not_make_the_server_send_without_end(
    hall: Hall, others: Bystanders, mallory: Person
) -> None:
    """Every packet came at once, says the forger: room is looked for, within bounds, on its own line."""
    camera = others.ani.camera(layers=2)
    mallory.watch(camera, 720)
    forwarded = 0
    outlet = hall.sessions["mallory"].outlet
    for number in range(200):
        camera.all_layers(key=number % 50 == 0)
        forwarded += sum(len(one) for one in mallory.hear())
        departures = outlet.video_lane.departures
        assert departures is not None
        mallory.receiving.send(forged_feedback(max(1, departures.next - 200) & 0xFFFF, 200, came=True))
        hall.pass_ms(50)
        others.ani.sending.check()
        mallory.receiving.check()
    seconds = 10
    assert forwarded <= 200 * 4 * 1300 + seconds * MOST_BYTES
    others.notice_nothing()


def test_lists_of_packets_that_were_never_sent_are_looked_up_within_bounds(
    hall: Hall, others: Bystanders, mallory: Person, count: Counting
) -> None:
    camera = others.ani.camera(layers=1)
    picture = mallory.watch(camera)
    camera.frame(key=True)
    last = read(mallory.hear()[-1]).sequence
    looked = count(Repair, "_splice")
    never = tuple((last + 500 + number) & 0xFFFF for number in range(1000))
    for media in (ssrc_of(picture), 0, others.sound, 0xFFFFFFFF):
        for _ in range(30):
            mallory.receiving.send(rtcp.build(rtcp.Nack(1, media, never)))
    assert not mallory.hear()
    assert looked["_splice"] <= 2 * REPAIRS_AT_ONCE
    others.notice_nothing()


def test_a_flood_of_key_frame_requests_reaches_the_sender_twice_a_second(
    hall: Hall, others: Bystanders, mallory: Person
) -> None:
    camera = others.ani.camera(layers=1)
    picture = mallory.watch(camera)
    others.citra.watch(camera)
    camera.frame(key=True)
    others.ani.sending.hear()
    asked = 0
    for _ in range(40):
        pli, fir = rtcp.Pli(1, ssrc_of(picture)), rtcp.Fir(1, tuple((ssrc_of(picture), n) for n in range(60)))
        for _ in range(50):
            mallory.receiving.send(rtcp.build(pli, fir))
        camera.frame(key=True)
        hall.pass_ms(50)
        asked += sum(isinstance(one, rtcp.Pli) for one in others.ani.sending.hear()[1])
    assert 1 <= asked <= 2 * 2 + 1
    others.notice_nothing()


def test_what_is_not_authentic_uses_up_nobodys_budget(hall: Hall, others: Bystanders, mallory: Person) -> None:
    """From Ani's address, as somebody on the way could send: clear, or encrypted with other keys."""
    camera = others.ani.camera(layers=2)
    others.citra.watch(camera)
    line = others.ani.sending.line
    clear = build_packet(payload_type=VP8, sequence=1, timestamp=1, ssrc=77, payload=b"x", extensions=((MID_ID, b"0"),))
    report = rtcp.build(rtcp.ReceiverReport(1))
    wrong = mallory.sending.protect(clear)
    for number in range(3000):
        strange = bytearray(wrong if number & 1 else clear)
        strange[8:12] = (100_000 + number).to_bytes(4, "big")
        hall.deliver(bytes(strange), line)
        hall.deliver(mallory.sending.protect(report) if number < 200 else report, line)
        hall.deliver(report, others.citra.receiving.line)
    inlet = hall.sessions["ani"].inlet
    assert not inlet._seen
    camera.frame(key=True)  # a stream that shows itself by its rid, among all of that
    others.citra.receiving.send(rtcp.build(rtcp.Pli(1, 0)))
    assert sum(read(one).ssrc != others.sound for one in others.citra.hear()) == 2
    others.notice_nothing()


class Watched(bytes):
    """Bytes that count how often one of them is looked at."""

    looks = 0

    def __getitem__(self, at: Any) -> Any:
        Watched.looks += 1
        return super().__getitem__(at)


@pytest.mark.parametrize("profile", [packets.ONE_BYTE_PROFILE, packets.TWO_BYTE_PROFILE])
@pytest.mark.parametrize("filling", [b"\x00", b"\x20\x00", b"\x21\x00"])
def test_a_long_block_of_extensions_is_not_looked_through(profile: int, filling: bytes) -> None:
    block = (filling * 1900)[:1900]
    data = Watched(bytes((0x90, 96)) + bytes(10) + profile.to_bytes(2, "big") + (475).to_bytes(2, "big") + block)
    header = RtpHeader()
    header.read(data, len(data))
    Watched.looks = 0
    assert find_extension(data, header, 5) == (0, 0)
    assert Watched.looks <= 2 * packets.LOOKED_THROUGH


def test_long_blocks_of_extensions_hurt_nobody(others: Bystanders, mallory: Person) -> None:
    camera = mallory.camera(layers=1)
    others.citra.watch(camera)
    camera.frame(key=True)
    for packet in [one for _ in range(50) for one in camera.make()]:
        header = read(packet)
        stuffed = build_packet(
            payload_type=VP8,
            sequence=header.sequence,
            timestamp=header.timestamp,
            ssrc=header.ssrc,
            payload=payload(packet),
            extensions=((MID_ID, b"0"), *((200, bytes(250)) for _ in range(6))),
        )
        mallory.sending.send(stuffed)
    others.notice_nothing()


@pytest.mark.parametrize("start", [0, 32_767, 65_530])
def test_leaps_in_the_numbers_open_few_holes(start: int) -> None:
    """599 missing, one comes: for every packet a request as long as a datagram."""
    nack = NackGenerator()
    asked = 0
    arrived = 300
    for number in range(arrived):
        nack.receive((start + number * FORGET_AFTER) & 0xFFFF, number)
        asked += len(nack.due(number, 20))
        nack.take_lost()
    assert asked <= ASK_AT_MOST * (FORGET_AFTER + HOLES_PER_PACKET * arrived) // 4


@pytest.mark.parametrize("start", [0, 32_767, 65_530])
def test_an_ordinary_burst_of_losses_is_still_asked_for(start: int) -> None:
    nack = NackGenerator()
    for number in range(100):
        nack.receive((start + number) & 0xFFFF, number)
    nack.receive((start + 400) & 0xFFFF, 100)
    assert len(nack.due(100, 20)) == 300
    for number in range(401, 500):
        nack.receive((start + number) & 0xFFFF, 100)
    nack.receive((start + 700) & 0xFFFF, 101)
    assert len(nack.due(101, 20)) == 200


def test_absurd_numbers_and_times_hurt_nobody(hall: Hall, others: Bystanders, mallory: Person) -> None:
    camera = mallory.camera(layers=1)
    picture = others.citra.watch(camera)
    camera.frame(key=True)
    others.citra.hear()
    chance = random.Random(3)  # noqa: S311
    asked = sent = 0
    for _ in range(200):
        (packet,) = camera.make(key=True, parts=1)
        whole = bytearray(packet)
        whole[2:4] = chance.choice((0, 599, 600, 30_000, 32_768, 65_535)).to_bytes(2, "big")
        whole[4:8] = chance.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)).to_bytes(4, "big")
        mallory.sending.send(bytes(whole))
        sent += 1
        others.speak()
        hall.pass_ms(50)
        asked += sum(len(one.lost) for one in mallory.sending.hear()[1] if isinstance(one, rtcp.Nack))
        for person in (others.ani, others.citra, mallory):
            person.sending.check()
            person.receiving.check()
    assert asked <= ASK_AT_MOST * (FORGET_AFTER + HOLES_PER_PACKET * sent)
    mine = [read(one) for one in others.citra.hear() if read(one).ssrc == ssrc_of(picture)]
    assert len(mine) <= sent
    others.notice_nothing()


def test_a_layer_that_changes_its_number_with_every_packet_is_followed_a_few_times(
    hall: Hall, others: Bystanders, mallory: Person, count: Counting
) -> None:
    camera = mallory.camera(layers=1)
    others.citra.watch(camera)
    bound = count(Uplink, "bind")
    (packet,) = camera.make(key=True, parts=1)
    for number in range(MOST_STREAMS + 500):
        whole = bytearray(packet)
        whole[8:12] = (500_000 + number).to_bytes(4, "big")
        mallory.sending.send(bytes(whole))
        if number % 200 == 0:
            others.speak()
    assert bound["bind"] <= 1 + REBINDS_PER_SECOND
    inlet = hall.sessions["mallory"].inlet
    assert len(inlet._media) == 1
    assert len(inlet._seen) <= MOST_STREAMS
    hall.pass_ms(1000)
    camera.ssrcs[0] = 9_999_999  # who changes its number once is followed
    for _ in range(2):
        camera.frame(key=True)
    assert 9_999_999 in inlet._media
    others.notice_nothing()


def test_repairs_under_thousands_of_numbers_fill_no_table(hall: Hall, others: Bystanders, mallory: Person) -> None:
    camera = mallory.camera(layers=1)
    camera.frame(key=True)
    for number in range(MOST_STREAMS + 200):
        again = build_packet(
            payload_type=RTX,
            sequence=1,
            timestamp=1,
            ssrc=600_000 + number,
            payload=b"\0\1x",
            extensions=((MID_ID, b"0"), (REPAIRED_ID, b"r0")),
        )
        mallory.sending.send(again)
        if number % 500 == 0:
            hall.pass_ms(1000)
            for person in (others.ani, others.citra, mallory):
                person.sending.check()
                person.receiving.check()
    assert len(hall.sessions["mallory"].inlet._repairs) <= MOST_STREAMS
    others.notice_nothing()


def test_repairs_of_what_never_was_hurt_nobody(others: Bystanders, mallory: Person) -> None:
    camera = mallory.camera(layers=1)
    picture = others.citra.watch(camera)
    camera.frame(key=True)
    others.citra.hear()
    for number in range(300):
        (packet,) = camera.make(parts=1)
        whole = bytearray(packet)
        whole[2:4] = (number * 217 & 0xFFFF).to_bytes(2, "big")
        mallory.sending.send(camera.repair(bytes(whole)))
    others.speak()
    assert sum(read(one).ssrc == ssrc_of(picture) for one in others.citra.hear()) <= 300
    others.notice_nothing()


def test_pictures_that_change_their_size_with_every_frame_are_shared_out_anew_now_and_then(
    hall: Hall, others: Bystanders, mallory: Person, count: Counting
) -> None:
    camera: Camera = mallory.camera(layers=1)
    others.citra.watch(camera, 720, paused=True)
    shared = count(Outlet, "allocate")
    ticks = 10
    for _ in range(ticks):
        for number in range(40):
            packet = bytearray(camera.make(key=True, parts=1)[0])
            at = packet.index(b"\x9d\x01\x2a") + 3
            packet[at] ^= number & 1
            mallory.sending.send(bytes(packet))
        hall.pass_ms(50)
    # Once a tick at most, for three people, and at once a few times in all.
    assert shared["allocate"] <= 3 * ticks + PROMPT_PER_TICK
    others.notice_nothing()


def test_the_known_rid_id_is_not_a_way_around(others: Bystanders, mallory: Person) -> None:
    """Another's mid on one's own line finds only one's own producers."""
    camera = others.ani.camera(layers=1)
    picture = others.citra.watch(camera)
    camera.frame(key=True)
    others.citra.hear()
    for packet in camera.make():
        header = read(packet)
        mallory.sending.send(
            build_packet(
                payload_type=VP8,
                sequence=header.sequence,
                timestamp=header.timestamp,
                ssrc=header.ssrc,
                payload=b"\x10\x00forged",
                extensions=((MID_ID, b"0"), (RID_ID, b"r0")),
            )
        )
    assert not [one for one in others.citra.hear() if read(one).ssrc == ssrc_of(picture)]
    others.notice_nothing()


def test_a_camera_that_goes_on_and_off_without_end_is_shared_out_a_few_times_a_tick(
    hall: Hall, others: Bystanders, mallory: Person, count: Counting
) -> None:
    camera = mallory.camera(layers=1)
    others.citra.watch(camera, 720)
    camera.frame(key=True)
    assert camera.producer is not None
    shared = count(Outlet, "allocate")
    for number in range(400):
        hall.exchange.set_paused(camera.producer.producer_id, not number & 1)
        if number % 100 == 99:
            hall.pass_ms(50)
    assert shared["allocate"] <= 4 * (PROMPT_PER_TICK + 3)
    camera.frame(key=True)
    others.notice_nothing()
