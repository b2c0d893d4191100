"""What pages compute for the eye: when the quorum stood, and what a browser is called."""

from __future__ import annotations

import pytest

from server.meeting import commands
from server.meeting.attendance import Attendance, Attendee, attendance
from server.meeting.commands import SERVER
from server.meeting.facts import Role
from server.meeting.intervals import Interval, Intervals
from tests.factories import CHAIR, SECRETARY, actor, planned
from web.agents import browser_name
from web.i18n import Catalogues
from web.views.timeline import chart, quorum_intervals


def attendee(person_id: str, *stays: tuple[int, int], role: Role = "participant") -> Attendee:
    intervals: Intervals = tuple(Interval(*stay) for stay in stays)
    return Attendee(person_id, person_id, role, "", "", "", "", "present", False, False, 0, 0, 0, intervals, {})


def attended(*attendees: Attendee) -> Attendance:
    return Attendance(0, 100, 100, (), attendees, ())


def test_the_quorum_stands_while_more_than_half_of_those_who_count_are_there() -> None:
    three = attended(attendee("a", (0, 60)), attendee("b", (20, 40), (50, 100)), attendee("c", (55, 90)))
    assert quorum_intervals(three) == (Interval(20, 40), Interval(50, 90))


def test_guests_make_no_quorum_and_nobody_makes_none() -> None:
    assert quorum_intervals(attended(attendee("a"), attendee("g", (0, 100), role="guest"))) == ()
    assert quorum_intervals(attended()) == ()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130 Safari/537.36 Edg/130",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari, iPhone"),
        ("curl/8.1", "curl/8.1"),
        ("", ""),
    ],
)
def test_a_session_is_named_by_browser_and_system(agent: str, name: str) -> None:
    assert browser_name(agent) == name


def test_what_was_said_in_a_shared_room_has_a_row_of_its_own() -> None:
    ledger = planned()
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    ledger.wish(commands.AddRoomDevice("Ruang Rapat Setda"), actor(SECRETARY))
    ledger.wish(commands.ReportSpeaking((("room-1", 180_000), (CHAIR, 60_000))), SERVER)
    ledger.after(600_000)
    attended = attendance(ledger.facts, ledger.now_ms)
    assert "room-1" not in {one.person_id for one in attended.attendees}
    drawn = chart(attended, ledger.state, Catalogues().words("id"))
    assert [(one.name, one.share, one.is_room) for one in drawn.voices][-1] == ("Ruang Rapat Setda", 75.0, True)
    assert sum(one.share for one in drawn.voices) == 100


def test_the_chart_has_the_meetings_own_quorum() -> None:
    ledger = planned()
    ledger.wish(commands.SetRules("number", 4), actor(SECRETARY))
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    ledger.after(600_000)
    drawn = chart(attendance(ledger.facts, ledger.now_ms), ledger.state, Catalogues().words("id"))
    assert drawn.quorum.needed == 4
