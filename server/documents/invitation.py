"""The undangan: what the letter says (pure, language-free), and the letter in words. No file is made here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from server.documents.compose import masked
from server.documents.profile import Profile
from server.documents.sheet import (
    Block,
    Field,
    Fields,
    Heading,
    Opening,
    PageBreak,
    Paragraph,
    Sheet,
    Signatures,
    Signer,
    Table,
)
from server.documents.spelled import spelled
from server.documents.wording import NONE, Wording, kop
from server.meeting.attaching import Attachment
from server.meeting.correspondence import Letter
from server.meeting.state import Person, Plan, State

PLACE = re.compile(r"\{(\w+)\}")
FEW = 5  # so many addressees stand in the letter itself; more of them in a list of their own


@dataclass(frozen=True, slots=True)
class Invitation:
    """`dated` is an ISO date in the meeting's zone. `letter`: how it reads; "" in it is the usual each time. `signer`
    None: nobody is invited."""

    plan: Plan
    dated: str
    letter: Letter
    agenda: tuple[str, ...]
    chair: Person | None
    signer: Person | None
    addressees: tuple[Person, ...]
    documents: tuple[Attachment, ...] = ()


def invitation(state: State, now_ms: int) -> Invitation:
    """The letter to all who are invited but its signer, in the order in which they were invited."""
    letter = state.correspondence.letter or Letter(now_ms, "ordinary", "", "", ())
    people = [one for one in state.people.values() if one.invited]
    chair = next((one for one in people if one.role == "chair"), None)
    signer = state.people.get(letter.signer_id) or chair
    local = datetime.fromtimestamp(letter.at_ms / 1000, ZoneInfo(state.plan.zone)).date().isoformat()
    return Invitation(
        state.plan,
        state.plan.letter_date or local,
        letter,
        tuple(item.title for item in state.items),
        chair,
        signer,
        tuple(one for one in people if signer is None or one.person_id != signer.person_id),
        tuple(state.attachments.values()),
    )


def invitation_sheet(made: Invitation, words: Wording, office: Profile) -> Sheet:
    plan, letter = made.plan, made.letter
    day = words.plain_day(made.dated)
    annexed = len(made.addressees) > FEW
    usual = "document.letter.opening.after" if letter.basis else "document.letter.opening"
    blocks: list[Block] = [
        Opening(
            f"{office.city}, {day}" if office.city else day,
            _head(made, words, annexed),
            words("document.letter.to"),
            (words("document.letter.listed"),) if annexed else tuple(_post(one) for one in made.addressees),
        ),
        *_paragraphs(letter.basis),
        *_said(letter.opening, usual, made, words),
        Fields(_body(made, words)),
        *_said(letter.way, "document.letter.way", made, words),
        *_said(letter.closing, "document.letter.closing", made, words),
    ]
    if made.signer is not None:
        blocks.append(Signatures("", None, _signer(made.signer, letter)))
    if letter.copies:
        blocks.append(Fields((Field(words("document.letter.copies"), letter.copies, numbered=True),)))
    if annexed:
        blocks += [PageBreak(), Heading(words("document.letter.list"), 1), _list(made, words)]
    if made.documents:
        blocks += [PageBreak(), Heading(words("document.letter.documents"), 1), _documents(made, words)]
        blocks.append(Paragraph(words("document.letter.documents_text")))
    return Sheet(
        language=words.language,
        title=words("document.invitation"),
        meeting=plan.title,
        draft="",
        dated_ms=letter.at_ms,
        dated_day=_iso(made),
        page_of=words("document.page"),
        wide=False,
        kop=kop(office),
        blocks=tuple(blocks),
        titled=False,
        paper=office.paper,
    )


def _paragraphs(text: str) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(part) for part in text.splitlines() if part.strip())


def _said(text: str, usual: str, made: Invitation, words: Wording) -> tuple[Paragraph, ...]:
    """A paragraph of the office's own, with what its placeholders stand for, or the usual one."""
    return _paragraphs(filled(text, made.plan, words) if text else words(usual))


