"""The way out: runs of packets in few calls, and the same packets whatever the kernel refuses."""

from __future__ import annotations

import errno
import socket
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.sfu.egress import MOST_RUN_BYTES, MOST_SEGMENTS, runs, supports_segments
from server.sfu.udp import UdpRoute

PACKETS = st.lists(st.sampled_from([60, 61, 1000, 1200, 1216]), max_size=200)


@given(PACKETS)
def test_runs_cover_every_packet_in_order_and_are_what_one_call_may_carry(sizes: list[int]) -> None:
    found = runs(sizes)
    cut: list[int] = []
    position = 0
    for start, end, size in found:
        assert start == position
        position = end
        whole, rest = divmod(end - start, size)
        cut += [size] * whole + ([rest] if rest else [])
        assert whole + bool(rest) <= MOST_SEGMENTS
        assert end - start <= MOST_RUN_BYTES
    assert cut == sizes


@given(PACKETS)
def test_equal_packets_share_a_call(sizes: list[int]) -> None:
    """No two neighbouring runs could have been one."""
    for (start, end, size), (_, next_end, next_size) in pairwise(runs(sizes)):
        closed = (end - start) % size != 0
        full = (end - start) // size >= MOST_SEGMENTS or end - start + next_size > MOST_RUN_BYTES
        assert closed or full or next_size > size, (start, end, next_end)


def packets_of(sizes: list[int]) -> list[bytes]:
    return [bytes((0x80, 96, number >> 8, number & 0xFF)) + b"x" * (size - 4) for number, size in enumerate(sizes)]


SIZES = [1200, 1200, 1200, 300, 80, 1200, 1200, 80, 80, 80, 1000]


@pytest.mark.parametrize("segments", [True, False])
def test_the_peer_gets_each_packet_by_itself(segments: bool) -> None:
    datagrams = (socket.AF_INET, socket.SOCK_DGRAM)
    with socket.socket(*datagrams) as ours, socket.socket(*datagrams) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(10)
        sent = packets_of(SIZES)
        route = UdpRoute(ours, peer.getsockname(), {}, segments=segments and supports_segments(ours))
        route.send_run(memoryview(b"".join(sent)), SIZES, video=True)
        assert [peer.recv(2048) for _ in sent] == sent


class Stubborn:
    """A socket that refuses: `segments` with one error, single sends as often as told."""

    def __init__(self, refusal: int | None = None, full: int = 0) -> None:
        self.refusal, self.full = refusal, full
        self.sent: list[bytes] = []
        self.tries = 0

    def sendmsg(self, views: list[memoryview], *_: Any) -> int:
        self.tries += 1
        if self.refusal is not None:
            raise OSError(self.refusal, "no")
        self.sent.append(b"".join(views))
        return 0

    def sendto(self, packet: bytes, _: Any) -> int:
        if self.full:
            self.full -= 1
            raise BlockingIOError
        self.sent.append(bytes(packet))
        return len(packet)


@pytest.mark.parametrize("refusal", [errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP])
def test_a_path_without_segments_gets_single_packets_and_is_not_asked_again(refusal: int) -> None:
    stubborn: Any = Stubborn(refusal)
    route = UdpRoute(stubborn, ("127.0.0.1", 9), {}, segments=True)
    sent = packets_of([500] * 6)
    for _ in range(2):
        route.send_run(memoryview(b"".join(sent)), [500] * 6, video=True)
    assert stubborn.sent == sent * 2
    assert stubborn.tries == 1


def test_a_full_socket_loses_pictures_and_tries_once_more_for_sound() -> None:
    picture: Any = Stubborn(full=1)
    UdpRoute(picture, ("127.0.0.1", 9), {}, segments=True).send_run(memoryview(bytes(100)), [100], video=True)
    assert picture.sent == []
    sound: Any = Stubborn(full=1)
    UdpRoute(sound, ("127.0.0.1", 9), {}, segments=True).send_run(memoryview(bytes(100)), [100], video=False)
    assert sound.sent == [bytes(100)]
