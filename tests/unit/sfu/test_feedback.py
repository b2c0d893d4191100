"""Transport-wide feedback that the compiled path counts and tells: the same bytes as rtp.twcc's, whatever arrives."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.rtp.twcc import TransportFeedback
from server.sfu.dtls import CipherBuffer
from server.sfu.native import Native
from server.sfu.native.lanes import NativeEgress
from server.sfu.now import Now

#: (step to the next number, us until it comes); None: what came is told
ARRIVAL = st.tuples(
    st.one_of(st.integers(1, 3), st.integers(-600, 900), st.sampled_from([-5000, 4095, 4096, 30_000])),
    st.one_of(st.integers(0, 3_000), st.sampled_from([64_000, 8_191_749, 8_191_750, 20_000_000])),
)
STEPS = st.lists(st.one_of(ARRIVAL, ARRIVAL, st.none()), max_size=60)


@example(start=65_530, steps=[(1, 700)] * 500)
@example(start=0, steps=[(1, 250), None, (-1, 250), None, (401, 0), (1, 9_000_000)])
@given(start=st.integers(0, 65_535), steps=STEPS)
def test_both_tell_the_same(compiled: Native, start: int, steps: list[tuple[int, int] | None]) -> None:
    now = Now(lambda: 0, lambda: 0)
    gate = NativeEgress(compiled, now, CipherBuffer(2048)).gate()
    ours, theirs = TransportFeedback(7), gate.feedback(7)
    number, now_us = start, 1_000_000_000
    for step in [*steps, None]:
        if step is None:
            assert ours.waiting == theirs.waiting
            assert theirs.build(9) == ours.build(9)
            continue
        number = (number + step[0]) & 0xFFFF
        now_us += step[1]
        ours.receive(number, now_us)
        theirs.receive(number, now_us)


@pytest.mark.parametrize("count", [1, 7, 8, 14, 15, 400, 401, 4_095, 4_097])
def test_however_many_came(compiled: Native, count: int) -> None:
    now = Now(lambda: 0, lambda: 0)
    gate = NativeEgress(compiled, now, CipherBuffer(2048)).gate()
    ours, theirs = TransportFeedback(7), gate.feedback(7)
    for place in range(count):
        ours.receive(place * 3 & 0xFFFF, 5_000_000 + place * 400)
        theirs.receive(place * 3 & 0xFFFF, 5_000_000 + place * 400)
    assert theirs.build(1) == ours.build(1)
