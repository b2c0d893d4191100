"""An old snapshot plus the facts seen since equals a fresh one: for every command, every role, any interleaving."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from server.errors import BalaiError
from server.meeting import commands, facts, views
from server.meeting.commands import SERVER
from server.meeting.facts import KINDS, NumberedFact, Role
from server.meeting.recurrence import Rule
from tests.factories import (
    ALICE,
    BUDI,
    CHAIR,
    OBSERVER,
    OFFICE,
    SECRETARY,
    STRANGER,
    Ledger,
    actor,
    invitee,
    noted,
    plan,
)
from tests.reader import Memory, follow
from tests.unit.meeting import wishes

ROLES: tuple[Role, ...] = get_args(Role)


def seen(told: list[NumberedFact], role: Role) -> list[NumberedFact]:
    return [sight for one in told if (sight := views.visible(one, role)) is not None]


def same(memory: Memory, fresh: Any, role: Role) -> None:
    """All but the number: facts that a reader may not see do not move it."""
    fresh = dict(fresh)
    number = fresh.pop("number")
    memory = dict(memory)
    assert memory.pop("number") <= number
    assert memory == fresh, role


class Watchers:
    """A reader of each role, begun at a snapshot that may be old."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.begin()

    def begin(self) -> None:
        self.since = len(self.ledger.facts)
        self.snapshots = {role: views.snapshot(self.ledger.state, role) for role in ROLES}

    def agree(self) -> None:
        for role, snapshot in self.snapshots.items():
            memory = follow(snapshot, seen(self.ledger.facts[self.since :], role))
            same(memory, views.snapshot(self.ledger.state, role), role)


class Meeting(RuleBasedStateMachine):
    """Anybody wants anything. What is refused leaves the meeting as it was."""

    @initialize()
    def planned(self) -> None:
        self.ledger = Ledger()
        self.ledger.wish(plan(), OFFICE)
        self.watchers = Watchers(self.ledger)

    @rule(data=st.data(), who=wishes.actors, later_ms=st.integers(0, 100_000))
    def wants(self, data: st.DataObject, who: commands.Actor, later_ms: int) -> None:
        self.ledger.now_ms += later_ms
        wish = data.draw(wishes.at(self.ledger.now_ms))
        before = self.ledger.state
        try:
            self.ledger.wish(wish, who)
        except BalaiError:
            assert self.ledger.state is before

    @rule(number=st.integers(0, 1))
    def a_person_comes(self, number: int) -> None:
        person_id = (ALICE, BUDI)[number]
        with contextlib.suppress(BalaiError):
            self.ledger.wish(commands.Join(f"s{number + 1}"), actor(person_id))

    @rule()
    def the_readers_begin_anew(self) -> None:
        self.watchers.begin()

    @invariant()
    def old_snapshots_and_facts_agree_with_fresh_ones(self) -> None:
        if hasattr(self, "watchers"):
            self.watchers.agree()

    @invariant()
    def numbers_have_no_gap_and_never_serve_twice(self) -> None:
        if not hasattr(self, "ledger"):
            return
        told = self.ledger.facts
        assert [one.number for one in told] == list(range(1, len(told) + 1))
        for kind in (facts.DecisionRecorded, facts.ActionRecorded, facts.StatementRecorded):
            numbers = [one.fact.number for one in told if isinstance(one.fact, kind)]
            assert numbers == list(range(1, len(numbers) + 1))

    @invariant()
    def the_meeting_makes_sense(self) -> None:
        if not hasattr(self, "ledger"):
            return
        state = self.ledger.state
        devices = [one.person_id for one in state.sessions.values()]
        assert len(devices) == len(set(devices))  # one device per person
        assert set(devices) | set(state.hands) <= set(state.people)
        assert sum(one.role == "chair" for one in state.people.values()) == 1
        if state.status in ("closed", "cancelled"):
            assert not state.sessions
            assert not state.waiting
            assert not state.current_item_id


Meeting.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestMeeting = Meeting.TestCase


