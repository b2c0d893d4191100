"""Puts a composed document into words: lines become the blocks of a sheet. No fact is read and no file made here."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from server.documents.compose import Document, Line
from server.documents.digest import verify_code
from server.documents.notes import note_blocks
from server.documents.profile import Profile, decision_number
from server.documents.qr import svg
from server.documents.sheet import (
    Block,
    Field,
    Fields,
    Heading,
    Kop,
    Paragraph,
    Sheet,
    Signatures,
    Signer,
    Table,
    Verification,
)
from server.documents.wording_quorum import quorum_field
from server.errors import Value
from server.meeting.checkin import drawing, is_signature
from server.meeting.minutes import WRITABLE
from server.meeting.richtext import from_plain, read

NONE = "–"


class Wording(Protocol):
    """One language's texts, days and times."""

    @property
    def language(self) -> str: ...

    def __call__(self, key: str, /, **values: Value) -> str: ...

    def day(self, at_ms: int, zone: str) -> str: ...

    def plain_day(self, iso: str) -> str: ...

    def clock(self, at_ms: int, zone: str) -> str: ...

    def time(self, at_ms: int, zone: str) -> str: ...

    def span(self, from_ms: int, to_ms: int, zone: str) -> str: ...


def notula_sheet(paper: Document, words: Wording, office: Profile, public_url: str = "") -> Sheet:
    """`public_url`: of the house, for the QR code of an approved notula; "" leaves it out."""
    blocks: list[Block] = [Fields(notula_fields(paper, words)), Heading(words("document.proceedings"))]
    blocks += _proceedings(paper, words, office)
    blocks += decision_blocks(paper, words, office)
    blocks += action_blocks(paper, words)
    blocks += gap_blocks(paper, words)
    blocks += approval_blocks(paper, words)
    blocks.append(signature_block(paper, words, office))
    blocks += ralat_blocks(paper, words)
    blocks += verification_blocks(paper, words, public_url)
    return framed(paper, words, office, False, *blocks)


def attendance_sheet(paper: Document, words: Wording, office: Profile) -> Sheet:
    plan = paper.plan
    fields = (
        Field(words("document.meeting"), (plan.title,)),
        Field(words("document.day"), (words.day(paper.dated_ms, plan.zone),)),
        Field(words("document.time"), (held(paper, words),)),
        Field(words("document.place"), (plan.place or words("document.online"),)),
        Field(words("document.chair"), names_of(paper.of("chair"))),
        Field(words("document.participants"), (counts_of(paper, words),)),
    )
    blocks = (
        Fields(fields),
        attendance_table(paper, words),
        *gap_blocks(paper, words),
        signature_block(paper, words, office),
    )
    return framed(paper, words, office, True, *blocks)


def attendance_table(paper: Document, words: Wording) -> Table:
    """As it is printed."""
    names = ("number", "name", "nip", "rank", "function", "office", "stands_for", "mode", "in_out", "signature")
    headers = tuple(words(f"document.column.{name}") for name in names)
    rows = tuple(_attendee(line, words, paper.plan.zone) for line in paper.of("attendee"))
    signed = tuple(line.text("signature") for line in paper.of("attendee"))
    drawings = tuple(drawing(path) if is_signature(path) else "" for path in signed)
    return Table(headers, (4, 17, 15, 11, 13, 13, 11, 9, 13, 16), rows, drawings if any(drawings) else ())


def attendance_data_sheet(paper: Document, words: Wording, office: Profile) -> Sheet:
    """The table alone, as XLSX and CSV have it: with how long each was there and was heard."""
    table, lines = attendance_table(paper, words), paper.of("attendee")
    headers = (*table.headers, words("document.column.present_time"), words("document.column.speaking_time"))
    rows = tuple(
        (*row, _clocked(line.number("total_ms")), _clocked(line.number("spoken_ms")))
        for row, line in zip(table.rows, lines, strict=True)
    )
    return framed(paper, words, office, True, Table(headers, (*table.widths, 9, 9), rows))


