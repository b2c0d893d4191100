"""What somebody may want of a meeting: one frozen class per wish. Whether it is allowed is decided in rules.py.

Sizes and shapes were checked at the edge; rules check sense and rights. Nothing here has happened yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.meeting.facts import (
    AgendaItem,
    Answer,
    Ballot,
    Capacity,
    Choice,
    Composed,
    CompositionFault,
    Direct,
    Evidence,
    Known,
    LeaveReason,
    Method,
    Nature,
    Place,
    QuorumKind,
    RecordingEnd,
    Refusal,
    RemarkKind,
    RemarkRule,
    Role,
    Scope,
    SecretBallot,
    Share,
    ShareOf,
    SigningManner,
    StatementKind,
    Tie,
    Way,
)

if TYPE_CHECKING:
    from server.meeting.recurrence import Rule


@dataclass(frozen=True, slots=True)
class Actor:
    """Who wants it. `account_id` and `office_role` come from the signed-in account ("" : none); `person_id` is the
    meeting's own id of that person ("" : not part of it); `session_id` the device in the room ("" : a page)."""

    person_id: str = ""
    session_id: str = ""
    account_id: str = ""
    office_role: str = ""  # administrator, secretary, official

    @property
    def signature(self) -> str:
        """What a fact's `by` says."""
        return self.person_id or self.account_id


SERVER = Actor()
"""The server itself: lost connections, media events, restarts."""


@dataclass(frozen=True, slots=True)
class Command:
    """Root of all commands."""


@dataclass(frozen=True, slots=True)
class Invitee:
    """`person_id` "" makes a new person."""

    name: str
    role: Role
    person_id: str = ""
    function: str = ""
    office: str = ""
    rank: str = ""
    nip: str = ""
    email: str = ""
    account_id: str = ""
    post_id: str = ""  # of the directory: invited as who holds it; the form finds the holder
    official_id: str = ""


@dataclass(frozen=True, slots=True)
class PlanMeeting(Command):
    """Make, or plan anew: the whole plan as it should stand. Gives the facts that differ from what stands."""

    title: str
    starts_ms: int
    ends_ms: int
    zone: str
    items: tuple[AgendaItem, ...]
    invitees: tuple[Invitee, ...]
    place: str = ""
    letter_number: str = ""
    letter_date: str = ""


@dataclass(frozen=True, slots=True)
class CancelMeeting(Command):
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SendInvitations(Command):
    """Write to everybody invited, now and whenever something changes. Again: the letter reads otherwise from now on."""

    nature: Nature = "ordinary"
    basis: str = ""
    signer_id: str = ""
    copies: tuple[str, ...] = ()
    about: str = ""
    capacity: Capacity = ""
    on_behalf: str = ""
    opening: str = ""
    way: str = ""
    closing: str = ""
    register_id: str = ""  # take a number from that register; "": the number is typed by hand, or there is none
    code: str = ""
    dated: str = ""  # ISO; "": today


@dataclass(frozen=True, slots=True)
class ReportLetterIssued(Command):
    """By the server: as in facts.LetterIssued."""

    language: str
    digest: str
    content: str
    manner: SigningManner


@dataclass(frozen=True, slots=True)
class AnswerInvitation(Command):
    """For oneself; chair, secretary and office also for another, who told them. `starts_ms`: the start as shown.
    `written_ms`: when it was written, of what was under way; 0: now."""

    person_id: str
    answer: Answer
    starts_ms: int
    way: Way = "web"
    stand_in_name: str = ""
    stand_in_function: str = ""
    message: str = ""
    stand_in_email: str = ""
    written_ms: int = 0


@dataclass(frozen=True, slots=True)
class SetReminders(Command):
    """Minutes before the start, as facts.RemindersSet."""

    before: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SetRecurrence(Command):
    """This meeting is the first of a series, or the series has this rule from now on. `anew`: and each meeting of it
    is as this one is now."""

    rule: Rule
    anew: bool = False


@dataclass(frozen=True, slots=True)
class SetOccurrence(Command):
    """By the server: as in facts.OccurrenceSet."""

    series_id: str
    slot_ms: int


@dataclass(frozen=True, slots=True)
class DropOccurrence(Command):
    """By the server: as in facts.OccurrenceDropped."""

    slot_ms: int


