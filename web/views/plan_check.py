"""What a planner should know while planning: how the meeting comes again, which days are holidays, and whose other
meetings it touches. Warnings only: nothing is refused for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from server.meeting.commands import Invitee, PlanMeeting
from server.meeting.recurrence import Rule, Series, sentence
from web.free_days import free_day
from web.i18n import Words
from web.ports import Busy, Services
from web.reader import Reader

LOOKED_AT = 60  # meetings of a series: a year of weeks
TOLD = 6  # lines of a kind; the rest is counted


@dataclass(frozen=True, slots=True)
class Planned:
    """What is looked at. `rule` None: it comes once. `meeting_id`: of the meeting that is changed, "" for a new one."""

    wish: PlanMeeting
    rule: Rule | None
    meeting_id: str = ""


async def lines(services: Services, reader: Reader, words: Words, planned: Planned) -> list[str]:
    wish = planned.wish
    if not wish.starts_ms:
        return []
    series = Series(planned.rule, wish.starts_ms, wish.ends_ms, wish.zone, "", "") if planned.rule else None
    slots = list(islice(series.slots(), LOOKED_AT)) if series else [wish.starts_ms]
    found: list[str] = []
    if series is not None:
        nearest = ", ".join(words.short_day(slot, wish.zone) for slot in slots[:4])
        found.append(words("page.check.again", said=sentence(series, words), days=nearest))
    found += _first([one for slot in slots if (one := holiday(slot, wish.zone, words))], words)
    return found + _first(await _conflicts(services, reader, words, planned, slots), words)


def holiday(at_ms: int, zone: str, words: Words) -> str:
    """ "" for a working day."""
    day = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone)).date()
    if free := free_day(day, words.language):
        key = "page.check.joint_leave" if free.decreed else "page.check.holiday"
        return words(key, day=words.day(at_ms, zone), name=free.name)
    return words("page.check.weekend", day=words.day(at_ms, zone)) if day.weekday() > 4 else ""


async def _conflicts(
    services: Services, reader: Reader, words: Words, planned: Planned, slots: Sequence[int]
) -> list[str]:
    """Of chair and secretary, and of everybody else who is named by an account or an address."""
    wish, found = planned.wish, list[str]()
    people = sorted(wish.invitees, key=lambda one: one.role not in ("chair", "secretary"))
    accounts = {one.account_id: one for one in people if one.account_id}
    emails = {one.email.casefold(): one for one in people if one.email}
    if not (accounts or emails):
        return []
    length_ms = wish.ends_ms - wish.starts_ms
    rows = await services.lists.busy(tuple(accounts), tuple(emails), slots[0], slots[-1] + length_ms)
    order = {id(one): place for place, one in enumerate(people)}
    told: list[tuple[int, int, str]] = []
    for row in rows:
        person = accounts.get(row.account_id) or emails.get(row.email.casefold())
        touches = any(row.starts_ms < slot + length_ms and slot < row.ends_ms for slot in slots)
        if person is None or not touches or row.meeting_id == planned.meeting_id:
            continue
        told.append((order[id(person)], row.starts_ms, await _said(services, reader, words, person, row)))
    found = [line for _, _, line in sorted(told)]
    return list(dict.fromkeys(found))


async def _said(services: Services, reader: Reader, words: Words, person: Invitee, row: Busy) -> str:
    """Only who may see the other meeting learns what it is about."""
    when = f"{words.short_day(row.starts_ms, row.zone)} {words.span(row.starts_ms, row.ends_ms, row.zone)}"
    seen = row if reader.plans else await services.lists.seen(reader.account_id or "-", row.meeting_id)
    key = "page.check.busy_with" if seen is not None else "page.check.busy"
    return words(key, name=person.name, when=when, title=seen.title if seen is not None else "")


def _first(found: list[str], words: Words) -> list[str]:
    more = len(found) - TOLD
    return [*found[:TOLD], words("page.check.more", count=more)] if more > 0 else found
