"""A small meeting that never was, fact by fact: what a template can name is what its papers say. Pure."""

from __future__ import annotations

from server.documents.sample import STARTS_MS
from server.documents.wording import Wording
from server.meeting import facts
from server.meeting.facts import Fact, NumberedFact, Role

MINUTE_MS = 60_000
ADDRESSEES = 7  # more than stand in a letter itself


def sample_facts(words: Wording) -> tuple[NumberedFact, ...]:
    """Planned, held, minuted and approved; with one of everything that papers list."""
    said = {name: words(f"document.sample.{name}") for name in ("title", "item", "notes", "decision", "action", "post")}
    ends_ms = STARTS_MS + 90 * MINUTE_MS
    plan = facts.MeetingPlanned(
        "a1", said["title"], STARTS_MS, ends_ms, "Asia/Jakarta", "Ruang Rapat", "005/17/Setda", "2025-12-29"
    )
    leaders: tuple[tuple[str, Role], ...] = (("Rahayu Wulandari", "chair"), ("Sari Lestari", "secretary"))
    people = [
        facts.Invited("a1", f"p{place}", name, role, f"{said['post']} {place}", "Setda", "Penata / III c")
        for place, (name, role) in enumerate(leaders, 1)
    ]
    people += [
        facts.Invited("a1", f"p{place}", f"Peserta {place}", "participant", f"{said['post']} {place}", "Setda")
        for place in range(3, ADDRESSEES + 3)
    ]
    before: list[Fact] = [
        plan,
        facts.AgendaSet("a1", (facts.AgendaItem("i1", said["item"]),)),
        *people,
        facts.InvitationsSent("a1", copies=(said["post"],)),
    ]
    during: list[Fact] = [facts.MeetingOpened("p1")]
    for one in people[:2]:
        during += [facts.Joined(one.person_id, f"s-{one.person_id}")]
        during += [facts.PresenceConfirmed(f"s-{one.person_id}", "act")]
    during += [
        facts.ItemOpened("p1", "i1"),
        facts.NotesWritten("p2", "i1", 1, said["notes"]),
        facts.DecisionRecorded("p2", "d1", 1, "i1", said["decision"], "mufakat"),
        facts.ActionRecorded("p2", "t1", 1, "i1", said["action"], "p2", "2026-01-15"),
    ]
    after: list[Fact] = [facts.MeetingClosed("p1"), facts.MinutesApproved("p1", "ab" * 32, 1)]
    timed = [(STARTS_MS - MINUTE_MS, one) for one in before] + [(STARTS_MS, one) for one in during]
    timed += [(ends_ms, one) for one in after]
    return tuple(NumberedFact(number, at_ms, one, "00" * 32) for number, (at_ms, one) in enumerate(timed, 1))
