"""The audit log as administrators read it: filtered, page by page, and to take along as CSV or JSON lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from aiohttp.web import Request, Response, StreamResponse

from server.documents.render_table import defused
from server.identity.audit import ACTS
from server.identity.ports import Account
from server.identity.records import AuditEntry, AuditFilter
from web.house import House
from web.i18n import iso

PER_PAGE = 50
FORMS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
COLUMNS = ("number", "at", "act", "actor", "account", "details", "previous", "hash")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry with the names of those it is about."""

    entry: AuditEntry
    actor: str
    account: str


class AuditPages:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        self._house.administrator(request)
        wanted, audit = self._wanted(request), self._house.services.identity.stores.audit
        number = int(page) if (page := request.query.get("page", "")).isdecimal() and len(page) < 7 else 1
        count = await audit.count(wanted)
        pages = max(1, -(-count // PER_PAGE))
        number = min(max(number, 1), pages)
        names = await self._names()
        lines = [_line(one, names) for one in await audit.page(wanted, PER_PAGE, (number - 1) * PER_PAGE)]
        kept = {name: request.query[name] for name in ("act", "account", "from", "until") if request.query.get(name)}
        return self._house.pages.page(
            request, "admin_audit.html", lines=lines, count=count, page=number, pages=pages, acts=ACTS,
            accounts=sorted(names.values(), key=lambda one: one.name.casefold()), kept=kept, query=urlencode(kept),
        )  # fmt: skip

    async def export(self, request: Request) -> StreamResponse:
        """All that the filter leaves, the first first, with the chain's hashes; that it was taken is an entry too."""
        self._house.administrator(request)
        wanted, form = self._wanted(request), request.match_info["form"]
        await self._house.services.identity.audit.record("audit_exported", form=form)
        names = await self._names()
        headers = {"Content-Type": FORMS[form], "Content-Disposition": f'attachment; filename="balai-audit.{form}"'}
        response = StreamResponse(headers=headers | {"Cache-Control": "no-store"})
        await response.prepare(request)
        if form == "csv":
            await response.write("\ufeff".encode() + _csv(COLUMNS))
        async for entry in self._house.services.identity.stores.audit.every(wanted):
            line = _line(entry, names)
            await response.write(_json_row(line) if form == "jsonl" else _csv_row(line))
        await response.write_eof()
        return response

    async def _names(self) -> dict[str, Account]:
        return {one.account_id: one for one in await self._house.services.identity.accounts.all()}

    def _wanted(self, request: Request) -> AuditFilter:
        """Days are the office's own, both of them whole."""
        zone, query = ZoneInfo(self._house.services.office.zone), request.query
        act = query.get("act", "")
        return AuditFilter(
            act if act in ACTS else "",
            query.get("account", "")[:64],
            _day_ms(query.get("from", ""), zone, 0),
            _day_ms(query.get("until", ""), zone, 1),
        )


def _day_ms(typed: str, zone: ZoneInfo, later: int) -> int:
    """0 for what is no day."""
    try:
        day = date.fromisoformat(typed) + timedelta(days=later)
    except (ValueError, OverflowError):
        return 0
    return max(0, int(datetime.combine(day, time(), zone).timestamp() * 1000))


def _line(entry: AuditEntry, names: Mapping[str, Account]) -> Line:
    actor, account = names.get(entry.actor_id), names.get(entry.account_id)
    return Line(entry, actor.name if actor else "", account.name if account else "")


def _json_row(line: Line) -> bytes:
    one = line.entry
    row = {
        "number": one.number, "at": iso(one.at_ms), "at_ms": one.at_ms, "act": one.act, "actor_id": one.actor_id,
        "actor": line.actor, "account_id": one.account_id, "account": line.account, "details": one.details,
        "previous": one.previous, "hash": one.hash,
    }  # fmt: skip
    return msgspec.json.encode(row) + b"\n"


def _csv_row(line: Line) -> bytes:
    one = line.entry
    details = "; ".join(f"{name}={value}" for name, value in (one.details or {}).items())
    cells = (str(one.number), iso(one.at_ms), one.act, line.actor, line.account, details, one.previous, one.hash)
    return _csv(tuple(defused(cell) for cell in cells))


def _csv(cells: tuple[str, ...]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerow(cells)
    return stream.getvalue().encode()
