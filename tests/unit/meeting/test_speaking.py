"""How long each has spoken: from the sound alone, per person and per agenda item, two at once both."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.meeting import facts
from server.meeting.attendance import attendance
from server.meeting.facts import NumberedFact
from server.meeting.speaking import SHORTEST_MS, Listening, totals
from tests.factories import ALICE, BUDI, planned

people = st.lists(st.sampled_from((ALICE, BUDI)), unique=True, max_size=2)


def test_who_speaks_is_counted_until_somebody_else_does() -> None:
    ear = Listening()
    ear.hear([ALICE], 1_000)
    ear.hear([ALICE, BUDI], 3_000)
    ear.hear([BUDI], 4_000)
    assert ear.so_far(9_000) == {ALICE: 3_000, BUDI: 6_000}
    assert ear.take(9_000) == {ALICE: 3_000, BUDI: 6_000}
    assert ear.take(9_500) == {BUDI: 500}  # goes on
    ear.hear([], 9_500)
    assert ear.take(60_000) == {}


@given(st.lists(st.tuples(people, st.integers(0, 5_000), st.booleans()), max_size=30))
def test_however_often_it_is_taken_nothing_is_lost_or_counted_twice(events: list[tuple[list[str], int, bool]]) -> None:
    ear, now_ms, counted = Listening(), 0, dict.fromkeys((ALICE, BUDI), 0)
    expected = dict.fromkeys((ALICE, BUDI), 0)
    for who, lasts_ms, taken in events:
        ear.hear(who, now_ms)
        now_ms += lasts_ms
        for one in who:
            expected[one] += lasts_ms
        if taken:
            for one, ms in ear.take(now_ms).items():
                counted[one] += ms
    for one, ms in ear.take(now_ms).items():
        counted[one] += ms
    assert counted == expected


def test_the_record_adds_up_per_item_and_in_the_attendance() -> None:
    told = (
        facts.SpeakingMeasured("i1", ((ALICE, 2_000), (BUDI, 1_000))),
        facts.SpeakingMeasured("i2", ((ALICE, 500),)),
        facts.SpeakingMeasured("i1", ((ALICE, 3_000),)),
    )
    ledger = planned()
    ledger.write(*told)
    journal = [NumberedFact(one.number, one.at_ms, one.fact) for one in ledger.facts]
    assert totals(journal) == {ALICE: {"i1": 5_000, "i2": 500}, BUDI: {"i1": 1_000}}
    spoken = {one.person_id: one.spoken_ms for one in attendance(journal, ledger.now_ms).attendees}
    assert (spoken[ALICE], spoken[BUDI]) == (5_500, 1_000)
    assert SHORTEST_MS > 500
