"""Days on which Indonesia's offices are closed: public holidays, and joint leave (cuti bersama) where it is decreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

import holidays

LOCALES = {"id": "id", "en": "en_US"}


@dataclass(frozen=True, slots=True)
class FreeDay:
    """`decreed`: a day of joint leave, on which offices may yet work."""

    name: str
    decreed: bool


def free_day(day: date, language: str) -> FreeDay | None:
    """None: a working day, or the next years' decree is not known yet."""
    for category, decreed in (("public", False), ("government", True)):
        if name := _year(day.year, LOCALES.get(language, "id"), category).get(day):
            return FreeDay(name, decreed)
    return None


@cache
def _year(year: int, language: str, category: str) -> holidays.HolidayBase:
    return holidays.country_holidays("ID", years=year, language=language, categories=(category,), expand=False)