@dataclass(frozen=True, slots=True)
class AttachDocument(Command):
    """Its bytes are kept already; as in facts.DocumentAttached."""

    document_id: str
    item_id: str
    name: str
    media_type: str
    size_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class WithdrawDocument(Command):
    document_id: str


@dataclass(frozen=True, slots=True)
class OpenMeeting(Command):
    pass


@dataclass(frozen=True, slots=True)
class CloseMeeting(Command):
    pass


@dataclass(frozen=True, slots=True)
class LockRoom(Command):
    locked: bool


@dataclass(frozen=True, slots=True)
class OpenItem(Command):
    """item_id "" closes the current one."""

    item_id: str


@dataclass(frozen=True, slots=True)
class SetEntry(Command):
    """How one comes into the room; see facts.EntrySet."""

    direct: Direct = "invited"
    guests: bool = True
    code: str = ""
    limit: int = 0
    early_min: int = 30
    watch: bool = False


@dataclass(frozen=True, slots=True)
class AskToEnter(Command):
    """`waiting_id`: of the guest's request, or the person_id of somebody invited. `known` is what the server knows."""

    waiting_id: str
    name: str
    office: str = ""
    function: str = ""
    known: Known = "name"


@dataclass(frozen=True, slots=True)
class StopWaiting(Command):
    waiting_id: str


@dataclass(frozen=True, slots=True)
class AdmitGuest(Command):
    waiting_id: str


@dataclass(frozen=True, slots=True)
class AdmitAll(Command):
    """Those of these who still wait."""

    waiting_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TellWaiting(Command):
    """A word to everybody who waits."""

    text: str


@dataclass(frozen=True, slots=True)
class Watch(Command):
    """Somebody of the public watches a public session. `name` is for lists that cannot do without."""

    waiting_id: str
    name: str


@dataclass(frozen=True, slots=True)
class RefuseGuest(Command):
    waiting_id: str


@dataclass(frozen=True, slots=True)
class Join(Command):
    """The actor's person comes in with this session; an earlier session of the same person is replaced."""

    session_id: str


@dataclass(frozen=True, slots=True)
class Leave(Command):
    session_id: str
    reason: LeaveReason
    since_ms: int = 0  # 0: now


@dataclass(frozen=True, slots=True)
class ConfirmPresence(Command):
    session_id: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class LosePresence(Command):
    session_id: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class RemovePerson(Command):
    """Out of the room, and not in again unless admitted."""

    person_id: str


@dataclass(frozen=True, slots=True)
class SetMicrophone(Command):
    """One may set one's own; chair and secretary may turn off another's, never on."""

    session_id: str
    on: bool


@dataclass(frozen=True, slots=True)
class SetCamera(Command):
    session_id: str
    on: bool


@dataclass(frozen=True, slots=True)
class SetScreen(Command):
    session_id: str
    on: bool


@dataclass(frozen=True, slots=True)
class RaiseHand(Command):
    pass


@dataclass(frozen=True, slots=True)
class LowerHand(Command):
    person_id: str


@dataclass(frozen=True, slots=True)
class Say(Command):
    chat_id: str
    text: str


@dataclass(frozen=True, slots=True)
class EditNotes(Command):
    """May the actor write in the shared text now? It leads to no fact: the text is one only once it is adopted."""

    item_id: str


@dataclass(frozen=True, slots=True)
class AdoptNotes(Command):
    """The shared text as it stands goes into the record. `text`: its canonical form (richtext.py)."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class RecordDecision(Command):
    """`decision_id` is made by the writer's browser; recording it twice is recording it once."""

    decision_id: str
    item_id: str
    text: str
    method: Method


@dataclass(frozen=True, slots=True)
class CorrectDecision(Command):
    decision_id: str
    text: str
    method: Method


@dataclass(frozen=True, slots=True)
class WithdrawDecision(Command):
    decision_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RecordAction(Command):
    action_id: str
    item_id: str
    what: str
    who: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class CorrectAction(Command):
    action_id: str
    what: str
    who: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawAction(Command):
    action_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RecordStatement(Command):
    """What somebody wanted to stand in the record. `who`: a person_id of the meeting, or free text."""

    statement_id: str
    what: StatementKind
    item_id: str
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class CorrectStatement(Command):
    statement_id: str
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class WithdrawStatement(Command):
    statement_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MakeRemark(Command):
    """About a passage of the shared notes; see facts.RemarkMade."""

    remark_id: str
    what: RemarkKind
    item_id: str
    anchor: str
    head: str
    quoted: str
    text: str


