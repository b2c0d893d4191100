"""The office's set phrases for notes: a short name, and the words it stands for. Small values of the store, kept whole.

What a placeholder stands for is filled in where a meeting is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import msgspec

KEY = "office.phrases"
MOST, NAME, TEXT = 100, 40, 1_000
PLACEHOLDERS = ("rapat", "butir", "pimpinan", "peserta", "tanggal")
"""The meeting's title, the agenda item's, the chair's name, how many are present, this day."""


@dataclass(frozen=True, slots=True)
class Phrase:
    name: str
    text: str


class Settings(Protocol):
    async def get(self, key: str) -> Any: ...

    async def put(self, key: str, value: Any) -> None: ...


class OfficePhrases:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def all(self) -> tuple[Phrase, ...]:
        """In the office's own order."""
        return msgspec.convert(await self._settings.get(KEY) or (), tuple[Phrase, ...])

    async def save(self, phrases: Sequence[Phrase]) -> None:
        """Instead of all there were."""
        await self._settings.put(KEY, [asdict(one) for one in phrases])


def unknown_placeholder(text: str) -> str:
    """The first name in braces that stands for nothing; "" when all do."""
    return next((name for name in re.findall(r"\{([^{}]*)\}", text) if name not in PLACEHOLDERS), "")
