"""One person's meetings as a calendar that programs subscribe to (RFC 5545, RFC 7986). Pure.

Times stand in the meeting's own zone, whose rules are in the calendar (VTIMEZONE): whoever travels sees them right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from server.mail.itip import PRODUCT, one_line, uid

REFRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One meeting. `url`: its page, which asks who one is; nothing in a feed opens a door."""

    meeting_id: str
    title: str
    starts_ms: int
    ends_ms: int
    zone: str
    place: str
    description: str
    url: str
    cancelled: bool


def digest(entries: Sequence[Entry], name: str) -> str:
    """The same for feeds that say the same."""
    return hashlib.sha256(repr((name, tuple(entries))).encode()).hexdigest()[:32]


def calendar(entries: Sequence[Entry], name: str, changed_ms: int) -> bytes:
    """`name`: as the reader's program shows it; `changed_ms`: when the feed last said something else."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("name", one_line(name))
    made.add("x-wr-calname", one_line(name))
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    for entry in entries:
        made.add_component(_event(entry, changed_ms))
    made.add_missing_timezones()
    written: bytes = made.to_ical()
    return written


def _event(entry: Entry, changed_ms: int) -> Event:
    zone = ZoneInfo(entry.zone)
    event = Event()
    event.add("uid", uid(entry.meeting_id))
    event.add("dtstamp", datetime.fromtimestamp(changed_ms // 1000, UTC))
    event.add("dtstart", datetime.fromtimestamp(entry.starts_ms // 1000, zone))
    event.add("dtend", datetime.fromtimestamp(entry.ends_ms // 1000, zone))
    event.add("summary", one_line(entry.title))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.cancelled else "OPAQUE")
    for field, value in (("location", one_line(entry.place)), ("description", entry.description), ("url", entry.url)):
        if value:
            event.add(field, value)
    return event
