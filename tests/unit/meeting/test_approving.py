"""The course of the minutes: every command at every stage, who may, and what never happens in whatever order."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import BalaiError, Conflict, Invalid, NotFound, Refused
from server.meeting import approving, commands, facts, procedure, roles
from server.meeting.commands import SERVER, Actor, Command
from server.meeting.minutes import STAGES, Stage
from tests.factories import ALICE, BUDI, CHAIR, OBSERVER, SECRETARY, Ledger, actor, noted, planned

DIGEST, OTHER = "ab" * 32, "cd" * 32
WEEK_MS = 7 * 86_400_000
COURSE: tuple[tuple[Stage, Command, Actor], ...] = (
    ("draft", commands.SubmitMinutes((CHAIR, ALICE)), actor(SECRETARY)),
    ("review", commands.ReviewMinutes(True, 1), actor(CHAIR)),
    ("review", commands.ReviewMinutes(True, 1), actor(ALICE)),
    ("reviewed", commands.OpenComments(0), actor(SECRETARY)),
    ("comments", commands.CommentMinutes("c1", "i2", "Angka keliru"), actor(ALICE)),
    ("comments", commands.CloseComments(), SERVER),
    ("answering", commands.AnswerComment("c1", True, "diperbaiki"), actor(SECRETARY)),
    ("answering", commands.ApproveMinutes(DIGEST, 1), actor(CHAIR)),
    ("approved", commands.SignMinutes("", DIGEST, "certificate"), actor(CHAIR)),
    ("signed", commands.SignMinutes(DIGEST, OTHER, "certificate"), actor(SECRETARY)),
    ("signed", commands.FreezeMinutes(), actor(SECRETARY)),
    ("frozen", commands.RecordRalat("r1", "Tanggal 5 Januari"), actor(SECRETARY)),
)
"""The straight way, each wish with the stage at which it is made."""


def closed() -> Ledger:
    """A meeting that is over; chair, secretary and Alice attended, Budi did not come, one note was written."""
    ledger = planned()
    for person_id, session_id in ((CHAIR, "s1"), (SECRETARY, "s2"), (ALICE, "s3")):
        ledger.wish(commands.Join(session_id), actor(person_id))
        ledger.wish(commands.ConfirmPresence(session_id, "act"), SERVER)
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    ledger.wish(noted("i2", "Dibahas."), SERVER)
    ledger.after(3_600_000).wish(commands.CloseMeeting(), actor(CHAIR))
    return ledger


def go_on(ledger: Ledger, command: Command, who: Actor) -> None:
    if isinstance(command, commands.OpenComments):
        command = commands.OpenComments(ledger.now_ms + WEEK_MS)
    if isinstance(command, commands.CloseComments):
        ledger.now_ms = ledger.state.minutes.until_ms
    ledger.wish(command, who)


def at_stage(stage: Stage) -> Ledger:
    """The straight way, up to the first moment of that stage."""
    ledger = closed()
    for _, command, who in COURSE:
        if ledger.state.minutes.stage == stage:
            break
        go_on(ledger, command, who)
    assert ledger.state.minutes.stage == stage
    return ledger


def test_the_straight_way() -> None:
    ledger = closed()
    for stage, command, who in COURSE:
        assert ledger.state.minutes.stage == stage
        go_on(ledger, command, who)
    minutes = ledger.state.minutes
    assert minutes.stage == "frozen"
    assert (minutes.digest, minutes.signed_digest, minutes.approved_by) == (DIGEST, OTHER, CHAIR)
    assert [one.number for one in minutes.ralat] == [1]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", [kind for kind in approving.DECIDE if kind is not commands.CloseComments])
def test_each_command_is_refused_at_each_stage_that_the_table_does_not_name(kind: type[Command], stage: Stage) -> None:
    ledger = at_stage(stage)
    wish, who = next((command, who) for _, command, who in _one_of_each() if isinstance(command, kind))
    if stage in roles.RIGHTS[kind].stages:
        with contextlib.suppress(BalaiError):  # allowed by the table; what the meeting itself shows may still refuse
            ledger.wish(wish, who)
        return
    with pytest.raises(Refused) as refused:
        ledger.wish(wish, who)
    assert refused.value.code == f"minutes.is_{stage}"


def _one_of_each() -> list[tuple[Stage, Command, Actor]]:
    return [*COURSE, ("review", commands.ReturnMinutes("belum"), actor(SECRETARY))]


@pytest.mark.parametrize("kind", approving.DECIDE)
def test_nobody_else_may(kind: type[Command]) -> None:
    wish = next(command for _, command, _ in _one_of_each() if isinstance(command, kind))
    stage = next(one for one in STAGES if one in roles.RIGHTS[kind].stages)
    ledger = at_stage(stage)
    allowed = roles.RIGHTS[kind].parts
    others = {CHAIR: "chair", SECRETARY: "secretary", ALICE: "participant", OBSERVER: "observer"}
    strangers = [Actor(), Actor(account_id="x", office_role="administrator")]
    strangers += [actor(person_id) for person_id, part in others.items() if part not in allowed]
    for who in strangers:
        with pytest.raises(Refused, match=r"meeting\.not_allowed"):
            ledger.wish(wish, who)


WRITING: tuple[Command, ...] = (
    commands.EditNotes("i2"),
    commands.RecordDecision("d9", "i2", "Lain", "mufakat"),
    commands.RecordAction("a9", "i2", "Lain", ALICE),
    commands.MarkPresence("k9", BUDI, "room", 1, 2, "lupa"),
    commands.ExcuseAbsence(BUDI, "sakit"),
    commands.NameStandIn(BUDI, ALICE),
)


@pytest.mark.parametrize("stage", ["approved", "signed", "frozen"])
@pytest.mark.parametrize("wish", WRITING, ids=lambda one: type(one).__name__)
def test_after_approval_nothing_that_is_printed_can_be_changed(wish: Command, stage: Stage) -> None:
    ledger = at_stage(stage)
    with pytest.raises(Refused, match=rf"minutes\.is_{stage}"):
        ledger.wish(wish, actor(SECRETARY))


@pytest.mark.parametrize("stage", STAGES[:5])
def test_until_then_it_can(stage: Stage) -> None:
    ledger = at_stage(stage)
    version = ledger.state.minutes.version
    assert ledger.wish(noted("i2", "Diperbaiki."), SERVER)
    assert ledger.state.minutes.version == version + 1


def test_minutes_go_nowhere_before_the_meeting_is_over() -> None:
    with pytest.raises(Refused, match=r"meeting\.is_planned"):
        planned().wish(commands.SubmitMinutes((CHAIR,)), actor(SECRETARY))


def test_reviewers_are_people_of_the_meeting_and_at_least_one() -> None:
    ledger = closed()
    with pytest.raises(Invalid, match=r"minutes\.reviewers"):
        ledger.wish(commands.SubmitMinutes(()), actor(SECRETARY))
    with pytest.raises(NotFound, match=r"meeting\.no_person"):
        ledger.wish(commands.SubmitMinutes(("nobody",)), actor(SECRETARY))


def test_a_reviewer_sends_them_back_with_a_remark_and_all_review_anew() -> None:
    ledger = at_stage("review")
    ledger.wish(commands.ReviewMinutes(True, 1), actor(CHAIR))
    with pytest.raises(Invalid, match=r"minutes\.remark"):
        ledger.wish(commands.ReviewMinutes(False, 1), actor(ALICE))
    with pytest.raises(Refused, match=r"minutes\.not_reviewer"):
        ledger.wish(commands.ReviewMinutes(True, 1), actor(SECRETARY))
    ledger.wish(commands.ReviewMinutes(False, 1, "Butir 2 keliru"), actor(ALICE))
    assert ledger.state.minutes.stage == "draft"
    assert ledger.state.minutes.returned == "Butir 2 keliru"
    ledger.wish(commands.SubmitMinutes((CHAIR, ALICE)), actor(SECRETARY))
    assert not ledger.state.minutes.reviews


def test_nobody_reviews_or_approves_a_text_that_changed_meanwhile() -> None:
    ledger = at_stage("review")
    ledger.wish(noted("i2", "Lain."), SERVER)
    with pytest.raises(Conflict, match=r"minutes\.changed"):
        ledger.wish(commands.ReviewMinutes(True, 1), actor(ALICE))
    ledger = at_stage("answering")
    ledger.wish(commands.AnswerComment("c1", True, "ya"), actor(SECRETARY))
    ledger.wish(noted("i2", "Diperbaiki."), SERVER)
    with pytest.raises(Conflict, match=r"minutes\.changed"):
        ledger.wish(commands.ApproveMinutes(DIGEST, 1), actor(CHAIR))
    assert ledger.wish(commands.ApproveMinutes(DIGEST, 2), actor(CHAIR))


def test_only_who_attended_comments_and_only_until_the_deadline() -> None:
    ledger = at_stage("comments")
    with pytest.raises(Refused, match=r"minutes\.not_attended"):
        ledger.wish(commands.CommentMinutes("c2", "", "Saya tidak hadir"), actor(BUDI))
    assert ledger.wish(commands.CommentMinutes("c1", "i2", "Angka"), actor(ALICE))
    assert ledger.wish(commands.CommentMinutes("c1", "i2", "Angka"), actor(ALICE)) == ()
    with pytest.raises(Refused, match=r"meeting\.not_yours"):
        ledger.wish(commands.CommentMinutes("c1", "i2", "Angka"), actor(CHAIR))
    with pytest.raises(NotFound, match=r"meeting\.no_item"):
        ledger.wish(commands.CommentMinutes("c3", "i9", "Angka"), actor(ALICE))
    ledger.now_ms = ledger.state.minutes.until_ms
    with pytest.raises(Refused, match=r"minutes\.comments_over"):
        ledger.wish(commands.CommentMinutes("c3", "", "Terlambat"), actor(ALICE))


def test_who_was_only_seen_by_the_secretary_attended_too() -> None:
    ledger = at_stage("draft")
    opened_ms = ledger.state.opened_ms
    mark = commands.MarkPresence("k1", BUDI, "room", opened_ms, opened_ms + 1_000, "duduk di ruang rapat")
    ledger.wish(mark, actor(SECRETARY))
    assert BUDI in approving.attendees(ledger.state)


def test_the_server_closes_the_comments_at_the_deadline_and_not_before() -> None:
    ledger = at_stage("comments")
    until_ms = ledger.state.minutes.until_ms
    assert procedure.due(ledger.state, until_ms - 1) is None
    assert ledger.wish(commands.CloseComments(), SERVER) == ()
    ledger.now_ms = until_ms
    wish = procedure.due(ledger.state, until_ms)
    assert wish == commands.CloseComments()
    assert ledger.wish(wish, SERVER) == (facts.CommentsClosed(),)
    assert procedure.due(ledger.state, until_ms) is None


def test_a_deadline_is_only_ever_moved_back() -> None:
    ledger = at_stage("comments")
    until_ms = ledger.state.minutes.until_ms
    for wrong_ms in (until_ms - 1, ledger.now_ms + approving.LONGEST_COMMENTS_MS + 1):
        with pytest.raises(Invalid, match=r"minutes\.deadline"):
            ledger.wish(commands.OpenComments(wrong_ms), actor(SECRETARY))
    assert ledger.wish(commands.OpenComments(until_ms + 1), actor(SECRETARY))
    assert ledger.wish(commands.OpenComments(until_ms + 1), actor(SECRETARY)) == ()


def test_every_comment_is_answered_once_and_with_a_reason_before_approval() -> None:
    ledger = at_stage("comments")
    ledger.wish(commands.CommentMinutes("c1", "", "Angka"), actor(ALICE))
    ledger.wish(commands.CommentMinutes("c2", "", "Nama"), actor(ALICE))
    with pytest.raises(Invalid, match=r"minutes\.reason"):
        ledger.wish(commands.AnswerComment("c1", True, " "), actor(SECRETARY))
    with pytest.raises(NotFound, match=r"minutes\.no_comment"):
        ledger.wish(commands.AnswerComment("c9", True, "ya"), actor(SECRETARY))
    ledger.wish(commands.AnswerComment("c1", True, "ya"), actor(SECRETARY))
    assert ledger.wish(commands.AnswerComment("c1", True, "ya"), actor(CHAIR)) == ()
    with pytest.raises(Refused, match=r"minutes\.answered"):
        ledger.wish(commands.AnswerComment("c1", False, "tidak"), actor(CHAIR))
    ledger.now_ms = ledger.state.minutes.until_ms
    ledger.wish(commands.CloseComments(), SERVER)
    with pytest.raises(Refused, match=r"minutes\.unanswered"):
        ledger.wish(commands.ApproveMinutes(DIGEST, 1), actor(CHAIR))
    ledger.wish(commands.AnswerComment("c2", False, "sudah benar"), actor(CHAIR))
    assert ledger.wish(commands.ApproveMinutes(DIGEST, 1), actor(CHAIR))


def test_signatures_continue_one_file_and_the_chair_is_needed() -> None:
    ledger = at_stage("approved")
    with pytest.raises(Invalid, match=r"minutes\.digest"):
        ledger.wish(commands.SignMinutes("", "x", "scan"), actor(CHAIR))
    with pytest.raises(Refused, match=r"minutes\.chair_first"):
        ledger.wish(commands.SignMinutes("", DIGEST, "scan"), actor(SECRETARY))
    ledger.wish(commands.SignMinutes("", DIGEST, "certificate"), actor(SECRETARY))
    with pytest.raises(Refused, match=r"minutes\.chair_first"):
        ledger.wish(commands.FreezeMinutes(), actor(SECRETARY))
    with pytest.raises(Conflict, match=r"minutes\.signed_meanwhile"):
        ledger.wish(commands.SignMinutes("", OTHER, "certificate"), actor(CHAIR))
    with pytest.raises(Refused, match=r"minutes\.signed_already"):
        ledger.wish(commands.SignMinutes(DIGEST, OTHER, "certificate"), actor(SECRETARY))
    ledger.wish(commands.SignMinutes(DIGEST, OTHER, "certificate"), actor(CHAIR))
    assert ledger.wish(commands.FreezeMinutes(), actor(SECRETARY))


def test_a_bad_scan_is_replaced_by_a_better_one_and_never_by_the_same() -> None:
    ledger = at_stage("approved")
    ledger.wish(commands.SignMinutes("", DIGEST, "scan"), actor(CHAIR))
    with pytest.raises(Refused, match=r"minutes\.signed_already"):
        ledger.wish(commands.SignMinutes(DIGEST, DIGEST, "scan"), actor(CHAIR))
    with pytest.raises(Refused, match=r"minutes\.signed_already"):
        ledger.wish(commands.SignMinutes(DIGEST, OTHER, "certificate"), actor(CHAIR))
    with pytest.raises(Conflict, match=r"minutes\.signed_meanwhile"):
        ledger.wish(commands.SignMinutes("", OTHER, "scan"), actor(CHAIR))
    ledger.wish(commands.SignMinutes(DIGEST, OTHER, "scan"), actor(CHAIR))
    [only] = ledger.state.minutes.signatures
    assert (only.person_id, only.digest) == (CHAIR, OTHER)
    ledger.wish(commands.FreezeMinutes(), actor(SECRETARY))
    with pytest.raises(Refused):
        ledger.wish(commands.SignMinutes(OTHER, DIGEST, "scan"), actor(CHAIR))


def test_a_paper_never_takes_the_place_of_signatures_in_the_file() -> None:
    ledger = at_stage("approved")
    ledger.wish(commands.SignMinutes("", DIGEST, "certificate"), actor(CHAIR))
    with pytest.raises(Refused, match=r"minutes\.signed_by_key"):
        ledger.wish(commands.SignMinutes(DIGEST, OTHER, "scan"), actor(SECRETARY))


def test_a_ralat_is_numbered_and_sent_twice_recorded_once() -> None:
    ledger = at_stage("frozen")
    ledger.wish(commands.RecordRalat("r1", "Satu"), actor(SECRETARY))
    assert ledger.wish(commands.RecordRalat("r1", "Satu"), actor(SECRETARY)) == ()
    ledger.wish(commands.RecordRalat("r2", "Dua"), actor(CHAIR))
    assert [(one.number, one.text) for one in ledger.state.minutes.ralat] == [(1, "Satu"), (2, "Dua")]


@pytest.mark.parametrize("stage", STAGES)
def test_somebody_always_knows_what_to_do_until_the_end(stage: Stage) -> None:
    ledger = at_stage(stage)
    acts = approving.next_acts(ledger.state, ledger.now_ms)
    wanted = {"draft": "submit", "review": "review", "reviewed": "open_comments", "comments": "comment"}
    wanted |= {"answering": "answer", "approved": "sign", "signed": "freeze"}
    assert [one.kind for one in acts][:1] == ([wanted[stage]] if stage in wanted else [])
    assert all(one.people for one in acts)


_people = st.sampled_from((CHAIR, SECRETARY, ALICE, BUDI))
_keys = st.sampled_from(("k1", "k2", "k3"))
_wishes = st.one_of(
    st.builds(commands.SubmitMinutes, st.lists(_people, min_size=1, max_size=2).map(tuple)),
    st.builds(commands.ReviewMinutes, st.just(True), st.integers(0, 3), st.just("")),
    st.builds(commands.ReviewMinutes, st.just(False), st.integers(0, 3), st.just("keliru")),
    st.just(commands.ReturnMinutes("ulang")),
    st.just(commands.OpenComments(0)),
    st.builds(commands.CommentMinutes, _keys, st.just(""), st.just("Angka")),
    st.just(commands.CloseComments()),
    st.builds(commands.AnswerComment, _keys, st.booleans(), st.just("alasan")),
    st.builds(commands.ApproveMinutes, st.just(DIGEST), st.integers(0, 3)),
    st.builds(commands.SignMinutes, st.sampled_from(("", DIGEST)), st.just(DIGEST), st.just("certificate")),
    st.just(commands.FreezeMinutes()),
    st.builds(commands.RecordRalat, _keys, st.just("Ralat")),
    st.builds(noted, st.just("i2"), _keys),
)
ORDER = {stage: at for at, stage in enumerate(STAGES)}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(_wishes, st.one_of(_people.map(actor), st.just(SERVER))), max_size=60))
def test_in_whatever_order_what_was_approved_stays_and_nothing_is_skipped(course: list[tuple[Command, Actor]]) -> None:
    ledger = at_stage("reviewed")
    for wish, who in course:
        before = ledger.state.minutes
        with contextlib.suppress(BalaiError):
            go_on(ledger, wish, who)
        after = ledger.state.minutes
        if ORDER[after.stage] < ORDER[before.stage]:
            assert after.stage == "draft"
            assert not before.digest
        assert ORDER[after.stage] - ORDER[before.stage] <= 1 or (before.stage, after.stage) == ("review", "comments")
        if before.digest:
            assert (after.digest, after.version, after.comments) == (before.digest, before.version, before.comments)
        if after.digest:
            assert not after.open_comments
