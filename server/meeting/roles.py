"""Who may want what, and when: one table, command x role x status x stage of the minutes. docs/rights.md is
printed from it.

Only rights live here. What a command means, and whether it makes sense now, is in rules.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from server.errors import Refused
from server.meeting import commands
from server.meeting.commands import SERVER, Actor, Command
from server.meeting.minutes import STAGES, WRITABLE, Stage
from server.meeting.state import State, Status

Part: TypeAlias = Literal[
    "chair", "secretary", "participant", "observer", "guest", "watcher", "office", "server", "anyone"
]
"""A role in the meeting; `office`: an administrator's or secretary's account; `server`: the server itself."""

LEADERS: frozenset[Part] = frozenset({"chair", "secretary"})
SPEAKERS: frozenset[Part] = LEADERS | {"participant", "guest"}
MEMBERS: frozenset[Part] = SPEAKERS | {"observer"}
THERE: frozenset[Part] = MEMBERS | {"watcher"}
"""Everybody who may be in the room."""

BEFORE: frozenset[Status] = frozenset({"planned"})
DURING: frozenset[Status] = frozenset({"open"})
ROOM: frozenset[Status] = BEFORE | DURING
RECORD: frozenset[Status] = frozenset({"planned", "open", "closed"})
AFTER: frozenset[Status] = frozenset({"closed"})
ANY: frozenset[Status] = frozenset({"none", "planned", "open", "closed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Right:
    parts: frozenset[Part]
    statuses: frozenset[Status]
    stages: frozenset[Stage] = frozenset(STAGES)


def _after(parts: frozenset[Part], *stages: Stage) -> Right:
    return Right(parts, AFTER, frozenset(stages))


RIGHTS: dict[type[Command], Right] = {
    commands.PlanMeeting: Right(LEADERS | {"office"}, frozenset({"none", "planned", "open"})),
    commands.CancelMeeting: Right(LEADERS | {"office"}, BEFORE),
    commands.SendInvitations: Right(LEADERS | {"office"}, ROOM),
    commands.ReportLetterIssued: Right(frozenset({"server"}), ROOM),
    commands.AnswerInvitation: Right(MEMBERS | {"office"}, ROOM),
    commands.SetRecurrence: Right(LEADERS | {"office"}, RECORD | {"cancelled"}),
    commands.SetOccurrence: Right(frozenset({"server"}), BEFORE),
    commands.DropOccurrence: Right(frozenset({"server"}), RECORD | {"cancelled"}),
    commands.AttachDocument: Right(LEADERS | {"office"}, RECORD, WRITABLE),
    commands.WithdrawDocument: Right(LEADERS | {"office"}, RECORD, WRITABLE),
    commands.SetReminders: Right(LEADERS | {"office"}, ROOM),
    commands.OpenMeeting: Right(LEADERS, BEFORE),
    commands.CloseMeeting: Right(LEADERS, DURING),
    commands.LockRoom: Right(LEADERS, ROOM),
    commands.OpenItem: Right(LEADERS, DURING),
    commands.SetEntry: Right(LEADERS | {"office"}, ROOM),
    commands.AskToEnter: Right(frozenset({"anyone"}), ROOM),
    commands.StopWaiting: Right(frozenset({"anyone"}), ANY),
    commands.AdmitGuest: Right(LEADERS, ROOM),
    commands.AdmitAll: Right(LEADERS, ROOM),
    commands.RefuseGuest: Right(LEADERS, ROOM),
    commands.TellWaiting: Right(LEADERS, ROOM),
    commands.Watch: Right(frozenset({"anyone"}), ROOM),
    commands.RemovePerson: Right(LEADERS, ROOM),
    commands.Join: Right(THERE, ROOM),
    commands.Leave: Right(THERE | {"server"}, ANY),
    commands.ConfirmPresence: Right(THERE | {"server"}, ROOM),
    commands.LosePresence: Right(frozenset({"server"}), ANY),
    commands.SetMicrophone: Right(SPEAKERS, ROOM),
    commands.SetCamera: Right(SPEAKERS, ROOM),
    commands.SetScreen: Right(SPEAKERS, ROOM),
    commands.RaiseHand: Right(SPEAKERS, ROOM),
    commands.LowerHand: Right(SPEAKERS, ROOM),
    commands.Say: Right(SPEAKERS, ROOM),
    commands.EditNotes: Right(LEADERS, RECORD, WRITABLE),
    commands.AdoptNotes: Right(frozenset({"server"}), RECORD, WRITABLE),
    commands.RecordDecision: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.CorrectDecision: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.WithdrawDecision: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.RecordAction: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.CorrectAction: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.WithdrawAction: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.RecordStatement: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.CorrectStatement: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.WithdrawStatement: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.MakeRemark: Right(SPEAKERS, DURING, WRITABLE),
    commands.AnswerRemark: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.WithdrawRemark: Right(SPEAKERS, DURING | {"closed"}, WRITABLE),
    commands.SetRules: Right(LEADERS | {"office"}, ROOM),
    commands.AdjournMeeting: Right(LEADERS, DURING),
    commands.ResumeMeeting: Right(LEADERS | {"server"}, DURING),
    commands.MarkPresence: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.StrikePresence: Right(LEADERS, DURING | {"closed"}, WRITABLE),
    commands.AddRoomDevice: Right(LEADERS | {"office"}, ROOM),
    commands.CheckIn: Right(MEMBERS, ROOM),
    commands.CheckOut: Right(MEMBERS, ROOM),
    commands.ExcuseAbsence: Right(LEADERS | {"office"}, RECORD, WRITABLE),
    commands.NameStandIn: Right(LEADERS | {"office"}, RECORD, WRITABLE),
    commands.CallConsensus: Right(LEADERS, DURING),
    commands.RaiseObjection: Right(SPEAKERS, DURING),
    commands.WithdrawObjection: Right(SPEAKERS, DURING),
    commands.CloseConsensus: Right(LEADERS | {"server"}, DURING),
    commands.OpenVote: Right(LEADERS, DURING),
    commands.CastVote: Right(SPEAKERS, DURING),
    commands.TakeBallot: Right(SPEAKERS, DURING),
    commands.CloseVote: Right(LEADERS | {"server"}, DURING),
    commands.ReportBallots: Right(frozenset({"server"}), DURING),
    commands.BreakTie: Right(frozenset({"chair"}), DURING),
    commands.WithdrawMotion: Right(LEADERS, DURING),
    commands.GiveFloor: Right(LEADERS, DURING),
    commands.EndFloor: Right(SPEAKERS, DURING),
    commands.ReportSpeaking: Right(frozenset({"server"}), DURING),
    commands.SubmitMinutes: _after(LEADERS, "draft"),
    commands.ReviewMinutes: _after(MEMBERS, "review"),
    commands.ReturnMinutes: _after(LEADERS, "review", "reviewed", "comments", "answering"),
    commands.OpenComments: _after(LEADERS, "reviewed", "comments"),
    commands.CommentMinutes: _after(MEMBERS, "comments"),
    commands.CloseComments: _after(frozenset({"server"}), "comments"),
    commands.AnswerComment: _after(LEADERS, "comments", "answering"),
    commands.ApproveMinutes: _after(frozenset({"chair"}), "answering"),
    commands.SignMinutes: _after(LEADERS, "approved", "signed"),
    commands.FreezeMinutes: _after(LEADERS, "signed"),
    commands.RecordRalat: _after(LEADERS, "frozen"),
    commands.StartRecording: Right(LEADERS, DURING),
    commands.PauseRecording: Right(LEADERS, DURING),
    commands.ResumeRecording: Right(LEADERS, DURING),
    commands.StopRecording: Right(LEADERS, DURING),
    commands.AnswerRecording: Right(MEMBERS, DURING),
    commands.ReportRecordingFailed: Right(frozenset({"server"}), ANY),
    commands.ReportRecordingSealed: Right(frozenset({"server"}), ANY),
    commands.OrderComposition: Right(LEADERS | {"office", "server"}, DURING | {"closed"}),
    commands.WithdrawComposition: Right(LEADERS | {"office"}, DURING | {"closed"}),
    commands.ReportComposed: Right(frozenset({"server"}), ANY),
    commands.ReportCompositionFailed: Right(frozenset({"server"}), ANY),
    commands.FinishAction: Right(MEMBERS, DURING | {"closed"}),
    commands.ReopenAction: Right(MEMBERS, DURING | {"closed"}),
    commands.FollowMeeting: Right(LEADERS | {"office"}, BEFORE),
    commands.SettleCarried: Right(frozenset({"server"}), RECORD, WRITABLE),
    commands.SetSchedule: Right(frozenset({"office"}), RECORD | {"cancelled"}),
    commands.SetHold: Right(frozenset({"office"}), RECORD | {"cancelled"}),
    commands.ReportErased: Right(frozenset({"server"}), ANY),
    commands.ReportInterruption: Right(frozenset({"server"}), ANY),
    commands.ReportMediaDown: Right(frozenset({"server"}), ANY),
    commands.ReportMediaUp: Right(frozenset({"server"}), ANY),
}


def parts(state: State, actor: Actor) -> frozenset[Part]:
    """Every part that the actor plays in this meeting."""
    playing: set[Part] = {"anyone"}
    if actor is SERVER:  # identity: an Actor without names is a stranger, not the server
        playing.add("server")
    if actor.office_role in ("administrator", "secretary"):
        playing.add("office")
    if role := state.role(actor.person_id):
        playing.add(role)
    return frozenset(playing)


def check(state: State, command: Command, actor: Actor) -> None:
    """Refused("meeting.not_allowed") for the wrong part; "meeting.is_<status>" or "minutes.is_<stage>" for the right
    part at the wrong time."""
    right = RIGHTS[type(command)]
    if not right.parts & parts(state, actor):
        raise Refused("meeting.not_allowed")
    if state.status not in right.statuses:
        raise Refused(f"meeting.is_{state.status}")
    if state.minutes.stage not in right.stages:
        raise Refused(f"minutes.is_{state.minutes.stage}")


def table() -> str:
    """docs/rights.md as it should stand."""
    lines = [
        "# Who may do what",
        "",
        "Printed from `server/meeting/roles.py`; a test keeps it current. `office`: an account of an administrator or",
        "secretary of the office; `server`: the server itself. The own microphone, camera, screen and hand only;",
        "chair and secretary may also turn off those of others, never on.",
        "",
        "| command | who | when the meeting is | and its minutes are |",
        "|---|---|---|---|",
    ]
    for command, right in RIGHTS.items():
        who = ", ".join(sorted(right.parts))
        when = ", ".join(
            status for status in ("none", "planned", "open", "closed", "cancelled") if status in right.statuses
        )
        stages = ", ".join(stage for stage in STAGES if stage in right.stages)
        at = "" if len(right.stages) == len(STAGES) else stages
        lines.append(f"| {command.__name__} | {who} | {when} | {at} |")
    return "\n".join(lines) + "\n"