def everything(wanted: set[type[commands.Command]]) -> Ledger:
    """A meeting in which every command was wanted and every kind of fact happened, but the cancellation."""
    ledger = Ledger()

    def wish(command: commands.Command, who: commands.Actor) -> None:
        wanted.add(type(command))
        watchers = Watchers(ledger)
        assert ledger.wish(command, who), command
        if ledger.state.status != "none":
            watchers.agree()

    chair, secretary, alice = actor(CHAIR), actor(SECRETARY), actor(ALICE)
    wish(plan(), OFFICE)
    other = [invitee(one.name, one.role, f"p{at}") for at, one in enumerate(plan().invitees[:4], 1)]
    wish(plan([*other[:3], invitee("Budi S.", "participant", BUDI), invitee("Citra")], title="Rapat lain"), chair)
    assert OBSERVER not in ledger.state.people
    letter = commands.SendInvitations("important", "Menindaklanjuti rapat lalu", SECRETARY, ("Bupati",))
    wish(replace(letter, capacity="an", on_behalf="Bupati", register_id="umum"), secretary)
    wish(commands.AttachDocument("f1", "i1", "Bahan.pdf", "application/pdf", 9, "0" * 64), secretary)
    wish(commands.WithdrawDocument("f1"), chair)
    wish(commands.SetOccurrence("m0", ledger.state.plan.starts_ms), SERVER)
    wish(commands.SetRecurrence(Rule("weekly", 1, (), 3)), secretary)
    wish(commands.DropOccurrence(ledger.state.plan.starts_ms), SERVER)
    wish(commands.ReportLetterIssued("id", "0" * 64, "1" * 64, "certificate"), SERVER)
    wish(commands.AnswerInvitation(ALICE, "stand_in", ledger.state.plan.starts_ms, "link", "Dewi"), alice)
    wish(commands.SetReminders((1440, 60), (2880,)), secretary)
    wish(commands.FollowMeeting("m0", "i1", (commands.CarriedAction("m0", "a7", 2, "Menyusun", "Budi"),)), secretary)
    wish(commands.SettleCarried("m0", "a7", True, "selesai"), SERVER)
    for person_id, session_id in ((CHAIR, "s1"), (SECRETARY, "s2"), (ALICE, "s3"), (BUDI, "s4")):
        wish(commands.Join(session_id), actor(person_id))
    wish(commands.OpenMeeting(), chair)
    wish(commands.LockRoom(True), chair)
    wish(commands.LockRoom(False), secretary)
    for waiting_id in ("w1", "w2", "w3"):
        wish(commands.AskToEnter(waiting_id, "Tamu", "Dinas Lain", "Staf"), STRANGER)
    wish(commands.TellWaiting("Sebentar lagi"), chair)
    wish(commands.AdmitGuest("w1"), secretary)
    wish(commands.RefuseGuest("w2"), chair)
    wish(commands.StopWaiting("w3"), STRANGER)
    wish(commands.SetEntry("leaders", limit=300, watch=True), secretary)
    wish(commands.AskToEnter("w4", "Tamu Lain"), STRANGER)
    wish(commands.AdmitAll(("w4", "w3")), chair)
    wish(commands.Watch("v1", "Penonton"), STRANGER)
    wish(commands.OpenItem("i1"), chair)
    wish(commands.OpenItem(""), chair)
    wish(commands.OpenItem("i2"), chair)
    wish(commands.ConfirmPresence("s3", "media"), SERVER)
    wish(commands.LosePresence("s3", ledger.now_ms), SERVER)
    for command in (commands.SetMicrophone, commands.SetCamera, commands.SetScreen):
        wish(command("s3", True), alice)
        wish(command("s3", False), chair)
    wish(commands.RaiseHand(), alice)
    wish(commands.LowerHand(ALICE), chair)
    wish(commands.Say("a", "Selamat pagi"), alice)
    ledger.write(facts.NotesWritten("p2", "i2", 1, "Dibahas."))
    wanted.add(commands.EditNotes)  # leads to no fact: it only asks
    wish(noted("i2", "Dibahas lagi."), SERVER)
    wish(commands.RecordDecision("d1", "i2", "Setuju", "mufakat"), secretary)
    wish(commands.CorrectDecision("d1", "Setuju semua", "vote"), secretary)
    wish(commands.WithdrawDecision("d1"), secretary)
    wish(commands.RecordAction("a1", "i2", "Menyusun laporan", BUDI, "2026-02-01"), secretary)
    wish(commands.CorrectAction("a1", "Menyusun laporan", ALICE), secretary)
    wish(commands.RecordStatement("said1", "objection", "i2", ALICE, "Keberatan atas waktunya"), secretary)
    wish(commands.CorrectStatement("said1", ALICE, "Keberatan atas waktu dan tempat"), secretary)
    wish(commands.WithdrawStatement("said1"), chair)
    wish(commands.SetRules("half", remarks="suggest"), secretary)
    wish(commands.MakeRemark("k1", "suggestion", "i2", "AA==", "AQ==", "Dibahas lagi.", "Dibahas."), alice)
    wish(commands.AnswerRemark("k1", True), secretary)
    wish(commands.MakeRemark("k2", "comment", "i2", "AA==", "AQ==", "Dibahas", "Kurang lengkap"), alice)
    wish(commands.WithdrawRemark("k2"), alice)
    wish(commands.FinishAction("a1", "sudah dikirim"), alice)
    wish(commands.FinishAction("a1"), secretary)
    wish(commands.ReopenAction("a1", "belum lengkap"), secretary)
    wish(commands.WithdrawAction("a1", "selesai"), secretary)
    _deliberate(ledger, wish)
    _record(wish)
    wish(commands.ReportMediaDown(ledger.now_ms - 100), SERVER)
    wish(commands.ReportMediaUp(), SERVER)
    wish(commands.ReportInterruption(ledger.now_ms - 500), SERVER)
    wish(commands.RemovePerson(BUDI), chair)
    wish(commands.Leave("s3", "left"), alice)
    wish(commands.CloseMeeting(), chair)
    _approve(ledger, wish)
    wish(commands.SetSchedule("rutin"), OFFICE)
    wish(commands.SetHold(True, "perkara"), OFFICE)
    wish(commands.SetHold(False, "selesai"), OFFICE)
    wish(commands.ReportErased(("chat",), "rutin"), SERVER)
    return ledger