def _clocked(ms: int) -> str:
    """As a spreadsheet reads a length of time: "1:02:07"."""
    seconds = ms // 1_000
    return f"{seconds // 3_600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _attendee(line: Line, words: Wording, zone: str) -> tuple[str, ...]:
    stretches = [tuple(int(end) for end in pair.split("-")) for pair in line.text("stretches").split()]
    in_out = ", ".join(words.span(from_ms, to_ms, zone) for from_ms, to_ms in stretches)
    marks = [words("document.late")] if line.text("status") == "late" else []
    marks += [words("document.left_early")] if line.number("left_early") else []
    if marks:
        in_out = f"{in_out} ({', '.join(marks)})"
    person = [line.text(key) or NONE for key in ("name", "nip", "rank", "function", "office")]
    stands_for = line.text("stands_for") or NONE
    if not stretches:
        return (line.text("number"), *person, stands_for, _away(line, words), NONE, NONE)
    mode = words(f"document.mode.{line.text('manner')}")
    return (line.text("number"), *person, stands_for, mode, in_out, _proof(line, words))


def _proof(line: Line, words: Wording) -> str:
    """What stands for a signature: their own in the room, the server's proof of media, or the secretary's eyes."""
    if line.text("signature"):
        return words("document.signed_in_room")
    if line.text("manner") == "room":
        return words("document.seen")
    key = "document.verified.code" if line.text("code") else "document.verified"
    return words(key, code=line.text("code"))


def _away(line: Line, words: Wording) -> str:
    if line.text("status") == "represented":
        return words("document.represented", name=line.text("stand_in"))
    if line.text("status") == "excused":
        return words("document.excused", reason=line.text("excuse"))
    return words("document.absent")


def framed(
    paper: Document, words: Wording, office: Profile, wide: bool, *blocks: Block, title: str = "", final: bool = False
) -> Sheet:
    """`title` "": that of the notula, or of the daftar hadir if it is wide. `final`: with the meeting."""
    local = datetime.fromtimestamp(paper.dated_ms / 1000, ZoneInfo(paper.plan.zone))
    return Sheet(
        language=words.language,
        title=title or words("document.attendance" if wide else "document.notula"),
        meeting=paper.plan.title,
        draft=_draft(paper, words, wide or final),
        dated_ms=paper.dated_ms,
        dated_day=local.date().isoformat(),
        page_of=words("document.page"),
        wide=wide,
        kop=kop(office),
        blocks=blocks,
        paper=office.paper,
    )


def _draft(paper: Document, words: Wording, final: bool) -> str:
    """The daftar hadir is final with the meeting, the notula once it was approved."""
    if not paper.closed_ms:
        return words("document.draft")
    return words("document.konsep") if not final and paper.stage in WRITABLE else ""


def kop(office: Profile) -> Kop:
    """The name stands last and largest; where the lines above say it already, the lowest of them does."""
    address = " · ".join(part for part in (office.address, office.contact) if part)
    if office.name.upper() not in f"{office.government} {office.unit}".upper():
        return Kop(office.government, office.unit, office.name, address)
    if office.unit:
        return Kop(office.government, "", office.unit.upper(), address)
    return Kop("", "", office.government.upper(), address)


def held(paper: Document, words: Wording) -> str:
    """The real times; the planned ones only while nothing real is known."""
    zone = paper.plan.zone
    if not paper.opened_ms:
        return words("document.planned", time=words.span(paper.plan.starts_ms, paper.plan.ends_ms, zone))
    if not paper.closed_ms:
        return words("document.since", time=words.time(paper.opened_ms, zone))
    return words.span(paper.opened_ms, paper.closed_ms, zone)


def notula_fields(paper: Document, words: Wording) -> tuple[Field, ...]:
    plan = paper.plan
    letter = paper.first("letter")
    rows = [
        Field(words("document.meeting"), (plan.title,)),
        Field(words("document.day"), (words.day(paper.dated_ms, plan.zone),)),
        Field(words("document.letter"), (_letter(letter, words) if letter else NONE,)),
        Field(words("document.time.called"), (words.span(plan.starts_ms, plan.ends_ms, plan.zone),)),
        Field(words("document.time"), (held(paper, words),)),
        Field(words("document.place"), (plan.place or words("document.online"),)),
        Field(words("document.agenda"), tuple(line.text("title") for line in paper.of("agenda")) or (NONE,), True),
        Field(words("document.chair"), names_of(paper.of("chair"))),
        Field(words("document.secretary"), names_of(paper.of("secretary"))),
        Field(words("document.participants"), (counts_of(paper, words), words("document.attached"))),
        quorum_field(paper, words),
    ]
    return tuple(rows)


def _letter(line: Line, words: Wording) -> str:
    date = words.plain_day(line.text("date")) if line.text("date") else ""
    if date and line.text("number"):
        return words("document.letter.dated", number=line.text("number"), date=date)
    return line.text("number") or date


