"""Asking for lost packets: at once and twice, each round trip, ten times, and never without end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rtp.nack import DUPLICATE, FORGET_AFTER, LATE, NEW, STALE, NackGenerator
from tests.unit.rtp import STARTS


@pytest.mark.parametrize("start", STARTS)
class TestAStream:
    def test_in_order_nothing_is_asked(self, start: int) -> None:
        nack = NackGenerator()
        for number in range(2000):
            assert nack.receive((start + number) & 0xFFFF, number) == NEW
            assert nack.due(number, 50) == []
        assert not nack.take_lost()

    def test_a_hole_is_asked_for_at_once_and_twice_and_again_each_round_trip_ten_times(self, start: int) -> None:
        nack = NackGenerator()
        nack.receive(start, 0)
        nack.receive((start + 2) & 0xFFFF, 10)
        hole = (start + 1) & 0xFFFF
        asked = [now for now in range(10, 3000, 10) if nack.due(now, 100) == [hole]]
        assert asked == [10 + 100 * time + again for time in range(10) for again in (0, 20)]
        assert nack.take_lost()
        assert not nack.take_lost()
        assert not nack.waiting

    def test_what_comes_late_is_no_longer_asked_for(self, start: int) -> None:
        nack = NackGenerator()
        nack.receive(start, 0)
        nack.receive((start + 3) & 0xFFFF, 1)
        assert nack.due(1, 50) == [(start + 1) & 0xFFFF, (start + 2) & 0xFFFF]
        assert nack.missing((start + 1) & 0xFFFF)
        assert nack.receive((start + 1) & 0xFFFF, 2) == LATE
        assert not nack.missing((start + 1) & 0xFFFF)
        assert nack.due(100, 50) == [(start + 2) & 0xFFFF]

    def test_how_long_an_answer_takes_is_learnt_from_those_that_were_asked_once(self, start: int) -> None:
        nack = NackGenerator()
        nack.receive(start, 0)
        for number in range(1, 40):
            now = 1_000 * number
            nack.receive((start + 2 * number) & 0xFFFF, now)
            hole = (start + 2 * number - 1) & 0xFFFF
            assert nack.due(now, 20) == [hole]
            assert nack.receive(hole, now + 150, repaired=True) == LATE
        assert 150 <= nack.interval_ms(20) < 160
        # Turned about on the way, or answered to some later question: that says nothing.
        nack.receive((start + 81) & 0xFFFF, 50_000)
        nack.due(50_000, 20)
        nack.receive((start + 80) & 0xFFFF, 50_005)
        nack.receive((start + 79) & 0xFFFF, 50_005)
        nack.receive((start + 83) & 0xFFFF, 51_000)
        assert sum(len(nack.due(now, 20)) for now in range(51_000, 51_400, 10)) > 2
        nack.receive((start + 82) & 0xFFFF, 51_400, repaired=True)
        assert 150 <= nack.interval_ms(20) < 160

    def test_duplicates_are_told(self, start: int) -> None:
        nack = NackGenerator()
        for number in (0, 1, 3):
            nack.receive((start + number) & 0xFFFF, 0)
        assert nack.receive((start + 1) & 0xFFFF, 0) == DUPLICATE
        assert nack.receive((start + 3) & 0xFFFF, 0) == DUPLICATE
        assert nack.receive((start + 2) & 0xFFFF, 0) == LATE
        assert nack.receive((start + 2) & 0xFFFF, 0) == DUPLICATE

    def test_the_very_old_is_stale(self, start: int) -> None:
        nack = NackGenerator()
        nack.receive(start, 0)
        nack.receive((start + 5000) & 0xFFFF, 0)
        assert nack.receive((start + 100) & 0xFFFF, 0) == STALE

    def test_what_came_before_the_first_is_late_once(self, start: int) -> None:
        nack = NackGenerator()
        nack.receive(start, 0)
        assert nack.receive((start - 1) & 0xFFFF, 0) == LATE
        assert nack.receive((start - 1) & 0xFFFF, 0) == DUPLICATE

    def test_a_hole_is_forgotten_after_600_packets(self, start: int) -> None:
        nack = NackGenerator()
        nack.receive(start, 0)
        for number in range(2, FORGET_AFTER + 2):
            nack.receive((start + number) & 0xFFFF, 0)
        assert nack.waiting
        nack.receive((start + FORGET_AFTER + 2) & 0xFFFF, 0)
        assert not nack.waiting
        assert nack.take_lost()

    def test_a_jump_asks_for_nothing_but_a_key_frame(self, start: int) -> None:
        nack = NackGenerator()
        nack.receive(start, 0)
        nack.receive((start + 20_000) & 0xFFFF, 0)
        assert nack.due(0, 50) == []
        assert nack.take_lost()

    def test_a_key_frame_ends_the_search(self, start: int) -> None:
        nack = NackGenerator()
        nack.receive(start, 0)
        nack.receive((start + 2) & 0xFFFF, 0)
        nack.receive((start + 4) & 0xFFFF, 0)
        nack.key_frame((start + 2) & 0xFFFF)
        assert nack.due(0, 50) == [(start + 3) & 0xFFFF]


@given(st.sampled_from(STARTS), st.lists(st.integers(0, 0xFFFF), max_size=400))
def test_any_numbers_keep_it_bounded(start: int, numbers: list[int]) -> None:
    nack = NackGenerator()
    nack.receive(start, 0)
    for now, number in enumerate(numbers):
        nack.receive(number, now)
        asked = nack.due(now, 1)
        assert len(asked) <= FORGET_AFTER * 2
        assert len(asked) == len(set(asked))


@given(st.sampled_from(STARTS), st.permutations(range(40)), st.sets(st.integers(0, 39)))
def test_exactly_what_is_missing_is_asked(start: int, order: list[int], lost: set[int]) -> None:
    nack = NackGenerator()
    arrived = [number for number in order if number not in lost]
    for number in arrived:
        assert nack.receive((start + number) & 0xFFFF, 0) in {NEW, LATE}
    if not arrived:
        return
    expected = {n for n in lost if arrived[0] < n < max(arrived)}
    asked = {(number - start) & 0xFFFF for number in nack.due(0, 50)}
    assert asked == expected
