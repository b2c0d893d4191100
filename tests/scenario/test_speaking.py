"""Speaking time from the sound itself: counted while they speak, written once per agenda item."""

from __future__ import annotations

from server.meeting import facts
from server.meeting.speaking import totals
from tests.scenario.hall import MEETING, Hall, Participant, code_of


def written(hall: Hall) -> list[facts.SpeakingMeasured]:
    return [one for one in hall.record if isinstance(one, facts.SpeakingMeasured)]


async def heard(hall: Hall, *who: Participant, seconds: float) -> None:
    hall.rooms.speakers(MEETING, {one.session_id: 60 for one in who})
    await hall.passes(seconds=seconds)


async def opened(hall: Hall) -> None:
    for who in (hall.chair, hall.alice, hall.budi):
        await who.joins_with_media()
    await hall.chair.opens_the_meeting()
    await hall.chair.takes_up("i1")


async def test_each_items_speaking_is_one_fact_before_the_item_ends(hall: Hall) -> None:
    await opened(hall)
    await heard(hall, hall.alice, seconds=30)
    await heard(hall, hall.alice, hall.budi, seconds=10)
    await heard(hall, seconds=60)
    assert written(hall) == []
    await hall.chair.takes_up("i2")
    assert written(hall) == [facts.SpeakingMeasured("i1", (("p3", 40_000), ("p4", 10_000)))]
    await heard(hall, hall.budi, seconds=5)
    await hall.chair.closes_the_meeting()
    assert totals(hall.store.facts[MEETING]) == {"p3": {"i1": 40_000}, "p4": {"i1": 10_000, "i2": 5_000}}
    assert hall.alice.attended.spoken_ms == 40_000
    assert not any(isinstance(one.fact, facts.SpeakingMeasured) for one in hall.store.facts[MEETING][-1:])


async def test_nobody_but_who_leads_can_have_it_written(hall: Hall) -> None:
    await opened(hall)
    await heard(hall, hall.alice, seconds=30)
    for item_id in ("i2", "i3"):
        assert await code_of(hall.alice.takes_up(item_id)) == "meeting.not_allowed"
    assert written(hall) == []


async def test_chair_and_secretary_see_it_grow_and_nobody_else(hall: Hall) -> None:
    await opened(hall)
    await heard(hall, hall.alice, seconds=6)
    hints = [(hint, to) for _, hint, to in hall.audience.hints if hint.kind == "spoken"]
    assert {to for _, to in hints} == {hall.chair.session_id}
    assert hints[-1][0].values["times"] == {"p3": 6_000}


async def test_a_restart_in_order_loses_nothing(hall: Hall) -> None:
    await opened(hall)
    await heard(hall, hall.alice, seconds=30)
    await hall.shuts_down_in_order()
    await hall.comes_back()
    assert written(hall) == [facts.SpeakingMeasured("i1", (("p3", 30_000),))]


async def test_what_is_said_before_the_opening_or_after_the_media_died_is_not_counted(hall: Hall) -> None:
    for who in (hall.chair, hall.alice):
        await who.joins_with_media()
    await heard(hall, hall.alice, seconds=30)
    await hall.chair.opens_the_meeting()
    await heard(hall, hall.alice, seconds=4)
    await hall.media_process_dies()
    await hall.passes(seconds=100)
    await hall.chair.closes_the_meeting()
    assert written(hall) == [facts.SpeakingMeasured("", (("p3", 4_000),))]
