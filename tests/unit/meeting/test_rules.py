"""The law, one sentence per test: who may, when, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from server.errors import BalaiError, Invalid, NotFound, Refused
from server.meeting import commands, facts, roles, rules
from server.meeting.commands import SERVER, Actor
from server.meeting.facts import AgendaItem, RemarkKind, RemarkRule
from server.meeting.remarking import MOST_OPEN
from server.meeting.state import Notes
from tests.factories import (
    AGENDA,
    ALICE,
    BUDI,
    CHAIR,
    INVITEES,
    MINUTE_MS,
    OBSERVER,
    OFFICE,
    SECRETARY,
    STRANGER,
    Ledger,
    actor,
    invitee,
    noted,
    plan,
    planned,
)
from tests.fakes import NINE_O_CLOCK_MS
from tests.unit.meeting import wishes


def refused(ledger: Ledger, wish: commands.Command, who: Actor) -> str:
    """The code; and nothing has happened."""
    before = ledger.state
    with pytest.raises(BalaiError) as caught:
        ledger.wish(wish, who)
    assert ledger.state is before
    return caught.value.code


def opened() -> Ledger:
    """Chair s1, secretary s2, Alice s3, Budi s4 are in the room, the meeting is on."""
    ledger = planned()
    for number, person_id in enumerate((CHAIR, SECRETARY, ALICE, BUDI), 1):
        ledger.wish(commands.Join(f"s{number}"), actor(person_id))
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    return ledger


def standing_invitees() -> list[commands.Invitee]:
    return [invitee(one.name, one.role, f"p{number}") for number, one in enumerate(INVITEES, 1)]


# ------------------------------------------------------------ planning


def test_the_office_makes_a_meeting_and_nobody_else() -> None:
    for who in (STRANGER, actor(CHAIR), Actor(account_id="a", office_role="official")):
        assert refused(Ledger(), plan(), who) == "meeting.not_allowed"
    ledger = Ledger()
    led_to = ledger.wish(plan(), OFFICE)
    assert [type(one).__name__ for one in led_to] == ["MeetingPlanned", "AgendaSet", *["Invited"] * 5]
    assert list(ledger.state.people) == [CHAIR, SECRETARY, ALICE, BUDI, OBSERVER]


def test_planning_again_gives_only_what_differs() -> None:
    ledger = planned()
    assert ledger.wish(plan(standing_invitees()), OFFICE) == ()
    changed = standing_invitees()
    changed[2] = invitee("Alice Amalia", "observer", ALICE)
    led_to = ledger.wish(plan([*changed[:4], invitee("Citra")], AGENDA[:2], "Rapat lain"), actor(SECRETARY))
    kinds = [type(one).__name__ for one in led_to]
    assert kinds == ["MeetingReplanned", "AgendaSet", "InvitationChanged", "Invited", "InvitationRevoked"]
    assert ledger.state.people["p6"].name == "Citra"


def test_an_id_is_not_given_to_another_person_after_a_revocation() -> None:
    ledger = planned()
    ledger.wish(plan(standing_invitees()[:4]), OFFICE)
    ledger.wish(plan([*standing_invitees()[:4], invitee("Citra")]), OFFICE)
    assert OBSERVER not in ledger.state.people
    assert ledger.state.people["p6"].name == "Citra"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (plan(title=" "), "meeting.title"),
        (plan(INVITEES[1:]), "meeting.chair"),
        (plan([*INVITEES, invitee("Dua", "chair")]), "meeting.chair"),
        (plan([INVITEES[0], *INVITEES[2:]]), "meeting.secretary"),
        (plan([*INVITEES, invitee(" ")]), "text.empty"),
        (plan(items=[AgendaItem("i1", " ")]), "text.empty"),
        (plan(items=[AgendaItem("i1", "A"), AgendaItem("i1", "B")]), "meeting.one_item_twice"),
        (plan(items=[AgendaItem("i1", "A", -1)]), "meeting.minutes"),
        (plan([*INVITEES, invitee("A", person_id="p3"), invitee("B", person_id="p3")]), "meeting.one_person_twice"),
        (commands.PlanMeeting("T", 5, 5, "Asia/Jakarta", (), INVITEES), "meeting.times"),
        (commands.PlanMeeting("T", 5, 9, "Europe/Paris", (), INVITEES), "meeting.zone"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wish: commands.PlanMeeting, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        Ledger().wish(wish, OFFICE)
    assert caught.value.code == code


def test_an_item_that_was_discussed_stays_on_the_agenda() -> None:
    ledger = opened()
    ledger.wish(commands.OpenItem("i2"), actor(CHAIR))
    assert refused(ledger, plan(standing_invitees(), [AGENDA[0]]), OFFICE) == "meeting.item_in_use"
    assert ledger.wish(plan(standing_invitees(), [AGENDA[1]]), OFFICE)


def test_a_person_who_was_there_stays_invited() -> None:
    ledger = opened()
    ledger.wish(commands.Leave("s4", "left"), actor(BUDI))
    assert refused(ledger, plan(standing_invitees()[:3]), OFFICE) == "meeting.person_in_use"


def test_who_becomes_an_observer_falls_silent() -> None:
    ledger = opened()
    ledger.wish(commands.SetMicrophone("s3", True), actor(ALICE))
    ledger.wish(commands.RaiseHand(), actor(ALICE))
    changed = standing_invitees()
    changed[2] = invitee("Alice Amalia", "observer", ALICE)
    ledger.wish(plan(changed), OFFICE)
    assert not ledger.state.sessions["s3"].microphone
    assert ledger.state.hands == ()


def test_admitted_guests_outlive_a_new_plan() -> None:
    ledger = opened()
    ledger.wish(commands.AskToEnter("w1", "Tamu"), STRANGER)
    ledger.wish(commands.AdmitGuest("w1"), actor(CHAIR))
    assert ledger.wish(plan(standing_invitees()), OFFICE) == ()


# ------------------------------------------------------------ coming and going


def test_invited_people_come_in_from_half_an_hour_before() -> None:
    ledger = planned()
    ledger.now_ms = NINE_O_CLOCK_MS - 30 * MINUTE_MS - 1
    assert refused(ledger, commands.Join("s3"), actor(ALICE)) == "meeting.too_early"
    assert ledger.wish(commands.Join("s1"), actor(CHAIR))
    assert ledger.after(1).wish(commands.Join("s3"), actor(ALICE))


def test_who_is_not_invited_stays_outside() -> None:
    for who in (STRANGER, actor("p99"), OFFICE):
        assert refused(planned(), commands.Join("s1"), who) == "meeting.not_allowed"


def test_a_locked_room_lets_in_chair_and_secretary_only() -> None:
    ledger = planned()
    ledger.wish(commands.LockRoom(True), actor(CHAIR))
    assert refused(ledger, commands.Join("s3"), actor(ALICE)) == "meeting.locked"
    assert ledger.wish(commands.Join("s2"), actor(SECRETARY))


def test_a_second_device_replaces_the_first_and_keeps_the_hand_up() -> None:
    ledger = opened()
    ledger.wish(commands.RaiseHand(), actor(ALICE))
    led_to = ledger.wish(commands.Join("s9"), actor(ALICE))
    assert led_to == (facts.Left("s3", "replaced", ledger.now_ms), facts.Joined(ALICE, "s9"))
    assert ledger.state.hands == (ALICE,)
    assert refused(ledger, commands.Say("a", "halo"), actor(ALICE, "s3")) == "meeting.no_session"


def test_nobody_joins_with_the_session_of_somebody_else() -> None:
    assert refused(opened(), commands.Join("s4"), actor(ALICE)) == "meeting.not_yours"


def test_who_was_sent_out_comes_back_through_the_waiting_room_only() -> None:
    ledger = opened()
    ledger.wish(commands.RemovePerson(ALICE), actor(CHAIR))
    assert refused(ledger, commands.Join("s9"), actor(ALICE)) == "meeting.removed"
    ledger.wish(commands.AskToEnter("w1", "Alice Amalia"), STRANGER)
    ledger.wish(commands.AdmitGuest("w1"), actor(CHAIR))
    assert ledger.wish(commands.Join("s9"), actor("guest-w1"))


def test_the_chair_cannot_be_sent_out_nor_anybody_by_themselves() -> None:
    ledger = opened()
    assert refused(ledger, commands.RemovePerson(CHAIR), actor(SECRETARY)) == "meeting.not_allowed"
    assert refused(ledger, commands.RemovePerson(SECRETARY), actor(SECRETARY)) == "meeting.self_remove"
    assert refused(ledger, commands.RemovePerson(OBSERVER), actor(CHAIR)) == "meeting.no_session"


def test_a_refused_guest_does_not_ask_again() -> None:
    ledger = planned()
    ledger.wish(commands.AskToEnter("w1", "Tamu"), STRANGER)
    assert ledger.wish(commands.AskToEnter("w1", "Tamu"), STRANGER) == ()
    ledger.wish(commands.RefuseGuest("w1"), actor(CHAIR))
    assert refused(ledger, commands.AskToEnter("w1", "Tamu"), STRANGER) == "meeting.refused"
    assert refused(ledger, commands.AdmitGuest("w1"), actor(CHAIR)) == "meeting.no_waiting"


def test_an_actor_without_a_name_is_not_the_server() -> None:
    ledger = opened()
    for wish in (commands.Leave("s3", "lost"), commands.ReportInterruption(1), commands.LosePresence("s3", 1)):
        assert refused(ledger, wish, STRANGER) == "meeting.not_allowed"
    assert ledger.wish(commands.Leave("s3", "lost"), SERVER)


def test_leaving_is_dated_within_the_session() -> None:
    ledger = opened()
    joined_ms = ledger.now_ms
    ledger.after(60_000).wish(commands.Leave("s3", "lost", joined_ms - 5_000), SERVER)
    ledger.wish(commands.Leave("s4", "lost", ledger.now_ms + 5_000), SERVER)
    left = [one.fact for one in ledger.facts if isinstance(one.fact, facts.Left)]
    assert [one.since_ms for one in left] == [joined_ms, ledger.now_ms]


def test_an_act_outlives_the_media() -> None:
    ledger = opened()
    ledger.wish(commands.ConfirmPresence("s3", "media"), SERVER)
    ledger.wish(commands.ConfirmPresence("s4", "media"), SERVER)
    ledger.wish(commands.ConfirmPresence("s4", "act"), actor(BUDI))
    ledger.wish(commands.LosePresence("s3", ledger.now_ms), SERVER)
    ledger.wish(commands.LosePresence("s4", ledger.now_ms), SERVER)
    assert ledger.state.present() == {BUDI}


# ------------------------------------------------------------ in the room


@pytest.mark.parametrize("command", [commands.SetMicrophone, commands.SetCamera, commands.SetScreen])
def test_leaders_turn_off_never_on(command: type[commands.SetMicrophone]) -> None:
    ledger = opened()
    ledger.wish(command("s3", True), actor(ALICE))
    assert refused(ledger, command("s3", False), actor(BUDI)) == "meeting.not_yours"
    assert ledger.wish(command("s3", False), actor(SECRETARY))
    assert refused(ledger, command("s3", True), actor(CHAIR)) == "meeting.only_off"


def test_an_observer_sees_and_hears() -> None:
    ledger = opened()
    ledger.wish(commands.Join("s5"), actor(OBSERVER))
    for wish in (
        commands.SetMicrophone("s5", True),
        commands.SetCamera("s5", True),
        commands.SetScreen("s5", True),
        commands.RaiseHand(),
        commands.Say("a", "halo"),
    ):
        assert refused(ledger, wish, actor(OBSERVER)) == "meeting.not_allowed"


def test_hands_stand_in_the_order_they_were_raised() -> None:
    ledger = opened()
    for person_id in (BUDI, ALICE, BUDI):
        ledger.wish(commands.RaiseHand(), actor(person_id))
    assert ledger.state.hands == (BUDI, ALICE)
    ledger.wish(commands.LowerHand(BUDI), actor(CHAIR))
    assert refused(ledger, commands.LowerHand(ALICE), actor(BUDI)) == "meeting.not_yours"


def test_saying_twice_is_saying_once() -> None:
    ledger = opened()
    assert ledger.wish(commands.Say("a", " halo "), actor(ALICE)) == (facts.ChatSaid("a", ALICE, "halo"),)
    assert ledger.wish(commands.Say("a", "halo"), actor(ALICE)) == ()
    assert refused(ledger, commands.Say("b", "  "), actor(ALICE)) == "text.empty"


def test_ten_thousand_lines_stay_in_order_and_known() -> None:
    ledger = opened()
    for number in range(1_000):
        ledger.wish(commands.Say(f"c{number}", "x"), actor(ALICE))
    chat = ledger.state.chat
    assert [line.chat_id for line in chat] == [f"c{number}" for number in range(1_000)]
    assert len(chat) == 1_000
    assert chat.has("c0")
    assert not chat.has("c1000")


# ------------------------------------------------------------ what is written


def test_notes_are_adopted_once_for_each_text_and_only_by_the_server() -> None:
    ledger = opened()
    (fact,) = ledger.wish(noted("i1", "Satu"), SERVER)
    assert isinstance(fact, facts.NotesAdopted)
    assert (fact.version, fact.text) == (1, '[["p",[["x","Satu"]]]]')
    assert fact.digest == sha256(fact.text.encode()).hexdigest()
    assert ledger.wish(noted("i1", "Satu"), SERVER) == ()
    assert ledger.wish(noted("i1", ""), SERVER)
    assert ledger.state.notes["i1"] == Notes("i1", 2, "", sha256(b"").hexdigest())
    assert refused(ledger, noted("i1", "Dua"), actor(CHAIR)) == "meeting.not_allowed"


@pytest.mark.parametrize("text", ["Dua", "[]", '[["p",[["x",""]]]]', '[["p", []]]', '[["x","a"]]', "[" * 500])
def test_only_a_canonical_text_is_adopted(text: str) -> None:
    with pytest.raises(Invalid, match=r"notes\.broken"):
        opened().wish(commands.AdoptNotes("i1", text), SERVER)


def test_what_was_written_before_notes_were_shared_is_not_adopted_anew() -> None:
    ledger = opened()
    ledger.write(facts.NotesWritten("p2", "i1", 1, "Satu\n\nDua"))
    assert ledger.wish(noted("i1", "Satu\nDua"), SERVER) == ()
    (fact,) = ledger.wish(noted("i1", "Satu\nTiga"), SERVER)
    assert isinstance(fact, facts.NotesAdopted)
    assert fact.version == 2


def test_numbers_of_decisions_are_never_used_again() -> None:
    ledger = opened()
    ledger.wish(commands.RecordDecision("d1", "i1", "Satu", "mufakat"), actor(SECRETARY))
    ledger.wish(commands.WithdrawDecision("d1"), actor(SECRETARY))
    ledger.wish(commands.RecordDecision("d2", "", "Dua", "vote"), actor(SECRETARY))
    assert ledger.wish(commands.RecordDecision("d2", "", "Dua", "vote"), actor(SECRETARY)) == ()
    assert [one.number for one in ledger.state.decisions.values()] == [1, 2]
    assert refused(ledger, commands.CorrectDecision("d1", "x", "vote"), actor(CHAIR)) == "decision.withdrawn"
    assert refused(ledger, commands.CorrectDecision("d9", "x", "vote"), actor(CHAIR)) == "decision.unknown"


def test_what_is_said_for_the_record_has_an_author_and_a_number_of_its_own() -> None:
    ledger, secretary = opened(), actor(SECRETARY)
    ledger.wish(commands.RecordStatement("q1", "motion", "i1", ALICE, " Diundur. "), secretary)
    ledger.wish(commands.WithdrawStatement("q1", "ditarik pengusul"), actor(CHAIR))
    ledger.wish(commands.RecordStatement("q2", "objection", "", "Camat", "Terlalu singkat"), secretary)
    assert ledger.wish(commands.RecordStatement("q2", "objection", "", "Camat", "x"), secretary) == ()
    ledger.wish(commands.CorrectStatement("q2", BUDI, "Terlalu singkat sekali"), secretary)
    assert ledger.wish(commands.CorrectStatement("q2", BUDI, "Terlalu singkat sekali"), secretary) == ()
    one, two = ledger.state.statements.values()
    assert (one.number, one.what, one.text, one.withdrawn) == (1, "motion", "Diundur.", True)
    assert (two.number, two.who, two.text, two.item_id) == (2, BUDI, "Terlalu singkat sekali", "")
    assert "i1" in ledger.state.touched_items
    for wish, who, code in (
        (commands.RecordStatement("q3", "statement", "i1", " ", "x"), secretary, "statement.who"),
        (commands.RecordStatement("q3", "statement", "i1", ALICE, " "), secretary, "text.empty"),
        (commands.RecordStatement("q3", "statement", "i9", ALICE, "x"), secretary, "meeting.no_item"),
        (commands.RecordStatement("q3", "statement", "i1", ALICE, "x"), actor(ALICE), "meeting.not_allowed"),
        (commands.CorrectStatement("q1", ALICE, "x"), secretary, "statement.withdrawn"),
        (commands.WithdrawStatement("q9"), secretary, "statement.unknown"),
    ):
        assert refused(ledger, wish, who) == code


@pytest.mark.parametrize(
    ("rule", "what", "code"),
    [
        ("nobody", "comment", "remark.not_here"),
        ("nobody", "suggestion", "remark.not_here"),
        ("comment", "comment", ""),
        ("comment", "suggestion", "remark.not_here"),
        ("suggest", "comment", ""),
        ("suggest", "suggestion", ""),
    ],
)
def test_participants_remark_on_the_notes_as_the_rules_say(rule: RemarkRule, what: RemarkKind, code: str) -> None:
    ledger = opened()
    ledger.wish(commands.SetRules("half", remarks=rule), actor(CHAIR))
    wish = commands.MakeRemark("k1", what, "i1", "AA==", "AQ==", "tiga bulan", "dua bulan")
    assert (refused(ledger, wish, actor(ALICE)) if code else "") == code
    if not code:
        assert ledger.wish(wish, actor(ALICE))
        assert ledger.wish(wish, actor(ALICE)) == ()
    assert refused(ledger, replace(wish, remark_id="k2"), actor(OBSERVER)) == "meeting.not_allowed"
    assert ledger.wish(replace(wish, remark_id="k3"), actor(SECRETARY))
    assert "i1" not in ledger.state.notes  # no word of the text is changed by it


def test_a_remark_is_answered_once_and_taken_back_only_by_who_made_it() -> None:
    ledger, secretary = opened(), actor(SECRETARY)
    ledger.wish(commands.SetRules("half", remarks="suggest"), secretary)
    wish = commands.MakeRemark("k1", "suggestion", "i1", "AA==", "AQ==", "tiga bulan", "dua bulan")
    ledger.wish(wish, actor(ALICE))
    assert refused(ledger, commands.AnswerRemark("k1", True), actor(ALICE)) == "meeting.not_allowed"
    assert refused(ledger, commands.WithdrawRemark("k1"), actor(BUDI)) == "meeting.not_yours"
    ledger.wish(commands.AnswerRemark("k1", True), secretary)
    assert ledger.wish(commands.AnswerRemark("k1", True), secretary) == ()
    assert refused(ledger, commands.AnswerRemark("k1", False), secretary) == "remark.answered"
    assert refused(ledger, commands.WithdrawRemark("k1"), actor(ALICE)) == "remark.answered"
    for changed, code in (
        ({"quoted": " "}, "remark.no_passage"),
        ({"text": "tiga bulan "}, "remark.same"),
        ({"what": "comment", "text": " "}, "text.empty"),
        ({"item_id": "i9"}, "meeting.no_item"),
    ):
        assert refused(ledger, replace(wish, remark_id="k2", **changed), actor(ALICE)) == code
    for number in range(MOST_OPEN):
        ledger.wish(replace(wish, remark_id=f"m{number}"), actor(ALICE))
    assert refused(ledger, replace(wish, remark_id="more"), actor(ALICE)) == "remark.too_many"
    ledger.wish(commands.WithdrawRemark("m0"), actor(ALICE))
    assert ledger.wish(replace(wish, remark_id="more"), actor(ALICE))
    assert refused(ledger, commands.AnswerRemark("m0", True), secretary) == "remark.answered"
    assert refused(ledger, commands.AnswerRemark("nobody", True), secretary) == "remark.unknown"


def test_actions_name_a_day_that_exists_in_form() -> None:
    ledger = opened()
    assert refused(ledger, commands.RecordAction("a1", "i1", "x", BUDI, "besok"), actor(SECRETARY)) == "action.due"
    assert ledger.wish(commands.RecordAction("a1", "i1", "x", BUDI, "2026-02-28"), actor(SECRETARY))
    assert ledger.wish(commands.RecordAction("a1", "i1", "x", BUDI), actor(SECRETARY)) == ()


def test_the_record_is_written_after_the_meeting_too_but_not_of_a_cancelled_one() -> None:
    ledger = opened()
    ledger.wish(commands.CloseMeeting(), actor(CHAIR))
    assert ledger.wish(noted("i1", "Satu"), SERVER)
    assert ledger.wish(commands.RecordDecision("d1", "i1", "Satu", "mufakat"), actor(SECRETARY))
    assert refused(ledger, commands.Say("a", "halo"), actor(ALICE)) == "meeting.is_closed"
    gone = planned()
    gone.wish(commands.CancelMeeting(), OFFICE)
    assert refused(gone, commands.EditNotes("i1"), actor(SECRETARY)) == "meeting.is_cancelled"


def test_closing_ends_the_item_and_every_session() -> None:
    ledger = opened()
    ledger.wish(commands.OpenItem("i1"), actor(CHAIR))
    led_to = ledger.wish(commands.CloseMeeting(), actor(SECRETARY))
    kinds = [type(one).__name__ for one in led_to]
    assert kinds == ["ItemClosed", *["Left"] * 4, "MeetingClosed"]
    assert ledger.state.status == "closed"
    assert not ledger.state.sessions
    assert refused(ledger, commands.Join("s9"), actor(CHAIR)) == "meeting.is_closed"


def test_what_is_not_there_is_not_found() -> None:
    ledger = opened()
    for wish in (commands.OpenItem("i9"), commands.EditNotes("i9"), commands.RemovePerson("p9")):
        with pytest.raises(NotFound):
            ledger.wish(wish, actor(CHAIR))


# ------------------------------------------------------------ the tables


def test_every_command_has_a_right_and_a_rule() -> None:
    assert set(roles.RIGHTS) == wishes.kinds() == set(rules._DECIDE)


def test_a_participant_leads_nothing() -> None:
    ledger = opened()
    leading = [kind for kind, right in roles.RIGHTS.items() if right.parts <= roles.LEADERS]
    assert len(leading) >= 12
    for kind in leading:
        with pytest.raises(Refused) as caught:
            roles.check(ledger.state, kind.__new__(kind), actor(ALICE))
        assert caught.value.code == "meeting.not_allowed"
