"""A second client's memory of a meeting: a snapshot, changed by the facts it gets. Written from signaling/PROTOCOL.md,
not from server/meeting/state.py, so that a test can hold one against the other. Knows nothing of the server's State.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from server.meeting.facts import NumberedFact

Memory = dict[str, Any]


def follow(snapshot: Mapping[str, Any], told: list[NumberedFact]) -> Memory:
    """The snapshot after these facts."""
    memory: Memory = copy.deepcopy(dict(snapshot))
    for numbered in told:
        fields = asdict(numbered.fact) | {"at_ms": numbered.at_ms}
        _CHANGE[type(numbered.fact).__name__](memory, fields)
        memory["number"] = numbered.number
    return memory


def _set(**fixed: Any) -> Callable[[Memory, Memory], None]:
    def change(memory: Memory, _: Memory) -> None:
        memory.update(fixed)

    return change


def _take(*names: str) -> Callable[[Memory, Memory], None]:
    def change(memory: Memory, fields: Memory) -> None:
        memory.update({name: fields[name] for name in names})

    return change


def _put(table: str, key: str, *names: str, **extra: Any) -> Callable[[Memory, Memory], None]:
    """A row of a table: in its place if it is known, else at the end."""

    def change(memory: Memory, fields: Memory) -> None:
        row = {name: fields[name] for name in (key, *names)} | extra
        rows = memory[table]
        places = [at for at, one in enumerate(rows) if one[key] == row[key]]
        if places:
            rows[places[0]] = row
        else:
            rows.append(row)

    return change


def _alter(table: str, key: str, *names: str, **fixed: Any) -> Callable[[Memory, Memory], None]:
    def change(memory: Memory, fields: Memory) -> None:
        for row in memory[table]:
            if row[key] == fields[key]:
                row.update({name: fields[name] for name in names} | fixed)

    return change


def _drop(table: str, key: str) -> Callable[[Memory, Memory], None]:
    def change(memory: Memory, fields: Memory) -> None:
        memory[table] = [row for row in memory[table] if row[key] != fields[key]]

    return change


def _lower(memory: Memory, fields: Memory) -> None:
    memory["hands"] = [one for one in memory["hands"] if one != fields["person_id"]]


def _raise(memory: Memory, fields: Memory) -> None:
    memory["hands"].append(fields["person_id"])


def _revoke(memory: Memory, fields: Memory) -> None:
    _drop("people", "person_id")(memory, fields)
    _drop("excused", "person_id")(memory, fields)
    memory["stand_ins"] = [row for row in memory["stand_ins"] if fields["person_id"] not in row.values()]
    _lower(memory, fields)


def _left(memory: Memory, fields: Memory) -> None:
    gone = [row for row in memory["sessions"] if row["session_id"] == fields["session_id"]]
    _drop("sessions", "session_id")(memory, fields)
    if gone and fields["reason"] != "replaced":
        _lower(memory, gone[0])


def _item(memory: Memory, fields: Memory) -> None:
    memory.update(current_item_id=fields["item_id"], current_item_since_ms=fields["at_ms"], speeches=[])


def _open(memory: Memory, fields: Memory) -> None:
    memory.update(status="open", opened_ms=fields["at_ms"])


def _agenda(memory: Memory, fields: Memory) -> None:
    memory["items"] = [dict(item) for item in fields["items"]]


def _interrupted(memory: Memory, _: Memory) -> None:
    memory["media_down_since_ms"] = 0
    for row in memory["sessions"]:
        row["present"] = False


def _media_down(memory: Memory, fields: Memory) -> None:
    memory["media_down_since_ms"] = fields["since_ms"]


def _switch(name: str) -> Callable[[Memory, Memory], None]:
    def change(memory: Memory, fields: Memory) -> None:
        for row in memory["sessions"]:
            if row["session_id"] == fields["session_id"]:
                row[name] = fields["on"]

    return change


def _planned(memory: Memory, fields: Memory) -> None:
    _PLAN(memory, fields)
    memory["status"] = "planned"


def _remark_answered(memory: Memory, fields: Memory) -> None:
    row = next(one for one in memory["remarks"] if one["remark_id"] == fields["remark_id"])
    row["standing"] = "accepted" if fields["accepted"] else "refused"


def _procedure(memory: Memory, fields: Memory) -> None:
    memory["procedure"] = {name: fields[name] for name in memory["procedure"]}


def _adjourned(memory: Memory, fields: Memory) -> None:
    memory["adjournments"] = fields["times"]
    memory["adjourned"] = {"times": fields["times"], "since_ms": fields["at_ms"], "until_ms": fields["until_ms"]}


def _pair(table: str, value: str) -> Callable[[Memory, Memory], None]:
    """A person's one entry; an empty value takes it away, a new one stands last."""

    def change(memory: Memory, fields: Memory) -> None:
        rows = [row for row in memory[table] if row["person_id"] != fields["person_id"]]
        if fields[value]:
            rows.append({"person_id": fields["person_id"], value: fields[value]})
        memory[table] = rows

    return change