def test_every_command_and_every_kind_of_fact_once_in_one_meeting() -> None:
    wanted: set[type[commands.Command]] = set()
    chair, secretary = actor(CHAIR), actor(SECRETARY)
    ledger = everything(wanted)
    cancelled = Ledger()
    cancelled.wish(plan(), OFFICE)
    cancelled.wish(commands.Join("s1"), chair)
    watchers = Watchers(cancelled)
    cancelled.wish(commands.CancelMeeting("ditunda"), secretary)
    watchers.agree()
    assert wanted | {commands.CancelMeeting} == wishes.kinds()
    assert {type(one.fact) for one in (*ledger.facts, *cancelled.facts)} == set(KINDS.values())


def _deliberate(ledger: Ledger, wish: Callable[[commands.Command, commands.Actor], None]) -> None:
    """Rules, presence, mufakat, three kinds of vote and the floor, each to its end."""
    chair, secretary, alice, budi = actor(CHAIR), actor(SECRETARY), actor(ALICE), actor(BUDI)
    for session_id in ("s1", "s2", "s3", "s4"):
        ledger.wish(commands.ConfirmPresence(session_id, "act"), SERVER)
    wish(commands.SetRules("number", 30, reason="tata tertib"), secretary)
    wish(commands.AdjournMeeting(ledger.now_ms + 60_000), chair)
    wish(commands.ResumeMeeting(), chair)
    wish(commands.SetRules("number", 2, True, 60, True, reason="salah ketik"), secretary)
    wish(commands.MarkPresence("k1", ALICE, "room"), secretary)
    wish(commands.MarkPresence("k1", ALICE, "room", ledger.now_ms - 500, ledger.now_ms, "pulang"), secretary)
    wish(commands.StrikePresence("k2", BUDI, ledger.now_ms - 300, ledger.now_ms, "perangkat tertinggal"), secretary)
    wish(commands.AddRoomDevice("Ruang Rapat Setda"), secretary)
    ledger.wish(commands.Join("s9"), actor("room-1"))
    wish(commands.CheckIn("room-1", "M1 1L20 20"), alice)
    wish(commands.CheckOut(), alice)
    wish(commands.ExcuseAbsence("p6", "tugas luar"), secretary)
    wish(commands.NameStandIn("p6", ALICE), secretary)
    wish(commands.GiveFloor(ALICE), chair)
    wish(commands.GiveFloor(BUDI, 30), chair)
    wish(commands.EndFloor(), budi)
    wish(commands.ReportSpeaking(((ALICE, 4_000),)), SERVER)
    wish(commands.CallConsensus("m1", "i2", "Setuju anggaran", 60), chair)
    wish(commands.RaiseObjection("m1", "terlalu besar"), alice)
    wish(commands.WithdrawObjection("m1"), alice)
    wish(commands.CloseConsensus("m1"), chair)
    wish(commands.CallConsensus("m2", "i2", "Setuju jadwal", 60), chair)
    wish(commands.RaiseObjection("m2"), budi)
    wish(commands.CloseConsensus("m2"), chair)
    wish(commands.OpenVote("m2", "", "", "roll_call", 60, tie="chair"), chair)
    wish(commands.CastVote("m2", "yes"), alice)
    wish(commands.CastVote("m2", "no"), budi)
    wish(commands.CloseVote("m2"), secretary)
    wish(commands.BreakTie("m2", "yes"), chair)
    wish(commands.OpenVote("m3", "i1", "Pilih ketua", "secret", 60, key="00"), chair)
    wish(commands.TakeBallot("m3", paper="aa"), alice)
    wish(commands.TakeBallot("m3", "p6", "bb"), alice)
    wish(commands.CloseVote("m3"), chair)
    box = (facts.SecretBallot("R2", "abstain", "00", "00"), facts.SecretBallot("R1", "yes", "00", "00"))
    wish(commands.ReportBallots("m3", box), SERVER)
    wish(commands.CallConsensus("m4", "", "Lain", 60), chair)
    wish(commands.WithdrawMotion("m4", "tidak jadi"), chair)
    wish(commands.SetRules("half", preset="council_inquiry", reason="hak angket"), secretary)


