"""Administration of letters: the office's registers with their patterns, and the templates of its letters."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date
from http import HTTPStatus

from aiohttp.web import Request, Response

from server.documents.letter_templates import TEXTS, LetterTemplate
from server.errors import BalaiError
from server.meeting import numbering
from server.meeting.numbering import Register
from web import i18n
from web.forms import Form, read_form
from web.house import House, see_other
from web.views.letter_form import TEXT
from web.views.letter_preview import NATURES

NEW = Register("", "", numbering.USUAL)


class LetterDesk:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        self._house.administrator(request)
        services = self._house.services
        register = next(
            (one for one in await services.registers.all() if one.register_id == request.query.get("register")), NEW
        )
        template = next(
            (one for one in await services.templates.all() if one.template_id == request.query.get("template")),
            LetterTemplate("", ""),
        )
        return await self._page(request, _register_form(register), _template_form(template))

    async def save_register(self, request: Request) -> Response:
        self._house.administrator(request)
        form, registers = await read_form(request), self._house.services.registers
        wanted = self._register(form)
        known = {one.register_id for one in await registers.all()}
        if wanted.register_id not in known:
            wanted = replace(wanted, register_id=secrets.token_hex(4))
        try:
            if not form.faults:
                await registers.save(wanted)
        except BalaiError as error:
            form.refuse(error)
        if form.faults:
            return await self._page(request, form, _template_form(LetterTemplate("", "")), HTTPStatus.BAD_REQUEST)
        await self._house.services.identity.audit.record("settings_changed", setting="letters", value=wanted.name)
        return see_other("/admin/letters?done=saved")

    async def sample(self, request: Request) -> Response:
        """What the next number would look like, as text."""
        self._house.administrator(request)
        form = await read_form(request)
        register = self._register(form)
        try:
            numbering.check(register)
        except BalaiError as error:
            return Response(text=self._house.words(request).sentence(error.code, error.values))
        return Response(text=await self._sample(register))

    async def save_template(self, request: Request) -> Response:
        self._house.administrator(request)
        form, templates = await read_form(request), self._house.services.templates
        if form["remove"]:
            await templates.remove(form["template_id"])
            return see_other("/admin/letters?done=saved")
        nature = next((one for one in NATURES if one == form["nature"]), "ordinary")
        texts = {name: form.lines(name, TEXT) for name in TEXTS}
        name = form.text("template_name", 80, required="letter.template_name")
        template_id = form["template_id"] if form["template_id"].isalnum() else secrets.token_hex(4)
        try:
            if not form.faults:
                await templates.save(LetterTemplate(template_id, name, nature, **texts))
        except BalaiError as error:
            form.refuse(error)
        if form.faults:
            return await self._page(request, _register_form(NEW), form, HTTPStatus.BAD_REQUEST)
        return see_other("/admin/letters?done=saved")

    # ------------------------------------------------------------

    def _register(self, form: Form) -> Register:
        first = form["first"].strip() or "1"
        if not (first.isascii() and first.isdigit() and len(first) < 7):
            form.fault("first", "register.first")
            first = "1"
        return Register(
            form.text("register_id", 64),
            form.text("name", numbering.LENGTHS["name"], required="register.name"),
            form.text("pattern", numbering.LENGTHS["pattern"]),
            form.text("code", numbering.LENGTHS["code"]),
            form.text("unit", numbering.LENGTHS["unit"]),
            self._today().year,
            int(first),
            bool(form["closed"]),
        )

    async def _sample(self, register: Register) -> str:
        day = self._today()
        counter = await self._house.services.registers.next_counter(register, day.year)
        return register.number(counter, day)

    def _today(self) -> date:
        services = self._house.services
        return i18n.local(services.clock.now_ms(), services.office.zone).date()

    async def _page(
        self, request: Request, register_form: Form, template_form: Form, status: int = HTTPStatus.OK
    ) -> Response:
        services = self._house.services
        registers = [(one, await self._sample(one)) for one in await services.registers.all()]
        return self._house.pages.page(
            request,
            "admin_letters.html",
            status,
            registers=registers,
            templates=await services.templates.all(),
            register_form=register_form,
            template_form=template_form,
            form=register_form if register_form.faults else template_form,
            natures=NATURES,
            placeholders=numbering.PLACEHOLDERS,
            usual=numbering.USUAL,
        )


def _register_form(register: Register) -> Form:
    names = ("register_id", "name", "pattern", "code", "unit", "first")
    typed = {name: str(getattr(register, name)) for name in names}
    return Form(typed | ({"closed": "yes"} if register.closed else {}))


def _template_form(template: LetterTemplate) -> Form:
    typed = {name: getattr(template, name) for name in (*TEXTS, "nature")}
    return Form({**typed, "template_id": template.template_id, "template_name": template.name})
