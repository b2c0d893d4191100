"""A viewer's numbers: one unbroken stream whatever the sources, losses and order behind it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rtp.rewrite import LATE_LIMIT, Rewriter, SenderClock
from tests.unit.rtp import STARTS

VIDEO = 90000


def started(start: int, first_output: int = 0) -> Rewriter:
    rewriter = Rewriter(clock_rate=VIDEO, first_sequence=first_output)
    assert rewriter.switch(start, 1000, 0, picture_id=start & 0x7FFF, tl0=start & 0xFF) == first_output
    return rewriter


@pytest.mark.parametrize("start", STARTS)
class TestOneSource:
    def test_in_order_nothing_is_lost(self, start: int) -> None:
        rewriter = started(start, 65530)
        out = [rewriter.forward((start + n) & 0xFFFF, 1000 + n, n) for n in range(1, 50)]
        assert out == [(65530 + n) & 0xFFFF for n in range(1, 50)]

    def test_a_late_packet_gets_the_number_it_would_have_had(self, start: int) -> None:
        rewriter = started(start)
        assert rewriter.forward((start + 3) & 0xFFFF, 1000, 0) == 3
        assert rewriter.forward((start + 1) & 0xFFFF, 1000, 0) == 1
        assert rewriter.forward((start + 4) & 0xFFFF, 1000, 0) == 4

    def test_a_dropped_packet_leaves_no_hole(self, start: int) -> None:
        rewriter = started(start)
        assert rewriter.drop((start + 1) & 0xFFFF) == -1
        assert rewriter.drop((start + 2) & 0xFFFF) == -1
        assert rewriter.forward((start + 3) & 0xFFFF, 1000, 0) == 1
        assert rewriter.forward((start + 2) & 0xFFFF, 1000, 0) == -1

    def test_what_was_late_before_a_drop_keeps_its_number(self, start: int) -> None:
        rewriter = started(start)
        rewriter.drop((start + 2) & 0xFFFF)
        rewriter.drop((start + 4) & 0xFFFF)
        assert rewriter.forward((start + 5) & 0xFFFF, 1000, 0) == 3
        assert rewriter.forward((start + 1) & 0xFFFF, 1000, 0) == 1
        assert rewriter.forward((start + 3) & 0xFFFF, 1000, 0) == 2

    def test_a_late_drop_names_the_number_that_stays_free(self, start: int) -> None:
        rewriter = started(start)
        rewriter.forward((start + 2) & 0xFFFF, 1000, 0)
        assert rewriter.drop((start + 1) & 0xFFFF) == 1

    def test_what_srtp_can_no_longer_protect_is_dropped(self, start: int) -> None:
        rewriter = started(start)
        rewriter.forward((start + LATE_LIMIT + 2) & 0xFFFF, 1000, 0)
        assert rewriter.forward((start + 1) & 0xFFFF, 1000, 0) == -1
        assert rewriter.forward((start + 5) & 0xFFFF, 1000, 0) == 5

    def test_dropped_frames_leave_no_gap_in_picture_ids(self, start: int) -> None:
        rewriter = started(start)
        first = rewriter.picture_id
        pid = start & 0x7FFF
        rewriter.drop((start + 1) & 0xFFFF, (pid + 1) & 0x7FFF)
        rewriter.drop((start + 2) & 0xFFFF, (pid + 1) & 0x7FFF)
        rewriter.forward((start + 3) & 0xFFFF, 1000, 0, (pid + 2) & 0x7FFF, 7)
        assert rewriter.picture_id == (first + 1) & 0x7FFF
        rewriter.forward((start + 4) & 0xFFFF, 1000, 0, (pid + 2) & 0x7FFF, 7)
        assert rewriter.picture_id == (first + 1) & 0x7FFF


@pytest.mark.parametrize("start", STARTS)
class TestASwitch:
    def test_sequence_picture_and_tl0_go_on_by_one(self, start: int) -> None:
        rewriter = started(40000, start)
        rewriter.forward(40001, 1500, 20, 40001 & 0x7FFF, (40000 & 0xFF) + 1)
        picture, tl0 = rewriter.picture_id, rewriter.tl0
        assert rewriter.switch(start, 77, 40, picture_id=3, tl0=250) == (start + 2) & 0xFFFF
        assert rewriter.picture_id == (picture + 1) & 0x7FFF
        assert rewriter.tl0 == (tl0 + 1) & 0xFF
        assert rewriter.forward((start + 1) & 0xFFFF, 77, 40, 3, 250) == (start + 3) & 0xFFFF
        assert rewriter.picture_id == (picture + 1) & 0x7FFF
        rewriter.forward((start + 2) & 0xFFFF, 80, 41, 4, 251)
        assert (rewriter.picture_id, rewriter.tl0) == ((picture + 2) & 0x7FFF, (tl0 + 2) & 0xFF)

    def test_what_is_older_than_the_switch_is_dropped(self, start: int) -> None:
        rewriter = started(1)
        rewriter.switch(start, 5, 0)
        for back in (1, 2, 100):
            assert rewriter.forward((start - back) & 0xFFFF, 5, 0) == -1

    def test_before_a_sender_report_the_wall_clock_places_the_picture(self, start: int) -> None:
        rewriter = started(1)
        rewriter.forward(2, 4000, 100)
        rewriter.switch(start, 0xFFFFFFF0, 150)
        assert rewriter.timestamp == 4000 + 50 * 90
        rewriter.forward((start + 1) & 0xFFFF, 3000 - 16, 180)
        assert rewriter.timestamp == 4000 + 50 * 90 + 3000

    def test_two_sender_reports_place_it_exactly(self, start: int) -> None:
        rewriter = started(1)
        rewriter.forward(2, 9000 + 1000, 100)
        second = 1 << 32
        old = SenderClock(100 * second, 1000)  # at 100 s
        new = SenderClock(100 * second + second // 2, 0xFFFFFF00)  # at 100.5 s
        # half a second later than the report's moment minus 0.45 s: 50 ms after it
        rewriter.switch(start, (0xFFFFFF00 - 31500) & 0xFFFFFFFF, 160, old=old, new=new)
        assert rewriter.timestamp == 1000 + 45000 - 31500

    def test_it_never_goes_back(self, start: int) -> None:
        rewriter = started(1)
        rewriter.forward(2, 50_000, 100)
        same = SenderClock(5 << 32, 0)
        rewriter.switch(start, 49_000, 100, old=same, new=same)
        assert rewriter.timestamp == 50_001

    def test_reports_that_cannot_be_true_are_not_believed(self, start: int) -> None:
        rewriter = started(1)
        rewriter.forward(2, 50_000, 100)
        rewriter.switch(start, 5, 140, old=SenderClock(0, 0), new=SenderClock(1000 << 32, 0))
        assert rewriter.timestamp == 50_000 + 40 * 90


def test_seven_bit_picture_ids_wrap_in_their_width() -> None:
    rewriter = Rewriter(clock_rate=VIDEO)
    rewriter.switch(1, 0, 0, picture_id=126)
    assert rewriter.picture_id & 0x7F == 126
    out = []
    for n, picture in enumerate((127, 0, 1), start=2):
        rewriter.forward(n, 0, 0, picture, picture_bits=7)
        out.append(rewriter.picture_id & 0x7F)
    assert out == [127, 0, 1]


@pytest.mark.parametrize("before", [-1, 5, 100, 32_766])
def test_each_packet_tells_in_how_many_bits_it_carries_its_picture_id(before: int) -> None:
    """RFC 7741 4.2 fixes no width for a stream: a packet's id goes on by one in its own, whatever came before."""
    rewriter = Rewriter(clock_rate=VIDEO)
    if before >= 0:
        rewriter.switch(7, 0, 0, picture_id=before)
    rewriter.switch(1, 0, 0, picture_id=126)
    shift = rewriter.picture_id - 126
    journey = [(127, 7), (0, 7), (300, 15), (301, 15), (0x7FFF, 15), (0, 15), (1, 7), (127, 7), (0, 7), (129, 15)]
    for n, (picture, bits) in enumerate(journey, start=2):
        rewriter.forward(n, 0, 0, picture, picture_bits=bits)
        assert 0 <= rewriter.picture_id < 1 << 15
        assert (rewriter.picture_id - picture - shift) & ((1 << bits) - 1) == 0, (n, picture, bits)
        assert (rewriter.constants()[2] - shift) & ((1 << bits) - 1) == 0  # what the compiled path adds to it


