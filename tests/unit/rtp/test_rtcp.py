"""RTCP: the bytes that browsers send and expect, a round trip for each kind, bounded work for hostile datagrams."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rtp import rtcp
from server.rtp.packet import PacketError
from server.rtp.rtcp import (
    Bye,
    Fir,
    Nack,
    Pli,
    ReceiverReport,
    Remb,
    ReportBlock,
    Sdes,
    SenderReport,
    TransportCc,
    build,
    parse,
)
from tests.unit.rtp import STARTS

MEDIA = 0x11223344
BLOCK = ReportBlock(MEDIA, 25, -3, 0x1FFFE, 90, 0x12345678, 65536)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Pli(1, MEDIA), "81ce00020000000111223344"),
        (Nack(1, MEDIA, (100, 101, 117)), "81cd000400000001112233440064000100750000"),
        (
            Remb(1, 5_000_000, (MEDIA,)),
            "8fce00050000000100000000524d4542".replace("524d4542", "52454d42") + "0116625a11223344",
        ),
    ],
)
def test_the_bytes_that_were_measured(one: Pli | Nack | Remb, expected: str) -> None:
    assert build(one).hex() == expected


def test_nack_and_pli_and_remb_are_read_again() -> None:
    assert parse(bytes.fromhex("81cd000400000001112233440064000100750000")) == [Nack(1, MEDIA, (100, 101, 117))]
    assert parse(bytes.fromhex("81ce00020000000111223344")) == [Pli(1, MEDIA)]
    (remb,) = parse(bytes.fromhex("8fce0005000000010000000052454d420116625a11223344"))
    assert isinstance(remb, Remb)
    assert remb.ssrcs == (MEDIA,)
    assert abs(remb.bitrate_bps - 5_000_000) < 32


def test_transport_feedback_is_read() -> None:
    data = bytes.fromhex("8fcd00060000000111223344fffe000600000f00d524a004500114" + "01")
    (feedback,) = parse(data)
    assert feedback == TransportCc(
        1,
        MEDIA,
        0,
        (
            (65534, 1_000_000),
            (65535, 1_001_000),
            (0, 1_021_000),
            (1, None),
            (2, 1_090_000),
            (3, 1_090_250),
        ),
    )


EACH: list[rtcp.Buildable] = [
    SenderReport(7, 0xE1E2E3E4E5E6E7E8, 0xFFFFFFFE, 10, 1000, (BLOCK,)),
    SenderReport(7, 1, 2, 3, 4),
    ReceiverReport(8, (BLOCK, ReportBlock(2, 255, 0x7FFFFF, 5, 6, 7, 8))),
    ReceiverReport(8),
    Sdes(((7, "balai"), (8, ""), (9, "abc"))),
    Bye((7, 8)),
    Pli(1, 2),
    Fir(1, ((2, 3), (4, 255))),
    Remb(1, 131072, (2, 3)),
    Remb(1, 0, ()),
]


@pytest.mark.parametrize("one", EACH, ids=lambda one: type(one).__name__)
def test_each_kind_survives_a_round_trip(one: rtcp.Buildable) -> None:
    data = build(one)
    assert len(data) % 4 == 0
    assert parse(data) == [one]


def test_a_compound_keeps_its_order() -> None:
    assert parse(memoryview(bytearray(build(*EACH)))) == EACH


@given(st.sampled_from(STARTS), st.sets(st.integers(0, 400), min_size=1))
def test_any_set_of_losses_survives_a_nack(start: int, lost: set[int]) -> None:
    numbers = tuple((start + number) & 0xFFFF for number in sorted(lost))
    assert parse(build(Nack(1, 2, numbers))) == [Nack(1, 2, numbers)]


def test_a_giant_nack_is_cut() -> None:
    body = bytes(8) + b"\x00\x01\xff\xff" * 16000
    data = b"\x81\xcd" + (len(body) // 4).to_bytes(2, "big") + body
    (nack,) = parse(data)
    assert isinstance(nack, Nack)
    assert len(nack.lost) == rtcp.MAX_LOST
    found = parse(build(*[Nack(1, 2, tuple(range(600)))] * 5))
    assert sum(len(one.lost) for one in found if isinstance(one, Nack)) == rtcp.MAX_LOST


def test_a_datagram_of_many_tiny_packets_is_refused() -> None:
    with pytest.raises(PacketError):
        parse(b"\x80\xcc\x00\x00" * 300)


def test_feedback_about_too_many_packets_is_refused() -> None:
    body = bytes(8) + b"\x00\x00\xff\xff" + bytes(4) + b"\x1f\xff" * 8
    with pytest.raises(PacketError):
        parse(b"\x8f\xcd" + (len(body) // 4).to_bytes(2, "big") + body)


def test_unknown_packets_are_skipped() -> None:
    application = b"\x80\xcc\x00\x02" + b"\x00" * 8
    unknown_feedback = b"\x83\xcd\x00\x02" + b"\x00" * 8
    assert parse(application + build(Pli(1, 2)) + unknown_feedback) == [Pli(1, 2)]


def test_padding_is_taken_off() -> None:
    assert parse(b"\xa1\xce\x00\x03" + bytes.fromhex("0000000111223344") + b"\x00\x00\x00\x04") == [Pli(1, MEDIA)]
    with pytest.raises(PacketError):
        parse(b"\xa1\xce\x00\x02" + bytes.fromhex("00000001112233ff"))


@pytest.mark.parametrize("kind", [200, 201, 202, 203, 205, 206])
@given(st.binary(max_size=120), st.integers(0, 63))
def test_random_bodies_raise_only_packet_errors(kind: int, body: bytes, low: int) -> None:
    body += bytes(-len(body) % 4)
    data = bytes((0x80 | low, kind)) + (len(body) // 4).to_bytes(2, "big") + body
    try:
        found = parse(data)
    except PacketError:
        return
    assert len(found) <= 1


@given(st.binary(max_size=200))
def test_random_datagrams_raise_only_packet_errors(data: bytes) -> None:
    try:
        parse(data)
    except PacketError:
        return


def test_counts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="31"):
        build(ReceiverReport(1, (BLOCK,) * 32))
    with pytest.raises(ValueError, match="255"):
        build(Sdes(((1, "x" * 256),)))
