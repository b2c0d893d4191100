"""The parts and headers of a mail that somebody else made: how deep, how long, in which character set. Pure.

Nothing is opened that stands in it, and no codec is used that is more than a character set.
"""

from __future__ import annotations

import re
from email.header import decode_header, make_header
from email.message import Message

from server.errors import Invalid

MOST_DEPTH = 12
HEADER_BYTES = 8 * 1024
_CHARSET = re.compile(
    r"(utf-?8|us-ascii|ascii|utf-?16(le|be)?|iso-?8859-\d{1,2}|latin-?1|windows-125\d|cp125\d|koi8-[ru]|gb2312|gbk"
    r"|gb18030|big5|euc-(jp|kr)|shift_jis|iso-2022-jp)",
    re.IGNORECASE,
)
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,300}>")


def leaves(part: Message, depth: int) -> list[Message]:
    """Parts that hold something, in order. What is attached as a whole mail stays closed."""
    if depth > MOST_DEPTH:
        raise Invalid("mail.reply")
    inner = part.get_payload()
    if part.get_content_maintype() == "multipart" and isinstance(inner, list):
        return [leaf for one in inner if isinstance(one, Message) for leaf in leaves(one, depth + 1)]
    return [part]


def content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def decoded(part: Message) -> str:
    """Only character sets that are nothing else: "punycode" and the like are programs to run."""
    charset = part.get_param("charset", "utf-8")
    named = charset if isinstance(charset, str) else charset[2]
    known = named.strip() if _CHARSET.fullmatch(named.strip()) else "utf-8"
    return content(part).decode(known, "replace")


def every(part: Message, depth: int) -> list[Message]:
    """All parts, the containers too."""
    if depth > MOST_DEPTH:
        raise Invalid("mail.reply")
    inner = part.get_payload()
    below = inner if isinstance(inner, list) and part.get_content_maintype() == "multipart" else []
    return [part, *(leaf for one in below if isinstance(one, Message) for leaf in every(one, depth + 1))]


def header(part: Message, name: str) -> str:
    """Decoded and in one line; "" where it is missing or cannot be read."""
    value = part.get(name)
    if value is None:
        return ""
    text = unfolded(value)
    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError):
        return text


def unfolded(value: object) -> str:
    return " ".join(str(value)[:HEADER_BYTES].split())


def ids(text: str) -> tuple[str, ...]:
    return tuple(_MESSAGE_ID.findall(text[-HEADER_BYTES:]))[-20:]
