"""The risalah: the notula's lines, and every thing that was said or done, with its moment. Pure, without a language.

Nothing of a secret ballot but its opening and its sums is ever read here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from server.documents import compose
from server.documents.compose import Document, Line
from server.meeting import facts
from server.meeting.attendance import attendance
from server.meeting.deliberation import Procedure, procedure_of
from server.meeting.facts import Fact, NumberedFact
from server.meeting.state import State, replay

Values: TypeAlias = dict[str, str | int]


@dataclass(slots=True)
class _Telling:
    """What has been read so far. Lives only within one call of `risalah`."""

    state: State
    names: dict[str, str]
    item_id: str = ""
    floor_since_ms: int = 0
    open: bool = False
    procedure: Procedure = field(default_factory=Procedure)
    motions: dict[str, Values] = field(default_factory=dict)

    def who(self, person_id: str) -> str:
        return self.names.get(person_id, "")


def risalah(meeting_id: str, journal: Sequence[NumberedFact], now_ms: int) -> Document:
    """The notula, with a `moment` line for each thing that happened: `what` (a code), `who`, `at_ms`, `item_id`."""
    paper = compose.notula(meeting_id, journal, now_ms)
    state = replay(meeting_id, tuple(journal))
    names = {one.person_id: one.name for one in attendance(journal, now_ms).attendees}
    telling = _Telling(state, names)
    moments = [line for one in journal if (line := _moment(telling, one)) is not None]
    return replace(paper, lines=(*paper.lines, *moments))


def _moment(telling: _Telling, one: NumberedFact) -> Line | None:
    read = _READ.get(type(one.fact))
    found = read(telling, one.fact, one.at_ms) if read else None
    if found is None:
        return None
    return Line("moment", one.number, {"at_ms": one.at_ms, "item_id": telling.item_id, "who": "", **found})


def _opened(telling: _Telling, _: Fact, __: int) -> Values:
    telling.open = True
    return {"what": "opened"}


def _closed(telling: _Telling, _: Fact, __: int) -> Values:
    telling.item_id = ""
    return {"what": "closed"}


def _item_opened(telling: _Telling, fact: facts.ItemOpened, _: int) -> Values:
    telling.item_id = fact.item_id
    return {"what": "item_opened"}


def _item_closed(telling: _Telling, _: facts.ItemClosed, __: int) -> None:
    telling.item_id = ""


def _floor_given(telling: _Telling, fact: facts.FloorGiven, at_ms: int) -> Values:
    telling.floor_since_ms = at_ms
    return {"what": "floor", "who": telling.who(fact.person_id)}


def _floor_ended(telling: _Telling, fact: facts.FloorEnded, at_ms: int) -> Values:
    seconds = (at_ms - telling.floor_since_ms + 500) // 1000
    return {"what": "floor_ended", "who": telling.who(fact.person_id), "length": f"{seconds // 60}:{seconds % 60:02}"}


def _chat(telling: _Telling, fact: facts.ChatSaid, _: int) -> Values:
    return {"what": "chat", "who": telling.who(fact.person_id), "text": fact.text}


def _consensus(telling: _Telling, fact: facts.ConsensusCalled, _: int) -> Values:
    telling.motions[fact.motion_id] = {"number": fact.motion_number, "text": fact.text}
    return {"what": "consensus", **telling.motions[fact.motion_id]}


def _objected(telling: _Telling, fact: facts.Objected, _: int) -> Values:
    return {"what": "objected", "who": telling.who(fact.person_id), "text": fact.reason, **_of(telling, fact)}


def _objection_withdrawn(telling: _Telling, fact: facts.ObjectionWithdrawn, _: int) -> Values:
    return {"what": "objection_withdrawn", "who": telling.who(fact.person_id), **_of(telling, fact)}


def _agreed(telling: _Telling, fact: facts.ConsensusReached, _: int) -> Values:
    return {"what": "agreed", "present": len(fact.present), **_of(telling, fact)}


def _not_agreed(telling: _Telling, fact: facts.ConsensusFailed, _: int) -> Values:
    return {"what": "not_agreed", **_of(telling, fact)}


def _vote(telling: _Telling, fact: facts.VoteOpened, _: int) -> Values:
    known = telling.motions.setdefault(fact.motion_id, {"number": fact.motion_number, "text": fact.text})
    return {"what": "vote", "ballot": fact.ballot, "eligible": len(fact.eligible), **known}


def _counted(telling: _Telling, fact: facts.VoteClosed, _: int) -> Values:
    return {"what": "counted", "yes": fact.yes, "no": fact.no, "abstain": fact.abstain, "outcome": fact.outcome,
            **_of(telling, fact)}  # fmt: skip


def _tie(telling: _Telling, fact: facts.TieBroken, _: int) -> Values:
    return {"what": "tie_broken", "who": telling.who(fact.by), "choice": fact.choice, **_of(telling, fact)}


def _motion_withdrawn(telling: _Telling, fact: facts.MotionWithdrawn, _: int) -> Values:
    return {"what": "motion_withdrawn", **_of(telling, fact)}


def _of(telling: _Telling, fact: Any) -> Values:
    return {"number": telling.motions.get(fact.motion_id, {}).get("number", 0)}


def _decision(telling: _Telling, fact: facts.DecisionRecorded, _: int) -> Values:
    """As it reads now: what was corrected is not repeated."""
    now = telling.state.decisions[fact.decision_id]
    return {"what": "withdrawn" if now.withdrawn else "decision", "number": fact.number, "text": now.text}


def _action(telling: _Telling, fact: facts.ActionRecorded, _: int) -> Values:
    now = telling.state.actions[fact.action_id]
    what = "action_withdrawn" if now.withdrawn else "action"
    return {"what": what, "number": fact.number, "text": now.what, "whose": telling.names.get(now.who, now.who)}


def _statement(telling: _Telling, fact: facts.StatementRecorded, _: int) -> Values:
    now = telling.state.statements[fact.statement_id]
    what = f"said_{fact.what}_withdrawn" if now.withdrawn else f"said_{fact.what}"
    return {"what": what, "who": telling.names.get(now.who, now.who), "text": now.text}


def _quorum(_: _Telling, fact: facts.QuorumReached | facts.QuorumLost, __: int) -> Values:
    what = "quorum" if isinstance(fact, facts.QuorumReached) else "quorum_lost"
    return {"what": what, "present": fact.present, "needed": fact.needed}


def _rules(telling: _Telling, fact: facts.RulesSet, _: int) -> Values | None:
    """Only what was changed while the meeting was on, and only who has to be there."""
    before, telling.procedure = telling.procedure, procedure_of(fact)
    if not telling.open or before.asks == telling.procedure.asks:
        return None
    rule: Values = {"quorum": fact.quorum, "number": fact.quorum_number, "preset": fact.preset}
    return {"what": "rules", "who": telling.who(fact.by), "reason": fact.reason, **rule}


def _adjourned(telling: _Telling, fact: facts.MeetingAdjourned, _: int) -> Values:
    counts = {"present": fact.present, "needed": fact.needed, "times": fact.times, "until_ms": fact.until_ms}
    return {"what": "adjourned", "who": telling.who(fact.by), **counts}


def _resumed(telling: _Telling, fact: facts.MeetingResumed, _: int) -> Values:
    return {"what": "resumed", "who": telling.who(fact.by)}


_READ: dict[type[Fact], Callable[[_Telling, Any, int], Values | None]] = {
    facts.MeetingOpened: _opened,
    facts.MeetingClosed: _closed,
    facts.ItemOpened: _item_opened,
    facts.ItemClosed: _item_closed,
    facts.FloorGiven: _floor_given,
    facts.FloorEnded: _floor_ended,
    facts.ChatSaid: _chat,
    facts.ConsensusCalled: _consensus,
    facts.Objected: _objected,
    facts.ObjectionWithdrawn: _objection_withdrawn,
    facts.ConsensusReached: _agreed,
    facts.ConsensusFailed: _not_agreed,
    facts.VoteOpened: _vote,
    facts.VoteClosed: _counted,
    facts.TieBroken: _tie,
    facts.MotionWithdrawn: _motion_withdrawn,
    facts.DecisionRecorded: _decision,
    facts.ActionRecorded: _action,
    facts.StatementRecorded: _statement,
    facts.QuorumReached: _quorum,
    facts.QuorumLost: _quorum,
    facts.RulesSet: _rules,
    facts.MeetingAdjourned: _adjourned,
    facts.MeetingResumed: _resumed,
}