def _record(wish: Callable[[commands.Command, commands.Actor], None]) -> None:
    """A recording to its end, and one that could not go on."""
    chair, secretary, alice = actor(CHAIR), actor(SECRETARY), actor(ALICE)
    wish(commands.StartRecording("r1"), chair)
    wish(commands.AnswerRecording(False), alice)
    wish(commands.AnswerRecording(True), alice)
    wish(commands.PauseRecording(), secretary)
    wish(commands.ResumeRecording(), secretary)
    wish(commands.StopRecording(), chair)
    wish(commands.ReportRecordingSealed("r1", "ef" * 32, 1_000, 3), SERVER)
    wish(commands.OrderComposition("c1"), chair)
    wish(commands.ReportComposed("c1", "ab" * 32, 1_000, 60_000), SERVER)
    wish(commands.OrderComposition("c2", "clip", 1_000, 5_000), secretary)
    wish(commands.ReportCompositionFailed("c2", "disk"), SERVER)
    wish(commands.WithdrawComposition("c1"), OFFICE)
    wish(commands.StartRecording("r2", "audio", "leave"), secretary)
    wish(commands.ReportRecordingFailed("r2", "disk"), SERVER)


def _approve(ledger: Ledger, wish: Callable[[commands.Command, commands.Actor], None]) -> None:
    """The minutes from konsep to a ralat, once sent back."""
    chair, secretary, alice = actor(CHAIR), actor(SECRETARY), actor(ALICE)
    version, digest = ledger.state.minutes.version, "ab" * 32
    wish(commands.SubmitMinutes((CHAIR,)), secretary)
    wish(commands.ReturnMinutes("belum lengkap"), secretary)
    wish(commands.SubmitMinutes((CHAIR,)), secretary)
    wish(commands.ReviewMinutes(True, version), chair)
    wish(commands.OpenComments(ledger.now_ms + 1_000), secretary)
    wish(commands.CommentMinutes("c1", "i2", "Kurang lengkap"), alice)
    wish(commands.AnswerComment("c1", False, "sudah ada"), secretary)
    ledger.after(1_000)
    wish(commands.CloseComments(), SERVER)
    wish(commands.ApproveMinutes(digest, version), chair)
    wish(commands.SignMinutes("", digest, "scan"), chair)
    wish(commands.FreezeMinutes(), secretary)
    wish(commands.RecordRalat("r1", "Tanggal yang benar 5 Januari"), secretary)


def test_nothing_private_enters_a_room() -> None:
    ledger = Ledger()
    ledger.wish(plan(), OFFICE)
    for role in ROLES:
        sight = repr((views.snapshot(ledger.state, role), seen(ledger.facts, role)))
        for private in ("198501012010011001", "Penata", "contoh.go.id"):
            assert private not in sight


def test_only_leaders_know_who_waits() -> None:
    ledger = Ledger()
    ledger.wish(plan(), OFFICE)
    ledger.wish(commands.AskToEnter("w1", "Tamu Rahasia"), STRANGER)
    for role in ROLES:
        sight = repr((views.snapshot(ledger.state, role), seen(ledger.facts, role)))
        assert ("Tamu Rahasia" in sight) == (role in ("chair", "secretary"))
