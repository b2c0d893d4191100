"""Calendar objects as mail carries them: REQUEST and CANCEL out, REPLY in (RFC 5545, 5546, 6047). Pure.

One ATTENDEE for each mail, so that nobody learns anybody's address. Times are UTC, so that no client needs our zones;
a series has its zone with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event, vCalAddress, vDDDTypes, vRecur, vText

from server.errors import Invalid

PRODUCT = "-//Balai//Rapat//ID"
REPLY_BYTES = 256 * 1024
MOST_COMPONENTS = 40
COMMENT_LENGTH = 1_000
PartStat: TypeAlias = Literal["ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "NEEDS-ACTION"]
_KNOWN: tuple[PartStat, ...] = ("ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "NEEDS-ACTION")
_BEGIN = re.compile(rb"^[ \t]*BEGIN:", re.MULTILINE | re.IGNORECASE)
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
    recurrence_ms: int = 0  # which meeting of the series (RECURRENCE-ID); 0: the series, or a meeting that comes once
    rrule: str = ""
    exdates_ms: tuple[int, ...] = ()
    zone: str = ""  # of a series: its wall clock stays (RFC 5545, 3.8.5.3)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a calendar answered. `delegated_to`: the address of who comes instead; `delegated_from`: of whom this
    attendee comes instead of; `occurrence`: of a series, or ""."""

    meeting_id: str
    attendee: str
    answer: PartStat
    sequence: int
    stamp_ms: int
    delegated_to: str = ""
    comment: str = ""
    occurrence: str = ""
    delegated_name: str = ""
    delegated_from: str = ""


@dataclass(frozen=True, slots=True)
class Counter:
    """Another time that a calendar proposes (RFC 5546, 3.2.7)."""

    meeting_id: str
    attendee: str
    starts_ms: int
    comment: str = ""


def uid(meeting_id: str) -> str:
    """The same for life, whatever becomes of addresses and names."""
    return f"{meeting_id}@balai"


def request(occasion: Occasion, *others: Occasion) -> bytes:
    """METHOD:REQUEST: invites, and changes what was invited to before. `others`: meetings of the series that differ."""
    return _calendar("REQUEST", *(_requested(one) for one in (occasion, *others)))


def _requested(occasion: Occasion) -> Event:
    event = _event(occasion)
    event.add("status", "CONFIRMED")
    event.add("transp", "OPAQUE")
    attendee = _address(occasion.attendee, occasion.attendee_name)
    attendee.params["CUTYPE"] = vText("INDIVIDUAL")
    attendee.params["ROLE"] = vText(ROLES.get(occasion.role, "REQ-PARTICIPANT"))
    attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
    attendee.params["RSVP"] = vText("TRUE")  # without it Thunderbird shows no buttons
    event.add("attendee", attendee, encode=False)
    return event


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
    event.add("dtstart", _at(occasion.starts_ms, occasion.zone))
    event.add("dtend", _at(occasion.ends_ms, occasion.zone))
    if occasion.recurrence_ms:
        event.add("recurrence-id", _at(occasion.recurrence_ms, occasion.zone))
    if occasion.rrule:
        event.add("rrule", vRecur.from_ical(occasion.rrule))
    if occasion.exdates_ms:
        event.add("exdate", [_at(one, occasion.zone) for one in occasion.exdates_ms])
    event.add("summary", one_line(occasion.summary))
    for name, value in (("location", one_line(occasion.location)), ("description", occasion.description)):
        if value:
            event.add(name, value)
    if occasion.url:
        event.add("url", occasion.url)
    event.add("organizer", _address(occasion.organizer, occasion.organizer_name), encode=False)
    return event


def _calendar(method: str, *events: Event) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    if clean := one_line(name).replace('"', "'"):  # RFC 5545, 3.2: no quotation mark can stand in a parameter
        address.params["CN"] = vText(clean)
    return address


def one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _at(at_ms: int, zone: str) -> datetime:
    """In UTC, so that no client needs our zones, but for a series, which has a wall clock."""
    return _utc(at_ms).astimezone(ZoneInfo(zone)) if zone else _utc(at_ms)


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)