@dataclass(frozen=True, slots=True)
class AnswerRemark(Command):
    remark_id: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class WithdrawRemark(Command):
    remark_id: str


@dataclass(frozen=True, slots=True)
class SetRules(Command):
    """The rules of procedure, whole."""

    quorum: QuorumKind
    quorum_number: int = 0
    votes_need_quorum: bool = True
    turn_seconds: int = 0
    first_speeches_first: bool = True
    preset: str = ""
    secretary_counts: bool = True
    reason: str = ""
    remarks: RemarkRule = "nobody"


@dataclass(frozen=True, slots=True)
class AdjournMeeting(Command):
    """For want of a quorum, until that moment."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class ResumeMeeting(Command):
    pass


@dataclass(frozen=True, slots=True)
class MarkPresence(Command):
    """`mark_id` is made by the browser; marking again under the same id replaces. Times 0: now, and still."""

    mark_id: str
    person_id: str
    place: Place
    from_ms: int = 0
    until_ms: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StrikePresence(Command):
    mark_id: str
    person_id: str
    from_ms: int
    until_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class AddRoomDevice(Command):
    """A meeting room whose people share one device. It joins by a personal link."""

    name: str


@dataclass(frozen=True, slots=True)
class CheckIn(Command):
    """Of the actor, in that room. That the code was fresh is for whoever takes the wish to see."""

    room_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class CheckOut(Command):
    """Of the actor, from the room where they checked in."""


@dataclass(frozen=True, slots=True)
class ExcuseAbsence(Command):
    """An empty reason takes it back."""

    person_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class NameStandIn(Command):
    """An empty stand-in takes it back."""

    person_id: str
    stand_in_id: str


@dataclass(frozen=True, slots=True)
class CallConsensus(Command):
    """`motion_id` is made by the browser. Whoever objects says so within `seconds`."""

    motion_id: str
    item_id: str
    text: str
    seconds: int


@dataclass(frozen=True, slots=True)
class RaiseObjection(Command):
    motion_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawObjection(Command):
    motion_id: str


@dataclass(frozen=True, slots=True)
class CloseConsensus(Command):
    """Before its time by chair or secretary, at its time by the server."""

    motion_id: str


@dataclass(frozen=True, slots=True)
class OpenVote(Command):
    """On a new motion, or on one that found objections: then item and text are the ones it has."""

    motion_id: str
    item_id: str
    text: str
    ballot: Ballot
    seconds: int
    share: Share = "half"
    of: ShareOf = "cast"
    abstentions_count: bool = False
    tie: Tie = "rejected"
    key: str = ""  # of a secret one's box, by the server


@dataclass(frozen=True, slots=True)
class CastVote(Command):
    """In an open ballot, for oneself (`member_id` "" or one's own), or for whom one stands in. Chair and secretary
    also for a member whom they marked present in the room."""

    motion_id: str
    choice: Choice
    member_id: str = ""


@dataclass(frozen=True, slots=True)
class TakeBallot(Command):
    """In a secret one: once per member. `paper`: SHA-256 (hex) of the blinded ballot; said again it changes nothing."""

    motion_id: str
    member_id: str = ""
    paper: str = ""


@dataclass(frozen=True, slots=True)
class CloseVote(Command):
    """Before its time by chair or secretary, at its time by the server."""

    motion_id: str


@dataclass(frozen=True, slots=True)
class ReportBallots(Command):
    """By the server: what the sealed box of a secret vote holds."""

    motion_id: str
    ballots: tuple[SecretBallot, ...]


@dataclass(frozen=True, slots=True)
class BreakTie(Command):
    motion_id: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class WithdrawMotion(Command):
    motion_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GiveFloor(Command):
    """`seconds` 0: what the rules of procedure say."""

    person_id: str
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class EndFloor(Command):
    """By chair, secretary or whoever has it."""


@dataclass(frozen=True, slots=True)
class ReportSpeaking(Command):
    """By the server, before the item changes or the meeting ends. `times`: (person_id, ms) since the last report."""

    times: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SubmitMinutes(Command):
    """To these people of the meeting, each of whom must find them in order, until then (0: no time is set)."""

    reviewers: tuple[str, ...]
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class ReviewMinutes(Command):
    """`version`: of the text that was read. What is not in order goes back to konsep, and needs a remark."""

    approved: bool
    version: int
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ReturnMinutes(Command):
    reason: str


@dataclass(frozen=True, slots=True)
class OpenComments(Command):
    """Again: a later deadline."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class CommentMinutes(Command):
    comment_id: str
    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class CloseComments(Command):
    """By the server, at the deadline."""


@dataclass(frozen=True, slots=True)
class AnswerComment(Command):
    comment_id: str
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ApproveMinutes(Command):
    """`digest` and `version`: of the text that was read."""

    digest: str
    version: int


@dataclass(frozen=True, slots=True)
class SignMinutes(Command):
    """`previous`: digest of the signed file that this one continues, "" for the first signature."""

    previous: str
    digest: str
    manner: SigningManner


@dataclass(frozen=True, slots=True)
class FreezeMinutes(Command):
    pass


@dataclass(frozen=True, slots=True)
class RecordRalat(Command):
    ralat_id: str
    text: str


@dataclass(frozen=True, slots=True)
class StartRecording(Command):
    recording_id: str
    scope: Scope = "everything"
    refusal: Refusal = "unrecorded"


@dataclass(frozen=True, slots=True)
class PauseRecording(Command):
    pass


@dataclass(frozen=True, slots=True)
class ResumeRecording(Command):
    pass


@dataclass(frozen=True, slots=True)
class StopRecording(Command):
    pass


@dataclass(frozen=True, slots=True)
class AnswerRecording(Command):
    """One's own: to be recorded or not."""

    consents: bool


@dataclass(frozen=True, slots=True)
class ReportRecordingFailed(Command):
    recording_id: str
    reason: RecordingEnd


@dataclass(frozen=True, slots=True)
class ReportRecordingSealed(Command):
    recording_id: str
    manifest: str
    size_bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class OrderComposition(Command):
    """A clip: from from_ms to until_ms of the whole."""

    composition_id: str
    kind: Composed = "whole"
    from_ms: int = 0
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class WithdrawComposition(Command):
    composition_id: str


@dataclass(frozen=True, slots=True)
class ReportComposed(Command):
    composition_id: str
    manifest: str
    size_bytes: int
    length_ms: int


@dataclass(frozen=True, slots=True)
class ReportCompositionFailed(Command):
    composition_id: str
    reason: CompositionFault


@dataclass(frozen=True, slots=True)
class FinishAction(Command):
    """By whoever is responsible for it, or a leader of the meeting."""

    action_id: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ReopenAction(Command):
    action_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CarriedAction:
    """As in facts.ActionCarried."""

    origin_id: str
    action_id: str
    number: int
    what: str
    who: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class FollowMeeting(Command):
    """This planned meeting is the next after that one; what was open there is looked at under `item_id`."""

    previous_id: str
    item_id: str
    carried: tuple[CarriedAction, ...] = ()


@dataclass(frozen=True, slots=True)
class SettleCarried(Command):
    """By the server: what became of a carried action item where it comes from."""

    origin_id: str
    action_id: str
    done: bool
    remark: str = ""


@dataclass(frozen=True, slots=True)
class SetSchedule(Command):
    schedule: str


@dataclass(frozen=True, slots=True)
class SetHold(Command):
    """`held`: nothing is destroyed from now on; not `held`: the schedule goes on."""

    held: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ReportErased(Command):
    """By the server: as in facts.RecordErased."""

    classes: tuple[str, ...]
    schedule: str
    files: int = 0


@dataclass(frozen=True, slots=True)
class ReportInterruption(Command):
    """By the server, when it takes a meeting up again after it was killed. flowing: sessions whose media went on
    meanwhile, as the media plane saw it."""

    since_ms: int
    flowing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportMediaDown(Command):
    since_ms: int


@dataclass(frozen=True, slots=True)
class ReportMediaUp(Command):
    pass
