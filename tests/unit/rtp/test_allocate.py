"""Who gets what of a line, and of a site's: never more than there is, the right ones first, and no flicker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rtp.allocate import (
    HOLD_MS,
    LONGEST_HOLD_MS,
    Demand,
    Grant,
    Priority,
    Wish,
    allocate,
    capped,
    fair_shares,
    site_shares,
    wanted_bps,
)
from server.rtp.layers import Choice, Layer, options_upwards

CAMERA = (
    Layer(0, 320, 180, (60_000, 90_000, 150_000)),
    Layer(1, 640, 360, (200_000, 300_000, 500_000)),
    Layer(2, 1280, 720, (1_000_000, 1_500_000, 2_500_000)),
)
SCREEN = (Layer(0, 1920, 1080, (400_000, 900_000, 1_500_000)),)
VOICE = (Layer(0, 0, 0, (40_000,)),)
PLENTY = 50_000_000


def spatial(grants: Mapping[str, Grant]) -> dict[str, int]:
    return {name: -1 if grant.choice is None else grant.choice.spatial for name, grant in grants.items()}


def cost(grants: Mapping[str, Grant], wish: Wish) -> int:
    sounds = {demand.consumer for demand in wish.demands if demand.priority is Priority.AUDIO}
    return sum(one.choice.bitrate_bps for name, one in grants.items() if one.choice and name not in sounds)


def room(faces: int, height_px: int = 180) -> tuple[Demand, ...]:
    return tuple(Demand(f"c{at:02}", Priority.VISIBLE, CAMERA, height_px) for at in range(faces))


MEETING = (
    Demand("voice", Priority.AUDIO, VOICE, 0),
    Demand("screen", Priority.SCREEN, SCREEN, 900),
    Demand("speaker", Priority.SPEAKER, CAMERA, 360),
    Demand("other", Priority.VISIBLE, CAMERA, 180),
    Demand("hidden", Priority.VISIBLE, CAMERA, 0),
)


def test_sound_is_given_whatever_there_is() -> None:
    for bps in (0, 100_000, PLENTY):
        assert allocate(Wish(bps, 80_000, MEETING), {}, 0)["voice"].choice == Choice(0, 0, 40_000)
    starved = allocate(Wish(0, 80_000, MEETING), {}, 0)
    assert spatial(starved) == {"voice": 0, "screen": -1, "speaker": -1, "other": -1, "hidden": -1}
    assert [starved[name].reason for name in ("screen", "other", "hidden")] == ["bandwidth", "bandwidth", ""]


def test_the_screen_goes_first_then_who_speaks_and_nobody_stays_dark_for_it() -> None:
    def got(bps: int) -> list[tuple[int, int] | None]:
        grants = allocate(Wish(bps, 0, MEETING), {}, 0)
        choices = (grants[name].choice for name in ("screen", "speaker", "other"))
        return [None if choice is None else (choice.spatial, choice.temporal) for choice in choices]

    assert got(450_000) == [(0, 0), None, None]
    assert got(530_000) == [(0, 0), (0, 0), (0, 0)]
    assert got(1_100_000) == [(0, 1), (0, 1), (0, 1)]
    assert got(1_900_000) == [(0, 2), (1, 1), (0, 1)]
    assert got(PLENTY) == [(0, 2), (1, 2), (0, 2)]


def test_what_is_left_beside_sound_is_what_pictures_share() -> None:
    for reserved in (0, 500_000):
        assert spatial(allocate(Wish(760_000 + reserved, reserved, room(5)), {}, 0)) == {
            f"c{at:02}": 0 for at in range(5)
        }


def test_faces_beyond_the_limit_have_a_reason_and_the_screen_is_not_counted() -> None:
    wish = Wish(PLENTY, 0, (*MEETING, *room(6)), most_pictures=4)
    grants = allocate(wish, {}, 0)
    lit = [name for name, grant in grants.items() if grant.choice is not None and name != "voice"]
    assert sorted(lit) == ["c00", "c01", "c02", "screen", "speaker"]
    assert {grants[f"c{at:02}"].reason for at in range(3, 6)} == {"limit"}
    assert grants["hidden"].reason == ""


def test_who_spoke_lately_is_shown_and_who_is_shown_stays() -> None:
    faces = tuple(Demand(f"c{at}", Priority.VISIBLE, CAMERA, 180, spoke=5 - at) for at in range(6))
    first = allocate(Wish(PLENTY, 0, faces, most_pictures=2), {}, 0)
    assert [name for name, one in first.items() if one.choice] == ["c4", "c5"]
    turned = tuple(Demand(f"c{at}", Priority.VISIBLE, CAMERA, 180, spoke=at) for at in range(6))
    assert spatial(allocate(Wish(PLENTY, 0, turned, most_pictures=2), first, 100)) == spatial(first)
    speaking = tuple(
        Demand(f"c{at}", Priority.SPEAKER if at == 0 else Priority.VISIBLE, CAMERA, 180, spoke=at) for at in range(6)
    )
    after = allocate(Wish(PLENTY, 0, speaking, most_pictures=2), first, 200)
    assert after["c0"].choice is not None


# -- properties

demand_lists = st.lists(
    st.tuples(
        st.sampled_from([Priority.SCREEN, Priority.SPEAKER, Priority.VISIBLE]),
        st.sampled_from([0, 90, 180, 270, 360, 720, 1080]),
        st.integers(1, 3),
        st.sampled_from([0.3, 1.0, 1.7]),
    ),
    max_size=10,
).map(
    lambda rows: tuple(
        Demand(
            f"c{at}",
            priority,
            tuple(
                Layer(one.spatial, one.width, one.height, tuple(int(bps * scale) for bps in one.temporal_bps))
                for one in CAMERA[:layers]
            ),
            height,
        )
        for at, (priority, height, layers, scale) in enumerate(rows)
    )
)
rates = st.integers(0, 12_000_000)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(rates, st.integers(0, 400_000), st.integers(1, 12)), min_size=1, max_size=8), demand_lists)
def test_never_more_than_the_line_carries_and_never_more_pictures_than_allowed(
    steps: list[tuple[int, int, int]], demands: tuple[Demand, ...]
) -> None:
    previous: dict[str, Grant] = {}
    for at, (bps, reserved, most) in enumerate(steps):
        wish = Wish(bps, reserved, demands, most)
        previous = allocate(wish, previous, at * 700)
        assert cost(previous, wish) <= max(0, bps - reserved)
        faces = [one for one in demands if one.priority is not Priority.SCREEN]
        assert sum(previous[one.consumer].choice is not None for one in faces) <= most
        for one in demands:
            grant = previous[one.consumer]
            assert (grant.choice is None) or grant.reason == ""
            if one.shown_height_px == 0:
                assert grant.choice is None
                assert grant.reason == ""
            elif grant.choice is None:
                assert grant.reason in {"bandwidth", "limit"}


@settings(max_examples=300, deadline=None)
@given(st.lists(rates, min_size=1, max_size=5), demand_lists, st.integers(1, 12))
def test_the_same_question_has_the_same_answer(history: list[int], demands: tuple[Demand, ...], most: int) -> None:
    previous: dict[str, Grant] = {}
    for at, bps in enumerate(history):
        previous = allocate(Wish(bps, 0, demands, most), previous, at * 3000)
    now = len(history) * 3000 - 3000
    assert allocate(Wish(history[-1], 0, demands, most), previous, now) == previous


def in_order_of_service(demands: tuple[Demand, ...], grants: Mapping[str, Grant]) -> list[bool]:
    """Every step that could be given, in the order in which they are: was it?"""
    shown = [one for one in demands if one.shown_height_px]
    shown.sort(key=lambda one: (one.priority, -(one.shown_height_px // 90), one.consumer))
    ladders = {
        one.consumer: options_upwards(one.layers, one.shown_height_px, -1, sharp=one.priority is Priority.SCREEN)
        for one in shown
    }

    def has(one: Demand, rung: int) -> bool:
        choice = grants[one.consumer].choice
        return choice is not None and ladders[one.consumer].index(choice) >= rung

    steps = [has(one, 0) for one in shown]
    for priority in (Priority.SCREEN, Priority.SPEAKER, Priority.VISIBLE):
        group = [one for one in shown if one.priority is priority]
        steps += [has(one, rung) for rung in range(1, 9) for one in group]
    return steps


@settings(max_examples=300, deadline=None)
@given(rates, rates, demand_lists)
def test_a_wider_line_is_better_for_the_more_important(one: int, other: int, demands: tuple[Demand, ...]) -> None:
    narrow, wide = (allocate(Wish(bps, 0, demands), {}, 0) for bps in sorted((one, other)))
    assert in_order_of_service(demands, wide) >= in_order_of_service(demands, narrow)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 9_000_000), st.integers(0, 9_000_000), st.integers(1, 12))
def test_for_faces_of_one_size_more_room_is_never_worse_for_anybody(one: int, other: int, faces: int) -> None:
    enough = 60_000 * faces  # with less, the first use is to show one more
    narrow, wide = (allocate(Wish(bps + enough, 0, room(faces, 720)), {}, 0) for bps in sorted((one, other)))
    for name, grant in narrow.items():
        if grant.choice is not None:
            better = wide[name].choice
            assert better is not None
            assert (better.spatial, better.temporal) >= (grant.choice.spatial, grant.choice.temporal)


# -- flicker


def visible_switches(
    rate: Callable[[int], int], demands: tuple[Demand, ...], until_ms: int, every_ms: int = 500
) -> dict[str, int]:
    """How often each picture's size changes, or it goes dark or comes back; the first picture is not counted."""
    previous: dict[str, Grant] = {}
    seen: dict[str, list[int]] = {demand.consumer: [] for demand in demands}
    for now in range(0, until_ms, every_ms):
        previous = allocate(Wish(rate(now), 0, demands), previous, now)
        for name, layer in spatial(previous).items():
            seen[name].append(layer)
    return {name: sum(a != b for a, b in pairwise(layers)) for name, layers in seen.items()}


