"""What the notula and the daftar hadir say, as lines that point at facts. Pure: no clock, no language, no layout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from server.documents import compose_quorum
from server.documents.compose_quorum import rule_at
from server.documents.sources import Sources
from server.meeting.attendance import Attendance, Attendee, attendance
from server.meeting.deliberation import Motion
from server.meeting.facts import NumberedFact
from server.meeting.minutes import Stage
from server.meeting.quorum import quorum
from server.meeting.state import Plan, State, Statement, replay

Kind: TypeAlias = Literal[
    "letter", "agenda", "chair", "secretary", "counts", "quorum", "item", "time", "notes", "decision",
    "decision_withdrawn", "motion", "quorum_change", "action", "action_withdrawn", "statement", "gap", "attendee",
    "approval", "ralat", "moment", "carried", "quorum_rule", "adjourned", "resumed",
]  # fmt: skip
AFTER_APPROVAL: frozenset[Kind] = frozenset({"approval", "ralat"})
"""Lines that stand below the approved text: they are not part of what was approved."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is said. `fact_number`: the fact that says it; 0 where it is counted from many."""

    kind: Kind
    fact_number: int = 0
    values: Mapping[str, str | int] = field(default_factory=dict)

    def text(self, key: str) -> str:
        return str(self.values[key])

    def number(self, key: str) -> int:
        return int(self.values[key])


@dataclass(frozen=True, slots=True)
class Document:
    """The lines of one document, in order. `opened_ms` 0: not opened; `closed_ms` 0: a draft, as of `until_ms`."""

    meeting_id: str
    plan: Plan
    opened_ms: int
    closed_ms: int
    until_ms: int
    lines: tuple[Line, ...]
    stage: Stage = "draft"  # of the minutes
    version: int = 0  # how often the text changed

    @property
    def dated_ms(self) -> int:
        """The moment the paper is dated by: of the meeting, never of the printing."""
        return self.opened_ms or self.plan.starts_ms

    def of(self, *kinds: Kind) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind in kinds)

    def first(self, kind: Kind) -> Line | None:
        return next(iter(self.of(kind)), None)


def notula(meeting_id: str, journal: Sequence[NumberedFact], now_ms: int) -> Document:
    """The minutes, from all facts of a meeting."""
    state = replay(meeting_id, tuple(journal))
    here = attendance(journal, now_ms)
    sources = Sources.of(journal)
    return _document(state, here, tuple(_notula_lines(state, here, sources)))


def attendance_list(meeting_id: str, journal: Sequence[NumberedFact], now_ms: int) -> Document:
    """The daftar hadir: one `attendee` line per person, in the order they were invited."""
    state = replay(meeting_id, tuple(journal))
    here = attendance(journal, now_ms)
    sources = Sources.of(journal)
    lines = [*_leaders(here, sources), *_counts(here)]
    names = {one.person_id: one.name for one in here.attendees}
    lines += [_attendee(place, one, names, sources) for place, one in enumerate(here.attendees, 1)]
    return _document(state, here, (*lines, *_gaps(here)))


def masked(nip: str) -> str:
    """An NIP discloses birth date and sex: only its last four digits are shown in a paper that goes round."""
    return "*" * (len(nip) - 4) + nip[-4:] if len(nip) > 4 else "*" * len(nip)


def code(fact_hash: str) -> str:
    """The first eight digits of the fact's hash in the chain, as one reads them out: 3F2A-91BC."""
    return f"{fact_hash[:4]}-{fact_hash[4:8]}".upper() if fact_hash else ""


def _document(state: State, here: Attendance, lines: tuple[Line, ...]) -> Document:
    return Document(
        state.meeting_id,
        state.plan,
        here.opened_ms,
        here.closed_ms,
        here.until_ms,
        lines,
        state.minutes.stage,
        state.minutes.version,
    )


