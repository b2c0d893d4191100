"""The office's set phrases, for administrators: a list that is saved whole."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.web import Request, Response

from server.documents.phrases import MOST, NAME, PLACEHOLDERS, TEXT, Phrase, unknown_placeholder
from web.forms import Form, read_form
from web.house import House, see_other

SPARE = 3  # empty rows below those that are there


class PhrasesPage:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        self._house.administrator(request)
        standing = await self._house.services.phrases.all()
        typed = {f"name-{at}": one.name for at, one in enumerate(standing)}
        typed |= {f"text-{at}": one.text for at, one in enumerate(standing)}
        return self._page(request, Form(typed), len(standing))

    async def save(self, request: Request) -> Response:
        """Rows that are empty are left out; more are there once these are saved."""
        reader = self._house.administrator(request)
        form = await read_form(request)
        rows = [at for at in range(MOST + SPARE) if form[f"name-{at}"].strip() or form[f"text-{at}"].strip()]
        phrases = [self._read(form, at) for at in rows]
        if len(phrases) > MOST:
            form.fault("", "phrase.too_many", most=MOST)
        for at, one in zip(rows, phrases, strict=True):
            if one.name and sum(one.name.casefold() == other.name.casefold() for other in phrases) > 1:
                form.fault(f"name-{at}", "phrase.twice", phrase=one.name)
        if form.faults:
            return self._page(request, form, max(rows, default=-1) + 1, HTTPStatus.BAD_REQUEST)
        await self._house.services.phrases.save(phrases)
        await self._house.services.identity.audit.record("settings_changed", reader.account_id, setting="phrases")
        return see_other("/admin/phrases?done=saved")

    def _read(self, form: Form, at: int) -> Phrase:
        name = form.text(f"name-{at}", NAME, required="phrase.name")
        text = form.lines(f"text-{at}", TEXT, required="phrase.text")
        if unknown := unknown_placeholder(text):
            form.fault(f"text-{at}", "phrase.placeholder", placeholder=unknown[:NAME], known=", ".join(PLACEHOLDERS))
        return Phrase(name, text)

    def _page(self, request: Request, form: Form, count: int, status: int = HTTPStatus.OK) -> Response:
        rows = range(min(count + SPARE, MOST + SPARE))
        return self._house.pages.page(
            request, "admin_phrases.html", status, form=form, rows=rows, placeholders=PLACEHOLDERS, longest=(NAME, TEXT)
        )
