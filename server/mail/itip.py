"""Calendar objects as mail carries them: REQUEST and CANCEL out, REPLY in (RFC 5545, 5546, 6047). Pure.

One ATTENDEE for each mail, so that nobody learns anybody's address. Times are UTC, so that no client needs our zones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from icalendar import Calendar, Component, Event, vCalAddress, vText

from server.errors import Invalid

PRODUCT = "-//Balai//Rapat//ID"
REPLY_BYTES = 256 * 1024
PartStat: TypeAlias = Literal["ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "NEEDS-ACTION"]
_KNOWN: tuple[PartStat, ...] = ("ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "NEEDS-ACTION")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
ROLES = {"chair": "CHAIR", "observer": "OPT-PARTICIPANT"}


@dataclass(frozen=True, slots=True)
class Occasion:
    """The meeting as one person's calendar has it. `role`: the meeting's; `stamp_ms`: when this was written."""

    meeting_id: str
    sequence: int
    stamp_ms: int
    starts_ms: int
    ends_ms: int
    summary: str
    location: str
    description: str
    url: str
    organizer: str
    organizer_name: str
    attendee: str
    attendee_name: str
    role: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a calendar answered. `delegated_to`: the address of who comes instead; `occurrence`: of a series, or ""."""

    meeting_id: str
    attendee: str
    answer: PartStat
    sequence: int
    stamp_ms: int
    delegated_to: str = ""
    comment: str = ""
    occurrence: str = ""


def uid(meeting_id: str) -> str:
    """The same for life, whatever becomes of addresses and names."""
    return f"{meeting_id}@balai"


def request(occasion: Occasion) -> bytes:
    """METHOD:REQUEST: invites, and changes what was invited to before."""
    event = _event(occasion)
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    attendee = _address(occasion.attendee, occasion.attendee_name)
    attendee.params["CUTYPE"] = vText("INDIVIDUAL")
    attendee.params["ROLE"] = vText(ROLES.get(occasion.role, "REQ-PARTICIPANT"))
    attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
    attendee.params["RSVP"] = vText("TRUE")  # without it Thunderbird shows no buttons
    event.add("attendee", attendee, encode=False)
    return _calendar("REQUEST", event)


def cancel(occasion: Occasion) -> bytes:
    """METHOD:CANCEL: takes the event out of this person's calendar (RFC 5546, 3.2.5)."""
    event = _event(occasion)
    event.add("status", "CANCELLED")
    event.add("attendee", _address(occasion.attendee, occasion.attendee_name), encode=False)
    return _calendar("CANCEL", event)


def _event(occasion: Occasion) -> Event:
    event = Event()
    event.add("uid", uid(occasion.meeting_id))
    event.add("sequence", occasion.sequence)
    event.add("dtstamp", _utc(occasion.stamp_ms))
    event.add("dtstart", _utc(occasion.starts_ms))
    event.add("dtend", _utc(occasion.ends_ms))
    event.add("summary", one_line(occasion.summary))
    for name, value in (("location", one_line(occasion.location)), ("description", occasion.description)):
        if value:
            event.add(name, value)
    if occasion.url:
        event.add("url", occasion.url)
    event.add("organizer", _address(occasion.organizer, occasion.organizer_name), encode=False)
    return event


def _calendar(method: str, event: Event) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    if clean := one_line(name).replace('"', "'"):  # RFC 5545, 3.2: no quotation mark can stand in a parameter
        address.params["CN"] = vText(clean)
    return address


def one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)


# ------------------------------------------------------------ coming in


def reply(raw: bytes) -> Reply:
    """The one answer in a calendar object. Invalid("mail.reply") for whatever is none, or answers more than once."""
    if len(raw) > REPLY_BYTES:
        raise Invalid("mail.reply")
    try:
        calendar = Calendar.from_ical(raw)
        events = calendar.walk("VEVENT")
    except (ValueError, KeyError, IndexError, AttributeError) as error:  # what icalendar raises on what is no calendar
        raise Invalid("mail.reply") from error
    if str(calendar.get("METHOD", "")).upper() != "REPLY" or len(events) != 1:
        raise Invalid("mail.reply")
    return _answer(events[0])


def _answer(event: Component) -> Reply:
    attendee, meeting = event.get("ATTENDEE"), re.fullmatch(r"([0-9a-f]{16})@balai", str(event.get("UID", "")))
    stamp = event.get("DTSTAMP")
    if isinstance(attendee, list) or attendee is None or meeting is None:
        raise Invalid("mail.reply")
    answer = str(attendee.params.get("PARTSTAT", "")).upper()
    if answer not in _KNOWN or not isinstance(getattr(stamp, "dt", None), datetime):
        raise Invalid("mail.reply")
    sequence = event.get("SEQUENCE", 0)
    delegated, occurrence = attendee.params.get("DELEGATED-TO", ""), event.get("RECURRENCE-ID")
    return Reply(
        meeting[1],
        _mailbox(str(attendee)),
        next(one for one in _KNOWN if one == answer),
        sequence if isinstance(sequence, int) else 0,
        int(stamp.dt.timestamp() * 1000),
        _mailbox(str(delegated[0] if isinstance(delegated, list) else delegated)),
        one_line(str(event.get("COMMENT", ""))),
        occurrence.to_ical().decode() if occurrence is not None else "",
    )


def _mailbox(address: str) -> str:
    return re.sub(r"^mailto:", "", address.strip().strip('"'), flags=re.IGNORECASE).lower()
