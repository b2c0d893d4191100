"""People from a sheet: looked at as what would change, and only then applied; and the directory as a sheet."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Literal, cast

import msgspec
from aiohttp.web import FileField, Request, Response

from server.documents.sheet import Table
from server.errors import BalaiError, Conflict, Invalid, Unauthenticated, Unavailable
from server.identity.keys import new_id
from server.identity.offices import importing
from server.identity.offices.importing import KINDS, Plan, Wanted
from server.identity.offices.records import Directory
from server.identity.offices.sheets import MOST_BYTES, read_sheet
from server.identity.offices.tenure import is_day
from web import people_sheet
from web.forms import Form, read_form
from web.house import House, see_other
from web.views.offices import today
from web.views.papers import TYPES, disposition

KIND = "people_import"
KEPT_MS = 60 * 60_000
SHOWN = 400  # entries of one kind on the page


class Begun(msgspec.Struct, frozen=True):
    """A sheet that was looked at and not applied yet. `version`: of the directory that it was held against."""

    rows: list[list[str]]
    day: str
    complete: bool
    version: int
    name: str


class ImportPages:
    def __init__(self, house: House) -> None:
        self._house = house
        self._reading = asyncio.Semaphore(1)  # one hostile file at a time costs one core at most

    async def show(self, request: Request) -> Response:
        self._house.administrator(request)
        return self._form(request, Form({"day": today(self._house)}))

    async def look(self, request: Request) -> Response:
        """What the sheet would change; nothing is changed."""
        self._house.administrator(request)
        form = await read_form(request)
        day = form["day"].strip() or today(self._house)
        if not is_day(day):
            form.fault("day", "offices.since")
        try:
            name, rows = await self._uploaded(request)
            if not form.faults:
                directory = await self._house.services.identity.offices.directory()
                wanted = Begun([list(row) for row in rows], day, bool(form["complete"]), directory.version, name)
                return await self._preview(request, wanted, directory)
        except BalaiError as error:
            form.refuse(error)
        return self._form(request, form, HTTPStatus.BAD_REQUEST)

    async def _uploaded(self, request: Request) -> tuple[str, list[tuple[str, ...]]]:
        file = (await request.post()).get("file")
        if not isinstance(file, FileField) or not file.filename:
            raise Invalid("import.none", field="file")
        if self._reading.locked():
            raise Unavailable("import.busy", field="file")
        async with self._reading:
            content = await asyncio.to_thread(file.file.read, MOST_BYTES + 1)
            return file.filename[:100], await asyncio.to_thread(read_sheet, content)

    async def _preview(
        self, request: Request, begun: Begun, directory: Directory, fault: BalaiError | None = None
    ) -> Response:
        plan = await asyncio.to_thread(_plan, directory, begun)
        account_id = self._house.reader(request).account_id
        pending = self._house.services.identity.begun
        await pending.drop_of(account_id, KIND)
        token = await pending.start(KIND, begun, KEPT_MS, account_id) if plan.may_apply else ""
        form = Form()
        if fault is not None:
            form.refuse(fault)
        shown = {kind: [one for one in plan.entries if one.kind == kind] for kind in KINDS}
        return self._house.pages.page(
            request, "admin_import_preview.html", HTTPStatus.CONFLICT if fault else HTTPStatus.OK,
            form=form, plan=plan, token=token, shown=shown, most=SHOWN, begun=begun,
        )  # fmt: skip

    async def apply(self, request: Request) -> Response:
        """Exactly what was looked at, in one transaction; if anything changed meanwhile, it is looked at anew."""
        self._house.administrator(request)
        identity, form = self._house.services.identity, await read_form(request)
        try:
            begun = await identity.begun.take(KIND, form["token"], Begun)
        except Unauthenticated:
            form.fault("file", "import.over")
            return self._form(request, Form({"day": today(self._house)}, form.faults), HTTPStatus.BAD_REQUEST)
        directory = await identity.offices.directory()
        plan = await asyncio.to_thread(_plan, directory, begun)
        try:
            if directory.version != begun.version:
                raise Conflict("offices.changed")
            counts = ", ".join(f"{kind} {plan.count(kind)}" for kind in KINDS)
            what = f"{begun.name}: {counts}"
            after = plan.after
            await identity.offices.change(lambda _: after, what=what, act="directory_imported", version=begun.version)
        except Conflict as error:
            directory = await identity.offices.directory()
            fresh = msgspec.structs.replace(begun, version=directory.version)
            return await self._preview(request, fresh, directory, error)
        return see_other("/admin/offices?done=directory_imported")

    def _form(self, request: Request, form: Form, status: int = HTTPStatus.OK) -> Response:
        return self._house.pages.page(request, "admin_import.html", status, form=form, most=MOST_BYTES // 1024 // 1024)

    # ------------------------------------------------------------ the other way

    async def export(self, request: Request) -> Response:
        """The whole directory; whole NIPs only for an administrator who signed in just now."""
        self._house.administrator(request)
        full = request.query.get("nip", "") == "full"
        if full:
            self._house.fresh(request)
        words, services = self._house.words(request), self._house.services
        directory = await services.identity.offices.directory()
        made = people_sheet.table(directory, today(self._house), words, full_nip=full)
        await services.identity.audit.record("directory_exported", nip="whole" if full else "masked")
        return self._file(request, words("page.directory.title"), made)

    async def template(self, request: Request) -> Response:
        self._house.administrator(request)
        words = self._house.words(request)
        return self._file(request, words("page.import.template_name"), people_sheet.template(words))

    def _file(self, request: Request, title: str, made: Table) -> Response:
        form = cast(Literal["csv", "xlsx"], request.match_info["form"])
        services = self._house.services
        body = people_sheet.file(form, title, services.office.name, services.clock.now_ms(), made)
        name = f"{title} {today(self._house)}.{form}"
        return Response(body=body, headers={"Content-Type": TYPES[form], "Content-Disposition": disposition(name)})


def _plan(directory: Directory, begun: Begun) -> Plan:
    return importing.plan(directory, begun.rows, Wanted(begun.day, begun.complete), new_id)
