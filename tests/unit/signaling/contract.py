"""Writes fixtures/contract.json: an old snapshot, the facts since and a fresh snapshot, as they travel, for random
courses of a meeting. The browser's reducer is held against it. `python -m tests.unit.signaling.contract` makes it anew.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from server.errors import BalaiError
from server.meeting import commands, procedure, rules, views
from server.meeting.commands import SERVER, Actor, Command, Invitee
from server.meeting.facts import AgendaItem, Fact, NotesWritten, NumberedFact, Role, SecretBallot
from server.meeting.state import State, apply
from signaling import translate
from signaling.outbox import Wire
from tests.factories import noted
from tests.unit.signaling.house import CHAIR, MEETING, OBSERVER, OFFICE, PARTICIPANT, PLAN, SECRETARY, START_MS

PATH = Path(__file__).with_name("fixtures") / "contract.json"
COURSES = 24
STEPS = 150
BY_SERVER = (
    commands.LosePresence,
    commands.AdoptNotes,
    commands.ReportInterruption,
    commands.ReportMediaDown,
    commands.ReportMediaUp,
    commands.ReportBallots,
)
VIEWERS: tuple[Role, ...] = ("chair", "participant", "guest", "watcher")


class Course:
    """One random course of a meeting. Wishes that the law refuses are passed over."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311  # the same course for the same seed
        self.now_ms = START_MS
        self.state = State(MEETING)
        self.states = [self.state]
        self.facts: list[NumberedFact] = []
        self.wish(PLAN, OFFICE)
        self.happen(NotesWritten("p2", "i2", 1, "Dari waktu catatan masih teks biasa"))
        if self.chance.random() < 0.8:
            self.wish(commands.OpenMeeting(), Actor(CHAIR))
        for number in range(STEPS):
            if number == STEPS * 3 // 4:
                self.settle()
            self.step()
        if self.flag():
            if (standing := self.state.deliberation.open_motion) is not None:
                self.wish(commands.WithdrawMotion(standing.motion_id), Actor(SECRETARY))
            self.wish(commands.CloseMeeting(), Actor(CHAIR))
        if self.state.status == "planned":
            self.wish(commands.CancelMeeting(), OFFICE)

    def wish(self, command: Command, actor: Actor) -> None:
        self.now_ms += self.chance.randrange(1, 60_000)
        try:
            decided = rules.decide(self.state, command, actor, self.now_ms)
        except BalaiError:
            return
        for fact in decided:
            self.happen(fact)
        while decided and (next_one := procedure.follows(self.state)) is not None:
            self.happen(next_one)

    def happen(self, fact: Fact) -> None:
        self.facts.append(NumberedFact(self.state.number + 1, self.now_ms, fact))
        self.state = apply(self.state, self.facts[-1])
        self.states.append(self.state)

    def settle(self) -> None:
        """A tie that the chair breaks: chance alone hardly ever leads there."""
        chair, secretary, alice = Actor(CHAIR), Actor(SECRETARY), Actor(PARTICIPANT)
        if (standing := self.state.deliberation.open_motion) is not None:
            self.wish(commands.WithdrawMotion(standing.motion_id), secretary)
        self.wish(commands.SetEntry(), secretary)
        self.wish(commands.LockRoom(False), secretary)
        self.wish(commands.Join(self.fresh("s")), alice)
        if (session := self.state.session_of(PARTICIPANT)) is not None:
            self.wish(commands.ConfirmPresence(session.session_id, "media"), SERVER)
            self.wish(commands.LosePresence(session.session_id, START_MS), SERVER)
            self.wish(commands.ConfirmPresence(session.session_id, "act"), SERVER)
        for needed in (1, 100):  # reached, lost
            self.wish(commands.SetRules("number", needed, reason="x"), secretary)
        self.wish(commands.AdjournMeeting(self.now_ms + 120_000), chair)
        self.wish(commands.ResumeMeeting(), chair)
        self.wish(commands.SetRules("none", reason="x"), secretary)
        for item_id in (*(item.item_id for item in self.state.items[:1]), ""):
            self.wish(commands.OpenItem(item_id), chair)
        for session in list(self.state.sessions.values())[:1]:
            for switch in (commands.SetMicrophone, commands.SetCamera, commands.SetScreen):
                self.wish(switch(session.session_id, True), Actor(session.person_id, session.session_id))
        for again in range(2):  # once withdrawn, once standing
            self.write_down(secretary, withdrawn=bool(again))
        self.wish(commands.SetRules("none", remarks="suggest"), secretary)
        for again in range(2):
            remark_id = self.fresh("h")
            self.wish(commands.MakeRemark(remark_id, "suggestion", "", "AA==", "AQ==", "lama", self.words()), alice)
            self.wish(
                commands.AnswerRemark(remark_id, True) if again else commands.WithdrawRemark(remark_id),
                chair if again else alice,
            )
        motion_id = self.fresh("m")
        self.wish(commands.OpenVote(motion_id, "", self.words(), "roll_call", 3_600, tie="chair"), chair)
        self.wish(commands.CastVote(motion_id, "yes"), alice)
        self.wish(commands.CastVote(motion_id, "no"), secretary)
        self.wish(commands.CloseVote(motion_id), chair)
        self.wish(commands.BreakTie(motion_id, self.chance.choice(["yes", "no"])), chair)
        objected, secret = self.fresh("o"), self.fresh("b")
        self.wish(commands.CallConsensus(objected, "", self.words(), 3_600), chair)
        self.wish(commands.RaiseObjection(objected, self.words()), alice)
        self.wish(commands.WithdrawObjection(objected), alice)
        self.wish(commands.RaiseObjection(objected, self.words()), alice)
        self.wish(commands.CloseConsensus(objected), chair)
        agreed = self.fresh("c")
        self.wish(commands.CallConsensus(agreed, "", self.words(), 3_600), chair)
        self.wish(commands.CloseConsensus(agreed), chair)
        self.wish(commands.OpenVote(secret, "", self.words(), "secret", 3_600, key="00"), chair)
        self.wish(commands.TakeBallot(secret), alice)
        self.wish(commands.CloseVote(secret), chair)
        self.wish(commands.ReportBallots(secret, (SecretBallot("R0", "yes", "00", "00"),)), SERVER)
        struck = commands.StrikePresence(self.fresh("k"), PARTICIPANT, START_MS, START_MS + 1, "perangkat tertinggal")
        self.wish(struck, secretary)
        self.wish(commands.AddRoomDevice("Ruang Rapat"), secretary)
        self.wish(commands.Join(self.fresh("s")), Actor("room-1"))
        self.wish(commands.CheckIn("room-1", "M1 1L2 2"), secretary)
        self.wish(commands.CheckOut(), secretary)
        said = self.fresh("q")
        self.wish(commands.RecordStatement(said, "objection", "", PARTICIPANT, self.words()), secretary)
        self.wish(commands.WithdrawStatement(said), secretary)
        lost = self.fresh("s")
        self.wish(commands.Join(lost), alice)
        self.wish(commands.ConfirmPresence(lost, "media"), SERVER)
        self.wish(commands.LosePresence(lost, self.now_ms), SERVER)
        paper = self.fresh("f")
        self.wish(commands.AttachDocument(paper, "", self.words(), "text/plain", 7, self.fresh("h")), secretary)
        self.wish(commands.WithdrawDocument(paper), secretary)
        for locked in (True, False):
            self.wish(commands.LockRoom(locked), chair)
        self.record(chair, alice)

    def write_down(self, secretary: Actor, *, withdrawn: bool) -> None:
        """One line of each kind."""
        decision, action, statement = self.fresh("d"), self.fresh("a"), self.fresh("q")
        self.wish(commands.RecordDecision(decision, "", self.words(), "mufakat"), secretary)
        self.wish(commands.CorrectDecision(decision, self.words(), "vote"), secretary)
        self.wish(commands.RecordAction(action, "", self.words(), "p3"), secretary)
        self.wish(commands.CorrectAction(action, self.words(), "Camat"), secretary)
        self.wish(commands.RecordStatement(statement, "motion", "", "p3", self.words()), secretary)
        self.wish(commands.CorrectStatement(statement, "Camat", self.words()), secretary)
        if withdrawn:
            self.wish(commands.WithdrawDecision(decision), secretary)
            self.wish(commands.WithdrawAction(action), secretary)
            self.wish(commands.WithdrawStatement(statement), secretary)

    def record(self, chair: Actor, alice: Actor) -> None:
        """Twice: once to its end, once begun."""
        for _ in range(2):
            self.wish(commands.StopRecording(), chair)
            self.wish(commands.StartRecording(self.fresh("r")), chair)
            self.wish(commands.AnswerRecording(self.flag()), alice)
            self.wish(commands.PauseRecording(), chair)
            self.wish(commands.ResumeRecording(), chair)

    def step(self) -> None:
        person_id = self.one_of([CHAIR, SECRETARY, PARTICIPANT, OBSERVER, *self.state.people])
        session = self.state.session_of(person_id)
        actor = Actor(person_id, session.session_id if session else "")
        kind = self.chance.choice(self.kinds)
        command = kind(self)
        if isinstance(command, (commands.PlanMeeting, commands.CancelMeeting)):
            actor = OFFICE
        self.wish(command, SERVER if isinstance(command, BY_SERVER) else actor)

    def one_of(self, things: Any) -> Any:
        """Any of these, or an id that nobody has."""
        known = list(things)
        return self.chance.choice(known) if known and self.chance.random() < 0.95 else "nobody"

    def session(self) -> str:
        return str(self.one_of(self.state.sessions))

    def fresh(self, letter: str) -> str:
        return f"{letter}{len(self.facts)}"

    def flag(self) -> bool:
        return self.chance.random() < 0.6

    def item(self) -> str:
        return str(self.chance.choice(["", "i1", "i2"]))

    def words(self) -> str:
        return self.chance.choice(["Setuju", "Baris satu\nbaris dua", "<b>tebal</b>", "Catatan 😀"]) + self.fresh(" ")

    def plan(self) -> Command:
        invitees = [
            Invitee(one.name, one.role, one.person_id, one.function)
            for one in self.state.people.values()
            if not one.person_id.startswith(("guest-", "room-", "watch-"))
        ]
        change = self.chance.randrange(5)
        if change == 0:
            invitees.append(Invitee(self.words(), "participant", office="Bappeda", nip="1980"))
        elif change == 1 and len(invitees) > 4:
            invitees.pop()
        elif change == 2:
            invitees[-1] = replace(invitees[-1], function=self.words())
        items = PLAN.items if change != 3 else (*self.state.items, AgendaItem("", "Lain-lain"))
        title = self.words() if change == 4 else self.state.plan.title
        return replace(PLAN, title=title, items=items, invitees=tuple(invitees))

    kinds = (
        lambda self: commands.Join(self.fresh("s")),
        lambda self: commands.Join(self.fresh("s")),
        lambda self: commands.Join(self.fresh("s")),
        lambda self: commands.Leave(self.session(), "left"),
        lambda self: commands.ConfirmPresence(self.session(), "act"),
        lambda self: commands.ConfirmPresence(self.session(), "media"),
        lambda self: commands.LosePresence(self.session(), self.now_ms - 5_000),
        lambda self: commands.SetMicrophone(self.session(), self.flag()),
        lambda self: commands.SetCamera(self.session(), self.flag()),
        lambda self: commands.SetScreen(self.session(), self.flag()),
        lambda _: commands.RaiseHand(),
        lambda self: commands.LowerHand(self.one_of(self.state.hands)),
        lambda self: commands.Say(self.fresh("c"), self.words()),
        lambda self: commands.LockRoom(self.flag()),
        lambda self: commands.OpenItem(self.item()),
        lambda self: commands.AskToEnter(self.fresh("w"), "Tamu", "Kecamatan"),
        lambda self: commands.AdmitGuest(self.one_of(self.state.waiting)),
        lambda self: commands.AdmitAll((self.one_of(self.state.waiting), self.one_of(self.state.waiting))),
        lambda self: commands.SetEntry(self.chance.choice(["anyone", "invited", "leaders"]), watch=self.flag()),
        lambda self: commands.AskToEnter(self.one_of(self.state.people), "", known="link"),
        lambda self: commands.Watch(self.fresh("v"), "Penonton"),
        lambda self: commands.RefuseGuest(self.one_of(self.state.waiting)),
        lambda self: commands.StopWaiting(self.one_of(self.state.waiting)),
        lambda self: commands.RemovePerson(self.one_of(self.state.people)),
        lambda self: self.notes(),
        lambda self: commands.RecordDecision(self.fresh("d"), self.item(), self.words(), "mufakat"),
        lambda self: commands.CorrectDecision(self.one_of(self.state.decisions), self.words(), "vote"),
        lambda self: commands.WithdrawDecision(self.one_of(self.state.decisions)),
        lambda self: commands.RecordAction(self.fresh("a"), self.item(), self.words(), "p3", "2026-02-01"),
        lambda self: commands.CorrectAction(self.one_of(self.state.actions), self.words(), "Camat"),
        lambda self: commands.WithdrawAction(self.one_of(self.state.actions)),
        lambda self: commands.RecordStatement(self.fresh("q"), "objection", self.item(), "p3", self.words()),
        lambda self: commands.CorrectStatement(self.one_of(self.state.statements), "Camat", self.words()),
        lambda self: commands.WithdrawStatement(self.one_of(self.state.statements)),
        lambda self: commands.MakeRemark(self.fresh("h"), "comment", self.item(), "AA==", "AA==", "lama", self.words()),
        lambda self: commands.AnswerRemark(self.one_of(self.state.remarks), self.flag()),
        lambda self: commands.WithdrawRemark(self.one_of(self.state.remarks)),
        lambda self: commands.AttachDocument(
            self.fresh("f"), self.item(), self.words(), "text/plain", 7, self.fresh("h")
        ),
        lambda self: self.seldom(commands.WithdrawDocument(self.one_of(self.state.attachments))),
        lambda self: self.plan(),
        lambda self: self.plan(),
        lambda self: commands.SetRules(self.chance.choice(["none", "half", "number"]), 2, reason="x"),
        lambda self: self.seldom(commands.SetRules("half", preset="council_bylaw", reason="x")),
        lambda self: commands.MarkPresence(self.one_of(["k1", "k2"]), self.one_of(self.state.people), "room"),
        lambda self: commands.ExcuseAbsence(self.one_of(self.state.people), self.chance.choice(["", "sakit"])),
        lambda self: commands.NameStandIn(self.one_of(self.state.people), self.one_of(["", *self.state.people])),
        lambda self: commands.CallConsensus(self.fresh("m"), self.item(), self.words(), 60),
        lambda self: commands.RaiseObjection(self.motion(), self.words()),
        lambda self: commands.WithdrawObjection(self.motion()),
        lambda self: commands.CloseConsensus(self.motion()),
        lambda self: self.vote(),
        lambda self: self.vote(),
        lambda self: commands.CastVote(self.motion(), self.chance.choice(["yes", "no", "abstain"])),
        lambda self: commands.CastVote(
            self.motion(), self.chance.choice(["yes", "no"]), self.one_of(self.state.people)
        ),
        lambda self: commands.TakeBallot(self.motion()),
        lambda self: commands.CloseVote(self.motion()),
        lambda self: self.box(),
        lambda self: commands.BreakTie(self.motion(), "yes"),
        lambda self: self.seldom(commands.WithdrawMotion(self.motion())),
        lambda self: commands.GiveFloor(self.one_of(self.state.people), 30),
        lambda _: commands.EndFloor(),
        lambda self: commands.AnswerRecording(self.flag()),
        lambda self: self.seldom(commands.ReportInterruption(self.now_ms)),
        lambda self: commands.ReportMediaDown(self.now_ms),
        lambda _: commands.ReportMediaUp(),
        lambda self: self.seldom(commands.CloseMeeting()),
        lambda self: self.seldom(commands.CancelMeeting()),
    )

    def notes(self) -> Command:
        return noted(self.item(), self.words())

    def motion(self) -> str:
        """The one that is open, if any: most wishes are about it."""
        standing = self.state.deliberation.open_motion
        return standing.motion_id if standing else str(self.one_of(self.state.deliberation.motions))

    def vote(self) -> Command:
        objected = [one.motion_id for one in self.state.deliberation.motions.values() if one.phase == "objected"]
        motion_id = self.chance.choice(objected) if objected else self.fresh("m")
        ballot = self.chance.choice(["hands", "roll_call", "secret"])
        return commands.OpenVote(motion_id, self.item(), self.words(), ballot, 3_600, tie="chair", key=self.fresh("k"))

    def box(self) -> Command:
        motion = self.state.deliberation.motions.get(self.motion())
        ballots = (SecretBallot(f"R{at}", "yes", "00", "00") for at, _ in enumerate(motion.granted if motion else ()))
        return commands.ReportBallots(self.motion(), tuple(ballots))

    def document(self) -> Command:
        return commands.AttachDocument(self.fresh("f"), self.item(), self.words(), "text/plain", 7, self.fresh("h"))

    def seldom(self, command: Command) -> Command:
        return command if self.chance.random() < 0.25 else commands.RaiseHand()


def cases() -> list[Wire]:
    """One case per course and viewer: cut somewhere, so that early and late cuts both occur."""
    found: list[Wire] = []
    for seed in range(COURSES):
        course = Course(seed)
        cut = 1 if seed % 6 == 0 else course.chance.randrange(1, len(course.states) // 2)  # some from the beginning
        for role in VIEWERS:
            seen = [fact for one in course.facts[cut:] if (fact := views.visible(one, role))]
            found.append(
                {
                    "role": role,
                    "snapshot": dict(views.snapshot(course.states[cut], role)),
                    "facts": [translate.fact(fact) for fact in seen],
                    "fresh": dict(views.snapshot(course.state, role)),
                }
            )
    return found


def text() -> str:
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases())
    return f"[\n{lines}\n]\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