_NO_RESULT: Memory = {"yes": 0, "no": 0, "abstain": 0, "present": 0, "digest": "", "key": "", "receipts": []}


def _consensus(memory: Memory, fields: Memory) -> None:
    own = ("motion_id", "motion_number", "item_id", "text", "until_ms")
    row = {name: fields[name] for name in own} | {"phase": "consensus", "opened_ms": fields["at_ms"], "objections": []}
    rules = {"ballot": "hands", "share": "half", "of": "cast", "abstentions_count": False, "tie": "rejected"}
    memory["motions"].append(row | rules | {"eligible": [], "voted": [], "votes": []} | _NO_RESULT)


def _vote(memory: Memory, fields: Memory) -> None:
    own = ("motion_id", "motion_number", "item_id", "text", "until_ms", "ballot", "share", "of", "abstentions_count")
    row = {name: fields[name] for name in (*own, "tie")} | {"phase": "vote", "opened_ms": fields["at_ms"]}
    row |= {"eligible": list(fields["eligible"]), "objections": [], "voted": [], "votes": []} | _NO_RESULT
    row["key"] = fields["key"]
    for at, one in enumerate(memory["motions"]):
        if one["motion_id"] == row["motion_id"]:
            memory["motions"][at] = row | {"objections": one["objections"]}
            return
    memory["motions"].append(row)


def _on_motion(change_row: Callable[[Memory, Memory], None]) -> Callable[[Memory, Memory], None]:
    def change(memory: Memory, fields: Memory) -> None:
        for row in memory["motions"]:
            if row["motion_id"] == fields["motion_id"]:
                change_row(row, fields)

    return change


def _phase(phase: str) -> Callable[[Memory, Memory], None]:
    return _on_motion(lambda row, _: row.update(phase=phase))


def _objection(row: Memory, fields: Memory) -> None:
    for one in row["objections"]:
        if one["person_id"] == fields["person_id"]:
            one["reason"] = fields["reason"]
            return
    row["objections"].append({"person_id": fields["person_id"], "reason": fields["reason"]})


def _no_objection(row: Memory, fields: Memory) -> None:
    row["objections"] = [one for one in row["objections"] if one["person_id"] != fields["person_id"]]


def _voted(row: Memory, fields: Memory) -> None:
    row["voted"] = [one for one in row["eligible"] if one in (*row["voted"], fields["member_id"])]


def _result(row: Memory, fields: Memory) -> None:
    row.update({name: fields[name] for name in ("yes", "no", "abstain", "present", "digest")})
    row.update(phase=fields["outcome"], votes=[list(pair) for pair in fields["votes"]])


def _published(row: Memory, fields: Memory) -> None:
    row["receipts"] = [[one["receipt"], one["choice"]] for one in fields["ballots"]]


def _agreed(row: Memory, fields: Memory) -> None:
    row.update(phase="adopted", present=len(fields["present"]))


def _tie(row: Memory, fields: Memory) -> None:
    row["phase"] = "adopted" if fields["choice"] == "yes" else "rejected"


def _floor(memory: Memory, fields: Memory) -> None:
    _lower(memory, fields)
    who = fields["person_id"]
    memory["floor"] = {"person_id": who, "since_ms": fields["at_ms"], "until_ms": fields["until_ms"]}
    for row in memory["speeches"]:
        if row["person_id"] == who:
            row["times"] += 1
            return
    memory["speeches"].append({"person_id": who, "times": 1})


def _recording(memory: Memory, fields: Memory) -> None:
    own = {name: fields[name] for name in ("recording_id", "scope", "refusal")}
    memory["recording"] = own | {"paused": False, "began_ms": fields["at_ms"], "answers": []}


def _answer(memory: Memory, fields: Memory) -> None:
    answers = memory["recording"]["answers"]
    row = next((one for one in answers if one["person_id"] == fields["person_id"]), None)
    if row is None:
        answers.append({"person_id": fields["person_id"], "consents": fields["consents"]})
    else:
        row["consents"] = fields["consents"]


def _on_recording(**changes: Any) -> Callable[[Memory, Memory], None]:
    return lambda memory, _: memory["recording"].update(changes)


_MARK = _put("marks", "mark_id", "person_id", "place", "from_ms", "until_ms")


def _marked(memory: Memory, fields: Memory) -> None:
    """Whoever checked in is there until their own mark ends."""
    _MARK(memory, fields)
    if fields["until_ms"]:
        memory["check_ins"] = [one for one in memory["check_ins"] if one["mark_id"] != fields["mark_id"]]


def _checked_in(memory: Memory, fields: Memory) -> None:
    memory["check_ins"].append({name: fields[name] for name in ("person_id", "room_id", "mark_id")})


_PLAN = _take("title", "starts_ms", "ends_ms", "zone", "place")
_PERSON = _put("people", "person_id", "name", "role", "function", "office")
_NOT_WAITING = _drop("waiting", "waiting_id")
_NO_ITEM: Memory = {"current_item_id": "", "current_item_since_ms": 0}

