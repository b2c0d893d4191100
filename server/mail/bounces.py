"""What mail servers report of mails that did not arrive (RFC 3464), and notes that nobody wrote (RFC 3834). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from server.errors import Invalid
from server.mail.itip import one_line
from server.mail.parts import decoded, every, header, ids

DIAGNOSTIC_LENGTH = 400
NO_SUCH_ADDRESS = re.compile(r"\b5\.1\.(1|2|3|10)\b")  # RFC 3463, 3.2; 5.1.10: RFC 7505
_AUTOMATIC = re.compile(
    r"^(automatic reply|auto(-|\s)?reply|out of (the )?office|jawaban otomatis|balasan otomatis|di luar kantor)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a mail server reports of one of our mails (RFC 3464). `status` as in RFC 3463, e.g. "5.1.1"."""

    recipient: str
    status: str
    permanent: bool
    diagnostic: str

    @property
    def unknown_address(self) -> bool:
        return NO_SUCH_ADDRESS.fullmatch(self.status) is not None


def bounce(mail: Message) -> Bounce | None:
    """RFC 3464. A report of several recipients is none of ours: each of our mails has one."""
    report = str(mail.get_param("report-type", "")).lower() if mail.get_content_type() == "multipart/report" else ""
    if report != "delivery-status":
        return None
    status = next((one for one in every(mail, 0) if one.get_content_type() == "message/delivery-status"), None)
    blocks = status.get_payload() if status is not None else None
    if not isinstance(blocks, list):
        raise Invalid("mail.reply")
    for block in blocks[:10]:
        if isinstance(block, Message) and block.get("Action"):
            return _reported(block)
    raise Invalid("mail.reply")


def _reported(block: Message) -> Bounce:
    action, status = header(block, "Action").strip().lower(), header(block, "Status").strip()
    found = re.match(r"[245]\.\d{1,3}\.\d{1,3}", status)
    recipient = header(block, "Final-Recipient") or header(block, "Original-Recipient")
    told = header(block, "Diagnostic-Code")
    return Bounce(
        recipient.rpartition(";")[2].strip().strip("<>").lower()[:254],
        found[0] if found else "",
        action == "failed" and not status.startswith("4"),
        one_line(told.partition(";")[2] or told)[:DIAGNOSTIC_LENGTH],
    )


def original(parts: list[Message]) -> tuple[str, ...]:
    """The Message-ID of the mail that came back, whole or by its headers."""
    for part in parts:
        kind = part.get_content_type()
        inner = part.get_payload()
        if kind == "message/rfc822" and isinstance(inner, list) and inner and isinstance(inner[0], Message):
            return ids(header(inner[0], "Message-ID"))
        if kind in ("text/rfc822-headers", "message/rfc822", "message/rfc822-headers"):
            headers = decoded(part) if not isinstance(inner, list) else ""
            found = re.search(r"^message-id:\s*(<[^<>\s]{3,300}>)", headers, re.MULTILINE | re.IGNORECASE)
            if found:
                return (found[1],)
    return ()


def is_automatic(mail: Message) -> bool:
    """RFC 3834, and what older programs write instead."""
    if header(mail, "Auto-Submitted").strip().lower().partition(";")[0] not in ("", "no"):
        return True
    if any(mail.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response", "List-Id")):
        return True
    if header(mail, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    if header(mail, "Return-Path").strip() == "<>":
        return True
    return _AUTOMATIC.match(header(mail, "Subject").strip()) is not None
