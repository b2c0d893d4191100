"""Receiver reports count what arrived; sender reports keep the sender's clock in the viewer's time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rtp.reports import ReceiverStats, ntp_of, round_trip_ms, translate
from server.rtp.rewrite import Rewriter, SenderClock
from server.rtp.rtcp import ReportBlock
from tests.unit.rtp import STARTS


@pytest.mark.parametrize("start", STARTS)
def test_loss_is_counted_over_the_wrap(start: int) -> None:
    stats = ReceiverStats(5, 90000)
    for n in range(100):
        if n % 4 != 1:
            stats.receive((start + n) & 0xFFFF, n * 3000, n * 33_333)
    block = stats.block(0)
    assert (block.ssrc, block.fraction_lost, block.packets_lost) == (5, 64, 25)
    assert block.highest_sequence == start + 99
    for n in range(100, 200):
        stats.receive((start + n) & 0xFFFF, n * 3000, n * 33_333)
    assert (stats.block(0).fraction_lost, stats.block(0).packets_lost) == (0, 25)


@given(st.sampled_from(STARTS), st.permutations(range(30)))
def test_order_alone_loses_nothing(start: int, order: list[int]) -> None:
    stats = ReceiverStats(5, 90000)
    for n in order:
        stats.receive((start + n) & 0xFFFF, 0, 0)
    assert stats.block(0).packets_lost == 0


def test_jitter_is_that_of_rfc_3550() -> None:
    even = ReceiverStats(1, 90000)
    rough = ReceiverStats(1, 90000)
    for n in range(500):
        even.receive(n, (0xFFFFFF00 + n * 900) & 0xFFFFFFFF, n * 10_000)
        rough.receive(n, n * 900, n * 10_000 + (n % 2) * 5_000)
    assert even.block(0).jitter <= 1
    assert 430 <= rough.block(0).jitter <= 450  # every step differs by 5 ms = 450 units


def test_a_block_says_when_the_last_report_came() -> None:
    stats = ReceiverStats(1, 90000)
    stats.receive(1, 0, 0)
    assert (stats.block(0).lsr, stats.block(0).dlsr) == (0, 0)
    stats.sender_report(0x11112222_33334444, 7, 1000)
    block = stats.block(1500)
    assert (block.lsr, block.dlsr) == (0x22223333, 32768)
    assert stats.clock == SenderClock(0x11112222_33334444, 7)


def test_the_round_trip_is_what_is_left() -> None:
    sent = ntp_of(1_700_000_000_000_000)
    block = ReportBlock(1, 0, 0, 0, 0, sent >> 16 & 0xFFFFFFFF, 65536)
    assert round_trip_ms(block, ntp_of(1_700_000_001_080_000)) == pytest.approx(80, abs=1)
    assert round_trip_ms(ReportBlock(1, 0, 0, 0, 0, 0, 0), sent) is None


def test_a_viewer_gets_the_senders_clock_in_its_own_time() -> None:
    rewriter = Rewriter(clock_rate=90000)
    rewriter.switch(1, 500, 0)
    rewriter.switch(9, 100_000, 1000)
    shift = rewriter.timestamp - 100_000
    report = translate(SenderClock(50 << 32, 100_000), 500, rewriter, clock_rate=90000, ssrc=3, packets=4, octets=5)
    assert report.ntp == (50 << 32) + (1 << 31)
    assert report.rtp == (100_000 + 45_000 + shift) & 0xFFFFFFFF
    assert (report.ssrc, report.packets, report.octets) == (3, 4, 5)
