"""Transport-wide feedback: byte-exact, and what is built says exactly what arrived."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rtp.rtcp import TransportCc, parse
from server.rtp.twcc import TransportFeedback
from tests.unit.rtp import STARTS


def told(packets: list[bytes]) -> dict[int, int | None]:
    """number -> us, or None when told lost."""
    out: dict[int, int | None] = {}
    for data in packets:
        for one in parse(data):
            assert isinstance(one, TransportCc)
            out.update(one.arrivals)
    return out


def test_the_bytes_that_were_measured() -> None:
    feedback = TransportFeedback(1)
    for number, arrival_us in (
        (65534, 1_000_000),
        (65535, 1_001_000),
        (0, 1_021_000),
        (2, 1_090_000),
        (3, 1_090_250),
    ):
        feedback.receive(number, arrival_us)
    (data,) = feedback.build(0x11223344)
    assert data.hex() == "8fcd00060000000111223344fffe000600000f00d524a00450011401"


def test_nothing_arrived_nothing_said() -> None:
    feedback = TransportFeedback(1)
    assert feedback.build(2) == []
    feedback.receive(5, 1000)
    assert len(feedback.build(2)) == 1
    assert feedback.build(2) == []


@pytest.mark.parametrize("start", STARTS)
def test_losses_between_two_feedbacks_are_told(start: int) -> None:
    feedback = TransportFeedback(1)
    feedback.receive(start, 10_000)
    feedback.build(2)
    feedback.receive((start + 3) & 0xFFFF, 20_000)
    assert told(feedback.build(2)) == {
        (start + 1) & 0xFFFF: None,
        (start + 2) & 0xFFFF: None,
        (start + 3) & 0xFFFF: 20_000,
    }


@pytest.mark.parametrize("start", STARTS)
def test_a_late_packet_is_told_afterwards(start: int) -> None:
    feedback = TransportFeedback(1)
    feedback.receive(start, 10_000)
    feedback.receive((start + 2) & 0xFFFF, 12_000)
    feedback.build(2)
    feedback.receive((start + 1) & 0xFFFF, 30_000)
    assert told(feedback.build(2)) == {(start + 1) & 0xFFFF: 30_000, (start + 2) & 0xFFFF: 12_000}
    feedback.receive((start + 3) & 0xFFFF, 31_000)
    assert told(feedback.build(2)) == {(start + 3) & 0xFFFF: 31_000}


def test_a_duplicate_keeps_its_first_time() -> None:
    feedback = TransportFeedback(1)
    feedback.receive(7, 1_000)
    feedback.receive(7, 9_000)
    assert told(feedback.build(2)) == {7: 1_000}


def test_the_count_goes_up_and_wraps() -> None:
    feedback = TransportFeedback(1)
    counts = []
    for number in range(258):
        feedback.receive(number, number * 50_000)
        (data,) = feedback.build(2)
        (one,) = parse(data)
        assert isinstance(one, TransportCc)
        counts.append(one.feedback_count)
    assert counts == [number & 0xFF for number in range(258)]


def test_a_pause_longer_than_a_delta_needs_a_second_packet() -> None:
    feedback = TransportFeedback(1)
    feedback.receive(1, 0)
    feedback.receive(2, 9_000_000)
    packets = feedback.build(2)
    assert len(packets) == 2
    assert told(packets) == {1: 0, 2: 9_000_000}


def test_a_jump_is_not_spelled_out() -> None:
    feedback = TransportFeedback(1)
    feedback.receive(1, 0)
    feedback.build(2)
    feedback.receive(30_000, 1000)
    (data,) = feedback.build(2)
    assert len(data) < 40


@given(
    st.sampled_from(STARTS),
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 3_000_000)), min_size=1, max_size=200),
    st.integers(1, 5),
)
def test_what_is_told_is_what_arrived(start: int, arrivals: list[tuple[int, int]], every: int) -> None:
    feedback = TransportFeedback(1)
    first: dict[int, int] = {}
    heard: dict[int, int | None] = {}
    highest = -1
    now_us = 1_000_000_000
    for index, (number, gap) in enumerate(arrivals):
        now_us += gap
        if number < highest - 400:
            continue
        highest = max(highest, number)
        feedback.receive((start + number) & 0xFFFF, now_us)
        first.setdefault((start + number) & 0xFFFF, now_us // 250 * 250)
        if index % every == 0:
            heard.update(told(feedback.build(2)))
    packets = feedback.build(2)
    heard.update(told(packets))
    assert all(len(data) <= 1200 for data in packets)
    assert {number: us for number, us in heard.items() if us is not None} == first


@given(st.sampled_from(STARTS), st.sets(st.integers(0, 1500), min_size=1, max_size=300))
def test_times_are_exact_to_250_us_in_order(start: int, numbers: set[int]) -> None:
    feedback = TransportFeedback(1)
    truth = {}
    for number in sorted(numbers):
        arrival_us = 5_000_000 + number * 777
        feedback.receive((start + number) & 0xFFFF, arrival_us)
        truth[(start + number) & 0xFFFF] = arrival_us // 250 * 250
    heard = {n: us for n, us in told(feedback.build(2)).items() if us is not None}
    assert heard == truth