_CHANGE: dict[str, Callable[[Memory, Memory], None]] = {
    "MeetingPlanned": _planned,
    "MeetingReplanned": _PLAN,
    "MeetingCancelled": _set(status="cancelled", waiting=[]),
    "AgendaSet": _agenda,
    "Invited": _PERSON,
    "InvitationChanged": _PERSON,
    "InvitationRevoked": _revoke,
    "MeetingOpened": _open,
    "MeetingClosed": _set(status="closed", adjourned=None, locked=False, hands=[], waiting=[], **_NO_ITEM),
    "RoomLocked": _set(locked=True),
    "RoomUnlocked": _set(locked=False),
    "ItemOpened": _item,
    "ItemClosed": _set(**_NO_ITEM),
    "GuestWaiting": _put("waiting", "waiting_id", "name", "office", "function", "at_ms", "known"),
    "GuestAdmitted": _NOT_WAITING,
    "GuestRefused": _NOT_WAITING,
    "GuestGone": _NOT_WAITING,
    "Joined": _put("sessions", "session_id", "person_id", microphone=False, camera=False, screen=False, present=False),
    "PresenceConfirmed": _alter("sessions", "session_id", present=True),
    "PresenceLost": _alter("sessions", "session_id", present=False),
    "Left": _left,
    "ServiceInterrupted": _interrupted,
    "MediaInterrupted": _media_down,
    "MediaRestored": _set(media_down_since_ms=0),
    "MicrophoneSet": _switch("microphone"),
    "CameraSet": _switch("camera"),
    "ScreenSet": _switch("screen"),
    "HandRaised": _raise,
    "HandLowered": _lower,
    "ChatSaid": _put("chat", "chat_id", "person_id", "at_ms", "text"),
    "NotesWritten": _put("notes", "item_id", "version", "text", digest=""),
    "NotesAdopted": _put("notes", "item_id", "version", "text", "digest"),
    "DecisionRecorded": _put(
        "decisions", "decision_id", "number", "item_id", "text", "method", "at_ms", "motion_id", withdrawn=False
    ),
    "DecisionCorrected": _alter("decisions", "decision_id", "text", "method"),
    "DecisionWithdrawn": _alter("decisions", "decision_id", withdrawn=True),
    "ActionRecorded": _put("actions", "action_id", "number", "item_id", "what", "who", "due", "at_ms", withdrawn=False),
    "ActionCorrected": _alter("actions", "action_id", "what", "who", "due"),
    "ActionWithdrawn": _alter("actions", "action_id", withdrawn=True),
    "StatementRecorded": _put(
        "statements", "statement_id", "what", "number", "item_id", "who", "text", "at_ms", withdrawn=False
    ),
    "StatementCorrected": _alter("statements", "statement_id", "who", "text"),
    "StatementWithdrawn": _alter("statements", "statement_id", withdrawn=True),
    "DocumentAttached": _put(
        "documents", "document_id", "item_id", "name", "media_type", "size_bytes", "digest", "at_ms"
    ),
    "DocumentWithdrawn": _drop("documents", "document_id"),
    "RemarkMade": _put(
        "remarks",
        "remark_id",
        "what",
        "person_id",
        "item_id",
        "anchor",
        "head",
        "quoted",
        "text",
        "at_ms",
        standing="open",
    ),
    "RemarkAnswered": _remark_answered,
    "RemarkWithdrawn": _alter("remarks", "remark_id", standing="withdrawn"),
    "RulesSet": _procedure,
    "MeetingAdjourned": _adjourned,
    "MeetingResumed": _set(adjourned=None),
    "QuorumReached": _set(quorate=True),
    "QuorumLost": _set(quorate=False),
    "PresenceMarked": _marked,
    "RoomDeviceAdded": lambda memory, fields: memory["rooms"].append(fields["person_id"]),
    "CheckedIn": _checked_in,
    "PresenceStruck": _set(),
    "AbsenceExcused": _pair("excused", "reason"),
    "StandInNamed": _pair("stand_ins", "stand_in_id"),
    "ConsensusCalled": _consensus,
    "Objected": _on_motion(_objection),
    "ObjectionWithdrawn": _on_motion(_no_objection),
    "ConsensusReached": _on_motion(_agreed),
    "ConsensusFailed": _phase("objected"),
    "VoteOpened": _vote,
    "VoteCast": _on_motion(_voted),
    "BallotGranted": _on_motion(_voted),
    "BallotsSealed": _on_motion(lambda row, fields: row.update(phase="counting", present=fields["present"])),
    "BallotsPublished": _on_motion(_published),
    "VoteClosed": _on_motion(_result),
    "TieBroken": _on_motion(_tie),
    "MotionWithdrawn": _phase("withdrawn"),
    "FloorGiven": _floor,
    "FloorEnded": _set(floor=None),
    "RecordingStarted": _recording,
    "RecordingAnswered": _answer,
    "RecordingPaused": _on_recording(paused=True),
    "RecordingResumed": _on_recording(paused=False),
    "RecordingStopped": _set(recording=None),
}
