"""A comment period ends on time although nobody looks at the meeting."""

from __future__ import annotations

from server.meeting import facts
from server.meeting.rooms import IDLE_MS
from tests.unit.meeting.test_approving import COURSE, closed, go_on
from tests.unit.meeting.test_rooms import House


async def test_comments_are_closed_at_their_end_though_the_meeting_was_let_go() -> None:
    ledger = closed()
    for _, command, who in COURSE:
        go_on(ledger, command, who)
        if ledger.state.minutes.stage == "comments":
            break
    house = House()
    house.clock.advance(ledger.now_ms - house.clock.now_ms())
    await house.journal.take_lease("m1")
    await house.journal.append("m1", 0, ledger.now_ms, tuple(one.fact for one in ledger.facts))
    await house.journal.give_lease("m1")
    await house.rooms.ready("m1")
    house.clock.advance(IDLE_MS)
    await house.rooms.sweep()
    assert house.rooms.census()[0] == 0
    house.clock.advance(ledger.state.minutes.until_ms - house.clock.now_ms())
    await house.rooms.sweep()
    await house.rooms.sweep()
    await house.turns()
    written = await house.journal.read("m1")
    assert isinstance(written[-1].fact, facts.CommentsClosed)
    await house.rooms.close()
