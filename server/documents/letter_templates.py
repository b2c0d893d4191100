"""The office's templates of letters: the paragraphs around the rows, under a name. Small values of the store."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import msgspec

from server.errors import Invalid, NotFound

KEY = "letters.templates"
MOST = 50
NAME, TEXT = 80, 2_000


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """`nature`: the usual sifat of such letters. Texts may hold {rapat}, {hari}, {waktu}, {tempat}; "" is the usual."""

    template_id: str
    name: str
    nature: str = "ordinary"
    basis: str = ""
    opening: str = ""
    way: str = ""
    closing: str = ""
    copies: str = ""


TEXTS = ("basis", "opening", "way", "closing", "copies")


class Settings(Protocol):
    async def get(self, key: str) -> Any:
        """None where it was never put."""
        ...

    async def put(self, key: str, value: Any) -> None: ...


class LetterTemplates:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._saving = asyncio.Lock()

    async def all(self) -> tuple[LetterTemplate, ...]:
        """By name."""
        saved = msgspec.convert(await self._settings.get(KEY) or [], list[LetterTemplate])
        return tuple(sorted(saved, key=lambda one: (one.name.casefold(), one.template_id)))

    async def find(self, template_id: str) -> LetterTemplate:
        """NotFound("letter.no_template")."""
        found = next((one for one in await self.all() if one.template_id == template_id), None)
        if found is None:
            raise NotFound("letter.no_template")
        return found

    async def save(self, wanted: LetterTemplate) -> None:
        """A new one, or that one anew. Invalid("letter.template_name" | "form.long" | "form.rows")."""
        if not wanted.name.strip():
            raise Invalid("letter.template_name", field="name")
        for name, most in (("name", NAME), *((one, TEXT) for one in TEXTS)):
            if len(getattr(wanted, name)) > most:
                raise Invalid("form.long", field=name, most=most, length=len(getattr(wanted, name)))
        async with self._saving:
            others = [one for one in await self.all() if one.template_id != wanted.template_id]
            if len(others) >= MOST:
                raise Invalid("form.rows", most=MOST)
            await self._settings.put(KEY, [asdict(one) for one in (*others, wanted)])

    async def remove(self, template_id: str) -> None:
        async with self._saving:
            kept = [one for one in await self.all() if one.template_id != template_id]
            await self._settings.put(KEY, [asdict(one) for one in kept])