def _notula_lines(state: State, here: Attendance, sources: Sources) -> Iterator[Line]:
    if state.plan.letter_number or state.plan.letter_date:
        letter = {"number": state.plan.letter_number, "date": state.plan.letter_date}
        yield Line("letter", sources.plan, letter)
    for place, item in enumerate(state.items, 1):
        yield Line("agenda", sources.agenda, {"number": place, "title": item.title})
    yield from _leaders(here, sources)
    yield from _counts(here)
    yield Line(*compose_quorum.first_reached(here, sources))
    names = {one.person_id: one.name for one in here.attendees}
    for told in compose_quorum.changes(sources, names, here.opened_ms):
        yield Line(*told)
    for place, item in enumerate(state.items, 1):
        yield Line("item", sources.agenda, {"number": place, "title": item.title, "item_id": item.item_id})
        for stretch in next((one.intervals for one in here.items if one.item_id == item.item_id), ()):
            yield Line("time", 0, {"from_ms": stretch.from_ms, "to_ms": stretch.to_ms})
        yield from _said(state, here, sources, item.item_id)
    known = {item.item_id for item in state.items}
    general = [
        line for item_id in sources.items if item_id not in known for line in _said(state, here, sources, item_id)
    ]
    if general:
        yield Line("item", 0, {"number": 0, "title": "", "item_id": ""})
        yield from general
    yield from _gaps(here)
    yield from _afterwards(state, sources)


def _afterwards(state: State, sources: Sources) -> Iterator[Line]:
    minutes = state.minutes
    if minutes.digest:
        person = state.people.get(minutes.approved_by)
        values: dict[str, str | int] = {
            "name": person.name if person else "",
            "at_ms": minutes.approved_ms,
            "digest": minutes.digest,
        }
        yield Line("approval", sources.approval, values)
    for one in minutes.ralat:
        yield Line("ralat", sources.ralat[one.ralat_id], {"number": one.number, "text": one.text, "at_ms": one.at_ms})


def _said(state: State, here: Attendance, sources: Sources, item_id: str) -> Iterator[Line]:
    if item_id and item_id == state.keeping.item_id:
        yield from _carried(state, sources)
    notes = state.notes.get(item_id)
    if notes is not None and notes.text.strip():
        values: dict[str, str | int] = {"text": notes.text.strip()}
        yield Line("notes", sources.notes[item_id], values | ({"sha256": notes.digest} if notes.digest else {}))
    names = {one.person_id: one.name for one in here.attendees}
    for motion in state.deliberation.motions.values():
        if motion.item_id == item_id:
            yield _motion(motion, names, sources)
    for statement in state.statements.values():
        if statement.item_id == item_id:
            yield _statement(statement, names, sources)
    for decision in state.decisions.values():
        if decision.item_id != item_id:
            continue
        source = sources.decisions[decision.decision_id]
        if decision.withdrawn:
            yield Line("decision_withdrawn", source, {"number": decision.number})
            continue
        there = quorum(here, decision.at_ms, rule_at(sources, decision.at_ms))
        motion_of = state.deliberation.motions.get(decision.motion_id)
        yield Line(
            "decision",
            source,
            {
                "number": decision.number,
                "text": decision.text,
                "method": decision.method,
                "at_ms": decision.at_ms,
                "present": there.present,
                "invited": there.invited,
                "reached": int(there.reached),
                **(_votes(motion_of) if motion_of and decision.method == "vote" else {}),
            },
        )
    for action in state.actions.values():
        if action.item_id != item_id:
            continue
        source = sources.actions[action.action_id]
        if action.withdrawn:
            yield Line("action_withdrawn", source, {"number": action.number})
            continue
        who = names.get(action.who, action.who)
        yield Line("action", source, {"number": action.number, "what": action.what, "who": who, "due": action.due})


