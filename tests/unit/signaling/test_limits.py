"""Token buckets: a burst at once, a rate on the long run, never more than the burst after a pause."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.limits import Bucket, Rate


def test_a_burst_then_the_rate() -> None:
    bucket = Bucket(Rate(10, 5), 0)
    assert [bucket.take(0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert bucket.refused_in_a_row == 2
    assert not bucket.take(99)
    assert bucket.take(200)
    assert bucket.refused_in_a_row == 0


def test_a_pause_fills_no_more_than_the_burst() -> None:
    bucket = Bucket(Rate(10, 5), 0)
    assert sum(bucket.take(3_600_000) for _ in range(50)) == 5


@given(st.lists(st.integers(0, 500), max_size=200))
def test_never_more_than_burst_and_rate_together(gaps: list[int]) -> None:
    bucket, now, taken = Bucket(Rate(10, 5), 0), 0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)
    assert taken <= 5 + now * 10 / 1000
