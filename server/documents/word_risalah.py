"""The risalah in words: the notula with a table of moments under each agenda item. No fact is read here."""

from __future__ import annotations

from itertools import groupby

from server.documents.compose import Document, Line
from server.documents.profile import Profile
from server.documents.sheet import Block, Fields, Heading, Sheet, Table
from server.documents.wording import (
    NONE,
    Wording,
    action_blocks,
    approval_blocks,
    decision_blocks,
    decision_label,
    framed,
    gap_blocks,
    notes_blocks,
    notula_fields,
    ralat_blocks,
    signature_block,
    verification_blocks,
)
from server.documents.wording_quorum import moment, rule_words


def risalah_sheet(paper: Document, words: Wording, office: Profile, public_url: str = "") -> Sheet:
    blocks: list[Block] = [Fields(notula_fields(paper, words)), Heading(words("document.proceedings"))]
    blocks += _course(paper, words, office)
    blocks += decision_blocks(paper, words, office)
    blocks += action_blocks(paper, words)
    blocks += gap_blocks(paper, words)
    blocks += approval_blocks(paper, words)
    blocks.append(signature_block(paper, words, office))
    blocks += ralat_blocks(paper, words)
    blocks += verification_blocks(paper, words, public_url)
    return framed(paper, words, office, False, *blocks, title=words("document.risalah"))


def _course(paper: Document, words: Wording, office: Profile) -> list[Block]:
    """In the order of time: an item that was taken up twice stands there twice, its notes under the first."""
    titles = {line.text("item_id"): line for line in paper.of("item")}
    notes = _notes(paper)
    headers = tuple(words(f"document.column.{name}") for name in ("at", "speaker", "course"))
    blocks: list[Block] = []
    for item_id, moments in groupby(paper.of("moment"), lambda line: line.text("item_id")):
        if item_id in titles:
            line = titles[item_id]
            blocks.append(Heading(f"{line.number('number')}. {line.text('title')}", 3, item_id))
            blocks += [block for note in notes.pop(item_id, ()) for block in notes_blocks(note)]
        rows = tuple(_row(line, paper, words, office) for line in moments)
        blocks.append(Table(headers, (12, 24, 64), rows))
    for item_id, left in notes.items():  # written under an item that was never taken up, or under none
        line = titles[item_id] if item_id in titles else Line("item", 0, {"number": 0})
        title = f"{line.number('number')}. {line.text('title')}" if line.number("number") else words("document.general")
        blocks.append(Heading(title, 3, item_id))
        blocks += [block for note in left for block in notes_blocks(note)]
    return blocks


def _notes(paper: Document) -> dict[str, list[Line]]:
    """item_id -> its notes, which follow the item's own line."""
    found: dict[str, list[Line]] = {}
    item_id = ""
    for line in paper.of("item", "notes"):
        if line.kind == "item":
            item_id = line.text("item_id")
        else:
            found.setdefault(item_id, []).append(line)
    return found


def _row(line: Line, paper: Document, words: Wording, office: Profile) -> tuple[str, str, str]:
    values = dict(line.values)
    what = line.text("what")
    if what in ("decision", "withdrawn"):
        values["number"] = decision_label(line, paper, office)
    if "ballot" in values:
        values["ballot"] = words(f"document.ballot.{line.text('ballot')}")
    if "outcome" in values:
        values["outcome"] = words(f"document.motion.{line.text('outcome')}")
    if "choice" in values:
        values["choice"] = words(f"document.choice.{line.text('choice')}")
    if what == "rules":
        values |= rule_words(line, words)
    if "until_ms" in values:
        values["until"] = moment(line.number("until_ms"), line.number("at_ms"), paper.plan.zone, words)
    said = line.text("text") if what == "chat" else words(f"document.moment.{what}", **values)
    return (words.clock(line.number("at_ms"), paper.plan.zone), line.text("who") or NONE, said)
