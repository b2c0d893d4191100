"""Mufakat, votes, quorum, stand-ins and the floor, as a chair would tell it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import BalaiError, Refused
from server.meeting import commands, facts, motions, procedure
from server.meeting.attendance import attendance
from server.meeting.commands import SERVER
from tests.factories import ALICE, BUDI, CHAIR, MINUTE_MS, OBSERVER, OFFICE, SECRETARY, Ledger, actor, invitee, planned

chair, secretary, alice, budi = actor(CHAIR), actor(SECRETARY), actor(ALICE), actor(BUDI)


def on() -> Ledger:
    """A meeting that is on with all four members there (and an observer who is not)."""
    ledger = planned()
    ledger.wish(commands.OpenMeeting(), chair)
    for number, person_id in enumerate((CHAIR, SECRETARY, ALICE, BUDI), 1):
        comes(ledger, person_id, f"s{number}")
    return ledger


def comes(ledger: Ledger, person_id: str, session_id: str) -> None:
    ledger.wish(commands.Join(session_id), actor(person_id))
    ledger.wish(commands.ConfirmPresence(session_id, "act"), SERVER)


def goes(ledger: Ledger, session_id: str) -> None:
    ledger.wish(commands.Leave(session_id, "lost"), SERVER)


def told(ledger: Ledger, kind: type[facts.Fact]) -> list[facts.Fact]:
    return [one.fact for one in ledger.facts if isinstance(one.fact, kind)]


def refused(ledger: Ledger, wish: commands.Command, who: commands.Actor) -> str:
    with pytest.raises(BalaiError) as caught:
        ledger.wish(wish, who)
    return caught.value.code


# ------------------------------------------------------------ quorum


def test_quorum_comes_and_goes_as_facts_of_its_own() -> None:
    ledger = on()
    assert told(ledger, facts.QuorumReached) == [facts.QuorumReached(3, 4, 3)]
    goes(ledger, "s3")
    goes(ledger, "s4")
    assert told(ledger, facts.QuorumLost) == [facts.QuorumLost(2, 4, 3)]
    comes(ledger, ALICE, "s5")
    assert len(told(ledger, facts.QuorumReached)) == 2


def test_rules_of_procedure_change_the_quorum_at_once() -> None:
    ledger = on()
    goes(ledger, "s4")
    assert refused(ledger, commands.SetRules("number", 4), secretary) == "rules.reason"
    ledger.wish(commands.SetRules("number", 4, reason="sesuai tata tertib"), secretary)
    assert told(ledger, facts.QuorumLost) == [facts.QuorumLost(3, 4, 4)]
    ledger.wish(commands.SetRules("none", reason="rapat biasa"), secretary)
    assert refused(ledger, commands.SetRules("number", 0), secretary) == "rules.number"


def test_no_vote_opens_counts_or_is_cast_without_quorum() -> None:
    ledger = on()
    ledger.wish(commands.OpenVote("m1", "", "Setuju", "hands", 60), chair)
    ledger.wish(commands.CastVote("m1", "yes"), alice)
    goes(ledger, "s1")
    goes(ledger, "s2")
    assert refused(ledger, commands.CastVote("m1", "yes"), budi) == "vote.no_quorum"
    ledger.after(MINUTE_MS)
    ledger.wish(commands.CloseVote("m1"), SERVER)
    assert ledger.state.deliberation.motions["m1"].phase == "void"
    assert not ledger.state.decisions
    assert refused(ledger, commands.OpenVote("m2", "", "Lagi", "hands", 60), chair) == "vote.no_quorum"


def test_whoever_the_secretary_sees_in_the_room_counts() -> None:
    ledger = on()
    goes(ledger, "s3")
    goes(ledger, "s4")
    ledger.wish(commands.MarkPresence("k1", ALICE, "room"), secretary)
    assert ledger.state.deliberation.quorate
    ledger.after(MINUTE_MS)
    ledger.wish(
        commands.MarkPresence("k1", ALICE, "room", ledger.now_ms - MINUTE_MS, ledger.now_ms, "pulang"), secretary
    )
    assert not ledger.state.deliberation.quorate


# ------------------------------------------------------------ consensus


def test_silence_is_consent_and_is_recorded_with_who_was_there() -> None:
    ledger = on()
    ledger.wish(commands.CallConsensus("m1", "i1", "Anggaran disetujui", 30), chair)
    assert refused(ledger, commands.CloseConsensus("m1"), SERVER) == "vote.open"
    ledger.after(30_000)
    assert procedure.due(ledger.state, ledger.now_ms) == commands.CloseConsensus("m1")
    ledger.wish(commands.CloseConsensus("m1"), SERVER)
    assert told(ledger, facts.ConsensusReached) == [facts.ConsensusReached("", "m1", (CHAIR, SECRETARY, ALICE, BUDI))]
    (decision,) = ledger.state.decisions.values()
    assert (decision.text, decision.method, decision.motion_id) == ("Anggaran disetujui", "mufakat", "m1")


def test_an_objection_leads_to_a_vote_on_the_same_motion() -> None:
    ledger = on()
    ledger.wish(commands.CallConsensus("m1", "i1", "Anggaran disetujui", 30), chair)
    ledger.wish(commands.RaiseObjection("m1", "terlalu besar"), budi)
    ledger.after(30_000)
    ledger.wish(commands.CloseConsensus("m1"), SERVER)
    assert ledger.state.deliberation.motions["m1"].phase == "objected"
    ledger.wish(commands.OpenVote("m1", "", "lain sama sekali", "roll_call", 60), chair)
    motion = ledger.state.deliberation.motions["m1"]
    assert (motion.number, motion.text, motion.item_id) == (1, "Anggaran disetujui", "i1")
    assert dict(motion.objections) == {BUDI: "terlalu besar"}


def test_an_observer_or_a_stranger_neither_objects_nor_votes() -> None:
    ledger = on()
    comes(ledger, OBSERVER, "s9")
    ledger.wish(commands.CallConsensus("m1", "", "Setuju", 30), chair)
    assert refused(ledger, commands.RaiseObjection("m1"), actor(OBSERVER)) == "meeting.not_allowed"
    ledger.wish(commands.AskToEnter("w1", "Tamu"), commands.Actor())
    ledger.wish(commands.AdmitGuest("w1"), chair)
    comes(ledger, "guest-w1", "s8")
    assert refused(ledger, commands.RaiseObjection("m1"), actor("guest-w1")) == "vote.not_eligible"


# ------------------------------------------------------------ votes


def test_a_roll_call_is_printed_by_name_a_show_of_hands_is_not() -> None:
    for ballot, named in (("roll_call", 3), ("hands", 0)):
        ledger = on()
        ledger.wish(commands.OpenVote("m1", "", "Setuju", ballot, 60), chair)  # type: ignore[arg-type]
        for who, choice in ((chair, "yes"), (alice, "yes"), (budi, "no")):
            ledger.wish(commands.CastVote("m1", choice), who)  # type: ignore[arg-type]
        ledger.wish(commands.CloseVote("m1"), chair)
        (closed,) = told(ledger, facts.VoteClosed)
        assert isinstance(closed, facts.VoteClosed)
        assert (closed.yes, closed.no, closed.abstain, closed.outcome) == (2, 1, 0, "adopted")
        assert len(closed.votes) == named
        assert [one.method for one in ledger.state.decisions.values()] == ["vote"]


def test_a_vote_closes_by_itself_when_all_have_voted() -> None:
    ledger = on()
    ledger.wish(commands.OpenVote("m1", "", "Setuju", "hands", 600), chair)
    for who in (chair, secretary, alice):
        ledger.wish(commands.CastVote("m1", "no"), who)
    assert procedure.due(ledger.state, ledger.now_ms) is None
    ledger.wish(commands.CastVote("m1", "abstain"), budi)
    assert procedure.due(ledger.state, ledger.now_ms) == commands.CloseVote("m1")
    ledger.wish(commands.CloseVote("m1"), SERVER)
    assert ledger.state.deliberation.motions["m1"].phase == "rejected"


def test_the_last_vote_of_a_member_counts_however_many_devices() -> None:
    ledger = on()
    ledger.wish(commands.OpenVote("m1", "", "Setuju", "hands", 60), chair)
    ledger.wish(commands.CastVote("m1", "yes"), alice)
    comes(ledger, ALICE, "s7")  # another device
    ledger.wish(commands.CastVote("m1", "no"), actor(ALICE, "s7"))
    assert ledger.wish(commands.CastVote("m1", "no"), actor(ALICE, "s7")) == ()
    ledger.wish(commands.CloseVote("m1"), chair)
    motion = ledger.state.deliberation.motions["m1"]
    assert (motion.yes, motion.no) == (0, 1)


def test_a_tie_goes_to_the_chair_where_the_rules_say_so() -> None:
    ledger = on()
    ledger.wish(commands.OpenVote("m1", "", "Setuju", "hands", 60, tie="chair"), chair)
    ledger.wish(commands.CastVote("m1", "yes"), alice)
    ledger.wish(commands.CastVote("m1", "no"), budi)
    ledger.wish(commands.CloseVote("m1"), chair)
    assert refused(ledger, commands.CloseMeeting(), chair) == "vote.pending"
    assert refused(ledger, commands.BreakTie("m1", "yes"), secretary) == "meeting.not_allowed"
    assert refused(ledger, commands.BreakTie("m1", "abstain"), chair) == "vote.tie_choice"
    ledger.wish(commands.BreakTie("m1", "yes"), chair)
    assert len(ledger.state.decisions) == 1


def test_a_secret_ballot_is_handed_out_once_and_leaves_no_choice_behind() -> None:
    ledger = on()
    assert refused(ledger, commands.OpenVote("m1", "", "Pilih ketua", "secret", 60), chair) == "vote.no_box"
    ledger.wish(commands.OpenVote("m1", "", "Pilih ketua", "secret", 60, key="k"), chair)
    assert refused(ledger, commands.CastVote("m1", "yes"), alice) == "vote.secret"
    ledger.wish(commands.TakeBallot("m1", paper="aa"), alice)
    comes(ledger, ALICE, "s7")
    assert refused(ledger, commands.TakeBallot("m1", paper="bb"), actor(ALICE, "s7")) == "vote.already"
    assert ledger.wish(commands.TakeBallot("m1", paper="aa"), actor(ALICE, "s7")) == ()  # its answer was lost
    ledger.wish(commands.CloseVote("m1"), chair)
    assert ledger.wish(commands.TakeBallot("m1", paper="aa"), actor(ALICE, "s7")) == ()
    assert refused(ledger, commands.TakeBallot("m1", paper="cc"), budi) == "vote.closed"
    box = tuple(facts.SecretBallot(receipt, "yes", "", "") for receipt in ("R2", "R1"))
    assert refused(ledger, commands.ReportBallots("m1", box), SERVER) == "vote.count"
    assert refused(ledger, commands.ReportBallots("m1", (box[0], box[0])), SERVER) == "vote.count"
    ledger.wish(commands.ReportBallots("m1", box[:1]), SERVER)
    motion = ledger.state.deliberation.motions["m1"]
    assert (motion.phase, motion.receipts) == ("adopted", (("R2", "yes"),))
    assert not told(ledger, facts.VoteCast)


def test_one_question_at_a_time() -> None:
    ledger = on()
    ledger.wish(commands.CallConsensus("m1", "", "Setuju", 30), chair)
    assert refused(ledger, commands.OpenVote("m2", "", "Lain", "hands", 60), chair) == "vote.another"
    assert refused(ledger, commands.SetRules("none"), chair) == "vote.another"
    assert ledger.wish(commands.CallConsensus("m1", "", "Setuju", 30), chair) == ()  # said twice is said once
    ledger.wish(commands.WithdrawMotion("m1"), chair)
    ledger.wish(commands.OpenVote("m2", "", "Lain", "hands", 60), chair)
    assert ledger.state.deliberation.motions["m2"].number == 2


# ------------------------------------------------------------ stand-ins


def test_a_stand_in_votes_for_whom_they_stand_in_and_only_once() -> None:
    ledger = on()
    goes(ledger, "s4")
    ledger.wish(commands.NameStandIn(BUDI, ALICE), secretary)
    assert len(motions.present_members(ledger.state)) == 4
    ledger.wish(commands.OpenVote("m1", "", "Setuju", "hands", 60), chair)
    ledger.wish(commands.CastVote("m1", "yes"), alice)
    ledger.wish(commands.CastVote("m1", "no", BUDI), alice)
    assert refused(ledger, commands.CastVote("m1", "no", BUDI), actor(SECRETARY)) == "vote.not_yours"
    assert refused(ledger, commands.NameStandIn(BUDI, CHAIR), secretary) == "vote.already"
    ledger.wish(commands.CloseVote("m1"), chair)
    motion = ledger.state.deliberation.motions["m1"]
    assert (motion.yes, motion.no, motion.present) == (1, 1, 4)


def test_the_secretary_votes_for_a_member_whom_they_see_raise_a_hand() -> None:
    ledger = on()
    goes(ledger, "s4")
    ledger.wish(commands.OpenVote("m1", "", "Setuju", "hands", 60), chair)
    assert refused(ledger, commands.CastVote("m1", "yes", BUDI), secretary) == "vote.not_yours"
    ledger.wish(commands.MarkPresence("k1", BUDI, "room"), secretary)
    ledger.wish(commands.CastVote("m1", "yes", BUDI), secretary)
    assert set(ledger.state.deliberation.motions["m1"].votes) == {BUDI}


# ------------------------------------------------------------ the floor


def test_who_has_not_spoken_on_this_item_speaks_first() -> None:
    ledger = on()
    ledger.wish(commands.OpenItem("i1"), chair)
    for who in (alice, budi):
        ledger.wish(commands.RaiseHand(), who)
    ledger.wish(commands.GiveFloor(ALICE), chair)
    assert ledger.state.hands == (BUDI,)
    ledger.wish(commands.RaiseHand(), alice)
    ledger.wish(commands.LowerHand(BUDI), budi)
    ledger.wish(commands.RaiseHand(), budi)  # after Alice's second
    assert procedure.speaking_list(ledger.state) == (BUDI, ALICE)
    ledger.wish(commands.OpenItem("i2"), chair)
    assert procedure.speaking_list(ledger.state) == (ALICE, BUDI)


def test_the_floor_has_a_limit_and_ends_with_its_speaker() -> None:
    ledger = on()
    ledger.wish(commands.SetRules("half", turn_seconds=120), secretary)
    ledger.wish(commands.GiveFloor(ALICE), chair)
    floor = ledger.state.deliberation.floor
    assert floor is not None
    assert floor.until_ms == ledger.now_ms + 120_000
    assert refused(ledger, commands.EndFloor(), budi) == "meeting.not_yours"
    goes(ledger, "s3")
    assert ledger.state.deliberation.floor is None
    assert refused(ledger, commands.GiveFloor(ALICE), chair) == "meeting.no_session"


# ------------------------------------------------------------ corrections


def test_corrections_of_presence_say_why_and_change_the_attendance() -> None:
    ledger = on()
    opened_ms = ledger.now_ms
    ledger.after(10 * MINUTE_MS)
    assert refused(ledger, commands.MarkPresence("k1", OBSERVER, "room", opened_ms), secretary) == "presence.reason"
    ledger.wish(commands.MarkPresence("k1", OBSERVER, "room", opened_ms, 0, "duduk di ruang rapat"), secretary)
    ledger.wish(commands.StrikePresence("k2", ALICE, opened_ms, ledger.now_ms, "perangkat tertinggal"), secretary)
    lines = {one.person_id: one for one in attendance([*ledger.facts], ledger.now_ms).attendees}
    assert (lines[OBSERVER].manner, lines[OBSERVER].total_ms) == ("room", 10 * MINUTE_MS)
    assert lines[OBSERVER].here_now
    assert (lines[ALICE].status, lines[ALICE].total_ms, lines[ALICE].corrected) == ("absent", 0, True)
    assert (lines[BUDI].manner, lines[BUDI].corrected) == ("online", False)


def test_who_is_represented_or_excused_is_not_absent() -> None:
    people = [invitee("Ketua", "chair"), invitee("Sekretaris", "secretary"), *map(invitee, ("Citra", "Dewi", "Eko"))]
    ledger = Ledger()
    ledger.wish(
        commands.PlanMeeting("Rapat", ledger.now_ms, ledger.now_ms + MINUTE_MS, "Asia/Jakarta", (), tuple(people)),
        OFFICE,
    )
    ledger.wish(commands.OpenMeeting(), chair)
    comes(ledger, "p3", "s3")
    ledger.wish(commands.NameStandIn("p4", "p3"), secretary)
    ledger.wish(commands.ExcuseAbsence("p5", "tugas luar"), secretary)
    ledger.after(1000)
    lines = {one.person_id: one for one in attendance(ledger.facts, ledger.now_ms).attendees}
    assert (lines["p4"].status, lines["p4"].stand_in_id) == ("represented", "p3")
    assert lines["p3"].stands_for == ("p4",)
    assert (lines["p5"].status, lines["p5"].excuse) == ("excused", "tugas luar")
    assert lines["p1"].status == "absent"


# ------------------------------------------------------------ any order


wants = st.lists(
    st.tuples(
        st.sampled_from((CHAIR, SECRETARY, ALICE, BUDI)),
        st.sampled_from(("vote", "vote for", "come", "go", "stand in", "mark")),
        st.sampled_from((CHAIR, SECRETARY, ALICE, BUDI)),
        st.sampled_from(("yes", "no", "abstain")),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(wants)
def test_nobody_counts_or_votes_twice_in_any_order(events: list[tuple[str, str, str, facts.Choice]]) -> None:
    ledger = on()
    ledger.wish(commands.SetRules("none", reason="rapat biasa"), chair)
    ledger.wish(commands.OpenVote("m1", "", "Setuju", "roll_call", 600), chair)
    for number, (who, what, other, choice) in enumerate(events):
        wish: commands.Command
        wish, by = {
            "vote": (commands.CastVote("m1", choice), actor(who)),
            "vote for": (commands.CastVote("m1", choice, other), actor(who)),
            "come": (commands.Join(f"n{number}"), actor(who)),
            "go": (commands.Leave(getattr(ledger.state.session_of(who), "session_id", ""), "lost"), SERVER),
            "stand in": (commands.NameStandIn(who, other), secretary),
            "mark": (commands.MarkPresence(f"k-{who}", who, "room"), secretary),
        }[what]
        try:
            ledger.wish(wish, by)
        except BalaiError:
            continue
        present = motions.present_members(ledger.state)
        assert len(present) == len(set(present)) <= 4
    ledger.wish(commands.CloseVote("m1"), chair)
    (closed,) = told(ledger, facts.VoteClosed)
    assert isinstance(closed, facts.VoteClosed)
    voters = [member_id for member_id, _ in closed.votes]
    assert len(voters) == len(set(voters)) == closed.yes + closed.no + closed.abstain <= 4


def test_a_refusal_is_a_refusal() -> None:
    with pytest.raises(Refused):
        on().wish(commands.OpenVote("m1", "", "Setuju", "hands", 60), alice)
