"""Everything a browser may say, as strict Structs: unknown types and fields, wrong shapes and lengths are refused here.

Shapes only: they are read in reading.py, whether somebody may do it is decided elsewhere.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from server.meeting.facts import (
    Ballot,
    Choice,
    Method,
    Place,
    QuorumKind,
    Refusal,
    RemarkKind,
    RemarkRule,
    Scope,
    Share,
    ShareOf,
    StatementKind,
    Tie,
)
from server.meeting.ports import Direction, Kind, Source

PROTOCOL = 1  # see PROTOCOL.md, Versions

Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+\Z")]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+\Z")]  # of a folder
OptionalId: TypeAlias = Annotated[str, Meta(max_length=64, pattern=r"^[\x21-\x7e]*\Z")]
Secret: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
ChatText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=4_000)]
Update: TypeAlias = Annotated[bytes, Meta(min_length=1, max_length=131_072)]  # Yjs, version 1 encoding
StateVector: TypeAlias = Annotated[bytes, Meta(max_length=16_384)]
Position: TypeAlias = Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9+/=]*\Z")]  # Yjs' own, in base64
LongText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=10_000)]
RemarkText: TypeAlias = Annotated[str, Meta(max_length=2_000)]
Reason: TypeAlias = Annotated[str, Meta(max_length=1_000)]
Who: TypeAlias = Annotated[str, Meta(max_length=200)]
Due: TypeAlias = Annotated[str, Meta(max_length=10, pattern=r"^(\d{4}-\d{2}-\d{2})?\Z")]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # what a browser can count exactly
Pixels: TypeAlias = Annotated[int, Meta(ge=0, le=16_384)]
Moment: TypeAlias = Count  # Unix ms
Seconds: TypeAlias = Annotated[int, Meta(ge=0, le=86_400)]
Epoch: TypeAlias = Annotated[str, Meta(max_length=64)]
Object: TypeAlias = dict[str, object]


class Message(Struct, forbid_unknown_fields=True, frozen=True, tag_field="type"):
    """Root of what carries a `type`."""


# ------------------------------------------------------------ the handshake


class Handshake(Struct, forbid_unknown_fields=True, frozen=True):
    """`auth` of the Socket.IO connection."""

    ticket: Annotated[str, Meta(min_length=1, max_length=4_096)]
    language: Literal["id", "en"] = "id"
    protocol: Count = 1


class Resume(Struct, forbid_unknown_fields=True, frozen=True):
    """`epoch`: that of the media ticket which the client still holds, "" when it holds none."""

    session_id: Id
    secret: Secret
    after: Count
    epoch: Epoch = ""


class Enter(Struct, forbid_unknown_fields=True, frozen=True):
    resume: Resume | None = None


# ------------------------------------------------------------ commands


class Leave(Message, frozen=True, tag="leave"):
    pass


class ConfirmPresence(Message, frozen=True, tag="confirm_presence"):
    pass


class SetMicrophone(Message, frozen=True, tag="set_microphone"):
    session_id: Id
    on: bool


class SetCamera(Message, frozen=True, tag="set_camera"):
    session_id: Id
    on: bool


class SetScreen(Message, frozen=True, tag="set_screen"):
    session_id: Id
    on: bool


class RaiseHand(Message, frozen=True, tag="raise_hand"):
    pass


class LowerHand(Message, frozen=True, tag="lower_hand"):
    person_id: Id


class Say(Message, frozen=True, tag="say"):
    chat_id: Id
    text: ChatText


class OpenMeeting(Message, frozen=True, tag="open_meeting"):
    pass


class CloseMeeting(Message, frozen=True, tag="close_meeting"):
    pass


class LockRoom(Message, frozen=True, tag="lock_room"):
    locked: bool


class OpenItem(Message, frozen=True, tag="open_item"):
    item_id: OptionalId


class AdmitGuest(Message, frozen=True, tag="admit_guest"):
    waiting_id: Id


class AdmitAll(Message, frozen=True, tag="admit_all"):
    waiting_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=500)]


class RefuseGuest(Message, frozen=True, tag="refuse_guest"):
    waiting_id: Id


class TellWaiting(Message, frozen=True, tag="tell_waiting"):
    text: Annotated[str, Meta(min_length=1, max_length=500)]


class RemovePerson(Message, frozen=True, tag="remove_person"):
    person_id: Id


class RecordDecision(Message, frozen=True, tag="record_decision"):
    decision_id: Id
    item_id: OptionalId
    text: LongText
    method: Method


class CorrectDecision(Message, frozen=True, tag="correct_decision"):
    decision_id: Id
    text: LongText
    method: Method


class WithdrawDecision(Message, frozen=True, tag="withdraw_decision"):
    decision_id: Id
    reason: Reason = ""


class RecordAction(Message, frozen=True, tag="record_action"):
    action_id: Id
    item_id: OptionalId
    what: LongText
    who: Who
    due: Due = ""


class CorrectAction(Message, frozen=True, tag="correct_action"):
    action_id: Id
    what: LongText
    who: Who
    due: Due = ""


class WithdrawAction(Message, frozen=True, tag="withdraw_action"):
    action_id: Id
    reason: Reason = ""


class RecordStatement(Message, frozen=True, tag="record_statement"):
    statement_id: Id
    what: StatementKind
    item_id: OptionalId
    who: Who
    text: LongText


class CorrectStatement(Message, frozen=True, tag="correct_statement"):
    statement_id: Id
    who: Who
    text: LongText


class WithdrawStatement(Message, frozen=True, tag="withdraw_statement"):
    statement_id: Id
    reason: Reason = ""


class MakeRemark(Message, frozen=True, tag="make_remark"):
    remark_id: Id
    what: RemarkKind
    item_id: OptionalId
    anchor: Position
    head: Position
    quoted: RemarkText
    text: RemarkText = ""


class AnswerRemark(Message, frozen=True, tag="answer_remark"):
    remark_id: Id
    accepted: bool


class WithdrawRemark(Message, frozen=True, tag="withdraw_remark"):
    remark_id: Id


class StopWaiting(Message, frozen=True, tag="stop_waiting"):
    pass


class SetRules(Message, frozen=True, tag="set_rules"):
    quorum: QuorumKind
    quorum_number: Annotated[int, Meta(ge=0, le=100_000)] = 0
    votes_need_quorum: bool = True
    turn_seconds: Seconds = 0
    first_speeches_first: bool = True
    preset: OptionalId = ""
    secretary_counts: bool = True
    reason: Reason = ""
    remarks: RemarkRule = "nobody"


class AdjournMeeting(Message, frozen=True, tag="adjourn_meeting"):
    until_ms: Moment


class ResumeMeeting(Message, frozen=True, tag="resume_meeting"):
    pass


class MarkPresence(Message, frozen=True, tag="mark_presence"):
    mark_id: Id
    person_id: Id
    place: Place
    from_ms: Moment = 0
    until_ms: Moment = 0
    reason: Reason = ""


class StrikePresence(Message, frozen=True, tag="strike_presence"):
    mark_id: Id
    person_id: Id
    from_ms: Moment
    until_ms: Moment
    reason: Reason


class ExcuseAbsence(Message, frozen=True, tag="excuse_absence"):
    person_id: Id
    reason: Reason


class NameStandIn(Message, frozen=True, tag="name_stand_in"):
    person_id: Id
    stand_in_id: OptionalId


class CallConsensus(Message, frozen=True, tag="call_consensus"):
    motion_id: Id
    item_id: OptionalId
    text: LongText
    seconds: Seconds


class RaiseObjection(Message, frozen=True, tag="raise_objection"):
    motion_id: Id
    reason: Reason = ""


class WithdrawObjection(Message, frozen=True, tag="withdraw_objection"):
    motion_id: Id


class CloseConsensus(Message, frozen=True, tag="close_consensus"):
    motion_id: Id


class OpenVote(Message, frozen=True, tag="open_vote"):
    motion_id: Id
    item_id: OptionalId
    text: LongText
    ballot: Ballot
    seconds: Seconds
    share: Share = "half"
    of: ShareOf = "cast"
    abstentions_count: bool = False
    tie: Tie = "rejected"


class CastVote(Message, frozen=True, tag="cast_vote"):
    motion_id: Id
    choice: Choice
    member_id: OptionalId = ""


class TakeBallot(Message, frozen=True, tag="take_ballot"):
    """`blinded`: RFC 9474, the blinded message, in hex."""

    motion_id: Id
    blinded: Annotated[str, Meta(max_length=1_024, pattern=r"^([0-9a-f]{2})+\Z")]
    member_id: OptionalId = ""


class CloseVote(Message, frozen=True, tag="close_vote"):
    motion_id: Id


class BreakTie(Message, frozen=True, tag="break_tie"):
    motion_id: Id
    choice: Literal["yes", "no"]


class WithdrawMotion(Message, frozen=True, tag="withdraw_motion"):
    motion_id: Id
    reason: Reason = ""


class GiveFloor(Message, frozen=True, tag="give_floor"):
    person_id: Id
    seconds: Seconds = 0


class EndFloor(Message, frozen=True, tag="end_floor"):
    pass


class StartRecording(Message, frozen=True, tag="start_recording"):
    recording_id: Name
    scope: Scope = "everything"
    refusal: Refusal = "unrecorded"


class PauseRecording(Message, frozen=True, tag="pause_recording"):
    pass


class ResumeRecording(Message, frozen=True, tag="resume_recording"):
    pass


class StopRecording(Message, frozen=True, tag="stop_recording"):
    pass


class AnswerRecording(Message, frozen=True, tag="answer_recording"):
    consents: bool


CommandMessage: TypeAlias = (
    Leave
    | ConfirmPresence
    | SetMicrophone
    | SetCamera
    | SetScreen
    | RaiseHand
    | LowerHand
    | Say
    | OpenMeeting
    | CloseMeeting
    | LockRoom
    | OpenItem
    | AdmitGuest
    | AdmitAll
    | RefuseGuest
    | TellWaiting
    | RemovePerson
    | RecordDecision
    | CorrectDecision
    | WithdrawDecision
    | RecordAction
    | CorrectAction
    | WithdrawAction
    | RecordStatement
    | CorrectStatement
    | WithdrawStatement
    | MakeRemark
    | AnswerRemark
    | WithdrawRemark
    | StopWaiting
    | SetRules
    | AdjournMeeting
    | ResumeMeeting
    | MarkPresence
    | StrikePresence
    | ExcuseAbsence
    | NameStandIn
    | CallConsensus
    | RaiseObjection
    | WithdrawObjection
    | CloseConsensus
    | OpenVote
    | CastVote
    | TakeBallot
    | CloseVote
    | BreakTie
    | WithdrawMotion
    | GiveFloor
    | EndFloor
    | StartRecording
    | PauseRecording
    | ResumeRecording
    | StopRecording
    | AnswerRecording
)


# ------------------------------------------------------------ media requests


class Admit(Message, frozen=True, tag="admit"):
    pass


class Connect(Message, frozen=True, tag="connect"):
    direction: Direction
    dtls_parameters: Object


class RestartIce(Message, frozen=True, tag="restart_ice"):
    direction: Direction


class Produce(Message, frozen=True, tag="produce"):
    source: Source
    kind: Kind
    rtp_parameters: Object


class Unproduce(Message, frozen=True, tag="unproduce"):
    producer_id: Id


class Pause(Message, frozen=True, tag="pause"):
    producer_id: Id
    paused: bool


class Consume(Message, frozen=True, tag="consume"):
    producer_id: Id
    capabilities: Object


class Unconsume(Message, frozen=True, tag="unconsume"):
    consumer_id: Id


class ViewOne(Struct, forbid_unknown_fields=True, frozen=True):
    consumer_id: Id
    paused: bool = False
    width_px: Pixels = 0
    height_px: Pixels = 0
    priority: Literal[0, 1, 2] = 0


class View(Message, frozen=True, tag="view"):
    views: Annotated[tuple[ViewOne, ...], Meta(max_length=400)]


MediaMessage: TypeAlias = Admit | Connect | RestartIce | Produce | Unproduce | Pause | Consume | Unconsume | View


# ------------------------------------------------------------ shared notes


class Cursor(Struct, forbid_unknown_fields=True, frozen=True):
    """`client`: the writer's Yjs document. Nobody but the other browsers reads the positions."""

    client: Count
    anchor: Position
    head: Position


class OpenNotes(Message, frozen=True, tag="open"):
    item_id: OptionalId
    state: StateVector


class UpdateNotes(Message, frozen=True, tag="update"):
    item_id: OptionalId
    update: Update
    cursor: Cursor | None = None


class PointNotes(Message, frozen=True, tag="point"):
    item_id: OptionalId
    cursor: Cursor | None = None


class CloseNotes(Message, frozen=True, tag="close"):
    item_id: OptionalId


NotesMessage: TypeAlias = OpenNotes | UpdateNotes | PointNotes | CloseNotes
