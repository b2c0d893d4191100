"""RTP headers: what is written is read again, and nothing malformed gets past PacketError."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rtp import packet
from server.rtp.packet import HeaderTemplate, PacketError, RtpHeader, Unwrapper, build_packet, build_rtx, seq_diff
from server.rtp.parameters import ExtensionId
from tests.unit.rtp import STARTS


def read(data: bytes) -> RtpHeader:
    header = RtpHeader()
    header.read(data, len(data))
    return header


def test_a_minimal_header_is_read() -> None:
    header = read(bytes.fromhex("80e0 1234 00000010 11223344".replace(" ", "")) + b"abc")
    assert (header.payload_type, header.marker, header.sequence, header.timestamp, header.ssrc) == (
        96,
        1,
        0x1234,
        16,
        0x11223344,
    )
    assert (header.payload_offset, header.payload_length, header.padding, header.extension_profile) == (12, 3, 0, 0)


def test_csrcs_extensions_and_padding_are_stepped_over() -> None:
    data = build_packet(
        payload_type=111,
        sequence=1,
        timestamp=2,
        ssrc=3,
        payload=b"hello",
        extensions=((1, b"mid0"), (10, b"\x85")),
        padding=7,
        csrcs=(9, 8),
    )
    header = read(data)
    assert data[header.payload_offset : header.payload_offset + header.payload_length] == b"hello"
    assert header.padding == 7
    assert [(i, data[o : o + n]) for i, o, n in packet.extensions(data, header)] == [(1, b"mid0"), (10, b"\x85")]
    assert packet.extension_text(data, header, 1) == "mid0"
    assert packet.find_extension(data, header, 10)[1] == 1
    assert packet.find_extension(data, header, 2) == (0, 0)
    assert packet.find_extension(data, header, 0) == (0, 0)


def test_two_byte_extensions_are_read() -> None:
    data = build_packet(
        payload_type=96, sequence=1, timestamp=2, ssrc=3, payload=b"x", extensions=((1, b""), (200, b"y" * 20))
    )
    header = read(data)
    assert header.extension_profile == packet.TWO_BYTE_PROFILE
    assert [(i, n) for i, _, n in packet.extensions(data, header)] == [(1, 0), (200, 20)]
    offset, length = packet.find_extension(data, header, 200)
    assert data[offset : offset + length] == b"y" * 20


def test_a_buffer_may_be_longer_than_the_packet() -> None:
    data = build_packet(payload_type=96, sequence=1, timestamp=2, ssrc=3, payload=b"x" * 5, padding=2)
    header = RtpHeader()
    header.read(memoryview(bytearray(data) + bytes(1000)), len(data))
    assert header.payload_length == 5


@pytest.mark.parametrize(
    "hexed",
    [
        "",
        "80",
        "80600001000000010000000",
        "40600001" + "00" * 8,  # version 1
        "8f600001" + "00" * 8,  # fifteen CSRCs that are not there
        "90600001" + "00" * 8,  # an extension block that is not there
        "90600001" + "00" * 8 + "bede0002" + "00000000",  # one word of two
        "a0600001" + "00" * 8,  # padding of zero
        "a0600001" + "00" * 8 + "ff",  # more padding than packet
    ],
)
def test_malformed_headers_are_refused(hexed: str) -> None:
    data = bytes.fromhex(hexed[: len(hexed) // 2 * 2])
    with pytest.raises(PacketError):
        read(data)


def test_an_extension_beyond_its_block_is_refused_and_not_found() -> None:
    data = bytes.fromhex("90600001" + "00" * 8 + "bede0001" + "00003f00" + "aa" * 20)
    header = read(data)
    with pytest.raises(PacketError):
        list(packet.extensions(data, header))
    assert packet.find_extension(data, header, 3) == (0, 0)


@given(st.binary(max_size=80), st.integers(0, 255))
def test_random_bytes_raise_only_packet_errors(tail: bytes, first: int) -> None:
    data = bytes((first,)) + tail
    header = RtpHeader()
    try:
        header.read(data, len(data))
        found = list(packet.extensions(data, header))
    except PacketError:
        return
    end = header.payload_offset + header.payload_length + header.padding
    assert 12 <= header.payload_offset <= end == len(data)
    for identifier, offset, length in found:
        assert offset + length <= header.payload_offset
        assert packet.find_extension(data, header, identifier)[0] <= header.payload_offset


@given(st.binary(min_size=0, max_size=40), st.integers(1, 255))
def test_finding_never_raises(block: bytes, wanted: int) -> None:
    block += bytes(-len(block) % 4)
    for profile in (b"\xbe\xde", b"\x10\x00", b"\x12\x34"):
        data = b"\x90\x60" + bytes(10) + profile + (len(block) // 4).to_bytes(2, "big") + block + b"payload"
        header = read(data)
        offset, length = packet.find_extension(data, header, wanted)
        assert offset + length <= header.payload_offset


@given(
    st.integers(0, 127),
    st.booleans(),
    st.sampled_from(STARTS),
    st.integers(0, 0xFFFFFFFF),
    st.binary(min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=4),
    st.integers(0, 255),
)
def test_what_is_built_is_read(  # noqa: PLR0917 - one per drawn value
    payload_type: int,
    marker: bool,
    sequence: int,
    timestamp: int,
    payload: bytes,
    exts: list[tuple[int, bytes]],
    padding: int,
) -> None:
    data = build_packet(
        payload_type=payload_type,
        sequence=sequence,
        timestamp=timestamp,
        ssrc=77,
        payload=payload,
        marker=marker,
        extensions=tuple(exts),
        padding=padding,
    )
    header = read(data)
    assert (header.payload_type, header.marker, header.sequence, header.timestamp) == (
        payload_type,
        marker,
        sequence,
        timestamp,
    )
    assert data[header.payload_offset :][: header.payload_length] == payload
    assert [(i, data[o : o + n]) for i, o, n in packet.extensions(data, header)] == exts


@pytest.mark.parametrize("start", STARTS)
def test_rtx_gives_back_the_packet_that_was_lost(start: int) -> None:
    data = build_packet(
        payload_type=96, sequence=start, timestamp=9, ssrc=5, payload=b"frame", marker=True, extensions=((1, b"a"),)
    )
    again = build_rtx(data, payload_type=97, sequence=(start + 7) & 0xFFFF, ssrc=6)
    header = read(again)
    assert (header.payload_type, header.ssrc, header.sequence) == (97, 6, (start + 7) & 0xFFFF)
    assert header.unwrap_rtx(again, 96, 5)
    assert (header.payload_type, header.ssrc, header.sequence, header.timestamp, header.marker) == (96, 5, start, 9, 1)
    assert again[header.payload_offset :][: header.payload_length] == b"frame"


def test_an_rtx_probe_without_payload_is_no_packet() -> None:
    probe = build_packet(payload_type=97, sequence=1, timestamp=9, ssrc=6, payload=b"", padding=200)
    assert not read(probe).unwrap_rtx(probe, 96, 5)


@pytest.mark.parametrize("start", STARTS)
def test_a_viewers_header_is_written_in_place(start: int) -> None:
    template = HeaderTemplate(ssrc=0xAABBCCDD, payload_type=111, mid="12", audio_level=True)
    buffer = bytearray(b"\xee" * 200)
    at = template.write(buffer, 10, 1, start, 0xFFFFFFFF, 0x123456, 0x8A)
    assert at == 10 + template.size
    buffer[at : at + 3] = b"abc"
    data = bytes(buffer[10 : at + 3])
    header = read(data)
    assert (header.payload_type, header.marker, header.sequence, header.timestamp, header.ssrc) == (
        111,
        1,
        start,
        0xFFFFFFFF,
        0xAABBCCDD,
    )
    found = {i: data[o : o + n] for i, o, n in packet.extensions(data, header)}
    assert found == {
        ExtensionId.ABS_SEND_TIME: b"\x12\x34\x56",
        ExtensionId.AUDIO_LEVEL: b"\x8a",
        ExtensionId.MID: b"12",
    }
    assert data[header.payload_offset :] == b"abc"
    assert buffer[:10] == b"\xee" * 10
    assert buffer[at + 3 :] == b"\xee" * (187 - template.size)


def test_a_viewers_transport_wide_number_is_written_in_its_place() -> None:
    template = HeaderTemplate(ssrc=1, payload_type=96, mid="abc", transport_number=True)
    buffer = bytearray(80)
    at = template.write(buffer, 7, 0, 5, 6, 0)
    template.write_number(buffer, 7, 0xFEDC)
    data = bytes(buffer[7:at])
    assert packet.find_extension(data, read(data), ExtensionId.TRANSPORT_CC) == (template.number_at, 2)
    assert data[template.number_at : template.number_at + 2] == b"\xfe\xdc"
    assert HeaderTemplate(ssrc=1, payload_type=96).number_at == 0


def test_a_template_without_extensions_is_a_bare_header() -> None:
    template = HeaderTemplate(ssrc=1, payload_type=96, abs_send_time=False)
    buffer = bytearray(40)
    assert template.write(buffer, 0, 0, 5, 6, 0) == 12
    header = read(bytes(buffer[:20]))
    assert (header.sequence, header.extension_profile, header.payload_offset) == (5, 0, 12)


@pytest.mark.parametrize("start", STARTS)
def test_a_retransmission_carries_the_original_number(start: int) -> None:
    template = HeaderTemplate(ssrc=2, payload_type=97, mid="0")
    buffer = bytearray(100)
    at = template.write_rtx(buffer, 0, 1, 3, 4, 5, start)
    buffer[at : at + 4] = b"data"
    data = bytes(buffer[: at + 4])
    header = read(data)
    assert header.unwrap_rtx(data, 96, 1)
    assert (header.sequence, data[header.payload_offset :]) == (start, b"data")


def test_a_mid_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        HeaderTemplate(ssrc=1, payload_type=96, mid="m" * 17)


@pytest.mark.parametrize("start", STARTS)
def test_differences_go_over_the_wrap(start: int) -> None:
    for step in (-32768, -600, -1, 0, 1, 600, 32767):
        assert seq_diff((start + step) & 0xFFFF, start) == step


@given(st.sampled_from(STARTS), st.lists(st.integers(-1000, 30000), max_size=50))
def test_unwrapping_follows_the_stream(start: int, steps: list[int]) -> None:
    unwrapper = Unwrapper()
    true = start + 0x10000
    assert unwrapper.unwrap(start) == true
    highest = true
    for step in steps:
        true = highest + step
        if true < 0:
            continue
        assert unwrapper.unwrap(true & 0xFFFF) == true
        highest = max(highest, true)
    assert unwrapper.highest == highest


def test_packets_are_told_apart_by_their_first_bytes() -> None:
    rest = bytes(30)
    assert packet.is_stun(b"\x00\x01" + rest)
    assert packet.is_dtls(b"\x16\xfe" + rest)
    assert packet.is_rtp(b"\x90\x60" + rest)
    assert packet.is_rtcp(b"\x81\xc9" + rest)
    assert not packet.is_rtp(b"\x81\xc9" + rest)
    for first in range(256):
        for second in (0x60, 0xE0, 0xC8, 0xCE):
            data = bytes((first, second)) + rest
            kinds = [packet.is_stun(data), packet.is_dtls(data), packet.is_rtp(data), packet.is_rtcp(data)]
            assert sum(kinds) <= 1
    assert not any(kind(b"") for kind in (packet.is_stun, packet.is_dtls, packet.is_rtp, packet.is_rtcp))


def test_abs_send_time_counts_in_units_of_a_64_second_wrap() -> None:
    assert packet.abs_send_time(1_000_000) == 1 << 18
    assert packet.abs_send_time(64_000_000) == 0
    assert packet.abs_send_time(500_000) == 1 << 17
