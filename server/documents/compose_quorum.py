"""Whether enough of the members were there, as the notula tells it: when it was so at first, and each change. Pure.

The rule is always the one that stood at that moment: it may be changed while the meeting is on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

from server.documents.sources import Sources
from server.meeting import facts
from server.meeting.attendance import Attendance
from server.meeting.deliberation import Procedure, procedure_of
from server.meeting.quorum import Quorum, QuorumRule, quorum

Values: TypeAlias = dict[str, str | int]
Told: TypeAlias = tuple[Literal["quorum", "quorum_change", "quorum_rule", "adjourned", "resumed"], int, Values]


def rule_at(sources: Sources, at_ms: int) -> QuorumRule:
    rule = Procedure().rule
    for one in sources.rules:
        if one.at_ms <= at_ms and isinstance(one.fact, facts.RulesSet):
            rule = procedure_of(one.fact).rule
    return rule


def first_reached(here: Attendance, sources: Sources) -> Told:
    """How many are there only rises when somebody comes, what is needed changes only by a rule: those moments are
    enough."""
    coming = {stretch.from_ms for one in here.attendees for stretch in one.intervals}
    changed = {one.at_ms for one in sources.rules if here.opened_ms <= one.at_ms <= here.until_ms}
    standing = ((at_ms, quorum(here, at_ms, rule_at(sources, at_ms))) for at_ms in sorted(coming | changed))
    never = (0, _nobody(here, rule_at(sources, here.until_ms)))
    at_ms, there = next(((at, one) for at, one in standing if one.reached), never)
    return "quorum", 0, {"needed": there.needed, "invited": there.invited, "at_ms": at_ms}


def _nobody(here: Attendance, rule: QuorumRule) -> Quorum:
    invited = sum(one.role in rule.counting for one in here.attendees)
    return Quorum(0, invited, rule.needed(invited))


def changes(sources: Sources, names: Mapping[str, str], opened_ms: int) -> Iterator[Told]:
    """Each time it was lost or reached again, the rule was changed, or the meeting was put off; that it was reached at
    first is said elsewhere."""
    procedure, first = Procedure(), True
    for told in sources.quorum:
        match told.fact:
            case facts.RulesSet() as fact:
                before, procedure = procedure, procedure_of(fact)
                if opened_ms and told.at_ms >= opened_ms and before.asks != procedure.asks:
                    who = {"who": names.get(fact.by, ""), "reason": fact.reason}
                    rule: Values = {"quorum": fact.quorum, "number": fact.quorum_number, "preset": fact.preset}
                    yield "quorum_rule", told.number, {"at_ms": told.at_ms, **rule, **who}
            case facts.MeetingAdjourned() as fact:
                counts = {"present": fact.present, "needed": fact.needed}
                moments = {"at_ms": told.at_ms, "until_ms": fact.until_ms, "times": fact.times}
                yield "adjourned", told.number, {**moments, **counts}
            case facts.MeetingResumed():
                yield "resumed", told.number, {"at_ms": told.at_ms}
            case facts.QuorumReached() | facts.QuorumLost() as fact:
                reached = isinstance(fact, facts.QuorumReached)
                if not (first and reached):
                    here: Values = {"present": fact.present, "needed": fact.needed, "reached": int(reached)}
                    yield "quorum_change", told.number, {"at_ms": told.at_ms, **here}
                first = first and not reached
            case _:
                pass
