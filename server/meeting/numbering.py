"""Numbers of letters and decisions: patterns with placeholders, and the office's registers of outgoing letters. Pure.

Which number is the next one is counted by the store, in the transaction of the letter that takes it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from server.errors import Invalid

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
PLACEHOLDERS = ("kode", "no", "unit", "bulan", "bln", "tahun")
"""{kode} klasifikasi arsip, {no} nomor urut, {unit} the office's short name, {bulan} the month in Roman figures as
letters have it, {bln} in two digits, {tahun}."""
USUAL = "{kode}/{no:03}/{unit}/{bulan}/{tahun}"
LENGTHS = {"name": 80, "pattern": 80, "code": 30, "unit": 40}
_PLACE = re.compile(r"\{(\w+)(?::0(\d))?\}")


@dataclass(frozen=True, slots=True)
class Register:
    """A book of outgoing letters (buku agenda surat keluar) with a counter of its own for each year. `first`: the
    number its first letter in Balai gets in a year, for an office that began the year on paper."""

    register_id: str
    name: str
    pattern: str = USUAL
    code: str = ""
    unit: str = ""
    first_year: int = 0
    first: int = 1
    closed: bool = False

    def starts_at(self, year: int) -> int:
        return self.first if year == self.first_year else 1

    def number(self, counter: int, day: date, code: str = "") -> str:
        """`code` "": the register's own."""
        return fill(self.pattern, {"kode": code or self.code, "no": str(counter), "unit": self.unit, **months(day)})


def check(register: Register) -> None:
    """Invalid("register.name" | "register.pattern" | "register.long" | "register.first")."""
    if not register.name.strip():
        raise Invalid("register.name", field="name")
    for name, most in LENGTHS.items():
        if len(getattr(register, name)) > most:
            raise Invalid("form.long", field=name, most=most, length=len(getattr(register, name)))
    if not fits(register.pattern, PLACEHOLDERS, ("no", "tahun")):
        raise Invalid("register.pattern", field="pattern")
    if not 1 <= register.first <= 999_999:
        raise Invalid("register.first", field="first")


def fits(pattern: str, known: Collection[str], needed: Collection[str]) -> bool:
    """Every brace belongs to a known placeholder, and those that are needed are there."""
    names = {found[1] for found in _PLACE.finditer(pattern)}
    bare = _PLACE.sub("", pattern)
    return set(needed) <= names <= set(known) and not set("{}") & set(bare)


def fill(pattern: str, values: Mapping[str, str]) -> str:
    """{no:03} fills up with zeros."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]).rjust(int(found[2] or 0), "0"), pattern)


def months(day: date) -> dict[str, str]:
    return {"bulan": ROMAN[day.month - 1], "bln": f"{day.month:02}", "tahun": str(day.year)}


def folded(number: str) -> str:
    """Two numbers are the same where nobody could tell them apart on paper."""
    return "".join(number.split()).casefold()
