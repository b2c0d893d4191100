"""The letter while it is still being typed: as it would be, drawn by what prints it. Nothing is kept by looking."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Literal

from aiohttp.web import Response

from server.errors import BalaiError, Unavailable
from server.meeting import facts, inviting, planning
from server.meeting.commands import Actor, PlanMeeting, SendInvitations
from server.meeting.facts import Fact, LetterNumbered, NumberedFact
from server.meeting.state import State, apply
from web import i18n
from web.ports import Services

HOUR_MS = 3_600_000


class LetterPreview:
    """At most two at once: one is a tenth of a second of a core."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._drawing = asyncio.Semaphore(2)

    def planned(self, state: State | None, wish: PlanMeeting, actor: Actor) -> State:
        """The meeting as it would stand with this plan, as far as it is typed."""
        before = state or State("")
        now_ms = self._services.clock.now_ms()
        starts_ms = wish.starts_ms or now_ms
        wish = replace(wish, starts_ms=starts_ms, ends_ms=max(wish.ends_ms, starts_ms + HOUR_MS))
        try:
            return _after(before, planning.drafted(before, wish, actor.signature), now_ms)
        except BalaiError:  # of a standing meeting something was taken away that has to stay
            return before

    async def lettered(self, state: State, wish: SendInvitations, actor: Actor) -> State:
        """With the letter as it would read, and the number it would get by now."""
        now_ms = self._services.clock.now_ms()
        wish = replace(wish, signer_id=wish.signer_id if wish.signer_id in state.people else "")
        if wish.capacity in ("an", "ub") and not wish.on_behalf.strip():
            wish = replace(wish, on_behalf="…")
        try:
            led_to = inviting.DECIDE[SendInvitations](state, wish, actor, now_ms)
        except BalaiError:
            led_to = inviting.DECIDE[SendInvitations](state, replace(wish, register_id="", dated=""), actor, now_ms)
        return _after(state, [await self._numbered(one) for one in led_to], now_ms)

    async def _numbered(self, fact: Fact) -> Fact:
        if not isinstance(fact, LetterNumbered):
            return fact
        registers = self._services.registers
        register = next((one for one in await registers.all() if one.register_id == fact.register_id), None)
        if register is None:
            return replace(fact, number="…")
        day = date.fromisoformat(fact.dated)
        counter = await registers.next_counter(register, day.year)
        return replace(fact, counter=counter, number=register.number(counter, day, fact.code))

    async def answer(self, state: State, language: str, form: Literal["png", "pdf"]) -> Response:
        """Unavailable("office.busy") while two others are drawn."""
        if self._drawing.locked():
            raise Unavailable("office.busy")
        async with self._drawing:
            body = await self._services.papers.draft(state, language, form)
        kind = "image/png" if form == "png" else "application/pdf"
        headers = {"Cache-Control": "no-store", "Content-Disposition": "inline"}
        return Response(body=body, content_type=kind, headers=headers)


def _after(state: State, led_to: Iterable[Fact], now_ms: int) -> State:
    for fact in led_to:
        state = apply(state, NumberedFact(state.number + 1, now_ms, fact))
    return state


def today(services: Services, zone: str) -> date:
    return i18n.local(services.clock.now_ms(), zone).date()


NATURES: tuple[facts.Nature, ...] = (
    "ordinary", "important", "urgent", "very_urgent", "restricted", "confidential", "strictly_confidential"
)  # fmt: skip
CAPACITIES: tuple[facts.Capacity, ...] = ("", "an", "ub", "plt", "plh")
