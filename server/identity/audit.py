"""The audit log of security-relevant acts, as the rest of the house writes it. Never a password, code, token or link.

An act whose entry cannot be written fails: nobody is told that it was done.
"""

from __future__ import annotations

from server.clock import Clock
from server.identity.acting import acting
from server.identity.records import AuditStore

ACTS = (
    "signed_in", "sign_in_failed", "locked_out", "signed_out", "session_ended", "sessions_ended",
    "password_changed", "password_given", "reset_asked", "reset_used",
    "account_created", "account_changed", "account_deactivated", "account_activated", "role_changed", "role_elevated",
    "factor_added", "factor_removed", "factors_reset", "codes_made", "code_used",
    "identity_linked", "identity_unlinked", "provider_logout", "directory_synced", "directory_refused",
    "link_revoked", "document_downloaded", "audit_exported", "settings_changed", "data_exported",
    "directory_changed", "directory_imported", "directory_exported",
)  # fmt: skip
"""Every act there is; what each is called stands in the catalogues under page.audit.act.*."""

DETAIL_LENGTH = 300


class Audit:
    def __init__(self, store: AuditStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def record(self, act: str, account_id: str = "", *, actor_id: str | None = None, **details: str) -> None:
        """`account_id`: whom it concerns. `actor_id`: who did it; None: who acts just now."""
        if act not in ACTS:
            raise ValueError(f"no such act: {act}")
        who = acting()
        said = {"address": who.address, "way": who.way, **details}
        await self._store.append(
            self._clock.now_ms(),
            act,
            who.account_id if actor_id is None else actor_id,
            account_id,
            {name: " ".join(value.split())[:DETAIL_LENGTH] for name, value in said.items() if value},
        )