def names_of(lines: tuple[Line, ...]) -> tuple[str, ...]:
    return tuple(
        f"{line.text('name')} ({line.text('function')})" if line.text("function") else line.text("name")
        for line in lines
    ) or (NONE,)


def counts_of(paper: Document, words: Wording) -> str:
    counts = paper.of("counts")[0].values
    more = ("represented", "excused", "guests", "watchers")
    said = [words(f"document.counts.{name}", **{name: counts[name]}) for name in more if counts.get(name)]
    return "; ".join((words("document.counts", **counts), *said))


def _motion(line: Line, words: Wording) -> list[Block]:
    """What was proposed, who objected, how the vote went and who voted how where that was asked by name."""
    said = [words("document.motion", number=line.number("number"), text=line.text("text"))]
    if line.text("objections"):
        said.append(words("document.motion.objections", names=", ".join(line.text("objections").splitlines())))
    if line.number("by_vote"):
        counts = {name: line.number(name) for name in ("yes", "no", "abstain")}
        said.append(words("document.motion.votes", ballot=words(f"document.ballot.{line.text('ballot')}"), **counts))
    said.append(words(f"document.motion.{line.text('phase')}"))
    blocks: list[Block] = [Paragraph(" ".join(said))]
    named = [row.split(" ", 1) for row in line.text("named").splitlines()]
    for choice in ("yes", "no", "abstain"):
        voters = [name for chosen, name in named if chosen == choice]
        if voters:
            blocks.append(Paragraph(words(f"document.voted.{choice}", names=", ".join(voters))))
    return blocks


def _statement(line: Line, words: Wording, zone: str) -> list[Block]:
    """A statement for the record, a motion or an objection: whose, when, and in which words."""
    values = {"who": line.text("who"), "time": words.time(line.number("at_ms"), zone), "text": line.text("text")}
    if line.number("withdrawn"):
        values["text"] = words("document.withdrawn")
    first, *more = words(f"document.said.{line.text('what')}", **values).splitlines()
    return [Paragraph(first), *(Paragraph(part) for part in more if part.strip())]


def _carried(line: Line, words: Wording) -> str:
    """An action item of an earlier meeting: what, who, by when, and whether it was done."""
    due = words("document.carried.due", day=words.plain_day(line.text("due"))) if line.text("due") else ""
    who = ", ".join(one for one in (line.text("who"), due) if one)
    state = words("document.carried.done" if line.number("done") else "document.carried.open")
    remark = f": {line.text('remark')}" if line.text("remark") else ""
    return f"{line.text('what')}{f' ({who})' if who else ''} – {state}{remark}"


def _proceedings(paper: Document, words: Wording, office: Profile) -> list[Block]:
    blocks: list[Block] = []
    for line in paper.of("item", "time", "carried", "notes", "statement", "motion", "decision", "action"):
        if line.kind == "item":
            place = line.number("number")
            title = f"{place}. {line.text('title')}" if place else words("document.general")
            blocks.append(Heading(title, 3, line.text("item_id")))
        elif line.kind == "time":
            stretch = words.span(line.number("from_ms"), line.number("to_ms"), paper.plan.zone)
            blocks.append(Paragraph(words("document.discussed", time=stretch)))
        elif line.kind == "carried":
            blocks.append(Paragraph(_carried(line, words)))
        elif line.kind == "statement":
            blocks += _statement(line, words, paper.plan.zone)
        elif line.kind == "motion":
            blocks += _motion(line, words)
        elif line.kind in ("decision", "action"):
            number = decision_label(line, paper, office) if line.kind == "decision" else line.text("number")
            blocks.append(Paragraph(words(f"document.led.{line.kind}", number=number)))
        else:
            blocks += notes_blocks(line)
    return blocks or [Paragraph(NONE)]


def notes_blocks(line: Line) -> list[Block]:
    """The notes of one agenda item, as every paper prints them."""
    text = line.text("text")
    return list(note_blocks(read(text) if "sha256" in line.values else from_plain(text)))


def decision_blocks(paper: Document, words: Wording, office: Profile) -> list[Block]:
    lines = paper.of("decision", "decision_withdrawn")
    if not lines:
        return [Heading(words("document.decisions")), Paragraph(words("document.decisions.none"))]
    headers = tuple(words(f"document.column.{name}") for name in ("number", "decision", "method", "standing"))
    ordered = sorted(lines, key=lambda line: line.number("number"))
    rows = tuple(
        (decision_label(line, paper, office), *decision_cells(line, words, paper.plan.zone)) for line in ordered
    )
    widths = (18, 42, 18, 22) if any(len(row[0]) > 4 for row in rows) else (6, 50, 20, 24)
    return [Heading(words("document.decisions")), Table(headers, widths, rows)]