def test_a_picture_id_taken_out_is_missed_in_both_widths() -> None:
    rewriter = Rewriter(clock_rate=VIDEO)
    rewriter.switch(1, 0, 0, picture_id=127)
    rewriter.drop(2, 0, 7)
    rewriter.drop(3, 0, 7)
    rewriter.forward(4, 0, 0, 1, picture_bits=7)
    assert rewriter.picture_id & 0x7F == 0
    rewriter.forward(5, 0, 0, 130, picture_bits=15)
    assert rewriter.picture_id == 129
    rewriter.forward(7, 0, 0, 4, picture_bits=7)
    assert rewriter.kept_picture(3, 7)
    assert not rewriter.kept_picture(0, 7)


def test_audio_has_no_pictures() -> None:
    rewriter = Rewriter(clock_rate=48000)
    rewriter.switch(1, 0, 0)
    rewriter.forward(2, 960, 20)
    assert (rewriter.picture_id, rewriter.tl0) == (-1, -1)


@st.composite
def journeys(draw: st.DrawFn) -> list[list[tuple[int, bool]]]:
    """Sources one after another: each a list of (offset, dropped?) in the order of arrival, lost ones missing."""
    sources = []
    for _ in range(draw(st.integers(1, 4))):
        length = draw(st.integers(1, 40))
        lost = draw(st.sets(st.integers(1, 40)))
        dropped = draw(st.sets(st.integers(1, 40)))
        jitter = draw(st.lists(st.integers(0, 6), min_size=length, max_size=length))
        order = sorted(range(1, length), key=lambda n: (n + jitter[n], n))
        sources.append([(n, n in dropped) for n in order if n not in lost])
    return sources


