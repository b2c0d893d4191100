"""Everything that can have happened in a meeting: one frozen class per kind, past tense, language-free.

Facts are immutable and are never deleted; a correction is a new fact. No rule, no clock and no text for readers lives
here. A field that names a person, an address or free text is personal: the journal seals the whole payload.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

Role: TypeAlias = Literal["chair", "secretary", "participant", "observer", "guest", "watcher"]
"""watcher: somebody of the public in a public session, without a name; only counted."""
LeaveReason: TypeAlias = Literal["left", "lost", "removed", "replaced", "closed"]
Evidence: TypeAlias = Literal["media", "act"]
Method: TypeAlias = Literal["mufakat", "vote", "chair"]
StatementKind: TypeAlias = Literal["statement", "motion", "objection"]  # pernyataan untuk dicatat, usul, keberatan
Place: TypeAlias = Literal["room", "online"]
RemarkKind: TypeAlias = Literal["comment", "suggestion"]  # to a passage of the shared notes
RemarkRule: TypeAlias = Literal["nobody", "comment", "suggest"]  # what who does not write may do there
QuorumKind: TypeAlias = Literal[
    "none", "half", "at_least_half", "two_thirds", "three_quarters", "number"
]  # half: more than; else at least
Ballot: TypeAlias = Literal["hands", "roll_call", "secret"]
Share: TypeAlias = Literal["half", "two_thirds", "three_quarters"]  # half: more than half; the others: at least
ShareOf: TypeAlias = Literal["cast", "present", "members"]
Tie: TypeAlias = Literal["rejected", "chair"]
Choice: TypeAlias = Literal["yes", "no", "abstain"]
SigningManner: TypeAlias = Literal["certificate", "service", "scan"]
Outcome: TypeAlias = Literal["adopted", "rejected", "tied", "void"]  # void: there was no quorum at the close
Answer: TypeAlias = Literal["yes", "no", "maybe", "stand_in"]  # hadir, tidak hadir, tentatif, mewakili
Way: TypeAlias = Literal["link", "web", "mail", "secretary"]  # how an answer came; secretary: by another's word
Nature: TypeAlias = Literal[
    "ordinary", "important", "urgent", "very_urgent", "restricted", "confidential", "strictly_confidential"
]  # sifat: biasa, penting, segera, sangat segera, terbatas, rahasia, sangat rahasia
Frequency: TypeAlias = Literal["daily", "weekly", "monthly_date", "monthly_weekday"]
Capacity: TypeAlias = Literal["", "an", "ub", "plt", "plh"]
"""In which a letter is signed: oneself, atas nama, untuk beliau (a.n. and one level below), pelaksana tugas/harian."""
Direct: TypeAlias = Literal["anyone", "invited", "leaders"]  # who comes in without being let in
Known: TypeAlias = Literal["name", "code", "link", "account"]  # how it is known who waits: by their own word, ...
Scope: TypeAlias = Literal["audio", "audio_screen", "everything"]  # what of the meeting is recorded
Refusal: TypeAlias = Literal["unrecorded", "leave"]  # what becomes of who does not want to be recorded
RecordingEnd: TypeAlias = Literal["ordered", "closed", "disk", "failed"]
Composed: TypeAlias = Literal["whole", "clip"]  # of what was recorded: one watchable file, or a piece of it
CompositionFault: TypeAlias = Literal["disk", "broken", "failed"]  # broken: what was taken is not as it was
Sealing: TypeAlias = Literal["record", "presence", "chat", "trace"]
"""Which of the meeting's keys seals the payload, so that retention can erase one class and leave the others.
trace: what was held and erased; that key is never destroyed, and nothing else belongs there."""


@dataclass(frozen=True, slots=True)
class AgendaItem:
    item_id: str
    title: str
    minutes: int = 0  # planned length; 0: open


@dataclass(frozen=True, slots=True)
class Fact:
    """Root of all facts. `by`: the person_id (account_id where there is none) that wanted it; "" the server."""

    sealing: ClassVar[Sealing] = "record"


# ------------------------------------------------------------ the meeting itself


@dataclass(frozen=True, slots=True)
class MeetingPlanned(Fact):
    by: str
    title: str
    starts_ms: int
    ends_ms: int
    zone: str  # IANA name: Asia/Jakarta (WIB), Asia/Makassar (WITA), Asia/Jayapura (WIT)
    place: str = ""
    letter_number: str = ""
    letter_date: str = ""  # ISO date


@dataclass(frozen=True, slots=True)
class MeetingReplanned(Fact):
    """All planning fields anew, as they now stand."""

    by: str
    title: str
    starts_ms: int
    ends_ms: int
    zone: str
    place: str = ""
    letter_number: str = ""
    letter_date: str = ""


@dataclass(frozen=True, slots=True)
class MeetingCancelled(Fact):
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AgendaSet(Fact):
    """The whole agenda, in order. An item that already has facts keeps its item_id."""

    by: str
    items: tuple[AgendaItem, ...]


@dataclass(frozen=True, slots=True)
class Invited(Fact):
    """A person belongs to the meeting from now on. Guests admitted from the waiting room are invited as role guest."""

    sealing: ClassVar[Sealing] = "presence"
    by: str
    person_id: str
    name: str
    role: Role
    function: str = ""  # jabatan
    office: str = ""  # instansi / unit kerja
    rank: str = ""  # pangkat / golongan
    nip: str = ""
    email: str = ""
    account_id: str = ""  # "" : known by personal link only
    post_id: str = ""  # of the directory: invited as who holds this post; `function` says how it was called then
    official_id: str = ""  # of the directory; "" with a post_id: the post was vacant


@dataclass(frozen=True, slots=True)
class InvitationChanged(Fact):
    sealing: ClassVar[Sealing] = "presence"
    by: str
    person_id: str
    name: str
    role: Role
    function: str = ""
    office: str = ""
    rank: str = ""
    nip: str = ""
    email: str = ""
    account_id: str = ""
    post_id: str = ""
    official_id: str = ""


@dataclass(frozen=True, slots=True)
class InvitationRevoked(Fact):
    sealing: ClassVar[Sealing] = "presence"
    by: str
    person_id: str


@dataclass(frozen=True, slots=True)
class MeetingOpened(Fact):
    by: str


@dataclass(frozen=True, slots=True)
class MeetingClosed(Fact):
    by: str


@dataclass(frozen=True, slots=True)
class RoomLocked(Fact):
    """Nobody new comes in except chair and secretary."""

    by: str


@dataclass(frozen=True, slots=True)
class RoomUnlocked(Fact):
    by: str


@dataclass(frozen=True, slots=True)
class ItemOpened(Fact):
    """This agenda item is discussed from now on; the one before ends here."""

    by: str
    item_id: str


@dataclass(frozen=True, slots=True)
class ItemClosed(Fact):
    """The item ends and none follows at once."""

    by: str
    item_id: str


# ------------------------------------------------------------ who is there


@dataclass(frozen=True, slots=True)
class EntrySet(Fact):
    """How one comes into the room from now on. `direct`: who walks in; `code`: what guests have to know; `limit`: how
    many may be in the room, 0 is no limit; `watch`: whoever has the link may watch."""

    by: str
    direct: Direct = "invited"
    guests: bool = True
    code: str = ""
    limit: int = 0
    early_min: int = 30  # so long before the start the room opens
    watch: bool = False


@dataclass(frozen=True, slots=True)
class WaitingTold(Fact):
    """A word to everybody who waits."""

    sealing: ClassVar[Sealing] = "chat"
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class GuestWaiting(Fact):
    """Somebody asks to be let in: without an invitation (or with a link bound to another browser), or invited to a
    meeting into which only chair and secretary walk by themselves (then `waiting_id` is their person_id)."""

    sealing: ClassVar[Sealing] = "presence"
    waiting_id: str
    name: str
    office: str = ""
    function: str = ""
    known: Known = "name"


@dataclass(frozen=True, slots=True)
class GuestAdmitted(Fact):
    """From now on the waiting one is `person_id`: somebody invited who had to wait, or a guest (an Invited fact
    precedes in the same append)."""

    sealing: ClassVar[Sealing] = "presence"
    by: str
    waiting_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class GuestRefused(Fact):
    sealing: ClassVar[Sealing] = "presence"
    by: str
    waiting_id: str


@dataclass(frozen=True, slots=True)
class GuestGone(Fact):
    """Stopped waiting."""

    sealing: ClassVar[Sealing] = "presence"
    waiting_id: str


@dataclass(frozen=True, slots=True)
class Joined(Fact):
    """A device of this person is connected to the room. It counts as presence once confirmed."""

    sealing: ClassVar[Sealing] = "presence"
    person_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class PresenceConfirmed(Fact):
    """Media flows to or from this session, or its person acted. From this moment the person is present."""

    sealing: ClassVar[Sealing] = "presence"
    session_id: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class PresenceLost(Fact):
    """Media stopped and no act keeps the session present; it ended at `since_ms` (at or before the fact's time)."""

    sealing: ClassVar[Sealing] = "presence"
    session_id: str
    since_ms: int


@dataclass(frozen=True, slots=True)
class Left(Fact):
    """The session is over. `since_ms`: when it was last known to be there (before the fact's time if it was lost)."""

    sealing: ClassVar[Sealing] = "presence"
    session_id: str
    reason: LeaveReason
    since_ms: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class ServiceInterrupted(Fact):
    """The server was not there from `since_ms` until this fact's time; nobody's presence was confirmed meanwhile."""

    since_ms: int


@dataclass(frozen=True, slots=True)
class MediaInterrupted(Fact):
    """The media process died at `since_ms`: nobody saw or heard anybody until MediaRestored."""

    since_ms: int


@dataclass(frozen=True, slots=True)
class MediaRestored(Fact):
    pass


# ------------------------------------------------------------ what they do


@dataclass(frozen=True, slots=True)
class MicrophoneSet(Fact):
    sealing: ClassVar[Sealing] = "presence"
    session_id: str
    on: bool
    by: str


@dataclass(frozen=True, slots=True)
class CameraSet(Fact):
    sealing: ClassVar[Sealing] = "presence"
    session_id: str
    on: bool
    by: str


@dataclass(frozen=True, slots=True)
class ScreenSet(Fact):
    sealing: ClassVar[Sealing] = "presence"
    session_id: str
    on: bool
    by: str


@dataclass(frozen=True, slots=True)
class HandRaised(Fact):
    sealing: ClassVar[Sealing] = "presence"
    person_id: str


@dataclass(frozen=True, slots=True)
class HandLowered(Fact):
    sealing: ClassVar[Sealing] = "presence"
    person_id: str
    by: str


@dataclass(frozen=True, slots=True)
class ChatSaid(Fact):
    sealing: ClassVar[Sealing] = "chat"
    chat_id: str  # made by the sender's browser; saying it twice is saying it once
    person_id: str
    text: str


# ------------------------------------------------------------ what is written


@dataclass(frozen=True, slots=True)
class NotesWritten(Fact):
    """The whole notes of one agenda item ("" : the meeting in general) as plain text. Only in records from before
    notes were a shared text. `version` counts from 1."""

    by: str
    item_id: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class NotesAdopted(Fact):
    """The shared notes of one agenda item as they stood. `text`: their canonical form (richtext.py), `digest`: its
    SHA-256 (hex). `version` goes on from NotesWritten."""

    by: str
    item_id: str
    version: int
    digest: str
    text: str


@dataclass(frozen=True, slots=True)
class DecisionRecorded(Fact):
    by: str
    decision_id: str
    number: int  # per meeting, from 1, never used twice
    item_id: str
    text: str
    method: Method
    motion_id: str = ""  # the motion that was adopted; "": recorded by hand


@dataclass(frozen=True, slots=True)
class DecisionCorrected(Fact):
    by: str
    decision_id: str
    text: str
    method: Method


@dataclass(frozen=True, slots=True)
class DecisionWithdrawn(Fact):
    by: str
    decision_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ActionRecorded(Fact):
    by: str
    action_id: str
    number: int
    item_id: str
    what: str
    who: str  # a person_id of the meeting, or free text if it is none
    due: str = ""  # ISO date


@dataclass(frozen=True, slots=True)
class ActionCorrected(Fact):
    by: str
    action_id: str
    what: str
    who: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class ActionWithdrawn(Fact):
    by: str
    action_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StatementRecorded(Fact):
    """Somebody wanted these words to stand in the record: a statement, a motion or an objection, as it was made. Unlike
    ConsensusCalled and Objected it decides nothing."""

    by: str
    statement_id: str
    what: StatementKind
    number: int  # per meeting, over all kinds, from 1, never used twice
    item_id: str
    who: str  # a person_id of the meeting, or free text if it is none
    text: str


@dataclass(frozen=True, slots=True)
class StatementCorrected(Fact):
    by: str
    statement_id: str
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class StatementWithdrawn(Fact):
    by: str
    statement_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RemarkMade(Fact):
    """Somebody who does not write the notes marked a passage of them: with a comment, or with other words for it.
    `anchor`, `head`: where it stands in the shared text (Yjs' relative positions, base64); `quoted`: how it read.
    The text itself stays as it is until a writer takes the words over."""

    person_id: str
    remark_id: str
    what: RemarkKind
    item_id: str
    anchor: str
    head: str
    quoted: str
    text: str  # of a suggestion: what should stand there; "" nothing


@dataclass(frozen=True, slots=True)
class RemarkAnswered(Fact):
    """A writer took it over (a comment: dealt with it), or not."""

    by: str
    remark_id: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class RemarkWithdrawn(Fact):
    by: str
    remark_id: str


# ------------------------------------------------------------ rules of procedure, and corrections of presence


@dataclass(frozen=True, slots=True)
class RulesSet(Fact):
    """The meeting's rules of procedure as they now stand. `quorum_number` is read only where `quorum` is "number".
    `preset`: the kind of meeting whose rules these are (quorum.PRESETS), "" for the meeting's own. `reason`: why they
    were changed while the meeting was on."""

    by: str
    quorum: QuorumKind
    quorum_number: int = 0
    votes_need_quorum: bool = True
    turn_seconds: int = 0  # how long one may speak; 0: as long as it takes
    first_speeches_first: bool = True
    preset: str = ""
    secretary_counts: bool = True  # among the members; not where a council's secretary only serves it
    reason: str = ""
    remarks: RemarkRule = "nobody"


@dataclass(frozen=True, slots=True)
class MeetingAdjourned(Fact):
    """Put off until `until_ms` because there was no quorum; `times`: the how manyeth time, from 1."""

    by: str
    times: int
    until_ms: int
    present: int
    members: int
    needed: int


@dataclass(frozen=True, slots=True)
class MeetingResumed(Fact):
    by: str


@dataclass(frozen=True, slots=True)
class QuorumReached(Fact):
    """Enough of the members are present from now on."""

    present: int
    members: int
    needed: int


@dataclass(frozen=True, slots=True)
class QuorumLost(Fact):
    present: int
    members: int
    needed: int


@dataclass(frozen=True, slots=True)
class PresenceMarked(Fact):
    """The secretary saw that this person was there from `from_ms` to `until_ms` (0: from then on)."""

    sealing: ClassVar[Sealing] = "presence"
    by: str
    mark_id: str
    person_id: str
    place: Place
    from_ms: int
    until_ms: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PresenceStruck(Fact):
    """Whatever else says so, this person was not there in that time (a device left on, a wrong mark)."""

    sealing: ClassVar[Sealing] = "presence"
    by: str
    mark_id: str
    person_id: str
    from_ms: int
    until_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class RoomDeviceAdded(Fact):
    """This guest (an Invited fact precedes in the same append) is no person but a meeting room whose people share one
    device: it sees, hears and is heard, and is in no list of people."""

    sealing: ClassVar[Sealing] = "presence"
    by: str
    person_id: str


@dataclass(frozen=True, slots=True)
class CheckedIn(Fact):
    """`person_id` scanned the code in that room with their own phone and signed (`signature`: an SVG path, see
    checkin.PAD). A PresenceMarked by the person follows in the same append."""

    sealing: ClassVar[Sealing] = "presence"
    person_id: str
    room_id: str
    mark_id: str
    signature: str


@dataclass(frozen=True, slots=True)
class AbsenceExcused(Fact):
    """This person said beforehand why they cannot come (izin, sakit, tugas). "" takes it back."""

    sealing: ClassVar[Sealing] = "presence"
    by: str
    person_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class StandInNamed(Fact):
    """`stand_in_id` is there for `person_id` (mewakili); "" takes it back."""

    sealing: ClassVar[Sealing] = "presence"
    by: str
    person_id: str
    stand_in_id: str


# ------------------------------------------------------------ deciding


@dataclass(frozen=True, slots=True)
class ConsensusCalled(Fact):
    """Mufakat is asked for: whoever objects says so until `until_ms`. `motion_number`: per meeting, from 1."""

    by: str
    motion_id: str
    motion_number: int
    item_id: str
    text: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Objected(Fact):
    motion_id: str
    person_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ObjectionWithdrawn(Fact):
    motion_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class ConsensusReached(Fact):
    """Nobody objected. `present`: the members who were there, represented ones included."""

    by: str
    motion_id: str
    present: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConsensusFailed(Fact):
    """Time is over and somebody still objects; a vote may follow on the same motion."""

    by: str
    motion_id: str


@dataclass(frozen=True, slots=True)
class VoteOpened(Fact):
    """`eligible`: the members, each with one vote, however many devices they have and whoever stands in for them."""

    by: str
    motion_id: str
    motion_number: int
    item_id: str
    text: str
    ballot: Ballot
    share: Share
    of: ShareOf
    abstentions_count: bool
    tie: Tie
    eligible: tuple[str, ...]
    until_ms: int
    key: str = (
        ""  # of a secret ballot: what its papers are signed with (SubjectPublicKeyInfo, DER, hex), for all the same
    )


@dataclass(frozen=True, slots=True)
class VoteCast(Fact):
    """`person_id` votes for `member_id` (itself, or whom it stands in for). The last one before the close counts."""

    motion_id: str
    person_id: str
    member_id: str
    choice: Choice | Literal[""]  # "" only in what others see while the vote is open


@dataclass(frozen=True, slots=True)
class BallotGranted(Fact):
    """A secret ballot paper was signed for this member, once. What is on it is never a fact, nor when it came back.
    `paper`: SHA-256 (hex) of the blinded ballot, which says nothing of it: the same one may be asked for again."""

    motion_id: str
    person_id: str
    member_id: str
    paper: str = ""


@dataclass(frozen=True, slots=True)
class BallotsSealed(Fact):
    """No secret ballot paper is handed out from now on; what was handed out may still come in for a moment.
    `present` and `quorate`: members there at this moment, and whether they were enough."""

    by: str
    motion_id: str
    present: int = 0
    quorate: bool = True


@dataclass(frozen=True, slots=True)
class SecretBallot:
    """As it lay in the box. `receipt`: made by the voter's browser, known to nobody else until it was put in. `prefix`
    and `signature` (hex): RFC 9474, RSABSSA-SHA384-PSS-Randomized, over meeting, motion, choice and receipt."""

    receipt: str
    choice: Choice
    prefix: str
    signature: str


@dataclass(frozen=True, slots=True)
class BallotsPublished(Fact):
    """Everything that was in the box, by receipt: an order that says nothing of when it came."""

    motion_id: str
    ballots: tuple[SecretBallot, ...]


@dataclass(frozen=True, slots=True)
class VoteClosed(Fact):
    """`present`: members there at the close. `votes`: by name for a roll call only. `digest`: SHA-256 over the
    published secret ballots, "" otherwise."""

    by: str
    motion_id: str
    yes: int
    no: int
    abstain: int
    present: int
    outcome: Outcome
    votes: tuple[tuple[str, Choice], ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class TieBroken(Fact):
    by: str
    motion_id: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class MotionWithdrawn(Fact):
    by: str
    motion_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FloorGiven(Fact):
    """This person speaks now, until `until_ms` (0: no limit); their hand goes down."""

    by: str
    person_id: str
    item_id: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class FloorEnded(Fact):
    by: str
    person_id: str


@dataclass(frozen=True, slots=True)
class SpeakingMeasured(Fact):
    """How long each was heard since the fact before, while this item ("": none) was on. `times`: (person_id, ms)."""

    sealing: ClassVar[Sealing] = "presence"
    item_id: str
    times: tuple[tuple[str, int], ...]


# ------------------------------------------------------------ what becomes of the minutes afterwards


@dataclass(frozen=True, slots=True)
class MinutesSubmitted(Fact):
    """Konsep goes to its reviewers. `version`: how often the text had changed when this happened.
    `until_ms`: when the reviewers should have looked; 0: no time was set."""

    by: str
    reviewers: tuple[str, ...]
    version: int
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class MinutesReviewed(Fact):
    person_id: str
    approved: bool
    remark: str
    version: int


@dataclass(frozen=True, slots=True)
class MinutesReturned(Fact):
    """Back to konsep, before they were approved."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class CommentsOpened(Fact):
    """Those who attended may comment until `until_ms`; opened again: a later deadline."""

    by: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class MinutesCommented(Fact):
    """`comment_id` is made with the page, so that a form sent twice is one comment. `item_id` "": on the whole."""

    person_id: str
    comment_id: str
    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class CommentsClosed(Fact):
    """The deadline has passed, by the server's clock."""


@dataclass(frozen=True, slots=True)
class CommentAnswered(Fact):
    by: str
    comment_id: str
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class MinutesApproved(Fact):
    """`digest`: SHA-256 (hex) over the notula's language-free lines as they stood at `version` changes of the text."""

    by: str
    digest: str
    version: int


@dataclass(frozen=True, slots=True)
class MinutesSigned(Fact):
    """`digest`: SHA-256 (hex) of the signed file that is kept; it contains the signatures before this one."""

    person_id: str
    digest: str
    manner: SigningManner


@dataclass(frozen=True, slots=True)
class MinutesFrozen(Fact):
    by: str


@dataclass(frozen=True, slots=True)
class RalatRecorded(Fact):
    """A correction to frozen minutes: what was printed stays, this stands beside it. `ralat_number` from 1."""

    by: str
    ralat_id: str
    ralat_number: int
    text: str


# ------------------------------------------------------------ the letter, and the answers to it


@dataclass(frozen=True, slots=True)
class InvitationsSent(Fact):
    """From now on everybody invited is written to, and told of each change. How the letter reads: `nature` (sifat), on
    what basis (alinea pembuka; "" the usual words), who signs it, who gets a copy (tembusan, a line each). `about`: the
    subject (hal); `capacity`: in which the signer signs, `on_behalf`: for which post; `opening`, `way`, `closing`: the
    paragraphs around the rows. "" is the usual each time."""

    by: str
    nature: Nature = "ordinary"
    basis: str = ""
    signer_id: str = ""  # a person_id of the meeting; "" or gone: the chair
    copies: tuple[str, ...] = ()
    about: str = ""
    capacity: Capacity = ""
    on_behalf: str = ""
    opening: str = ""
    way: str = ""
    closing: str = ""


@dataclass(frozen=True, slots=True)
class LetterNumbered(Fact):
    """The letter has a number of the office's register. `counter` 0 and `number` "": the journal writes both in, in the
    transaction that takes the number, so that no number is lost or given twice. `dated`: the letter's date (ISO)."""

    by: str
    register_id: str
    dated: str
    code: str = ""  # klasifikasi; "": the register's own
    counter: int = 0
    number: str = ""


@dataclass(frozen=True, slots=True)
class LetterIssued(Fact):
    """The letter was signed as a file, which is what is mailed. `digest`: SHA-256 (hex) of that file; `content`: of
    what was set, so that a letter that reads otherwise is known to need another signature."""

    by: str
    language: str
    digest: str
    content: str
    manner: SigningManner


@dataclass(frozen=True, slots=True)
class InvitationAnswered(Fact):
    """`starts_ms`: the start that whoever answered was shown. An answer for another start is a stale one. `written_ms`:
    when it was written, where that was before this fact's time (a mail under way); 0: at this fact's time."""

    sealing: ClassVar[Sealing] = "presence"
    by: str
    person_id: str
    answer: Answer
    starts_ms: int
    way: Way
    stand_in_name: str = ""
    stand_in_function: str = ""
    message: str = ""
    stand_in_email: str = ""
    written_ms: int = 0


@dataclass(frozen=True, slots=True)
class RemindersSet(Fact):
    """So many minutes before the start everybody who did not decline is reminded, and who is silent is asked."""

    by: str
    before: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()


# ------------------------------------------------------------ meetings that come again


@dataclass(frozen=True, slots=True)
class RecurrenceSet(Fact):
    """This meeting is the first of a series (recurrence.py): its rule, and how each of its meetings is unless its own
    record says otherwise. Set again: the rule as it now stands."""

    by: str
    frequency: Frequency
    interval: int
    weekdays: tuple[int, ...]
    count: int
    until: str
    starts_ms: int
    ends_ms: int
    zone: str
    title: str
    place: str


@dataclass(frozen=True, slots=True)
class OccurrenceSet(Fact):
    """This meeting is the one of that series (the id of its first meeting) that was to begin at `slot_ms`."""

    by: str
    series_id: str
    slot_ms: int


@dataclass(frozen=True, slots=True)
class OccurrenceDropped(Fact):
    """The meeting of this series that was to begin at `slot_ms` was cancelled alone."""

    by: str
    slot_ms: int


# ------------------------------------------------------------ documents


@dataclass(frozen=True, slots=True)
class DocumentAttached(Fact):
    """A document of the meeting, or of one agenda item ("" : in general). `digest`: SHA-256 (hex) of its bytes, which
    are kept elsewhere, sealed with a key of their own."""

    by: str
    document_id: str
    item_id: str
    name: str
    media_type: str
    size_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class DocumentWithdrawn(Fact):
    """It is no longer offered, and its bytes are destroyed."""

    by: str
    document_id: str


# ------------------------------------------------------------ recording


@dataclass(frozen=True, slots=True)
class RecordingStarted(Fact):
    by: str
    recording_id: str
    scope: Scope
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class RecordingAnswered(Fact):
    """Whether this person agrees to the recording that is on."""

    sealing: ClassVar[Sealing] = "presence"
    person_id: str
    consents: bool


@dataclass(frozen=True, slots=True)
class RecordingPaused(Fact):
    by: str
    recording_id: str


@dataclass(frozen=True, slots=True)
class RecordingResumed(Fact):
    by: str
    recording_id: str


@dataclass(frozen=True, slots=True)
class RecordingStopped(Fact):
    """`by` "": it could not go on, `reason` says why."""

    by: str
    recording_id: str
    reason: RecordingEnd


@dataclass(frozen=True, slots=True)
class RecordingSealed(Fact):
    """All files of a recording are closed. manifest: SHA-256 (hex) of the list of them with their hashes."""

    recording_id: str
    manifest: str
    size_bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class CompositionOrdered(Fact):
    """One watchable file shall be made. A clip: from from_ms to until_ms of the whole. `by` "": after the meeting."""

    by: str
    composition_id: str
    kind: Composed
    from_ms: int = 0
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class RecordingComposed(Fact):
    """It is there. manifest: SHA-256 (hex) of the list of its files with their hashes."""

    composition_id: str
    manifest: str
    size_bytes: int
    length_ms: int


@dataclass(frozen=True, slots=True)
class CompositionFailed(Fact):
    composition_id: str
    reason: CompositionFault


@dataclass(frozen=True, slots=True)
class CompositionWithdrawn(Fact):
    """Not to be made any more, or made and thrown away. What was taken stays."""

    by: str
    composition_id: str


# ------------------------------------------------------------ what becomes of the record


@dataclass(frozen=True, slots=True)
class ActionDone(Fact):
    """An action item was carried out, as `by` says."""

    by: str
    action_id: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ActionReported(Fact):
    """Whoever is responsible says that it was carried out; chair or secretary confirm it (ActionDone) or do not."""

    by: str
    action_id: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ActionReopened(Fact):
    """It was not done after all."""

    by: str
    action_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class SeriesFollowed(Fact):
    """This meeting is the next one after `previous_id`. What is carried is looked at under `item_id` of the agenda."""

    by: str
    previous_id: str
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class ActionCarried(Fact):
    """An action item of an earlier meeting that was still open. `who`: the name, as it reads there."""

    by: str
    origin_id: str  # that meeting
    action_id: str
    action_number: int
    what: str
    who: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class CarriedSettled(Fact):
    """The carried action item was done in the meanwhile (or, not `done`, is open again)."""

    origin_id: str
    action_id: str
    done: bool
    remark: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleSet(Fact):
    """For how long this meeting is kept, by the name of one of the office's schedules; "" its usual one."""

    sealing: ClassVar[Sealing] = "trace"
    by: str
    schedule: str


@dataclass(frozen=True, slots=True)
class HoldSet(Fact):
    """Nothing of this meeting is destroyed until the hold is lifted."""

    sealing: ClassVar[Sealing] = "trace"
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class HoldLifted(Fact):
    sealing: ClassVar[Sealing] = "trace"
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordErased(Fact):
    """These classes were destroyed because their time was over; `files`: how many kept files went with them."""

    sealing: ClassVar[Sealing] = "trace"
    classes: tuple[str, ...]  # record, presence, chat, recordings, documents
    schedule: str
    files: int = 0


@dataclass(frozen=True, slots=True)
class NumberedFact:
    """A fact as the journal keeps it: `number` from 1 without gaps, server wall time, the chain's hash (hex)."""

    number: int
    at_ms: int
    fact: Fact
    hash: str = ""


def _leaves(root: type[Fact]) -> list[type[Fact]]:
    return [leaf for sub in root.__subclasses__() for leaf in (_leaves(sub) or [sub])]


KINDS: dict[str, type[Fact]] = {cls.__name__: cls for cls in _leaves(Fact)}
"""Every kind by its name, as it stands in the journal: a name here is never reused or renamed."""
