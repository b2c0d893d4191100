"""What an office knows of its units, posts and people, as plain records. No rule lives here: tree.py and tenure.py.

Days are ISO dates ("2026-11-24") in the office's zone; they compare as text. Nothing is ever changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

Acting: TypeAlias = Literal["", "plt", "plh", "pj"]
ACTING: tuple[Acting, ...] = ("", "plt", "plh", "pj")
"""In their own right; pelaksana tugas (the post is vacant), pelaksana harian (its holder is away), penjabat."""

PREFIXES: Mapping[Acting, str] = {"plt": "Plt.", "plh": "Plh.", "pj": "Pj."}
"""As they stand before the post in a letter; the same in every language."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A perangkat daerah, or a unit in one. `parent_id` "": at the top. `order`: among its neighbours."""

    unit_id: str
    name: str
    parent_id: str = ""
    order: int = 0
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """A jabatan. `email` is the post's own mailbox, whoever holds it. `leads`: the head of its unit. `several`: more
    than one may hold it at the same time (analysts, members)."""

    post_id: str
    unit_id: str
    title: str
    email: str = ""
    leads: bool = False
    several: bool = False
    order: int = 0
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Official:
    """A person of the directory, with or without an account. `photo` is the digest of the picture; "": none."""

    official_id: str
    name: str
    rank: str = ""
    nip: str = ""
    email: str = ""
    phone: str = ""
    account_id: str = ""
    photo: str = ""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """A person in a post. `since` "": from before anybody wrote it down. `until` is the last day; "": still."""

    term_id: str
    post_id: str
    official_id: str
    since: str = ""
    until: str = ""
    acting: Acting = ""
    decree: str = ""

    def covers(self, day: str) -> bool:
        return self.since <= day and (not self.until or day <= self.until)


@dataclass(frozen=True, slots=True)
class Group:
    """A kept list of addressees. `members` in their order: "post:<id>" or "official:<id>"."""

    group_id: str
    name: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything at one moment, by id. `version` rises with every change of any of it."""

    units: Mapping[str, Unit] = field(default_factory=dict)
    posts: Mapping[str, Post] = field(default_factory=dict)
    officials: Mapping[str, Official] = field(default_factory=dict)
    terms: Mapping[str, Term] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    version: int = 0


Change: TypeAlias = Callable[[Directory], Directory]


class OfficeStore(Protocol):
    """Where it is kept; server/store/offices.py."""

    async def directory(self) -> Directory:
        """As it stands now."""
        ...

    async def change(self, work: Change, *, version: int | None = None) -> Directory:
        """What `work` makes of it, kept in one transaction; changes come one after the other, never at once. What
        `work` raises leaves all as it was. `version`: Conflict("offices.changed") if it is another one by now."""
        ...

    async def put_photo(self, digest: str, content: bytes) -> None: ...

    async def photo(self, digest: str) -> bytes | None: ...
