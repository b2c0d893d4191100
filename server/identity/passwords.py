"""Passwords: argon2id in threads (never on the loop), their rules, and start passwords that must be changed.

Nothing is kept and nobody is known here.
"""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import Invalid

SHORTEST = 10
LONGEST = 200  # longer ones would only make the server work
AT_ONCE = 2  # each takes 64 MiB and a core for some 50 ms
START_MARK = "start:"
"""Before the hash of a start password: good for signing in, and then to choose another one."""

START_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread on paper

_COMMON = """
    1234567890 0123456789 12345678910 123123123123 1111111111 0000000000 password12 password123 password1234
    qwertyuiop qwerty12345 qwerty123456 1q2w3e4r5t 1qaz2wsx3edc abcdefghij abcd123456 administrator admin12345
    indonesia1 indonesia123 indonesia45 indonesia1945 kabupaten1 kabupaten123 rahasia123 rahasia1234 bismillah1
    bismillah123 sayangku123 merdeka1945 pancasila1 pancasila123 selamatpagi katasandi1 katasandi123
"""
COMMON = frozenset(_COMMON.split())


class Passwords:
    """`hasher` only to make tests quick."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_hex(16))

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def hash_start(self, password: str) -> str:
        return START_MARK + await self.hash(password)

    async def fits(self, kept: str, password: str) -> bool:
        """`kept` "" (no such account, or one without a password) takes as long as any other, and never fits."""
        async with self._turns:
            return await asyncio.to_thread(self._fits, kept.removeprefix(START_MARK), password)

    def _fits(self, kept: str, password: str) -> bool:
        try:
            self._hasher.verify(kept or self._nobodys, password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
        return bool(kept)

    def is_old(self, kept: str) -> bool:
        """It was made with weaker parameters than today's, and should be made anew while the password is at hand."""
        return self._hasher.check_needs_rehash(kept.removeprefix(START_MARK))


def is_start(kept: str) -> bool:
    return kept.startswith(START_MARK)


def new_start_password() -> str:
    """Four groups of four, 79 bits; made to be read out and typed once."""
    return "-".join("".join(secrets.choice(START_ALPHABET) for _ in range(4)) for _ in range(4))


def check_choice(password: str, login: str, name: str) -> None:
    """Invalid("password.short" | "password.long" | "password.common" | "password.personal"): length and guesses that
    everybody tries; no composition rules (NIST SP 800-63B, 5.1.1.2)."""
    if len(password) < SHORTEST:
        raise Invalid("password.short", field="password", least=SHORTEST)
    if len(password) > LONGEST:
        raise Invalid("password.long", field="password", most=LONGEST)
    folded = password.casefold()
    if folded in COMMON or len(set(folded)) < 5:
        raise Invalid("password.common", field="password")
    plain = "".join(character for character in folded if character.isalnum())
    own = {"".join(c for c in text.casefold() if c.isalnum()) for text in (login, login.partition("@")[0], name)}
    if any(len(one) >= 4 and plain.strip("0123456789") == one.strip("0123456789") for one in own):
        raise Invalid("password.personal", field="password")
