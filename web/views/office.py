"""The office's papers, set up in the browser: letterhead, mark, paper, numbers; seen at once as the page would be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from http import HTTPStatus

from aiohttp.web import FileField, Request, Response

from server.documents.marks import MARK_BYTES, read_mark
from server.documents.profile import LEFT_SIGNERS, Profile, is_pattern
from server.documents.sheet import PAPER_MM
from server.documents.word_check import TEMPLATE_BYTES
from server.documents.word_context import COMMON, OWN, TEMPLATED
from server.errors import BalaiError, Invalid, Unavailable
from web.forms import Form, read_form
from web.house import House, see_other
from web.i18n import LANGUAGES
from web.views.papers import TYPES, disposition

NAME, LINE, PATTERN = 120, 200, 80
TEXTS = ("name", "government", "unit", "address", "contact", "city")


class OfficePage:
    def __init__(self, house: House) -> None:
        self._house = house
        self._drawing = asyncio.Semaphore(2)  # previews at once: one is tens of milliseconds of a core

    async def show(self, request: Request) -> Response:
        self._house.administrator(request)
        profile = await self._house.services.papers.profile()
        return self._page(request, _typed(profile), profile)

    async def save(self, request: Request) -> Response:
        reader = self._house.administrator(request)
        papers = self._house.services.papers
        form, profile = await self._read(request)
        if not form.faults:
            try:
                await papers.draw(profile, profile.language)
                await papers.save_profile(profile, reader.account_id)
            except BalaiError as error:
                form.refuse(error)
            else:
                return see_other("/admin/office?done=saved")
        return self._page(request, form, profile, HTTPStatus.BAD_REQUEST)

    async def preview(self, request: Request) -> Response:
        """The first page as PNG: of what is saved (GET), or of what the form holds (POST), which is kept nowhere."""
        self._house.administrator(request)
        papers = self._house.services.papers
        profile = (await self._read(request))[1] if request.method == "POST" else await papers.profile()
        if self._drawing.locked():
            raise Unavailable("office.busy")
        async with self._drawing:
            picture = await papers.draw(profile, profile.language)
        return Response(body=picture, content_type="image/png", headers={"Cache-Control": "no-store"})

    async def template(self, request: Request) -> Response:
        """The Word template in force; `?new`: one to begin with."""
        self._house.administrator(request)
        kind, new = request.match_info["kind"], "new" in request.query
        content = await self._house.services.papers.template(kind, new=new)
        name = f"{self._house.words(request)(f'page.file.{kind}')}.docx"
        headers = {"Content-Type": TYPES["docx"], "Content-Disposition": disposition(name)}
        return Response(body=content, headers=headers)

    async def take_template(self, request: Request) -> Response:
        """A template that was edited in Word, from now on; or none any more."""
        reader, kind = self._house.administrator(request), request.match_info["kind"]
        papers, form = self._house.services.papers, await read_form(request)
        if form["act"] == "drop":
            await papers.drop_template(kind, reader.account_id)
            return see_other("/admin/office?done=template_dropped#templates")
        file = (await request.post()).get("file")
        try:
            if not isinstance(file, FileField):
                raise Invalid("template.file", field="file")
            content = await asyncio.to_thread(file.file.read, TEMPLATE_BYTES + 1)
            async with self._drawing:
                await papers.take_template(kind, content, reader.account_id)
        except BalaiError as error:
            profile = await papers.profile()
            shown = _typed(profile)
            shown.refuse(error)
            return self._page(request, shown, profile, HTTPStatus.BAD_REQUEST)
        return see_other("/admin/office?done=template_saved#templates")

    async def _read(self, request: Request) -> tuple[Form, Profile]:
        form, standing = await read_form(request), await self._house.services.papers.profile()
        texts = {name: form.text(name, NAME if name in ("name", "city") else LINE) for name in TEXTS}
        if not texts["name"]:
            form.fault("name", "office.name")
        pattern = form.text("decision_number", PATTERN)
        if not is_pattern(pattern):
            form.fault("decision_number", "office.pattern")
        profile = replace(
            standing,
            name=texts["name"],
            government=texts["government"],
            unit=texts["unit"],
            address=texts["address"],
            contact=texts["contact"],
            city=texts["city"],
            language=form["language"] if form["language"] in LANGUAGES else standing.language,
            paper=next((one for one in PAPER_MM if one == form["paper"]), standing.paper),
            left_signer=next((one for one in LEFT_SIGNERS if one == form["left_signer"]), standing.left_signer),
            decision_number=pattern if is_pattern(pattern) else standing.decision_number,
        )
        return form, await self._with_mark(request, form, profile)

    async def _with_mark(self, request: Request, form: Form, profile: Profile) -> Profile:
        if form["no_mark"]:
            return replace(profile, logo=None)
        file = (await request.post()).get("mark")
        if not isinstance(file, FileField):
            return profile
        content = await asyncio.to_thread(file.file.read, MARK_BYTES + 1)
        try:
            return replace(profile, logo=read_mark(content)) if content else profile
        except BalaiError as error:
            form.refuse(error)
            return profile

    def _page(self, request: Request, form: Form, profile: Profile, status: int = HTTPStatus.OK) -> Response:
        shown = {"form": form, "profile": profile, "papers": tuple(PAPER_MM), "signers": LEFT_SIGNERS}
        shown["kinds"] = {kind: (*COMMON, *OWN[kind]) for kind in TEMPLATED}
        return self._house.pages.page(request, "admin_office.html", status, **shown)


def _typed(profile: Profile) -> Form:
    names = (*TEXTS, "language", "paper", "left_signer", "decision_number")
    return Form({name: str(getattr(profile, name)) for name in names})