def filled(text: str, plan: Plan, words: Wording) -> str:
    """What is no placeholder of ours stays as it was typed."""
    values = {
        "rapat": plan.title,
        "hari": words.day(plan.starts_ms, plan.zone),
        "waktu": words.span(plan.starts_ms, plan.ends_ms, plan.zone),
        "tempat": plan.place or words("document.online"),
    }
    return PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def _iso(made: Invitation) -> str:
    """What stands in the file about itself needs a real date, whatever was typed as the letter's."""
    try:
        return datetime.fromisoformat(made.dated).date().isoformat()
    except ValueError:
        zone = ZoneInfo(made.plan.zone)
        return datetime.fromtimestamp(made.letter.at_ms / 1000, zone).date().isoformat()


def _head(made: Invitation, words: Wording, annexed: bool) -> tuple[Field, ...]:
    plan = made.plan
    about = made.letter.about or words("document.letter.subject", title=plan.title)
    return (
        Field(words("document.letter.number"), (plan.letter_number or NONE,)),
        Field(words("document.letter.nature"), (words(f"document.nature.{made.letter.nature}"),)),
        Field(words("document.letter.annex"), (_annexes(annexed + len(made.documents), words),)),
        Field(words("document.letter.about"), (about,)),
    )


def _annexes(count: int, words: Wording) -> str:
    if not count:
        return NONE
    spelt = f"{count} ({spelled(count)})" if words.language == "id" else str(count)
    return words("document.letter.sheets", count=spelt) if count > 1 else words("document.letter.sheet")


def _documents(made: Invitation, words: Wording) -> Table:
    """What is attached, so that anybody can tell whether a file is the one that was meant."""
    headers = tuple(words(f"document.column.{name}") for name in ("number", "file", "size", "digest"))
    rows = tuple(
        (str(number), one.name, words("document.kilobytes", count=-(-one.size_bytes // 1024)), _grouped(one.digest))
        for number, one in enumerate(made.documents, 1)
    )
    return Table(headers, (6, 40, 12, 42), rows)


def _grouped(digest: str) -> str:
    """In groups of eight: a cell breaks between them."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))


def _body(made: Invitation, words: Wording) -> tuple[Field, ...]:
    plan = made.plan
    rows = [
        Field(words("document.day"), (words.day(plan.starts_ms, plan.zone),)),
        Field(words("document.time.planned"), (words.span(plan.starts_ms, plan.ends_ms, plan.zone),)),
        Field(words("document.place"), (plan.place or words("document.online"),)),
        Field(words("document.agenda"), made.agenda or (plan.title,), numbered=True),
    ]
    if made.chair is not None:
        rows.append(Field(words("document.chair"), (_post(made.chair),)))
    return tuple(rows)


def _post(person: Person) -> str:
    """A letter goes to a post; who has none is called by name."""
    return person.function or person.name


def _signer(person: Person, letter: Letter) -> Signer:
    below = tuple(one for one in (person.rank, f"NIP {masked(person.nip)}" if person.nip else "") if one)
    return Signer(caption(_post(person), letter), person.name, below)


def caption(post: str, letter: Letter) -> str:
    """Over the signature, a line each: a.n. and for whom; u.b. where the one in between signs through another."""
    match letter.capacity:
        case "an":
            return f"a.n. {letter.on_behalf}\n{post}"
        case "ub":
            return f"a.n. {letter.on_behalf}\nu.b.\n{post}"
        case "plt":
            return f"Plt. {post}"
        case "plh":
            return f"Plh. {post}"
        case _:
            return post


def _list(made: Invitation, words: Wording) -> Table:
    headers = tuple(words(f"document.column.{name}") for name in ("number", "function", "name", "office"))
    rows = tuple(
        (str(number), one.function or NONE, one.name, one.office or NONE)
        for number, one in enumerate(made.addressees, 1)
    )
    return Table(headers, (6, 36, 32, 26), rows)