def decision_label(line: Line, paper: Document, office: Profile) -> str:
    """The decision's number as the office writes it."""
    local = datetime.fromtimestamp(paper.dated_ms / 1000, ZoneInfo(paper.plan.zone))
    return decision_number(office, line.number("number"), paper.plan.letter_number, local.date())


def decision_cells(line: Line, words: Wording, zone: str) -> tuple[str, str, str]:
    """What was decided, how, and who was there."""
    if line.kind == "decision_withdrawn":
        return (words("document.withdrawn"), NONE, NONE)
    standing = words(
        "document.standing" if line.number("reached") else "document.standing.short",
        present=line.number("present"),
        invited=line.number("invited"),
        time=words.time(line.number("at_ms"), zone),
    )
    method = words(f"document.method.{line.text('method')}")
    if "yes" in line.values:
        counts = {name: line.number(name) for name in ("yes", "no", "abstain")}
        method = f"{method}: {words('document.votes', **counts)}"
    return (line.text("text"), method, standing)


def action_blocks(paper: Document, words: Wording) -> list[Block]:
    lines = paper.of("action", "action_withdrawn")
    if not lines:
        return [Heading(words("document.actions")), Paragraph(words("document.actions.none"))]
    headers = tuple(words(f"document.column.{name}") for name in ("number", "what", "who", "due"))
    ordered = sorted(lines, key=lambda line: line.number("number"))
    rows = tuple(_action(line, words) for line in ordered)
    return [Heading(words("document.actions")), Table(headers, (6, 48, 26, 20), rows)]


def _action(line: Line, words: Wording) -> tuple[str, ...]:
    if line.kind == "action_withdrawn":
        return (line.text("number"), words("document.withdrawn"), NONE, NONE)
    due = words.plain_day(line.text("due")) if line.text("due") else NONE
    return (line.text("number"), line.text("what"), line.text("who") or NONE, due)


def gap_blocks(paper: Document, words: Wording) -> list[Block]:
    lines = paper.of("gap")
    if not lines:
        return []
    spans = [words.span(line.number("from_ms"), line.number("to_ms"), paper.plan.zone) for line in lines]
    return [Paragraph(words("document.gaps", times="; ".join(spans)))]


def approval_blocks(paper: Document, words: Wording) -> list[Block]:
    line = paper.first("approval")
    if line is None:
        return []
    day, time = moment_of(line, words, paper.plan.zone)
    values = {"name": line.text("name"), "day": day, "time": time, "digest": line.text("digest")}
    return [Paragraph(words("document.approved", **values))]


def ralat_blocks(paper: Document, words: Wording) -> list[Block]:
    """Below the signatures: what was signed stays as it was."""
    lines = paper.of("ralat")
    blocks: list[Block] = [Heading(words("document.ralat"))] if lines else []
    for line in lines:
        day, _ = moment_of(line, words, paper.plan.zone)
        blocks.append(Paragraph(words("document.ralat.one", number=line.number("number"), day=day)))
        blocks += [Paragraph(part) for part in line.text("text").splitlines() if part.strip()]
    return blocks


def verification_blocks(paper: Document, words: Wording, public_url: str) -> list[Block]:
    line = paper.first("approval")
    if line is None or not public_url:
        return []
    url = f"{public_url.rstrip('/')}/verify/{verify_code(paper.meeting_id, line.text('digest'))}"
    return [Verification(words("document.verify"), url, svg(url))]


def moment_of(line: Line, words: Wording, zone: str) -> tuple[str, str]:
    at_ms = line.number("at_ms")
    return words.day(at_ms, zone).partition(", ")[2], words.time(at_ms, zone)


def signature_block(paper: Document, words: Wording, office: Profile) -> Signatures:
    day = words.day(paper.dated_ms, paper.plan.zone).partition(", ")[2]
    place_date = f"{office.city}, {day}" if office.city else day
    left = paper.first("secretary")
    right = paper.first("chair")
    return Signatures(
        place_date,
        _signer(left, words("document.secretary")) if left and office.left_signer == "secretary" else None,
        _signer(right, words("document.chair")) if right else None,
    )


def _signer(line: Line, caption: str) -> Signer:
    nip = f"NIP {line.text('nip')}" if line.text("nip") else ""
    below = tuple(part for part in (line.text("function"), line.text("rank"), nip) if part)
    return Signer(caption, line.text("name"), below)
