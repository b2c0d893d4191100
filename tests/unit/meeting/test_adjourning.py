"""A council's plenary without its quorum: the kinds of meeting, what the law asks for, and putting the meeting off."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.documents.compose import notula
from server.documents.wording_quorum import quorum_field
from server.meeting import commands, facts, motions, procedure
from server.meeting.commands import SERVER
from server.meeting.quorum import DAY_MS, HOUR_MS, PRESETS, longest_adjournment_ms, rule_of
from tests.factories import ALICE, BUDI, CHAIR, Ledger, planned
from tests.unit.meeting.test_deciding import alice, budi, chair, comes, goes, on, refused, secretary, told
from web.i18n import Catalogues


def council() -> Ledger:
    """A plenary of three members (the secretary is none), with the chair alone."""
    ledger = planned()
    ledger.wish(commands.SetRules("none", preset="council_bylaw"), secretary)
    ledger.wish(commands.OpenMeeting(), chair)
    comes(ledger, CHAIR, "s1")
    return ledger


@pytest.mark.parametrize(
    ("preset", "members", "needed"),
    [
        ("council_ordinary", 45, 23),
        ("council_bylaw", 45, 30),
        ("council_inquiry", 45, 34),
        ("council_ordinary", 44, 23),
    ],
)
def test_what_the_law_asks_for(preset: str, members: int, needed: int) -> None:
    assert rule_of(PRESETS[preset].quorum).needed(members) == needed


@given(st.integers(1, 1_000))
def test_at_least_half_asks_for_no_more_than_more_than_half(members: int) -> None:
    assert rule_of("at_least_half").needed(members) * 2 >= members
    assert 0 <= rule_of("half").needed(members) - rule_of("at_least_half").needed(members) <= 1


def test_a_preset_says_the_quorum_itself_and_the_secretary_is_no_member_of_a_council() -> None:
    ledger = council()
    assert ledger.state.deliberation.procedure.quorum == "two_thirds"
    assert set(motions.members(ledger.state)) == {CHAIR, ALICE, BUDI}
    assert (motions.quorum(ledger.state).needed, motions.quorum(ledger.state).reached) == (2, False)
    comes(ledger, "p2", "s2")  # the secretary
    assert not motions.quorum(ledger.state).reached
    comes(ledger, ALICE, "s3")
    assert told(ledger, facts.QuorumReached) == [facts.QuorumReached(2, 3, 2)]
    ledger.wish(commands.OpenVote("m1", "", "Setuju", "hands", 60), chair)
    assert "p2" not in ledger.state.deliberation.motions["m1"].eligible
    assert refused(ledger, commands.SetRules("half", preset="senate", reason="x"), chair) == "rules.preset"


def test_a_council_is_put_off_twice_for_an_hour_then_for_three_days_and_no_more() -> None:
    ledger = council()
    for longest_ms in (HOUR_MS, HOUR_MS, 3 * DAY_MS):
        late = commands.AdjournMeeting(ledger.now_ms + longest_ms + 60_000)
        assert refused(ledger, late, chair) == "adjourn.time"
        ledger.wish(commands.AdjournMeeting(ledger.now_ms + longest_ms), chair)
        assert procedure.due(ledger.state, ledger.now_ms) is None
        ledger.after(longest_ms)
        due = procedure.due(ledger.state, ledger.now_ms)
        assert due == commands.ResumeMeeting()
        ledger.wish(due, SERVER)
    assert [one.times for one in told(ledger, facts.MeetingAdjourned)] == [1, 2, 3]  # type: ignore[attr-defined]
    assert refused(ledger, commands.AdjournMeeting(ledger.now_ms + 60_000), chair) == "adjourn.no_more"
    assert longest_adjournment_ms("working", 7) == DAY_MS


def test_a_meeting_with_its_quorum_is_not_put_off_and_one_that_is_put_off_decides_nothing() -> None:
    ledger = on()
    assert refused(ledger, commands.AdjournMeeting(ledger.now_ms + 60_000), chair) == "adjourn.quorate"
    goes(ledger, "s3")
    goes(ledger, "s4")
    assert refused(ledger, commands.AdjournMeeting(ledger.now_ms + 60_000), alice) == "meeting.not_allowed"
    ledger.wish(commands.AdjournMeeting(ledger.now_ms + 600_000), secretary)
    comes(ledger, ALICE, "s5")
    comes(ledger, BUDI, "s6")
    assert refused(ledger, commands.CallConsensus("m1", "", "Setuju", 60), chair) == "adjourn.until_then"
    assert refused(ledger, commands.ResumeMeeting(), budi) == "meeting.not_allowed"
    ledger.wish(commands.ResumeMeeting(), chair)
    ledger.wish(commands.CallConsensus("m1", "", "Setuju", 60), chair)


def test_each_change_of_the_quorum_is_a_line_of_the_notula() -> None:
    ledger = on()
    ledger.wish(commands.SetRules("number", 4, reason="sesuai tata tertib"), secretary)
    goes(ledger, "s4")
    ledger.wish(commands.AdjournMeeting(ledger.now_ms + 600_000), chair)
    ledger.wish(commands.ResumeMeeting(), chair)
    ledger.wish(commands.SetRules("half", reason="anggota sakit"), chair)
    paper = notula("m1", ledger.facts, ledger.now_ms)
    kinds = ("quorum", "quorum_rule", "quorum_change", "adjourned", "resumed")
    assert [line.kind for line in paper.of(*kinds)] == [
        "quorum", "quorum_rule", "quorum_change", "adjourned", "resumed", "quorum_rule", "quorum_change",
    ]  # fmt: skip
    said = quorum_field(paper, Catalogues().words("id")).values
    assert "oleh Sari Secretary menjadi paling sedikit 4 orang; alasan: sesuai tata tertib" in said[1]
    assert "ditunda" in said[3]
    assert "(hadir 3, diperlukan 4)" in said[3]
    assert "lebih dari 1/2 jumlah anggota; alasan: anggota sakit" in said[5]
