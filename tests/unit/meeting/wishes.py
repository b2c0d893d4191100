"""Random wishes by random people, sensible or not, for hypothesis: what the rules refuse must leave nothing behind."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from server.meeting import commands as c
from server.meeting.commands import SERVER, Actor
from server.meeting.facts import AgendaItem, SecretBallot
from server.meeting.recurrence import Rule
from tests.factories import AGENDA, INVITEES, OFFICE, invitee, noted, plan
from tests.fakes import NINE_O_CLOCK_MS

PEOPLE = ("p1", "p2", "p3", "p4", "p5", "guest-w1", "guest-w2", "room-1", "watch-v1")
SESSIONS = ("s1", "s2", "s3", "s4", "s5", "s6")
ITEMS = ("", "i1", "i2", "i3", "i4")

person = st.sampled_from(PEOPLE)
session = st.sampled_from(SESSIONS)
item = st.sampled_from(ITEMS)
waiting = st.sampled_from(("w1", "w2", "w3", "p3"))
key = st.sampled_from(("a", "b", "c"))
text = st.sampled_from(("", "  ", "setuju", "lanjut ke butir berikut"))
method = st.sampled_from(("mufakat", "vote", "chair"))
ago = st.integers(0, 200_000)
seconds = st.sampled_from((0, 5, 30, 60))
ballot = st.sampled_from(("hands", "roll_call", "secret"))
share = st.sampled_from(("half", "two_thirds", "three_quarters"))
share_of = st.sampled_from(("cast", "present", "members"))
tie = st.sampled_from(("rejected", "chair"))
choice = st.sampled_from(("yes", "no", "abstain"))
secret = st.builds(SecretBallot, st.sampled_from(("R1", "R2", "R3")), choice, st.just("00"), st.just("00"))


def _plans() -> st.SearchStrategy[c.PlanMeeting]:
    standing = [invitee(one.name, one.role, f"p{number}") for number, one in enumerate(INVITEES, 1)]
    people = st.lists(st.sampled_from([*standing[2:], invitee("Baru Datang"), invitee("Alice A.", "observer", "p3")]))
    items = st.lists(st.sampled_from([*AGENDA, AgendaItem("", "Lain-lain")]), max_size=4)
    return st.builds(
        lambda some, agenda, title: plan([*standing[:2], *some], agenda, title),
        people,
        items,
        st.sampled_from(("Rapat koordinasi", "Rapat lain", "")),
    )


def at(now_ms: int) -> st.SearchStrategy[c.Command]:
    """Any command, with times around `now_ms`."""
    since = ago.map(lambda ms: now_ms - ms)
    some: list[st.SearchStrategy[Any]] = [
        _plans(),
        st.just(c.CancelMeeting()),
        st.builds(c.SendInvitations, st.sampled_from(("ordinary", "urgent")), text, person),
        st.builds(c.AttachDocument, st.sampled_from(("f1", "f2")), item, text, text, st.integers(0, 9), text),
        st.builds(
            c.SetRecurrence, st.builds(Rule, st.just("weekly"), st.integers(0, 2), st.just(()), st.integers(0, 3))
        ),
        st.builds(c.SetOccurrence, st.just("m0"), st.sampled_from((NINE_O_CLOCK_MS, 1))),
        st.builds(c.DropOccurrence, st.sampled_from((NINE_O_CLOCK_MS, 1))),
        st.builds(c.WithdrawDocument, st.sampled_from(("f1", "f2", "f3"))),
        st.builds(c.ReportLetterIssued, st.sampled_from(("id", "en")), text, text, st.just("certificate")),
        st.builds(
            c.AnswerInvitation,
            person,
            st.sampled_from(("yes", "no", "maybe", "stand_in")),
            st.sampled_from((NINE_O_CLOCK_MS, 1)),
            stand_in_name=text,
            message=text,
            stand_in_email=text,
            written_ms=st.one_of(st.just(0), since),
        ),
        st.builds(c.SetReminders, st.sampled_from(((), (60,), (1440, 60))), st.sampled_from(((), (0,), (2880,)))),
        st.just(c.OpenMeeting()),
        st.just(c.CloseMeeting()),
        st.builds(c.LockRoom, st.booleans()),
        st.builds(c.OpenItem, item),
        st.builds(c.AskToEnter, waiting, st.sampled_from(("Tamu", ""))),
        st.builds(c.StopWaiting, waiting),
        st.builds(c.AdmitGuest, waiting),
        st.builds(c.AdmitAll, st.lists(waiting, max_size=3).map(tuple)),
        st.builds(c.TellWaiting, text),
        st.builds(c.Watch, st.sampled_from(("v1", "v2")), st.just("Penonton")),
        st.builds(
            c.SetEntry,
            st.sampled_from(("anyone", "invited", "leaders")),
            st.booleans(),
            st.sampled_from(("", "rapat1", "?")),
            st.sampled_from((0, 0, 2, -1)),
            st.sampled_from((0, 30, 999)),
            st.booleans(),
        ),
        st.builds(c.RefuseGuest, waiting),
        st.builds(c.Join, session),
        st.builds(c.Leave, session, st.sampled_from(("left", "lost")), since),
        st.builds(c.ConfirmPresence, session, st.sampled_from(("media", "act"))),
        st.builds(c.LosePresence, session, since),
        st.builds(c.RemovePerson, person),
        st.builds(c.SetMicrophone, session, st.booleans()),
        st.builds(c.SetCamera, session, st.booleans()),
        st.builds(c.SetScreen, session, st.booleans()),
        st.just(c.RaiseHand()),
        st.builds(c.LowerHand, person),
        st.builds(c.Say, key, text),
        st.builds(c.EditNotes, item),
        st.builds(noted, item, text),
        st.builds(c.AdoptNotes, item, text),
        st.builds(c.RecordDecision, key, item, text, method),
        st.builds(c.CorrectDecision, key, text, method),
        st.builds(c.WithdrawDecision, key),
        st.builds(c.RecordAction, key, item, text, person, st.sampled_from(("", "2026-02-01", "besok"))),
        st.builds(c.CorrectAction, key, text, person),
        st.builds(c.WithdrawAction, key),
        st.builds(c.RecordStatement, key, st.sampled_from(("statement", "motion", "objection")), item, person, text),
        st.builds(c.CorrectStatement, key, person, text),
        st.builds(c.WithdrawStatement, key),
        st.builds(c.MakeRemark, key, st.sampled_from(("comment", "suggestion")), item, text, text, text, text),
        st.builds(c.AnswerRemark, key, st.booleans()),
        st.builds(c.WithdrawRemark, key),
        st.builds(c.SetRules, st.just("half"), remarks=st.sampled_from(("nobody", "comment", "suggest"))),
        st.builds(
            c.SetRules,
            st.sampled_from(("none", "half", "at_least_half", "two_thirds", "number")),
            st.integers(0, 3),
            st.booleans(),
            preset=st.sampled_from(("", "council_bylaw")),
            reason=text,
        ),
        st.builds(c.AdjournMeeting, st.integers(-1_000, 200_000).map(lambda ms: now_ms + ms)),
        st.just(c.ResumeMeeting()),
        st.builds(c.MarkPresence, key, person, st.sampled_from(("room", "online")), since, st.just(0), text),
        st.builds(c.StrikePresence, key, person, since, since, text),
        st.builds(c.AddRoomDevice, text),
        st.builds(c.CheckIn, st.sampled_from(("room-1", "room-2", "p3")), st.sampled_from(("M1 1L2 2", "", "M1 1"))),
        st.just(c.CheckOut()),
        st.builds(c.ExcuseAbsence, person, text),
        st.builds(c.NameStandIn, person, st.one_of(person, st.just(""))),
        st.builds(c.CallConsensus, key, item, text, seconds),
        st.builds(c.RaiseObjection, key, text),
        st.builds(c.WithdrawObjection, key),
        st.builds(c.CloseConsensus, key),
        st.builds(c.OpenVote, key, item, text, ballot, seconds, share, share_of, st.booleans(), tie, st.just("k")),
        st.builds(c.CastVote, key, choice, st.one_of(person, st.just(""))),
        st.builds(c.TakeBallot, key, st.one_of(person, st.just("")), st.sampled_from(("", "aa", "bb"))),
        st.builds(c.CloseVote, key),
        st.builds(c.ReportBallots, key, st.lists(secret, max_size=3).map(tuple)),
        st.builds(c.BreakTie, key, choice),
        st.builds(c.WithdrawMotion, key, text),
        st.builds(c.GiveFloor, person, st.integers(0, 90)),
        st.just(c.EndFloor()),
        st.builds(c.ReportSpeaking, st.lists(st.tuples(person, st.integers(0, 9_000)), max_size=3).map(tuple)),
        st.builds(c.SubmitMinutes, st.lists(person, max_size=2).map(tuple)),
        st.builds(c.ReviewMinutes, st.booleans(), st.integers(0, 2), text),
        st.builds(c.ReturnMinutes, text),
        st.builds(c.OpenComments, st.integers(-1_000, 200_000).map(lambda ms: now_ms + ms)),
        st.builds(c.CommentMinutes, key, item, text),
        st.just(c.CloseComments()),
        st.builds(c.AnswerComment, key, st.booleans(), text),
        st.builds(c.ApproveMinutes, st.just("ab" * 32), st.integers(0, 2)),
        st.builds(c.SignMinutes, st.sampled_from(("", "cd" * 32)), st.just("cd" * 32), st.just("scan")),
        st.just(c.FreezeMinutes()),
        st.builds(c.RecordRalat, key, text),
        st.builds(c.StartRecording, key, refusal=st.sampled_from(("unrecorded", "leave"))),
        st.just(c.PauseRecording()),
        st.just(c.ResumeRecording()),
        st.just(c.StopRecording()),
        st.builds(c.AnswerRecording, st.booleans()),
        st.builds(c.ReportRecordingFailed, key, st.just("disk")),
        st.builds(c.OrderComposition, key, st.sampled_from(["whole", "clip"]), st.integers(-1, 9), st.integers(0, 9)),
        st.builds(c.WithdrawComposition, key),
        st.builds(c.ReportComposed, key, st.just("ef" * 32), st.integers(0, 9), st.integers(0, 9)),
        st.builds(c.ReportCompositionFailed, key, st.sampled_from(["disk", "broken", "failed"])),
        st.builds(c.ReportRecordingSealed, key, st.just("ef" * 32), st.integers(0, 9), st.integers(0, 9)),
        st.builds(c.FinishAction, key, text),
        st.builds(c.ReopenAction, key, text),
        st.builds(
            c.FollowMeeting, st.sampled_from(("m0", "m1")), item, st.just((c.CarriedAction("m0", "a", 1, "x", "y"),))
        ),
        st.builds(c.SettleCarried, st.just("m0"), st.sampled_from(("a", "b")), st.booleans(), text),
        st.builds(c.SetSchedule, st.sampled_from(("", "rutin"))),
        st.builds(c.SetHold, st.booleans(), text),
        st.builds(c.ReportErased, st.just(("chat",)), st.just("rutin")),
        st.builds(c.ReportInterruption, since),
        st.builds(c.ReportMediaDown, since),
        st.just(c.ReportMediaUp()),
    ]
    return st.one_of(some)


def kinds() -> set[type[c.Command]]:
    """Every command there is."""
    return {one for one in vars(c).values() if isinstance(one, type) and issubclass(one, c.Command)} - {c.Command}


actors = st.one_of(
    st.builds(Actor, person),
    st.builds(Actor, person, session),
    st.just(Actor("p1")),
    st.just(Actor("p2")),
    st.sampled_from((SERVER, OFFICE, Actor())),
)