@given(st.sampled_from(STARTS), st.sampled_from(STARTS), journeys())
def test_numbers_never_repeat_nor_run_back(start: int, output: int, sources: list[list[tuple[int, bool]]]) -> None:
    rewriter = Rewriter(clock_rate=VIDEO, first_sequence=output)
    seen: dict[int, tuple[int, int]] = {}
    highest = -1

    def note(number: int, source: int, offset: int) -> int:
        unwrapped = ((number - output + 0x1000) & 0xFFFF) - 0x1000
        assert unwrapped not in seen
        seen[unwrapped] = (source, offset)
        return unwrapped

    for source, packets in enumerate(sources):
        base = (start + 7919 * source) & 0xFFFF
        last = note(rewriter.switch(base, 10, source), source, 0)
        assert last == highest + 1
        highest = last
        newest = 0
        for offset, dropped in packets:
            number = (base + offset) & 0xFFFF
            if dropped:
                rewriter.drop(number)
                newest = max(newest, offset)
                continue
            out = rewriter.forward(number, 10 + offset, source)
            assert out >= 0
            unwrapped = note(out, source, offset)
            if offset > newest:
                assert unwrapped > highest
                highest = unwrapped
                newest = offset
            else:
                assert last < unwrapped
        # a run of dropped packets at the end may have kept numbers before it free: the next source goes on behind them
        highest = (rewriter._next - 1 - 0x10000) - output
    # within a source the order of output is the order of the source
    ordered = [seen[number] for number in sorted(seen)]
    assert ordered == sorted(ordered)


@given(st.sampled_from(STARTS), st.lists(st.booleans(), min_size=1, max_size=60))
def test_without_loss_drops_leave_no_hole(start: int, keep: list[bool]) -> None:
    rewriter = started(start)
    out = []
    for n, kept in enumerate(keep, start=1):
        if kept:
            out.append(rewriter.forward((start + n) & 0xFFFF, 1000, 0))
        else:
            rewriter.drop((start + n) & 0xFFFF)
    assert out == list(range(1, len(out) + 1))


@given(
    st.lists(
        st.tuples(st.integers(0, 0xFFFFFFFF), st.integers(0, 500), st.lists(st.integers(0, 9000), max_size=5)),
        max_size=8,
    )
)
def test_time_runs_forward_over_every_switch(sources: list[tuple[int, int, list[int]]]) -> None:
    rewriter = Rewriter(clock_rate=VIDEO)
    rewriter.switch(0, 0, 0)
    last = rewriter.timestamp
    now_ms = 0
    for stamp, wait_ms, steps in sources:
        now_ms += wait_ms
        rewriter.switch(5, stamp, now_ms)
        assert 0 < (rewriter.timestamp - last) & 0xFFFFFFFF <= 500 * 90 + 1
        last = rewriter.timestamp
        for n, step in enumerate(steps, start=6):
            stamp = (stamp + step) & 0xFFFFFFFF  # noqa: PLW2901 - the source goes on
            rewriter.forward(n, stamp, now_ms)
            assert (rewriter.timestamp - last) & 0xFFFFFFFF == step
            last = rewriter.timestamp


@given(
    st.sampled_from(STARTS),
    st.sampled_from(STARTS),
    st.lists(st.tuples(st.integers(-700, 0x7FFF), st.booleans()), max_size=40),
)
def test_however_wild_a_source_counts_no_number_is_given_twice(
    start: int, first: int, steps: list[tuple[int, bool]]
) -> None:
    """A viewer's SRTP follows numbers only as long as each is less than half of all from the one before."""
    rewriter = Rewriter(clock_rate=VIDEO, first_sequence=first, most_missing=600)
    newest = first + 0x10000
    given_out = {newest}
    assert rewriter.switch(start, 0, 0) == first
    highest, seen = start, {start}
    for step, dropped in steps:
        number = highest + step
        if number in seen:
            continue
        seen.add(number)
        highest = max(highest, number)
        out = rewriter.drop(number & 0xFFFF) if dropped else rewriter.forward(number & 0xFFFF, 0, 0)
        if out < 0:
            continue
        unwrapped = newest + ((out - newest + 0x8000) & 0xFFFF) - 0x8000
        assert unwrapped not in given_out
        assert unwrapped - newest <= 600
        given_out.add(unwrapped)
        newest = max(newest, unwrapped)
