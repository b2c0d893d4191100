"""One site's budget over several media processes: together never more than there is, and as if there were only one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.rtp.allocate import fair_shares
from server.rtp.budget import Need, split

rates = st.integers(0, 5_000_000)
needs = st.lists(
    st.builds(Need, st.integers(0, 200_000), st.lists(rates, max_size=6).map(tuple)), min_size=1, max_size=5
)


def sound(of: list[Need]) -> int:
    return sum(need.sound_bps for need in of)


@given(st.integers(0, 20_000_000), needs)
def test_all_parts_together_are_the_budget_or_the_sound_where_that_is_more(budget: int, wanted: list[Need]) -> None:
    parts = split(budget, wanted)
    assert sum(parts) <= max(budget, sound(wanted))
    assert sum(parts) > max(budget, sound(wanted)) - len(wanted)  # nor is anything withheld
    assert all(part >= need.sound_bps for part, need in zip(parts, wanted, strict=True))


@given(st.integers(0, 20_000_000), needs)
def test_each_viewer_gets_what_one_process_with_all_of_them_would_give(budget: int, wanted: list[Need]) -> None:
    flat = [want for need in wanted for want in need.wants_bps]
    together = fair_shares(budget - sound(wanted), flat)
    apart = [
        share
        for part, need in zip(split(budget, wanted), wanted, strict=True)
        for share in fair_shares(part - need.sound_bps, need.wants_bps)
    ]
    for one, other in zip(together, apart, strict=True):
        assert abs(one - other) <= len(flat)  # where it does not divide evenly, who gets the last bit may differ


@given(st.integers(0, 20_000_000), needs, st.integers(0, 4))
def test_what_one_process_no_longer_wants_is_for_the_others(budget: int, wanted: list[Need], at: int) -> None:
    left = [need if place != at else Need() for place, need in enumerate(wanted)]
    for place, (before, after) in enumerate(zip(split(budget, wanted), split(budget, left), strict=True)):
        assert place == at or after >= before - sum(len(need.wants_bps) for need in wanted)


def test_a_process_without_viewers_leaves_the_budget_to_the_others() -> None:
    busy = Need(100_000, (2_500_000, 2_500_000))
    assert split(1_100_000, [busy, Need()]) == [1_100_000, 0]
    assert split(8_000_000, [busy, Need()]) == [6_550_000, 1_450_000]
    assert split(1_100_000, [Need(50_000, (2_500_000,)), Need(50_000, (2_500_000,))]) == [550_000, 550_000]


def test_noise_is_no_news() -> None:
    told = Need(50_000, (1_000_000, 500_000))
    assert not Need(50_000, (1_010_000, 540_000)).is_news(told, 0.05)
    assert Need(50_000, (1_100_000, 540_000)).is_news(told, 0.05)
    assert Need(50_000, (1_500_000,)).is_news(told, 0.05)
    assert Need(60_000, (1_000_000, 500_000)).is_news(told, 0.05)
    assert Need().is_news(told, 0.05)
    assert not Need().is_news(Need(), 0.05)
