"""Where everybody is in the picture, whoever there is."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from recordings.layout import BAR, FEW, HEIGHT, WIDTH, Situation, Tile, arrange

PEOPLE = [f"p{number}" for number in range(12)]


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    people = tuple(draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=12)))
    some = st.sampled_from([*people, "gone", ""])
    return Situation(
        people=people,
        cameras=frozenset(draw(st.sets(st.sampled_from(PEOPLE)))),
        screen=draw(st.sampled_from(["", *people])),
        speaker=draw(some),
        recent=tuple(draw(st.lists(some, unique=True, max_size=6))),
    )


def _apart(one: Tile, two: Tile) -> bool:
    return (
        one.x + one.width <= two.x
        or two.x + two.width <= one.x
        or one.y + one.height <= two.y
        or two.y + two.height <= one.y
    )


@given(situations())
def test_tiles_lie_in_the_picture_and_apart(now: Situation) -> None:
    tiles = arrange(now)
    for one in tiles:
        assert one.x >= 0
        assert one.x + one.width <= WIDTH
        assert one.y >= 0
        assert one.y + one.height <= HEIGHT - BAR
        assert not any(number % 2 for number in (one.x, one.y, one.width, one.height))
        assert one.height >= 100
    assert all(_apart(one, two) for one, two in combinations(tiles, 2))


@given(situations())
def test_nobody_is_shown_who_is_not_recorded_and_nobody_twice(now: Situation) -> None:
    shown = [one.person_id for one in arrange(now) if one.what != "screen"]
    assert set(shown) <= set(now.people)
    assert len(shown) == len(set(shown))
    if len(now.people) <= FEW and not now.screen:
        assert sorted(shown) == sorted(now.people)


@given(situations())
def test_who_speaks_is_always_seen_and_lit(now: Situation) -> None:
    tiles = arrange(now)
    if now.speaker in now.people:
        [lit] = [one for one in tiles if one.lit]
        assert lit.person_id == now.speaker
        assert lit.what == ("camera" if now.speaker in now.cameras else "card")
        if not now.screen:
            assert lit.width == max(one.width for one in tiles)


@given(situations())
def test_a_shared_screen_is_the_largest(now: Situation) -> None:
    tiles = arrange(now)
    screens = [one for one in tiles if one.what == "screen"]
    assert [one.person_id for one in screens] == ([now.screen] if now.screen else [])
    for screen in screens:
        assert screen.width * screen.height > WIDTH * HEIGHT * 0.6
        assert all(one.width <= 256 for one in tiles if one is not screen)


def test_faces_keep_their_places_when_another_one_of_them_speaks() -> None:
    people = tuple(PEOPLE[:8])
    before = arrange(Situation(people, frozenset(people), speaker="p0", recent=("p1", "p2", "p3", "p4", "p5")))
    after = arrange(Situation(people, frozenset(people), speaker="p0", recent=("p3", "p1", "p2", "p4", "p5")))
    assert before == after