@pytest.mark.parametrize("period_ms", [1_000, 2_000, 4_000, 6_000])
def test_a_line_that_swings_does_not_make_pictures_flicker(period_ms: int) -> None:
    def rate(now: int) -> int:
        return 3_000_000 if now // (period_ms // 2) % 2 else 700_000

    (count,) = visible_switches(rate, (Demand("a", Priority.SPEAKER, CAMERA, 720),), 60_000).values()
    assert count <= 2 * 60_000 / LONGEST_HOLD_MS + 4


def test_noise_around_a_step_is_not_seen() -> None:
    def rate(now: int) -> int:
        return 1_000_000 + 90_000 * (now // 500 * 7 % 5 - 2) // 2

    assert set(visible_switches(rate, (Demand("a", Priority.SPEAKER, CAMERA, 720),), 60_000).values()) <= {0, 1}


def test_after_a_drop_the_way_back_up_is_one_switch_per_size() -> None:
    def rate(now: int) -> int:
        return 5_000_000 if now < 10_000 or now >= 30_000 else 300_000

    (count,) = visible_switches(rate, (Demand("a", Priority.SPEAKER, CAMERA, 720),), 60_000).values()
    assert count == 2


def test_a_small_hold_comes_first_and_a_stable_line_forgets_failures() -> None:
    demands = (Demand("a", Priority.SPEAKER, CAMERA, 720),)
    grants = allocate(Wish(5_000_000, 0, demands), {}, 0)
    grants = allocate(Wish(200_000, 0, demands), grants, 60_000)
    assert grants["a"].hold_ms == HOLD_MS
    assert spatial(allocate(Wish(5_000_000, 0, demands), grants, 60_000 + HOLD_MS - 1)) == {"a": 0}
    grants = allocate(Wish(5_000_000, 0, demands), grants, 60_000 + HOLD_MS)
    assert spatial(grants) == {"a": 2}
    grants = allocate(Wish(200_000, 0, demands), grants, 63_000)
    assert grants["a"].hold_ms == 2 * HOLD_MS


def test_a_tile_that_is_made_smaller_waits_for_nothing_when_it_is_made_larger() -> None:
    large, small = ((Demand("a", Priority.VISIBLE, CAMERA, height),) for height in (720, 180))
    grants = allocate(Wish(PLENTY, 0, large), {}, 0)
    grants = allocate(Wish(PLENTY, 0, small), grants, 100)
    grants = allocate(Wish(PLENTY, 0, large), grants, 200)
    assert spatial(grants) == {"a": 2}
    hidden = allocate(Wish(PLENTY, 0, (Demand("a", Priority.VISIBLE, CAMERA, 0),)), grants, 300)
    assert spatial(hidden) == {"a": -1}
    assert spatial(allocate(Wish(PLENTY, 0, large), hidden, 400)) == {"a": 2}


# -- sites


@given(st.integers(-1000, 10_000_000), st.lists(rates, max_size=12))
def test_shares_are_fair(budget: int, wants: list[int]) -> None:
    shares = fair_shares(budget, wants)
    assert sum(shares) <= max(0, budget)
    for share, want in zip(shares, wants, strict=True):
        assert 0 <= share <= want
        assert share == want or all(share >= other - len(wants) for other in shares)
    if sum(wants) <= budget:
        assert shares == wants


@given(rates, rates, st.lists(rates, max_size=12))
def test_a_larger_budget_is_worse_for_nobody(one: int, other: int, wants: list[int]) -> None:
    small, large = (fair_shares(budget, wants) for budget in sorted((one, other)))
    assert all(more >= less for less, more in zip(small, large, strict=True))


@settings(max_examples=150, deadline=None)
@given(rates, st.lists(st.tuples(rates, st.integers(0, 200_000), demand_lists), min_size=1, max_size=6))
def test_a_site_never_gets_more_than_its_budget_beside_sound(
    budget: int, rows: list[tuple[int, int, tuple[Demand, ...]]]
) -> None:
    wishes = [Wish(bps, reserved, demands) for bps, reserved, demands in rows]
    grants: list[dict[str, Grant]] = [{} for _ in wishes]
    for now in (0, 500, 5_000):
        shares = site_shares(budget, wishes, grants)
        grants = [
            allocate(capped(wish, share), before, now)
            for wish, share, before in zip(wishes, shares, grants, strict=True)
        ]
        pictures = [cost(got, wish) for got, wish in zip(grants, wishes, strict=True)]
        assert sum(pictures) <= max(0, budget - sum(wish.reserved_bps for wish in wishes))
        for wish, used in zip(wishes, pictures, strict=True):
            assert used <= max(0, wish.available_bps - wish.reserved_bps)


def test_one_who_watches_much_does_not_starve_a_colleague_who_watches_little() -> None:
    much = Wish(PLENTY, 40_000, (Demand("screen", Priority.SCREEN, SCREEN, 1080), *room(20, 360)))
    little = Wish(PLENTY, 40_000, (Demand("a", Priority.SPEAKER, CAMERA, 180),))
    shares = site_shares(2_000_000, [much, little], [{}, {}])
    assert allocate(capped(little, shares[1]), {}, 0)["a"].choice == Choice(0, 2, 150_000)
    assert sum(shares) <= 2_000_000
    assert shares[0] > 1_700_000


def test_what_is_wanted_is_what_everything_shown_would_cost() -> None:
    assert wanted_bps(Wish(0, 0, MEETING), {}) == 1_500_000 + 500_000 + 150_000
    assert wanted_bps(Wish(0, 0, room(10), most_pictures=3), {}) == 450_000


def test_nobody_goes_dark_because_a_larger_layer_is_the_cheapest_just_now() -> None:
    equal = tuple(Layer(one.spatial, one.width, one.height, (2_000,)) for one in CAMERA)
    grants = allocate(Wish(250_000, 0, (Demand("a", Priority.VISIBLE, CAMERA, 720),)), {}, 0)
    assert spatial(grants) == {"a": 0}
    assert spatial(allocate(Wish(2_400, 0, (Demand("a", Priority.VISIBLE, equal, 720),)), grants, 100)) == {"a": 2}
