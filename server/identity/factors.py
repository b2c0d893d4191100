"""Second factors: codes by time (TOTP, RFC 6238), recovery codes, and which roles must have one. Passkeys are beside.

Nobody is signed in here.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import msgspec
import pyotp

from server.clock import Clock
from server.errors import Invalid, NotFound
from server.identity.audit import Audit
from server.identity.begun import Begun
from server.identity.keys import Signer, new_id
from server.identity.passwords import START_ALPHABET
from server.identity.ports import Account, OfficeRole
from server.identity.records import Authenticator, FactorStore, Method, SettingStore

STEP_S = 30  # RFC 6238, 4.1
DRIFT_STEPS = 1  # RFC 6238, 5.2: one step for a slow hand and a clock that is a little off
ENROL_MS = 10 * 60_000
CODES = 10
NAME_LENGTH = 60
REQUIRED = "sign_in.second_factor"
ONE_FACTOR: frozenset[Method] = frozenset({"password", "ldap"})


class _Enrolment(msgspec.Struct, frozen=True):
    secret: str


@dataclass(frozen=True, slots=True)
class TotpOffer:
    """To be shown once: `secret` in base 32 for typing, `uri` for the QR code; `token` finishes it."""

    token: str
    secret: str
    uri: str


class Factors:
    def __init__(
        self, store: FactorStore, begun: Begun, settings: SettingStore, *, audit: Audit, clock: Clock, secret: bytes
    ) -> None:
        self._store, self._begun, self._settings, self._audit = store, begun, settings, audit
        self._clock, self._codes = clock, Signer(secret, "recovery-code")

    async def of_account(self, account_id: str) -> tuple[Authenticator, ...]:
        return await self._store.of_account(account_id)

    async def codes_left(self, account_id: str) -> int:
        return await self._store.codes_left(account_id)

    # ------------------------------------------------------------ TOTP

    async def begin_totp(self, account: Account, issuer: str) -> TotpOffer:
        secret = pyotp.random_base32()  # 160 bits, as RFC 4226, 4 recommends
        token = await self._begun.start("totp", _Enrolment(secret), ENROL_MS, account.account_id)
        return TotpOffer(token, secret, _uri(secret, account, issuer))

    async def offered_totp(self, account: Account, token: str, issuer: str) -> TotpOffer:
        """The same again, after a wrong code. Unauthenticated("begun.over")."""
        secret = (await self._begun.look("totp", token, _Enrolment)).secret
        return TotpOffer(token, secret, _uri(secret, account, issuer))

    async def finish_totp(self, account: Account, token: str, code: str, name: str) -> tuple[str, ...]:
        """The recovery codes, told once, if this is the account's first factor. Invalid("factor.wrong"),
        Unauthenticated("begun.over")."""
        secret = (await self._begun.look("totp", token, _Enrolment)).secret
        step = self._step(secret, code)
        if step is None:
            raise Invalid("factor.wrong", field="code")
        await self._begun.take("totp", token, _Enrolment)
        one = Authenticator(
            new_id(), account.account_id, "totp", clean_name(name), secret.encode(),
            counter=step, created_ms=self._clock.now_ms(),
        )  # fmt: skip
        return await self.keep(one)

    def _step(self, secret: str, code: str) -> int | None:
        """Which step the code is of; None: of none that counts now. Every one is compared in constant time."""
        now = self._clock.now_ms() // 1000 // STEP_S
        totp, found = pyotp.TOTP(secret), None
        for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
            if pyotp.utils.strings_equal(code, totp.generate_otp(step)):
                found = step
        return found

    # ------------------------------------------------------------ any kind

    async def keep(self, one: Authenticator) -> tuple[str, ...]:
        """A new factor. The recovery codes, told once, where the account has none that are left."""
        await self._store.add(one)
        await self._audit.record("factor_added", one.account_id, kind=one.kind, name=one.name)
        if await self._store.codes_left(one.account_id):
            return ()
        return await self.new_codes(one.account_id)

    async def new_codes(self, account_id: str) -> tuple[str, ...]:
        """Told once; the ones before are worth nothing any more."""
        made = tuple(_new_code() for _ in range(CODES))
        await self._store.put_codes(account_id, [self._code_hash(account_id, one) for one in made])
        await self._audit.record("codes_made", account_id)
        return made

    async def check_code(self, account_id: str, typed: str) -> Method:
        """ "totp" or "code": by which it fits; it is used up then. Invalid("factor.wrong")."""
        plain = "".join(character for character in typed.casefold() if character.isalnum())[:40]
        now_ms = self._clock.now_ms()
        if plain.isdecimal():
            for one in await self._store.of_account(account_id):
                step = self._step(one.secret.decode(), plain) if one.kind == "totp" else None
                if step is not None and await self._store.use(one.authenticator_id, step, now_ms, rising=True):
                    return "totp"
        elif await self._store.use_code(account_id, self._code_hash(account_id, plain), now_ms):
            await self._audit.record(
                "code_used", account_id, actor_id=account_id, left=str(await self._store.codes_left(account_id))
            )
            return "code"
        raise Invalid("factor.wrong", field="code")

    async def remove(self, account_id: str, authenticator_id: str) -> None:
        """With the last one the recovery codes go too. NotFound("factor.unknown")."""
        known = {one.authenticator_id: one for one in await self._store.of_account(account_id)}
        if authenticator_id not in known or not await self._store.remove(account_id, authenticator_id):
            raise NotFound("factor.unknown")
        gone = known[authenticator_id]
        if len(known) == 1:
            await self._store.put_codes(account_id, ())
        await self._audit.record("factor_removed", account_id, kind=gone.kind, name=gone.name)

    async def reset(self, account_id: str) -> None:
        """For somebody who lost them: all are gone, and the password alone is enough until new ones are made."""
        count = await self._store.remove_all(account_id)
        await self._audit.record("factors_reset", account_id, count=str(count))

    def _code_hash(self, account_id: str, code: str) -> str:
        plain = code.replace("-", "")
        return self._codes.sign(account_id, plain)

    # ------------------------------------------------------------ who must have one

    async def required_of(self) -> tuple[OfficeRole, ...]:
        kept = await self._settings.get(REQUIRED)
        known: tuple[OfficeRole, ...] = ("administrator", "secretary", "official")
        return tuple(one for one in known if isinstance(kept, list) and one in kept)

    async def require_of(self, roles: tuple[OfficeRole, ...]) -> None:
        await self._settings.put(REQUIRED, list(roles))
        await self._audit.record("settings_changed", setting=REQUIRED, value=", ".join(roles) or "-")


def clean_name(name: str) -> str:
    return " ".join(name.split())[:NAME_LENGTH]


def _uri(secret: str, account: Account, issuer: str) -> str:
    return pyotp.TOTP(secret).provisioning_uri(name=account.login, issuer_name=issuer.replace(":", " "))


def _new_code() -> str:
    """Three groups of four, 59 bits; a letter first, so that it never looks like a code by time."""
    drawn = secrets.choice(START_ALPHABET[:23]) + "".join(secrets.choice(START_ALPHABET) for _ in range(11))
    return "-".join((drawn[:4], drawn[4:8], drawn[8:]))
