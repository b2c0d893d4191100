"""`balai people`: the directory at the command line: looked at first, then applied whole. Also while Balai serves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from server import users
from server.clock import Clock
from server.config import Config
from server.errors import Conflict, Invalid
from server.identity.keys import new_id
from server.identity.offices import importing
from server.identity.offices.importing import KINDS, Entry, Plan, Wanted
from server.identity.offices.sheets import read_sheet
from server.identity.offices.tenure import is_day
from server.store.store import Store
from web import i18n, people_sheet
from web.i18n import Words


def form_of(path: Path) -> Literal["csv", "xlsx"]:
    """By the name's end. Invalid("people.form"), Conflict("backup.exists")."""
    form = path.suffix.lower().lstrip(".")
    if path.exists():
        raise Conflict("backup.exists", path=str(path))
    if form == "csv":
        return "csv"
    if form == "xlsx":
        return "xlsx"
    raise Invalid("people.form")


async def export(
    store: Store, config: Config, clock: Clock, form: Literal["csv", "xlsx"], words: Words, *, full_nip: bool = False
) -> tuple[int, bytes]:
    """How many rows, and the file."""
    made = people_sheet.table(await store.offices.directory(), today(config, clock), words, full_nip=full_nip)
    content = people_sheet.file(form, words("page.directory.title"), config.office.name, clock.now_ms(), made)
    await users.identity(store).audit.record("directory_exported", nip="whole" if full_nip else "masked")
    return len(made.rows), content


async def take(store: Store, sheet: bytes, name: str, wanted: Wanted, *, apply: bool) -> Plan:
    """What the sheet would change; with `apply` it is changed. What read_sheet and importing.plan raise,
    Conflict("people.not_applied") where there is nothing, or a complete sheet has rows at fault."""
    if not is_day(wanted.day):
        raise Invalid("offices.since")
    offices = users.identity(store).offices
    directory = await offices.directory()
    plan = importing.plan(directory, read_sheet(sheet), wanted, new_id)
    if apply and not plan.may_apply:
        raise Conflict("people.not_applied")
    if apply:
        counts = ", ".join(f"{kind} {plan.count(kind)}" for kind in KINDS)
        what = f"{name}: {counts}"
        await offices.change(lambda _: plan.after, what=what, act="directory_imported", version=directory.version)
    return plan


def told(plan: Plan, words: Words) -> Iterator[str]:
    """The preview as lines: every row that is at fault or would change, then how many of each kind."""
    for kind in KINDS[:-1]:
        for one in plan.entries:
            if one.kind == kind:
                yield _line(one, words)
    yield ", ".join(f"{plan.count(kind)} {words(f'page.import.kind.{kind}')}" for kind in KINDS)


def _line(one: Entry, words: Words) -> str:
    where = words("page.import.line", line=one.line) if one.line else words("page.import.not_in")
    said = [
        f"{words(f'page.import.column.{detail.column}')}: "
        + " -> ".join(part for part in (detail.before, detail.after) if part)
        for detail in one.details
    ]
    if one.code:
        said.append(words.sentence(one.code, one.values))
    return f"{where}  {words(f'page.import.kind.{one.kind}')}  {one.name}  {'; '.join(said)}".rstrip()


def today(config: Config, clock: Clock) -> str:
    return i18n.local(clock.now_ms(), config.office.zone).date().isoformat()
