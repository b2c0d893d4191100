"""The arithmetic of votes and quorum: sums, monotonicity, one vote per member, whatever the order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from server.meeting import motions
from server.meeting.deliberation import Motion
from server.meeting.facts import Share, ShareOf
from server.meeting.motions import Tally, needed, outcome, tally
from server.meeting.quorum import rule_of

shares = st.sampled_from(("half", "two_thirds", "three_quarters"))
bases = st.sampled_from(("cast", "present", "members"))
counts = st.builds(Tally, st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
MOTION = Motion("m1", 1, "", "Setuju", "vote", 0, 0, eligible=tuple(f"p{at}" for at in range(1, 61)))


def test_the_presets_of_the_law_on_regional_government() -> None:
    """UU 23/2014 art. 183: three quarters, two thirds, more than half of forty-five members."""
    assert [rule_of(kind).needed(45) for kind in ("three_quarters", "two_thirds", "half")] == [34, 30, 23]
    assert rule_of("half").needed(44) == 23
    assert rule_of("none").needed(45) == 0
    assert rule_of("number", 5).needed(45) == 5


def test_known_majorities() -> None:
    table: tuple[tuple[Share, ShareOf, Tally, int, int, bool, int], ...] = (
        ("half", "cast", Tally(20, 20, 5), 45, 60, False, 21),
        ("half", "cast", Tally(20, 20, 5), 45, 60, True, 23),
        ("half", "present", Tally(20, 20, 5), 46, 60, False, 24),
        ("half", "members", Tally(20, 20, 5), 45, 60, False, 31),
        ("two_thirds", "present", Tally(30, 15, 0), 45, 60, False, 30),
        ("two_thirds", "members", Tally(30, 15, 0), 45, 60, False, 40),
        ("three_quarters", "cast", Tally(3, 1, 9), 13, 60, False, 3),
        ("two_thirds", "cast", Tally(0, 0, 9), 9, 60, False, 1),
    )
    for share, of, votes, present, whole, abstentions_count, wanted in table:
        assert needed(share, of, votes, present, whole, abstentions_count=abstentions_count) == wanted


@given(st.lists(st.sampled_from(("yes", "no", "abstain"))))
def test_every_vote_is_counted_once(choices: list[motions.Choice]) -> None:
    assert tally(choices).cast == len(choices)


@given(counts, shares, bases, st.booleans(), st.integers(0, 60))
def test_one_more_in_favour_never_harms_and_one_more_against_never_helps(
    votes: Tally, share: Share, of: ShareOf, abstentions_count: bool, present: int
) -> None:
    motion = replace(MOTION, share=share, of=of, abstentions_count=abstentions_count)
    now = outcome(motion, votes, present, quorate=True)
    in_favour = outcome(motion, replace(votes, yes=votes.yes + 1), present, quorate=True)
    against = outcome(motion, replace(votes, no=votes.no + 1), present, quorate=True)
    assert not (now == "adopted" and in_favour != "adopted")
    assert not (now != "adopted" and against == "adopted")


@given(counts, shares, bases)
def test_nothing_is_adopted_without_a_vote_in_favour_or_without_quorum(votes: Tally, share: Share, of: ShareOf) -> None:
    motion = replace(MOTION, share=share, of=of)
    assert outcome(motion, replace(votes, yes=0), 60, quorate=True) != "adopted"
    assert outcome(motion, votes, 60, quorate=False) == "void"


@given(counts)
def test_a_tie_is_the_chairs_only_where_the_rules_say_so(votes: Tally) -> None:
    level = replace(votes, no=votes.yes)
    assert outcome(MOTION, level, 60, quorate=True) == "rejected"
    assert outcome(replace(MOTION, tie="chair"), level, 60, quorate=True) == ("tied" if level.yes else "rejected")
