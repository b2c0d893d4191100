"""What left under which number is found again over the wrap, once, and never what is too old."""

from __future__ import annotations

import pytest

from server.rtp.departures import KEPT, Departures
from tests.unit.rtp import STARTS


@pytest.mark.parametrize("start", STARTS)
def test_a_number_means_the_newest_packet_that_had_it(start: int) -> None:
    sent = Departures()
    sent.counter[0] = start + 0x10000
    numbers = [sent.add(1_000_000 + at, 100 + at) for at in range(50)]
    assert numbers == [(start + at) & 0xFFFF for at in range(50)]
    for at, number in enumerate(numbers):
        unwrapped = sent.unwrap(number)
        assert sent.look(unwrapped) == (1_000_000 + at, 100 + at)
        assert sent.take(unwrapped) == (1_000_000 + at, 100 + at)
        assert sent.take(unwrapped) == (0, 0)


def test_what_was_never_sent_or_is_too_old_is_unknown() -> None:
    sent = Departures()
    assert sent.unwrap(0) == -1
    for _ in range(KEPT + 10):
        sent.add(5, 5)
    newest = sent.next - 1
    assert sent.unwrap((newest - KEPT + 1) & 0xFFFF) == newest - KEPT + 1
    assert sent.unwrap((newest - KEPT) & 0xFFFF) == -1
    assert sent.unwrap((newest + 1) & 0xFFFF) == -1
