"""The quorum of a notula in words: reached, lost, changed, and the meeting put off. No fact is read here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.documents.compose import Document, Line
from server.documents.sheet import Field

if TYPE_CHECKING:
    from server.documents.wording import Wording


def quorum_field(paper: Document, words: Wording) -> Field:
    changes = paper.of("quorum_change", "quorum_rule", "adjourned", "resumed")
    return Field(words("document.quorum"), (_reached(paper, words), *(_change(one, paper, words) for one in changes)))


def _reached(paper: Document, words: Wording) -> str:
    line = paper.of("quorum")[0]
    at_ms = line.number("at_ms")
    values = {"needed": line.number("needed"), "invited": line.number("invited")}
    if not values["needed"]:
        return words("document.quorum.none")
    if not at_ms:
        return words("document.quorum.never", **values)
    return words("document.quorum.reached", **values, time=words.time(at_ms, paper.plan.zone))


def _change(line: Line, paper: Document, words: Wording) -> str:
    zone = paper.plan.zone
    time = words.time(line.number("at_ms"), zone)
    if line.kind == "resumed":
        return words("document.quorum.resumed", time=time)
    if line.kind == "quorum_rule":
        return words("document.quorum.rule", time=time, **rule_words(line, words))
    counts = {"present": line.number("present"), "needed": line.number("needed")}
    if line.kind == "adjourned":
        until = moment(line.number("until_ms"), line.number("at_ms"), zone, words)
        return words("document.quorum.adjourned", time=time, until=until, times=line.number("times"), **counts)
    key = "document.quorum.again" if line.number("reached") else "document.quorum.lost"
    return words(key, time=time, **counts)


def rule_words(line: Line, words: Wording) -> dict[str, str]:
    """`rule`: what is needed from then on, with the kind of meeting that asks for it; `who` set it, and `reason`."""
    rule = words(f"document.quorum.rule.{line.text('quorum')}", number=line.number("number"))
    if line.text("preset"):
        rule = f"{rule} ({words('common.preset.' + line.text('preset'))})"
    return {"rule": rule, "who": line.text("who") or words("document.quorum.office"), "reason": line.text("reason")}


def moment(at_ms: int, today_ms: int, zone: str, words: Wording) -> str:
    """A time of the same day, or the day as well."""
    day, time = words.day(at_ms, zone), words.time(at_ms, zone)
    return time if day == words.day(today_ms, zone) else f"{day}, {time}"
