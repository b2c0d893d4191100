"""Whose action items come due: one mail a day to each who is responsible, however many there are. Pure.

Told are the days before and after the due day that the office chose, and the day itself; nothing that is done, or is
said to be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from server.mail.telling import is_address
from server.meeting.finding import Task


@dataclass(frozen=True, slots=True)
class Period:
    """The days after `since` (an ISO date; "" the day of `until` only) up to `until`."""

    since: str
    until: str
    before_days: int
    after_days: int

    def holds(self, day: date) -> bool:
        since = self.since or (date.fromisoformat(self.until) - timedelta(days=1)).isoformat()
        return since < day.isoformat() <= self.until


@dataclass(frozen=True, slots=True)
class Reader:
    email: str
    name: str
    account_id: str


def readers(rows: Sequence[Task], period: Period) -> tuple[Reader, ...]:
    """Everybody for whom a day of reminding lies in the period; each once, by their address."""
    found: dict[str, Reader] = {}
    for row in rows:
        email = email_of(row)
        if email and _waits(row) and any(period.holds(day) for day in _days(row, period)):
            found.setdefault(email.casefold(), Reader(email, row.who if row.email else "", row.account_id))
    return tuple(found.values())


def lines(rows: Sequence[Task], email: str, today: str, before_days: int) -> tuple[Task, ...]:
    """What stands in that mail: everything of this person's that is due soon, or was, the oldest first."""
    soon = (date.fromisoformat(today) + timedelta(days=before_days)).isoformat()
    mine = (one for one in rows if email_of(one).casefold() == email.casefold())
    return tuple(sorted((one for one in mine if _waits(one) and "" < one.due <= soon), key=lambda one: one.due))


def email_of(row: Task) -> str:
    """Of the person invited; or what was written as who is responsible, where that is an address."""
    return row.email if is_address(row.email) else row.who.strip() if is_address(row.who.strip()) else ""


def _waits(row: Task) -> bool:
    return not row.done_ms and not row.reported_ms


def _days(row: Task, period: Period) -> tuple[date, ...]:
    try:
        due = date.fromisoformat(row.due)
    except ValueError:
        return ()
    before = (due - timedelta(days=period.before_days),) if period.before_days else ()
    after = (due + timedelta(days=period.after_days),) if period.after_days else ()
    return (*before, due, *after)
