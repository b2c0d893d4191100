"""Who acts just now, and from where: set once at the edge (a page, the command line, the nightly sync), so that no act
can forget to say it. Read by the audit log only; no right is ever decided by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acting:
    """`way`: "web", "command" (the command line), "directory" (the sync) or "provider"."""

    account_id: str = ""
    address: str = ""
    way: str = ""


NOBODY = Acting()
_ACTING: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


def acting() -> Acting:
    return _ACTING.get()


@contextmanager
def act_as(who: Acting) -> Iterator[None]:
    before = _ACTING.set(who)
    try:
        yield
    finally:
        _ACTING.reset(before)