# ------------------------------------------------------------ coming in


def reply(raw: bytes) -> Reply:
    """The one answer in a calendar object. Invalid("mail.reply") for whatever is none, or answers more than once."""
    event = _opened(raw, "REPLY")
    attendee, others = _who(event)
    answer = str(attendee.params.get("PARTSTAT", "")).upper()
    sequence, occurrence = event.get("SEQUENCE", 0), event.get("RECURRENCE-ID")
    known = next((one for one in _KNOWN if one == answer), None)
    if known is None:
        raise Invalid("mail.reply")
    delegated_to = _first_mailbox(attendee.params.get("DELEGATED-TO", ""))
    name = next((str(one.params.get("CN", "")) for one in others if _mailbox(str(one)) == delegated_to), "")
    return Reply(
        _meeting(event),
        _mailbox(str(attendee)),
        known,
        sequence if isinstance(sequence, int) and 0 <= sequence < 2**31 else 0,
        _at_ms(event, "DTSTAMP"),
        delegated_to,
        _comment(event),
        occurrence.to_ical().decode() if isinstance(occurrence, vDDDTypes) else "",
        one_line(name)[:120],
        _first_mailbox(attendee.params.get("DELEGATED-FROM", "")),
    )


def counter(raw: bytes) -> Counter:
    """Invalid("mail.reply") for what proposes no other time."""
    event = _opened(raw, "COUNTER")
    attendee, _ = _who(event)
    return Counter(_meeting(event), _mailbox(str(attendee)), _at_ms(event, "DTSTART"), _comment(event))


def _opened(raw: bytes, method: str) -> Component:
    """Calendars are shallow: a time zone or an alarm inside an event, and nothing below."""
    if len(raw) > REPLY_BYTES or len(_BEGIN.findall(raw)) > MOST_COMPONENTS:
        raise Invalid("mail.reply")
    try:
        calendar = Calendar.from_ical(raw)
        events = calendar.walk("VEVENT")
    except Exception as error:  # whatever icalendar raises on what is no calendar
        raise Invalid("mail.reply") from error
    if str(calendar.get("METHOD", "")).upper() != method or len(events) != 1:
        raise Invalid("mail.reply")
    return events[0]


def _who(event: Component) -> tuple[vCalAddress, list[vCalAddress]]:
    """Who answers, and who else is named: whoever comes in place of another stands beside them (RFC 5546, 4.2.5)."""
    found = event.get("ATTENDEE")
    people = [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, vCalAddress)]
    delegating = [one for one in people if one.params.get("DELEGATED-TO")]
    if len(people) > 1 and len(delegating) == 1:
        return delegating[0], [one for one in people if one is not delegating[0]]
    if len(people) == 2:  # the stand-in answers, and names for whom: RFC 5546, 4.2.5
        for_another = [one for one in people if one.params.get("DELEGATED-FROM")]
        if len(for_another) == 1:
            return for_another[0], []
    if len(people) != 1:
        raise Invalid("mail.reply")
    return people[0], []


def _meeting(event: Component) -> str:
    found = re.fullmatch(r"([0-9a-f]{16})@balai", str(event.get("UID", "")))
    if found is None:
        raise Invalid("mail.reply")
    return found[1]


def _at_ms(event: Component, name: str) -> int:
    """A time without a zone is nobody's time."""
    found = getattr(event.get(name), "dt", None)
    if not isinstance(found, datetime) or found.tzinfo is None:
        raise Invalid("mail.reply")
    try:
        return max(0, int(found.timestamp() * 1000))
    except (OverflowError, ValueError):
        raise Invalid("mail.reply") from None


def _comment(event: Component) -> str:
    found = event.get("COMMENT", "")
    return one_line(str(found[0] if isinstance(found, list) and found else found))[:COMMENT_LENGTH]


def _first_mailbox(address: object) -> str:
    return _mailbox(str(address[0] if isinstance(address, list) and address else address))


def _mailbox(address: str) -> str:
    return re.sub(r"^mailto:", "", address.strip().strip('"'), flags=re.IGNORECASE).lower()[:254]
