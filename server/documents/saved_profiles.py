"""Every profile of the office that was ever saved, as small values of the store. What it looks like is elsewhere."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Protocol

import msgspec

from server.documents.profile import Profile

INDEX = "office.profiles"  # [[at_ms, who saved it], ...], the oldest first


class Settings(Protocol):
    async def get(self, key: str) -> Any:
        """None where it was never put."""
        ...

    async def put(self, key: str, value: Any) -> None: ...


class SavedProfiles:
    """Implements profile.Profiles. A profile is never changed: saving adds one, in force from then on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._read: dict[int, Profile] = {}
        self._saving = asyncio.Lock()

    async def at(self, at_ms: int | None) -> Profile | None:
        saved = [int(row[0]) for row in await self._settings.get(INDEX) or ()]
        since_ms = max((one for one in saved if at_ms is None or one <= at_ms), default=None)
        if since_ms is None:
            return None
        if since_ms not in self._read:
            self._read[since_ms] = msgspec.convert(await self._settings.get(_key(since_ms)), Profile, strict=False)
        return self._read[since_ms]

    async def save(self, profile: Profile, by: str, at_ms: int) -> None:
        async with self._saving:
            rows = list(await self._settings.get(INDEX) or ())
            since_ms = max(at_ms, int(rows[-1][0]) + 1 if rows else 0)
            await self._settings.put(_key(since_ms), json.loads(msgspec.json.encode(profile)))
            await self._settings.put(INDEX, [*rows, [since_ms, by]])


def _key(since_ms: int) -> str:
    return f"office.profile.{since_ms}"
