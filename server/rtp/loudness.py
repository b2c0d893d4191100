"""Who speaks, from RFC 6464 audio levels. No I/O."""

from __future__ import annotations


class Loudness:
    """One per room. level_dbov: 0 loudest .. 127 silence (the low seven bits of the extension)."""

    def level(self, source: str, level_dbov: int, now_ms: int) -> None: ...
    def remove(self, source: str) -> None: ...
    def tick(self, now_ms: int) -> bool:
        """Every 100 ms or so. True when speaker or the set of speaking sources changed."""
        ...

    @property
    def speaker(self) -> str | None: ...
    @property
    def speaking(self) -> tuple[str, ...]: ...
