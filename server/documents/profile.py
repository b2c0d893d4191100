"""How an office's papers look: its letterhead, mark, paper, numbers and signatures. Pure; nothing is stored here.

A meeting whose minutes were approved keeps the profile of that moment: what was approved is printed the same for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from server.config import OfficeSection
from server.documents.sheet import Paper
from server.meeting import numbering

LeftSigner: TypeAlias = Literal["secretary", "none"]
LEFT_SIGNERS: tuple[LeftSigner, ...] = ("secretary", "none")

PLACEHOLDERS = ("no", "surat", "bulan", "bln", "tahun")
"""{no} the number, {surat} the letter's, {bulan} the month in Roman figures as letters have it, {bln} in two digits."""


@dataclass(frozen=True, slots=True)
class Logo:
    kind: Literal["svg", "png"]
    content: bytes


def read_logo(path: str) -> Logo | None:
    """The office's mark; None for "". OSError for a file that is not there."""
    if not path:
        return None
    content = Path(path).read_bytes()
    return Logo("png" if content.startswith(b"\x89PNG") else "svg", content)


@dataclass(frozen=True, slots=True)
class Profile:
    """`decision_number`: a pattern. `language`: of papers that nobody asked for in another one."""

    name: str = ""
    government: str = ""
    unit: str = ""
    address: str = ""
    contact: str = ""
    city: str = ""
    language: str = "id"
    paper: Paper = "a4"
    decision_number: str = "{no}"
    left_signer: LeftSigner = "secretary"
    logo: Logo | None = None
    templates: Mapping[str, str] = field(default_factory=dict)  # kind of paper -> SHA-256 of its Word template

    @classmethod
    def configured(cls, office: OfficeSection, logo: Logo | None) -> Profile:
        """What the configuration file says: the profile until an administrator saves another one."""
        return cls(
            office.name,
            office.government,
            office.unit,
            office.address,
            office.contact,
            office.city,
            office.language,
            logo=logo,
        )


class Profiles(Protocol):
    """Every profile that was ever saved, each with its moment."""

    async def at(self, at_ms: int | None) -> Profile | None:
        """The one in force at that moment (Unix ms), None: now. None where none was saved by then."""
        ...

    async def save(self, profile: Profile, by: str, at_ms: int) -> None: ...


def is_pattern(pattern: str) -> bool:
    """Every brace belongs to a known placeholder; {no} is in it once or more."""
    return numbering.fits(pattern, PLACEHOLDERS, ("no",))


def numbered(pattern: str, number: int, letter: str, day: date) -> str:
    """{no:03} fills up with zeros."""
    return numbering.fill(pattern, {"no": str(number), "surat": letter, **numbering.months(day)})


def decision_number(office: Profile, number: int, letter: str, day: date) -> str:
    return numbered(office.decision_number, number, letter, day)
