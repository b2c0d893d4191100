"""What somebody else's mail says: an answer from a calendar, words, an out-of-office note, or a bounce. Pure.

Everything here is hostile until the contrary is shown: sizes, depths and character sets are bounded, nothing that was
sent is ever executed, opened or fetched, and whatever a mail makes a parser raise is Invalid("mail.reply").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser
from typing import Literal, TypeAlias

from server.errors import Invalid
from server.mail import bounces, itip
from server.mail.itip import Counter, Reply, one_line
from server.mail.parts import decoded, header, ids, leaves, unfolded

Kind: TypeAlias = Literal["answer", "counter", "message", "automatic", "bounce", "delay", "unreadable"]

MOST_BYTES = 2 << 20
MOST_BOUNDARIES = 200  # lines that may begin a part
MOST_PARTS = 60
TEXT_LENGTH = 2_000
HEADER_LENGTH = 400
MOST_RESULTS = 20
_QUOTED = re.compile(
    r"^(>|-{2,}\s*(original message|pesan asli|pesan yang diteruskan|forwarded message)|_{10,}\s*$"
    r"|(on|pada)\b.{5,300}\b(wrote|menulis)\s*:\s*$|(from|dari)\s*:\s.*@|-- ?$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """`sender`: the one address in From, "" if there is not exactly one. `about`: the Message-IDs that it refers to.
    `results`: Authentication-Results, the topmost first. `written_ms`: its Date; 0: none that can be read."""

    kind: Kind
    sender: str
    sender_name: str
    subject: str
    text: str
    about: tuple[str, ...]
    results: tuple[str, ...]
    written_ms: int = 0
    reply: Reply | None = None
    counter: Counter | None = None
    bounce: bounces.Bounce | None = None


def read(raw: bytes) -> Incoming:
    """Invalid("mail.reply") for what cannot be read."""
    if len(raw) > MOST_BYTES or raw.count(b"\n--") > MOST_BOUNDARIES:
        raise Invalid("mail.reply")
    try:
        return _read(BytesParser(policy=compat32).parsebytes(raw))
    except Invalid:
        raise
    except (Exception, RecursionError) as error:  # whatever the standard library's parsers raise on what is no mail
        raise Invalid("mail.reply") from error


def _read(mail: Message) -> Incoming:
    kind: Kind
    parts = leaves(mail, 0)
    if len(parts) > MOST_PARTS:
        raise Invalid("mail.reply")
    senders = getaddresses([header(mail, "From")])
    name, address = senders[0] if len(senders) == 1 and len(mail.get_all("From", [])) == 1 else ("", "")
    bounce = bounces.bounce(mail)
    kind, reply, counter = _calendar(parts) if bounce is None else ("bounce", None, None)
    about = ids(header(mail, "In-Reply-To") + " " + header(mail, "References"))
    if bounce is not None:
        about = (*bounces.original(parts), *about)
    if bounce is not None and not bounce.permanent:
        kind = "delay"
    if kind == "message" and bounces.is_automatic(mail):
        kind = "automatic"
    return Incoming(
        kind,
        address.strip().lower()[:254],
        one_line(name)[:120],
        one_line(header(mail, "Subject"))[:HEADER_LENGTH],
        _words(parts),
        about,
        tuple(unfolded(one) for one in mail.get_all("Authentication-Results", [])[:MOST_RESULTS]),
        _date(mail),
        reply,
        counter,
        bounce,
    )


# ------------------------------------------------------------ parts


def _calendar(parts: list[Message]) -> tuple[Kind, Reply | None, Counter | None]:
    """The first calendar part that answers. Gmail and Apple send the same once more as an attachment."""
    for part in parts:
        if part.get_content_type() not in ("text/calendar", "application/ics"):
            continue
        text = decoded(part).encode()
        method = re.search(rb"^METHOD:([A-Z]{1,20})\s*$", text[:4_000], re.MULTILINE | re.IGNORECASE)
        try:
            if method is not None and method[1].upper() == b"REPLY":
                return "answer", itip.reply(text), None
            if method is not None and method[1].upper() == b"COUNTER":
                return "counter", None, itip.counter(text)
        except Invalid:
            return "unreadable", None, None
    return "message", None, None


# ------------------------------------------------------------ words


def _words(parts: list[Message]) -> str:
    """What was written, without what is quoted below it."""
    texts = dict.fromkeys(("text/plain", "text/html"), "")
    for part in parts:
        kind = part.get_content_type()
        if kind in texts and not texts[kind] and part.get_content_disposition() != "attachment":
            texts[kind] = decoded(part)
    text = texts["text/plain"] or _plain(texts["text/html"])
    lines: list[str] = []
    for line in text[: 20 * TEXT_LENGTH].splitlines():
        if _QUOTED.match(line.strip()[:HEADER_LENGTH]):
            break
        lines.append(one_line(line))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:TEXT_LENGTH]


class _Plain(HTMLParser):
    """The text alone."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script", "head", "blockquote"):
            self._hidden += 1
        if tag in ("br", "p", "div", "tr", "li"):
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "head", "blockquote"):
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(one_line(data) + " ")


def _plain(html: str) -> str:
    reader = _Plain()
    reader.feed(html[: 50 * TEXT_LENGTH])
    return "".join(reader.said)


def _date(mail: Message) -> int:
    try:
        return max(0, int(parsedate_to_datetime(header(mail, "Date")).timestamp() * 1000))
    except (TypeError, ValueError, OverflowError):
        return 0