def _carried(state: State, sources: Sources) -> Iterator[Line]:
    """What earlier meetings left open, and what became of it."""
    for key, one in state.keeping.carried.items():
        values: dict[str, str | int] = {
            "number": one.number,
            "what": one.what,
            "who": one.who,
            "due": one.due,
            "done": int(one.done is not None),
            "remark": one.done.remark if one.done else "",
        }
        yield Line("carried", sources.carried[key], values)


def _leaders(here: Attendance, sources: Sources) -> Iterator[Line]:
    for one in here.attendees:
        if one.role == "chair":
            yield Line("chair", sources.people[one.person_id], _person(one))
        elif one.role == "secretary":
            yield Line("secretary", sources.people[one.person_id], _person(one))


def _person(one: Attendee) -> dict[str, str | int]:
    return {
        "name": one.name,
        "nip": masked(one.nip),
        "rank": one.rank,
        "function": one.function,
        "office": one.office,
    }


def _counts(here: Attendance) -> Iterator[Line]:
    invited = [one for one in here.attendees if one.role != "guest"]
    came = ("present", "late")
    counts = {
        "invited": len(invited),
        "present": sum(one.status in came for one in invited),
        "represented": sum(one.status == "represented" for one in invited),
        "excused": sum(one.status == "excused" for one in invited),
        "absent": sum(one.status == "absent" for one in invited),
        "guests": sum(one.role == "guest" and one.status in came for one in here.attendees),
        "watchers": here.watched,
    }
    yield Line("counts", 0, counts)


def _motion(motion: Motion, names: Mapping[str, str], sources: Sources) -> Line:
    """`objections`: a name per line; `named`: a choice and a name per line, of a roll call."""
    return Line(
        "motion",
        sources.motions[motion.motion_id],
        {
            "number": motion.number,
            "text": motion.text,
            "phase": motion.phase,
            "ballot": motion.ballot,
            "by_vote": int(bool(motion.eligible)),
            "objections": "\n".join(names.get(one, one) for one in motion.objections),
            "named": "\n".join(f"{choice} {names.get(one, one)}" for one, choice in motion.by_name),
            "digest": motion.digest,
            **_votes(motion),
        },
    )


def _statement(one: Statement, names: Mapping[str, str], sources: Sources) -> Line:
    """What was withdrawn keeps its place and its author, not its words."""
    values: dict[str, str | int] = {
        "what": one.what,
        "who": names.get(one.who, one.who),
        "text": "" if one.withdrawn else one.text,
        "at_ms": one.at_ms,
        "withdrawn": int(one.withdrawn),
    }
    return Line("statement", sources.statements[one.statement_id], values)


def _votes(motion: Motion) -> dict[str, str | int]:
    return {"yes": motion.yes, "no": motion.no, "abstain": motion.abstain}


def _gaps(here: Attendance) -> Iterator[Line]:
    for gap in here.gaps:
        yield Line("gap", 0, {"from_ms": gap.from_ms, "to_ms": gap.to_ms})


def _attendee(place: int, one: Attendee, names: Mapping[str, str], sources: Sources) -> Line:
    """`stretches`: pairs of Unix ms, "from-to", one space between; "" for who never was there."""
    confirmed = sources.confirmed.get(one.person_id) if one.intervals else None
    values: dict[str, str | int] = {
        "number": place,
        **_person(one),
        "role": one.role,
        "status": one.status,
        "left_early": int(one.left_early),
        "stretches": " ".join(f"{stretch.from_ms}-{stretch.to_ms}" for stretch in one.intervals),
        "total_ms": one.total_ms,
        "spoken_ms": one.spoken_ms,
        "manner": one.manner,
        "excuse": one.excuse,
        "stand_in": names.get(one.stand_in_id, ""),
        "stands_for": "; ".join(names.get(who, who) for who in one.stands_for),
        "code": code(confirmed.hash) if confirmed else "",
        "signature": one.signature if one.intervals else "",
    }
    return Line("attendee", confirmed.number if confirmed else sources.people[one.person_id], values)
