"""Berita acara, kutipan keputusan and the table of votes, in words. No fact is read here, and no file made."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from server.documents.compose import Document, Line
from server.documents.profile import Profile
from server.documents.sheet import Block, Field, Fields, Heading, Paragraph, Sheet, Table
from server.documents.spelled import spelled
from server.documents.wording import (
    NONE,
    Wording,
    approval_blocks,
    decision_cells,
    decision_label,
    framed,
    held,
    names_of,
    signature_block,
    verification_blocks,
)
from server.errors import NotFound


def official_report(paper: Document, attendees: Document, words: Wording, office: Profile, public_url: str) -> Sheet:
    """The berita acara: that the meeting was held, what it led to, and who puts their name to it."""
    plan, counts = paper.plan, paper.of("counts")[0]
    opening = words(
        "document.report.opening",
        date=_spelled_day(paper, words),
        time=held(paper, words),
        place=plan.place or words("document.online"),
        title=plan.title,
        chair=", ".join(names_of(paper.of("chair"))),
        present=counts.number("present"),
        invited=counts.number("invited"),
    )
    blocks: list[Block] = [Paragraph(opening)]
    decisions = sorted(paper.of("decision"), key=lambda line: line.number("number"))
    if decisions:
        blocks.append(Paragraph(words("document.report.results")))
        headers = tuple(words(f"document.column.{name}") for name in ("number", "decision", "method"))
        rows = tuple(
            (decision_label(line, paper, office), *decision_cells(line, words, plan.zone)[:2]) for line in decisions
        )
        blocks.append(Table(headers, (18, 54, 28), rows))
    else:
        blocks.append(Paragraph(words("document.report.no_results")))
    blocks += [Paragraph(words("document.report.closing")), *approval_blocks(paper, words)]
    there = [line for line in attendees.of("attendee") if line.text("stretches")]
    if there:
        blocks += [Heading(words("document.report.attendees")), _signing_table(there, words)]
    blocks.append(signature_block(paper, words, office))
    blocks += verification_blocks(paper, words, public_url)
    return framed(paper, words, office, False, *blocks, title=words("document.report"))


def _spelled_day(paper: Document, words: Wording) -> str:
    """As a berita acara writes it: in words, and in figures behind them."""
    day = words.day(paper.dated_ms, paper.plan.zone)
    if words.language != "id":
        return day
    local = datetime.fromtimestamp(paper.dated_ms / 1000, ZoneInfo(paper.plan.zone))
    weekday, _, date = day.partition(", ")
    month = date.split(" ")[1]
    said = f"tanggal {spelled(local.day)} bulan {month} tahun {spelled(local.year)}"
    return f"{weekday}, {said} ({local:%d-%m-%Y})"


def _signing_table(there: list[Line], words: Wording) -> Table:
    headers = tuple(words(f"document.column.{name}") for name in ("number", "name", "function", "signature"))
    rows = tuple(
        (str(place), line.text("name"), line.text("function") or NONE, "\n\n") for place, line in enumerate(there, 1)
    )
    return Table(headers, (7, 36, 32, 25), rows)


def excerpt(paper: Document, number: int, words: Wording, office: Profile, public_url: str) -> Sheet:
    """The kutipan of one decision that stands. NotFound("meeting.no_decision")."""
    item, found = _decision(paper, number)
    plan = paper.plan
    text, method, standing = decision_cells(found, words, plan.zone)
    rows = (
        Field(words("document.excerpt.number"), (decision_label(found, paper, office),)),
        Field(words("document.meeting"), (plan.title,)),
        Field(words("document.day"), (words.day(paper.dated_ms, plan.zone),)),
        Field(words("document.place"), (plan.place or words("document.online"),)),
        Field(words("document.chair"), names_of(paper.of("chair"))),
        Field(words("document.excerpt.item"), (item or words("document.general"),)),
    )
    blocks: list[Block] = [
        Fields(rows),
        Paragraph(words("document.excerpt.opening")),
        Heading(words("document.excerpt.deciding")),
        *(Paragraph(part) for part in text.splitlines() if part.strip()),
        Fields(
            (
                Field(words("document.column.method"), (method,)),
                Field(words("document.column.standing"), (standing,)),
            )
        ),
        Paragraph(words("document.excerpt.closing")),
        *approval_blocks(paper, words),
        signature_block(paper, words, office),
        *verification_blocks(paper, words, public_url),
    ]
    return framed(paper, words, office, False, *blocks, title=words("document.excerpt"))


def _decision(paper: Document, number: int) -> tuple[str, Line]:
    item = ""
    for line in paper.of("item", "decision"):
        if line.kind == "item":
            item = line.text("title")
        elif line.number("number") == number:
            return item, line
    raise NotFound("meeting.no_decision")


def votes_sheet(paper: Document, words: Wording, office: Profile, _: str = "") -> Sheet:
    return framed(paper, words, office, True, _votes_table(paper, words), title=words("document.ballots"))


def _votes_table(paper: Document, words: Wording) -> Table:
    """One row of sums per motion, and one per person where names were called."""
    names = ("number", "motion", "ballot", "yes", "no", "abstain", "outcome", "name", "choice")
    headers = tuple(words(f"document.column.{name}") for name in names)
    rows: list[tuple[str, ...]] = []
    for line in sorted(paper.of("motion"), key=lambda one: one.number("number")):
        by_vote = line.number("by_vote")
        ballot = words(f"document.ballot.{line.text('ballot')}") if by_vote else words("document.method.mufakat")
        sums = tuple(line.text(name) if by_vote else "" for name in ("yes", "no", "abstain"))
        outcome = words(f"document.motion.{line.text('phase')}")
        rows.append((line.text("number"), line.text("text"), ballot, *sums, outcome, "", ""))
        for row in line.text("named").splitlines():
            choice, _, name = row.partition(" ")
            choice = words(f"document.choice.{choice}")
            rows.append((line.text("number"), line.text("text"), ballot, "", "", "", "", name, choice))
    return Table(headers, (5, 30, 14, 8, 8, 8, 16, 20, 10), tuple(rows))
