"""One mail that is the official letter and the calendar event: text, HTML, text/calendar, and the letter as PDF.

Nothing that anybody typed reaches a header but as one clean line, nor the HTML but escaped. No address but the
reader's own stands in it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from server.config import OfficeSection
from server.mail import itip
from server.mail.itip import Occasion, one_line
from server.mail.marks import Marks
from server.mail.ports import Post, Wording
from server.meeting import recurrence
from server.meeting.recurrence import Series
from server.meeting.state import State

TEMPLATES = Path(__file__).parent / "templates"
ANSWERS = ("yes", "no", "maybe", "stand_in")
SUBJECT_LENGTH = 180
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(("html",)),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Whole addresses of the reader's own pages; "" where there is nothing to open any more (a cancelled meeting)."""

    join: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """`address`: From and ORGANIZER alike, so that SPF, DKIM and the calendar agree on who writes."""

    address: str
    name: str
    reply_to: str = ""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who writes, in which language, and when."""

    words: Wording
    office: OfficeSection
    sender: Sender
    now_ms: int
    marks: Marks


def subject(post: Post, state: State, words: Wording) -> str:
    plan = state.plan
    title = one_line(plan.title)[:SUBJECT_LENGTH]
    day = words.short_day(plan.starts_ms, plan.zone)
    return words(f"mail.subject.{post.kind}", title=title, day=day)


def message(post: Post, state: State, hand: Hand, addresses: Addresses, paper: bytes | None) -> bytes:
    """The mail as it travels. `paper`: the letter as PDF; None for a cancellation. ValueError for a wrong address."""
    words, sender = hand.words, hand.sender
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(one_line(sender.name), addr_spec=sender.address)
    mail["To"] = Address(one_line(post.name)[:120], addr_spec=post.email)
    if sender.reply_to:
        mail["Reply-To"] = Address(one_line(sender.name), addr_spec=sender.reply_to)
    mail["Subject"] = subject(post, state, words)
    mail["Date"] = format_datetime(datetime.fromtimestamp(hand.now_ms // 1000, UTC))
    mail["Message-ID"] = hand.marks.message_id(post, sender.address.rpartition("@")[2])
    values = _values(post, state, words, hand.office, addresses)
    mail.set_content(_ENVIRONMENT.get_template("invitation.txt").render(values), cte="quoted-printable")
    page = _ENVIRONMENT.get_template("invitation.html").render(values)
    mail.add_alternative(page, subtype="html", cte="quoted-printable")
    if post.is_letter:  # a reminder changes no calendar
        method = "CANCEL" if post.kind == "cancel" else "REQUEST"
        calendar = event(post, state, hand, addresses).decode()
        mail.add_alternative(calendar, subtype="calendar", params={"method": method}, cte="base64")
    if paper is not None:
        mail.add_attachment(paper, maintype="application", subtype="pdf", filename=words("mail.file"))
    return mail.as_bytes()


def html(post: Post, state: State, words: Wording, office: OfficeSection, addresses: Addresses) -> str:
    """Only the HTML, to be looked at beforehand."""
    return _ENVIRONMENT.get_template("invitation.html").render(_values(post, state, words, office, addresses))


def event(post: Post, state: State, hand: Hand, addresses: Addresses) -> bytes:
    """The calendar object alone: of a series as a whole where this is its first meeting, of one of its meetings where
    it is another."""
    one, recurring = _occasion(post, state, hand, addresses), state.recurring
    others: tuple[Occasion, ...] = ()
    if (series := recurring.series) is not None:
        first = replace(one, recurrence_ms=series.starts_ms, zone=series.zone)
        plan = state.plan
        told = (plan.title, plan.starts_ms, plan.ends_ms, plan.place)
        if series.starts_ms not in series.dropped and told != usual(series):
            others = (first,)
        one = replace(
            one,
            starts_ms=series.starts_ms,
            ends_ms=series.ends_ms,
            summary=series.title,
            location=" / ".join(part for part in (series.place, addresses.join) if part),
            rrule=series.rrule() if series.over_ms() else "",
            exdates_ms=tuple(sorted(series.dropped)),
            zone=series.zone,
        )
    elif recurring.series_id:
        one = replace(one, meeting_id=recurring.series_id, recurrence_ms=recurring.slot_ms, zone=state.plan.zone)
    if post.kind == "cancel":
        return itip.cancel(replace(one, location=state.plan.place, url=""))
    return itip.request(one, *others)


def usual(series: Series) -> tuple[str, int, int, str]:
    """What the series says of its first meeting."""
    return series.title, series.starts_ms, series.ends_ms, series.place


def _occasion(post: Post, state: State, hand: Hand, addresses: Addresses) -> Occasion:
    plan, sender = state.plan, hand.sender
    return Occasion(
        post.meeting_id,
        post.sequence,
        hand.now_ms,
        plan.starts_ms,
        plan.ends_ms,
        plan.title,
        " / ".join(one for one in (plan.place, addresses.join) if one),
        _description(state, hand.words, addresses),
        addresses.join,
        sender.address,
        sender.name,
        post.email,
        post.name,
        post.role,
    )


def _description(state: State, words: Wording, addresses: Addresses) -> str:
    plan = state.plan
    lines = [words("mail.row.letter") + ": " + plan.letter_number] if plan.letter_number else []
    if state.items:
        lines += [words("mail.row.agenda") + ":", *_numbered(state)]
    if addresses.join:
        lines += ["", words("mail.join") + ": " + addresses.join, words("mail.answer") + ": " + addresses.answer]
    return "\n".join(lines).strip()


def _numbered(state: State) -> list[str]:
    return [f"{number}. {one_line(item.title)}" for number, item in enumerate(state.items, 1)]


def _values(post: Post, state: State, words: Wording, office: OfficeSection, addresses: Addresses) -> dict[str, object]:
    """What both templates say."""
    plan = state.plan
    chair = next((one for one in state.people.values() if one.role == "chair"), None)
    letter = state.correspondence.letter
    signer = state.people.get(letter.signer_id) if letter else None
    rows = [
        (words("mail.row.day"), words.day(plan.starts_ms, plan.zone)),
        (words("mail.row.time"), words.span(plan.starts_ms, plan.ends_ms, plan.zone)),
        (words("mail.row.again"), recurrence.sentence(state.recurring.series, words)),
        (words("mail.row.place"), plan.place or words("mail.online")),
        (words("mail.row.agenda"), "\n".join(_numbered(state)) or one_line(plan.title)),
        (words("mail.row.chair"), (chair.function or chair.name) if chair else ""),
        (words("mail.row.letter"), plan.letter_number),
    ]
    name = post.function or post.name
    return {
        "t": words,
        "language": words.language,
        "kind": post.kind,
        "title": one_line(plan.title),
        "office": office.name,
        "government": office.government,
        "greeting": words("mail.greeting", name=one_line(name)),
        "opening": words(f"mail.opening.{_opening(post, state)}", title=one_line(plan.title)),
        "basis": letter.basis if letter and post.kind in ("request", "update") else "",
        "reason": state.cancel_reason if state.status == "cancelled" else "",
        "rows": [(label, value.split("\n")) for label, value in rows if value],
        "join": addresses.join,
        "answers": [(words(f"mail.answer.{one}"), f"{addresses.answer}?answer={one}", one) for one in ANSWERS]
        if addresses.answer
        else [],
        "signer": signer or chair,
        "footer": words("mail.footer", office=office.name),
    }


def _opening(post: Post, state: State) -> str:
    if post.kind == "cancel":
        return "cancelled" if state.status == "cancelled" else "removed"
    return post.kind
