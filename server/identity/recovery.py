"""A forgotten password: asked for by anybody, answered only to the mailbox of the account, chosen anew by that mail.

Whoever asks learns nothing: asking costs the same and says the same whether there is such an account or not; who it is
about is looked up later, when the mail is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from server.clock import Clock
from server.errors import Unauthenticated
from server.identity.accounts import Accounts
from server.identity.attempts import Attempts, fold
from server.identity.audit import Audit
from server.identity.begun import Begun
from server.identity.ports import Account, AccountStore

RESET_MS = 30 * 60_000
TEXT_LENGTH = 200
MAILED_AT_ONCE = 5  # accounts that share one mailbox


class Letterbox(Protocol):
    """Where it is noted that somebody asked; server/mail/notices.py."""

    async def ask(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Reset:
    """A mail to be made: to whom, and the token of its link."""

    email: str
    name: str
    login: str
    language: str
    token: str
    expires_ms: int


class _Begun(msgspec.Struct, frozen=True):
    account_id: str
    password_hash: str


class Recovery:
    def __init__(
        self, accounts: Accounts, store: AccountStore, attempts: Attempts, begun: Begun, audit: Audit, *, clock: Clock
    ) -> None:
        self._accounts, self._store, self._attempts, self._begun = accounts, store, attempts, begun
        self._audit, self._clock = audit, clock

    async def ask(self, text: str, address: str, box: Letterbox) -> None:
        """`text`: a login or a mail address. Refused("login.too_many")."""
        await self._attempts.count_reset(text, address)
        await box.ask(text[:TEXT_LENGTH])

    async def resolve(self, text: str) -> Sequence[Reset]:
        """Whom to write to. Only accounts that are active and have a password of their own; each earlier mail of theirs
        is worth nothing from now on."""
        by_login = await self._store.by_login(fold(text))
        found = (by_login,) if by_login is not None else await self._store.by_email(text)
        wanted = [one for one in found if one.active and one.password_hash and one.email][:MAILED_AT_ONCE]
        return [await self._reset(one) for one in wanted]

    async def _reset(self, account: Account) -> Reset:
        await self._begun.drop_of(account.account_id, "reset")
        begun = _Begun(account.account_id, account.password_hash)
        token = await self._begun.start("reset", begun, RESET_MS, account.account_id)
        await self._audit.record("reset_asked", account.account_id, actor_id="")
        until_ms = self._clock.now_ms() + RESET_MS
        return Reset(account.email, account.name, account.login, account.language, token, until_ms)

    async def look(self, token: str) -> Account:
        """Whose password may be chosen anew. Unauthenticated("reset.over")."""
        try:
            begun = await self._begun.look("reset", token, _Begun)
        except Unauthenticated:
            raise Unauthenticated("reset.over") from None
        account = await self._store.by_id(begun.account_id)
        if account is None or not account.active or account.password_hash != begun.password_hash:
            raise Unauthenticated("reset.over")  # the password was changed since, some other way
        return account

    async def use(self, token: str, password: str) -> Account:
        """Every session of the account ends; a second step is asked for as always. Unauthenticated("reset.over"), and
        those of passwords.check_choice, which leave the mail as good as before."""
        account = await self.look(token)
        self._accounts.check_choice(account, password)
        try:
            await self._begun.take("reset", token, _Begun)
        except Unauthenticated:
            raise Unauthenticated("reset.over") from None
        await self._accounts.choose_password(account, password)
        await self._audit.record("reset_used", account.account_id, actor_id=account.account_id)
        return account
