"""The configuration of the mailbox that is read, `[mail.imap]`, and of reminders, read and checked for config.py."""

from __future__ import annotations

import re
from dataclasses import dataclass

from server.sign_in_config import Wrong, check_file, is_safe, parsed, values_of

PART = "[mail.imap]"
FOLDER = re.compile(r"[\x20-\x7e]{1,200}")
SPAN = re.compile(r"([1-9]\d{0,3})([mhd])")
MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
MOST_SPANS = 5


@dataclass(frozen=True, slots=True)
class ImapSection:
    """[mail.imap]: the mailbox in which answers and bounces arrive; without `host` none is read. `done_folder` and
    `aside_folder` "": messages stay where they are. `trusted_results`: the name by which the office's own mail server
    signs its Authentication-Results (RFC 8601); "": senders are believed."""

    host: str = ""
    port: int = 993
    security: str = "tls"  # tls, starttls, none (to this very machine only)
    ca_file: str = ""
    username: str = ""
    password: str = ""
    password_file: str = ""
    folder: str = "INBOX"
    done_folder: str = ""
    aside_folder: str = ""
    poll_seconds: int = 60  # where the server does not tell by itself
    trusted_results: str = ""


def read_imap(raw: object) -> ImapSection:
    """[mail.imap], or a variable with the same as one JSON object. Wrong."""
    one = ImapSection(**values_of(parsed(raw), ImapSection, PART))
    for name in ("host", "username"):
        if not getattr(one, name):
            raise Wrong("config.sign_in_needs", part=PART, name=name)
    if one.security not in ("tls", "starttls", "none"):
        raise Wrong("config.sign_in_value", part=PART, name="security", wanted="tls, starttls, none")
    if one.security == "none" and not is_safe("none", one.host, "tls", "none"):
        raise Wrong("config.sign_in_value", part=PART, name="security", wanted="tls, starttls")
    for name, low, high in (("port", 1, 65535), ("poll_seconds", 5, 3600)):
        if not low <= getattr(one, name) <= high:
            raise Wrong("config.sign_in_value", part=PART, name=name, wanted=f"{low}–{high}")
    for name in ("folder", "done_folder", "aside_folder"):
        if (name == "folder" or getattr(one, name)) and not FOLDER.fullmatch(getattr(one, name)):
            raise Wrong("config.sign_in_value", part=PART, name=name, wanted="ASCII")
    if any(ord(sign) < 32 for sign in one.username + one.password):
        raise Wrong("config.sign_in_value", part=PART, name="username", wanted="ASCII")
    check_file(PART, "ca_file", one.ca_file, secret=False)
    check_file(PART, "password_file", one.password_file, secret=True)
    return one


def minutes_of(span: str) -> int:
    """ "1d", "2h", "30m" as minutes. Wrong."""
    found = SPAN.fullmatch(span)
    if found is None:
        raise Wrong("config.choice", allowed="1d, 1h, 30m")
    return int(found[1]) * MINUTES[found[2]]


def check_spans(spans: tuple[str, ...]) -> None:
    if len(spans) > MOST_SPANS:
        raise Wrong("config.range", low=0, high=MOST_SPANS)
    for one in spans:
        minutes_of(one)
