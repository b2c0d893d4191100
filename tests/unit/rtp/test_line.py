"""Bandwidth over time in, pictures out: what a viewer behind a bottleneck gets, and how soon, for both estimates."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rtp.departures import KEPT
from server.rtp.gcc import LEAST_BPS, SendSideEstimate
from server.rtp.layers import Layer
from server.rtp.line import ViewerLine
from server.rtp.probing import LENGTH_MS, LONGEST_WAIT_MS, MOST_BYTES, Outcome, Prober
from server.rtp.rtcp import TransportCc
from tests.unit.rtp import STARTS
from tests.unit.rtp.wire import CAMERA, Bottleneck, Call, back_at_top_ms, queue_ms, switches, used

Rate = Callable[[int], int]


def steps(*parts: tuple[int, int]) -> Rate:
    """(from ms, bit/s) pairs."""
    return lambda ms: [bps for begin, bps in parts if ms >= begin][-1]


SQUEEZE = steps((0, 10_000_000), (10_000, 300_000), (40_000, 10_000_000))


def test_a_wide_line_is_left_alone() -> None:
    call = Call(Bottleneck(steps((0, 10_000_000))))
    trace = call.run(30_000)
    assert used(trace, 0, 30_000) > 0.99
    assert switches(trace, 500, 30_000) == call.lost == call.padding == 0


def test_a_squeezed_viewer_has_a_small_picture_at_once_and_full_quality_soon_after_release() -> None:
    trace = Call(Bottleneck(SQUEEZE)).run(60_000)
    assert queue_ms(trace, 12_000, 40_000) < 150
    assert [one.choice.spatial for one in trace if one.choice and one.ms in (12_000, 25_000, 39_000)] == [0, 0, 0]
    assert back_at_top_ms(trace, 40_000) < 8_000
    assert switches(trace, 12_000, 40_000) == 0
    assert switches(trace, 40_000, 60_000) <= 2


@pytest.mark.parametrize("release_ms", [31_500, 33_000, 34_500, 36_000])
def test_release_at_any_moment_between_two_probes_is_noticed_in_time(release_ms: int) -> None:
    line = Bottleneck(steps((0, 10_000_000), (10_000, 300_000), (release_ms, 10_000_000)))
    assert back_at_top_ms(Call(line).run(release_ms + 13_000), release_ms) < 9_500


def test_a_thin_line_from_the_beginning_is_found_within_two_seconds() -> None:
    call = Call(Bottleneck(steps((0, 300_000))))
    trace = call.run(60_000)
    assert queue_ms(trace, 2_000, 60_000) < 170
    assert used(trace, 2_000, 60_000) >= 0.45  # 150 kbit/s: the next size would not fit
    assert switches(trace, 2_000, 60_000) <= 2
    assert call.padding * 8 / 60 < 30_000


@pytest.mark.parametrize(("loss", "share"), [(0.05, 0.95), (0.10, 0.8), (0.20, 0.5)])
def test_loss_that_is_the_lines_own_does_not_end_the_picture(loss: float, share: float) -> None:
    trace = Call(Bottleneck(steps((0, 5_000_000)), loss=loss)).run(60_000)
    assert used(trace, 5_000, 60_000) > share
    assert switches(trace, 10_000, 60_000) <= 2


THIN_CAMERA = (
    Layer(0, 320, 180, (55_000, 80_000, 130_000)),
    Layer(1, 640, 360, (220_000, 330_000, 600_000)),
)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("loss", [0.05, 0.10, 0.20, 0.30])
@pytest.mark.parametrize("layers", [THIN_CAMERA, CAMERA], ids=["640", "1280"])
def test_loss_and_jitter_together_cost_no_picture_and_hardly_a_switch(
    loss: float, seed: int, layers: tuple[Layer, ...]
) -> None:
    """With as much of what the viewer tells lost as of what it is sent."""
    chance = random.Random(seed)  # noqa: S311
    line = Bottleneck(steps((0, 5_000_000)), loss=loss, jitter_ms=50, in_turn=True, random=chance)
    trace = Call(line, layers=layers).run(60_000)
    assert all(one.choice is not None for one in trace[100:])
    assert switches(trace, 5_000, 60_000) <= 2
    best = layers[-1].spatial
    assert sum(one.choice is not None and one.choice.spatial == best for one in trace[500:]) > 0.9 * len(trace[500:])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("layers", [THIN_CAMERA, CAMERA], ids=["640", "1280"])
def test_jitter_that_begins_is_one_step_of_delay_and_no_queue(layers: tuple[Layer, ...], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    line = Bottleneck(steps((0, 8_000_000)), jitter_ms=50, jitter_from_ms=10_000, in_turn=True, random=chance)
    call = Call(line, layers=layers)
    call.frame_ms, call.uneven = 70, 0.8
    trace = call.run(20_000)
    assert switches(trace, 2_000, 20_000) == 0
    assert min(one.available_bps for one in trace) >= layers[-1].temporal_bps[-1]


def test_who_is_in_the_dark_is_found_to_have_room_with_the_first_probe() -> None:
    """A few packets would say nothing; two hundred kilobit do."""
    prober = Prober()
    assert prober.wants(40_000, 150_000, 10_000, None, crowded=False)
    prober.begin(40_000, 150_000, 1, 10_000)
    assert prober.target_bps == 180_000
    prober.begin(40_000, 2_500_000, 1, 20_000)
    assert prober.target_bps == 200_000


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_a_line_that_drops_what_is_too_much_before_it_waits_is_followed(share: float) -> None:
    """A policer: hardly anything waits, so that only loss tells of it."""
    capacity = int(2_500_000 * share)
    trace = Call(Bottleneck(steps((0, capacity)), queue_ms=30)).run(60_000)
    assert all(one.choice is not None and one.choice.bitrate_bps < 1.2 * capacity for one in trace[500:])
    assert used(trace, 5_000, 60_000) > 0.2


@pytest.mark.parametrize("capacity", [1_000_000, 5_000_000])
def test_jitter_is_not_taken_for_a_queue(capacity: int) -> None:
    trace = Call(Bottleneck(steps((0, capacity)), jitter_ms=50)).run(60_000)
    assert used(trace, 5_000, 60_000) >= 0.5
    assert switches(trace, 5_000, 60_000) <= 1


def test_a_deep_queue_is_emptied_and_stays_empty() -> None:
    trace = Call(Bottleneck(steps((0, 1_200_000)), queue_ms=1_000)).run(30_000)
    assert queue_ms(trace, 5_000, 30_000) < 150


def test_a_step_down_is_followed_within_a_second() -> None:
    trace = Call(Bottleneck(steps((0, 4_000_000), (10_000, 800_000)))).run(30_000)
    assert next(one.ms for one in trace if one.ms > 10_000 and one.available_bps < 800_000) < 11_000
    assert queue_ms(trace, 12_500, 30_000) < 200


@pytest.mark.parametrize(
    "line",
    [
        {"rate": SQUEEZE},
        {"rate": steps((0, 300_000))},
        {"rate": steps((0, 5_000_000)), "loss": 0.2},
        {"rate": steps(*[(at * 6_000, 900_000 if at % 2 else 3_000_000) for at in range(10)])},
    ],
    ids=["squeeze", "thin", "loss", "cross traffic"],
)
def test_the_send_side_is_at_least_as_good_as_remb(line: dict[str, object]) -> None:
    ours = Call(Bottleneck(**line)).run(60_000)  # type: ignore[arg-type]
    remb = Call(Bottleneck(**line), remb=True).run(60_000)  # type: ignore[arg-type]
    assert used(ours, 5_000, 60_000) > used(remb, 5_000, 60_000) * 0.8
    assert queue_ms(ours, 5_000, 60_000) < max(280.0, queue_ms(remb, 5_000, 60_000))


# -- parts


def test_a_line_that_falls_silent_is_lowered_step_by_step() -> None:
    estimate = SendSideEstimate(2_000_000)
    estimate.feedback([(0, 0, 1000)], [], 0, 1_000, 50)
    for now in range(1_000, 8_000, 50):
        estimate.tick(now, 100)
    assert estimate.bps == 2_000_000 // 2**4
    for now in range(8_000, 60_000, 50):
        estimate.tick(now, 100)
    assert estimate.bps == LEAST_BPS
    assert SendSideEstimate(1_000_000).bps == 1_000_000


def test_who_never_told_anything_is_not_lowered() -> None:
    estimate = SendSideEstimate(2_000_000)
    estimate.tick(60_000, 10_000)
    assert estimate.bps == 2_000_000


def test_a_probe_is_bounded_and_waits_longer_after_each_failure() -> None:
    prober = Prober()
    waits: list[int] = []
    now = 0
    for _ in range(8):
        start = now
        while not prober.wants(300_000, 5_000_000, now, None, crowded=False):
            now += 50
        waits.append(now - start)
        prober.begin(300_000, 5_000_000, 1, now)
        begun, padded = now, 0
        while prober.active:
            due = prober.due(0, now, 50)
            padded += due
            prober.sent(due, 100, now)
            now += 50
        assert now - begun <= LENGTH_MS + 50
        assert 0 < padded <= MOST_BYTES
        while prober.waiting:
            now += 50
            prober.judge(0, now, 100, 300_000)
    assert waits[1:] == sorted(waits[1:])
    assert max(waits) <= LONGEST_WAIT_MS + 50


def test_what_came_through_says_what_there_is() -> None:
    def probe(spread: float, *, lost: int = 0) -> tuple[Outcome, int]:
        prober = Prober()
        prober.begin(300_000, 5_000_000, 1, 0)
        number = 1
        for tick in range(5):
            for place in range(10):
                left = tick * 50_000
                came = left + 20_000 + int(place * 100) if spread == 1 else 20_000 + int((tick * 10 + place) * spread)
                prober.told(number, left, -1 if number <= lost else came, 1000)
                number += 1
        prober.stop(number)
        return prober.judge(number - 1, 300, 50, 300_000)

    outcome, found = probe(1)
    assert outcome is Outcome.FOUND
    assert 1_500_000 < found < 1_700_000
    outcome, found = probe(10_000)  # a packet of 1,000 bytes each 10 ms: 800 kbit/s
    assert outcome is Outcome.FOUND
    assert 650_000 < found < 800_000
    assert probe(30_000) == (Outcome.FULL, 0)
    assert probe(1, lost=20)[0] is Outcome.FULL


def test_padding_is_asked_only_for_what_is_wanted() -> None:
    line = ViewerLine(1_000_000, 1_000_000)
    line.number()
    line.want(800_000)
    assert [line.tick(0, now, 50, 50) for now in range(0, 10_000, 50)] == [0] * 200
    line.want(1_100_000)
    assert sum(line.tick(0, now, 50, 50) for now in range(10_000, 10_200, 50)) > 0


@pytest.mark.parametrize("start", STARTS)
def test_feedback_over_the_wrap_counts_each_packet_once(start: int) -> None:
    line = ViewerLine(1_000_000, 1_000_000)
    departures = line.number()
    departures.counter[0] = start + 0x10000
    for at in range(100):
        departures.add(at * 10_000, 1156)
    arrivals = tuple(((start + at) & 0xFFFF, at * 10_000 + 5_000) for at in range(100))
    line.feedback(TransportCc(1, 1, 0, arrivals), 1_000, 50)
    came = line.estimate.came_bps
    assert 900_000 < came < 1_100_000
    line.feedback(TransportCc(1, 1, 1, arrivals), 1_050, 50)
    assert line.estimate.came_bps == came


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 0xFFFF),
            st.lists(st.none() | st.integers(-(10**9), 10**13), max_size=40),
            st.integers(0, 5_000),
        ),
        max_size=20,
    ),
    st.sampled_from([0, 1, 100, KEPT + 5]),
)
def test_no_feedback_whatever_it_claims_breaks_the_estimate(
    reports: list[tuple[int, list[int | None], int]], sent: int
) -> None:
    line = ViewerLine(1_000_000, 1_000_000)
    departures = line.number()
    line.want(5_000_000)
    for at in range(sent):
        departures.add(at * 1000, 1200)
    now = 0
    for base, times, step in reports:
        now += step
        line.feedback(TransportCc(1, 1, 0, tuple(((base + at) & 0xFFFF, us) for at, us in enumerate(times))), now, 50)
        assert 0 <= line.tick(0, now, 50, 50) <= MOST_BYTES
        assert LEAST_BPS <= line.available_bps <= 50_000_000
