"""The directory as the pages and the command line use it: every change is one pure function, kept and written down."""

from __future__ import annotations

from server.identity.audit import Audit
from server.identity.offices.records import Change, Directory, OfficeStore


class Offices:
    def __init__(self, store: OfficeStore, audit: Audit) -> None:
        self._store, self._audit = store, audit

    async def directory(self) -> Directory:
        return await self._store.directory()

    async def change(
        self, work: Change, *, what: str, concerns: str = "", act: str = "directory_changed", version: int | None = None
    ) -> Directory:
        """`what` is changed, for the log; `concerns`: the account of whom it is about. What `work` raises;
        Conflict("offices.changed") if `version` is given and is not the one that stands."""
        changed = await self._store.change(work, version=version)
        await self._audit.record(act, concerns, what=what)
        return changed

    async def put_photo(self, digest: str, content: bytes) -> None:
        await self._store.put_photo(digest, content)

    async def photo(self, digest: str) -> bytes | None:
        return await self._store.photo(digest)
