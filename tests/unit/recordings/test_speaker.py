"""Who has the word, from how loud everybody is."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from recordings.compose.evening import LEAST_DB, MOST_DB, SPEECH_DB, gains
from recordings.speaker import LOUD_DB, STAYS_MS, WINDOW_MS, Speech, speeches, voices

ROWS = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.lists(st.sampled_from([-100, -60, -44, -30, -20]), max_size=200), max_size=3
)


@given(ROWS)
def test_one_has_the_word_until_the_next_and_never_for_a_moment_only(levels: dict[str, list[int]]) -> None:
    found = speeches(levels)
    end = max(map(len, levels.values()), default=0) * WINDOW_MS
    for one, two in pairwise(found):
        assert one.until_ms == two.from_ms
        assert one.person_id != two.person_id
        assert one.until_ms - one.from_ms >= STAYS_MS
    assert not found or found[-1].until_ms == end


@given(ROWS)
def test_nobody_has_the_word_who_was_never_loud(levels: dict[str, list[int]]) -> None:
    loud = {who for who, row in levels.items() if any(level > LOUD_DB for level in row)}
    assert {one.person_id for one in speeches(levels)} <= loud
    assert {one.person_id for one in voices(levels)} <= loud


def test_two_words_in_between_do_not_turn_the_picture() -> None:
    alice = [-25] * 100
    bob = [-100] * 40 + [-15] * 5 + [-100] * 55
    assert speeches({"alice": alice, "bob": bob}) == [Speech("alice", 0, 10_000)]


def test_who_answers_has_the_word_from_the_answer_s_beginning() -> None:
    alice, bob = [-25] * 50 + [-100] * 50, [-100] * 50 + [-25] * 50
    assert speeches({"alice": alice, "bob": bob}) == [Speech("alice", 0, 5_000), Speech("bob", 5_000, 10_000)]


def test_bars_bridge_a_breath_and_leave_out_a_cough() -> None:
    row = [-25] * 10 + [-100] * 5 + [-25] * 10 + [-100] * 30 + [-20] * 2
    assert voices({"alice": row}) == [Speech("alice", 0, 2_500)]


@given(st.lists(st.integers(-100, 0), max_size=100), st.none() | st.floats(-60, 0))
def test_a_gain_is_never_more_than_it_may_be(levels: list[int], before: float | None) -> None:
    found, _ = gains(levels, before)
    assert len(found) == len(levels)
    assert all(LEAST_DB <= one <= MOST_DB for one in found)


def test_quiet_and_loud_come_to_the_same_and_a_pause_lifts_no_noise() -> None:
    for level in (-40, -33, -15):
        found, now = gains([level] * 100 + [-70] * 50, None)
        assert now is not None
        assert abs(level + found[99] - SPEECH_DB) < 1.0
        assert found[-1] == found[99]
