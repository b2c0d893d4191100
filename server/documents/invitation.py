"""The undangan: what the letter says (pure, language-free), and the letter in words. No file is made here."""

from __future__ import annotations

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
from server.documents.wording import NONE, Wording, kop
from server.meeting.facts import Nature
from server.meeting.state import Person, Plan, State

FEW = 5  # so many addressees stand in the letter itself; more of them in a list of their own


@dataclass(frozen=True, slots=True)
class Invitation:
    """`dated` is an ISO date in the meeting's zone. `basis` "": the usual words. `signer` None: nobody is invited."""

    plan: Plan
    dated: str
    dated_ms: int
    nature: Nature
    basis: str
    agenda: tuple[str, ...]
    chair: Person | None
    signer: Person | None
    addressees: tuple[Person, ...]
    copies: tuple[str, ...]


def invitation(state: State, now_ms: int) -> Invitation:
    """The letter to all who are invited but its signer, in the order in which they were invited."""
    letter = state.correspondence.letter
    people = [one for one in state.people.values() if one.invited]
    chair = next((one for one in people if one.role == "chair"), None)
    signer = (state.people.get(letter.signer_id) if letter else None) or chair
    dated_ms = letter.at_ms if letter else now_ms
    local = datetime.fromtimestamp(dated_ms / 1000, ZoneInfo(state.plan.zone)).date().isoformat()
    return Invitation(
        state.plan,
        state.plan.letter_date or local,
        dated_ms,
        letter.nature if letter else "ordinary",
        letter.basis if letter else "",
        tuple(item.title for item in state.items),
        chair,
        signer,
        tuple(one for one in people if signer is None or one.person_id != signer.person_id),
        letter.copies if letter else (),
    )


def invitation_sheet(letter: Invitation, words: Wording, office: Profile) -> Sheet:
    plan = letter.plan
    day = words.plain_day(letter.dated)
    annexed = len(letter.addressees) > FEW
    blocks: list[Block] = [
        Opening(
            f"{office.city}, {day}" if office.city else day,
            _head(letter, words, annexed),
            words("document.letter.to"),
            (words("document.letter.listed"),) if annexed else tuple(_post(one) for one in letter.addressees),
        ),
        *(Paragraph(part) for part in letter.basis.splitlines() if part.strip()),
        Paragraph(words("document.letter.opening.after" if letter.basis else "document.letter.opening")),
        Fields(_body(letter, words)),
        Paragraph(words("document.letter.way")),
        Paragraph(words("document.letter.closing")),
    ]
    if letter.signer is not None:
        blocks.append(Signatures("", None, _signer(letter.signer)))
    if letter.copies:
        blocks.append(Fields((Field(words("document.letter.copies"), letter.copies, numbered=True),)))
    if annexed:
        blocks += [PageBreak(), Heading(words("document.letter.list"), 1), _list(letter, words)]
    return Sheet(
        language=words.language,
        title=words("document.invitation"),
        meeting=plan.title,
        draft="",
        dated_ms=letter.dated_ms,
        dated_day=_iso(letter),
        page_of=words("document.page"),
        wide=False,
        kop=kop(office),
        blocks=tuple(blocks),
        titled=False,
        paper=office.paper,
    )


def _iso(letter: Invitation) -> str:
    """What stands in the file about itself needs a real date, whatever was typed as the letter's."""
    try:
        return datetime.fromisoformat(letter.dated).date().isoformat()
    except ValueError:
        zone = ZoneInfo(letter.plan.zone)
        return datetime.fromtimestamp(letter.dated_ms / 1000, zone).date().isoformat()


def _head(letter: Invitation, words: Wording, annexed: bool) -> tuple[Field, ...]:
    return (
        Field(words("document.letter.number"), (letter.plan.letter_number or NONE,)),
        Field(words("document.letter.nature"), (words(f"document.nature.{letter.nature}"),)),
        Field(words("document.letter.annex"), (words("document.letter.sheet") if annexed else NONE,)),
        Field(words("document.letter.about"), (words("document.letter.subject", title=letter.plan.title),)),
    )


def _body(letter: Invitation, words: Wording) -> tuple[Field, ...]:
    plan = letter.plan
    rows = [
        Field(words("document.day"), (words.day(plan.starts_ms, plan.zone),)),
        Field(words("document.time.planned"), (words.span(plan.starts_ms, plan.ends_ms, plan.zone),)),
        Field(words("document.place"), (plan.place or words("document.online"),)),
        Field(words("document.agenda"), letter.agenda or (plan.title,), numbered=True),
    ]
    if letter.chair is not None:
        rows.append(Field(words("document.chair"), (_post(letter.chair),)))
    return tuple(rows)


def _post(person: Person) -> str:
    """A letter goes to a post; who has none is called by name."""
    return person.function or person.name


def _signer(person: Person) -> Signer:
    below = tuple(one for one in (person.rank, f"NIP {masked(person.nip)}" if person.nip else "") if one)
    return Signer(_post(person), person.name, below)


def _list(letter: Invitation, words: Wording) -> Table:
    headers = tuple(words(f"document.column.{name}") for name in ("number", "function", "name", "office"))
    rows = tuple(
        (str(number), one.function or NONE, one.name, one.office or NONE)
        for number, one in enumerate(letter.addressees, 1)
    )
    return Table(headers, (6, 36, 32, 26), rows)
